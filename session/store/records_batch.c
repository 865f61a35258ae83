/* The batch: puts and deletes collected, then written in one transaction with the new head. */
#include "records_inside.h"

#include <sodium.h>

static mjl_result reserve_batch(mjl_records *records)
{
    if (records->batch_count < records->batch_room) return MJL_OK;
    const size_t room = records->batch_room == 0 ? 64 : records->batch_room * 2;
    mjl_record_entry **batch = realloc(records->batch, room * sizeof *batch);
    if (batch == NULL) return MJL_OUT_OF_MEMORY;
    records->batch = batch;
    records->batch_room = room;
    return MJL_OK;
}

/* Room was reserved: cannot fail. Takes `change`. */
static void set_change(mjl_records *records, mjl_record_entry *entry, mjl_record_change *change)
{
    if (entry->change != NULL) {
        change->position = entry->change->position;
        mjl_record_change_free(entry->change);
    } else {
        change->position = records->batch_count++;
    }
    records->batch[change->position] = entry;
    entry->change = change;
}

static void drop_change(mjl_records *records, mjl_record_entry *entry)
{
    if (entry->change == NULL) return;
    mjl_record_entry *last = records->batch[--records->batch_count];
    records->batch[entry->change->position] = last;
    last->change->position = entry->change->position;
    mjl_record_change_free(entry->change);
    entry->change = NULL;
    if (!entry->is_stored) mjl_record_index_remove(&records->index, entry);
}

static mjl_result find_or_add(mjl_records *records, mjl_store_place place, mjl_record_entry **entry)
{
    *entry = mjl_record_index_find(&records->index, place);
    return *entry != NULL ? MJL_OK : mjl_record_index_add(&records->index, place, entry);
}

mjl_result mjl_records_put(mjl_records *records, uint32_t session, uint16_t kind, mjl_bytes key,
                           mjl_bytes value)
{
    if (records->failure != MJL_OK) return records->failure;
    if (value.size > MJL_RECORD_VALUE_SIZE_MAX) return MJL_TOO_LARGE;
    const mjl_store_place place = mjl_records_place(session, kind, key);
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    mjl_record_content(&records->sealing, value, content);
    mjl_record_entry *entry = mjl_record_index_find(&records->index, place);
    if (entry != NULL && entry->is_stored &&
        sodium_memcmp(entry->content, content, sizeof content) == 0) {
        drop_change(records, entry);
        return MJL_OK;
    }

    if (reserve_batch(records) != MJL_OK) return MJL_OUT_OF_MEMORY;
    mjl_record_change *change = calloc(1, sizeof *change);
    if (change == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(change->content, content, sizeof content);
    mjl_result result = mjl_buffer_append(&change->value, value);
    if (result == MJL_OK) result = find_or_add(records, place, &entry);
    if (result != MJL_OK) {
        mjl_record_change_free(change);
        return result;
    }
    set_change(records, entry, change);
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
    if (reserve_batch(records) != MJL_OK) return MJL_OUT_OF_MEMORY;
    mjl_record_change *change = calloc(1, sizeof *change);
    if (change == NULL) return MJL_OUT_OF_MEMORY;
    change->is_delete = true;
    set_change(records, entry, change);
    return MJL_OK;
}

void mjl_records_discard(mjl_records *records)
{
    while (records->batch_count > 0)
        drop_change(records, records->batch[records->batch_count - 1]);
}

size_t mjl_records_pending_count(const mjl_records *records)
{
    return records->batch_count;
}

static int compare_entries(const void *a, const void *b)
{
    const mjl_record_entry *const *first = a;
    const mjl_record_entry *const *second = b;
    return mjl_store_place_compare(mjl_record_entry_place(*first), mjl_record_entry_place(*second));
}

void mjl_records_sort_batch(mjl_records *records)
{
    if (records->batch_count == 0) return;
    qsort(records->batch, records->batch_count, sizeof *records->batch, compare_entries);
    for (size_t i = 0; i < records->batch_count; i++)
        records->batch[i]->change->position = i;
}

/* ---- Persisting ---- */

/* One transaction in the making. */
typedef struct transaction {
    mjl_store_change *changes; /* The batch in order, then the head. */
    uint8_t *sealed;           /* What they point into. */
    uint8_t *drawn;            /* Random bytes, for the nonce of each. */
    mjl_record_head head;
} transaction;

static void transaction_clear(transaction *made)
{
    free(made->changes);
    free(made->sealed);
    free(made->drawn);
    sodium_memzero(made, sizeof *made);
}

static mjl_result transaction_init(transaction *made, const mjl_records *records)
{
    size_t size = MJL_RECORD_HEAD_SIZE;
    for (size_t i = 0; i < records->batch_count; i++) {
        const size_t more = records->batch[i]->change->value.size + MJL_RECORD_OVERHEAD;
        if (more > SIZE_MAX - size) return MJL_OUT_OF_MEMORY;
        size += more;
    }
    made->head = records->head;
    made->head.counter++;
    made->changes = calloc(records->batch_count + 1, sizeof *made->changes);
    made->sealed = malloc(size);
    const size_t drawn_size = (records->batch_count + 1) * MJL_RECORD_NONCE_SIZE;
    made->drawn = malloc(drawn_size);
    if (made->changes == NULL || made->sealed == NULL || made->drawn == NULL)
        return MJL_OUT_OF_MEMORY;
    return records->random.fill(records->random.context, made->drawn, drawn_size);
}

/* Seals one change to `sealed` and counts it in the new head. */
static void seal_change(const mjl_records *records, mjl_record_entry *entry, const uint8_t *drawn,
                        uint8_t *sealed, mjl_store_change *out, mjl_record_head *head)
{
    mjl_record_change *change = entry->change;
    out->place = mjl_record_entry_place(entry);
    out->is_delete = change->is_delete;
    if (entry->is_stored) {
        mjl_record_set_toggle(head->set, entry->element);
        head->count--;
    }
    if (change->is_delete) return;
    const mjl_record_sealed_value of = {mjl_buffer_bytes(&change->value), change->content, drawn};
    mjl_record_seal(&records->sealing, out->place, &of, sealed);
    out->value = mjl_bytes_of(sealed, change->value.size + MJL_RECORD_OVERHEAD);
    mjl_record_element(&records->sealing, out->place, out->value, change->element);
    mjl_record_set_toggle(head->set, change->element);
    head->count++;
}

static void seal_all(const mjl_records *records, transaction *made)
{
    uint8_t *sealed = made->sealed;
    const uint8_t *drawn = made->drawn;
    for (size_t i = 0; i < records->batch_count; i++, drawn += MJL_RECORD_NONCE_SIZE) {
        mjl_store_change *change = &made->changes[i];
        seal_change(records, records->batch[i], drawn, sealed, change, &made->head);
        sealed += change->value.size;
    }
    mjl_store_change *head = &made->changes[records->batch_count];
    head->place = mjl_record_head_place();
    head->value = mjl_bytes_of(sealed, MJL_RECORD_HEAD_SIZE);
    mjl_record_head_seal(&records->sealing, &made->head, drawn, sealed);
}

/* The transaction is on disk: the index follows. Cannot fail. */
static void settle_batch(mjl_records *records, const mjl_record_head *head)
{
    for (size_t i = 0; i < records->batch_count; i++) {
        mjl_record_entry *entry = records->batch[i];
        mjl_record_change *change = entry->change;
        if (change->is_delete) {
            mjl_record_index_remove(&records->index, entry);
            continue;
        }
        entry->is_stored = true;
        memcpy(entry->element, change->element, sizeof entry->element);
        memcpy(entry->content, change->content, sizeof entry->content);
        mjl_record_change_free(change);
        entry->change = NULL;
    }
    records->batch_count = 0;
    records->head = *head;
    records->has_head = true;
}

mjl_result mjl_records_persist(mjl_records *records)
{
    if (records->failure != MJL_OK) return records->failure;
    if (records->batch_count == 0 && records->has_head) return MJL_OK;
    mjl_records_sort_batch(records);
    transaction made = {0};
    mjl_result result = transaction_init(&made, records);
    if (result == MJL_OK) {
        seal_all(records, &made);
        result = mjl_store_apply(records->store, made.changes, records->batch_count + 1);
        if (result == MJL_OK) {
            settle_batch(records, &made.head);
        } else {
            result = mjl_records_fail(records, result);
        }
    }
    transaction_clear(&made);
    return result;
}
