#include "sets.h"

#include "../memory/allocation.h"

#include <stdio.h>

/* Memory runs out for the library alone, also where it asks the simulator. */
void *sim_zeroed(size_t count, size_t size)
{
    const bool was_held = allocation_hold(true);
    void *const made = calloc(count, size);
    allocation_hold(was_held);
    if (made == NULL && count != 0) {
        fprintf(stderr, "majlis-sim: out of memory\n");
        abort();
    }
    return made;
}

void *sim_grown(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room) return list;
    const size_t more = *room == 0 ? 16 : *room * 2;
    const bool was_held = allocation_hold(true);
    void *const grown = realloc(list, more * size);
    allocation_hold(was_held);
    if (grown == NULL) {
        fprintf(stderr, "majlis-sim: out of memory\n");
        abort();
    }
    memset((uint8_t *)grown + *room * size, 0, (more - *room) * size);
    *room = more;
    return grown;
}

/* ---- Sets ---- */

void sim_set_clear(sim_set *set)
{
    free(set->words);
    *set = (sim_set){0};
}

void sim_set_add(sim_set *set, uint32_t number)
{
    if (number / 64 >= set->words_count) {
        const uint32_t more = number / 64 + 1 + set->words_count;
        uint64_t *const words = sim_zeroed(more, sizeof *words);
        if (set->words_count > 0) memcpy(words, set->words, set->words_count * sizeof *words);
        free(set->words);
        set->words = words;
        set->words_count = more;
    }
    set->words[number / 64] |= UINT64_C(1) << (number % 64);
}

void sim_set_remove(sim_set *set, uint32_t number)
{
    if (sim_set_has(set, number)) set->words[number / 64] &= ~(UINT64_C(1) << (number % 64));
}

bool sim_set_has(const sim_set *set, uint32_t number)
{
    return number / 64 < set->words_count && (set->words[number / 64] >> (number % 64) & 1) != 0;
}

bool sim_set_meets(const sim_set *a, const sim_set *b)
{
    for (uint32_t i = 0; i < a->words_count && i < b->words_count; i++)
        if ((a->words[i] & b->words[i]) != 0) return true;
    return false;
}

sim_set sim_set_copy(const sim_set *set)
{
    sim_set made = {0};
    if (set->words_count == 0) return made;
    made.words_count = set->words_count;
    made.words = sim_zeroed(made.words_count, sizeof *made.words);
    memcpy(made.words, set->words, made.words_count * sizeof *made.words);
    return made;
}

bool sim_set_equal(const sim_set *a, const sim_set *b)
{
    return sim_set_first_missing(a, b, 0) == SIM_NONE && sim_set_first_missing(b, a, 0) == SIM_NONE;
}

uint32_t sim_set_count(const sim_set *set)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->words_count; i++)
        count += (uint32_t)__builtin_popcountll(set->words[i]);
    return count;
}

uint32_t sim_set_first_missing(const sim_set *a, const sim_set *b, uint32_t from)
{
    for (uint32_t word = from / 64; word < a->words_count; word++) {
        uint64_t left = a->words[word];
        if (word < b->words_count) left &= ~b->words[word];
        if (word == from / 64) left &= ~UINT64_C(0) << (from % 64);
        if (left != 0) return word * 64 + (uint32_t)__builtin_ctzll(left);
    }
    return SIM_NONE;
}

/* ---- The table: open addressing, at most half full ---- */

static size_t slot_of(const sim_table *table, const mjl_id *id)
{
    uint64_t key;
    memcpy(&key, id->bytes, sizeof key);
    size_t slot = (size_t)key & (table->room - 1);
    while (table->entries[slot].is_used && memcmp(&table->entries[slot].id, id, sizeof *id) != 0)
        slot = (slot + 1) & (table->room - 1);
    return slot;
}

void sim_table_clear(sim_table *table)
{
    free(table->entries);
    *table = (sim_table){0};
}

uint32_t sim_table_find(const sim_table *table, const mjl_id *id)
{
    if (table->room == 0) return SIM_NONE;
    const size_t slot = slot_of(table, id);
    return table->entries[slot].is_used ? table->entries[slot].number : SIM_NONE;
}

static void grow_table(sim_table *table)
{
    sim_table grown = {.room = table->room == 0 ? 64 : table->room * 2};
    grown.entries = sim_zeroed(grown.room, sizeof *grown.entries);
    for (size_t i = 0; i < table->room; i++) {
        if (!table->entries[i].is_used) continue;
        grown.entries[slot_of(&grown, &table->entries[i].id)] = table->entries[i];
        grown.count++;
    }
    free(table->entries);
    *table = grown;
}

void sim_table_put(sim_table *table, const mjl_id *id, uint32_t number)
{
    if (2 * (table->count + 1) > table->room) grow_table(table);
    const size_t slot = slot_of(table, id);
    table->count += !table->entries[slot].is_used;
    table->entries[slot].id = *id;
    table->entries[slot].number = number;
    table->entries[slot].is_used = true;
}

mjl_id sim_hash(mjl_bytes bytes)
{
    uint64_t lanes[4] = {bytes.size, 1, 2, 3};
    for (size_t at = 0; at < bytes.size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes.data + at, bytes.size - at < 8 ? bytes.size - at : 8);
        uint64_t *const lane = &lanes[(at / 8) % 4];
        *lane = (*lane ^ word) * UINT64_C(0x9fb21c651e98df25);
        *lane ^= *lane >> 29;
    }
    mjl_id made;
    for (size_t i = 0; i < 4; i++) {
        lanes[i] = (lanes[i] ^ (lanes[(i + 1) % 4] >> 17)) * UINT64_C(0xd6e8feb86659fd93);
        lanes[(i + 1) % 4] ^= lanes[i];
        lanes[i] ^= lanes[i] >> 32;
    }
    memcpy(made.bytes, lanes, sizeof made.bytes);
    return made;
}
