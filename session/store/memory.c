/*
 * A disk in memory: a sorted array of records that outlives the stores opened on it, as a disk
 * outlives a process. One store at a time, as on a real disk.
 */
#include "store_access.h"

#include <assert.h>

typedef struct record {
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    size_t value_size;
    uint8_t bytes[]; /* The key, then the value. */
} record;

struct mjl_memory_disk {
    record **records; /* Ascending. */
    size_t count;
    size_t room;
    bool is_open;
    size_t good_applies; /* Before the one that fails; SIZE_MAX: all. */
    mjl_result failure;
};

static mjl_store_place place_of(const record *stored)
{
    const mjl_store_place place = {stored->session, stored->kind,
                                   mjl_bytes_of(stored->bytes, stored->key_size)};
    return place;
}

static mjl_bytes value_of(const record *stored)
{
    return mjl_bytes_of(stored->bytes + stored->key_size, stored->value_size);
}

static record *record_new(mjl_store_place place, mjl_bytes value)
{
    record *made = malloc(sizeof *made + place.key.size + value.size);
    if (made == NULL) return NULL;
    made->session = place.session;
    made->kind = place.kind;
    made->key_size = (uint8_t)place.key.size;
    made->value_size = value.size;
    if (place.key.size != 0) memcpy(made->bytes, place.key.data, place.key.size);
    if (value.size != 0) memcpy(made->bytes + place.key.size, value.data, value.size);
    return made;
}

/* The position of `place`, or the one where it belongs. */
static size_t position_of(const mjl_memory_disk *disk, mjl_store_place place, bool *is_there)
{
    size_t low = 0;
    size_t high = disk->count;
    *is_there = false;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = mjl_store_place_compare(place_of(disk->records[middle]), place);
        if (order == 0) *is_there = true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static mjl_result reserve(mjl_memory_disk *disk, size_t more)
{
    if (more > SIZE_MAX / (4 * sizeof(record *)) - disk->count) return MJL_OUT_OF_MEMORY;
    if (disk->count + more <= disk->room) return MJL_OK;
    const size_t room = (disk->count + more) * 2;
    record **records = realloc(disk->records, room * sizeof *records);
    if (records == NULL) return MJL_OUT_OF_MEMORY;
    disk->records = records;
    disk->room = room;
    return MJL_OK;
}

mjl_result mjl_memory_disk_new(mjl_memory_disk **disk)
{
    mjl_memory_disk *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->good_applies = SIZE_MAX;
    *disk = made;
    return MJL_OK;
}

mjl_result mjl_memory_disk_copy(const mjl_memory_disk *disk, mjl_memory_disk **copy)
{
    mjl_memory_disk *made = NULL;
    if (mjl_memory_disk_new(&made) != MJL_OK) return MJL_OUT_OF_MEMORY;
    mjl_result result = reserve(made, disk->count);
    for (size_t i = 0; i < disk->count && result == MJL_OK; i++) {
        record *same = record_new(place_of(disk->records[i]), value_of(disk->records[i]));
        if (same == NULL) {
            result = MJL_OUT_OF_MEMORY;
        } else {
            made->records[made->count++] = same;
        }
    }
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
    for (size_t i = 0; i < disk->count; i++)
        free(disk->records[i]);
    free(disk->records);
    free(disk);
}

void mjl_memory_disk_fail_after(mjl_memory_disk *disk, size_t count, mjl_result result)
{
    assert(result != MJL_OK);
    disk->good_applies = count;
    disk->failure = result;
}

static mjl_result load(void *context,
                       mjl_result (*visit)(void *visitor, mjl_store_place place, mjl_bytes value),
                       void *visitor)
{
    const mjl_memory_disk *disk = context;
    for (size_t i = 0; i < disk->count; i++) {
        const record *stored = disk->records[i];
        const mjl_result result = visit(visitor, place_of(stored), value_of(stored));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result get(void *context, mjl_store_place place, mjl_buffer *value)
{
    const mjl_memory_disk *disk = context;
    bool is_there = false;
    const size_t position = position_of(disk, place, &is_there);
    if (!is_there) return MJL_NOT_FOUND;
    mjl_buffer_clear(value);
    return mjl_buffer_append(value, value_of(disk->records[position]));
}

/* Room is reserved and `made` is allocated (NULL to delete): cannot fail. */
static void place_record(mjl_memory_disk *disk, mjl_store_place place, record *made)
{
    bool is_there = false;
    const size_t position = position_of(disk, place, &is_there);
    record **at = disk->records + position;
    if (is_there) {
        free(*at);
        *at = made;
        if (made != NULL) return;
        disk->count--;
        memmove(at, at + 1, (disk->count - position) * sizeof *at);
    } else if (made != NULL) {
        memmove(at + 1, at, (disk->count - position) * sizeof *at);
        *at = made;
        disk->count++;
    }
}

static mjl_result make_records(const mjl_store_change *changes, size_t count, record **made)
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
    record **made = calloc(count, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = make_records(changes, count, made);
    if (result == MJL_OK) result = reserve(disk, count);
    for (size_t i = 0; i < count; i++) {
        if (result == MJL_OK) {
            place_record(disk, changes[i].place, made[i]);
        } else {
            free(made[i]);
        }
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
