/*
 * Where tasks live: each whole, in half a pair of cache lines, at a *place*. Places come in blocks
 * of four, and a bucket is a stack of blocks: all full but the top one.
 *
 *     bucket   top ──> [ t t . . ]
 *                      [ t t t t ]  below
 *                      [ t t t t ]  below
 *
 * A task that leaves is replaced by its bucket's last one, so a bucket has no holes; tasks move,
 * and whoever keeps a place (ids.h, the heap in wheel.h) is told. Reading a bucket is reading
 * memory in a row, which is why a million tasks can be moved and run faster than they could be
 * found one by one.
 *
 * Blocks lie in chunks that never move, four of each size, then twice as large: a quarter of the
 * room is idle at most.
 */
#ifndef SCHED_TASKS_H
#define SCHED_TASKS_H

#include "majlis/schedule.h"

enum {
    TASKS_PER_BLOCK = 4,
    TASKS_CHUNK_BITS_MIN = 4, /* Sixteen tasks. */
    TASKS_CHUNKS_MAX = 96     /* Enough for all places that 32 bits can name. */
};

#define PLACE_NONE UINT32_MAX
#define BLOCK_NONE UINT32_MAX

typedef struct mjl_stored_task {
    uint64_t key; /* When it is due: mjl_key_of(due). */
    uint64_t id;
    uint32_t elder;         /* Where ids.h keeps it, plus one; 0: in the window. */
    uint32_t heap_position; /* In the front (wheel.h) only. */
    uint32_t unused;
    uint16_t kind;
    uint16_t args_size;
    union {
        uint8_t near[MJL_TASK_ARGS_INLINE];
        uint8_t *far; /* Of more than MJL_TASK_ARGS_INLINE bytes; owned. */
    } args;
} mjl_stored_task;

typedef struct mjl_task_chunk {
    mjl_stored_task *tasks; /* One block of memory; */
    uint32_t *below;        /* its second part: per block, the next one down the stack. */
} mjl_task_chunk;

typedef struct mjl_tasks {
    mjl_task_chunk chunks[TASKS_CHUNKS_MAX];
    uint32_t chunks_count;
    uint32_t blocks_room;
    uint32_t blocks_used; /* Ever taken: above it nothing was touched. */
    uint32_t idle_first;  /* A stack of blocks, too. */
    uint32_t idle_count;
    size_t far_size; /* Bytes of far arguments. */
} mjl_tasks;

typedef struct mjl_bucket {
    uint32_t top; /* Means nothing in an empty bucket. */
    uint32_t count;
} mjl_bucket;

/* Signed times in unsigned order. */
static inline uint64_t mjl_key_of(mjl_time time)
{
    return (uint64_t)time ^ ((uint64_t)1 << 63);
}

static inline mjl_time mjl_time_of(uint64_t key)
{
    return (mjl_time)(key ^ ((uint64_t)1 << 63));
}

/* The chunk that holds a place, and where in it. Chunks 4n..4n+3 hold 16 * 2^n tasks each, so with
 * 64 added to a place its highest three bits say which. */
static inline const mjl_task_chunk *mjl_tasks_chunk(const mjl_tasks *tasks, uint32_t place,
                                                    uint32_t *offset)
{
    const uint32_t shifted = place + (4u << TASKS_CHUNK_BITS_MIN);
    const unsigned bits = 29u - (unsigned)__builtin_clz(shifted);
    *offset = shifted & ((1u << bits) - 1);
    return &tasks->chunks[(bits - TASKS_CHUNK_BITS_MIN) * 4 + (shifted >> bits) - 4];
}

static inline mjl_stored_task *mjl_tasks_at(const mjl_tasks *tasks, uint32_t place)
{
    uint32_t offset = 0;
    return &mjl_tasks_chunk(tasks, place, &offset)->tasks[offset];
}

static inline uint32_t *mjl_tasks_below(const mjl_tasks *tasks, uint32_t block)
{
    uint32_t offset = 0;
    const mjl_task_chunk *chunk = mjl_tasks_chunk(tasks, block * TASKS_PER_BLOCK, &offset);
    return &chunk->below[offset / TASKS_PER_BLOCK];
}

static inline bool mjl_task_is_far(const mjl_stored_task *task)
{
    return task->args_size > MJL_TASK_ARGS_INLINE;
}

void mjl_tasks_init(mjl_tasks *tasks);
/* Frees the room, not what far arguments point to. */
void mjl_tasks_clear(mjl_tasks *tasks);

MJL_MUST_USE mjl_result mjl_tasks_grow(mjl_tasks *tasks, uint32_t blocks);

/* After it, so many blocks can be taken without fail. */
static inline mjl_result mjl_tasks_reserve(mjl_tasks *tasks, uint32_t blocks)
{
    const uint32_t idle = tasks->idle_count + (tasks->blocks_room - tasks->blocks_used);
    return idle >= blocks ? MJL_OK : mjl_tasks_grow(tasks, blocks);
}

static inline uint32_t mjl_tasks_take_block(mjl_tasks *tasks)
{
    const uint32_t block = tasks->idle_first;
    if (block == BLOCK_NONE) return tasks->blocks_used++;
    tasks->idle_first = *mjl_tasks_below(tasks, block);
    tasks->idle_count--;
    return block;
}

static inline void mjl_tasks_give_block(mjl_tasks *tasks, uint32_t block)
{
    *mjl_tasks_below(tasks, block) = tasks->idle_first;
    tasks->idle_first = block;
    tasks->idle_count++;
}

/* A place at the end of the bucket. A block was reserved. */
static inline uint32_t mjl_bucket_push(mjl_bucket *bucket, mjl_tasks *tasks)
{
    const uint32_t position = bucket->count % TASKS_PER_BLOCK;
    if (position == 0) {
        const uint32_t block = mjl_tasks_take_block(tasks);
        *mjl_tasks_below(tasks, block) = bucket->top;
        bucket->top = block;
    }
    bucket->count++;
    return bucket->top * TASKS_PER_BLOCK + position;
}

/* The place at the end of a bucket that is not empty. */
static inline uint32_t mjl_bucket_last(const mjl_bucket *bucket)
{
    return bucket->top * TASKS_PER_BLOCK + (bucket->count - 1) % TASKS_PER_BLOCK;
}

static inline void mjl_bucket_pop(mjl_bucket *bucket, mjl_tasks *tasks)
{
    bucket->count--;
    if (bucket->count % TASKS_PER_BLOCK != 0) return;
    const uint32_t block = bucket->top;
    bucket->top = *mjl_tasks_below(tasks, block);
    mjl_tasks_give_block(tasks, block);
}

/* Bytes of memory held. */
size_t mjl_tasks_memory(const mjl_tasks *tasks);

#endif
