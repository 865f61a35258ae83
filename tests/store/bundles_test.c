/* Records that are sealed together: as good as those that are not, and their disk stays small. */
#include "test_disk.h"

#include "record_bundle.h"

enum { SINGLE = 1, LASTING = 2, PASSING = 3 };

static mjl_records *open_shelved(test_disk *disk, test_random *random)
{
    mjl_records *records = test_records_open(disk, random);
    mjl_records_set_shelf(records, LASTING, MJL_SHELF_LASTING);
    mjl_records_set_shelf(records, PASSING, MJL_SHELF_PASSING);
    return records;
}

static void persist(mjl_records *records)
{
    assert_ok(mjl_records_persist(records));
}

/* ---- What is on the disk below the seal ---- */

typedef struct census {
    size_t sealed, bundles, bytes;
} census;

static mjl_result count_one(void *visitor, mjl_store_place place, mjl_bytes value)
{
    census *of = visitor;
    of->sealed++;
    of->bundles += mjl_record_bundle_is_at(place);
    of->bytes += value.size;
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

static void records_of_a_shelf_are_sealed_as_one(void **state)
{
    test_disk *disk = *state;
    test_random random = {1};
    mjl_records *records = open_shelved(disk, &random);
    for (uint32_t i = 0; i < 20; i++)
        assert_ok(
            mjl_records_put(records, i % 3, LASTING, mjl_bytes_of(&i, 4), mjl_bytes_text("small")));
    test_put(records, 1, PASSING, "a", "passes");
    test_put(records, 1, SINGLE, "a", "alone");
    persist(records);
    mjl_records_free(records);
    const census found = census_of(disk);
    assert_int_equal(found.bundles, 2);
    assert_int_equal(found.sealed, 1 + 2 + 1); /* Head, bundles, one by itself. */
    records = open_shelved(disk, &random);
    test_assert_value(records, 1, PASSING, "a", "passes");
    for (uint32_t i = 0; i < 20; i++) {
        mjl_buffer value = {0};
        assert_ok(mjl_records_get(records, i % 3, LASTING, mjl_bytes_of(&i, 4), &value));
        assert_int_equal(value.size, 5);
        mjl_buffer_clear(&value);
    }
    mjl_records_free(records);
}

static void the_newest_value_counts_whatever_older_bundles_hold(void **state)
{
    test_disk *disk = *state;
    test_random random = {2};
    mjl_records *records = open_shelved(disk, &random);
    test_put(records, 1, LASTING, "kept", "kept");
    test_put(records, 1, LASTING, "changed", "first");
    test_put(records, 1, LASTING, "deleted", "first");
    test_put(records, 1, LASTING, "again", "first");
    persist(records);
    test_put(records, 1, LASTING, "changed", "second");
    assert_ok(mjl_records_delete(records, 1, LASTING, mjl_bytes_text("deleted")));
    assert_ok(mjl_records_delete(records, 1, LASTING, mjl_bytes_text("again")));
    persist(records);
    test_put(records, 1, LASTING, "again", "third");
    persist(records);
    for (int round = 0; round < 2; round++) {
        test_assert_value(records, 1, LASTING, "kept", "kept");
        test_assert_value(records, 1, LASTING, "changed", "second");
        test_assert_value(records, 1, LASTING, "deleted", NULL);
        test_assert_value(records, 1, LASTING, "again", "third");
        mjl_records_free(records);
        records = open_shelved(disk, &random);
    }
    mjl_records_free(records);
    assert_int_equal(census_of(disk).bundles, 3); /* All of them were still there. */
}

static void loaded_records_are_the_live_ones_in_order(void **state)
{
    test_disk *disk = *state;
    test_random random = {3};
    mjl_records *records = open_shelved(disk, &random);
    test_put(records, 2, LASTING, "a", "2 lasting a");
    test_put(records, 1, PASSING, "a", "old");
    test_put(records, 1, LASTING, "gone", "old");
    persist(records);
    test_put(records, 1, PASSING, "a", "1 passing a");
    test_put(records, 1, SINGLE, "z", "1 single z");
    assert_ok(mjl_records_delete(records, 1, LASTING, mjl_bytes_text("gone")));
    persist(records);
    mjl_records_free(records);
    records = open_shelved(disk, &random);
    static const char *const expected[] = {"1 single z", "1 passing a", "2 lasting a"};
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded(records);
    for (size_t i = 0; i < 3; i++) {
        assert_true(mjl_records_next(records, &cursor, &record));
        assert_true(mjl_bytes_equal(record.value, mjl_bytes_text(expected[i])));
    }
    assert_false(mjl_records_next(records, &cursor, &record));
    mjl_records_free(records);
}

static void test_put_sized(mjl_records *records, uint16_t kind, const char *key, size_t size)
{
    static uint8_t value[MJL_BUNDLED_VALUE_SIZE_MAX + 1];
    memset(value, 'v', sizeof value);
    assert_ok(mjl_records_put(records, 1, kind, mjl_bytes_text(key), mjl_bytes_of(value, size)));
}

static void assert_sized(mjl_records *records, const char *key, size_t size)
{
    mjl_buffer found = {0};
    assert_ok(mjl_records_get(records, 1, LASTING, mjl_bytes_text(key), &found));
    assert_int_equal(found.size, size);
    mjl_buffer_clear(&found);
}

static void record_that_grows_is_sealed_by_itself_and_comes_back(void **state)
{
    test_disk *disk = *state;
    test_random random = {4};
    static const size_t sizes[] = {10, MJL_BUNDLED_VALUE_SIZE_MAX + 1, MJL_BUNDLED_VALUE_SIZE_MAX,
                                   MJL_BUNDLED_VALUE_SIZE_MAX + 1};
    static const size_t bundles[] = {1, 1, 2, 2};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        mjl_records *records = open_shelved(disk, &random);
        test_put(records, 1, LASTING, "other", "stays in the first bundle");
        test_put_sized(records, LASTING, "a", sizes[i]);
        persist(records);
        assert_sized(records, "a", sizes[i]);
        mjl_records_free(records);
        assert_int_equal(census_of(disk).bundles, bundles[i]);
        records = open_shelved(disk, &random);
        assert_sized(records, "a", sizes[i]);
        mjl_records_free(records);
    }
    mjl_records *records = open_shelved(disk, &random);
    assert_ok(mjl_records_delete(records, 1, LASTING, mjl_bytes_text("a")));
    persist(records);
    mjl_records_free(records);
    records = open_shelved(disk, &random);
    test_assert_value(records, 1, LASTING, "a", NULL); /* Not one of its older values either. */
    mjl_records_free(records);
}

static void much_in_one_transaction_makes_several_bundles(void **state)
{
    test_disk *disk = *state;
    test_random random = {5};
    mjl_records *records = open_shelved(disk, &random);
    static uint8_t value[MJL_BUNDLED_VALUE_SIZE_MAX];
    const uint32_t count = 3 * MJL_BUNDLE_SIZE_FULL / MJL_BUNDLED_VALUE_SIZE_MAX;
    for (uint32_t i = 0; i < count; i++)
        assert_ok(mjl_records_put(records, 1, LASTING, mjl_bytes_of(&i, 4),
                                  mjl_bytes_of(value, sizeof value)));
    persist(records);
    mjl_records_free(records);
    assert_int_equal(census_of(disk).bundles, 3);
    records = open_shelved(disk, &random);
    mjl_buffer found = {0};
    for (uint32_t i = 0; i < count; i++)
        assert_ok(mjl_records_get(records, 1, LASTING, mjl_bytes_of(&i, 4), &found));
    mjl_buffer_clear(&found);
    mjl_records_free(records);
}

/* ---- The disk stays small ---- */

/* What is there for ever stands beside what is written again with each message. */
static void overwriting_for_ever_keeps_the_disk_small(void **state)
{
    test_disk *disk = *state;
    test_random random = {6};
    mjl_records *records = open_shelved(disk, &random);
    test_put(records, 1, PASSING, "from the first day", "kept");
    for (uint32_t i = 0; i < 600; i++) {
        const uint32_t before = i - 1;
        test_put_sized(records, PASSING, "again and again", 300 + i % 2);
        assert_ok(mjl_records_put(records, 2, PASSING, mjl_bytes_of(&i, 4), mjl_bytes_text("e")));
        assert_ok(mjl_records_delete(records, 2, PASSING, mjl_bytes_of(&before, 4)));
        persist(records);
    }
    test_assert_value(records, 1, PASSING, "from the first day", "kept");
    mjl_records_free(records);
    const census found = census_of(disk);
    assert_true(found.bytes < 2 * MJL_BUNDLE_STALE_SIZE_MIN);
    records = open_shelved(disk, &random);
    test_assert_value(records, 1, PASSING, "from the first day", "kept");
    const uint32_t last = 599, gone = 598;
    mjl_buffer value = {0};
    assert_ok(mjl_records_get(records, 2, PASSING, mjl_bytes_of(&last, 4), &value));
    assert_result(mjl_records_get(records, 2, PASSING, mjl_bytes_of(&gone, 4), &value),
                  MJL_NOT_FOUND);
    mjl_buffer_clear(&value);
    mjl_records_free(records);
}

static void bundle_of_which_nothing_is_live_goes(void **state)
{
    test_disk *disk = *state;
    test_random random = {7};
    mjl_records *records = open_shelved(disk, &random);
    for (int i = 0; i < 5; i++) {
        test_put_sized(records, PASSING, "a", (size_t)i);
        persist(records);
    }
    mjl_records_free(records);
    assert_int_equal(census_of(disk).bundles, 1);
}

static void nothing_stale_passes_a_sweep(void **state)
{
    test_disk *disk = *state;
    test_random random = {8};
    mjl_records *records = open_shelved(disk, &random);
    test_put_sized(records, PASSING, "secret", 1000);
    test_put(records, 1, PASSING, "kept", "kept");
    persist(records);
    assert_ok(mjl_records_delete(records, 1, PASSING, mjl_bytes_text("secret")));
    persist(records);
    mjl_records_free(records);
    assert_true(census_of(disk).bytes > 1000); /* Not worth moving the rest for, by itself. */

    records = open_shelved(disk, &random);
    mjl_records_sweep(records);
    persist(records); /* Although the batch is empty. */
    const uint64_t counter = mjl_records_counter(records);
    persist(records);
    assert_int_equal(mjl_records_counter(records), counter); /* Once. */
    test_assert_value(records, 1, PASSING, "kept", "kept");
    mjl_records_free(records);
    assert_true(census_of(disk).bytes < 500);
    records = open_shelved(disk, &random);
    test_assert_value(records, 1, PASSING, "kept", "kept");
    test_assert_value(records, 1, PASSING, "secret", NULL);
    mjl_records_free(records);
}

static void failed_transaction_leaves_the_bundles_as_they_were(void **state)
{
    test_disk *disk = *state;
    test_random random = {9};
    mjl_records *records = open_shelved(disk, &random);
    test_put(records, 1, PASSING, "a", "good");
    test_put(records, 1, PASSING, "b", "good");
    persist(records);
    test_put(records, 1, PASSING, "a", "lost");
    assert_ok(mjl_records_delete(records, 1, PASSING, mjl_bytes_text("b")));
    mjl_records_sweep(records);
    mjl_memory_disk_fail_after(disk->memory, 0, MJL_STORE_FULL);
    assert_result(mjl_records_persist(records), MJL_STORE_FULL);
    mjl_records_free(records);
    records = open_shelved(disk, &random);
    test_assert_value(records, 1, PASSING, "a", "good");
    test_assert_value(records, 1, PASSING, "b", "good");
    mjl_records_free(records);
}

/* ---- Items ---- */

static void item_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    mjl_buffer plain = {0};
    const mjl_store_place place = {7, 9, mjl_bytes_text("key")};
    assert_ok(mjl_bundle_append(&plain, place, mjl_bytes_text("value")));
    assert_ok(mjl_bundle_append_mark(&plain, place));
    mjl_bundle_item item;
    size_t at = 0;
    assert_ok(mjl_bundle_next(mjl_buffer_bytes(&plain), &at, &item));
    assert_false(item.is_mark);
    assert_int_equal(mjl_store_place_compare(item.place, place), 0);
    assert_true(mjl_bytes_equal(item.value, mjl_bytes_text("value")));
    const size_t first = at;
    assert_ok(mjl_bundle_next(mjl_buffer_bytes(&plain), &at, &item));
    assert_true(item.is_mark);
    assert_result(mjl_bundle_next(mjl_buffer_bytes(&plain), &at, &item), MJL_EMPTY);
    for (size_t size = 1; size < first; size++) {
        at = 0;
        assert_result(mjl_bundle_next(mjl_bytes_of(plain.data, size), &at, &item),
                      MJL_STORE_DAMAGED);
    }
    plain.data[5] = 0; /* No record has the head's kind. */
    at = 0;
    assert_result(mjl_bundle_next(mjl_buffer_bytes(&plain), &at, &item), MJL_STORE_DAMAGED);
    mjl_buffer_clear(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(records_of_a_shelf_are_sealed_as_one),
        ON_BOTH(the_newest_value_counts_whatever_older_bundles_hold),
        ON_MEMORY_ONLY(loaded_records_are_the_live_ones_in_order),
        ON_MEMORY_ONLY(record_that_grows_is_sealed_by_itself_and_comes_back),
        ON_MEMORY_ONLY(much_in_one_transaction_makes_several_bundles),
        ON_BOTH(overwriting_for_ever_keeps_the_disk_small),
        ON_MEMORY_ONLY(bundle_of_which_nothing_is_live_goes),
        ON_BOTH(nothing_stale_passes_a_sweep),
        ON_MEMORY_ONLY(failed_transaction_leaves_the_bundles_as_they_were),
        cmocka_unit_test(item_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
