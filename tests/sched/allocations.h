/*
 * The test's own malloc, in front of the real one (the linker's --wrap): counts bytes, and can fail
 * at a chosen call.
 */
#ifndef TESTS_SCHED_ALLOCATIONS_H
#define TESTS_SCHED_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes asked for since the last reset. */
extern size_t allocations_bytes;
/* Calls that still succeed; then every one fails. Negative: all succeed. */
extern long allocations_left;

void allocations_reset(void);

#endif
