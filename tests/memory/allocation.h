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
 * Works by wrapping malloc, calloc, realloc, aligned_alloc and free of the code linked into the
 * test (majlis_test_allocation in tests/CMakeLists.txt); shared libraries keep their own.
 */
#ifndef MJL_TESTS_MEMORY_ALLOCATION_H
#define MJL_TESTS_MEMORY_ALLOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on: so many allocations succeed, then every one fails, or one. */
void allocation_fail_after(size_t successes);
void allocation_fail_once_after(size_t successes);
/* Ends failing. Whether an allocation failed since it began. */
bool allocation_failed(void);
/* The same, without an end. */
bool allocation_has_failed(void);

/* Since the last of the three above began or ended: allocations granted, and the bytes asked for.
 */
size_t allocation_count(void);
size_t allocation_bytes(void);
/* Blocks that are allocated now, and were since the program began. */
size_t allocation_live(void);
/* Bytes that glibc's allocator would have given for them, its own bookkeeping included. */
size_t allocation_held(void);

/* From now on notes by which calls each counted allocation is reached: a hash of the innermost
   ones, the n-th allocation's into paths[n]. NULL: not any more. */
void allocation_note_paths(uint64_t *paths, size_t room);

/* Held: everything succeeds and nothing is counted. For what a test does between the calls. Answers
   whether it was held before. */
bool allocation_hold(bool is_held);

/* For an allocator that a shared library is given: counts and fails with the others. */
bool allocation_grant(size_t size);

#endif
