/*
 * Where tasks live: a slot each, in two parts. The *link* is all that the order of tasks needs:
 * half a cache line, so that cancelling and renewing touch nothing else of a task. The *body* holds
 * the arguments, which are looked at when the task is made, shown or run.
 *
 *     chunk 0                      chunk 1
 *     links  [key,id,p,n,kind]...  links  [key,id,p,n,kind]...   32 bytes each
 *     bodies [arguments]...        bodies [arguments]...         32 bytes each
 *
 * A chunk is a huge page of 32,768 tasks and never moves; only the first one is small at first.
 * Slots are an address, not a name: they are reused, and nothing observable depends on them.
 */
#ifndef SCHED_TASKS_H
#define SCHED_TASKS_H

#include "majlis/schedule.h"

enum { TASKS_CHUNK_BITS = 15, TASKS_CHUNK_COUNT = 1 << TASKS_CHUNK_BITS };

#define SLOT_NONE UINT32_MAX       /* No slot; the end of a list. */
#define SLOT_IDLE (UINT32_MAX - 1) /* As `prev`: the slot holds no pending task. */

typedef struct mjl_task_link {
    uint64_t key;  /* When it is due: mjl_key_of(due). */
    uint64_t id;   /* Also of an idle slot that the journal keeps. */
    uint32_t prev; /* In a bucket; or its position in the heap of early tasks. */
    uint32_t next; /* In a bucket; or in the list of idle slots. */
    uint16_t kind;
    uint16_t args_size;
    uint32_t unused;
} mjl_task_link;

typedef union mjl_task_args {
    uint8_t near[MJL_TASK_ARGS_INLINE];
    uint8_t *far; /* Of more than MJL_TASK_ARGS_INLINE bytes. */
} mjl_task_args;

typedef struct mjl_task_chunk {
    mjl_task_link *links;  /* One block of memory; */
    mjl_task_args *bodies; /* its second part. */
} mjl_task_chunk;

typedef struct mjl_tasks {
    mjl_task_chunk *chunks;
    uint32_t chunks_room;
    uint32_t room;
    uint32_t used; /* Slots ever taken: above it nothing was touched. */
    uint32_t idle_first;
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

static inline mjl_task_link *mjl_tasks_link(const mjl_tasks *tasks, uint32_t slot)
{
    return &tasks->chunks[slot >> TASKS_CHUNK_BITS].links[slot & (TASKS_CHUNK_COUNT - 1)];
}

static inline mjl_task_args *mjl_tasks_body(const mjl_tasks *tasks, uint32_t slot)
{
    return &tasks->chunks[slot >> TASKS_CHUNK_BITS].bodies[slot & (TASKS_CHUNK_COUNT - 1)];
}

static inline bool mjl_tasks_is_idle(const mjl_tasks *tasks, uint32_t slot)
{
    return mjl_tasks_link(tasks, slot)->prev == SLOT_IDLE;
}

static inline bool mjl_tasks_is_far(const mjl_task_link *link)
{
    return link->args_size > MJL_TASK_ARGS_INLINE;
}

void mjl_tasks_init(mjl_tasks *tasks);
void mjl_tasks_clear(mjl_tasks *tasks);

MJL_MUST_USE mjl_result mjl_tasks_grow(mjl_tasks *tasks);

/* After it, the next `take_slot` cannot fail. */
static inline mjl_result mjl_tasks_reserve(mjl_tasks *tasks)
{
    if (tasks->idle_first != SLOT_NONE || tasks->used < tasks->room) return MJL_OK;
    return mjl_tasks_grow(tasks);
}

static inline uint32_t mjl_tasks_take_slot(mjl_tasks *tasks)
{
    const uint32_t slot = tasks->idle_first;
    if (slot == SLOT_NONE) return tasks->used++;
    tasks->idle_first = mjl_tasks_link(tasks, slot)->next;
    return slot;
}

static inline void mjl_tasks_give_slot(mjl_tasks *tasks, uint32_t slot)
{
    mjl_task_link *link = mjl_tasks_link(tasks, slot);
    link->prev = SLOT_IDLE;
    link->next = tasks->idle_first;
    tasks->idle_first = slot;
}

/* Bytes of memory held. */
size_t mjl_tasks_memory(const mjl_tasks *tasks);

#endif
