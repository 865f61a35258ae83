/* Expectations: named future results, deadlines that warn, settling that retracts. */
#include "expect_room.h"

static mjl_bytes text(const char *name)
{
    return mjl_bytes_text(name);
}

static uint64_t expect(room *here, const char *name, uint64_t waiter, int64_t deadline)
{
    const mjl_expect_request request = {.name = text(name), .waiter = waiter, .deadline = deadline};
    mjl_expect_state state = MJL_EXPECT_UNKNOWN;
    uint64_t id = 0;
    assert_int_equal(mjl_expect(here->set, here->schedule, &request, &state, &id, NULL), MJL_OK);
    assert_int_equal(state, MJL_EXPECT_WAITING);
    assert_int_not_equal(id, 0);
    return id;
}

static bool settle(room *here, const char *name, const char *result)
{
    bool is_first = false;
    assert_int_equal(
        mjl_expectations_settle(here->set, here->schedule, text(name), text(result), &is_first),
        MJL_OK);
    return is_first;
}

/* The waiters told, as letters of their numbers: 1 is 'a'; overdue ones are capitals. */
static void assert_told(room *here, const char *expected)
{
    char told[32] = {0};
    size_t count = 0;
    mjl_expectation one;
    while (mjl_expectations_next_settled(here->set, &one) == MJL_OK) {
        assert_true(count < sizeof told - 1);
        told[count++] = (char)((one.is_overdue ? 'A' : 'a') + (int)one.waiter - 1);
    }
    assert_string_equal(told, expected);
    check_room(here);
}

static void run_to(room *here, mjl_time until)
{
    mjl_task task;
    while (mjl_schedule_take(here->schedule, until, &task) == MJL_OK) {
        mjl_expect_event event;
        mjl_expectation one;
        if (mjl_expectations_fired(here->set, here->schedule, &task, &event, &one) == MJL_OK) {
            here->overdue += event == MJL_EXPECT_OVERDUE;
            here->tries += event == MJL_EXPECT_TRY;
            if (event == MJL_EXPECT_OVERDUE) here->last_overdue = one.waiter;
        }
        mjl_schedule_done(here->schedule);
        check_room(here);
    }
}

static mjl_expect_state state_of(const room *here, const char *name)
{
    return mjl_expectations_state(here->set, text(name), NULL);
}

/* ---- Deadlines ---- */

static void a_deadline_that_passes_makes_it_overdue_once(void **state)
{
    (void)state;
    room here = open_room();
    const uint64_t id = expect(&here, "ack", 7, 50);
    run_to(&here, 1050);
    assert_int_equal(here.overdue, 0);
    run_to(&here, 1051);
    assert_int_equal(here.overdue, 1);
    assert_int_equal(here.last_overdue, 7);
    run_to(&here, 9000);
    assert_int_equal(here.overdue, 1);
    mjl_expectation one;
    assert_int_equal(mjl_expectations_get(here.set, id, &one), MJL_OK);
    assert_true(one.is_overdue);
    assert_int_equal(one.deadline, 1050);
    close_room(&here);
}

static void what_is_overdue_may_still_be_met_which_retracts_the_warning(void **state)
{
    (void)state;
    room here = open_room();
    expect(&here, "ack", 1, 50);
    run_to(&here, 2000);
    assert_true(settle(&here, "ack", "late"));
    assert_told(&here, "A");
    close_room(&here);
}

static void what_is_met_in_time_never_warns(void **state)
{
    (void)state;
    room here = open_room();
    expect(&here, "ack", 1, 50);
    settle(&here, "ack", "");
    assert_told(&here, "a");
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    run_to(&here, 2000);
    assert_int_equal(here.overdue, 0);
    close_room(&here);
}

static void each_waiter_has_its_own_deadline(void **state)
{
    (void)state;
    room here = open_room();
    expect(&here, "ack", 1, 50);
    expect(&here, "ack", 2, 500);
    expect(&here, "ack", 3, MJL_NO_DEADLINE);
    run_to(&here, 1100);
    assert_int_equal(here.overdue, 1);
    settle(&here, "ack", "");
    assert_told(&here, "Abc");
    close_room(&here);
}

/* ---- Settling ---- */

static void settling_is_first_wins(void **state)
{
    (void)state;
    room here = open_room();
    mjl_bytes result;
    assert_true(settle(&here, "name", "first"));
    assert_false(settle(&here, "name", "second"));
    assert_int_equal(mjl_expectations_state(here.set, text("name"), &result), MJL_EXPECT_SETTLED);
    assert_bytes_equal(result, text("first"));
    close_room(&here);
}

static void settling_returns_the_waiters_in_the_order_they_came(void **state)
{
    (void)state;
    room here = open_room();
    expect(&here, "n", 3, 10);
    expect(&here, "n", 1, 500);
    expect(&here, "other", 9, 10);
    expect(&here, "n", 2, 10);
    settle(&here, "n", "r");
    assert_told(&here, "cab");
    assert_int_equal(mjl_expectations_count(here.set), 1);
    close_room(&here);
}

static void expecting_what_is_settled_answers_at_once_and_arms_nothing(void **state)
{
    (void)state;
    room here = open_room();
    settle(&here, "n", "done");
    const mjl_intervals often = mjl_intervals_constant(5);
    const mjl_expect_request request = {
        .name = text("n"), .waiter = 1, .deadline = 10, .intervals = &often};
    mjl_expect_state answer = MJL_EXPECT_UNKNOWN;
    uint64_t id = 99;
    mjl_bytes result;
    assert_int_equal(mjl_expect(here.set, here.schedule, &request, &answer, &id, &result), MJL_OK);
    assert_int_equal(answer, MJL_EXPECT_SETTLED);
    assert_int_equal(id, 0);
    assert_bytes_equal(result, text("done"));
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    assert_int_equal(mjl_expectations_count(here.set), 0);
    close_room(&here);
}

static void a_settled_waiter_carries_name_waiter_and_result(void **state)
{
    (void)state;
    room here = open_room();
    mjl_expectation one;
    const uint64_t id = expect(&here, "n", 42, 10);
    settle(&here, "n", "result");
    /* Forgotten meanwhile: the waiter is told all the same. */
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("n")), MJL_OK);
    assert_int_equal(mjl_expectations_next_settled(here.set, &one), MJL_OK);
    assert_int_equal(one.id, id);
    assert_int_equal(one.waiter, 42);
    assert_bytes_equal(one.name, text("n"));
    assert_bytes_equal(one.result, text("result"));
    assert_int_equal(mjl_expectations_next_settled(here.set, &one), MJL_EMPTY);
    close_room(&here);
}

static void saving_waits_until_all_were_told(void **state)
{
    (void)state;
    room here = open_room();
    mjl_buffer out = {0};
    mjl_expect_cursor cursor = {0};
    mjl_expect_change change;
    expect(&here, "n", 1, 10);
    settle(&here, "n", "");
    assert_int_equal(mjl_expectations_save(here.set, &out), MJL_BUSY);
    assert_int_equal(mjl_expectations_header(here.set, &out), MJL_BUSY);
    assert_int_equal(mjl_expectations_journal_next(here.set, &cursor, &change), MJL_BUSY);
    assert_told(&here, "a");
    assert_int_equal(mjl_expectations_save(here.set, &out), MJL_OK);
    mjl_buffer_clear(&out);
    close_room(&here);
}

/* ---- Monitors ---- */

static void a_monitor_tries_until_the_name_is_settled_also_when_overdue(void **state)
{
    (void)state;
    room here = open_room();
    const mjl_intervals often = mjl_intervals_constant(20);
    const mjl_expect_request request = {
        .name = text("n"), .waiter = 1, .deadline = 50, .intervals = &often};
    mjl_expect_state answer;
    uint64_t id = 0;
    assert_int_equal(mjl_expect(here.set, here.schedule, &request, &answer, &id, NULL), MJL_OK);
    for (mjl_time now = 1001; now <= 1101; now++)
        run_to(&here, now);
    assert_int_equal(here.tries, 5);
    assert_int_equal(here.overdue, 1);
    settle(&here, "n", "");
    assert_told(&here, "A");
    run_to(&here, 5000);
    assert_int_equal(here.tries, 5);
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    close_room(&here);
}

static void an_expectations_monitor_can_be_poked(void **state)
{
    (void)state;
    room here = open_room();
    const mjl_intervals rare = mjl_intervals_constant(100000);
    const mjl_expect_request request = {
        .name = text("n"), .deadline = MJL_NO_DEADLINE, .intervals = &rare};
    mjl_expect_state answer;
    uint64_t id = 0;
    assert_int_equal(mjl_expect(here.set, here.schedule, &request, &answer, &id, NULL), MJL_OK);
    mjl_monitor *monitor = mjl_expectations_monitor(here.set, id);
    assert_non_null(monitor);
    assert_int_equal(mjl_monitor_poke(monitor, here.schedule), MJL_OK);
    run_to(&here, 1001);
    assert_int_equal(here.tries, 1);
    assert_null(mjl_expectations_monitor(here.set, id + 1));
    close_room(&here);
}

/* ---- Cancelling and forgetting ---- */

static void a_cancelled_expectation_is_never_told_and_others_stay(void **state)
{
    (void)state;
    room here = open_room();
    mjl_expectation gone;
    const uint64_t id = expect(&here, "n", 1, 10);
    expect(&here, "n", 2, 10);
    assert_int_equal(mjl_expectations_cancel(here.set, here.schedule, id, &gone), MJL_OK);
    assert_bytes_equal(gone.name, text("n"));
    assert_int_equal(gone.waiter, 1);
    assert_int_equal(mjl_expectations_cancel(here.set, here.schedule, id, NULL), MJL_NOT_FOUND);
    settle(&here, "n", "");
    assert_told(&here, "b");
    close_room(&here);
}

static void cancelling_the_last_waiter_ends_the_name(void **state)
{
    (void)state;
    room here = open_room();
    const uint64_t id = expect(&here, "n", 1, 10);
    assert_int_equal(state_of(&here, "n"), MJL_EXPECT_WAITING);
    assert_int_equal(mjl_expectations_cancel(here.set, here.schedule, id, NULL), MJL_OK);
    assert_int_equal(state_of(&here, "n"), MJL_EXPECT_UNKNOWN);
    assert_int_equal(mjl_expectations_names_count(here.set), 0);
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    close_room(&here);
}

static void a_bundle_is_cancelled_together_and_the_second_time_is_empty(void **state)
{
    (void)state;
    room here = open_room();
    mjl_expect_state answer;
    static const char *const names[] = {"a", "b", "c"};
    for (uint64_t i = 0; i < 3; i++) {
        const mjl_expect_request request = {
            .name = text(names[i]), .waiter = i + 1, .deadline = 10, .bundle = i == 1 ? 6 : 5};
        assert_int_equal(mjl_expect(here.set, here.schedule, &request, &answer, NULL, NULL),
                         MJL_OK);
    }
    assert_int_equal(mjl_expectations_cancel_bundle(here.set, here.schedule, 5), 2);
    assert_int_equal(mjl_expectations_cancel_bundle(here.set, here.schedule, 5), 0);
    assert_int_equal(mjl_expectations_count(here.set), 1);
    run_to(&here, 2000);
    assert_int_equal(here.overdue, 1);
    close_room(&here);
}

static void a_forgotten_name_is_as_if_never_expected(void **state)
{
    (void)state;
    room here = open_room();
    expect(&here, "n", 1, 10);
    settle(&here, "done", "r");
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("n")), MJL_OK);
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("done")), MJL_OK);
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("n")), MJL_NOT_FOUND);
    assert_int_equal(mjl_expectations_names_count(here.set), 0);
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    assert_true(settle(&here, "done", "again"));
    assert_told(&here, "");
    close_room(&here);
}

/* ---- Combinations ---- */

static mjl_result combine(room *here, mjl_expect_rule rule, const char *name, const char *first,
                          const char *second)
{
    const mjl_bytes parts[2] = {text(first), text(second)};
    return mjl_expectations_combine(here->set, here->schedule, rule, text(name), parts, 2);
}

static void all_of_settles_when_every_part_is(void **state)
{
    (void)state;
    room here = open_room();
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "a", "b"), MJL_OK);
    expect(&here, "all", 1, 10);
    expect(&here, "a", 2, 10);
    settle(&here, "a", "ra");
    assert_told(&here, "b");
    assert_int_equal(state_of(&here, "all"), MJL_EXPECT_WAITING);
    settle(&here, "b", "rb");
    assert_told(&here, "a");
    assert_int_equal(state_of(&here, "all"), MJL_EXPECT_SETTLED);
    close_room(&here);
}

static void any_of_settles_with_the_first_result_and_lets_the_others_go(void **state)
{
    (void)state;
    room here = open_room();
    mjl_bytes result;
    assert_int_equal(combine(&here, MJL_EXPECT_ANY_OF, "any", "a", "b"), MJL_OK);
    expect(&here, "any", 1, 10);
    settle(&here, "b", "rb");
    assert_told(&here, "a");
    assert_int_equal(mjl_expectations_state(here.set, text("any"), &result), MJL_EXPECT_SETTLED);
    assert_bytes_equal(result, text("rb"));
    assert_int_equal(state_of(&here, "a"), MJL_EXPECT_UNKNOWN);
    settle(&here, "a", "ra");
    assert_told(&here, "");
    close_room(&here);
}

static void combinations_see_what_was_settled_before(void **state)
{
    (void)state;
    room here = open_room();
    settle(&here, "a", "ra");
    settle(&here, "b", "rb");
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "a", "b"), MJL_OK);
    assert_int_equal(state_of(&here, "all"), MJL_EXPECT_SETTLED);
    assert_int_equal(combine(&here, MJL_EXPECT_ANY_OF, "any", "x", "b"), MJL_OK);
    assert_int_equal(state_of(&here, "any"), MJL_EXPECT_SETTLED);
    assert_int_equal(state_of(&here, "x"), MJL_EXPECT_UNKNOWN);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "half", "a", "y"), MJL_OK);
    assert_int_equal(state_of(&here, "half"), MJL_EXPECT_WAITING);
    assert_told(&here, "");
    close_room(&here);
}

static void combinations_combine(void **state)
{
    (void)state;
    room here = open_room();
    assert_int_equal(combine(&here, MJL_EXPECT_ANY_OF, "any", "c", "d"), MJL_OK);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "a", "any"), MJL_OK);
    assert_int_equal(combine(&here, MJL_EXPECT_ANY_OF, "top", "all", "z"), MJL_OK);
    expect(&here, "top", 1, 10);
    expect(&here, "any", 2, 10);
    settle(&here, "a", "");
    settle(&here, "d", "");
    assert_told(&here, "ba");
    assert_int_equal(state_of(&here, "z"), MJL_EXPECT_UNKNOWN);
    assert_int_equal(state_of(&here, "c"), MJL_EXPECT_UNKNOWN);
    close_room(&here);
}

static void a_combination_settled_by_hand_lets_its_parts_go(void **state)
{
    (void)state;
    room here = open_room();
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "a", "b"), MJL_OK);
    assert_true(settle(&here, "all", "enough"));
    assert_int_equal(mjl_expectations_names_count(here.set), 1);
    close_room(&here);
}

static void a_part_is_not_forgotten_before_its_combination(void **state)
{
    (void)state;
    room here = open_room();
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "a", "b"), MJL_OK);
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("a")), MJL_WRONG_STATE);
    assert_int_equal(mjl_expectations_forget(here.set, here.schedule, text("all")), MJL_OK);
    assert_int_equal(mjl_expectations_names_count(here.set), 0);
    close_room(&here);
}

static void bad_combinations_are_refused_and_change_nothing(void **state)
{
    (void)state;
    room here = open_room();
    const mjl_bytes one = text("a");
    expect(&here, "old", 1, 10);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "old", "a", "b"), MJL_WRONG_STATE);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "c", "a", "a"), MJL_BAD_ARGUMENT);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "c", "a", "c"), MJL_BAD_ARGUMENT);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "c", "a", ""), MJL_BAD_ARGUMENT);
    assert_int_equal(
        mjl_expectations_combine(here.set, here.schedule, MJL_EXPECT_ALL_OF, text("c"), &one, 0),
        MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_expectations_names_count(here.set), 1);
    close_room(&here);
}

/* ---- Arguments and questions ---- */

static void bad_requests_are_refused(void **state)
{
    (void)state;
    room here = open_room();
    static const uint8_t long_name[MJL_EXPECT_NAME_MAX + 1] = {1};
    static const uint8_t long_result[MJL_EXPECT_RESULT_MAX + 1] = {1};
    const mjl_intervals bad = mjl_intervals_constant(0);
    const mjl_expect_request requests[] = {
        {.name = text(""), .deadline = 1},
        {.name = mjl_bytes_of(long_name, sizeof long_name), .deadline = 1},
        {.name = text("n"), .deadline = -2},
        {.name = text("n"), .deadline = INT64_MAX},
        {.name = text("n"), .deadline = 1, .intervals = &bad},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        mjl_expect_state answer;
        assert_int_equal(mjl_expect(here.set, here.schedule, &requests[i], &answer, NULL, NULL),
                         MJL_BAD_ARGUMENT);
    }
    assert_int_equal(mjl_expectations_settle(here.set, here.schedule, text("n"),
                                             mjl_bytes_of(long_result, sizeof long_result), NULL),
                     MJL_TOO_LARGE);
    assert_int_equal(mjl_expectations_settle(here.set, here.schedule, text(""), text(""), NULL),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_expectations_names_count(here.set), 0);
    assert_int_equal(mjl_schedule_count(here.schedule), 0);
    close_room(&here);
}

static void waiters_are_found_and_listed(void **state)
{
    (void)state;
    room here = open_room();
    mjl_expectation one;
    const uint64_t first = expect(&here, "n", 5, 10);
    const uint64_t second = expect(&here, "m", 6, 10);
    assert_int_equal(combine(&here, MJL_EXPECT_ALL_OF, "all", "n", "m"), MJL_OK);
    const uint64_t third = expect(&here, "n", 7, 10);
    assert_int_equal(mjl_expectations_find(here.set, text("n"), 7, &one), MJL_OK);
    assert_int_equal(one.id, third);
    assert_int_equal(mjl_expectations_find(here.set, text("n"), 6, &one), MJL_NOT_FOUND);
    assert_int_equal(mjl_expectations_find(here.set, text("x"), 6, &one), MJL_NOT_FOUND);
    const uint64_t expected[] = {first, second, third}; /* Edges are not expectations. */
    uint64_t id = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mjl_expectations_list(here.set, &id, &one), MJL_OK);
        assert_int_equal(id, expected[i]);
        assert_int_equal(one.id, expected[i]);
    }
    assert_int_equal(mjl_expectations_list(here.set, &id, &one), MJL_EMPTY);
    assert_int_equal(mjl_expectations_count(here.set), 3);
    assert_int_equal(mjl_expectations_cancel(here.set, here.schedule, third - 1, NULL),
                     MJL_NOT_FOUND);
    close_room(&here);
}

static void a_foreign_task_means_nothing(void **state)
{
    (void)state;
    room here = open_room();
    mjl_expect_event event;
    mjl_expectation one;
    const uint64_t id = expect(&here, "n", 1, 10);
    assert_true(id < 128);
    const uint8_t args = (uint8_t)id;
    static const uint16_t kinds[] = {KIND_DEADLINE, KIND_TRY, KIND_OTHER};
    for (size_t i = 0; i < 3; i++) {
        const mjl_task task = {.id = 999, .kind = kinds[i], .args = mjl_bytes_of(&args, 1)};
        assert_int_equal(mjl_expectations_fired(here.set, here.schedule, &task, &event, &one),
                         MJL_NOT_FOUND);
    }
    close_room(&here);
}

static void ten_thousand_expectations_are_no_effort(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    room here = open_room();
    char name[32];
    for (uint64_t i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "message %llu", (unsigned long long)i);
        expect(&here, name, 1, (int64_t)(100 + i % 77));
    }
    for (uint64_t i = 0; i < COUNT; i += 2) {
        snprintf(name, sizeof name, "message %llu", (unsigned long long)i);
        settle(&here, name, "");
    }
    mjl_expectation one;
    size_t told = 0;
    while (mjl_expectations_next_settled(here.set, &one) == MJL_OK)
        told++;
    assert_int_equal(told, COUNT / 2);
    assert_int_equal(mjl_expectations_count(here.set), COUNT / 2);
    close_room(&here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_that_passes_makes_it_overdue_once),
        cmocka_unit_test(what_is_overdue_may_still_be_met_which_retracts_the_warning),
        cmocka_unit_test(what_is_met_in_time_never_warns),
        cmocka_unit_test(each_waiter_has_its_own_deadline),
        cmocka_unit_test(settling_is_first_wins),
        cmocka_unit_test(settling_returns_the_waiters_in_the_order_they_came),
        cmocka_unit_test(expecting_what_is_settled_answers_at_once_and_arms_nothing),
        cmocka_unit_test(a_settled_waiter_carries_name_waiter_and_result),
        cmocka_unit_test(saving_waits_until_all_were_told),
        cmocka_unit_test(a_monitor_tries_until_the_name_is_settled_also_when_overdue),
        cmocka_unit_test(an_expectations_monitor_can_be_poked),
        cmocka_unit_test(a_cancelled_expectation_is_never_told_and_others_stay),
        cmocka_unit_test(cancelling_the_last_waiter_ends_the_name),
        cmocka_unit_test(a_bundle_is_cancelled_together_and_the_second_time_is_empty),
        cmocka_unit_test(a_forgotten_name_is_as_if_never_expected),
        cmocka_unit_test(all_of_settles_when_every_part_is),
        cmocka_unit_test(any_of_settles_with_the_first_result_and_lets_the_others_go),
        cmocka_unit_test(combinations_see_what_was_settled_before),
        cmocka_unit_test(combinations_combine),
        cmocka_unit_test(a_combination_settled_by_hand_lets_its_parts_go),
        cmocka_unit_test(a_part_is_not_forgotten_before_its_combination),
        cmocka_unit_test(bad_combinations_are_refused_and_change_nothing),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(waiters_are_found_and_listed),
        cmocka_unit_test(a_foreign_task_means_nothing),
        cmocka_unit_test(ten_thousand_expectations_are_no_effort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
