#include "record_loaded.h"

#include <assert.h>
#include <sodium.h>

struct mjl_record_loaded_item {
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    size_t value_size;
    uint8_t bytes[]; /* The key, then the value. */
};

static mjl_result reserve_one(mjl_record_loaded *loaded)
{
    if (loaded->count < loaded->room) return MJL_OK;
    const size_t room = loaded->room == 0 ? 64 : loaded->room * 2;
    mjl_record_loaded_item **items = realloc(loaded->items, room * sizeof *items);
    if (items == NULL) return MJL_OUT_OF_MEMORY;
    loaded->items = items;
    loaded->room = room;
    return MJL_OK;
}

mjl_result mjl_record_loaded_append(mjl_record_loaded *loaded, mjl_store_place place,
                                    size_t value_size, uint8_t **value)
{
    assert(place.key.size <= MJL_STORE_KEY_SIZE_MAX);
    assert(value_size <= MJL_RECORD_VALUE_SIZE_MAX);
    if (reserve_one(loaded) != MJL_OK) return MJL_OUT_OF_MEMORY;
    mjl_record_loaded_item *item = malloc(sizeof *item + place.key.size + value_size);
    if (item == NULL) return MJL_OUT_OF_MEMORY;
    item->session = place.session;
    item->kind = place.kind;
    item->key_size = (uint8_t)place.key.size;
    item->value_size = value_size;
    if (place.key.size != 0) memcpy(item->bytes, place.key.data, place.key.size);
    *value = item->bytes + item->key_size;
    loaded->items[loaded->count++] = item;
    return MJL_OK;
}

void mjl_record_loaded_clear(mjl_record_loaded *loaded)
{
    for (size_t i = 0; i < loaded->count; i++) {
        mjl_record_loaded_item *item = loaded->items[i];
        sodium_memzero(item->bytes, item->key_size + item->value_size);
        free(item);
    }
    free(loaded->items);
    memset(loaded, 0, sizeof *loaded);
}

mjl_record mjl_record_loaded_at(const mjl_record_loaded *loaded, size_t position)
{
    assert(position < loaded->count);
    const mjl_record_loaded_item *item = loaded->items[position];
    const mjl_record record = {
        .place = {item->session, item->kind, mjl_bytes_of(item->bytes, item->key_size)},
        .value = mjl_bytes_of(item->bytes + item->key_size, item->value_size),
    };
    return record;
}

size_t mjl_record_loaded_from(const mjl_record_loaded *loaded, uint32_t session, uint16_t kind)
{
    size_t low = 0;
    size_t high = loaded->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const mjl_record_loaded_item *item = loaded->items[middle];
        const bool is_before =
            item->session < session || (item->session == session && item->kind < kind);
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
