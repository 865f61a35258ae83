#include "id_map.h"

#include <assert.h>

enum {
    LINES_MIN = 2,
    FILL_MAX = 6, /* Entries per line, on average: beyond it the table doubles. */
    /* An entry this many lines from home means that the multiplier suits these ids badly, by chance
     * or because somebody chose the ids of a saved schedule: the next multiplier is tried. */
    DISTANCE_MAX = 64,
    MULTIPLIERS_COUNT = 8
};

/* Odd; the first is 2^64 / golden ratio, which spreads runs evenly (Knuth, 6.4). */
static const uint64_t multipliers[MULTIPLIERS_COUNT] = {
    0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93,
    0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9, 0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53};

void mjl_id_map_init(mjl_id_map *map)
{
    memset(map, 0, sizeof *map);
}

void mjl_id_map_clear(mjl_id_map *map)
{
    free(map->lines);
    free(map->spilled);
    mjl_id_map_init(map);
}

static uint32_t home_of(const mjl_id_map *map, uint64_t id)
{
    return (uint32_t)((id / ID_LINE_COUNT * multipliers[map->multiplier]) >> map->shift);
}

static uint32_t line_after(const mjl_id_map *map, uint32_t line)
{
    return (line + 1) & (map->lines_count - 1);
}

static mjl_id_entry *find_room(mjl_id_line *line, uint64_t id)
{
    for (unsigned i = 0; i < ID_LINE_COUNT; i++) {
        mjl_id_entry *entry = &line->entries[(id + i) % ID_LINE_COUNT];
        if (entry->slot == SLOT_NONE) return entry;
    }
    return NULL;
}

/* Returns how many lines from home it was put. */
static uint32_t place(mjl_id_map *map, uint64_t id, uint32_t slot)
{
    uint32_t distance = 0;
    uint32_t line = home_of(map, id);
    mjl_id_entry *entry = find_room(&map->lines[line], id);
    while (entry == NULL) {
        map->spilled[line]++;
        line = line_after(map, line);
        entry = find_room(&map->lines[line], id);
        distance++;
    }
    entry->tag = (uint32_t)id;
    entry->slot = slot;
    return distance;
}

/* A table of that shape with all entries of `map`; nothing changes if there is no memory. */
static mjl_result rebuild(mjl_id_map *map, const mjl_tasks *tasks, uint32_t lines_count,
                          uint8_t multiplier)
{
    mjl_id_map made = {.lines_count = lines_count, .multiplier = multiplier, .count = map->count};
    made.shift = (uint8_t)(64 - __builtin_ctz(lines_count));
    made.lines = (mjl_id_line *)aligned_alloc(sizeof *made.lines, lines_count * sizeof *made.lines);
    made.spilled = (uint32_t *)calloc(lines_count, sizeof *made.spilled);
    if (made.lines == NULL || made.spilled == NULL) {
        mjl_id_map_clear(&made);
        return MJL_OUT_OF_MEMORY;
    }
    memset(made.lines, 0xff, lines_count * sizeof *made.lines);
    for (uint32_t line = 0; line < map->lines_count; line++) {
        for (unsigned i = 0; i < ID_LINE_COUNT; i++) {
            const uint32_t slot = map->lines[line].entries[i].slot;
            if (slot != SLOT_NONE) place(&made, mjl_tasks_body(tasks, slot)->id, slot);
        }
    }
    mjl_id_map_clear(map);
    *map = made;
    return MJL_OK;
}

mjl_result mjl_id_map_reserve(mjl_id_map *map, const mjl_tasks *tasks)
{
    if (map->count < map->lines_count * FILL_MAX) return MJL_OK;
    const uint32_t lines_count = map->lines_count == 0 ? LINES_MIN : map->lines_count * 2;
    return rebuild(map, tasks, lines_count, map->multiplier);
}

mjl_result mjl_id_map_reserve_count(mjl_id_map *map, const mjl_tasks *tasks, uint32_t count)
{
    uint32_t lines_count = map->lines_count < LINES_MIN ? LINES_MIN : map->lines_count;
    while (lines_count * FILL_MAX < count)
        lines_count *= 2;
    if (lines_count == map->lines_count) return MJL_OK;
    return rebuild(map, tasks, lines_count, map->multiplier);
}

void mjl_id_map_add(mjl_id_map *map, const mjl_tasks *tasks, uint64_t id, uint32_t slot)
{
    assert(map->count < map->lines_count * ID_LINE_COUNT);
    map->count++;
    const uint32_t distance = place(map, id, slot);
    if (distance <= DISTANCE_MAX || map->multiplier + 1 == MULTIPLIERS_COUNT) return;
    /* Without memory for it the table is slower, not wrong. */
    const mjl_result result = rebuild(map, tasks, map->lines_count, (uint8_t)(map->multiplier + 1));
    (void)result;
}

static mjl_id_entry *find_in_line(mjl_id_line *line, const mjl_tasks *tasks, uint64_t id)
{
    for (unsigned i = 0; i < ID_LINE_COUNT; i++) {
        mjl_id_entry *entry = &line->entries[(id + i) % ID_LINE_COUNT];
        if (entry->tag != (uint32_t)id || entry->slot == SLOT_NONE) continue;
        if (mjl_tasks_body(tasks, entry->slot)->id == id) return entry;
    }
    return NULL;
}

/* The entry and its line. */
static mjl_id_entry *find_entry(const mjl_id_map *map, const mjl_tasks *tasks, uint64_t id,
                                uint32_t *line)
{
    if (map->count == 0) return NULL;
    *line = home_of(map, id);
    for (uint32_t tried = 0; tried < map->lines_count; tried++) {
        mjl_id_entry *entry = find_in_line(&map->lines[*line], tasks, id);
        if (entry != NULL) return entry;
        if (map->spilled[*line] == 0) return NULL;
        *line = line_after(map, *line);
    }
    return NULL;
}

uint32_t mjl_id_map_find(const mjl_id_map *map, const mjl_tasks *tasks, uint64_t id)
{
    uint32_t line = 0;
    const mjl_id_entry *entry = find_entry(map, tasks, id, &line);
    return entry == NULL ? SLOT_NONE : entry->slot;
}

uint32_t mjl_id_map_remove(mjl_id_map *map, const mjl_tasks *tasks, uint64_t id)
{
    uint32_t end = 0;
    mjl_id_entry *entry = find_entry(map, tasks, id, &end);
    if (entry == NULL) return SLOT_NONE;
    const uint32_t slot = entry->slot;
    entry->slot = SLOT_NONE;
    map->count--;
    for (uint32_t line = home_of(map, id); line != end; line = line_after(map, line))
        map->spilled[line]--;
    return slot;
}

size_t mjl_id_map_memory(const mjl_id_map *map)
{
    return map->lines_count * (sizeof *map->lines + sizeof *map->spilled);
}
