/*
 * From a task's id to its slot, and to nothing when the id is stale.
 *
 * A hash table of lines of eight entries, a cache line each. Ids are given out in sequence, so
 * eight neighbours share a line and a run of new tasks is a run of writes. A full line spills into
 * the next, and counts how many went past it: a search stops where none did, and removing an entry
 * leaves nothing behind.
 *
 *     home(id) = (id / 8) x odd number, top bits      line: [tag,slot] x 8     spilled: count
 *
 * The order of entries is never observable.
 */
#ifndef SCHED_ID_MAP_H
#define SCHED_ID_MAP_H

#include "tasks.h"

enum { ID_LINE_COUNT = 8 };

typedef struct mjl_id_entry {
    uint32_t tag; /* The id's low half; the whole of it is in the body. */
    uint32_t slot;
} mjl_id_entry;

typedef struct mjl_id_line {
    mjl_id_entry entries[ID_LINE_COUNT];
} mjl_id_line;

typedef struct mjl_id_map {
    mjl_id_line *lines;
    uint32_t *spilled;    /* Per line: entries whose home is here or before, but that are after. */
    uint32_t lines_count; /* A power of two, or 0. */
    uint8_t shift;
    uint8_t multiplier; /* Which one: see id_map.c. */
    uint32_t count;
} mjl_id_map;

void mjl_id_map_init(mjl_id_map *map);
void mjl_id_map_clear(mjl_id_map *map);

/* After it, the next `add` cannot fail. */
MJL_MUST_USE mjl_result mjl_id_map_reserve(mjl_id_map *map, const mjl_tasks *tasks);
/* The same for that many in all, at once. */
MJL_MUST_USE mjl_result mjl_id_map_reserve_count(mjl_id_map *map, const mjl_tasks *tasks,
                                                 uint32_t count);
/* The id must not be there yet. */
void mjl_id_map_add(mjl_id_map *map, const mjl_tasks *tasks, uint64_t id, uint32_t slot);
/* SLOT_NONE if no pending task bears the id. */
uint32_t mjl_id_map_find(const mjl_id_map *map, const mjl_tasks *tasks, uint64_t id);
/* Finds and removes. */
uint32_t mjl_id_map_remove(mjl_id_map *map, const mjl_tasks *tasks, uint64_t id);

size_t mjl_id_map_memory(const mjl_id_map *map);

#endif
