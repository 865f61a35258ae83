#include "record_held.h"

#include <assert.h>

void mjl_record_held_clear(mjl_record_held *held)
{
    mjl_buffer_clear(&held->plain);
    free(held->entries);
    held->entries = NULL;
    held->count = held->room = 0;
}

mjl_result mjl_record_held_begin(mjl_record_held *held, size_t size, size_t count)
{
    assert(held->plain.size == 0);
    const mjl_result result = mjl_buffer_reserve(&held->plain, MJL_RECORD_HEAD_PLAIN_SIZE + size);
    if (result != MJL_OK) return result;
    memset(held->plain.data, 0, MJL_RECORD_HEAD_PLAIN_SIZE); /* Written when it is sealed. */
    held->plain.size = MJL_RECORD_HEAD_PLAIN_SIZE;
    return mjl_record_held_reserve(held, count);
}

mjl_result mjl_record_held_reserve(mjl_record_held *held, size_t count)
{
    if (count <= held->room) return MJL_OK;
    mjl_record_entry **entries = realloc(held->entries, count * sizeof(mjl_record_entry *));
    if (entries == NULL) return MJL_OUT_OF_MEMORY;
    held->entries = entries;
    held->room = count;
    return MJL_OK;
}

mjl_result mjl_record_held_add(mjl_record_held *held, mjl_record_entry *entry, mjl_bytes value,
                               size_t *at)
{
    assert(held->count < held->room);
    *at = held->plain.size;
    const mjl_result result = mjl_bundle_append(&held->plain, mjl_record_entry_place(entry), value);
    if (result == MJL_OK) held->entries[held->count++] = entry;
    return result;
}
