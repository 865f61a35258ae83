/*
 * Where tasks live: a slot each, in four parts, so that what is done in random order touches little
 * memory. Cancelling looks at the link alone, eight bytes; renewing also writes due time and id;
 * what a task carries is written when it is made and read when it runs.
 *
 *     chunk 0                chunk 1
 *     links  [prev,next]...  links  [prev,next]...      8 bytes each
 *     keys   [due]...        keys   [due]...            8
 *     ids    [id]...         ids    [id]...             8
 *     cargo  [kind,args]...  cargo  [kind,args]...     36
 *
 * A chunk is a huge page of 32,768 tasks and never moves; only the first one is small at first.
 * Slots are an address, not a name: they are reused, and nothing observable depends on them.
 */
#ifndef SCHED_TASKS_H
#define SCHED_TASKS_H

#include "majlis/schedule.h"

enum { TASKS_CHUNK_BITS = 12, TASKS_CHUNK_COUNT = 1 << TASKS_CHUNK_BITS };

#define SLOT_NONE UINT32_MAX         /* No slot; the end of a list. */
#define SLOT_EARLY (UINT32_MAX - 1)  /* As `next`: `prev` is a position in the heap (wheel.h). */
#define SLOT_FAR ((uint32_t)1 << 31) /* A mark on a slot's number: its arguments are far. */

/* Tasks run in the order of their stamps. */
typedef struct mjl_stamp {
    uint64_t key; /* When it is due: mjl_key_of(due). */
    uint64_t id;
} mjl_stamp;

typedef struct mjl_task_link {
    uint32_t prev; /* In a bucket. */
    uint32_t next; /* In a bucket; or in the list of idle slots. */
} mjl_task_link;

typedef struct mjl_cargo {
    uint16_t kind;
    uint16_t args_size;
    uint8_t args[MJL_TASK_ARGS_INLINE]; /* Or, if they are far, a pointer to them. */
} mjl_cargo;

typedef struct mjl_task_chunk {
    mjl_stamp *stamps; /* One block of memory, and its other parts. */
    mjl_task_link *links;
    mjl_cargo *cargo;
} mjl_task_chunk;

typedef struct mjl_tasks {
    mjl_task_chunk *chunks;
    uint32_t chunks_count;
    uint32_t chunks_room;
    uint32_t room; /* In slots. */
    uint32_t used; /* Slots ever taken: above it nothing was touched. */
    uint32_t idle_first;
    uint32_t idle_count;
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

static inline const mjl_task_chunk *mjl_tasks_chunk(const mjl_tasks *tasks, uint32_t slot)
{
    return &tasks->chunks[slot >> TASKS_CHUNK_BITS];
}

static inline uint32_t mjl_tasks_offset(uint32_t slot)
{
    return slot & (TASKS_CHUNK_COUNT - 1);
}

static inline mjl_task_link *mjl_tasks_link(const mjl_tasks *tasks, uint32_t slot)
{
    return &mjl_tasks_chunk(tasks, slot)->links[mjl_tasks_offset(slot)];
}

static inline mjl_stamp *mjl_tasks_stamp(const mjl_tasks *tasks, uint32_t slot)
{
    return &mjl_tasks_chunk(tasks, slot)->stamps[mjl_tasks_offset(slot)];
}

static inline mjl_cargo *mjl_tasks_cargo(const mjl_tasks *tasks, uint32_t slot)
{
    return &mjl_tasks_chunk(tasks, slot)->cargo[mjl_tasks_offset(slot)];
}

void mjl_tasks_init(mjl_tasks *tasks);
/* Frees the room, not what far arguments point to. */
void mjl_tasks_clear(mjl_tasks *tasks);

MJL_MUST_USE mjl_result mjl_tasks_grow(mjl_tasks *tasks);

/* After it, taking a slot cannot fail. */
static inline mjl_result mjl_tasks_reserve(mjl_tasks *tasks)
{
    if (tasks->idle_count != 0 || tasks->used < tasks->room) return MJL_OK;
    return mjl_tasks_grow(tasks);
}

static inline uint32_t mjl_tasks_take_slot(mjl_tasks *tasks)
{
    if (tasks->idle_count == 0) return tasks->used++;
    const uint32_t slot = tasks->idle_first;
    tasks->idle_first = mjl_tasks_link(tasks, slot)->next;
    tasks->idle_count--;
    return slot;
}

static inline void mjl_tasks_give_slot(mjl_tasks *tasks, uint32_t slot)
{
    mjl_tasks_link(tasks, slot)->next = tasks->idle_first;
    tasks->idle_first = slot;
    tasks->idle_count++;
}

/* ---- Cargo ---- */

static inline bool mjl_cargo_is_far(const mjl_cargo *cargo)
{
    return cargo->args_size > MJL_TASK_ARGS_INLINE;
}

uint8_t *mjl_cargo_far(const mjl_cargo *cargo);

static inline mjl_bytes mjl_cargo_args(const mjl_cargo *cargo)
{
    return mjl_bytes_of(mjl_cargo_is_far(cargo) ? mjl_cargo_far(cargo) : cargo->args,
                        cargo->args_size);
}

/* Fills the slot with near arguments. */
static inline void mjl_tasks_load_near(mjl_tasks *tasks, uint32_t slot, uint16_t kind,
                                       mjl_bytes args)
{
    mjl_cargo *cargo = mjl_tasks_cargo(tasks, slot);
    cargo->kind = kind;
    cargo->args_size = (uint16_t)args.size;
    if (args.size == MJL_TASK_ARGS_INLINE) {
        memcpy(cargo->args, args.data, MJL_TASK_ARGS_INLINE); /* The size is known: no call. */
    } else if (args.size != 0) {
        memcpy(cargo->args, args.data, args.size);
    }
}

/* Fills the slot with far arguments, which the tasks then own. */
void mjl_tasks_load_far(mjl_tasks *tasks, uint32_t slot, uint16_t kind, uint8_t *far, size_t size);
/* The far arguments; they are the caller's from now on. */
uint8_t *mjl_tasks_unload_far(mjl_tasks *tasks, uint32_t slot);

/* Bytes of memory held. */
size_t mjl_tasks_memory(const mjl_tasks *tasks);

#endif
