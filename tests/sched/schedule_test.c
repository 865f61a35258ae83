/* Each rule of the schedule, one by one; and the scenarios of the systems before it. */
#include "sched_test.h"
#include "trace.h"

/* ---- Order ---- */

static void tasks_run_by_due_tick_then_in_the_order_of_scheduling(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    after(schedule, 2, "b");
    after(schedule, 1, "a");
    after(schedule, 2, "c");
    run_to(schedule, 3, &ran);
    assert_string_equal(ran.letters, "abc");
    assert_int_equal(ran.ticks[2], 2);
    mjl_schedule_free(schedule);
}

static void delta_zero_is_the_end_of_the_current_tick(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(10);
    trace ran = {.adds_when = 'a', .adds_delta = 0, .adds = "c"};
    after(schedule, 1, "d");
    after(schedule, 0, "a");
    after(schedule, 0, "b");
    assert_int_equal(ran.count, 0); /* Never synchronous. */
    run_to(schedule, 12, &ran);
    assert_string_equal(ran.letters, "abcd");
    assert_int_equal(ran.ticks[2], 10);
    mjl_schedule_free(schedule);
}

static void what_was_queued_runs_before_what_is_added_to_its_tick(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {.adds_when = 'a', .adds_delta = 1, .adds = "c"};
    after(schedule, 2, "b");
    after(schedule, 1, "a");
    run_to(schedule, 3, &ran);
    assert_string_equal(ran.letters, "abc");
    mjl_schedule_free(schedule);
}

static void order_holds_when_tasks_are_scheduled_from_far_and_from_near(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    mjl_time due = 0;
    after(schedule, 100000, "a");
    run_to(schedule, 90000, &ran);
    after(schedule, 10000, "b");
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    run_to(schedule, 99990, &ran);
    after(schedule, 10, "c");
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    assert_int_equal(due, 100001);
    after(schedule, 10, "d");
    run_to(schedule, due, &ran);
    assert_string_equal(ran.letters, "abcd");
    mjl_schedule_free(schedule);
}

static void a_nearer_task_may_come_after_next_due_was_asked(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(5);
    trace ran = {0};
    mjl_time due = 0;
    after(schedule, 1 << 20, "d");
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    after(schedule, 300, "c");
    after(schedule, 0, "a");
    const uint64_t never = after(schedule, 200, "x");
    after(schedule, 200, "b");
    assert_int_equal(mjl_schedule_next_due(schedule, &due), MJL_OK);
    assert_int_equal(due, 6);
    assert_true(mjl_schedule_cancel(schedule, never));
    assert_true(mjl_schedule_check(schedule));
    run_to(schedule, 1 << 21, &ran);
    assert_string_equal(ran.letters, "abcd");
    mjl_schedule_free(schedule);
}

/* ---- Ids ---- */

static void ids_ascend_and_are_never_reused(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    uint64_t last = MJL_TASK_ID_NONE;
    for (size_t i = 0; i < 200; i++) {
        const uint64_t id = after(schedule, 1, "a");
        assert_true(id > last);
        last = id;
        if (i % 2 == 0) mjl_schedule_cancel(schedule, id);
    }
    mjl_schedule_free(schedule);
}

static void a_stale_id_names_nothing_even_when_its_room_is_used_again(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    const uint64_t stale = after(schedule, 5, "a");
    assert_true(mjl_schedule_cancel(schedule, stale));
    after(schedule, 5, "b");
    assert_false(mjl_schedule_cancel(schedule, stale));
    assert_int_equal(mjl_schedule_renew(schedule, stale, 1, NULL), MJL_NOT_FOUND);
    assert_int_equal(mjl_schedule_status(schedule, stale, NULL), MJL_TASK_NOT_PENDING);
    assert_int_equal(mjl_schedule_count(schedule), 1);
    mjl_schedule_free(schedule);
}

static void arguments_may_name_the_id_that_comes_next(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    const uint64_t first = after(schedule, 1, "a");
    const uint64_t expected = first + 1;
    uint64_t id = 0;
    assert_int_equal(
        mjl_schedule_after(schedule, 1, KIND_B, mjl_bytes_of(&expected, sizeof expected), &id),
        MJL_OK);
    assert_int_equal(id, expected);
    mjl_schedule_free(schedule);
}

/* ---- Cancel, renew, status ---- */

static void cancelled_task_never_runs(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    const uint64_t id = after(schedule, 1, "x");
    after(schedule, 1, "a");
    assert_true(mjl_schedule_cancel(schedule, id));
    assert_false(mjl_schedule_cancel(schedule, id));
    run_to(schedule, 5, &ran);
    assert_string_equal(ran.letters, "a");
    mjl_schedule_free(schedule);
}

static void cancelling_what_is_not_pending_changes_not_a_byte(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    const uint64_t done = after(schedule, 1, "a");
    after(schedule, 9, "b");
    run_to(schedule, 5, &ran);
    mjl_buffer before = saved_of(schedule);
    static const uint64_t others[] = {0, 77, UINT64_MAX};
    assert_false(mjl_schedule_cancel(schedule, done));
    for (size_t i = 0; i < 3; i++) {
        assert_false(mjl_schedule_cancel(schedule, others[i]));
        assert_int_equal(mjl_schedule_renew(schedule, others[i], 3, NULL), MJL_NOT_FOUND);
    }
    mjl_buffer later = saved_of(schedule);
    assert_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&later));
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&later);
    mjl_schedule_free(schedule);
}

static void a_task_cancels_a_later_one_of_its_own_tick(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    mjl_task task;
    after(schedule, 1, "a");
    const uint64_t later = after(schedule, 1, "x");
    assert_int_equal(mjl_schedule_take(schedule, 2, &task), MJL_OK);
    assert_true(mjl_schedule_cancel(schedule, later));
    mjl_schedule_done(schedule);
    run_to(schedule, 9, &ran);
    assert_int_equal(ran.count, 0);
    mjl_schedule_free(schedule);
}

static void a_running_task_can_neither_cancel_nor_renew_itself(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_task task;
    const uint64_t id = after(schedule, 1, "a");
    assert_int_equal(mjl_schedule_take(schedule, 2, &task), MJL_OK);
    assert_int_equal(mjl_schedule_status(schedule, id, NULL), MJL_TASK_RUNNING);
    assert_false(mjl_schedule_cancel(schedule, id));
    assert_int_equal(mjl_schedule_renew(schedule, id, 1, NULL), MJL_NOT_FOUND);
    mjl_schedule_done(schedule);
    assert_int_equal(mjl_schedule_take(schedule, 100, &task), MJL_EMPTY);
    mjl_schedule_free(schedule);
}

static void a_renewed_task_has_a_new_id_and_is_last_of_its_tick(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    uint64_t renewed = 0;
    const uint64_t id = after(schedule, 1, "b");
    after(schedule, 5, "a");
    assert_int_equal(mjl_schedule_renew(schedule, id, 5, &renewed), MJL_OK);
    assert_true(renewed > id);
    assert_int_equal(mjl_schedule_status(schedule, id, NULL), MJL_TASK_NOT_PENDING);
    run_to(schedule, 10, &ran);
    assert_string_equal(ran.letters, "ab");
    mjl_schedule_free(schedule);
}

static void renewing_counts_from_now_not_from_the_old_deadline(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    trace ran = {0};
    mjl_task task;
    uint64_t id = after(schedule, 50, "a");
    run_to(schedule, 20, &ran);
    assert_int_equal(mjl_schedule_renew(schedule, id, 10, &id), MJL_OK);
    assert_int_equal(mjl_schedule_status(schedule, id, &task), MJL_TASK_PENDING);
    assert_int_equal(task.due, 30);
    mjl_schedule_free(schedule);
}

static void status_shows_a_task_before_while_and_after_it_runs(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(100);
    mjl_task task;
    assert_int_equal(mjl_schedule_status(schedule, 1, NULL), MJL_TASK_NOT_PENDING);
    const uint64_t id = after(schedule, 7, "args");
    assert_int_equal(mjl_schedule_status(schedule, id, &task), MJL_TASK_PENDING);
    assert_int_equal(task.due, 107);
    assert_int_equal(task.kind, KIND_A);
    assert_bytes_equal(task.args, mjl_bytes_text("args"));
    assert_int_equal(mjl_schedule_take(schedule, 200, &task), MJL_OK);
    assert_int_equal(mjl_schedule_status(schedule, id, &task), MJL_TASK_RUNNING);
    assert_int_equal(task.until, 200);
    mjl_schedule_done(schedule);
    assert_int_equal(mjl_schedule_status(schedule, id, NULL), MJL_TASK_NOT_PENDING);
    mjl_schedule_free(schedule);
}

static void pending_ids_are_listed_in_order(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    uint64_t ids[2];
    const uint64_t first = after(schedule, 9, "a");
    const uint64_t gone = after(schedule, 1, "b");
    const uint64_t last = after(schedule, 2, "c");
    mjl_schedule_cancel(schedule, gone);
    assert_int_equal(mjl_schedule_count(schedule), 2);
    mjl_schedule_ids(schedule, ids);
    assert_int_equal(ids[0], first);
    assert_int_equal(ids[1], last);
    mjl_schedule_free(schedule);
}

/* ---- Arguments ---- */

static void bad_arguments_are_refused_and_change_nothing(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    uint8_t large[MJL_TASK_ARGS_MAX + 1] = {0};
    uint64_t id = 0;
    const mjl_bytes none = mjl_bytes_of(NULL, 0);
    mjl_buffer before = saved_of(schedule);
    assert_int_equal(mjl_schedule_after(schedule, -1, KIND_A, none, &id), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_schedule_after(schedule, 1, 77, none, &id), MJL_UNKNOWN_KIND);
    assert_int_equal(
        mjl_schedule_after(schedule, 1, KIND_A, mjl_bytes_of(large, sizeof large), &id),
        MJL_TOO_LARGE);
    mjl_buffer later = saved_of(schedule);
    assert_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&later));
    const uint64_t good = after(schedule, 1, "a");
    assert_int_equal(mjl_schedule_renew(schedule, good, -1, &id), MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_schedule_status(schedule, good, NULL), MJL_TASK_PENDING);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&later);
    mjl_schedule_free(schedule);
}

static void arguments_of_every_size_come_back(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 31, 32, 33, 100, MJL_TASK_ARGS_MAX};
    uint8_t bytes[MJL_TASK_ARGS_MAX];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    mjl_schedule *schedule = schedule_at(0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint64_t id = 0;
        const mjl_bytes args = mjl_bytes_of(bytes, sizes[i]);
        assert_int_equal(mjl_schedule_after(schedule, 5, KIND_FAR, args, &id), MJL_OK);
        if (i % 2 == 0) assert_int_equal(mjl_schedule_renew(schedule, id, 5, &id), MJL_OK);
        after(schedule, 6, "a");
    }
    mjl_task task;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(mjl_schedule_take(schedule, 6, &task), MJL_OK);
        after(schedule, 1, "x"); /* Must not disturb the arguments of the running one. */
        assert_bytes_equal(task.args, mjl_bytes_of(bytes, sizes[i]));
        mjl_schedule_done(schedule);
    }
    assert_true(mjl_schedule_check(schedule));
    mjl_schedule_free(schedule);
}

static void kinds_have_names(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    assert_string_equal(mjl_schedule_kind_name(schedule, KIND_B), "b");
    assert_string_equal(mjl_schedule_kind_name(schedule, KIND_FAR), "far");
    assert_null(mjl_schedule_kind_name(schedule, 0));
    assert_null(mjl_schedule_kind_name(schedule, 4));
    assert_null(mjl_schedule_kind_name(schedule, 901));
    mjl_schedule_free(schedule);
}

/* ---- Jitter ---- */

static void jitter_is_saved_with_the_schedule(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    mjl_schedule_jitter(schedule, 1000);
    mjl_buffer saved = saved_of(schedule);
    mjl_schedule *loaded = NULL;
    assert_int_equal(mjl_schedule_load(test_kinds, mjl_buffer_bytes(&saved), &loaded), MJL_OK);
    for (uint64_t max = 0; max < 100; max++) {
        const uint64_t value = mjl_schedule_jitter(schedule, max);
        assert_true(value <= max);
        assert_int_equal(mjl_schedule_jitter(loaded, max), value);
    }
    assert_int_equal(mjl_schedule_jitter(schedule, UINT64_MAX),
                     mjl_schedule_jitter(loaded, UINT64_MAX));
    mjl_buffer_clear(&saved);
    mjl_schedule_free(loaded);
    mjl_schedule_free(schedule);
}

static void jitter_reaches_every_value(void **state)
{
    (void)state;
    mjl_schedule *schedule = schedule_at(0);
    size_t seen[3] = {0};
    for (size_t i = 0; i < 3000; i++)
        seen[mjl_schedule_jitter(schedule, 2)]++;
    for (size_t i = 0; i < 3; i++)
        assert_in_range(seen[i], 850, 1150);
    mjl_schedule_free(schedule);
}

/* ---- Scenarios of the ancestors (hs-schedule) ---- */

/* Each run with n > 0 schedules n - 1 after 1 and looks at it at once. */
static void countdown_step(void *context, mjl_schedule *schedule, const mjl_task *task)
{
    int *expected = (int *)context;
    const uint8_t n = task->args.data[0];
    assert_int_equal(n, *expected);
    (*expected)--;
    if (n == 0) return;
    const uint8_t next = (uint8_t)(n - 1);
    uint64_t id = 0;
    mjl_task seen;
    assert_int_equal(mjl_schedule_after(schedule, 1, KIND_A, mjl_bytes_of(&next, 1), &id), MJL_OK);
    assert_int_equal(mjl_schedule_status(schedule, id, &seen), MJL_TASK_PENDING);
    assert_int_equal(seen.due, mjl_schedule_now(schedule) + 1);
    assert_int_equal(seen.args.data[0], next);
}

static void countdown_reaches_zero(bool is_ticking)
{
    mjl_schedule *schedule = schedule_at(0);
    int expected = 17;
    const uint8_t first = 17;
    uint64_t id = 0;
    mjl_time due = 0;
    assert_int_equal(mjl_schedule_after(schedule, 1, KIND_A, mjl_bytes_of(&first, 1), &id), MJL_OK);
    while (mjl_schedule_next_due(schedule, &due) == MJL_OK) {
        const mjl_time until = is_ticking ? mjl_schedule_now(schedule) + 1 : due;
        assert_int_equal(mjl_schedule_run_to(schedule, until, 1, countdown_step, &expected),
                         MJL_OK);
        assert_true(mjl_schedule_check(schedule));
    }
    assert_int_equal(expected, -1);
    assert_true(mjl_schedule_now(schedule) > 17);
    assert_int_equal(mjl_schedule_count(schedule), 0);
    mjl_schedule_free(schedule);
}

static void countdown_from_17_by_sleeping_until_due(void **state)
{
    (void)state;
    countdown_reaches_zero(false);
}

static void countdown_from_17_with_a_tick_every_millisecond(void **state)
{
    (void)state;
    countdown_reaches_zero(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_by_due_tick_then_in_the_order_of_scheduling),
        cmocka_unit_test(delta_zero_is_the_end_of_the_current_tick),
        cmocka_unit_test(what_was_queued_runs_before_what_is_added_to_its_tick),
        cmocka_unit_test(order_holds_when_tasks_are_scheduled_from_far_and_from_near),
        cmocka_unit_test(a_nearer_task_may_come_after_next_due_was_asked),
        cmocka_unit_test(ids_ascend_and_are_never_reused),
        cmocka_unit_test(a_stale_id_names_nothing_even_when_its_room_is_used_again),
        cmocka_unit_test(arguments_may_name_the_id_that_comes_next),
        cmocka_unit_test(cancelled_task_never_runs),
        cmocka_unit_test(cancelling_what_is_not_pending_changes_not_a_byte),
        cmocka_unit_test(a_task_cancels_a_later_one_of_its_own_tick),
        cmocka_unit_test(a_running_task_can_neither_cancel_nor_renew_itself),
        cmocka_unit_test(a_renewed_task_has_a_new_id_and_is_last_of_its_tick),
        cmocka_unit_test(renewing_counts_from_now_not_from_the_old_deadline),
        cmocka_unit_test(status_shows_a_task_before_while_and_after_it_runs),
        cmocka_unit_test(pending_ids_are_listed_in_order),
        cmocka_unit_test(bad_arguments_are_refused_and_change_nothing),
        cmocka_unit_test(arguments_of_every_size_come_back),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(jitter_is_saved_with_the_schedule),
        cmocka_unit_test(jitter_reaches_every_value),
        cmocka_unit_test(countdown_from_17_by_sleeping_until_due),
        cmocka_unit_test(countdown_from_17_with_a_tick_every_millisecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
