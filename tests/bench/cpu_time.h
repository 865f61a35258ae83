/* The CPU time that this thread really used. */
#ifndef TESTS_BENCH_CPU_TIME_H
#define TESTS_BENCH_CPU_TIME_H

#include <stdint.h>

uint64_t cpu_time_ns(void);

#endif
