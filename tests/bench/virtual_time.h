/*
 * The time of this program, as its event loops see it: a number that the benchmark moves. The
 * loops' own calls for the clock and for waiting are answered here, so their timers can be measured
 * over a virtual hour, without the kernel, in CPU time.
 */
#ifndef TESTS_BENCH_VIRTUAL_TIME_H
#define TESTS_BENCH_VIRTUAL_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* What CLOCK_MONOTONIC and CLOCK_REALTIME show, in milliseconds. */
extern int64_t virtual_ms;
/* While it is set, a loop that waits moves the time on, and one millisecond more, as real waiting
 * does: libev, woken at the very instant of a timer, does not run it but asks to wait for 0. */
extern bool virtual_waiting;

/* The CPU time this thread really used. */
uint64_t cpu_time_ns(void);

#endif
