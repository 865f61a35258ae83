/*
 * Where tasks live: a slot each, in two parts. The *link* (due time and neighbours) is what the
 * wheel walks and is kept small and dense; the *body* (id, kind, arguments) is looked at once, when
 * the task is made, found by its id, or run.
 *
 *     slot        0        1        2
 *     links    [key,p,n][key,p,n][key,p,n] ...            16 bytes, one array
 *     bodies   [id,kind,args...][...] | [...][...] | ...  48 bytes, in chunks that never move
 *
 * Slots are an address, not a name: they are reused, and nothing observable depends on them.
 */
#ifndef SCHED_TASKS_H
#define SCHED_TASKS_H

#include "majlis/schedule.h"

enum { TASKS_CHUNK_BITS = 10, TASKS_CHUNK_COUNT = 1 << TASKS_CHUNK_BITS };

/* No slot; the end of a list. */
#define SLOT_NONE UINT32_MAX

typedef struct mjl_task_link {
    uint64_t key;  /* When it is due: mjl_key_of(due). */
    uint32_t prev; /* In a bucket; or its position in the heap of early tasks. */
    uint32_t next;
} mjl_task_link;

typedef struct mjl_task_store {
    uint64_t id; /* MJL_TASK_ID_NONE: the slot holds no pending task. */
    uint16_t kind;
    uint16_t args_size;
    uint32_t unused;
    union {
        uint8_t near[MJL_TASK_ARGS_INLINE];
        uint8_t *far; /* Of more than MJL_TASK_ARGS_INLINE bytes. */
    } args;
} mjl_task_store;

typedef struct mjl_tasks {
    mjl_task_link *links;
    mjl_task_store **chunks;
    uint32_t links_room;
    uint32_t chunks_room;
    uint32_t bodies_room;
    uint32_t used; /* Slots ever taken: above it nothing was touched. */
    uint32_t free_first;
    size_t far_size; /* Bytes of far arguments. */
} mjl_tasks;

/* Signed times in unsigned order. */
static inline uint64_t mjl_key_of(mjl_time time)
{
    return (uint64_t)time ^ ((uint64_t)1 << 63);
}

static inline mjl_time mjl_time_of(uint64_t key)
{
    return (mjl_time)(key ^ ((uint64_t)1 << 63));
}

static inline mjl_task_store *mjl_tasks_body(const mjl_tasks *tasks, uint32_t slot)
{
    return &tasks->chunks[slot >> TASKS_CHUNK_BITS][slot & (TASKS_CHUNK_COUNT - 1)];
}

static inline mjl_bytes mjl_task_args(const mjl_task_store *body)
{
    const bool is_near = body->args_size <= MJL_TASK_ARGS_INLINE;
    return mjl_bytes_of(is_near ? body->args.near : body->args.far, body->args_size);
}

void mjl_tasks_init(mjl_tasks *tasks);
void mjl_tasks_clear(mjl_tasks *tasks);

/* After it, the next `take_slot` cannot fail. */
MJL_MUST_USE mjl_result mjl_tasks_reserve(mjl_tasks *tasks);
uint32_t mjl_tasks_take_slot(mjl_tasks *tasks);
void mjl_tasks_give_slot(mjl_tasks *tasks, uint32_t slot);

/* Bytes of memory held. */
size_t mjl_tasks_memory(const mjl_tasks *tasks);

#endif
