#include "record_loaded.h"

#include <sodium.h>

#include "store_access.h"

struct mjl_record_loaded_block {
    mjl_record_loaded_block *next;
    size_t size;
    uint8_t bytes[];
};

uint8_t *mjl_record_loaded_room(mjl_record_loaded *loaded, size_t size)
{
    mjl_record_loaded_block *block = malloc(sizeof *block + size);
    if (block == NULL) return NULL;
    block->size = size;
    block->next = loaded->blocks;
    loaded->blocks = block;
    return block->bytes;
}

mjl_result mjl_record_loaded_add(mjl_record_loaded *loaded, const mjl_record *record)
{
    if (loaded->count == loaded->room) {
        const size_t room = loaded->room == 0 ? 64 : loaded->room * 2;
        mjl_record *items = realloc(loaded->items, room * sizeof *items);
        if (items == NULL) return MJL_OUT_OF_MEMORY;
        loaded->items = items;
        loaded->room = room;
    }
    loaded->items[loaded->count++] = *record;
    return MJL_OK;
}

static int compare(const void *a, const void *b)
{
    const mjl_record *first = a, *second = b;
    return mjl_store_place_compare(first->place, second->place);
}

void mjl_record_loaded_sort(mjl_record_loaded *loaded)
{
    if (loaded->count > 0) qsort(loaded->items, loaded->count, sizeof *loaded->items, compare);
}

void mjl_record_loaded_clear(mjl_record_loaded *loaded)
{
    while (loaded->blocks != NULL) {
        mjl_record_loaded_block *block = loaded->blocks;
        loaded->blocks = block->next;
        sodium_memzero(block->bytes, block->size);
        free(block);
    }
    free(loaded->items);
    memset(loaded, 0, sizeof *loaded);
}

size_t mjl_record_loaded_from(const mjl_record_loaded *loaded, uint32_t session, uint16_t kind)
{
    size_t low = 0;
    size_t high = loaded->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const mjl_store_place at = loaded->items[middle].place;
        const bool is_before = at.session < session || (at.session == session && at.kind < kind);
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
