/* One record, read and verified: from the batch, from the head, or from the store. */
#include "records_inside.h"

#include <sodium.h>

mjl_result mjl_records_unseal(const mjl_records *records, mjl_store_place place,
                              const uint8_t element[MJL_RECORD_ELEMENT_SIZE], mjl_bytes sealed,
                              mjl_buffer *value)
{
    if (sealed.size < MJL_RECORD_OVERHEAD) return MJL_STORE_DAMAGED;
    uint8_t found[MJL_RECORD_ELEMENT_SIZE];
    mjl_record_element(&records->sealing, place, sealed, found);
    if (sodium_memcmp(found, element, sizeof found) != 0) return MJL_STORE_DAMAGED;
    const size_t size = sealed.size - MJL_RECORD_OVERHEAD;
    mjl_result result = mjl_buffer_reserve(value, size);
    if (result != MJL_OK) return result;
    uint8_t *const out = size == 0 ? value->data : value->data + value->size; /* May be NULL. */
    result = mjl_record_unseal(&records->sealing, place, sealed, out);
    if (result == MJL_OK) value->size += size;
    return result;
}

static mjl_result read_sealed(const mjl_records *records, mjl_store_place place,
                              const uint8_t element[MJL_RECORD_ELEMENT_SIZE], mjl_buffer *value)
{
    mjl_buffer sealed = {0};
    mjl_result result = mjl_store_get(records->store, place, &sealed);
    if (result == MJL_NOT_FOUND) result = MJL_STORE_DAMAGED; /* It was there when we opened. */
    value->size = 0;
    if (result == MJL_OK) {
        result = mjl_records_unseal(records, place, element, mjl_buffer_bytes(&sealed), value);
    }
    mjl_buffer_clear(&sealed);
    return result;
}

mjl_result mjl_records_read_bundle(const mjl_records *records, const mjl_record_bundle *bundle,
                                   mjl_buffer *plain)
{
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    return read_sealed(records, mjl_record_bundle_place(bundle, key), bundle->element, plain);
}

mjl_result mjl_records_find_item(const mjl_record_entry *entry, mjl_bytes plain, mjl_bytes *value)
{
    mjl_bundle_item item;
    size_t at = entry->item.at;
    if (at >= plain.size || mjl_bundle_next(plain, &at, &item) != MJL_OK || item.is_mark ||
        mjl_store_place_compare(item.place, mjl_record_entry_place(entry)) != 0) {
        return MJL_STORE_DAMAGED;
    }
    *value = item.value;
    return MJL_OK;
}

/* Appends to `value`. */
static mjl_result read_item(mjl_records *records, const mjl_record_entry *entry, mjl_buffer *value)
{
    mjl_bytes found;
    mjl_result result = MJL_OK;
    if (mjl_record_is_held(entry, &records->held)) {
        return mjl_buffer_append(value, mjl_record_held_value(&records->held, entry));
    }
    if (records->read.size == 0 || records->read_number != entry->bundle->number) {
        result = mjl_records_read_bundle(records, entry->bundle, &records->read);
        records->read_number = entry->bundle->number;
    }
    if (result == MJL_OK) {
        result = mjl_records_find_item(entry, mjl_buffer_bytes(&records->read), &found);
    }
    if (result == MJL_OK) result = mjl_buffer_append(value, found);
    if (result != MJL_OK) mjl_buffer_clear(&records->read);
    return result;
}

static mjl_result read_stored(mjl_records *records, const mjl_record_entry *entry,
                              mjl_buffer *value)
{
    mjl_buffer fresh = {0};
    const mjl_result result =
        entry->bundle != NULL
            ? read_item(records, entry, &fresh)
            : read_sealed(records, mjl_record_entry_place(entry), entry->element, &fresh);
    if (result == MJL_OK) {
        mjl_buffer_clear(value);
        *value = fresh;
        return MJL_OK;
    }
    mjl_buffer_clear(&fresh);
    return result == MJL_OUT_OF_MEMORY ? result : mjl_records_fail(records, result);
}

static mjl_result replace_contents(mjl_buffer *buffer, mjl_bytes bytes)
{
    mjl_buffer fresh = {0};
    const mjl_result result = mjl_buffer_append(&fresh, bytes);
    if (result != MJL_OK) return result;
    mjl_buffer_clear(buffer);
    *buffer = fresh;
    return MJL_OK;
}

mjl_result mjl_records_get(mjl_records *records, uint32_t session, uint16_t kind, mjl_bytes key,
                           mjl_buffer *value)
{
    if (records->failure != MJL_OK) return records->failure;
    const mjl_store_place place = mjl_records_place(session, kind, key);
    const mjl_record_entry *entry = mjl_record_index_find(&records->index, place);
    if (entry == NULL) return MJL_NOT_FOUND;
    const mjl_record_change *change = mjl_records_change(records, entry);
    if (change == NULL) return read_stored(records, entry, value);
    if (change->is_delete) return MJL_NOT_FOUND;
    return replace_contents(value, mjl_records_staged(records, change));
}
