#include "watched_store.h"

#include "store_access.h"

typedef struct watched {
    mjl_store *behind;
    mjl_store_watch watch;
} watched;

static mjl_result load(void *context,
                       mjl_result (*visit)(void *visitor, mjl_store_place place, mjl_bytes value),
                       void *visitor)
{
    const watched *store = context;
    return mjl_store_load(store->behind, visit, visitor);
}

static mjl_result before(const watched *store, mjl_store_asked asked)
{
    return store->watch.before == NULL ? MJL_OK : store->watch.before(store->watch.context, asked);
}

static mjl_result after(const watched *store, mjl_store_asked asked, mjl_result result)
{
    if (store->watch.after != NULL) store->watch.after(store->watch.context, asked, result);
    return result;
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *value)
{
    const watched *store = context;
    const mjl_result result = before(store, MJL_ASKED_GET);
    if (result != MJL_OK) return result;
    return after(store, MJL_ASKED_GET, mjl_store_get(store->behind, place, value));
}

static mjl_result apply(void *context, const mjl_store_change *changes, size_t count)
{
    const watched *store = context;
    const mjl_result result = before(store, MJL_ASKED_APPLY);
    if (result != MJL_OK) return result;
    return after(store, MJL_ASKED_APPLY, mjl_store_apply(store->behind, changes, count));
}

static void close_both(void *context)
{
    watched *store = context;
    mjl_store_free(store->behind);
    free(store);
}

mjl_result mjl_watched_store_new(mjl_store *taken, const mjl_store_watch *watch, mjl_store **store)
{
    watched *made = malloc(sizeof *made);
    mjl_result result = MJL_OUT_OF_MEMORY;
    if (made != NULL) {
        const mjl_store_backend backend = {
            .context = made, .load = load, .get = get, .apply = apply, .close = close_both};
        made->behind = taken;
        made->watch = *watch;
        result = mjl_store_new(&backend, store);
    }
    if (result != MJL_OK) {
        free(made);
        mjl_store_free(taken);
    }
    return result;
}
