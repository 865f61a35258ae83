/*
 * The order of tasks: by due time, then by id, which is the order of scheduling. A radix wheel,
 * after the radix heaps of Ahuja, Mehlhorn, Orlin and Tarjan (1990), with a binary heap for what is
 * near.
 *
 * Time is cut into spans of 256 ticks. The *front* holds the tasks of the cursor's span and of all
 * before it, ordered by a heap. A later task lives at the level of the highest digit (of eight
 * bits) in which its span and the cursor differ, in the bucket of its own digit there:
 *
 *     cursor span       12 34 56
 *     due in span       12 34 56   the front
 *                       12 34 60   level 0, bucket 60     one span
 *                       12 35 00   level 1, bucket 35     256 spans
 *                       13 00 00   level 2, bucket 13
 *
 * Only when the front is empty does the cursor move, up to the first span of the first bucket that
 * is not empty; that bucket's tasks move down at least one level each, or into the front. So a task
 * moves at most eight times, empty time costs nothing, and buckets need no order: everything in the
 * front comes before everything in the wheel, and the heap does the rest.
 *
 * The cursor may be ahead of the schedule's now, because asking for the least due time moves it.
 * What is then scheduled before it is of the front, too.
 */
#ifndef SCHED_WHEEL_H
#define SCHED_WHEEL_H

#include "ids.h"
#include "tasks.h"

enum {
    WHEEL_SPAN_BITS = 8,
    WHEEL_DIGIT_BITS = 8,
    WHEEL_BUCKETS = 1 << WHEEL_DIGIT_BITS,
    WHEEL_LEVELS = (64 - WHEEL_SPAN_BITS + WHEEL_DIGIT_BITS - 1) / WHEEL_DIGIT_BITS
};

typedef struct mjl_wheel_row {
    uint64_t occupied[WHEEL_BUCKETS / 64];
    mjl_bucket buckets[WHEEL_BUCKETS];
} mjl_wheel_row;

typedef struct mjl_wheel {
    uint64_t cursor;                   /* A span. */
    mjl_wheel_row *rows[WHEEL_LEVELS]; /* Made when first needed, with all below. */
    uint32_t occupied;                 /* A bit per level. */
    uint32_t count;                    /* Tasks, those of the front included. */
    mjl_bucket front;
    uint32_t *heap; /* Places of the front's tasks, as many as it has. */
    uint32_t heap_room;
} mjl_wheel;

void mjl_wheel_init(mjl_wheel *wheel, uint64_t now);
void mjl_wheel_clear(mjl_wheel *wheel);

/* ---- Where a task lives ---- */

static inline uint64_t mjl_wheel_span(uint64_t key)
{
    return key >> WHEEL_SPAN_BITS;
}

static inline bool mjl_wheel_is_front(const mjl_wheel *wheel, uint64_t key)
{
    return mjl_wheel_span(key) <= wheel->cursor;
}

/* The highest digit in which two different spans differ. */
static inline unsigned mjl_wheel_level(uint64_t a, uint64_t b)
{
    return (63u - (unsigned)__builtin_clzll(a ^ b)) / WHEEL_DIGIT_BITS;
}

static inline unsigned mjl_wheel_digit(uint64_t span, unsigned level)
{
    return (unsigned)(span >> (level * WHEEL_DIGIT_BITS)) & (WHEEL_BUCKETS - 1);
}

/* ---- All tasks ---- */

MJL_MUST_USE mjl_result mjl_wheel_grow(mjl_wheel *wheel, uint64_t key);
void mjl_wheel_rise(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t place);
void mjl_wheel_leave_heap(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t position);
/* The bucket at (level, digit) has become empty. */
void mjl_wheel_mark_empty(mjl_wheel *wheel, unsigned level, unsigned digit);

/* After it, adding a task with that key cannot fail, if a block was reserved. */
static inline mjl_result mjl_wheel_reserve(mjl_wheel *wheel, uint64_t key)
{
    if (mjl_wheel_is_front(wheel, key)) {
        if (wheel->front.count < wheel->heap_room) return MJL_OK;
    } else if (wheel->rows[mjl_wheel_level(mjl_wheel_span(key), wheel->cursor)] != NULL) {
        return MJL_OK;
    }
    return mjl_wheel_grow(wheel, key);
}

/* A place for a task with that key; the caller fills it, and if it is the front's lets it rise. */
static inline uint32_t mjl_wheel_make_place(mjl_wheel *wheel, mjl_tasks *tasks, uint64_t key)
{
    if (mjl_wheel_is_front(wheel, key)) return mjl_bucket_push(&wheel->front, tasks);
    const uint64_t span = mjl_wheel_span(key);
    const unsigned level = mjl_wheel_level(span, wheel->cursor);
    const unsigned digit = mjl_wheel_digit(span, level);
    mjl_wheel_row *const row = wheel->rows[level];
    row->occupied[digit / 64] |= (uint64_t)1 << (digit % 64);
    wheel->occupied |= 1u << level;
    return mjl_bucket_push(&row->buckets[digit], tasks);
}

/* Takes the task out of its bucket; the bucket's last one takes its place. */
static inline void mjl_wheel_remove(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids,
                                    uint32_t place)
{
    mjl_stored_task *const task = mjl_tasks_at(tasks, place);
    const uint64_t span = mjl_wheel_span(task->key);
    const bool is_front = span <= wheel->cursor;
    unsigned level = 0;
    unsigned digit = 0;
    mjl_bucket *bucket = &wheel->front;
    if (is_front) {
        mjl_wheel_leave_heap(wheel, tasks, task->heap_position);
    } else {
        level = mjl_wheel_level(span, wheel->cursor);
        digit = mjl_wheel_digit(span, level);
        bucket = &wheel->rows[level]->buckets[digit];
    }
    const uint32_t last = mjl_bucket_last(bucket);
    if (last != place) {
        *task = *mjl_tasks_at(tasks, last);
        mjl_ids_moved(ids, task, place);
        if (is_front) wheel->heap[task->heap_position] = place;
    }
    mjl_bucket_pop(bucket, tasks);
    if (bucket->count == 0 && !is_front) mjl_wheel_mark_empty(wheel, level, digit);
    wheel->count--;
}

/* The place of the first of all tasks if it is due before `limit`, else PLACE_NONE. It may have to
 * move tasks for that; OUT_OF_MEMORY then moved none. */
MJL_MUST_USE mjl_result mjl_wheel_first(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids,
                                        uint64_t limit, uint32_t *place);
/* Time has come to `now`, and no task is due before it: later ones are added near the bottom. */
void mjl_wheel_advance(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids, uint64_t now);

bool mjl_wheel_check(const mjl_wheel *wheel, const mjl_tasks *tasks, const mjl_ids *ids);
size_t mjl_wheel_memory(const mjl_wheel *wheel);

#endif
