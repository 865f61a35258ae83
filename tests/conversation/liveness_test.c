/*
 * Liveness (DESIGN section 9): heartbeats that slow down, who is fresh and who is not, and what
 * leaving alone ends in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"
#include "session_state.h"

enum { MEMBERS = 3, HOUR_MS = 3600000, FA_INTV_MS = 1000, HEARTBEAT_MS = 4 * FA_INTV_MS };

static uint64_t statements(const test_world *world)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        count += world->nodes[i].packets_of[MJL_PACKET_STATEMENT];
    return count;
}

static void heartbeats_slow_down_to_one_an_hour(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 81);
    world_run(world, HEARTBEAT_MS * 2);
    uint64_t before = statements(world);
    world_run(world, HEARTBEAT_MS * 2);
    const uint64_t soon = statements(world) - before;
    assert_in_range(soon, 1, 3 * MEMBERS);
    world_run(world, 12 * HOUR_MS);
    before = statements(world);
    world_run(world, 12 * HOUR_MS);
    const uint64_t idle = statements(world) - before;
    /* One of each member an hour, and at most as many again that answer who asks by name. */
    assert_in_range(idle, 12, 2 * 13 * MEMBERS);
    for (uint32_t i = 0; i < MEMBERS; i++)
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_WARNING), 0);
    world_free(world);
}

static void who_speaks_again_makes_heartbeats_quick_again(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 82);
    world_run(world, 12 * HOUR_MS);
    assert_true(world_say(world, 1, "still there?"));
    world_run(world, HEARTBEAT_MS);
    const uint64_t before = statements(world);
    world_run(world, HEARTBEAT_MS * 2);
    assert_in_range(statements(world) - before, 1, 4 * MEMBERS);
    for (uint32_t i = 0; i < MEMBERS; i++)
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_WARNING), 0);
    world_free(world);
}

static void a_member_that_falls_silent_is_not_fresh_until_it_is_heard(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 83);
    world_kill(world, 2);
    assert_true(world_say(world, 0, "is anybody there?"));
    world_run(world, MJL_BC_LAT_MS_QUICK); /* It may have owed an echo before. */
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    world_run(world, HEARTBEAT_MS - MJL_BC_LAT_MS_QUICK);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    world_run(world, (2 * MJL_FRESH_ASKS + 2) * MJL_BC_LAT_MS_QUICK);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 1);
    mjl_warning_info info;
    const mjl_member_id silent = mjl_profile_member(world_profile(world, 1));
    for (size_t i = 0; mjl_session_warning(world_session(world, 0), i, &info) == MJL_OK; i++) {
        if (info.kind != MJL_WARNING_NOT_FRESH) continue;
        assert_int_equal(info.missing.size, 0);
        assert_memory_not_equal(info.subject.bytes, silent.bytes, MJL_ID_SIZE); /* The other one. */
    }
    world_run(world, HOUR_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 1);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_NOT_FRESH), 1);
    world_reopen(world, 2);
    world_run(world, 3000);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_NOT_FRESH), 0);
    world_free(world);
}

/* The period of an idle room is an hour, and a sixteenth of it is waited for an answer. */
static void who_falls_silent_in_an_idle_room_is_asked_a_few_times(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 91);
    world_run(world, 24 * HOUR_MS);
    world_kill(world, 2);
    const uint64_t before = statements(world);
    world_run(world, 3 * HOUR_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 1);
    assert_in_range(statements(world) - before, 2, 2 * (2 * MJL_FRESH_QUESTIONS_MAX));
    world_free(world);
}

/* Each repetition of it for who is not there made heartbeats quick again. */
static void a_place_that_is_never_acked_keeps_no_room_awake(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 93);
    world_kill(world, 2);
    assert_true(world_say(world, 0, "for who is gone"));
    world_run(world, 12 * HOUR_MS);
    const uint64_t before = statements(world);
    world_run(world, 12 * HOUR_MS);
    /* Of each of two in an hour: a heartbeat, a question beside what it repeats and one whether the
       third is there; and who is asked answers. */
    assert_in_range(statements(world) - before, 12, 2 * 6 * 13);
    world_free(world);
}

/* Each word of who lacks something for good would make everybody speak. */
static void who_was_told_what_it_lacks_is_not_told_again_after_each_pause(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 92);
    const mjl_member_id id = mjl_profile_member(world_profile(world, 2));
    world_kill(world, 2);
    assert_true(world_say(world, 0, "for who is not there"));
    world_run(world, HOUR_MS);
    mjl_session *const session = world_session(world, 0);
    const uint32_t author = mjl_transcript_find_author(session->transcript, &id);
    mjl_presence *const presence = &session->presence;
    assert_int_equal(mjl_acks_owed_count(session->acks, author), 1);
    presence->was_asked = false;
    assert_int_equal(mjl_presence_heard(session, author, MJL_NO_INDEX), MJL_OK);
    assert_true(presence->was_asked); /* It went before that was said. */
    presence->was_asked = false;
    const uint32_t lacked = mjl_acks_unacked_first(session->acks);
    presence->entries[author].last_heard = session->holdings.entries[lacked].accepted_at + 1;
    assert_int_equal(mjl_presence_heard(session, author, MJL_NO_INDEX), MJL_OK);
    assert_true(presence->was_asked); /* It may have been on its way then. */
    presence->was_asked = false;
    presence->entries[author].last_heard = session->profile->now - 2 * HEARTBEAT_MS;
    assert_true(mjl_presence_is_silent(session, author));
    assert_int_equal(mjl_presence_heard(session, author, MJL_NO_INDEX), MJL_OK);
    assert_false(presence->was_asked);
    world_free(world);
}

static void a_removed_member_is_not_waited_for(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 84);
    const mjl_member_id silent = mjl_profile_member(world_profile(world, 2));
    world_kill(world, 2);
    assert_true(world_say(world, 0, "is anybody there?"));
    world_run(world, 3 * HEARTBEAT_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 1);
    mjl_intent intent;
    assert_int_equal(mjl_session_exclude(world_session(world, 0), world->now, &silent, &intent),
                     MJL_OK);
    world_step(world, 0);
    world_run(world, 3 * HEARTBEAT_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    world_run(world, HOUR_MS);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    world_free(world);
}

/* The memory of packet ids is bounded, and what is owed for days is repeated all the time. */
static void who_forgot_the_id_of_what_it_owes_notices_who_else_repeats_it(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 90);
    world_kill(world, 2);
    assert_true(world_say(world, 0, "for who is not there"));
    world_run(world, FA_INTV_MS / 2);
    mjl_session *const session = world_session(world, 1);
    const mjl_holding *const holding =
        &session->holdings.entries[mjl_acks_unacked_first(session->acks)];
    assert_int_equal(holding->type, MJL_TYPE_CONTENT);
    mjl_seen_clear(&session->seen);
    world_run(world, 10 * FA_INTV_MS);
    assert_true(holding->resends > 0);
    assert_true(holding->wire_count > holding->resends);
    world_free(world);
}

static void who_leaves_and_is_answered_by_nobody_is_told_so(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 85);
    world_kill(world, 1);
    world_kill(world, 2);
    assert_int_equal(mjl_session_leave(world_session(world, 0), world->now), MJL_OK);
    world_step(world, 0);
    const mjl_time timeout = MJL_LINGER_BC_LAT * MJL_BC_LAT_MS_QUICK;
    world_run(world, timeout - 10);
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 0), &info);
    assert_int_equal(info.state, MJL_SESSION_LEAVING);
    world_run(world, 20);
    mjl_session_get_info(world_session(world, 0), &info);
    assert_int_equal(info.state, MJL_SESSION_PARTED);
    const world_node *node = &world->nodes[0];
    for (size_t i = node->events_count; i > 0; i--) {
        if (node->events[i - 1].kind != MJL_EVENT_SESSION_STATE) continue;
        assert_int_equal(node->events[i - 1].new_state, MJL_SESSION_PARTED);
        assert_int_equal(node->events[i - 1].why, MJL_NOT_CONFIRMED);
        break;
    }
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FRESH), 0);
    world_free(world);
}

static size_t warnings_of_severity(test_world *world, uint32_t node, mjl_severity severity)
{
    mjl_warning_info info;
    size_t count = 0;
    for (size_t i = 0; mjl_session_warning(world_session(world, node), i, &info) == MJL_OK; i++)
        count += info.severity == severity;
    return count;
}

static void whoever_said_that_it_goes_alarms_nobody_until_its_time_is_over(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 88);
    const mjl_time away_ms = 3 * HOUR_MS;
    assert_int_equal(mjl_session_away(world_session(world, 2), world->now, (uint64_t)away_ms),
                     MJL_OK);
    world_step(world, 2);
    world_run(world, 2 * FA_INTV_MS);
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_MEMBER_AWAY), 1);
    world_kill(world, 2);
    for (int i = 0; i < 20; i++) {
        assert_true(world_say(world, 0, "while it is away"));
        world_run(world, 500);
    }
    const uint64_t before =
        world->nodes[0].packets_of[MJL_PACKET_PLACE] + world->nodes[1].packets_of[MJL_PACKET_PLACE];
    world_run(world, 2 * HOUR_MS);
    /* Less often than for who may be there, but never not at all. */
    const uint64_t repeated = world->nodes[0].packets_of[MJL_PACKET_PLACE] +
                              world->nodes[1].packets_of[MJL_PACKET_PLACE] - before;
    assert_in_range(repeated, 2, 60);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED), 20);
    assert_int_equal(warnings_of_severity(world, 0, MJL_SEVERITY_WARNING), 0);
    world_run(world, 2 * HOUR_MS);
    assert_int_equal(warnings_of_severity(world, 0, MJL_SEVERITY_NOTICE), 0);
    assert_true(warnings_of_severity(world, 0, MJL_SEVERITY_WARNING) > 20);
    world_reopen(world, 2);
    world_run(world, 10000);
    assert_int_equal(world_heard(&world->nodes[2], "while it is away"), 20);
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_MEMBER_AWAY), 2);
    assert_int_equal(warnings_of_severity(world, 0, MJL_SEVERITY_WARNING), 0);
    world_free(world);
}

static void cut_off(test_world *world, uint32_t node, bool is_cut)
{
    const mjl_network_link link = {.delay_ms_min = 5, .delay_ms_max = 60, .is_cut = is_cut};
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (i != node) mjl_network_set_link(world->network, node, i, &link);
    }
}

static void a_gap_is_named_asked_for_and_retracted_when_it_is_filled(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 89);
    cut_off(world, 0, true);
    const mjl_message_id lost = world_say_id(world, 0, "lost");
    cut_off(world, 0, false);
    assert_true(world_say(world, 0, "what follows it"));
    world_run(world, 100);
    world_kill(world, 0); /* Nobody else has it. */
    assert_int_equal(world_heard(&world->nodes[1], "what follows it"), 0);
    world_run(world, FA_INTV_MS);
    mjl_warning_info info = {.number = 0};
    for (size_t i = 0; mjl_session_warning(world_session(world, 1), i, &info) == MJL_OK; i++) {
        if (info.kind == MJL_WARNING_GAP) break;
    }
    assert_int_equal(info.kind, MJL_WARNING_GAP);
    const uint64_t before = statements(world);
    world_run(world, HOUR_MS); /* It is asked for, ever less often. */
    assert_in_range(statements(world) - before, 10, 120);
    world_reopen(world, 0);
    mjl_message_info message;
    assert_int_equal(mjl_session_message_by_id(world_session(world, 0), &lost, &message), MJL_OK);
    assert_memory_equal(info.subject.bytes, message.place.bytes, MJL_ID_SIZE);
    world_run(world, 10000);
    assert_int_equal(world_heard(&world->nodes[1], "lost"), 1);
    assert_int_equal(world_heard(&world->nodes[1], "what follows it"), 1);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_GAP), 0);
    world_free(world);
}

static void give(test_world *world, uint32_t node, mjl_bytes packet)
{
    mjl_verdict verdict;
    assert_int_equal(
        mjl_profile_receive(world_profile(world, node), world->now, 1, packet, &verdict), MJL_OK);
    world_step(world, node);
}

/* Its author is sent away, and let in again; what it said before still waits. */
static void what_waits_of_who_is_let_in_again_misses_what_it_follows(void **state)
{
    (void)state;
    test_world *const world = scenario_quiet_room(MEMBERS, 90);
    world_node *const author = &world->nodes[0];
    cut_off(world, 0, true);
    assert_true(world_say(world, 0, "lost"));
    mjl_buffer lost = {0};
    assert_int_equal(mjl_buffer_append(&lost, mjl_buffer_bytes(&author->last_of[MJL_PACKET_PLACE])),
                     MJL_OK);
    cut_off(world, 0, false);
    assert_true(world_say(world, 0, "what follows it"));
    world_run(world, 100);
    cut_off(world, 0, true);
    world_run(world, FA_INTV_MS);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_GAP), 1);
    scenario_exclude(world, 1, 0);
    world_run(world, FA_INTV_MS);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_GAP), 0);
    const mjl_session *again = scenario_ask(world, 0);
    give(world, 1, mjl_buffer_bytes(&author->last_of[MJL_PACKET_JOIN_REQUEST]));
    scenario_invite(world, 1, 0);
    world_run(world, 2 * FA_INTV_MS);
    assert_int_equal(scenario_info(again).state, MJL_SESSION_LIVE);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_GAP), 1);
    world_run(world, 20 * FA_INTV_MS); /* The keys that open it stay for it. */
    assert_int_equal(world_heard(&world->nodes[1], "what follows it"), 0);
    give(world, 1, mjl_buffer_bytes(&lost));
    assert_int_equal(world_heard(&world->nodes[1], "lost"), 1);
    assert_int_equal(world_heard(&world->nodes[1], "what follows it"), 1);
    assert_int_equal(scenario_warnings(world, 1, MJL_WARNING_GAP), 0);
    mjl_buffer_clear(&lost);
    world_free(world);
}

/* The room's secrets live for an hour, and so does what they open. */
static void packets_are_kept_for_the_lifetime_of_secrets_at_most(void **state)
{
    (void)state;
    test_world *const world = world_new(86, 2, 0);
    world->secret_lifetime_ms = HOUR_MS;
    world_gather(world);
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    world_kill(world, 1);
    assert_true(world_say(world, 0, "not for long"));
    world_run(world, 2 * HOUR_MS);
    const uint64_t before = world->nodes[0].packets_of[MJL_PACKET_PLACE];
    world_run(world, 10 * HOUR_MS);
    assert_int_equal(world->nodes[0].packets_of[MJL_PACKET_PLACE], before);
    assert_int_equal(scenario_warnings(world, 0, MJL_WARNING_NOT_FULLY_ACKED), 1);
    world_free(world);
}

static void packets_that_somebody_lacks_are_repeated_within_that_lifetime(void **state)
{
    (void)state;
    test_world *const world = world_new(87, 2, 0);
    world_gather(world);
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    world_kill(world, 1);
    assert_true(world_say(world, 0, "for a week"));
    world_run(world, 2 * HOUR_MS);
    const uint64_t before = world->nodes[0].packets_of[MJL_PACKET_PLACE];
    world_run(world, 10 * HOUR_MS);
    assert_in_range(world->nodes[0].packets_of[MJL_PACKET_PLACE] - before, 5, 12);
    world_free(world);
}

/* Nobody sees what another one repeats, and all of it arrives at once when the network is back. */
static void of_many_who_hear_nobody_the_author_alone_repeats(void **state)
{
    (void)state;
    enum { MANY = 2 * MJL_RESEND_RANKS };
    static const mjl_time outage = 20 * 60000;
    test_world *const world = world_new(94, MANY, 0);
    world->is_unchecked = true;
    world_gather(world);
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    assert_true(world_say(world, 0, "before all is held back"));
    world_run(world, 100);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(world_heard(&world->nodes[i], "before all is held back"), 1);
    uint64_t before = 0, after = 0;
    for (uint32_t i = 1; i < MANY; i++)
        before += world->nodes[i].packets_of[MJL_PACKET_PLACE];
    const uint64_t of_author = world->nodes[0].packets_of[MJL_PACKET_PLACE];
    mjl_network_clog(world->network, world->now + outage);
    world_run(world, outage);
    for (uint32_t i = 1; i < MANY; i++)
        after += world->nodes[i].packets_of[MJL_PACKET_PLACE];
    assert_true(after - before <= MANY);
    assert_true(world->nodes[0].packets_of[MJL_PACKET_PLACE] - of_author > 8);
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heartbeats_slow_down_to_one_an_hour),
        cmocka_unit_test(who_speaks_again_makes_heartbeats_quick_again),
        cmocka_unit_test(a_member_that_falls_silent_is_not_fresh_until_it_is_heard),
        cmocka_unit_test(who_falls_silent_in_an_idle_room_is_asked_a_few_times),
        cmocka_unit_test(a_place_that_is_never_acked_keeps_no_room_awake),
        cmocka_unit_test(who_was_told_what_it_lacks_is_not_told_again_after_each_pause),
        cmocka_unit_test(a_removed_member_is_not_waited_for),
        cmocka_unit_test(whoever_said_that_it_goes_alarms_nobody_until_its_time_is_over),
        cmocka_unit_test(a_gap_is_named_asked_for_and_retracted_when_it_is_filled),
        cmocka_unit_test(what_waits_of_who_is_let_in_again_misses_what_it_follows),
        cmocka_unit_test(packets_are_kept_for_the_lifetime_of_secrets_at_most),
        cmocka_unit_test(packets_that_somebody_lacks_are_repeated_within_that_lifetime),
        cmocka_unit_test(who_forgot_the_id_of_what_it_owes_notices_who_else_repeats_it),
        cmocka_unit_test(who_leaves_and_is_answered_by_nobody_is_told_so),
        cmocka_unit_test(of_many_who_hear_nobody_the_author_alone_repeats),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
