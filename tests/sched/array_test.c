/* Arrays that grow. */
#include "sched_test.h"

#include "array.h"

#include "../memory/allocation.h"

enum { FIRST = 20, MORE = 5000 };

static uint32_t *entries;
static size_t count, room;

static mjl_result add(uint32_t value)
{
    const mjl_result result = mjl_array_reserve(&entries, count, &room, 1, sizeof *entries);
    if (result == MJL_OK) entries[count++] = value;
    return result;
}

static int begin(void **state)
{
    (void)state;
    entries = NULL;
    count = room = 0;
    for (uint32_t i = 0; i < FIRST; i++)
        assert_int_equal(add(i), MJL_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(entries);
    return 0;
}

static void all_is_there(void)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(entries[i], i);
}

static void what_is_there_stays_while_an_array_grows(void **state)
{
    (void)state;
    for (uint32_t i = FIRST; i < MORE; i++)
        assert_int_equal(add(i), MJL_OK);
    all_is_there();
    assert_int_equal(mjl_array_reserve(&entries, count, &room, MORE, sizeof *entries), MJL_OK);
    assert_true(room >= count + MORE);
    all_is_there();
}

static void where_there_is_room_nothing_is_allocated(void **state)
{
    (void)state;
    const uint32_t *const before = entries;
    const size_t room_before = room;
    allocation_fail_after(0);
    assert_int_equal(mjl_array_reserve(&entries, count, &room, room - count, sizeof *entries),
                     MJL_OK);
    assert_int_equal(mjl_array_reserve(&entries, count, &room, 0, sizeof *entries), MJL_OK);
    assert_false(allocation_failed());
    assert_ptr_equal(entries, before);
    assert_int_equal(room, room_before);
}

static void an_array_grows_seldom_and_a_large_one_by_a_quarter(void **state)
{
    (void)state;
    allocation_fail_after(SIZE_MAX);
    for (uint32_t i = FIRST; i < MORE; i++)
        assert_int_equal(add(i), MJL_OK);
    assert_in_range(allocation_count(), 1, 16);
    assert_false(allocation_failed());
    assert_true(room <= (size_t)MORE + MORE / 4);
    assert_int_equal(mjl_array_grown(UINT32_MAX - 1), UINT32_MAX);
}

/* The allocator must not even be asked. */
static void is_refused(size_t behind, size_t more, size_t size)
{
    const uint32_t *const before = entries;
    const size_t room_before = room;
    allocation_fail_after(SIZE_MAX);
    assert_int_equal(mjl_array_reserve(&entries, behind, &room, more, size), MJL_OUT_OF_MEMORY);
    assert_int_equal(allocation_count(), 0);
    assert_false(allocation_failed());
    assert_ptr_equal(entries, before);
    assert_int_equal(room, room_before);
    all_is_there();
}

static void more_bytes_than_there_can_be_are_refused(void **state)
{
    (void)state;
    is_refused(count, MORE, SIZE_MAX / MORE);
    is_refused(count, room, SIZE_MAX);
}

static void more_entries_than_an_index_can_name_are_refused(void **state)
{
    (void)state;
    is_refused(count, UINT32_MAX - count, 1);
    is_refused(UINT32_MAX, 1, 1);
    is_refused(count, SIZE_MAX, 1);
    is_refused(SIZE_MAX, 1, 1);
    is_refused(SIZE_MAX, SIZE_MAX, 1);
}

static void without_memory_the_array_is_as_it_was(void **state)
{
    (void)state;
    const uint32_t *const before = entries;
    const size_t room_before = room;
    allocation_fail_after(0);
    const mjl_result result = mjl_array_reserve(&entries, count, &room, MORE, sizeof *entries);
    assert_true(allocation_failed());
    assert_int_equal(result, MJL_OUT_OF_MEMORY);
    assert_ptr_equal(entries, before);
    assert_int_equal(room, room_before);
    all_is_there();
    assert_int_equal(mjl_array_reserve(&entries, count, &room, MORE, sizeof *entries), MJL_OK);
    all_is_there();
}

int main(void)
{
#define GROWS(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        GROWS(what_is_there_stays_while_an_array_grows),
        GROWS(where_there_is_room_nothing_is_allocated),
        GROWS(an_array_grows_seldom_and_a_large_one_by_a_quarter),
        GROWS(more_bytes_than_there_can_be_are_refused),
        GROWS(more_entries_than_an_index_can_name_are_refused),
        GROWS(without_memory_the_array_is_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
