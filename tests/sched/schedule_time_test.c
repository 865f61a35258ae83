/* The schedule and its host: time that passes, jumps and ends; budgets; stopping in the middle. */
#include "sched_test.h"
#include "trace.h"

/* ---- Time ---- */

static void running_to_a_time_excludes_it_and_leaves_now_there(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    after(schedule, 5, "a");
    run_to(schedule, 5, &ran);
    assert_int_equal(ran.count, 0);
    run_to(schedule, 6, &ran);
    assert_string_equal(ran.letters, "a");
    mjl_schedule_free(schedule);
}

static void time_never_goes_back(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(50);
    mjl_task task;
    trace ran = {0};
    assert_int_equal(mjl_schedule_take(schedule, 49, &task), MJL_TIME_WENT_BACK);
    assert_int_equal(mjl_schedule_run_to(schedule, 49, 1, note, &ran), MJL_TIME_WENT_BACK);
    assert_int_equal(mjl_schedule_run_to(schedule, 49, 0, note, &ran), MJL_TIME_WENT_BACK);
    assert_int_equal(mjl_schedule_now(schedule), 50);
    assert_int_equal(mjl_schedule_take(schedule, 50, &task), MJL_EMPTY);
    mjl_schedule_free(schedule);
}

static void next_due_is_when_running_really_runs_something(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(1000);
    static const int64_t deltas[] = {0, 1, 255, 256, 257, 65536, 1 << 24, 1LL << 40};
    for (size_t i = 0; i < sizeof deltas / sizeof deltas[0]; i++) {
        mjl_time due = 0;
        mjl_task task;
        assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_EMPTY);
        after(schedule, deltas[i], "a");
        assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
        assert_int_equal(mjl_schedule_take(schedule, due - 1, &task), MJL_EMPTY);
        assert_int_equal(mjl_schedule_take(schedule, due, &task), MJL_OK);
        mjl_schedule_done(schedule);
    }
    mjl_schedule_free(schedule);
}

static void a_task_is_told_its_own_tick_and_the_hosts_time(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_task task;
    after(schedule, 10, "a");
    assert_int_equal(mjl_schedule_take(schedule, 5000, &task), MJL_OK);
    assert_int_equal(task.due, 10);
    assert_int_equal(task.until, 5000);
    assert_int_equal(mjl_schedule_now(schedule), 10);
    mjl_schedule_free(schedule);
}

static void a_jump_over_a_million_years_is_one_step(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(-5);
    trace ran = {0};
    const mjl_time far = (mjl_time)1000000 * 365 * 86400 * 1000;
    after(schedule, far, "b");
    after(schedule, 3, "a");
    run_to(schedule, far + 10, &ran);
    assert_string_equal(ran.letters, "ab");
    mjl_schedule_free(schedule);
}

static void the_ends_of_time_work(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(INT64_MIN);
    trace ran = {0};
    uint64_t id = 0;
    mjl_time due = 0;
    after(schedule, 0, "a");
    after(schedule, INT64_MAX, "b");
    run_to(schedule, 10, &ran);
    const mjl_bytes none = mjl_bytes_of(NULL, 0);
    assert_int_equal(
        mjl_schedule_after(schedule, MJL_DUE_MAX - 10, KIND_A, mjl_bytes_text("c"), &id), MJL_OK);
    assert_int_equal(mjl_schedule_after(schedule, MJL_DUE_MAX - 9, KIND_A, none, &id),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    assert_int_equal(due, INT64_MAX);
    run_to(schedule, INT64_MAX, &ran);
    assert_string_equal(ran.letters, "abc");
    assert_int_equal(mjl_schedule_after(schedule, 0, KIND_A, none, &id), MJL_BAD_ARGUMENT);
    mjl_schedule_free(schedule);
}

/* ---- Budget and nesting ---- */

static void a_spent_budget_is_reported_and_nothing_is_lost(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    after(schedule, 1, "a");
    after(schedule, 2, "b");
    after(schedule, 3, "c");
    assert_int_equal(mjl_schedule_run_to(schedule, 10, 2, note, &ran), MJL_BUDGET_SPENT);
    assert_int_equal(mjl_schedule_now(schedule), 2);
    assert_int_equal(mjl_schedule_count(schedule), 1);
    assert_int_equal(mjl_schedule_run_to(schedule, 10, 1, note, &ran), MJL_OK);
    assert_string_equal(ran.letters, "abc");
    assert_int_equal(mjl_schedule_now(schedule), 10);
    mjl_schedule_free(schedule);
}

static void a_task_that_always_schedules_itself_at_once_only_spends_the_budget(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {.adds_when = 'a', .adds_delta = 0, .adds = "a"};
    after(schedule, 3, "a");
    assert_int_equal(mjl_schedule_run_to(schedule, 10, 50, note, &ran), MJL_BUDGET_SPENT);
    assert_int_equal(ran.count, 50);
    assert_int_equal(mjl_schedule_now(schedule), 3);
    mjl_schedule_free(schedule);
}

static void running_and_saving_from_inside_a_task_are_refused(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_task task;
    mjl_buffer saved = {0};
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    trace ran = {0};
    after(schedule, 1, "a");
    after(schedule, 1, "b");
    assert_int_equal(mjl_schedule_take(schedule, 5, &task), MJL_OK);
    assert_int_equal(mjl_schedule_take(schedule, 5, &task), MJL_BUSY);
    assert_int_equal(mjl_schedule_run_to(schedule, 5, 1, note, &ran), MJL_BUSY);
    assert_int_equal(mjl_schedule_run_to(schedule, 5, 0, note, &ran), MJL_BUSY);
    assert_int_equal(mjl_schedule_save(schedule, &saved), MJL_BUSY);
    assert_int_equal(mjl_schedule_header(schedule, &saved), MJL_BUSY);
    assert_int_equal(mjl_schedule_journal_next(schedule, &cursor, &change), MJL_BUSY);
    assert_int_equal(saved.size, 0);
    assert_int_equal(ran.count, 0);
    mjl_schedule_done(schedule);
    run_to(schedule, 5, &ran);
    assert_string_equal(ran.letters, "b");
    mjl_schedule_free(schedule);
}

static void a_host_that_stops_in_the_middle_loses_nothing(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_task task;
    trace ran = {0};
    after(schedule, 1, "a");
    after(schedule, 1, "b");
    assert_int_equal(mjl_schedule_take(schedule, 5, &task), MJL_OK);
    mjl_schedule_done(schedule); /* It failed; that is the host's affair. */
    assert_int_equal(mjl_schedule_now(schedule), 1);
    run_to(schedule, 5, &ran);
    assert_string_equal(ran.letters, "b");
    mjl_schedule_free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running_to_a_time_excludes_it_and_leaves_now_there),
        cmocka_unit_test(time_never_goes_back),
        cmocka_unit_test(next_due_is_when_running_really_runs_something),
        cmocka_unit_test(a_task_is_told_its_own_tick_and_the_hosts_time),
        cmocka_unit_test(a_jump_over_a_million_years_is_one_step),
        cmocka_unit_test(the_ends_of_time_work),
        cmocka_unit_test(a_spent_budget_is_reported_and_nothing_is_lost),
        cmocka_unit_test(a_task_that_always_schedules_itself_at_once_only_spends_the_budget),
        cmocka_unit_test(running_and_saving_from_inside_a_task_are_refused),
        cmocka_unit_test(a_host_that_stops_in_the_middle_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
