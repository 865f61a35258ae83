/* The schedule against the naive reference, step by step, also across saving and loading. */
#include "sched_test.h"

#include "reference.h"

enum { IDS_KEPT = 64, RUNS = 60, STEPS = 400 };

typedef struct pair {
    mjl_schedule *real;
    reference list;
    uint64_t chance;
    uint64_t ids[IDS_KEPT]; /* Some that were given out: pending, run or cancelled. */
} pair;

/* Mostly near, sometimes far: every level of the wheel, and its edges. */
static int64_t random_delta(pair *both)
{
    static const uint64_t limits[] = {1, 2, 10, 300, 70000, 20000000, 1ull << 40};
    const size_t i = chance_below(&both->chance, sizeof limits / sizeof limits[0]);
    return (int64_t)chance_below(&both->chance, limits[i]);
}

static uint64_t random_id(pair *both)
{
    return both->ids[chance_below(&both->chance, IDS_KEPT)];
}

static void keep_id(pair *both, uint64_t id)
{
    both->ids[chance_below(&both->chance, IDS_KEPT)] = id;
}

static void do_after(pair *both)
{
    uint8_t bytes[REFERENCE_ARGS_MAX];
    const size_t size = chance_below(&both->chance, 8) == 0
                            ? chance_below(&both->chance, REFERENCE_ARGS_MAX + 1)
                            : chance_below(&both->chance, 9);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)chance(&both->chance);
    const uint16_t kind = test_kinds_table[chance_below(&both->chance, test_kinds.count)].number;
    const int64_t delta = random_delta(both);
    const mjl_bytes args = mjl_bytes_of(bytes, size);
    if (both->list.count == REFERENCE_TASKS_MAX) return;
    uint64_t id = 0;
    assert_int_equal(mjl_schedule_after(both->real, delta, kind, args, &id), MJL_OK);
    assert_int_equal(id, reference_after(&both->list, delta, kind, args));
    keep_id(both, id);
}

static void do_cancel(pair *both)
{
    const uint64_t id = random_id(both);
    assert_int_equal(mjl_schedule_cancel(both->real, id), reference_cancel(&both->list, id));
}

static void do_renew(pair *both)
{
    const uint64_t id = random_id(both);
    const int64_t delta = random_delta(both);
    const uint64_t expected = reference_renew(&both->list, id, delta);
    uint64_t renewed = 0;
    const mjl_result result = mjl_schedule_renew(both->real, id, delta, &renewed);
    assert_int_equal(result, expected == 0 ? MJL_NOT_FOUND : MJL_OK);
    if (expected != 0) {
        assert_int_equal(renewed, expected);
        keep_id(both, renewed);
    }
}

static void do_change(pair *both)
{
    switch (chance_below(&both->chance, 4)) {
    case 0:
        do_cancel(both);
        break;
    case 1:
        do_renew(both);
        break;
    default:
        do_after(both);
    }
}

static void compare_next_due(pair *both)
{
    mjl_time due = 0;
    const mjl_result result = mjl_schedule_next_due(both->real, &due);
    assert_int_equal(result, both->list.count == 0 ? MJL_EMPTY : MJL_OK);
    if (result == MJL_OK) assert_int_equal(due, both->list.tasks[0].due + 1);
}

static void compare_task(const mjl_task *task, const reference_task *expected)
{
    assert_int_equal(task->id, expected->id);
    assert_int_equal(task->due, expected->due);
    assert_int_equal(task->kind, expected->kind);
    assert_bytes_equal(task->args, mjl_bytes_of(expected->args, expected->args_size));
}

/* Both run to the same time; tasks change things while they run. */
static void do_run(pair *both)
{
    const mjl_time until = both->list.now + random_delta(both);
    size_t budget = chance_below(&both->chance, 30);
    mjl_task task;
    reference_task expected;
    while (budget-- > 0) {
        const mjl_result result = mjl_schedule_take(both->real, until, &task);
        assert_int_equal(result,
                         reference_take(&both->list, until, &expected) ? MJL_OK : MJL_EMPTY);
        if (result == MJL_EMPTY) break;
        assert_int_equal(task.until, until);
        while (chance_below(&both->chance, 3) == 0)
            do_change(both);
        compare_task(&task, &expected);
        mjl_schedule_done(both->real);
    }
    assert_int_equal(mjl_schedule_now(both->real), both->list.now);
}

static void do_reload(pair *both)
{
    mjl_buffer saved = saved_of(both->real);
    mjl_schedule_free(both->real);
    assert_int_equal(mjl_schedule_load(test_kinds, mjl_buffer_bytes(&saved), &both->real), MJL_OK);
    mjl_buffer again = saved_of(both->real);
    assert_bytes_equal(mjl_buffer_bytes(&saved), mjl_buffer_bytes(&again));
    mjl_buffer_clear(&saved);
    mjl_buffer_clear(&again);
}

static void compare_all(pair *both)
{
    assert_true(mjl_schedule_check(both->real));
    assert_int_equal(mjl_schedule_count(both->real), both->list.count);
    for (size_t i = 0; i < both->list.count; i++) {
        mjl_task task;
        assert_int_equal(mjl_schedule_status(both->real, both->list.tasks[i].id, &task),
                         MJL_TASK_PENDING);
        compare_task(&task, &both->list.tasks[i]);
    }
}

static void step(pair *both)
{
    switch (chance_below(&both->chance, 12)) {
    case 0:
        do_run(both);
        break;
    case 1:
        compare_next_due(both);
        break;
    case 2:
        do_reload(both);
        break;
    case 3:
        mjl_schedule_journal_clear(both->real);
        break;
    default:
        do_change(both);
    }
    compare_all(both);
}

static void schedule_does_what_a_sorted_list_does(void **state)
{
    (void)state;
    static const mjl_time starts[] = {0, 1700000000123, -70000, INT64_MIN / 2, 255, 65535};
    pair *both = (pair *)calloc(1, sizeof *both);
    both->chance = seed_of_test();
    for (size_t run = 0; run < RUNS; run++) {
        const mjl_time start = starts[run % (sizeof starts / sizeof starts[0])];
        both->real = schedule_at(start);
        reference_init(&both->list, start);
        memset(both->ids, 0, sizeof both->ids);
        for (size_t i = 0; i < STEPS; i++)
            step(both);
        mjl_schedule_free(both->real);
    }
    free(both);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedule_does_what_a_sorted_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
