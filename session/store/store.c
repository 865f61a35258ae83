#include "store_access.h"

#include <assert.h>

struct mjl_store {
    mjl_store_backend backend;
    mjl_result failure; /* MJL_OK until an apply fails. */
};

mjl_result mjl_store_new(const mjl_store_backend *backend, mjl_store **store)
{
    assert(backend->load != NULL);
    assert(backend->get != NULL);
    assert(backend->apply != NULL);
    mjl_store *made = malloc(sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->backend = *backend;
    made->failure = MJL_OK;
    *store = made;
    return MJL_OK;
}

void mjl_store_free(mjl_store *store)
{
    if (store == NULL) return;
    if (store->backend.close != NULL) store->backend.close(store->backend.context);
    free(store);
}

int mjl_store_place_compare(mjl_store_place a, mjl_store_place b)
{
    if (a.session != b.session) return a.session < b.session ? -1 : 1;
    if (a.kind != b.kind) return a.kind < b.kind ? -1 : 1;
    return mjl_bytes_compare(a.key, b.key);
}

/* Stands between a backend and the real visitor, and remembers the last place to check the order.
 */
typedef struct guard {
    mjl_store_visit *visit;
    void *visitor;
    bool has_last;
    mjl_store_place last;
    uint8_t last_key[MJL_STORE_KEY_SIZE_MAX];
} guard;

static mjl_result visit_checked(void *context, mjl_store_place place, mjl_bytes value)
{
    guard *seen = context;
    if (place.key.size > MJL_STORE_KEY_SIZE_MAX) return MJL_STORE_DAMAGED;
    if (value.size > MJL_STORE_VALUE_SIZE_MAX) return MJL_STORE_DAMAGED;
    if (seen->has_last && mjl_store_place_compare(seen->last, place) >= 0) {
        return MJL_STORE_DAMAGED; /* Out of order, or the same place twice. */
    }
    seen->has_last = true;
    seen->last = place;
    if (place.key.size != 0) memcpy(seen->last_key, place.key.data, place.key.size);
    seen->last.key = mjl_bytes_of(seen->last_key, place.key.size);
    return seen->visit(seen->visitor, place, value);
}

mjl_result mjl_store_load(mjl_store *store, mjl_store_visit *visit, void *visitor)
{
    if (store->failure != MJL_OK) return store->failure;
    guard seen = {.visit = visit, .visitor = visitor};
    return store->backend.load(store->backend.context, visit_checked, &seen);
}

mjl_result mjl_store_get(mjl_store *store, mjl_store_place place, mjl_buffer *value)
{
    assert(place.key.size <= MJL_STORE_KEY_SIZE_MAX);
    if (store->failure != MJL_OK) return store->failure;
    const mjl_result result = store->backend.get(store->backend.context, place, value);
    if (result == MJL_OK && value->size > MJL_STORE_VALUE_SIZE_MAX) return MJL_STORE_DAMAGED;
    return result;
}

mjl_result mjl_store_apply(mjl_store *store, const mjl_store_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert(changes[i].place.key.size <= MJL_STORE_KEY_SIZE_MAX);
        assert(changes[i].is_delete || changes[i].value.size <= MJL_STORE_VALUE_SIZE_MAX);
    }
    if (store->failure != MJL_OK) return store->failure;
    store->failure = store->backend.apply(store->backend.context, changes, count);
    return store->failure;
}
