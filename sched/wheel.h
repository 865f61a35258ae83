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

#include "tasks.h"

enum { WHEEL_LEVELS = 8, WHEEL_BUCKETS = 256 };

typedef struct mjl_bucket {
    uint32_t first;
    uint32_t last; /* Means nothing in an empty bucket. */
} mjl_bucket;

typedef struct mjl_wheel_level {
    uint64_t occupied[WHEEL_BUCKETS / 64];
    mjl_bucket buckets[WHEEL_BUCKETS];
} mjl_wheel_level;

typedef struct mjl_wheel {
    uint64_t cursor; /* Its lowest digit is 0. No task in the wheel is due before it. */
    mjl_wheel_level *levels[WHEEL_LEVELS]; /* Made when first needed, with all below. */
    uint32_t occupied;                     /* A bit per level. */
    uint32_t count;                        /* Tasks, early ones included. */
    uint32_t *early;
    uint32_t early_count;
    uint32_t early_room;
} mjl_wheel;

void mjl_wheel_init(mjl_wheel *wheel, uint64_t now);
void mjl_wheel_clear(mjl_wheel *wheel);

/* After it, the next `add` with that key cannot fail. */
MJL_MUST_USE mjl_result mjl_wheel_reserve(mjl_wheel *wheel, uint64_t key);
/* The slot's key and id are set. Ids ascend from call to call. */
void mjl_wheel_add(mjl_wheel *wheel, mjl_tasks *tasks, uint32_t slot);
void mjl_wheel_remove(mjl_wheel *wheel, mjl_tasks *tasks, uint32_t slot);
/* The first of all tasks if it is due before `limit`, else SLOT_NONE. */
uint32_t mjl_wheel_first(mjl_wheel *wheel, mjl_tasks *tasks, uint64_t limit);
/* Time has come to `now`, and no task is due before it: later ones will be added near the bottom.
 */
void mjl_wheel_advance(mjl_wheel *wheel, mjl_tasks *tasks, uint64_t now);

bool mjl_wheel_check(const mjl_wheel *wheel, const mjl_tasks *tasks);
size_t mjl_wheel_memory(const mjl_wheel *wheel);

#endif
