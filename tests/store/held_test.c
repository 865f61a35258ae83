/* Small records that lie in the head: as good as others, without a seal of their own. */
#include "test_disk.h"

#include "record_held.h"

enum { SINGLE = 1, PASSING = 2 };

static mjl_records *open_holding(test_disk *disk, test_random *random)
{
    mjl_records *records = test_records_open(disk, random);
    mjl_records_set_shelf(records, PASSING, MJL_SHELF_PASSING);
    mjl_records_hold_in_head(records, SINGLE);
    mjl_records_hold_in_head(records, PASSING);
    return records;
}

static void persist(mjl_records *records)
{
    assert_ok(mjl_records_persist(records));
}

typedef struct census {
    size_t sealed, bundles, head_size;
} census;

static mjl_result count_one(void *visitor, mjl_store_place place, mjl_bytes value)
{
    census *of = visitor;
    of->sealed++;
    of->bundles += mjl_record_bundle_is_at(place);
    if (mjl_store_place_compare(place, mjl_record_head_place()) == 0) of->head_size = value.size;
    return MJL_OK;
}

static census census_of(test_disk *disk)
{
    census of = {0};
    mjl_store *store = test_disk_open(disk);
    assert_ok(mjl_store_load(store, count_one, &of));
    mjl_store_free(store);
    return of;
}

static void put_sized(mjl_records *records, uint16_t kind, uint32_t key, size_t size)
{
    static uint8_t value[MJL_HELD_VALUE_SIZE_MAX + 1];
    memset(value, (int)key, sizeof value);
    assert_ok(mjl_records_put(records, 1, kind, mjl_bytes_of(&key, 4), mjl_bytes_of(value, size)));
}

static void assert_sized(mjl_records *records, uint16_t kind, uint32_t key, size_t size)
{
    mjl_buffer found = {0};
    assert_ok(mjl_records_get(records, 1, kind, mjl_bytes_of(&key, 4), &found));
    assert_int_equal(found.size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(found.data[i], (uint8_t)key);
    mjl_buffer_clear(&found);
}

static void small_records_cost_no_seal_of_their_own(void **state)
{
    test_disk *disk = *state;
    test_random random = {1};
    mjl_records *records = open_holding(disk, &random);
    test_put(records, 1, SINGLE, "a", "alone");
    test_put(records, 1, PASSING, "a", "passes");
    persist(records);
    test_put(records, 1, PASSING, "a", "passed");
    persist(records);
    mjl_records_free(records);
    assert_int_equal(census_of(disk).sealed, 1);
    records = open_holding(disk, &random);
    test_assert_value(records, 1, SINGLE, "a", "alone");
    test_assert_value(records, 1, PASSING, "a", "passed");
    mjl_records_free(records);
}

static void what_was_overwritten_or_deleted_in_the_head_leaves_nothing(void **state)
{
    test_disk *disk = *state;
    test_random random = {2};
    mjl_records *records = open_holding(disk, &random);
    put_sized(records, SINGLE, 1, 100);
    persist(records);
    mjl_records_free(records);
    const census before = census_of(disk);
    records = open_holding(disk, &random);
    for (uint32_t i = 0; i < 50; i++) {
        put_sized(records, SINGLE, 1, 10 + i);
        put_sized(records, PASSING, i, 300);
        persist(records);
        assert_ok(mjl_records_delete(records, 1, PASSING, mjl_bytes_of(&i, 4)));
    }
    put_sized(records, SINGLE, 1, 100);
    persist(records);
    mjl_records_free(records);
    const census after = census_of(disk);
    assert_int_equal(after.sealed, 1);
    assert_int_equal(after.head_size, before.head_size);
}

/* One to a bundle, the other sealed by itself. */
static void what_was_written_longest_ago_leaves_a_full_head(void **state)
{
    test_disk *disk = *state;
    test_random random = {3};
    mjl_records *records = open_holding(disk, &random);
    const uint32_t count = 12;
    for (uint32_t i = 0; i < count; i++) {
        put_sized(records, i % 2 == 0 ? SINGLE : PASSING, i, 400);
        put_sized(records, SINGLE, 1000, 300 + i); /* Never the oldest. */
        persist(records);
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < count; i++)
            assert_sized(records, i % 2 == 0 ? SINGLE : PASSING, i, 400);
        assert_sized(records, SINGLE, 1000, 300 + count - 1);
        mjl_records_free(records);
        records = open_holding(disk, &random);
    }
    mjl_records_free(records);
    const census found = census_of(disk);
    assert_int_equal(found.bundles, 4); /* Four stay in the head, and what is written each time. */
    assert_int_equal(found.sealed, 1 + 4 + 4);
    assert_true(found.head_size < MJL_HELD_SIZE_MAX + 200);
}

static void record_comes_back_into_the_head_when_it_is_written_again(void **state)
{
    test_disk *disk = *state;
    test_random random = {4};
    mjl_records *records = open_holding(disk, &random);
    for (uint32_t i = 0; i < 8; i++) {
        put_sized(records, SINGLE, i, 400);
        persist(records);
    }
    put_sized(records, SINGLE, 0, 10); /* Out long ago. */
    persist(records);
    mjl_records_free(records);
    assert_int_equal(census_of(disk).sealed, 1 + 8 - 5);
    records = open_holding(disk, &random);
    assert_sized(records, SINGLE, 0, 10);
    mjl_records_free(records);
}

static void head_counts_before_what_older_bundles_hold(void **state)
{
    test_disk *disk = *state;
    test_random random = {5};
    mjl_records *records = test_records_open(disk, &random);
    mjl_records_set_shelf(records, PASSING, MJL_SHELF_PASSING);
    test_put(records, 1, PASSING, "a", "in a bundle");
    test_put(records, 1, PASSING, "kept", "kept");
    persist(records);
    mjl_records_free(records);
    records = open_holding(disk, &random);
    test_put(records, 1, PASSING, "a", "in the head");
    persist(records);
    test_assert_value(records, 1, PASSING, "a", "in the head");
    mjl_records_free(records);
    records = open_holding(disk, &random);
    test_assert_value(records, 1, PASSING, "a", "in the head");
    assert_ok(mjl_records_delete(records, 1, PASSING, mjl_bytes_text("a")));
    persist(records);
    mjl_records_free(records);
    records = open_holding(disk, &random);
    test_assert_value(records, 1, PASSING, "a", NULL); /* Nor what it was before. */
    test_assert_value(records, 1, PASSING, "kept", "kept");
    mjl_records_free(records);
}

static void record_that_grows_leaves_the_head_and_comes_back(void **state)
{
    test_disk *disk = *state;
    test_random random = {6};
    static const size_t sizes[] = {10, MJL_HELD_VALUE_SIZE_MAX + 1, MJL_HELD_VALUE_SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        mjl_records *records = open_holding(disk, &random);
        put_sized(records, SINGLE, 1, sizes[i]);
        persist(records);
        put_sized(records, PASSING, 2, sizes[i]);
        put_sized(records, SINGLE, 3, 10);
        persist(records);
        mjl_records_free(records);
        records = open_holding(disk, &random);
        assert_sized(records, SINGLE, 1, sizes[i]);
        assert_sized(records, PASSING, 2, sizes[i]);
        mjl_records_free(records);
    }
}

static void failed_transaction_leaves_the_head_as_it_was(void **state)
{
    test_disk *disk = *state;
    test_random random = {7};
    mjl_records *records = open_holding(disk, &random);
    test_put(records, 1, SINGLE, "a", "good");
    test_put(records, 1, PASSING, "b", "good");
    persist(records);
    test_put(records, 1, SINGLE, "a", "lost");
    assert_ok(mjl_records_delete(records, 1, PASSING, mjl_bytes_text("b")));
    mjl_memory_disk_fail_after(disk->memory, 0, MJL_STORE_FULL);
    assert_result(mjl_records_persist(records), MJL_STORE_FULL);
    mjl_records_free(records);
    records = open_holding(disk, &random);
    test_assert_value(records, 1, SINGLE, "a", "good");
    test_assert_value(records, 1, PASSING, "b", "good");
    mjl_records_free(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(small_records_cost_no_seal_of_their_own),
        ON_BOTH(what_was_overwritten_or_deleted_in_the_head_leaves_nothing),
        ON_BOTH(what_was_written_longest_ago_leaves_a_full_head),
        ON_MEMORY_ONLY(record_comes_back_into_the_head_when_it_is_written_again),
        ON_BOTH(head_counts_before_what_older_bundles_hold),
        ON_MEMORY_ONLY(record_that_grows_leaves_the_head_and_comes_back),
        ON_MEMORY_ONLY(failed_transaction_leaves_the_head_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
