/* The batch: puts and deletes collected until they are persisted or forgotten. */
#include "records_inside.h"

#include <sodium.h>

enum { STAGED_ROOM_KEPT = 1 << 20 };

static mjl_result reserve_batch(mjl_records *records)
{
    if (records->batch_count < records->batch_room) return MJL_OK;
    const size_t room = records->batch_room == 0 ? 64 : records->batch_room * 2;
    if (room > UINT32_MAX) return MJL_OUT_OF_MEMORY;
    mjl_record_change *batch = realloc(records->batch, room * sizeof *batch);
    if (batch == NULL) return MJL_OUT_OF_MEMORY;
    records->batch = batch;
    records->batch_room = room;
    return MJL_OK;
}

static void drop_change(mjl_records *records, mjl_record_entry *entry)
{
    if (entry->change == 0) return;
    const mjl_record_change last = records->batch[--records->batch_count];
    records->batch[entry->change - 1] = last;
    last.entry->change = entry->change;
    entry->change = 0;
    if (!entry->is_stored) mjl_record_index_remove(&records->index, entry);
}

/* The entry's change, which is in the batch: a new one, or the one that waits already. NULL without
 * memory. */
static mjl_record_change *change_of(mjl_records *records, mjl_record_entry *entry)
{
    if (entry->change != 0) return mjl_records_change(records, entry);
    if (reserve_batch(records) != MJL_OK) return NULL;
    mjl_record_change *change = &records->batch[records->batch_count++];
    change->entry = entry;
    change->element = NULL;
    entry->change = (uint32_t)records->batch_count;
    return change;
}

/* Whether the place is stored with this very value. Each value is known by its content hash from
   the first time on, though most are written once: what a step writes and draws must not depend on
   whether the records were opened meanwhile, when all are hashed. */
static bool is_as_stored(const mjl_record_entry *entry,
                         const uint8_t content[MJL_RECORD_CONTENT_SIZE])
{
    return entry->is_stored && sodium_memcmp(entry->content, content, MJL_RECORD_CONTENT_SIZE) == 0;
}

mjl_result mjl_records_put(mjl_records *records, uint32_t session, uint16_t kind, mjl_bytes key,
                           mjl_bytes value)
{
    if (records->failure != MJL_OK) return records->failure;
    if (value.size > MJL_RECORD_VALUE_SIZE_MAX) return MJL_TOO_LARGE;
    const mjl_store_place place = mjl_records_place(session, kind, key);
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    mjl_record_entry *entry = NULL;
    mjl_result result = mjl_buffer_reserve(&records->staged, value.size);
    if (result == MJL_OK) {
        result = mjl_record_index_find_or_add(&records->index, place, &entry);
    }
    if (result != MJL_OK) return result;
    mjl_record_content(&records->sealing, value, content);
    if (is_as_stored(entry, content)) {
        drop_change(records, entry);
        return MJL_OK;
    }
    mjl_record_change *change = change_of(records, entry);
    if (change == NULL) {
        if (!entry->is_stored) mjl_record_index_remove(&records->index, entry);
        return MJL_OUT_OF_MEMORY;
    }
    change->is_delete = false;
    change->at = records->staged.size;
    change->size = value.size;
    memcpy(change->content, content, sizeof content);
    if (value.size != 0) {
        memcpy(records->staged.data + records->staged.size, value.data, value.size);
        records->staged.size += value.size;
    }
    return MJL_OK;
}

mjl_result mjl_records_delete(mjl_records *records, uint32_t session, uint16_t kind, mjl_bytes key)
{
    if (records->failure != MJL_OK) return records->failure;
    mjl_record_entry *entry =
        mjl_record_index_find(&records->index, mjl_records_place(session, kind, key));
    if (entry == NULL) return MJL_OK;
    if (!entry->is_stored) {
        drop_change(records, entry);
        return MJL_OK;
    }
    mjl_record_change *change = change_of(records, entry);
    if (change == NULL) return MJL_OUT_OF_MEMORY;
    change->is_delete = true;
    return MJL_OK;
}

void mjl_records_unstage(mjl_records *records)
{
    assert(records->batch_count == 0);
    if (records->staged.room > STAGED_ROOM_KEPT) {
        mjl_buffer_clear(&records->staged);
        return;
    }
    sodium_memzero(records->staged.data, records->staged.size);
    records->staged.size = 0;
}

void mjl_records_discard(mjl_records *records)
{
    while (records->batch_count > 0)
        drop_change(records, records->batch[records->batch_count - 1].entry);
    mjl_records_unstage(records);
}

size_t mjl_records_pending_count(const mjl_records *records)
{
    return records->batch_count;
}

void mjl_records_set_shelf(mjl_records *records, uint16_t kind, mjl_record_shelf shelf)
{
    assert(kind < MJL_SHELVED_KINDS_MAX && shelf < MJL_SHELVES_COUNT);
    records->shelf_of[kind] = shelf;
}

void mjl_records_hold_in_head(mjl_records *records, uint16_t kind)
{
    assert(kind < MJL_SHELVED_KINDS_MAX);
    records->is_held[kind] = true;
}

void mjl_records_sweep(mjl_records *records)
{
    records->is_sweeping = true;
}
