/* A saved schedule in hostile hands, and a schedule without memory. */
#include "sched_test.h"

#include "../memory/allocation.h"
#include "pack.h"

static const mjl_time NOW = 1700000000000;

/* A schedule with a bit of everything: near and far, empty and long arguments, gaps in ids. */
static mjl_schedule *modest(void)
{
    static const uint8_t long_args[40] = {1, 2, 3};
    mjl_schedule *schedule = schedule_at(NOW);
    uint64_t id = 0;
    after(schedule, 0, "");
    const uint64_t gone = after(schedule, 7, "gone");
    after(schedule, 7, "sarb");
    after(schedule, 1 << 20, "later");
    assert_int_equal(
        mjl_schedule_after(schedule, 300, KIND_FAR, mjl_bytes_of(long_args, sizeof long_args), &id),
        MJL_OK);
    after(schedule, 7, "sarb again");
    mjl_schedule_cancel(schedule, gone);
    mjl_schedule_jitter(schedule, 5);
    return schedule;
}

static mjl_result load_result(mjl_bytes saved)
{
    mjl_schedule *schedule = NULL;
    const mjl_result result = mjl_schedule_load(test_kinds, saved, &schedule);
    if (result == MJL_OK) {
        assert_true(mjl_schedule_check(schedule));
        mjl_schedule_free(schedule);
    } else {
        assert_null(schedule);
    }
    return result;
}

static void equal_schedules_give_equal_bytes(void **state)
{
    (void)state;
    mjl_schedule *straight = schedule_at(NOW);
    mjl_schedule *crooked = schedule_at(NOW);
    for (size_t i = 0; i < 100; i++) {
        after(straight, 1, "x");
        after(crooked, 90000, "x");
    }
    for (uint64_t id = 1; id <= 100; id++) {
        mjl_schedule_cancel(straight, id);
        mjl_schedule_cancel(crooked, 101 - id);
    }
    mjl_time due = 0;
    after(straight, 1000, "a");
    after(crooked, 1000, "a");
    after(straight, 5, "b");
    assert_int_equal(mjl_schedule_next_due(crooked, &due), MJL_OK);
    after(crooked, 5, "b");
    mjl_buffer a = saved_of(straight);
    mjl_buffer b = saved_of(crooked);
    assert_bytes_equal(mjl_buffer_bytes(&a), mjl_buffer_bytes(&b));
    mjl_buffer_clear(&a);
    mjl_buffer_clear(&b);
    mjl_schedule_free(straight);
    mjl_schedule_free(crooked);
}

static void the_saved_form_is_known_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        0x96, 1,                                    /* six fields, format 1 */
        0xcc, 200,                                  /* now */
        3,                                          /* next id */
        9,                                          /* generator */
        0xc0,                                       /* nothing runs */
        0x92,                                       /* two tasks */
        0x94, 1,   0xcc, 207, 1, 0xc4, 2, 'h', 'i', /* id, due, kind, args */
        0x94, 2,   0xcc, 200, 3, 0xc4, 0,           /* an earlier one, scheduled later */
    };
    mjl_schedule *schedule = NULL;
    uint64_t id = 0;
    assert_int_equal(mjl_schedule_new(test_kinds, 200, 9, &schedule), MJL_OK);
    after(schedule, 7, "hi");
    assert_int_equal(mjl_schedule_after(schedule, 0, KIND_C, mjl_bytes_of(NULL, 0), &id), MJL_OK);
    mjl_buffer saved = saved_of(schedule);
    assert_bytes_equal(mjl_buffer_bytes(&saved), mjl_bytes_of(expected, sizeof expected));
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    mjl_schedule *schedule = modest();
    mjl_buffer saved = saved_of(schedule);
    for (size_t size = 0; size < saved.size; size++)
        assert_int_equal(load_result(mjl_bytes_of(saved.data, size)), MJL_TRUNCATED);
    assert_int_equal(load_result(mjl_buffer_bytes(&saved)), MJL_OK);
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void every_changed_byte_is_refused_or_loads_to_a_sound_schedule(void **state)
{
    (void)state;
    mjl_schedule *schedule = modest();
    mjl_buffer saved = saved_of(schedule);
    size_t accepted = 0;
    for (size_t i = 0; i < saved.size; i++) {
        const uint8_t good = saved.data[i];
        for (unsigned change = 1; change < 256; change++) {
            saved.data[i] = (uint8_t)(good ^ change);
            const mjl_result result = load_result(mjl_buffer_bytes(&saved));
            assert_int_not_equal(result, MJL_BUG);
            assert_int_not_equal(result, MJL_OUT_OF_MEMORY);
            accepted += result == MJL_OK;
        }
        saved.data[i] = good;
    }
    /* Some changes are harmless, such as another argument; most are not. */
    assert_in_range(accepted, 1, saved.size * 255 * 9 / 10);
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void what_loads_saves_to_the_same_bytes(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    mjl_schedule *schedule = modest();
    mjl_buffer saved = saved_of(schedule);
    for (size_t i = 0; i < 20000; i++) {
        const size_t at = chance_below(&seed, saved.size);
        const uint8_t good = saved.data[at];
        saved.data[at] = (uint8_t)chance(&seed);
        mjl_schedule *loaded = NULL;
        if (mjl_schedule_load(test_kinds, mjl_buffer_bytes(&saved), &loaded) == MJL_OK) {
            mjl_buffer again = saved_of(loaded);
            assert_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again));
            mjl_buffer_clear(&again);
            mjl_schedule_free(loaded);
        }
        saved.data[at] = good;
    }
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

/* ---- Each reason ---- */

typedef struct saved_task {
    uint64_t id;
    mjl_time due;
    uint64_t kind;
    size_t args_size;
} saved_task;

typedef struct saved_header {
    uint64_t format;
    uint64_t next_id;
    bool is_running;
} saved_header;

static mjl_result result_of(saved_header header, const saved_task *tasks, size_t count)
{
    static const uint8_t zeros[MJL_TASK_ARGS_MAX + 1];
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 6);
    mjl_pack_uint(&pack, header.format);
    mjl_pack_int(&pack, NOW);
    mjl_pack_uint(&pack, header.next_id);
    mjl_pack_uint(&pack, 0);
    if (header.is_running) {
        mjl_pack_uint(&pack, 3);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_array(&pack, count);
    for (size_t i = 0; i < count; i++) {
        mjl_pack_array(&pack, 4);
        mjl_pack_uint(&pack, tasks[i].id);
        mjl_pack_int(&pack, tasks[i].due);
        mjl_pack_uint(&pack, tasks[i].kind);
        mjl_pack_bin(&pack, mjl_bytes_of(zeros, tasks[i].args_size));
    }
    const mjl_result result = load_result(mjl_buffer_bytes(&out));
    mjl_buffer_clear(&out);
    return result;
}

static mjl_result result_of_one(saved_task task)
{
    const saved_header header = {1, 10, false};
    return result_of(header, &task, 1);
}

static mjl_result result_of_two(uint64_t first, uint64_t second)
{
    const saved_header header = {1, 10, false};
    const saved_task tasks[2] = {{first, NOW, KIND_A, 0}, {second, NOW, KIND_A, 0}};
    return result_of(header, tasks, 2);
}

static void each_lie_is_refused_by_its_name(void **state)
{
    (void)state;
    assert_int_equal(result_of_one((saved_task){9, NOW, KIND_A, 0}), MJL_OK);
    assert_int_equal(result_of_one((saved_task){0, NOW, KIND_A, 0}), MJL_MALFORMED);
    assert_int_equal(result_of_one((saved_task){10, NOW, KIND_A, 0}), MJL_SAVED_ID_TOO_HIGH);
    assert_int_equal(result_of_one((saved_task){9, NOW - 1, KIND_A, 0}), MJL_SAVED_IN_THE_PAST);
    assert_int_equal(result_of_one((saved_task){9, INT64_MAX, KIND_A, 0}), MJL_TOO_LARGE);
    assert_int_equal(result_of_one((saved_task){9, NOW, 7, 0}), MJL_UNKNOWN_KIND);
    assert_int_equal(result_of_one((saved_task){9, NOW, 70000, 0}), MJL_TOO_LARGE);
    assert_int_equal(result_of_one((saved_task){9, NOW, KIND_A, MJL_TASK_ARGS_MAX}), MJL_OK);
    assert_int_equal(result_of_one((saved_task){9, NOW, KIND_A, MJL_TASK_ARGS_MAX + 1}),
                     MJL_TOO_LARGE);
    assert_int_equal(result_of_two(4, 5), MJL_OK);
    assert_int_equal(result_of_two(4, 4), MJL_SAVED_DUPLICATE_ID);
    assert_int_equal(result_of_two(5, 4), MJL_SAVED_ORDER);
    assert_int_equal(result_of((saved_header){1, 10, false}, NULL, 0), MJL_OK);
    assert_int_equal(result_of((saved_header){1, 0, false}, NULL, 0), MJL_MALFORMED);
    assert_int_equal(result_of((saved_header){2, 10, false}, NULL, 0), MJL_UNKNOWN_VERSION);
    assert_int_equal(result_of((saved_header){1, 10, true}, NULL, 0), MJL_SAVED_RUNNING);
}

static void trailing_bytes_are_refused(void **state)
{
    (void)state;
    mjl_schedule *schedule = modest();
    mjl_buffer saved = saved_of(schedule);
    assert_int_equal(mjl_buffer_append(&saved, mjl_bytes_text("x")), MJL_OK);
    assert_int_equal(load_result(mjl_buffer_bytes(&saved)), MJL_TRAILING);
    mjl_buffer_clear(&saved);
    mjl_schedule_free(schedule);
}

static void ids_run_out_without_harm(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(NOW);
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    mjl_pack_array(&pack, 5);
    mjl_pack_uint(&pack, 1);
    mjl_pack_int(&pack, NOW);
    mjl_pack_uint(&pack, UINT64_MAX - 1);
    mjl_pack_uint(&pack, 0);
    mjl_pack_nil(&pack);
    mjl_schedule_free(schedule);
    assert_int_equal(mjl_schedule_restore(test_kinds, mjl_buffer_bytes(&out), &schedule), MJL_OK);
    assert_int_equal(mjl_schedule_restore_finish(schedule, 0), MJL_OK);
    uint64_t id = after(schedule, 1, "a");
    assert_int_equal(id, UINT64_MAX - 1);
    const mjl_bytes none = mjl_bytes_of(NULL, 0);
    assert_int_equal(mjl_schedule_after(schedule, 1, KIND_A, none, &id), MJL_FULL);
    assert_int_equal(mjl_schedule_renew(schedule, id, 1, NULL), MJL_FULL);
    assert_true(mjl_schedule_check(schedule));
    mjl_buffer_clear(&out);
    mjl_schedule_free(schedule);
}

/* ---- Memory ---- */

static void a_few_bytes_claim_no_megabytes(void **state)
{
    (void)state;
    static const uint8_t header[] = {0x96, 1, 0, 0xce, 255, 255, 255, 255, 9, 0xc0};
    static const uint8_t claims[][5] = {{0xdd, 0x00, 0xff, 0xff, 0xff},
                                        {0xdd, 0xff, 0xff, 0xff, 0xff},
                                        {0xdc, 0xff, 0xff, 0x94, 0x01}};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        uint8_t saved[sizeof header + 5];
        memcpy(saved, header, sizeof header);
        memcpy(saved + sizeof header, claims[i], 5);
        allocation_fail_after(SIZE_MAX);
        assert_int_equal(load_result(mjl_bytes_of(saved, sizeof saved)), MJL_TRUNCATED);
        assert_int_equal(load_result(mjl_bytes_of(claims[i], 5)), MJL_TRUNCATED);
        assert_in_range(allocation_bytes(), 1, 4096);
    }
}

/* Tasks of seven bytes each, with ids as far apart as they can be: the worst for every table. */
static void memory_is_bounded_by_the_bytes_that_came(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    for (uint64_t gap = 1; gap < (uint64_t)1 << 40; gap *= 37) {
        mjl_buffer out = {0};
        mjl_pack pack = mjl_pack_to(&out);
        mjl_pack_array(&pack, 6);
        mjl_pack_uint(&pack, 1);
        mjl_pack_int(&pack, 0);
        mjl_pack_uint(&pack, COUNT * gap + 1);
        mjl_pack_uint(&pack, 0);
        mjl_pack_nil(&pack);
        mjl_pack_array(&pack, COUNT);
        for (uint64_t i = 1; i <= COUNT; i++) {
            mjl_pack_array(&pack, 4);
            mjl_pack_uint(&pack, i * gap);
            mjl_pack_int(&pack, (int64_t)(i % 100));
            mjl_pack_uint(&pack, KIND_A);
            mjl_pack_bin(&pack, mjl_bytes_of(NULL, 0));
        }
        mjl_schedule *schedule = NULL;
        assert_int_equal(mjl_schedule_load(test_kinds, mjl_buffer_bytes(&out), &schedule), MJL_OK);
        assert_true(mjl_schedule_check(schedule));
        assert_in_range(mjl_schedule_memory(schedule), 1, 32 * out.size);
        mjl_schedule_free(schedule);
        mjl_buffer_clear(&out);
    }
}

/* Alternating dense runs and leaps, which make the window of recent ids move as badly as it can. */
static void leaping_ids_load_in_time(void **state)
{
    (void)state;
    mjl_buffer out = {0};
    mjl_pack pack = mjl_pack_to(&out);
    enum { COUNT = 60000 };
    mjl_pack_array(&pack, 6);
    mjl_pack_uint(&pack, 1);
    mjl_pack_int(&pack, 0);
    mjl_pack_uint(&pack, (uint64_t)1 << 60);
    mjl_pack_uint(&pack, 0);
    mjl_pack_nil(&pack);
    mjl_pack_array(&pack, COUNT);
    uint64_t id = 0;
    for (uint64_t i = 1; i <= COUNT; i++) {
        id += i <= COUNT / 2 ? 1 : i % 2 == 0 ? 20000 : 40000000;
        mjl_pack_array(&pack, 4);
        mjl_pack_uint(&pack, id);
        mjl_pack_int(&pack, 5);
        mjl_pack_uint(&pack, KIND_A);
        mjl_pack_bin(&pack, mjl_bytes_of(NULL, 0));
    }
    mjl_schedule *schedule = NULL;
    assert_int_equal(mjl_schedule_load(test_kinds, mjl_buffer_bytes(&out), &schedule), MJL_OK);
    assert_true(mjl_schedule_check(schedule));
    mjl_task task;
    uint64_t last = 0;
    while (mjl_schedule_take(schedule, 100, &task) == MJL_OK) {
        assert_true(task.id > last);
        last = task.id;
        mjl_schedule_done(schedule);
    }
    assert_int_equal(last, id);
    mjl_schedule_free(schedule);
    mjl_buffer_clear(&out);
}

/* Long-lived tasks among many short-lived ones: what is dead must not pile up. */
static void memory_follows_what_lives(void **state)
{
    (void)state;
    enum { LIVE = 512, STEPS = 300000 };
    static uint64_t ids[LIVE];
    uint64_t seed = seed_of_test();
    mjl_schedule *schedule = schedule_at(NOW);
    for (size_t i = 0; i < STEPS; i++) {
        /* A few are replaced often, most of them rarely. */
        const size_t at = chance_below(&seed, 10) != 0 ? i % 8 : chance_below(&seed, LIVE);
        mjl_schedule_cancel(schedule, ids[at]);
        ids[at] = after(schedule, (int64_t)chance_below(&seed, 100000), "x");
    }
    assert_true(mjl_schedule_check(schedule));
    assert_in_range(mjl_schedule_memory(schedule), 1, 200 * LIVE + 16384);
    mjl_schedule_free(schedule);
}

/* One call of each kind that needs memory; returns what it answered. */
static mjl_result do_something(mjl_schedule *schedule, size_t which)
{
    static const uint8_t long_args[40] = {9};
    uint64_t id = 0;
    switch (which) {
    case 0:
        return mjl_schedule_after(schedule, (int64_t)1 << 40, KIND_A, mjl_bytes_text("n"), &id);
    case 1:
        return mjl_schedule_after(schedule, 5, KIND_A, mjl_bytes_of(long_args, 40), &id);
    case 2:
        return mjl_schedule_renew(schedule, 1, (int64_t)1 << 50, NULL);
    default: {
        mjl_buffer out = {0};
        const mjl_result result = mjl_schedule_save(schedule, &out);
        if (result != MJL_OK) assert_int_equal(out.size, 0);
        mjl_buffer_clear(&out);
        return result;
    }
    }
}

static void without_memory_a_call_fails_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t which = 0; which < 4; which++) {
        mjl_schedule *schedule = modest();
        for (size_t i = 0; i < 25; i++) /* To the edge of what is reserved. */
            after(schedule, 100, "fill");
        if (which == 2) mjl_schedule_journal_clear(schedule);
        mjl_buffer before = saved_of(schedule);
        long left = 0;
        for (mjl_result result = MJL_OUT_OF_MEMORY; result != MJL_OK; left++) {
            allocation_fail_after((size_t)left);
            result = do_something(schedule, which);
            allocation_failed();
            assert_true(mjl_schedule_check(schedule));
            if (result == MJL_OK) break;
            assert_int_equal(result, MJL_OUT_OF_MEMORY);
            mjl_buffer later = saved_of(schedule);
            assert_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&later));
            mjl_buffer_clear(&later);
        }
        mjl_buffer_clear(&before);
        mjl_schedule_free(schedule);
    }
}

static void without_memory_nothing_is_loaded_and_nothing_leaks(void **state)
{
    (void)state;
    mjl_schedule *schedule = modest();
    mjl_buffer saved = saved_of(schedule);
    mjl_schedule_free(schedule);
    mjl_result result = MJL_OUT_OF_MEMORY;
    for (long left = 0; result != MJL_OK; left++) {
        allocation_fail_after((size_t)left);
        result = load_result(mjl_buffer_bytes(&saved));
        allocation_failed();
        if (result != MJL_OK) assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
    mjl_buffer_clear(&saved);
}

/* A schedule that grows to many tasks while memory fails now and then. */
static void growing_with_failing_memory_keeps_every_task(void **state)
{
    (void)state;
    uint64_t seed = seed_of_test();
    mjl_schedule *schedule = schedule_at(NOW);
    size_t count = 0;
    for (size_t i = 0; i < 5000; i++) {
        uint64_t id = 0;
        allocation_fail_after((size_t)chance_below(&seed, 3));
        const int64_t delta = (int64_t)chance_below(&seed, 100000);
        const mjl_result result =
            mjl_schedule_after(schedule, delta, KIND_A, mjl_bytes_text("a"), &id);
        allocation_failed();
        if (result == MJL_OK) count++;
        assert_int_equal(mjl_schedule_count(schedule), count);
    }
    assert_true(mjl_schedule_check(schedule));
    mjl_task task;
    mjl_time due = 0;
    while (count > 0) {
        allocation_fail_after((size_t)chance_below(&seed, 3));
        mjl_result result = mjl_schedule_next_due(schedule, &due);
        if (result == MJL_OK) result = mjl_schedule_take(schedule, due, &task);
        allocation_failed();
        if (result == MJL_OUT_OF_MEMORY) continue;
        assert_int_equal(result, MJL_OK);
        mjl_schedule_done(schedule);
        count--;
    }
    assert_true(mjl_schedule_check(schedule));
    mjl_schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_schedules_give_equal_bytes),
        cmocka_unit_test(the_saved_form_is_known_bytes),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused_or_loads_to_a_sound_schedule),
        cmocka_unit_test(what_loads_saves_to_the_same_bytes),
        cmocka_unit_test(each_lie_is_refused_by_its_name),
        cmocka_unit_test(trailing_bytes_are_refused),
        cmocka_unit_test(ids_run_out_without_harm),
        cmocka_unit_test(a_few_bytes_claim_no_megabytes),
        cmocka_unit_test(memory_is_bounded_by_the_bytes_that_came),
        cmocka_unit_test(leaping_ids_load_in_time),
        cmocka_unit_test(memory_follows_what_lives),
        cmocka_unit_test(without_memory_a_call_fails_and_changes_nothing),
        cmocka_unit_test(without_memory_nothing_is_loaded_and_nothing_leaks),
        cmocka_unit_test(growing_with_failing_memory_keeps_every_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
