/*
 * Warnings exactly when true: raised within one tick, told anew when they become graver or less so,
 * retracted by themselves, one per subject (session/README.md, "Warnings").
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum {
    MEMBERS = 3,
    HOUR_MS = 3600000,
    BC_LAT = MJL_BC_LAT_MS_QUICK,
    FA_INTV_MS = 2 * MJL_BC_LAT_MS_QUICK + MJL_M_INTV_MS_QUICK
};
static const mjl_time MONTH_MS = 30 * (mjl_time)24 * HOUR_MS;
static const mjl_time DECADE_MS = 3652 * (mjl_time)24 * HOUR_MS;

static mjl_warning_info only_warning_of(test_world *world, uint32_t node, mjl_warning_kind kind)
{
    mjl_warning_info info;
    mjl_warning_info found = {.number = 0};
    for (size_t i = 0; mjl_session_warning(world_session(world, node), i, &info) == MJL_OK; i++) {
        if (info.kind != kind) continue;
        assert_int_equal(found.number, 0);
        found = info;
    }
    assert_int_not_equal(found.number, 0);
    return found;
}

static size_t events_of(const test_world *world, uint32_t node, mjl_event_kind kind,
                        mjl_warning_kind of)
{
    size_t count = 0;
    for (size_t i = 0; i < world->nodes[node].events_count; i++) {
        const mjl_event *event = &world->nodes[node].events[i];
        count += event->kind == kind && event->warning_kind == of;
    }
    return count;
}

/* ---- Transports ---- */

static void transport_is(test_world *world, mjl_transport_id id, mjl_transport_state state)
{
    assert_int_equal(mjl_profile_transport_state(world_profile(world, 0), world->now, id, state),
                     MJL_OK);
    world_step(world, 0);
}

static void a_transport_is_warned_of_in_the_tick_after_bc_lat_and_not_once_it_is_up(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 501);
    transport_is(world, 7, MJL_TRANSPORT_CONNECTING);
    transport_is(world, 7, MJL_TRANSPORT_UP);
    transport_is(world, 7, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 0);
    world_run(world, 1);
    const mjl_warning_info info = only_warning_of(world, 0, MJL_WARNING_TRANSPORT_DOWN);
    assert_int_equal(mjl_warning_transport(&info.subject), 7);
    assert_int_equal(info.severity, MJL_SEVERITY_WARNING);
    assert_int_equal(info.missing.size, 0);
    transport_is(world, 7, MJL_TRANSPORT_CONNECTING); /* Trying again is not up. */
    world_run(world, HOUR_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    transport_is(world, 7, MJL_TRANSPORT_UP);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 0);
    world_run(world, HOUR_MS);
    assert_int_equal(events_of(world, 0, MJL_EVENT_WARNING, MJL_WARNING_TRANSPORT_DOWN), 1);
    assert_int_equal(events_of(world, 0, MJL_EVENT_WARNING_RETRACTED, MJL_WARNING_TRANSPORT_DOWN),
                     1);
    world_free(world);
}

static void a_transport_that_comes_back_within_bc_lat_alarms_nobody(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 502);
    for (int i = 0; i < 20; i++) {
        transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
        world_run(world, BC_LAT);
        transport_is(world, 1, MJL_TRANSPORT_UP);
        world_run(world, 10);
    }
    assert_int_equal(events_of(world, 0, MJL_EVENT_WARNING, MJL_WARNING_TRANSPORT_DOWN), 0);
    world_free(world);
}

static void it_is_a_notice_while_another_transport_carries_the_room(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 503);
    transport_is(world, 1, MJL_TRANSPORT_UP);
    transport_is(world, 2, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT + 1);
    assert_int_equal(only_warning_of(world, 0, MJL_WARNING_TRANSPORT_DOWN).severity,
                     MJL_SEVERITY_NOTICE);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    assert_int_equal(only_warning_of(world, 0, MJL_WARNING_TRANSPORT_DOWN).severity,
                     MJL_SEVERITY_NOTICE);
    world_run(world, BC_LAT + 1);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 2);
    const mjl_event *last = &world->nodes[0].events[world->nodes[0].events_count - 1];
    assert_int_equal(last->kind, MJL_EVENT_WARNING_CHANGED);
    assert_int_equal(mjl_warning_transport(&last->subject), 2);
    assert_int_equal(last->new_state, MJL_SEVERITY_WARNING);
    transport_is(world, 2, MJL_TRANSPORT_GONE);
    transport_is(world, 2, MJL_TRANSPORT_GONE);
    const mjl_warning_info left = only_warning_of(world, 0, MJL_WARNING_TRANSPORT_DOWN);
    assert_int_equal(mjl_warning_transport(&left.subject), 1);
    transport_is(world, 3, MJL_TRANSPORT_UP);
    assert_int_equal(only_warning_of(world, 0, MJL_WARNING_TRANSPORT_DOWN).severity,
                     MJL_SEVERITY_NOTICE);
    world_free(world);
}

static void after_opening_nothing_is_known_of_any_transport(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 504);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT + 1);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    world_reopen(world, 0);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 0);
    world_step(world, 0);
    assert_int_equal(events_of(world, 0, MJL_EVENT_WARNING_RETRACTED, MJL_WARNING_TRANSPORT_DOWN),
                     1);
    world_run(world, HOUR_MS);
    world_reopen(world, 0);
    world_step(world, 0);
    assert_int_equal(events_of(world, 0, MJL_EVENT_WARNING_RETRACTED, MJL_WARNING_TRANSPORT_DOWN),
                     1);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT + 1);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    world_free(world);
}

static void a_room_that_was_left_is_not_warned_of_transports(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 505);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT + 1);
    assert_int_equal(mjl_session_leave(world_session(world, 0), world->now), MJL_OK);
    world_step(world, 0);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    world_run(world, HOUR_MS);
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 0), &info);
    assert_int_equal(info.state, MJL_SESSION_PARTED);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 0);
    world_free(world);
}

static void who_waits_to_be_let_in_is_warned_of_transports_too(void **state)
{
    (void)state;
    test_world *const world = world_new(506, 1, 0);
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = mjl_bytes_text("room");
    mjl_session *session;
    assert_int_equal(mjl_session_join(world_profile(world, 0), world->now, &join, &session),
                     MJL_OK);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    world_run(world, BC_LAT + 1);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    world_free(world);
}

static void words_about_too_many_transports_or_none_are_refused(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 507);
    mjl_profile *const profile = world_profile(world, 0);
    assert_int_equal(mjl_profile_transport_state(profile, world->now, 0, MJL_TRANSPORT_UP),
                     MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_profile_transport_state(profile, world->now, 1, (mjl_transport_state)9),
                     MJL_BAD_ARGUMENT);
    for (mjl_transport_id id = 1; id <= MJL_TRANSPORTS_KNOWN_MAX; id++)
        transport_is(world, id, MJL_TRANSPORT_UP);
    assert_int_equal(mjl_profile_transport_state(profile, world->now, 100, MJL_TRANSPORT_UP),
                     MJL_FULL);
    transport_is(world, 5, MJL_TRANSPORT_GONE);
    transport_is(world, 100, MJL_TRANSPORT_UP);
    world_free(world);
}

/* ---- Severity ---- */

static void count_of_severity(test_world *world, mjl_severity severity, mjl_event_kind kind,
                              size_t expected)
{
    size_t count = 0;
    const world_node *node = &world->nodes[0];
    for (size_t i = 0; i < node->events_count; i++)
        count += node->events[i].kind == kind && node->events[i].new_state == severity;
    assert_int_equal(count, expected);
}

static void who_is_heard_again_is_missed_as_anybody_is(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 510);
    assert_int_equal(mjl_session_away(world_session(world, 2), world->now, 0), MJL_OK);
    world_step(world, 2);
    world_run(world, 2 * FA_INTV_MS);
    world_kill(world, 2);
    assert_true(world_say(world, 0, "while it is away"));
    world_run(world, 10 * FA_INTV_MS);
    const size_t notices = scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED) +
                           scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH);
    assert_int_equal(notices, 2);
    count_of_severity(world, MJL_SEVERITY_NOTICE, MJL_EVENT_WARNING, 2);
    const mjl_network_link cut = {.is_cut = true};
    for (uint32_t i = 0; i < 2; i++)
        mjl_network_set_link(world->network, i, 2, &cut); /* It is heard and hears nothing. */
    world_reopen(world, 2);
    assert_true(world_say(world, 2, "I am back"));
    while (world_heard(&world->nodes[0], "I am back") == 0)
        world_run(world, 1);
    count_of_severity(world, MJL_SEVERITY_WARNING, MJL_EVENT_WARNING_CHANGED, 2);
    world_run(world, HOUR_MS);
    count_of_severity(world, MJL_SEVERITY_WARNING, MJL_EVENT_WARNING_CHANGED, 2);
    world_free(world);
}

static void absence_declared_while_it_is_missed_makes_a_notice_of_the_warning(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 512);
    const mjl_network_link cut = {.is_cut = true};
    for (uint32_t i = 0; i < 2; i++)
        mjl_network_set_link(world->network, i, 2, &cut);
    assert_true(world_say(world, 0, "what it does not get"));
    world_run(world, FA_INTV_MS + 1);
    assert_int_equal(only_warning_of(world, 0, MJL_WARNING_NOT_FULLY_ACKED).severity,
                     MJL_SEVERITY_WARNING);
    assert_int_equal(mjl_session_away(world_session(world, 2), world->now, 0), MJL_OK);
    world_step(world, 2);
    world_run(world, 100);
    assert_int_equal(only_warning_of(world, 0, MJL_WARNING_NOT_FULLY_ACKED).severity,
                     MJL_SEVERITY_NOTICE);
    count_of_severity(world, MJL_SEVERITY_NOTICE, MJL_EVENT_WARNING_CHANGED, 1);
    world_free(world);
}

static void an_end_of_absence_is_told_in_the_tick_after_it(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 511);
    assert_int_equal(mjl_session_away(world_session(world, 2), world->now, 10 * FA_INTV_MS),
                     MJL_OK);
    world_step(world, 2);
    while (world_count(&world->nodes[0], MJL_EVENT_MEMBER_AWAY) == 0)
        world_run(world, 1);
    const mjl_time until = world->now + 10 * FA_INTV_MS;
    world_run(world, 100);
    world_kill(world, 2);
    assert_true(world_say(world, 0, "while it is away"));
    world_run(world, until - world->now);
    count_of_severity(world, MJL_SEVERITY_NOTICE, MJL_EVENT_WARNING, 2); /* Its freshness too. */
    count_of_severity(world, MJL_SEVERITY_WARNING, MJL_EVENT_WARNING_CHANGED, 0);
    world_run(world, 1);
    count_of_severity(world, MJL_SEVERITY_WARNING, MJL_EVENT_WARNING_CHANGED, 2);
    world_run(world, MONTH_MS);
    count_of_severity(world, MJL_SEVERITY_WARNING, MJL_EVENT_WARNING_CHANGED, 2);
    world_free(world);
}

/* ---- Not fully acked ---- */

static void a_message_is_at_risk_in_the_tick_after_fa_intv(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 520);
    world_kill(world, 1);
    assert_true(world_say(world, 0, "for everybody"));
    world_run(world, FA_INTV_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED), 0);
    world_run(world, 1);
    const mjl_warning_info info = only_warning_of(world, 0, MJL_WARNING_NOT_FULLY_ACKED);
    assert_int_equal(info.missing.size, MJL_ID_SIZE);
    world_free(world);
}

static void jump(test_world *world, mjl_time by)
{
    world->now += by;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world->nodes[i].profile != NULL) world_step(world, i);
    }
}

static void assert_one_per_subject(const test_world *world, uint32_t node, size_t from)
{
    const world_node *of = &world->nodes[node];
    for (size_t i = from; i < of->events_count; i++) {
        if (of->events[i].kind != MJL_EVENT_WARNING) continue;
        for (size_t j = i + 1; j < of->events_count; j++) {
            const mjl_event *a = &of->events[i];
            const mjl_event *b = &of->events[j];
            if (b->kind != MJL_EVENT_WARNING || a->warning_kind != b->warning_kind) continue;
            assert_memory_not_equal(&a->subject, &b->subject, sizeof a->subject);
        }
    }
}

static void sleep_or_jump(uint64_t seed, mjl_time by)
{
    test_world *const world = scenario_quiet_room(MEMBERS, seed);
    transport_is(world, 1, MJL_TRANSPORT_DOWN_NOW);
    for (int i = 0; i < 20; i++)
        assert_true(world_say(world, 0, "before the sleep"));
    const size_t from = world->nodes[0].events_count;
    jump(world, by);
    assert_one_per_subject(world, 0, from);
    assert_true(events_of(world, 0, MJL_EVENT_WARNING, MJL_WARNING_NOT_FULLY_ACKED) >= 20);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_TRANSPORT_DOWN), 1);
    world_run(world, HOUR_MS);
    assert_one_per_subject(world, 0, from);
    world_free(world);
}

static void a_month_of_sleep_or_a_jump_of_ten_years_is_one_warning_per_subject(void **state)
{
    (void)state;
    sleep_or_jump(521, MONTH_MS);
    sleep_or_jump(522, DECADE_MS);
}

static void a_clock_that_goes_back_raises_and_retracts_nothing(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 523);
    world_kill(world, 1);
    assert_true(world_say(world, 0, "for everybody"));
    world_run(world, HOUR_MS);
    const size_t before = world->nodes[0].events_count;
    const size_t warnings = scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now - HOUR_MS), MJL_OK);
    assert_int_equal(world->nodes[0].events_count, before);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED), warnings);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transport_is_warned_of_in_the_tick_after_bc_lat_and_not_once_it_is_up),
        cmocka_unit_test(a_transport_that_comes_back_within_bc_lat_alarms_nobody),
        cmocka_unit_test(it_is_a_notice_while_another_transport_carries_the_room),
        cmocka_unit_test(after_opening_nothing_is_known_of_any_transport),
        cmocka_unit_test(a_room_that_was_left_is_not_warned_of_transports),
        cmocka_unit_test(who_waits_to_be_let_in_is_warned_of_transports_too),
        cmocka_unit_test(words_about_too_many_transports_or_none_are_refused),
        cmocka_unit_test(who_is_heard_again_is_missed_as_anybody_is),
        cmocka_unit_test(absence_declared_while_it_is_missed_makes_a_notice_of_the_warning),
        cmocka_unit_test(an_end_of_absence_is_told_in_the_tick_after_it),
        cmocka_unit_test(a_message_is_at_risk_in_the_tick_after_fa_intv),
        cmocka_unit_test(a_month_of_sleep_or_a_jump_of_ten_years_is_one_warning_per_subject),
        cmocka_unit_test(a_clock_that_goes_back_raises_and_retracts_nothing),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
