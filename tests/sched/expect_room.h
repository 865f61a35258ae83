/* A schedule with expectations on it, for their tests. */
#ifndef TESTS_SCHED_EXPECT_ROOM_H
#define TESTS_SCHED_EXPECT_ROOM_H

#include "sched_test.h"

#include "majlis/expect.h"

enum { KIND_DEADLINE = 10, KIND_TRY = 11, KIND_OTHER = 12 };

static const mjl_task_kind expect_table[] = {
    {KIND_DEADLINE, "deadline"}, {KIND_TRY, "try"}, {KIND_OTHER, "other"}};
static const mjl_task_kinds expect_schedule_kinds = {expect_table, 3};
static const mjl_expect_kinds expect_kinds = {KIND_DEADLINE, KIND_TRY};

typedef struct room {
    mjl_schedule *schedule;
    mjl_expectations *set;
    size_t overdue;
    size_t tries;
    uint64_t last_overdue; /* The waiter. */
} room;

static inline room open_room(void)
{
    room made = {0};
    assert_int_equal(mjl_schedule_new(expect_schedule_kinds, 1000, 1, &made.schedule), MJL_OK);
    assert_int_equal(mjl_expectations_new(expect_kinds, &made.set), MJL_OK);
    return made;
}

static inline void check_room(const room *here)
{
    assert_true(mjl_schedule_check(here->schedule));
    assert_true(mjl_expectations_check(here->set, here->schedule));
}

static inline void drop_room(room *here)
{
    mjl_expectations_free(here->set);
    mjl_schedule_free(here->schedule);
}

static inline void close_room(room *here)
{
    check_room(here);
    drop_room(here);
}

#endif
