/*
 * The schedule once more, deliberately naive: a sorted list in an array, everything by linear
 * search. What it does is meant to be obvious; the real one must do the same.
 */
#ifndef TESTS_SCHED_REFERENCE_H
#define TESTS_SCHED_REFERENCE_H

#include "majlis/schedule.h"

enum { REFERENCE_TASKS_MAX = 4096, REFERENCE_ARGS_MAX = 64 };

typedef struct reference_task {
    uint64_t id;
    mjl_time due;
    uint16_t kind;
    size_t args_size;
    uint8_t args[REFERENCE_ARGS_MAX];
} reference_task;

typedef struct reference {
    mjl_time now;
    uint64_t next_id;
    size_t count;
    reference_task tasks[REFERENCE_TASKS_MAX]; /* By due, then by id. */
} reference;

static inline void reference_init(reference *list, mjl_time now)
{
    memset(list, 0, sizeof *list);
    list->now = now;
    list->next_id = 1;
}

static inline uint64_t reference_after(reference *list, int64_t delta, uint16_t kind,
                                       mjl_bytes args)
{
    reference_task task = {list->next_id++, list->now + delta, kind, args.size, {0}};
    if (args.size != 0) memcpy(task.args, args.data, args.size);
    size_t at = list->count++;
    for (; at > 0 && list->tasks[at - 1].due > task.due; at--)
        list->tasks[at] = list->tasks[at - 1];
    list->tasks[at] = task;
    return task.id;
}

/* Its position, or `count`. */
static inline size_t reference_find(const reference *list, uint64_t id)
{
    size_t at = 0;
    while (at < list->count && list->tasks[at].id != id)
        at++;
    return at;
}

static inline void reference_remove(reference *list, size_t at)
{
    list->count--;
    for (size_t i = at; i < list->count; i++)
        list->tasks[i] = list->tasks[i + 1];
}

static inline bool reference_cancel(reference *list, uint64_t id)
{
    const size_t at = reference_find(list, id);
    if (at == list->count) return false;
    reference_remove(list, at);
    return true;
}

/* 0 if it was not pending. */
static inline uint64_t reference_renew(reference *list, uint64_t id, int64_t delta)
{
    const size_t at = reference_find(list, id);
    if (at == list->count) return 0;
    const reference_task task = list->tasks[at];
    reference_remove(list, at);
    return reference_after(list, delta, task.kind, mjl_bytes_of(task.args, task.args_size));
}

/* False, and now == until, if none is due before it. */
static inline bool reference_take(reference *list, mjl_time until, reference_task *task)
{
    if (list->count == 0 || list->tasks[0].due >= until) {
        list->now = until;
        return false;
    }
    *task = list->tasks[0];
    list->now = task->due;
    reference_remove(list, 0);
    return true;
}

#endif
