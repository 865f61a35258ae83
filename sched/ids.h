/*
 * From a task's id to its place, and to nothing when the id is stale.
 *
 * Ids are given out in sequence, so the recent ones need no search: the *window* is a ring of
 * places indexed by the id itself. When it is full and mostly dead, the survivors of its older half
 * become *elders*, a sorted array (they arrive in order) that is searched by halving.
 *
 *     ids     1 .............. base ................... base + room
 *             elders: sorted   window: ring[id % room]  not given out yet
 *
 * A stored task knows its elder, so moving or running it needs no search either.
 */
#ifndef SCHED_IDS_H
#define SCHED_IDS_H

#include "tasks.h"

typedef struct mjl_ids {
    uint64_t base;        /* The first id of the window. */
    uint32_t *window;     /* Places; PLACE_NONE for ids that are not pending. */
    uint32_t window_room; /* A power of two, or 0. */
    uint32_t window_live;

    uint64_t *elder_ids;    /* Ascending, all below base. */
    uint32_t *elder_places; /* PLACE_NONE where one is gone. */
    uint32_t elders_room;
    uint32_t elders_count; /* With the gone. */
    uint32_t elders_live;
} mjl_ids;

void mjl_ids_init(mjl_ids *ids);
void mjl_ids_clear(mjl_ids *ids);

MJL_MUST_USE mjl_result mjl_ids_grow(mjl_ids *ids, const mjl_tasks *tasks, uint64_t id);
uint32_t mjl_ids_find_elder(const mjl_ids *ids, uint64_t id);
void mjl_ids_remove_elder(mjl_ids *ids, const mjl_tasks *tasks, uint32_t elder);

static inline bool mjl_ids_is_recent(const mjl_ids *ids, uint64_t id)
{
    return id - ids->base < ids->window_room;
}

static inline uint32_t *mjl_ids_in_window(const mjl_ids *ids, uint64_t id)
{
    return &ids->window[id & (ids->window_room - 1)];
}

/* After it, adding that id cannot fail. Ids are added in ascending order. */
static inline mjl_result mjl_ids_reserve(mjl_ids *ids, const mjl_tasks *tasks, uint64_t id)
{
    return mjl_ids_is_recent(ids, id) ? MJL_OK : mjl_ids_grow(ids, tasks, id);
}

/* The task's id is new. */
static inline void mjl_ids_add(mjl_ids *ids, mjl_stored_task *task, uint32_t place)
{
    task->elder = 0;
    *mjl_ids_in_window(ids, task->id) = place;
    ids->window_live++;
}

/* The task is somewhere else now. */
static inline void mjl_ids_moved(mjl_ids *ids, const mjl_stored_task *task, uint32_t place)
{
    if (task->elder == 0) {
        *mjl_ids_in_window(ids, task->id) = place;
    } else {
        ids->elder_places[task->elder - 1] = place;
    }
}

/* PLACE_NONE if no pending task bears the id. */
static inline uint32_t mjl_ids_find(const mjl_ids *ids, uint64_t id)
{
    if (mjl_ids_is_recent(ids, id)) return *mjl_ids_in_window(ids, id);
    return mjl_ids_find_elder(ids, id);
}

static inline void mjl_ids_remove(mjl_ids *ids, const mjl_tasks *tasks, const mjl_stored_task *task)
{
    if (task->elder == 0) {
        *mjl_ids_in_window(ids, task->id) = PLACE_NONE;
        ids->window_live--;
    } else {
        mjl_ids_remove_elder(ids, tasks, task->elder - 1);
    }
}

static inline uint32_t mjl_ids_count(const mjl_ids *ids)
{
    return ids->window_live + ids->elders_live;
}

/* A walk over all places in the order of ids. Starts zeroed. PLACE_NONE at the end. */
typedef struct mjl_ids_walk {
    uint32_t elder;
    uint32_t recent;
} mjl_ids_walk;

uint32_t mjl_ids_next(const mjl_ids *ids, mjl_ids_walk *walk);

bool mjl_ids_check(const mjl_ids *ids, const mjl_tasks *tasks);
size_t mjl_ids_memory(const mjl_ids *ids);

#endif
