#include "record_bundle.h"

#include <assert.h>
#include <sodium.h>

enum { MARK = 128 };

static_assert((int)MJL_STORE_KEY_SIZE_MAX < (int)MARK, "a key size leaves room for the mark");

static void write_number(uint8_t *out, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

static uint64_t read_number(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

/* ---- Where bundles stand ---- */

mjl_record_bundle *mjl_record_bundle_new(uint64_t number, uint8_t shelf)
{
    mjl_record_bundle *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    made->number = number & (UINT64_MAX >> 2);
    made->shelf = shelf & 3u;
    return made;
}

mjl_store_place mjl_record_bundle_place(const mjl_record_bundle *bundle,
                                        uint8_t key[MJL_BUNDLE_KEY_SIZE])
{
    write_number(key, bundle->number, 8);
    key[8] = (uint8_t)bundle->shelf;
    const mjl_store_place place = {0, 0, mjl_bytes_of(key, MJL_BUNDLE_KEY_SIZE)};
    return place;
}

bool mjl_record_bundle_is_at(mjl_store_place place)
{
    return place.session == 0 && place.kind == 0 && place.key.size == MJL_BUNDLE_KEY_SIZE;
}

uint64_t mjl_record_bundle_number_at(mjl_store_place place)
{
    return read_number(place.key.data, 8);
}

uint8_t mjl_record_bundle_shelf_at(mjl_store_place place)
{
    return place.key.data[8];
}

void mjl_record_shelf_add(mjl_record_shelf_bundles *shelf, mjl_record_bundle *bundle)
{
    assert(shelf->youngest == NULL || shelf->youngest->number < bundle->number);
    bundle->younger = NULL;
    if (shelf->youngest == NULL)
        shelf->oldest = bundle;
    else
        shelf->youngest->younger = bundle;
    shelf->youngest = bundle;
    shelf->size += bundle->size;
    shelf->live_size += bundle->live_size;
}

void mjl_record_shelf_drop_oldest(mjl_record_shelf_bundles *shelf)
{
    mjl_record_bundle *const gone = shelf->oldest;
    shelf->oldest = gone->younger;
    if (shelf->oldest == NULL) shelf->youngest = NULL;
    shelf->size -= gone->size;
    shelf->live_size -= gone->live_size;
    free(gone);
}

void mjl_record_shelf_clear(mjl_record_shelf_bundles *shelf)
{
    while (shelf->oldest != NULL)
        mjl_record_shelf_drop_oldest(shelf);
}

/* ---- What is in them ---- */

static mjl_result append_item(mjl_buffer *plain, mjl_store_place place, mjl_bytes value,
                              uint8_t mark)
{
    const size_t size = mjl_bundle_item_size(place.key.size, value.size);
    const mjl_result result = mjl_buffer_reserve(plain, size);
    if (result != MJL_OK) return result;
    uint8_t *at = plain->data + plain->size;
    write_number(at, place.session, 4);
    write_number(at + 4, place.kind, 2);
    at[6] = (uint8_t)(place.key.size | mark);
    write_number(at + 7, value.size, 4);
    at += MJL_BUNDLE_ITEM_OVERHEAD;
    if (place.key.size != 0) memcpy(at, place.key.data, place.key.size);
    if (value.size != 0) memcpy(at + place.key.size, value.data, value.size);
    plain->size += size;
    return MJL_OK;
}

mjl_result mjl_bundle_append(mjl_buffer *plain, mjl_store_place place, mjl_bytes value)
{
    return append_item(plain, place, value, 0);
}

mjl_result mjl_bundle_append_mark(mjl_buffer *plain, mjl_store_place place)
{
    return append_item(plain, place, mjl_bytes_of(NULL, 0), MARK);
}

mjl_result mjl_bundle_next(mjl_bytes plain, size_t *at, mjl_bundle_item *item)
{
    if (*at == plain.size) return MJL_EMPTY;
    const size_t left = plain.size - *at;
    if (left < MJL_BUNDLE_ITEM_OVERHEAD) return MJL_STORE_DAMAGED;
    const uint8_t *from = plain.data + *at;
    const size_t key_size = from[6] & (MARK - 1);
    const size_t value_size = (size_t)read_number(from + 7, 4);
    if (key_size > MJL_STORE_KEY_SIZE_MAX || value_size > MJL_BUNDLED_VALUE_SIZE_MAX) {
        return MJL_STORE_DAMAGED;
    }
    if (mjl_bundle_item_size(key_size, value_size) > left) return MJL_STORE_DAMAGED;
    item->place.session = (uint32_t)read_number(from, 4);
    item->place.kind = (uint16_t)read_number(from + 4, 2);
    item->is_mark = (from[6] & MARK) != 0;
    if (item->place.kind == 0 || (item->is_mark && value_size != 0)) return MJL_STORE_DAMAGED;
    item->at = *at;
    from += MJL_BUNDLE_ITEM_OVERHEAD;
    item->place.key = mjl_bytes_of(from, key_size);
    item->value = mjl_bytes_of(from + key_size, value_size);
    *at += mjl_bundle_item_size(key_size, value_size);
    return MJL_OK;
}
