/* The kinds of tasks in the fuzzers of the schedule: its own and its expectations'. */
#ifndef TESTS_FUZZ_SCHED_KINDS_H
#define TESTS_FUZZ_SCHED_KINDS_H

#include "majlis/expect.h"

enum { KIND_DEADLINE = 1, KIND_TRY, KIND_OTHER };

static const mjl_task_kind sched_kind_names[] = {
    {KIND_DEADLINE, "deadline"}, {KIND_TRY, "try"}, {KIND_OTHER, "other"}};
static const mjl_task_kinds sched_kinds = {sched_kind_names,
                                           sizeof sched_kind_names / sizeof sched_kind_names[0]};
static const mjl_expect_kinds sched_expect_kinds = {KIND_DEADLINE, KIND_TRY};

#endif
