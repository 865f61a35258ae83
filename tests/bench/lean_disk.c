#include "lean_disk.h"

#include "record_kinds.h"
#include "store_access.h"

/* Bundles are read again while they fill, packets when they are sent again. */
enum { KIND_BUNDLE = 0, KEPT_SIZE_MAX = 2048 };

static bool is_kept(const mjl_store_change *change)
{
    return change->place.kind == KIND_BUNDLE || change->place.kind == MJL_RECORD_PACKET ||
           change->value.size <= KEPT_SIZE_MAX;
}

static mjl_result load(void *context, mjl_store_visit *visit, void *visitor)
{
    return mjl_store_load(context, visit, visitor);
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *value)
{
    return mjl_store_get(context, place, value);
}

static mjl_result apply(void *context, const mjl_store_change *changes, size_t count)
{
    mjl_store_change *const kept = malloc((count + 1) * sizeof *kept);
    if (kept == NULL) return MJL_OUT_OF_MEMORY;
    size_t kept_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_kept(&changes[i])) kept[kept_count++] = changes[i];
    }
    const mjl_result result = mjl_store_apply(context, kept, kept_count);
    free(kept);
    return result;
}

static void close(void *context)
{
    mjl_store_free(context);
}

mjl_result lean_disk_open(mjl_memory_disk *disk, mjl_store **store)
{
    mjl_store_backend backend = {.load = load, .get = get, .apply = apply, .close = close};
    mjl_store *inner;
    mjl_result result = mjl_store_memory_open(disk, &inner);
    if (result != MJL_OK) return result;
    backend.context = inner;
    result = mjl_store_new(&backend, store);
    if (result != MJL_OK) mjl_store_free(inner);
    return result;
}
