/*
 * A disk in memory: a tree of records that outlives the stores opened on it, as a disk outlives a
 * process. One store at a time, as on a real disk.
 */
#include "memory_tree.h"

#include <assert.h>

struct mjl_memory_disk {
    mjl_memory_tree tree;
    bool is_open;
    size_t good_applies; /* Before the one that fails; SIZE_MAX: all. */
    mjl_result failure;
};

static mjl_bytes value_of(const mjl_memory_record *stored)
{
    return mjl_bytes_of(stored->bytes + stored->key_size, stored->value_size);
}

static mjl_memory_record *record_new(mjl_store_place place, mjl_bytes value)
{
    mjl_memory_record *made = malloc(sizeof *made + place.key.size + value.size);
    if (made == NULL) return NULL;
    made->left = made->right = NULL;
    made->rank = 0;
    made->session = place.session;
    made->kind = place.kind;
    made->key_size = (uint8_t)place.key.size;
    made->value_size = value.size;
    if (place.key.size != 0) memcpy(made->bytes, place.key.data, place.key.size);
    if (value.size != 0) memcpy(made->bytes + place.key.size, value.data, value.size);
    return made;
}

mjl_result mjl_memory_disk_new(mjl_memory_disk **disk)
{
    mjl_memory_disk *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->good_applies = SIZE_MAX;
    made->tree.chance = 1;
    *disk = made;
    return MJL_OK;
}

static mjl_result copy_one(void *visitor, const mjl_memory_record *stored)
{
    mjl_memory_disk *copy = visitor;
    mjl_memory_record *same = record_new(mjl_memory_record_place(stored), value_of(stored));
    if (same == NULL) return MJL_OUT_OF_MEMORY;
    free(mjl_memory_tree_put(&copy->tree, same)); /* Nothing stood there. */
    return MJL_OK;
}

mjl_result mjl_memory_disk_copy(const mjl_memory_disk *disk, mjl_memory_disk **copy)
{
    mjl_memory_disk *made = NULL;
    if (mjl_memory_disk_new(&made) != MJL_OK) return MJL_OUT_OF_MEMORY;
    const mjl_result result = mjl_memory_tree_walk(&disk->tree, copy_one, made);
    if (result != MJL_OK) {
        mjl_memory_disk_free(made);
        return result;
    }
    *copy = made;
    return MJL_OK;
}

void mjl_memory_disk_free(mjl_memory_disk *disk)
{
    if (disk == NULL) return;
    assert(!disk->is_open);
    mjl_memory_tree_free_records(&disk->tree);
    free(disk);
}

void mjl_memory_disk_fail_after(mjl_memory_disk *disk, size_t count, mjl_result result)
{
    assert(result != MJL_OK);
    disk->good_applies = count;
    disk->failure = result;
}

typedef struct loading {
    mjl_result (*visit)(void *visitor, mjl_store_place place, mjl_bytes value);
    void *visitor;
} loading;

static mjl_result load_one(void *visitor, const mjl_memory_record *stored)
{
    const loading *to = visitor;
    return to->visit(to->visitor, mjl_memory_record_place(stored), value_of(stored));
}

static mjl_result load(void *context,
                       mjl_result (*visit)(void *visitor, mjl_store_place place, mjl_bytes value),
                       void *visitor)
{
    const mjl_memory_disk *disk = context;
    loading to = {visit, visitor};
    return mjl_memory_tree_walk(&disk->tree, load_one, &to);
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *value)
{
    const mjl_memory_disk *disk = context;
    const mjl_memory_record *stored = mjl_memory_tree_find(&disk->tree, place);
    if (stored == NULL) return MJL_NOT_FOUND;
    mjl_buffer_clear(value);
    return mjl_buffer_append(value, value_of(stored));
}

static mjl_result make_records(const mjl_store_change *changes, size_t count,
                               mjl_memory_record **made)
{
    for (size_t i = 0; i < count; i++) {
        if (changes[i].is_delete) continue;
        made[i] = record_new(changes[i].place, changes[i].value);
        if (made[i] == NULL) return MJL_OUT_OF_MEMORY;
    }
    return MJL_OK;
}

/* Whether this apply is the one that was asked to fail. It fails once. */
static bool failure_is_due(mjl_memory_disk *disk)
{
    if (disk->good_applies == SIZE_MAX) return false;
    if (disk->good_applies == 0) {
        disk->good_applies = SIZE_MAX;
        return true;
    }
    disk->good_applies--;
    return false;
}

static mjl_result apply(void *context, const mjl_store_change *changes, size_t count)
{
    mjl_memory_disk *disk = context;
    if (failure_is_due(disk)) return disk->failure;
    if (count == 0) return MJL_OK;
    mjl_memory_record **made = calloc(count, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_result result = make_records(changes, count, made);
    for (size_t i = 0; i < count; i++) {
        if (result != MJL_OK) {
            free(made[i]);
            continue;
        }
        free(made[i] == NULL ? mjl_memory_tree_take(&disk->tree, changes[i].place)
                             : mjl_memory_tree_put(&disk->tree, made[i]));
    }
    free(made);
    return result;
}

static void close_disk(void *context)
{
    mjl_memory_disk *disk = context;
    disk->is_open = false;
}

mjl_result mjl_store_memory_open(mjl_memory_disk *disk, mjl_store **store)
{
    if (disk->is_open) return MJL_STORE_LOCKED;
    const mjl_store_backend backend = {disk, load, get, apply, close_disk};
    const mjl_result result = mjl_store_new(&backend, store);
    if (result == MJL_OK) disk->is_open = true;
    return result;
}
