/* What ran: for the tests of the schedule. */
#ifndef TESTS_SCHED_TRACE_H
#define TESTS_SCHED_TRACE_H

#include "sched_test.h"

enum { TRACE_MAX = 64, PLENTY = 1000 };

/* The letters of the tasks that ran, and at which ticks. */
typedef struct trace {
    char letters[TRACE_MAX];
    mjl_time ticks[TRACE_MAX];
    size_t count;
    /* What the task with that letter schedules when it runs. */
    char adds_when;
    int64_t adds_delta;
    const char *adds;
} trace;

static inline void note(void *context, mjl_schedule *schedule, const mjl_task *task)
{
    trace *ran = (trace *)context;
    assert_true(ran->count < TRACE_MAX - 1);
    ran->letters[ran->count] = (char)task->args.data[0];
    ran->ticks[ran->count++] = task->due;
    assert_int_equal(mjl_schedule_now(schedule), task->due);
    if (ran->adds != NULL && task->args.data[0] == (uint8_t)ran->adds_when)
        after(schedule, ran->adds_delta, ran->adds);
}

static inline void run_to(mjl_schedule *schedule, mjl_time until, trace *ran)
{
    assert_int_equal(mjl_schedule_run_to(schedule, until, PLENTY, note, ran), MJL_OK);
    assert_int_equal(mjl_schedule_now(schedule), until);
    assert_true(mjl_schedule_check(schedule));
}

#endif
