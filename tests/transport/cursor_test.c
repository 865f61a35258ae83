#include "test.h"

#include <stdio.h>

#include "cursor.h"

static void add(mjl_cursor *cursor, uint64_t counter)
{
    assert_int_equal(mjl_cursor_add(cursor, counter), MJL_OK);
    assert_true(mjl_cursor_check(cursor));
    assert_true(mjl_cursor_has(cursor, counter));
}

static void a_cursor_has_exactly_what_was_added(void **state)
{
    enum { COUNTERS = 400 };
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bool added[COUNTERS] = {false};
        uint64_t random = seed;
        mjl_cursor cursor;
        mjl_cursor_init(&cursor);
        for (int i = 0; i < 300; i++) {
            const uint64_t counter = test_random(&random) % COUNTERS;
            add(&cursor, counter);
            added[counter] = true;
        }
        for (uint64_t counter = 0; counter < COUNTERS; counter++)
            if (mjl_cursor_has(&cursor, counter) != added[counter]) fail_msg("seed %d", (int)seed);
        mjl_cursor_clear(&cursor);
    }
}

static void both_ends_of_the_counters_can_be_added(void **state)
{
    mjl_cursor cursor;
    (void)state;
    mjl_cursor_init(&cursor);
    add(&cursor, UINT64_MAX);
    add(&cursor, 0);
    add(&cursor, UINT64_MAX - 1);
    add(&cursor, 1);
    add(&cursor, UINT64_MAX);
    assert_int_equal(cursor.count, 2);
    assert_false(mjl_cursor_has(&cursor, 2));
    assert_false(mjl_cursor_has(&cursor, UINT64_MAX - 2));
    mjl_cursor_clear(&cursor);
}

static void a_file_that_appears_late_is_still_missing(void **state)
{
    mjl_cursor cursor;
    (void)state;
    mjl_cursor_init(&cursor);
    for (uint64_t counter = 0; counter < 100000; counter++)
        if (counter != 17) add(&cursor, counter);
    assert_false(mjl_cursor_has(&cursor, 17));
    add(&cursor, 17);
    assert_int_equal(cursor.count, 1);
    mjl_cursor_clear(&cursor);
}

static void without_room_the_narrowest_gap_is_given_up_and_the_next_file_never(void **state)
{
    mjl_cursor cursor;
    (void)state;
    mjl_cursor_init(&cursor);
    add(&cursor, 0);
    add(&cursor, 1000);
    add(&cursor, 1010); /* The narrowest gap: 1001 to 1009. */
    for (uint64_t i = 1; i < MJL_CURSOR_RANGES_MAX - 1; i++)
        add(&cursor, i << 32); /* Somebody writes far-off counters. */
    assert_int_equal(cursor.count, MJL_CURSOR_RANGES_MAX);
    assert_true(mjl_cursor_has(&cursor, 1005));
    assert_false(mjl_cursor_has(&cursor, 999));
    assert_false(mjl_cursor_has(&cursor, 1011));
    add(&cursor, 1011);
    assert_false(mjl_cursor_has(&cursor, 1012));
    mjl_cursor_clear(&cursor);
}

static void a_saved_cursor_reads_back_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t random = seed;
        mjl_cursor cursor, again;
        mjl_buffer saved = {0}, saved_again = {0};
        mjl_cursor_init(&cursor);
        mjl_cursor_init(&again);
        for (int i = 0; i < 100; i++)
            add(&cursor, test_random(&random) >> (test_random(&random) % 64));
        assert_int_equal(mjl_cursor_write(&cursor, &saved), MJL_OK);
        assert_int_equal(mjl_cursor_read(mjl_buffer_bytes(&saved), &again), MJL_OK);
        assert_true(mjl_cursor_check(&again));
        assert_int_equal(again.count, cursor.count);
        assert_memory_equal(again.ranges, cursor.ranges, cursor.count * sizeof *cursor.ranges);
        assert_int_equal(mjl_cursor_write(&again, &saved_again), MJL_OK);
        assert_true(mjl_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&saved_again)));
        mjl_buffer_clear(&saved);
        mjl_buffer_clear(&saved_again);
        mjl_cursor_clear(&cursor);
        mjl_cursor_clear(&again);
    }
}

static void a_known_cursor_has_its_known_bytes(void **state)
{
    static const uint8_t known[] = {0, 3, 0, 1, 0xac, 0x02, 0};
    mjl_cursor cursor;
    mjl_buffer saved = {0};
    (void)state;
    mjl_cursor_init(&cursor);
    const uint64_t counters[] = {0, 1, 2, 3, 5, 6, 308};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        add(&cursor, counters[i]);
    assert_int_equal(mjl_cursor_write(&cursor, &saved), MJL_OK);
    assert_int_equal(saved.size, sizeof known);
    assert_memory_equal(saved.data, known, sizeof known);
    mjl_buffer_clear(&saved);
    mjl_cursor_clear(&cursor);
}

/* Reads the bytes; whatever comes of it has to be sound. */
static mjl_result try_read(const uint8_t *bytes, size_t size)
{
    mjl_cursor cursor;
    mjl_cursor_init(&cursor);
    const mjl_result result = mjl_cursor_read(mjl_bytes_of(bytes, size), &cursor);
    assert_true(mjl_cursor_check(&cursor));
    if (result != MJL_OK) assert_int_equal(cursor.count, 0);
    mjl_cursor_clear(&cursor);
    return result;
}

static void damaged_bytes_are_refused_or_read_to_a_sound_cursor(void **state)
{
    uint64_t seed = 4;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[24];
        const size_t size = test_random(&seed) % (sizeof bytes + 1);
        test_fill(&seed, bytes, size);
        const mjl_result result = try_read(bytes, size);
        assert_true(result == MJL_OK || result == MJL_TRUNCATED || result == MJL_TOO_LARGE ||
                    result == MJL_NOT_CANONICAL);
    }
    static const uint8_t long_zero[] = {0x80, 0x00, 0x00};
    static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0x02, 0x00};
    static const uint8_t past_the_end[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0x01, 0x01};
    assert_int_equal(try_read(long_zero, sizeof long_zero), MJL_NOT_CANONICAL);
    assert_int_equal(try_read(too_long, sizeof too_long), MJL_TOO_LARGE);
    assert_int_equal(try_read(past_the_end, sizeof past_the_end), MJL_TOO_LARGE);
}

static void more_ranges_than_the_bound_are_refused(void **state)
{
    static uint8_t zeros[2 * (MJL_CURSOR_RANGES_MAX + 1)];
    (void)state;
    assert_int_equal(try_read(zeros, 2 * MJL_CURSOR_RANGES_MAX), MJL_OK);
    assert_int_equal(try_read(zeros, sizeof zeros), MJL_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cursor_has_exactly_what_was_added),
        cmocka_unit_test(both_ends_of_the_counters_can_be_added),
        cmocka_unit_test(a_file_that_appears_late_is_still_missing),
        cmocka_unit_test(without_room_the_narrowest_gap_is_given_up_and_the_next_file_never),
        cmocka_unit_test(a_saved_cursor_reads_back_the_same),
        cmocka_unit_test(a_known_cursor_has_its_known_bytes),
        cmocka_unit_test(damaged_bytes_are_refused_or_read_to_a_sound_cursor),
        cmocka_unit_test(more_ranges_than_the_bound_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
