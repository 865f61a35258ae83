#include "index_table.h"

#include <assert.h>

enum { ROOM_MIN = 16 };

void mjl_index_table_init(mjl_index_table *table, const void *owner,
                          uint64_t (*hash_of)(const void *owner, uint32_t value))
{
    memset(table, 0, sizeof *table);
    table->owner = owner;
    table->hash_of = hash_of;
}

void mjl_index_table_clear(mjl_index_table *table)
{
    free(table->slots);
    mjl_index_table_init(table, table->owner, table->hash_of);
}

static void put(uint32_t *slots, size_t room, uint64_t hash, uint32_t value)
{
    size_t at = (size_t)hash & (room - 1);
    while (slots[at] != UINT32_MAX)
        at = (at + 1) & (room - 1);
    slots[at] = value;
}

/* At most half full: looking up what is not there stays short. */
mjl_result mjl_index_table_reserve(mjl_index_table *table)
{
    if ((table->count + 1) * 2 <= table->room) return MJL_OK;
    const size_t room = table->room == 0 ? ROOM_MIN : table->room * 2;
    if (room > SIZE_MAX / sizeof(uint32_t)) return MJL_OUT_OF_MEMORY;
    uint32_t *slots = (uint32_t *)malloc(room * sizeof *slots);
    if (slots == NULL) return MJL_OUT_OF_MEMORY;
    memset(slots, 0xff, room * sizeof *slots);
    for (size_t i = 0; i < table->room; i++) {
        const uint32_t value = table->slots[i];
        if (value != UINT32_MAX) put(slots, room, table->hash_of(table->owner, value), value);
    }
    free(table->slots);
    table->slots = slots;
    table->room = room;
    return MJL_OK;
}

void mjl_index_table_insert(mjl_index_table *table, uint32_t value)
{
    assert(value != UINT32_MAX);
    assert((table->count + 1) * 2 <= table->room);
    put(table->slots, table->room, table->hash_of(table->owner, value), value);
    table->count++;
}

/* Moves back what probing had pushed behind the freed slot, so that no look-up stops early. */
static void close_gap(mjl_index_table *table, size_t gap)
{
    const size_t mask = table->room - 1;
    for (size_t at = (gap + 1) & mask; table->slots[at] != UINT32_MAX; at = (at + 1) & mask) {
        const size_t home = (size_t)table->hash_of(table->owner, table->slots[at]) & mask;
        if (((at - home) & mask) < ((at - gap) & mask)) continue;
        table->slots[gap] = table->slots[at];
        table->slots[at] = UINT32_MAX;
        gap = at;
    }
}

void mjl_index_table_remove(mjl_index_table *table, uint32_t value)
{
    size_t at = mjl_index_table_start(table, table->hash_of(table->owner, value));
    while (table->slots[at] != value) {
        assert(table->slots[at] != UINT32_MAX);
        at = (at + 1) & (table->room - 1);
    }
    table->slots[at] = UINT32_MAX;
    table->count--;
    close_gap(table, at);
}

size_t mjl_index_table_start(const mjl_index_table *table, uint64_t hash)
{
    return table->room == 0 ? 0 : (size_t)hash & (table->room - 1);
}

uint32_t mjl_index_table_next(const mjl_index_table *table, size_t *at)
{
    if (table->room == 0) return UINT32_MAX;
    const uint32_t value = table->slots[*at];
    *at = (*at + 1) & (table->room - 1);
    return value;
}

uint64_t mjl_id_hash(const mjl_id *id)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < 8; i++)
        hash = hash << 8 | id->bytes[i];
    return hash;
}
