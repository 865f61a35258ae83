/*
 * From a task's id to its slot, and to nothing when the id is stale.
 *
 * Ids are given out in sequence, so the recent ones need no search: the *window* is a ring indexed
 * by the id itself. When it is full and mostly dead, the survivors of its older half become
 * *elders*, a sorted array (they arrive in order) that is searched by halving.
 *
 *     ids     1 .............. base ................... base + room
 *             elders: sorted   window: ring[id % room]  not given out yet
 */
#ifndef SCHED_IDS_H
#define SCHED_IDS_H

#include "tasks.h"

typedef struct mjl_ids {
    uint64_t base;          /* The first id of the window. */
    uint32_t *window_slots; /* SLOT_NONE for ids that are not pending. */
    uint32_t window_room;   /* A power of two, or 0. */
    uint32_t window_live;

    uint64_t *elder_ids;   /* Ascending, all below base. */
    uint32_t *elder_slots; /* SLOT_NONE where one is gone. */
    uint32_t elders_room;
    uint32_t elders_count; /* With the gone. */
    uint32_t elders_live;
} mjl_ids;

void mjl_ids_clear(mjl_ids *ids);

MJL_MUST_USE mjl_result mjl_ids_grow(mjl_ids *ids, uint64_t id);
uint32_t mjl_ids_find_elder(const mjl_ids *ids, uint64_t id);
void mjl_ids_remove_elder(mjl_ids *ids, uint64_t id);

static inline bool mjl_ids_is_recent(const mjl_ids *ids, uint64_t id)
{
    return id - ids->base < ids->window_room;
}

static inline uint32_t mjl_ids_ring(const mjl_ids *ids, uint64_t id)
{
    return (uint32_t)id & (ids->window_room - 1);
}

static inline uint32_t mjl_ids_count(const mjl_ids *ids)
{
    return ids->window_live + ids->elders_live;
}

/* After it, adding that id cannot fail. Ids are added in ascending order. */
static inline mjl_result mjl_ids_reserve(mjl_ids *ids, uint64_t id)
{
    return mjl_ids_is_recent(ids, id) ? MJL_OK : mjl_ids_grow(ids, id);
}

static inline void mjl_ids_add(mjl_ids *ids, uint64_t id, uint32_t slot)
{
    ids->window_slots[mjl_ids_ring(ids, id)] = slot;
    ids->window_live++;
}

/* SLOT_NONE if no pending task bears the id. */
static inline uint32_t mjl_ids_find(const mjl_ids *ids, uint64_t id)
{
    if (mjl_ids_is_recent(ids, id)) return ids->window_slots[mjl_ids_ring(ids, id)];
    return mjl_ids_find_elder(ids, id);
}

/* The id is there. */
static inline void mjl_ids_remove(mjl_ids *ids, uint64_t id)
{
    if (mjl_ids_is_recent(ids, id)) {
        ids->window_slots[mjl_ids_ring(ids, id)] = SLOT_NONE;
        ids->window_live--;
    } else {
        mjl_ids_remove_elder(ids, id);
    }
}

/* A walk over all slots in the order of ids. Starts zeroed. SLOT_NONE at the end. */
typedef struct mjl_ids_walk {
    uint32_t elder;
    uint32_t recent;
} mjl_ids_walk;

uint32_t mjl_ids_next(const mjl_ids *ids, mjl_ids_walk *walk);

bool mjl_ids_check(const mjl_ids *ids);
size_t mjl_ids_memory(const mjl_ids *ids);

#endif
