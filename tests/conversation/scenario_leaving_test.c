/* What leaving ends in: confirmed, confirmed late, not confirmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { LINGER_MS = MJL_LINGER_BC_LAT * MJL_BC_LAT_MS_QUICK, ALICE = 0, BOB = 1, CAROL = 2 };

static mjl_session_state state_of(test_world *world, uint32_t node)
{
    return scenario_info(world_session(world, node)).state;
}

static void ended_with(test_world *world, uint32_t node, mjl_result why)
{
    const mjl_event *event = scenario_last(&world->nodes[node], MJL_EVENT_SESSION_STATE);
    assert_non_null(event);
    assert_int_equal(event->new_state, MJL_SESSION_PARTED);
    assert_int_equal(event->why, why);
}

static bool alice_has_parted(test_world *world)
{
    return state_of(world, ALICE) == MJL_SESSION_PARTED;
}

static void who_is_alone_has_nothing_open_and_leaves_confirmed(void **state)
{
    (void)state;
    test_world *const world = world_new(211, 1, 0);
    assert_null(world_session(world, ALICE));
    world_create(world);
    const mjl_session_info info = scenario_info(world_session(world, ALICE));
    assert_int_equal(info.state, MJL_SESSION_LIVE);
    assert_int_equal(info.members_count, 1);
    assert_int_equal(info.unacked_count + info.pending_count + info.undecided_count, 0);
    mjl_member_info member;
    assert_int_equal(mjl_session_member(world_session(world, ALICE), 0, &member), MJL_OK);
    assert_true(member.is_self);
    scenario_leave(world, ALICE);
    assert_true(world_run_until(world, LINGER_MS, alice_has_parted));
    ended_with(world, ALICE, MJL_OK);
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_WARNING), 0);
    world_free(world);
}

static void who_leaves_a_quiet_room_is_confirmed_and_lets_the_others_be(void **state)
{
    (void)state;
    test_world *const world = world_new(212, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_leave(world, ALICE);
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_LEAVING);
    assert_false(world_say(world, ALICE, "one more thing"));
    assert_true(world_run_until(world, LINGER_MS, alice_has_parted));
    ended_with(world, ALICE, MJL_OK);
    world_run(world, 60000);
    assert_int_equal(scenario_info(world_session(world, BOB)).members_count, 2);
    const uint64_t out = world->nodes[ALICE].packets_out;
    assert_true(world_say(world, BOB, "alone, we two"));
    scenario_settle(world);
    assert_int_equal(world->nodes[ALICE].packets_out, out);
    assert_int_equal(world_heard(&world->nodes[CAROL], "alone, we two"), 1);
    assert_int_equal(world_heard(&world->nodes[ALICE], "alone, we two"), 0);
    world_free(world);
}

static void last_words_that_one_member_never_had_leave_unconfirmed(void **state)
{
    (void)state;
    test_world *const world = world_new(213, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    world_kill(world, CAROL);
    assert_true(world_say(world, ALICE, "farewell"));
    scenario_leave(world, ALICE);
    world_run(world, LINGER_MS - 10);
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_LEAVING);
    world_run(world, 20);
    ended_with(world, ALICE, MJL_NOT_CONFIRMED);
    /* What the leaver could not see: bob has it, and gives it to carol when she is back. */
    world_reopen(world, CAROL);
    world_run(world, 60000);
    assert_int_equal(world_heard(&world->nodes[CAROL], "farewell"), 1);
    world_free(world);
}

static void a_late_ack_within_the_linger_confirms_the_leave(void **state)
{
    (void)state;
    test_world *const world = world_new(214, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_cut_off(world, CAROL);
    const mjl_message_id id = world_say_id(world, ALICE, "farewell");
    scenario_leave(world, ALICE);
    world_run(world, LINGER_MS * 3 / 4);
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_LEAVING);
    scenario_reconnect(world, CAROL);
    assert_true(world_run_until(world, LINGER_MS, alice_has_parted));
    ended_with(world, ALICE, MJL_OK);
    assert_int_equal(scenario_message(world, ALICE, &id).state, MJL_MESSAGE_EVERYONE);
    assert_int_equal(world_heard(&world->nodes[CAROL], "farewell"), 1);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_alone_has_nothing_open_and_leaves_confirmed),
        cmocka_unit_test(who_leaves_a_quiet_room_is_confirmed_and_lets_the_others_be),
        cmocka_unit_test(last_words_that_one_member_never_had_leave_unconfirmed),
        cmocka_unit_test(a_late_ack_within_the_linger_confirms_the_leave),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
