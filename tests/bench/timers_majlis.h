/* What only our timers can do: be saved. */
#ifndef TESTS_BENCH_TIMERS_MAJLIS_H
#define TESTS_BENCH_TIMERS_MAJLIS_H

#include "majlis/schedule.h"

extern const mjl_task_kinds timers_majlis_kinds;
mjl_schedule *timers_majlis_schedule(void *state);

#endif
