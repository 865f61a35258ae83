#include "records.h"

#include "records_inside.h"

#include <sodium.h>

static_assert((int)MJL_RECORD_VALUE_SIZE_MAX + (int)MJL_RECORD_OVERHEAD <=
                  (int)MJL_STORE_VALUE_SIZE_MAX,
              "every record fits into a store");

/* ---- Opening ---- */

static mjl_result load_head(mjl_records *records, mjl_store_place place, mjl_bytes sealed)
{
    /* The head's place is the least of all, so it comes first or is missing. */
    if (mjl_store_place_compare(place, mjl_record_head_place()) != 0) return MJL_STORE_DAMAGED;
    const mjl_result result = mjl_record_head_unseal(&records->sealing, sealed, &records->head);
    records->has_head = result == MJL_OK;
    return result;
}

static mjl_result add_entry(mjl_records *records, mjl_store_place place, mjl_bytes sealed,
                            mjl_bytes value)
{
    mjl_record_entry *entry = NULL;
    const mjl_result result = mjl_record_index_add(&records->index, place, &entry);
    if (result != MJL_OK) return result;
    entry->is_stored = true;
    mjl_record_element(&records->sealing, place, sealed, entry->element);
    mjl_record_content(&records->sealing, value, entry->content);
    return MJL_OK;
}

/* The head bounds how many records there are, and only what opens stays in memory: a disk cannot
 * make us hold more than we once wrote. */
static mjl_result load_record(void *visitor, mjl_store_place place, mjl_bytes sealed)
{
    mjl_records *records = visitor;
    if (!records->has_head) return load_head(records, place, sealed);
    if (sealed.size < MJL_RECORD_OVERHEAD) return MJL_STORE_DAMAGED;
    const size_t value_size = sealed.size - MJL_RECORD_OVERHEAD;
    if (value_size > MJL_RECORD_VALUE_SIZE_MAX) return MJL_STORE_DAMAGED;
    if (records->index.count >= records->head.count) return MJL_STORE_DAMAGED;

    uint8_t *value = NULL;
    mjl_result result = mjl_record_loaded_append(&records->loaded, place, value_size, &value);
    if (result != MJL_OK) return result;
    result = mjl_record_unseal(&records->sealing, place, sealed, value);
    if (result != MJL_OK) return result;
    return add_entry(records, place, sealed, mjl_bytes_of(value, value_size));
}

static mjl_result check_set(const mjl_records *records)
{
    if (records->index.count != records->head.count) return MJL_STORE_DAMAGED;
    uint8_t set[MJL_RECORD_ELEMENT_SIZE] = {0};
    for (size_t i = 0; i < records->index.room; i++) {
        const mjl_record_entry *entry = records->index.slots[i];
        if (entry != NULL) mjl_record_set_toggle(set, entry->element);
    }
    const bool is_equal = sodium_memcmp(set, records->head.set, sizeof set) == 0;
    sodium_memzero(set, sizeof set);
    return is_equal ? MJL_OK : MJL_STORE_DAMAGED;
}

static mjl_result load_all(mjl_records *records)
{
    const mjl_result result = mjl_store_load(records->store, load_record, records);
    if (result != MJL_OK) return result;
    if (records->has_head) return check_set(records);
    return records->random.fill(records->random.context, records->sealing.salt,
                                sizeof records->sealing.salt);
}

mjl_result mjl_records_open(mjl_store *taken, const uint8_t key[MJL_STORE_SEALING_KEY_SIZE],
                            mjl_random random, mjl_records **records)
{
    mjl_records *made = sodium_init() < 0 ? NULL : calloc(1, sizeof *made);
    if (made == NULL) {
        mjl_store_free(taken);
        return MJL_OUT_OF_MEMORY;
    }
    made->store = taken;
    made->random = random;
    mjl_record_sealing_init(&made->sealing, key);
    mjl_record_index_init(&made->index, made->sealing.index_key);
    const mjl_result result = load_all(made);
    if (result != MJL_OK) {
        mjl_records_free(made);
        return result;
    }
    *records = made;
    return MJL_OK;
}

void mjl_records_free(mjl_records *records)
{
    if (records == NULL) return;
    mjl_store_free(records->store);
    mjl_record_loaded_clear(&records->loaded);
    mjl_record_index_clear(&records->index);
    free(records->batch);
    mjl_record_sealing_clear(&records->sealing);
    sodium_memzero(records, sizeof *records);
    free(records);
}

bool mjl_records_is_new(const mjl_records *records)
{
    return !records->has_head;
}

mjl_result mjl_records_failure(const mjl_records *records)
{
    return records->failure;
}

uint64_t mjl_records_counter(const mjl_records *records)
{
    return records->head.counter;
}

mjl_result mjl_records_fail(mjl_records *records, mjl_result result)
{
    switch (result) {
    case MJL_STORE_FAILED:
    case MJL_STORE_LOCKED:
    case MJL_STORE_FULL:
    case MJL_STORE_DAMAGED:
    case MJL_STORE_FOREIGN:
    case MJL_STORE_MISSING:
    case MJL_STORE_UNREADABLE:
        records->failure = result;
        break;
    default: /* A backend may answer anything. */
        records->failure = MJL_STORE_FAILED;
    }
    return records->failure;
}

/* ---- What was loaded ---- */

mjl_records_cursor mjl_records_loaded(const mjl_records *records)
{
    const mjl_records_cursor cursor = {0, records->loaded.count};
    return cursor;
}

mjl_records_cursor mjl_records_loaded_of(const mjl_records *records, uint32_t session)
{
    const mjl_record_loaded *loaded = &records->loaded;
    const mjl_records_cursor cursor = {
        mjl_record_loaded_from(loaded, session, 0),
        session == UINT32_MAX ? loaded->count : mjl_record_loaded_from(loaded, session + 1, 0)};
    return cursor;
}

mjl_records_cursor mjl_records_loaded_of_kind(const mjl_records *records, uint32_t session,
                                              uint16_t kind)
{
    mjl_records_cursor cursor = mjl_records_loaded_of(records, session);
    cursor.next = mjl_record_loaded_from(&records->loaded, session, kind);
    if (kind != UINT16_MAX) {
        cursor.end = mjl_record_loaded_from(&records->loaded, session, (uint16_t)(kind + 1));
    }
    return cursor;
}

bool mjl_records_next(const mjl_records *records, mjl_records_cursor *cursor, mjl_record *record)
{
    if (cursor->next >= cursor->end || cursor->next >= records->loaded.count) return false;
    *record = mjl_record_loaded_at(&records->loaded, cursor->next++);
    return true;
}

void mjl_records_loaded_done(mjl_records *records)
{
    mjl_record_loaded_clear(&records->loaded);
}

/* ---- Reading one ---- */

static mjl_result replace_contents(mjl_buffer *buffer, mjl_bytes bytes)
{
    mjl_buffer fresh = {0};
    const mjl_result result = mjl_buffer_append(&fresh, bytes);
    if (result != MJL_OK) return result;
    mjl_buffer_clear(buffer);
    *buffer = fresh;
    return MJL_OK;
}

/* That `sealed` is what we last wrote there. It may open and still be an old one. */
static mjl_result check_element(const mjl_records *records, const mjl_record_entry *entry,
                                mjl_bytes sealed)
{
    if (sealed.size < MJL_RECORD_OVERHEAD) return MJL_STORE_DAMAGED;
    uint8_t element[MJL_RECORD_ELEMENT_SIZE];
    mjl_record_element(&records->sealing, mjl_record_entry_place(entry), sealed, element);
    const bool is_same = sodium_memcmp(element, entry->element, sizeof element) == 0;
    return is_same ? MJL_OK : MJL_STORE_DAMAGED;
}

mjl_result mjl_records_unseal(const mjl_records *records, const mjl_record_entry *entry,
                              mjl_bytes sealed, mjl_buffer *value)
{
    mjl_result result = check_element(records, entry, sealed);
    if (result != MJL_OK) return result;
    result = mjl_buffer_reserve(value, sealed.size - MJL_RECORD_OVERHEAD);
    if (result != MJL_OK) return result;
    result =
        mjl_record_unseal(&records->sealing, mjl_record_entry_place(entry), sealed, value->data);
    if (result == MJL_OK) value->size = sealed.size - MJL_RECORD_OVERHEAD;
    return result;
}

static mjl_result read_stored(mjl_records *records, const mjl_record_entry *entry,
                              mjl_buffer *value)
{
    mjl_buffer sealed = {0};
    mjl_buffer fresh = {0};
    mjl_result result = mjl_store_get(records->store, mjl_record_entry_place(entry), &sealed);
    if (result == MJL_NOT_FOUND) result = MJL_STORE_DAMAGED; /* It was there when we opened. */
    if (result == MJL_OK) {
        result = mjl_records_unseal(records, entry, mjl_buffer_bytes(&sealed), &fresh);
    }
    mjl_buffer_clear(&sealed);
    if (result == MJL_OK) {
        mjl_buffer_clear(value);
        *value = fresh;
        return MJL_OK;
    }
    mjl_buffer_clear(&fresh);
    return result == MJL_OUT_OF_MEMORY ? result : mjl_records_fail(records, result);
}

mjl_result mjl_records_get(mjl_records *records, uint32_t session, uint16_t kind, mjl_bytes key,
                           mjl_buffer *value)
{
    if (records->failure != MJL_OK) return records->failure;
    const mjl_store_place place = mjl_records_place(session, kind, key);
    const mjl_record_entry *entry = mjl_record_index_find(&records->index, place);
    if (entry == NULL) return MJL_NOT_FOUND;
    if (entry->change == NULL) return read_stored(records, entry, value);
    if (entry->change->is_delete) return MJL_NOT_FOUND;
    return replace_contents(value, mjl_buffer_bytes(&entry->change->value));
}
