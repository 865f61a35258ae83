/*
 * Lets allocations fail, one after the other: what a call does when memory runs out at each point.
 *
 *     for (size_t n = 0;; n++) {
 *         allocation_fail_after(n);             the n+1st allocation fails, and all after it
 *         const mjl_result result = call();
 *         if (!allocation_failed()) break;      enough memory: the call has been through all
 *         assert_int_equal(result, MJL_OUT_OF_MEMORY);
 *     }
 *
 * Works by wrapping malloc, calloc and realloc of the code linked into the test.
 */
#ifndef MJL_TESTS_MLS_ALLOCATION_H
#define MJL_TESTS_MLS_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>

void allocation_fail_after(size_t successes);
/* Ends failing. Whether an allocation failed since allocation_fail_after. */
bool allocation_failed(void);
/* Allocations made since allocation_fail_after. */
size_t allocation_count(void);

#endif
