/* Each allocation fails once, one after the other: refused, nothing leaked, nothing changed. */
#include "../memory/allocation.h"
#include "test_disk.h"

#include <stdio.h>

static mjl_result open_store(test_disk *disk, mjl_store **store)
{
    return disk->kind == ON_MEMORY
               ? mjl_store_memory_open(disk->memory, store)
               : mjl_store_sqlite_open(disk->path, MJL_STORE_OPEN_OR_MAKE, store);
}

static mjl_result open_once(test_disk *disk, test_random *random, mjl_records **records)
{
    mjl_store *store = NULL;
    const mjl_result result = open_store(disk, &store);
    if (result != MJL_OK) return result;
    return mjl_records_open(store, test_key, test_random_source(random), records);
}

/* Repeats what is refused for memory; the first refusal ends the counting. */
#define UNTIL_OK(call)                                                                             \
    do {                                                                                           \
        mjl_result result_ = (call);                                                               \
        if (result_ == MJL_OUT_OF_MEMORY) result_ = (call);                                        \
        assert_ok(result_);                                                                        \
    } while (0)

enum { LASTING = 2, PASSING = 3, HELD = 4, HELD_SIZE = 900 };

static void write_on_shelves(mjl_records *records)
{
    for (uint32_t i = 0; i < 6; i++) {
        const uint16_t kind = i % 2 == 0 ? LASTING : PASSING;
        UNTIL_OK(mjl_records_put(records, 1, kind, mjl_bytes_of(&i, 4), mjl_bytes_text("shelved")));
    }
}

static void write_many(mjl_records *records)
{
    mjl_records_set_shelf(records, LASTING, MJL_SHELF_LASTING);
    mjl_records_set_shelf(records, PASSING, MJL_SHELF_PASSING);
    mjl_records_hold_in_head(records, HELD);
    static const uint8_t held[HELD_SIZE];
    UNTIL_OK(mjl_records_put(records, 1, HELD, mjl_bytes_text("a"), mjl_bytes_of(held, HELD_SIZE)));
    UNTIL_OK(mjl_records_put(records, 1, HELD, mjl_bytes_text("b"), mjl_bytes_of(held, HELD_SIZE)));
    write_on_shelves(records);
    for (uint32_t i = 0; i < 40; i++) {
        UNTIL_OK(mjl_records_put(records, i % 3, 1, mjl_bytes_of(&i, 4), mjl_bytes_text("x")));
        if (i % 4 == 0) UNTIL_OK(mjl_records_delete(records, i % 3, 1, mjl_bytes_of(&i, 4)));
    }
}

/* Moves what is live of one shelf, marks what is deleted of the other, and moves one record out of
 * the head. */
static mjl_result sweep(mjl_records *records)
{
    const uint32_t lasting = 0, passing = 1;
    UNTIL_OK(mjl_records_delete(records, 1, LASTING, mjl_bytes_of(&lasting, 4)));
    UNTIL_OK(mjl_records_put(records, 1, PASSING, mjl_bytes_of(&passing, 4), mjl_bytes_text("y")));
    static const uint8_t held[HELD_SIZE];
    UNTIL_OK(mjl_records_put(records, 1, HELD, mjl_bytes_text("c"), mjl_bytes_of(held, HELD_SIZE)));
    mjl_records_sweep(records);
    const mjl_result result = mjl_records_persist(records);
    return result == MJL_OUT_OF_MEMORY ? mjl_records_persist(records) : result;
}

/* The script; answers false if the persist failed for good inside the backend. */
static bool run_script(test_disk *disk, uint8_t hash[32])
{
    test_random random = {1};
    mjl_records *records = NULL;
    UNTIL_OK(open_once(disk, &random, &records));
    write_many(records);
    mjl_result result = mjl_records_persist(records);
    if (result == MJL_OUT_OF_MEMORY) result = mjl_records_persist(records);
    if (result == MJL_OK) result = sweep(records);
    if (result != MJL_OK) {
        assert_result(result, MJL_STORE_FAILED);
        mjl_records_free(records);
        return false;
    }
    const uint32_t key = 1;
    UNTIL_OK(mjl_records_delete(records, 1, 1, mjl_bytes_of(&key, 4)));
    mjl_buffer found = {0};
    UNTIL_OK(mjl_records_get(records, 2, 1, mjl_bytes_of((uint32_t[]){2}, 4), &found));
    mjl_buffer_clear(&found);
    UNTIL_OK(mjl_records_state_hash(records, hash));
    mjl_records_free(records);
    UNTIL_OK(open_once(disk, &random, &records));
    mjl_records_free(records);
    return true;
}

static void each_failing_allocation_is_refused_and_changes_nothing(void **state)
{
    const test_disk_kind kind = *(test_disk_kind *)*state;
    uint8_t expected[32];
    size_t points = 0;
    size_t failed_for_good = 0;
    for (bool has_failed = true; has_failed; points++) {
        test_disk disk;
        test_disk_init(&disk, kind);
        uint8_t hash[32];
        allocation_fail_once_after(points == 0 ? SIZE_MAX : points - 1);
        const bool is_good = run_script(&disk, hash);
        has_failed = allocation_failed() || points == 0;
        if (points == 0) memcpy(expected, hash, sizeof hash);
        if (is_good) assert_memory_equal(hash, expected, sizeof hash);
        if (!is_good) failed_for_good++;
        assert_ok(test_records_try(test_disk_open(&disk), test_key));
        test_disk_clear(&disk);
    }
    assert_true(points > 200);
    /* Inside the backend's apply it is final; only the memory disk allocates there with our malloc:
       the list, 30 records, two bundles and the head, then the list, two bundles, the record that
       leaves the head, and the head. */
    assert_int_equal(failed_for_good, kind == ON_MEMORY ? 34 + 5 : 0);
}

int main(void)
{
    static test_disk_kind memory = ON_MEMORY;
    static test_disk_kind sqlite = ON_SQLITE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(each_failing_allocation_is_refused_and_changes_nothing, &memory),
        cmocka_unit_test_prestate(each_failing_allocation_is_refused_and_changes_nothing, &sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
