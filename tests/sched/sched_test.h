/* What the tests of this layer share: cmocka, a table of kinds, and numbers from a seed. */
#ifndef TESTS_SCHED_SCHED_TEST_H
#define TESTS_SCHED_SCHED_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "majlis/schedule.h"

enum { KIND_A = 1, KIND_B = 2, KIND_C = 3, KIND_FAR = 900 };

static const mjl_task_kind test_kinds_table[] = {
    {KIND_A, "a"}, {KIND_B, "b"}, {KIND_C, "c"}, {KIND_FAR, "far"}};
static const mjl_task_kinds test_kinds = {test_kinds_table,
                                          sizeof test_kinds_table / sizeof test_kinds_table[0]};

static inline mjl_schedule *schedule_at(mjl_time now)
{
    mjl_schedule *schedule = NULL;
    assert_int_equal(mjl_schedule_new(test_kinds, now, 1, &schedule), MJL_OK);
    return schedule;
}

/* A task whose arguments are one letter. */
static inline uint64_t after(mjl_schedule *schedule, int64_t delta, const char *letters)
{
    uint64_t id = 0;
    assert_int_equal(mjl_schedule_after(schedule, delta, KIND_A, mjl_bytes_text(letters), &id),
                     MJL_OK);
    return id;
}

static inline mjl_buffer saved_of(const mjl_schedule *schedule)
{
    mjl_buffer saved = {0};
    assert_int_equal(mjl_schedule_save(schedule, &saved), MJL_OK);
    return saved;
}

static inline void assert_bytes_equal(mjl_bytes a, mjl_bytes b)
{
    assert_int_equal(a.size, b.size);
    if (a.size != 0) assert_memory_equal(a.data, b.data, a.size);
}

/* xorshift64*: the tests' own chance. */
static inline uint64_t chance(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

static inline uint64_t chance_below(uint64_t *state, uint64_t limit)
{
    return chance(state) % limit;
}

/* The seed of a random test: from MJL_SEED, or a fixed one. */
static inline uint64_t seed_of_test(void)
{
    const char *given = getenv("MJL_SEED");
    const uint64_t seed = given == NULL ? 1 : strtoull(given, NULL, 0);
    print_message("seed %llu (MJL_SEED)\n", (unsigned long long)seed);
    return seed * 2 + 1;
}

#endif
