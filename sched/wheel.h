/*
 * The order of tasks: by due time, then by when they were added. A radix wheel, after the radix
 * heaps of Ahuja, Mehlhorn, Orlin and Tarjan (1990).
 *
 * A due time is eight digits of eight bits. A task lives at the level of the highest digit in which
 * its due time and the *cursor* differ, in the bucket of its own digit there:
 *
 *     cursor            12 34 56 00
 *     due 12 34 56 07   level 0, bucket 07     exact: one bucket, one tick
 *     due 12 34 60 00   level 1, bucket 60     256 ticks
 *     due 13 00 00 00   level 3, bucket 13
 *
 * Buckets are lists, first in, first out. The cursor only moves up to the start of the first bucket
 * that is not empty; its tasks then move down at least one level each, in their order. So a task
 * moves at most seven times, and empty ticks cost nothing.
 *
 * Why equal due times keep their order: where a task lives is a function of (due, cursor) alone, so
 * tasks of one due time are always in one bucket, and every list operation keeps their order.
 *
 * The cursor may be ahead of the schedule's now, because asking for the least due time moves it. A
 * task due before the cursor is *early*: those few are in a binary heap by (due, id), and all of
 * them come before anything in the wheel.
 */
#ifndef SCHED_WHEEL_H
#define SCHED_WHEEL_H

#include <assert.h>

#include "tasks.h"

enum { WHEEL_LEVELS = 8, WHEEL_BUCKETS = 256 };

typedef struct mjl_bucket {
    uint32_t first;
    uint32_t last; /* Means nothing in an empty bucket. */
} mjl_bucket;

typedef struct mjl_wheel_row {
    uint64_t occupied[WHEEL_BUCKETS / 64];
    mjl_bucket buckets[WHEEL_BUCKETS];
} mjl_wheel_row;

typedef struct mjl_wheel {
    uint64_t cursor; /* Its lowest digit is 0. No task in the wheel is due before it. */
    mjl_wheel_row *levels[WHEEL_LEVELS]; /* Made when first needed, with all below. */
    uint32_t occupied;                   /* A bit per level. */
    uint32_t count;                      /* Tasks, early ones included: kept by the caller. */
    uint32_t *early;
    uint32_t early_count;
    size_t early_room;
} mjl_wheel;

void mjl_wheel_init(mjl_wheel *wheel, uint64_t now);
void mjl_wheel_clear(mjl_wheel *wheel);

/* ---- Where a task lives ---- */

enum { WHEEL_DIGIT_BITS = 8, WHEEL_DIGIT_MASK = WHEEL_BUCKETS - 1 };

/* The highest digit in which the two differ; 0 when they are equal. */
static inline unsigned mjl_wheel_level(uint64_t a, uint64_t b)
{
    return (63u - (unsigned)__builtin_clzll((a ^ b) | 1)) / WHEEL_DIGIT_BITS;
}

static inline unsigned mjl_wheel_digit(uint64_t key, unsigned level)
{
    return (unsigned)(key >> (level * WHEEL_DIGIT_BITS)) & WHEEL_DIGIT_MASK;
}

/* ---- Buckets ---- */

/* The bucket that (key, cursor) names; of an early key, none. Good until the cursor moves. */
typedef struct mjl_spot {
    mjl_wheel_row *row; /* NULL: early. */
    unsigned level;
    unsigned digit;
} mjl_spot;

static inline mjl_spot mjl_wheel_spot(const mjl_wheel *wheel, uint64_t key)
{
    mjl_spot spot = {NULL, 0, 0};
    if (key < wheel->cursor) return spot;
    spot.level = mjl_wheel_level(key, wheel->cursor);
    spot.digit = mjl_wheel_digit(key, spot.level);
    spot.row = wheel->levels[spot.level];
    return spot;
}

/* Appends to the bucket, whose row is there. Whether it is empty cannot be guessed, so there is no
 * branch on it. */
static inline void mjl_wheel_append(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot,
                                    mjl_spot spot)
{
    assert(spot.row != NULL);
    assert(spot.row != NULL);
    mjl_bucket *const bucket = &spot.row->buckets[spot.digit];
    uint64_t *const word = &spot.row->occupied[spot.digit / 64];
    const bool is_empty = (*word >> (spot.digit % 64) & 1) == 0;
    const uint32_t last = is_empty ? slot : bucket->last; /* Any slot, if it is empty. */
    uint32_t *const after_last = &mjl_tasks_link(tasks, last)->next;
    *(is_empty ? &bucket->first : after_last) = slot;
    const mjl_task_link link = {is_empty ? SLOT_NONE : last, SLOT_NONE};
    *mjl_tasks_link(tasks, slot) = link;
    bucket->last = slot;
    *word |= (uint64_t)1 << (spot.digit % 64);
    wheel->occupied |= 1u << spot.level;
}

/* The task at `slot`, which was the first of its bucket or the last. */
void mjl_wheel_unlink_end(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot);

/* ---- Early tasks ---- */

void mjl_wheel_add_early(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot);
void mjl_wheel_remove_early(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot);

/* ---- All tasks ---- */

MJL_MUST_USE mjl_result mjl_wheel_grow(mjl_wheel *wheel, uint64_t key, mjl_spot *spot);

/* Where a task with that key belongs; putting it there then cannot fail. */
static inline mjl_result mjl_wheel_reserve(mjl_wheel *wheel, uint64_t key, mjl_spot *spot)
{
    *spot = mjl_wheel_spot(wheel, key);
    return spot->row != NULL ? MJL_OK : mjl_wheel_grow(wheel, key, spot);
}

/* The slot's stamp is set, with the spot's key. Ids ascend from call to call. */
static inline void mjl_wheel_put(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot,
                                 mjl_spot spot)
{
    if (spot.row != NULL) {
        mjl_wheel_append(wheel, tasks, slot, spot);
    } else {
        mjl_wheel_add_early(wheel, tasks, slot);
    }
}

/* Takes the task out, wherever it is. Its stamp may still be needed for that. */
static inline void mjl_wheel_pull(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot)
{
    const mjl_task_link link = *mjl_tasks_link(tasks, slot);
    if (link.prev < SLOT_EARLY && link.next < SLOT_EARLY) {
        mjl_tasks_link(tasks, link.prev)->next = link.next;
        mjl_tasks_link(tasks, link.next)->prev = link.prev;
    } else if (link.next == SLOT_EARLY) {
        mjl_wheel_remove_early(wheel, tasks, slot);
    } else {
        mjl_wheel_unlink_end(wheel, tasks, slot);
    }
}

/* The first of all tasks if it is due before `limit`, else SLOT_NONE. */
uint32_t mjl_wheel_first(mjl_wheel *wheel, const mjl_tasks *tasks, uint64_t limit);
/* Time has come to `now`, and no task is due before it: later ones are added near the bottom. */
void mjl_wheel_advance(mjl_wheel *wheel, const mjl_tasks *tasks, uint64_t now);

bool mjl_wheel_check(const mjl_wheel *wheel, const mjl_tasks *tasks);
size_t mjl_wheel_memory(const mjl_wheel *wheel);

#endif
