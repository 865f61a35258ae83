/*
 * Members come, go, are sent away and come again, at the same time and in bad moments; it ends in
 * one epoch of those who should be there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { ALICE = 0, BOB = 1, CAROL = 2, DORA = 3, EMIL = 4, FRITZ = 5 };

static mjl_session_state state_of(test_world *world, uint32_t node)
{
    return scenario_info(world_session(world, node)).state;
}

static size_t members_of(test_world *world, uint32_t node)
{
    return scenario_info(world_session(world, node)).members_count;
}

static bool sees(const mjl_session *session, const mjl_member_id *who)
{
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++) {
        if (memcmp(&member.id, who, sizeof *who) == 0) return true;
    }
    return false;
}

static test_world *room_of(uint64_t seed, uint32_t members, uint32_t nodes)
{
    test_world *const world = world_new(seed, nodes, 0);
    world_create(world);
    for (uint32_t i = 1; i < members; i++)
        world_admit_next(world);
    world_run(world, 5000);
    return world;
}

/* ---- At the same time ---- */

/* Alice sends dora away, bob lets emil in and carol lets fritz in, each a little sooner or later.
 */
static void changes_at_the_same_time_all_happen_in_every_order(void **state)
{
    (void)state;
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t order = 0; order < 6; order++) {
        test_world *const world = room_of(241 + order, 4, 6);
        scenario_ask(world, EMIL);
        scenario_ask(world, FRITZ);
        world_run(world, 200);
        for (size_t i = 0; i < 3; i++) {
            if (orders[order][i] == 0) scenario_exclude(world, ALICE, DORA);
            if (orders[order][i] == 1) scenario_invite(world, BOB, EMIL);
            if (orders[order][i] == 2) scenario_invite(world, CAROL, FRITZ);
            if (i < 2) world_run(world, 2); /* No packet arrives that soon. */
        }
        world_run(world, 30000);
        scenario_settle(world);
        assert_int_equal(state_of(world, DORA), MJL_SESSION_REMOVED);
        for (uint32_t node = 0; node < 6; node++) {
            if (node == DORA) continue;
            assert_int_equal(state_of(world, node), MJL_SESSION_LIVE);
            assert_int_equal(members_of(world, node), 5);
        }
        world_free(world);
    }
}

static void of_two_who_send_each_other_away_one_stays(void **state)
{
    (void)state;
    for (uint64_t seed = 251; seed < 255; seed++) {
        test_world *const world = room_of(seed, 3, 3);
        scenario_exclude(world, ALICE, BOB);
        scenario_exclude(world, BOB, ALICE);
        world_run(world, 30000);
        const bool alice_stays = state_of(world, ALICE) == MJL_SESSION_LIVE;
        const uint32_t stays = alice_stays ? ALICE : BOB;
        assert_int_equal(state_of(world, stays), MJL_SESSION_LIVE);
        assert_int_equal(state_of(world, alice_stays ? BOB : ALICE), MJL_SESSION_REMOVED);
        assert_int_equal(members_of(world, stays), 2);
        assert_true(world_say(world, stays, "it was me who stayed"));
        scenario_settle(world);
        assert_int_equal(world_heard(&world->nodes[CAROL], "it was me who stayed"), 1);
        assert_int_equal(
            world_heard(&world->nodes[alice_stays ? BOB : ALICE], "it was me who stayed"), 0);
        world_free(world);
    }
}

/* ---- From the first to the last ---- */

static void a_room_begins_with_one_outlives_its_creator_and_ends_empty(void **state)
{
    (void)state;
    test_world *const world = room_of(261, 3, 3);
    for (uint32_t node = 0; node < 3; node++)
        assert_int_equal(members_of(world, node), 3);
    scenario_exclude(world, BOB, ALICE);
    world_run(world, 10000);
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_REMOVED);
    assert_int_equal(members_of(world, BOB), 2);
    assert_int_equal(members_of(world, CAROL), 2);
    scenario_settle(world);
    scenario_leave(world, CAROL);
    world_run(world, 30000);
    assert_int_equal(state_of(world, CAROL), MJL_SESSION_PARTED);
    assert_int_equal(members_of(world, BOB), 1);
    scenario_leave(world, BOB);
    world_run(world, 30000);
    assert_int_equal(state_of(world, BOB), MJL_SESSION_PARTED);
    /* And nothing goes on behind it. */
    uint64_t before = 0, after = 0;
    for (uint32_t node = 0; node < 3; node++)
        before += world->nodes[node].packets_out;
    world_run(world, 86400000);
    for (uint32_t node = 0; node < 3; node++)
        after += world->nodes[node].packets_out;
    assert_int_equal(after, before);
    world_free(world);
}

static void who_stays_alone_lets_the_other_in_again(void **state)
{
    (void)state;
    test_world *const world = room_of(262, 2, 2);
    scenario_exclude(world, BOB, ALICE);
    world_run(world, 10000);
    assert_int_equal(members_of(world, BOB), 1);
    const mjl_session *again = scenario_ask(world, ALICE);
    scenario_invite(world, BOB, ALICE);
    world_run(world, 10000);
    assert_int_equal(scenario_info(again).state, MJL_SESSION_LIVE);
    assert_int_equal(members_of(world, BOB), 2);
    assert_true(world_say(world, BOB, "the two of us"));
    world_run(world, 5000);
    assert_int_equal(world_heard(&world->nodes[ALICE], "the two of us"), 1);
    assert_int_equal(scenario_info(world_session(world, BOB)).unacked_count, 0);
    world_free(world);
}

/* ---- In a bad moment ---- */

static void who_is_sent_away_while_offline_learns_it_and_may_come_again(void **state)
{
    (void)state;
    test_world *const world = room_of(263, 3, 3);
    scenario_cut_off(world, ALICE);
    scenario_exclude(world, BOB, ALICE);
    scenario_reconnect(world, ALICE); /* Just as the others are done. */
    assert_true(world_say(world, ALICE, "i am back"));
    world_run(world, 20000);
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_REMOVED);
    scenario_settle(world);
    assert_int_equal(members_of(world, BOB), 2);
    assert_int_equal(members_of(world, CAROL), 2);
    const mjl_session *again = scenario_ask(world, ALICE);
    scenario_invite(world, CAROL, ALICE);
    world_run(world, 20000);
    assert_int_equal(scenario_info(again).state, MJL_SESSION_LIVE);
    for (uint32_t node = BOB; node <= CAROL; node++)
        assert_int_equal(members_of(world, node), 3);
    world_free(world);
}

static void who_asks_before_it_knows_of_its_removal_comes_back(void **state)
{
    (void)state;
    test_world *const world = room_of(264, 3, 3);
    const mjl_member_id alice = mjl_profile_member(world_profile(world, ALICE));
    scenario_exclude(world, BOB, ALICE);
    world_run(world, 100); /* The removal arrived; the others may not have acked it. */
    assert_int_equal(state_of(world, ALICE), MJL_SESSION_REMOVED);
    const mjl_session *again = scenario_ask(world, ALICE);
    scenario_invite(world, BOB, ALICE);
    world_run(world, 20000);
    assert_int_equal(scenario_info(again).state, MJL_SESSION_LIVE);
    assert_true(sees(world_session(world, CAROL), &alice));
    scenario_leave(world, CAROL);
    world_run(world, 30000);
    const mjl_session *carol = scenario_ask(world, CAROL);
    scenario_invite(world, BOB, CAROL);
    world_run(world, 20000);
    assert_int_equal(scenario_info(carol).state, MJL_SESSION_LIVE);
    assert_int_equal(scenario_info(carol).members_count, 3);
    assert_int_equal(members_of(world, BOB), 3);
    world_free(world);
}

static void a_request_that_one_member_ignores_any_other_grants(void **state)
{
    (void)state;
    test_world *const world = room_of(265, 2, 4);
    scenario_ask(world, CAROL);
    scenario_ask(world, DORA);
    world_run(world, 5000);
    assert_int_equal(state_of(world, CAROL), MJL_SESSION_JOINING);
    scenario_leave(world, ALICE); /* She never answered. */
    world_run(world, 30000);
    scenario_invite(world, BOB, CAROL);
    scenario_invite(world, BOB, DORA);
    world_run(world, 20000);
    for (uint32_t node = BOB; node <= DORA; node++) {
        assert_int_equal(state_of(world, node), MJL_SESSION_LIVE);
        assert_int_equal(members_of(world, node), 3);
    }
    world_free(world);
}

/* ---- Who hears nothing of a newcomer ---- */

static void set_link_between(test_world *world, uint32_t a, uint32_t b, bool is_cut)
{
    mjl_network_link link = mjl_network_get_link(world->network, a, b);
    link.is_cut = is_cut;
    mjl_network_set_link(world->network, a, b, &link);
    mjl_network_set_link(world->network, b, a, &link);
}

static bool all_five_are_one(test_world *world)
{
    for (uint32_t node = 0; node < 5; node++) {
        if (state_of(world, node) != MJL_SESSION_LIVE || members_of(world, node) != 5) return false;
    }
    return world_is_calm(world);
}

/* Nothing at all passes between bob and the newcomer, not only one kind of packet. What each says
   goes through the others; acks do not, so that each names the other until they hear it again. */
static void a_member_that_never_hears_the_newcomer_gets_it_from_the_others(void **state)
{
    (void)state;
    test_world *const world = room_of(266, 4, 5);
    set_link_between(world, BOB, EMIL, true);
    scenario_ask(world, EMIL);
    scenario_invite(world, ALICE, EMIL);
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, all_five_are_one));
    const mjl_message_id asked = world_say_id(world, EMIL, "does bob hear me?");
    assert_true(world_say(world, BOB, "welcome, whoever you are"));
    world_run(world, 20000);
    assert_int_equal(world_heard(&world->nodes[BOB], "does bob hear me?"), 1);
    assert_int_equal(world_heard(&world->nodes[EMIL], "welcome, whoever you are"), 1);
    assert_int_equal(scenario_message(world, EMIL, &asked).readers_count, 4);
    set_link_between(world, BOB, EMIL, false);
    scenario_settle(world);
    for (uint32_t node = 0; node < 5; node++)
        assert_int_equal(scenario_warnings(world, node, MJL_WARNING_NOT_FULLY_ACKED), 0);
    world_free(world);
}

static void a_lost_welcome_is_repeated_until_the_newcomer_speaks(void **state)
{
    (void)state;
    test_world *const world = room_of(267, 4, 5);
    scenario_ask(world, EMIL);
    world_run(world, 500);
    scenario_cut_off(world, EMIL);
    scenario_invite(world, ALICE, EMIL);
    world_run(world, 5000);
    assert_int_equal(members_of(world, BOB), 5);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_JOIN_NOT_CONFIRMED), 1);
    scenario_reconnect(world, EMIL);
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, all_five_are_one));
    assert_true(world_say(world, EMIL, "here i am"));
    scenario_settle(world);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_JOIN_NOT_CONFIRMED), 0);
    world_free(world);
}

static void set_one_way(test_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    mjl_network_link link = mjl_network_get_link(world->network, from, to);
    link.is_cut = is_cut;
    mjl_network_set_link(world->network, from, to, &link);
}

static bool bob_is_out(test_world *world)
{
    return state_of(world, BOB) == MJL_SESSION_REMOVED;
}

static bool bob_is_in(test_world *world)
{
    return state_of(world, BOB) == MJL_SESSION_LIVE;
}

static test_world *everyone_apart_while_fritz_asks(void)
{
    test_world *const world = room_of(268, 5, 6);
    scenario_ask(world, FRITZ);
    world_run(world, 500);
    scenario_refresh(world, ALICE);
    world_run(world, 200); /* Changes wait from now on. */
    for (uint32_t node = ALICE; node <= FRITZ; node++)
        scenario_cut_off(world, node);
    return world;
}

/* Each for itself and at once: bob lets fritz in and sends emil away, carol sends bob away, and
   dora carol. To bob that of carol comes while he still waits whether there is a rival, and that of
   dora, by which it counts for nothing, long after. Only fritz hears him, so that nothing is
   decided. */
static void who_was_sent_away_in_vain_lets_in_whom_it_let_in(void **state)
{
    (void)state;
    test_world *const world = everyone_apart_while_fritz_asks();
    set_link_between(world, BOB, FRITZ, false);
    set_one_way(world, CAROL, BOB, false);
    scenario_exclude(world, BOB, EMIL);
    scenario_invite(world, BOB, FRITZ);
    scenario_exclude(world, CAROL, BOB);
    scenario_exclude(world, DORA, CAROL);
    assert_true(world_run_until(world, 2000, bob_is_out));
    set_one_way(world, CAROL, BOB, true);
    world_run(world, 10000);
    set_one_way(world, DORA, BOB, false);
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, bob_is_in));
    set_one_way(world, DORA, BOB, true);
    assert_int_equal(state_of(world, FRITZ), MJL_SESSION_JOINING);
    world_run(world, 5000);
    assert_int_equal(state_of(world, FRITZ), MJL_SESSION_LIVE);
    assert_int_equal(members_of(world, FRITZ), 5);
    world_free(world);
}

/* Each for itself: bob sends dora away, and carol bob. He repeats it alone for a day, more often
   than who was removed may, before he hears of his removal; then alice, who knows of neither, hears
   him. */
static void who_is_removed_late_tells_what_it_did_all_the_same(void **state)
{
    (void)state;
    static const mjl_time day = 86400000;
    test_world *const world = room_of(269, 4, 4);
    for (uint32_t node = ALICE; node <= DORA; node++)
        scenario_cut_off(world, node);
    scenario_exclude(world, BOB, DORA);
    scenario_exclude(world, CAROL, BOB);
    world_run(world, day);
    assert_true(world->nodes[BOB].packets_of[MJL_PACKET_COMMIT] > MJL_RESENDS_OF_REMOVED_MAX);
    set_one_way(world, CAROL, BOB, false);
    assert_true(world_run_until(world, day, bob_is_out));
    set_one_way(world, CAROL, BOB, true);
    assert_int_equal(members_of(world, ALICE), 4);
    set_one_way(world, BOB, ALICE, false);
    world_run(world, day);
    assert_int_equal(members_of(world, ALICE), 3);
    world_free(world);
}

/* As before, but the Welcome was sent, and fritz deaf, before bob was sent away: while the line is
   not chosen it is repeated ever more rarely, and again as soon as it is. */
static void a_welcome_is_soon_repeated_when_its_line_is_chosen_again(void **state)
{
    (void)state;
    test_world *const world = everyone_apart_while_fritz_asks();
    scenario_exclude(world, BOB, EMIL);
    scenario_invite(world, BOB, FRITZ);
    scenario_exclude(world, CAROL, BOB);
    scenario_exclude(world, DORA, CAROL);
    world_run(world, 10000);
    assert_int_equal(members_of(world, BOB), 5); /* fritz for emil */
    set_one_way(world, CAROL, BOB, false);
    assert_true(world_run_until(world, 30000, bob_is_out));
    set_one_way(world, CAROL, BOB, true);
    world_run(world, 1000000);
    set_one_way(world, DORA, BOB, false);
    assert_true(world_run_until(world, 600000, bob_is_in));
    set_one_way(world, DORA, BOB, true);
    set_link_between(world, BOB, FRITZ, false);
    assert_int_equal(state_of(world, FRITZ), MJL_SESSION_JOINING);
    world_run(world, 20000);
    assert_int_equal(state_of(world, FRITZ), MJL_SESSION_LIVE);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_at_the_same_time_all_happen_in_every_order),
        cmocka_unit_test(of_two_who_send_each_other_away_one_stays),
        cmocka_unit_test(a_room_begins_with_one_outlives_its_creator_and_ends_empty),
        cmocka_unit_test(who_stays_alone_lets_the_other_in_again),
        cmocka_unit_test(who_is_sent_away_while_offline_learns_it_and_may_come_again),
        cmocka_unit_test(who_asks_before_it_knows_of_its_removal_comes_back),
        cmocka_unit_test(a_request_that_one_member_ignores_any_other_grants),
        cmocka_unit_test(a_member_that_never_hears_the_newcomer_gets_it_from_the_others),
        cmocka_unit_test(a_lost_welcome_is_repeated_until_the_newcomer_speaks),
        cmocka_unit_test(who_was_sent_away_in_vain_lets_in_whom_it_let_in),
        cmocka_unit_test(a_welcome_is_soon_repeated_when_its_line_is_chosen_again),
        cmocka_unit_test(who_is_removed_late_tells_what_it_did_all_the_same),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
