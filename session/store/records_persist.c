/*
 * The batch as one transaction: bundles, the records that are sealed by themselves and the new head
 * sealed and written. Once the store has it, the index follows.
 */
#include "records_transaction.h"

#include <sodium.h>

enum { ROOM_KEPT = 16 << 10 }; /* Most transactions are smaller. */

/* What the batch changes is not live in its bundle any more. */
static void count_live(mjl_records *records, bool is_given_back)
{
    for (size_t i = 0; i < records->batch_count; i++) {
        const mjl_record_entry *entry = records->batch[i].entry;
        mjl_record_bundle *bundle = entry->bundle;
        if (bundle == NULL || mjl_record_is_held(entry, &records->held)) continue;
        mjl_record_shelf_bundles *shelf = &records->shelves[bundle->shelf];
        if (is_given_back) {
            bundle->live_size += entry->item.size;
            shelf->live_size += entry->item.size;
        } else {
            bundle->live_size -= entry->item.size;
            shelf->live_size -= entry->item.size;
        }
    }
}

/* ---- Sealing ---- */

static mjl_result reserve_sealed(mjl_transaction *made)
{
    const mjl_records *records = made->records;
    size_t sealed = 1 + made->fillings_count; /* The head. */
    size_t size = made->held.plain.size + MJL_RECORD_HEAD_OVERHEAD;
    for (size_t i = 0; i < made->fillings_count; i++)
        size += made->fillings[i].plain.size + MJL_RECORD_OVERHEAD;
    for (size_t i = 0; i < records->batch_count; i++) {
        const mjl_record_change *change = &records->batch[i];
        if (change->is_delete || change->bundle != NULL) continue;
        size += change->size + MJL_RECORD_OVERHEAD;
        sealed++;
    }
    for (size_t i = 0; i < made->moves_count; i++) {
        if (made->moves[i].to != NULL) continue;
        size += made->moves[i].value.size + MJL_RECORD_OVERHEAD;
        sealed++;
    }
    const size_t drawn_size = sealed * MJL_RECORD_NONCE_SIZE;
    size_t count = sealed + records->batch_count; /* All may delete a record sealed by itself. */
    for (size_t i = 0; i < MJL_SHELVES_COUNT; i++)
        count += made->leaving[i];
    mjl_buffer *work = &made->records->work;
    const size_t changes_size = count * sizeof *made->changes;
    const size_t keys_size = count * MJL_BUNDLE_KEY_SIZE;
    if (mjl_buffer_reserve(work, changes_size + keys_size + drawn_size + size) != MJL_OK)
        return MJL_OUT_OF_MEMORY;
    made->changes = (mjl_store_change *)(void *)work->data; /* First: as malloc aligns it. */
    memset(made->changes, 0, changes_size);
    made->keys_next = work->data + changes_size;
    made->drawn_next = made->keys_next + keys_size;
    made->sealed_next = made->drawn_next + drawn_size;
    return records->random.fill(records->random.context, made->drawn_next, drawn_size);
}

static mjl_store_change *next_change(mjl_transaction *made, mjl_store_place place)
{
    mjl_store_change *change = &made->changes[made->changes_count++];
    change->place = place;
    return change;
}

/* Seals one value and counts it in the new head. */
static void seal(mjl_transaction *made, mjl_store_place place, mjl_bytes value,
                 const uint8_t *content, uint8_t element[MJL_RECORD_ELEMENT_SIZE])
{
    const mjl_record_sealing *sealing = &made->records->sealing;
    mjl_store_change *change = next_change(made, place);
    const mjl_record_sealed_value of = {value, content, made->drawn_next};
    mjl_record_seal(sealing, place, &of, made->sealed_next);
    change->value = mjl_bytes_of(made->sealed_next, value.size + MJL_RECORD_OVERHEAD);
    mjl_record_element(sealing, place, change->value, element);
    mjl_record_set_toggle(made->head.set, element);
    made->head.count++;
    made->sealed_next += change->value.size;
    made->drawn_next += MJL_RECORD_NONCE_SIZE;
}

static void seal_single(mjl_transaction *made, mjl_record_change *change)
{
    const mjl_record_entry *entry = change->entry;
    const mjl_store_place place = mjl_record_entry_place(entry);
    const bool was_single = entry->is_stored && entry->bundle == NULL;
    if (was_single) {
        mjl_record_set_toggle(made->head.set, entry->element);
        made->head.count--;
    }
    if (change->is_delete || change->bundle != NULL) {
        if (was_single) next_change(made, place)->is_delete = true;
        return;
    }
    const mjl_bytes value = mjl_records_staged(made->records, change);
    seal(made, place, value, change->content, change->element);
}

static void seal_moved(mjl_transaction *made, const mjl_move *moved)
{
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    mjl_record_content(&made->records->sealing, moved->value, content);
    seal(made, mjl_record_entry_place(moved->entry), moved->value, content, moved->element);
}

static mjl_store_place place_of(mjl_transaction *made, const mjl_record_bundle *bundle)
{
    uint8_t *const key = made->keys_next;
    made->keys_next += MJL_BUNDLE_KEY_SIZE;
    return mjl_record_bundle_place(bundle, key);
}

static void let_go(mjl_transaction *made, mjl_record_shelf shelf)
{
    const mjl_record_bundle *at = made->records->shelves[shelf].oldest;
    for (size_t i = 0; i < made->leaving[shelf]; i++, at = at->younger) {
        next_change(made, place_of(made, at))->is_delete = true;
        mjl_record_set_toggle(made->head.set, at->element);
        made->head.count--;
    }
}

static void seal_all(mjl_transaction *made)
{
    const mjl_records *records = made->records;
    for (mjl_record_shelf shelf = MJL_SHELF_LASTING; shelf < MJL_SHELVES_COUNT; shelf++)
        let_go(made, shelf);
    for (size_t i = 0; i < made->fillings_count; i++) {
        mjl_filling *of = &made->fillings[i];
        uint8_t content[MJL_RECORD_CONTENT_SIZE];
        mjl_record_content(&records->sealing, mjl_buffer_bytes(&of->plain), content);
        seal(made, place_of(made, of->bundle), mjl_buffer_bytes(&of->plain), content,
             of->bundle->element);
    }
    for (size_t i = 0; i < records->batch_count; i++)
        seal_single(made, &records->batch[i]);
    for (size_t i = 0; i < made->moves_count; i++)
        if (made->moves[i].to == NULL) seal_moved(made, &made->moves[i]);
    mjl_store_change *head = next_change(made, mjl_record_head_place());
    head->value = mjl_bytes_of(made->sealed_next, made->held.plain.size + MJL_RECORD_HEAD_OVERHEAD);
    mjl_record_head_seal(&records->sealing, &made->head, made->drawn_next, &made->held.plain,
                         made->sealed_next);
}

/* ---- The transaction is on disk: the index follows. Cannot fail. ---- */

static void settle_change(mjl_records *records, mjl_record_change *change)
{
    mjl_record_entry *entry = change->entry;
    entry->change = 0;
    if (change->is_delete) {
        mjl_record_index_remove(&records->index, entry);
        return;
    }
    entry->is_stored = true;
    if (entry->bundle != NULL && !mjl_record_is_held(entry, &records->held)) {
        entry->stale_on = entry->bundle->shelf;
    }
    if (change->bundle == NULL) {
        mjl_record_entry_take(entry, change->element);
        change->element = NULL;
    } else {
        mjl_record_entry_move(entry, change->bundle, change->bundle_at,
                              mjl_bundle_item_size(entry->key_size, change->size));
    }
    memcpy(entry->content, change->content, sizeof entry->content);
}

static void settle_move(mjl_move *moved)
{
    mjl_record_entry *entry = moved->entry;
    if (moved->to != NULL) {
        mjl_record_entry_move(entry, moved->to, moved->at, entry->item.size);
        return;
    }
    mjl_record_entry_take(entry, moved->element);
    moved->element = NULL;
}

/* The head's items as they are now. */
static void settle_held(mjl_transaction *made)
{
    mjl_record_held *held = &made->records->held;
    const mjl_record_held before = *held;
    held->plain = made->held.plain;
    held->entries = made->held.entries;
    held->count = made->held.count;
    held->room = made->held.room;
    made->held = before;
}

static void settle(mjl_transaction *made)
{
    mjl_records *records = made->records;
    for (size_t i = 0; i < made->moves_count; i++)
        settle_move(&made->moves[i]);
    settle_held(made);
    for (size_t i = 0; i < records->batch_count; i++)
        settle_change(records, &records->batch[i]);
    records->batch_count = 0;
    mjl_records_unstage(records);
    for (size_t shelf = 0; shelf < MJL_SHELVES_COUNT; shelf++) {
        for (size_t i = 0; i < made->leaving[shelf]; i++)
            mjl_record_shelf_drop_oldest(&records->shelves[shelf]);
    }
    for (size_t i = 0; i < made->fillings_count; i++) {
        mjl_filling *of = &made->fillings[i];
        of->bundle->size = (uint32_t)of->plain.size;
        mjl_record_shelf_add(&records->shelves[of->shelf], of->bundle);
        of->bundle = NULL;
    }
    records->next_bundle += made->fillings_count;
    records->is_sweeping = false;
    records->head = made->head;
    records->has_head = true;
}

/* Wiped; kept unless it is large, or one is kept already. */
static void keep_room(mjl_buffer *used, mjl_buffer *kept)
{
    if (used->room > ROOM_KEPT || kept->data != NULL) {
        mjl_buffer_clear(used);
        return;
    }
    mjl_bytes_wipe(used->data, used->size);
    *kept = (mjl_buffer){.data = used->data, .room = used->room};
    *used = (mjl_buffer){0};
}

static void transaction_clear(mjl_transaction *made)
{
    mjl_records *records = made->records;
    for (size_t i = 0; i < made->fillings_count; i++) {
        mjl_filling *of = &made->fillings[i];
        keep_room(&of->plain, &records->filling_rooms[of->shelf]);
        free(of->bundle);
    }
    keep_room(&made->held.plain, &records->held_room);
    if (records->work.room > ROOM_KEPT) mjl_buffer_clear(&records->work);
    free(made->fillings);
    for (size_t i = 0; i < made->moves_count; i++)
        free(made->moves[i].element);
    free(made->moves);
    mjl_record_held_clear(&made->held);
    sodium_memzero(made, sizeof *made);
}

/* It did not come to that. */
static void forget(mjl_records *records)
{
    count_live(records, true);
    for (size_t i = 0; i < records->batch_count; i++) {
        free(records->batch[i].element);
        records->batch[i].element = NULL;
    }
}

mjl_result mjl_records_persist(mjl_records *records)
{
    if (records->failure != MJL_OK) return records->failure;
    if (records->batch_count == 0 && records->has_head && !records->is_sweeping) return MJL_OK;
    mjl_buffer_clear(&records->read); /* Perhaps that bundle goes. */
    mjl_transaction made = {.records = records, .head = records->head};
    made.held.plain = records->held_room;
    records->held_room = (mjl_buffer){0};
    made.head.counter++;
    count_live(records, false);
    mjl_result result = mjl_transaction_plan(&made);
    if (result == MJL_OK) result = reserve_sealed(&made);
    if (result == MJL_OK) {
        seal_all(&made);
        result = mjl_store_apply(records->store, made.changes, made.changes_count);
        if (result != MJL_OK) result = mjl_records_fail(records, result);
    }
    if (result == MJL_OK)
        settle(&made);
    else
        forget(records);
    transaction_clear(&made);
    return result;
}
