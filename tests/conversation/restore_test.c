/*
 * Coming back after a loss (DESIGN sections 9 and 10): an old backup, a member that gives up what
 * it is, a gap that will not close. A person among the others decides; nothing else answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum {
    ALICE = 0,
    BOB = 1,
    CAROL = 2,
    PEOPLE = 3,
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    MAC_SIZE = 34
};

static mjl_session *later_session(test_world *world, uint32_t node)
{
    return mjl_profile_session(world_profile(world, node), 1);
}

static mjl_session_state state_of(const mjl_session *session)
{
    return scenario_info(session).state;
}

static void use_backup(test_world *world, uint32_t node, mjl_memory_disk *backup)
{
    world_kill(world, node);
    mjl_memory_disk_free(world->nodes[node].disk);
    world->nodes[node].disk = backup;
}

/* Carol's disk burns, and what she has is a copy from before the keys last changed. */
static test_world *world_with_an_old_backup(uint64_t seed)
{
    test_world *const world = world_new(seed, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_memory_disk *backup;
    assert_int_equal(mjl_memory_disk_copy(world->nodes[CAROL].disk, &backup), MJL_OK);
    assert_true(world_say(world, CAROL, "before"));
    scenario_refresh(world, CAROL);
    scenario_settle(world);
    assert_true(world_say(world, CAROL, "after"));
    scenario_settle(world);
    use_backup(world, CAROL, backup);
    world_run(world, 5 * MINUTE_MS); /* She is missed. */
    world_reopen(world, CAROL);
    world->nodes[CAROL].random.seed += 1000000; /* A machine's randomness is not restored. */
    return world;
}

static bool has_request(test_world *world, uint32_t node, mjl_join_request_info *request)
{
    return mjl_session_join_request(world_session(world, node), 0, request) == MJL_OK;
}

static void wait_for_request(test_world *world, uint32_t node, mjl_join_request_info *request)
{
    const mjl_time until = world->now + HOUR_MS;
    while (!has_request(world, node, request) && world->now < until)
        world_run(world, 1000);
    assert_true(has_request(world, node, request));
}

static bool is_back(test_world *world)
{
    const mjl_session *session = later_session(world, CAROL);
    return session != NULL && state_of(session) == MJL_SESSION_LIVE &&
           scenario_info(session).members_count == PEOPLE && world_is_calm(world);
}

static void restore(test_world *world, uint32_t node, const mjl_member_id *requester)
{
    mjl_intent intent;
    assert_int_equal(
        mjl_session_restore(world_session(world, node), world->now, requester, &intent), MJL_OK);
    world_step(world, node);
    assert_true(world_run_until(world, HOUR_MS, is_back));
    const mjl_event *const last = scenario_last(&world->nodes[node], MJL_EVENT_INTENT);
    assert_int_equal(last->intent_state, MJL_INTENT_DONE);
}

static void say_in(test_world *world, uint32_t node, mjl_session *session, const char *text)
{
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(text)};
    assert_int_equal(mjl_session_say(session, world->now, &say, NULL, NULL), MJL_OK);
    world_step(world, node);
}

static void expect_talk(test_world *world)
{
    say_in(world, CAROL, later_session(world, CAROL), "I am back");
    assert_true(world_say(world, ALICE, "welcome back"));
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[ALICE], "I am back"), 1);
    assert_int_equal(world_heard(&world->nodes[BOB], "I am back"), 1);
    assert_int_equal(world_heard(&world->nodes[CAROL], "welcome back"), 1);
}

static void an_old_backup_is_taken_back_by_a_person_under_a_new_key(void **state)
{
    (void)state;
    test_world *const world = world_with_an_old_backup(301);
    const mjl_member_id old = mjl_profile_member(world_profile(world, CAROL));
    mjl_join_request_info request;
    wait_for_request(world, BOB, &request);
    assert_true(request.is_restore);
    assert_memory_equal(&request.replaces, &old, sizeof old);
    assert_memory_not_equal(&request.requester, &old, sizeof old);
    const mjl_event *told = scenario_last(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST);
    assert_memory_equal(&told->by, &old, sizeof old);
    assert_memory_equal(&told->member, &request.requester, sizeof old);
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST), 1);
    /* It is no newcomer. */
    mjl_intent intent;
    assert_int_equal(
        mjl_session_invite(world_session(world, BOB), world->now, &request.requester, &intent),
        MJL_NOT_FOUND);
    const mjl_member_id requester = request.requester;
    restore(world, BOB, &requester);
    const mjl_session_info now = scenario_info(later_session(world, CAROL));
    const mjl_session_info before = scenario_info(world_session(world, CAROL));
    assert_memory_equal(&now.member, &requester, sizeof requester);
    assert_int_equal(before.state, MJL_SESSION_PARTED);
    assert_true(mjl_bytes_equal(now.group_id, before.group_id));
    assert_false(has_request(world, ALICE, &request));
    assert_false(has_request(world, BOB, &request));
    told = scenario_last(&world->nodes[ALICE], MJL_EVENT_MEMBER_REMOVED);
    assert_memory_equal(&told->member, &old, sizeof old);
    expect_talk(world);
    world_free(world);
}

static void it_is_told_that_it_was_left_behind_until_it_is_back(void **state)
{
    (void)state;
    test_world *const world = world_with_an_old_backup(302);
    mjl_join_request_info request;
    assert_true(world_say(world, ALICE, "later epochs"));
    wait_for_request(world, ALICE, &request);
    for (int i = 0; i < 20; i++) {
        assert_true(world_say(world, ALICE, "later epochs"));
        world_run(world, MINUTE_MS);
    }
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_LEFT_BEHIND), 1);
    assert_int_equal(scenario_info(world_session(world, CAROL)).epochs_behind, 1);
    assert_int_equal(state_of(world_session(world, CAROL)), MJL_SESSION_LIVE);
    const mjl_member_id requester = request.requester;
    restore(world, ALICE, &requester);
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_LEFT_BEHIND), 0);
    expect_talk(world);
    world_free(world);
}

static void both_sides_may_restart_at_any_step(void **state)
{
    (void)state;
    test_world *const world = world_with_an_old_backup(303);
    for (uint32_t i = 0; i < PEOPLE; i++)
        world->nodes[i].steps_twice = world->nodes[i].reopens_after_each_step = true;
    mjl_join_request_info request;
    wait_for_request(world, ALICE, &request);
    const mjl_member_id requester = request.requester;
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST), 1);
    restore(world, ALICE, &requester);
    expect_talk(world);
    world_free(world);
}

static void a_refused_restore_is_not_shown_again(void **state)
{
    (void)state;
    test_world *const world = world_with_an_old_backup(304);
    mjl_join_request_info request;
    wait_for_request(world, ALICE, &request);
    const mjl_member_id requester = request.requester;
    assert_int_equal(mjl_session_refuse(world_session(world, ALICE), world->now, &requester),
                     MJL_OK);
    world_step(world, ALICE);
    for (int i = 0; i < 20; i++) {
        assert_true(world_say(world, BOB, "later epochs"));
        world_run(world, MINUTE_MS);
    }
    assert_false(has_request(world, ALICE, &request));
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST), 1);
    assert_true(has_request(world, BOB, &request)); /* Who did not decide may still. */
    world_free(world);
}

/* ---- Nothing answers by itself ---- */

static uint64_t packets_out(const test_world *world)
{
    return world->nodes[ALICE].packets_out + world->nodes[BOB].packets_out;
}

static mjl_verdict_kind hand_in(test_world *world, uint32_t node, const mjl_buffer *packet)
{
    mjl_verdict verdict;
    assert_int_equal(mjl_profile_receive(world_profile(world, node), world->now, 1,
                                         mjl_buffer_bytes(packet), &verdict),
                     MJL_OK);
    return verdict.kind;
}

/* Alice and bob are quiet, and a knock of carol's old state lies in our hand. */
static test_world *world_with_a_knock_in_hand(uint64_t seed, mjl_buffer *knock)
{
    test_world *const world = world_with_an_old_backup(seed);
    scenario_cut_off(world, CAROL);
    world_run(world, 12 * HOUR_MS);
    const mjl_buffer *last = &world->nodes[CAROL].last_of[MJL_PACKET_KNOCK];
    assert_true(last->size > 0);
    assert_int_equal(mjl_buffer_append(knock, mjl_buffer_bytes(last)), MJL_OK);
    return world;
}

static void a_restore_request_elicits_no_packet(void **state)
{
    (void)state;
    mjl_buffer knock = {0};
    test_world *const world = world_with_a_knock_in_hand(305, &knock);
    const uint64_t before = packets_out(world);
    world_run(world, 700);
    assert_int_equal(packets_out(world), before);
    /* Its last field is the MAC, which proves nothing here. */
    for (size_t i = 4; i < knock.size - MAC_SIZE; i += 11) {
        knock.data[i] ^= 1;
        assert_int_not_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_APPLIED);
        world_step(world, ALICE);
        knock.data[i] ^= 1;
    }
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST), 0);
    assert_int_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_APPLIED);
    for (int i = 0; i < 20; i++)
        assert_int_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_DUPLICATE);
    world_run(world, 700);
    assert_int_equal(packets_out(world), before);
    assert_int_equal(world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST), 1);
    mjl_buffer_clear(&knock);
    world_free(world);
}

static void who_is_heard_is_not_restored(void **state)
{
    (void)state;
    test_world *const world = world_new(306, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_cut_off(world, CAROL);
    world_kill(world, CAROL);
    world_run(world, 10000);
    world_reopen(world, CAROL); /* She was away: she knocks, and somebody else has the knock. */
    world_run(world, 1000);
    scenario_reconnect(world, CAROL);
    mjl_buffer knock = {0};
    assert_int_equal(
        mjl_buffer_append(&knock, mjl_buffer_bytes(&world->nodes[CAROL].last_of[MJL_PACKET_KNOCK])),
        MJL_OK);
    assert_true(knock.size > 0);
    scenario_refresh(world, CAROL);
    world_run(world, 20000);
    assert_true(world_say(world, CAROL, "here"));
    world_run(world, 5000);
    assert_int_not_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_APPLIED);
    world_run(world, 1000);
    for (uint32_t i = 0; i < PEOPLE; i++)
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_RESTORE_REQUEST), 0);
    mjl_buffer_clear(&knock);
    world_free(world);
}

static void a_request_goes_with_the_member(void **state)
{
    (void)state;
    mjl_buffer knock = {0};
    test_world *const world = world_with_a_knock_in_hand(307, &knock);
    assert_int_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_APPLIED);
    world_step(world, ALICE);
    mjl_join_request_info request;
    assert_true(has_request(world, ALICE, &request));
    scenario_exclude(world, BOB, CAROL);
    world_run(world, MINUTE_MS);
    assert_false(has_request(world, ALICE, &request));
    assert_int_equal(hand_in(world, ALICE, &knock), MJL_VERDICT_REJECTED); /* Of no member. */
    assert_false(has_request(world, ALICE, &request));
    mjl_buffer_clear(&knock);
    world_free(world);
}

/* ---- A crowd at the door of an open room ---- */

enum { STRANGERS = MJL_JOIN_REQUESTS_MAX + 1, CROWD = PEOPLE + 1 + STRANGERS, DAVE = PEOPLE };

static void ask_open(test_world *world, uint32_t node)
{
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = mjl_bytes_text("open");
    mjl_session *session;
    assert_int_equal(mjl_session_join(world_profile(world, node), world->now, &join, &session),
                     MJL_OK);
    world_step(world, node);
    world_run(world, 100);
}

/* Each asks once and is seen no more: what it asked for waits. */
static void crowd(test_world *world, uint32_t from)
{
    for (uint32_t i = from; i < CROWD; i++) {
        ask_open(world, i);
        world_kill(world, i);
    }
}

/* Three in an open room. */
static test_world *open_room(uint64_t seed)
{
    test_world *const world = world_new(seed, CROWD, 0);
    world->is_unchecked = true;
    mjl_create create = {.size = sizeof create, .pace = world->pace};
    create.room_name = mjl_bytes_text("open");
    mjl_session *session;
    assert_int_equal(mjl_session_create(world_profile(world, ALICE), world->now, &create, &session),
                     MJL_OK);
    world_step(world, ALICE);
    for (uint32_t i = BOB; i < PEOPLE; i++) {
        ask_open(world, i);
        scenario_invite(world, ALICE, i);
        world_run(world, 10000);
    }
    assert_int_equal(scenario_info(session).members_count, PEOPLE);
    return world;
}

static void a_crowd_at_the_door_touches_neither_members_nor_who_asked_before(void **state)
{
    (void)state;
    test_world *const world = open_room(311);
    ask_open(world, DAVE);
    crowd(world, DAVE + 1);
    mjl_join_request_info request;
    const mjl_session *const alice = world_session(world, ALICE);
    assert_int_equal(mjl_session_join_request(alice, MJL_JOIN_REQUESTS_MAX - 1, &request), MJL_OK);
    assert_int_equal(mjl_session_join_request(alice, MJL_JOIN_REQUESTS_MAX, &request),
                     MJL_NOT_FOUND);
    assert_true(world->nodes[ALICE].rejected_for[MJL_TOO_MANY_REQUESTS & 255] > 0);
    assert_true(world_say(world, BOB, "a crowd"));
    scenario_settle(world);
    assert_int_equal(world_heard(&world->nodes[CAROL], "a crowd"), 1);
    scenario_invite(world, ALICE, DAVE);
    const mjl_time until = world->now + HOUR_MS;
    while (state_of(world_session(world, DAVE)) != MJL_SESSION_LIVE && world->now < until)
        world_run(world, 500);
    assert_int_equal(state_of(world_session(world, DAVE)), MJL_SESSION_LIVE);
    world_free(world);
}

static void a_crowd_at_the_door_keeps_no_member_from_being_restored(void **state)
{
    (void)state;
    test_world *const world = open_room(312);
    crowd(world, DAVE);
    assert_int_equal(mjl_session_rejoin(world_session(world, CAROL), world->now), MJL_OK);
    world_step(world, CAROL);
    mjl_join_request_info request;
    const mjl_time until = world->now + HOUR_MS;
    while (world_count(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST) == 0 && world->now < until)
        world_run(world, 1000);
    const mjl_event *const told = scenario_last(&world->nodes[ALICE], MJL_EVENT_RESTORE_REQUEST);
    assert_non_null(told);
    assert_int_equal(
        mjl_session_join_request(world_session(world, ALICE), MJL_JOIN_REQUESTS_MAX, &request),
        MJL_OK);
    mjl_intent intent;
    const mjl_member_id requester = told->member;
    assert_int_equal(
        mjl_session_restore(world_session(world, ALICE), world->now, &requester, &intent), MJL_OK);
    world_step(world, ALICE);
    world_run(world, MINUTE_MS);
    assert_int_equal(state_of(later_session(world, CAROL)), MJL_SESSION_LIVE);
    world_free(world);
}

/* ---- Giving up what one is ---- */

static void who_gives_up_what_it_is_is_taken_back(void **state)
{
    (void)state;
    test_world *const world = world_new(308, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_cut_off(world, CAROL);
    const mjl_message_id lost = world_say_id(world, CAROL, "nobody hears this");
    assert_int_equal(mjl_session_rejoin(world_session(world, CAROL), world->now), MJL_OK);
    world_step(world, CAROL);
    assert_int_equal(state_of(world_session(world, CAROL)), MJL_SESSION_NEED_REJOIN);
    assert_false(world_say(world, CAROL, "not now"));
    scenario_reconnect(world, CAROL);
    mjl_join_request_info request;
    wait_for_request(world, ALICE, &request);
    const mjl_member_id requester = request.requester;
    restore(world, ALICE, &requester);
    assert_int_equal(scenario_message(world, CAROL, &lost).state, MJL_MESSAGE_FAILED);
    expect_talk(world);
    world_free(world);
}

/* The key package of an answered knock is used up. */
static void who_was_answered_and_then_gives_up_is_taken_back(void **state)
{
    (void)state;
    test_world *const world = world_new(8500, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    world_kill(world, CAROL);
    world_run(world, MINUTE_MS);
    world_reopen(world, CAROL);
    world_run(world, 100); /* Her knock is heard, and the answer on its way. */
    assert_int_equal(mjl_session_rejoin(world_session(world, CAROL), world->now), MJL_OK);
    world_step(world, CAROL);
    mjl_join_request_info request;
    wait_for_request(world, ALICE, &request);
    restore(world, ALICE, &request.requester);
    expect_talk(world);
    world_free(world);
}

static void who_gives_up_may_leave_instead(void **state)
{
    (void)state;
    test_world *const world = world_new(309, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    assert_int_equal(mjl_session_rejoin(world_session(world, CAROL), world->now), MJL_OK);
    world_step(world, CAROL);
    scenario_leave(world, CAROL);
    assert_int_equal(state_of(world_session(world, CAROL)), MJL_SESSION_PARTED);
    const uint64_t before = world->nodes[CAROL].packets_out;
    world_run(world, 10 * MINUTE_MS);
    assert_int_equal(world->nodes[CAROL].packets_out, before);
    assert_int_equal(mjl_session_rejoin(world_session(world, CAROL), world->now), MJL_NOT_A_MEMBER);
    world_free(world);
}

/* The author of what is missing is gone for good, and so are the keys: no place will ever close the
 * gap. */
static void a_gap_that_nobody_can_close_ends_in_a_rejoin(void **state)
{
    (void)state;
    test_world *const world = world_new(310, PEOPLE, 0);
    world->secret_lifetime_ms = HOUR_MS;
    world_gather(world);
    world_run(world, 5000);
    const mjl_network_link open = mjl_network_get_link(world->network, ALICE, BOB);
    const mjl_network_link cut = {.is_cut = true};
    mjl_network_set_link(world->network, ALICE, CAROL, &cut);
    mjl_network_set_link(world->network, BOB, CAROL, &cut);
    assert_true(world_say(world, ALICE, "lost"));
    world_run(world, 100);
    world_kill(world, ALICE);
    mjl_network_set_link(world->network, BOB, CAROL, &open);
    assert_true(world_say(world, BOB, "what follows"));
    world_run(world, 100);
    mjl_network_set_link(world->network, BOB, CAROL, &cut);
    world_run(world, 2000);
    scenario_refresh(world, CAROL);
    world_run(world, 3 * HOUR_MS);
    mjl_network_set_link(world->network, BOB, CAROL, &open);
    const mjl_time until = world->now + 12 * HOUR_MS;
    while (state_of(world_session(world, CAROL)) == MJL_SESSION_LIVE && world->now < until)
        world_run(world, MINUTE_MS);
    assert_int_equal(state_of(world_session(world, CAROL)), MJL_SESSION_NEED_REJOIN);
    const mjl_event *const last = scenario_last(&world->nodes[CAROL], MJL_EVENT_SESSION_STATE);
    assert_int_equal(last->why, MJL_PARENT_UNKNOWN);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_backup_is_taken_back_by_a_person_under_a_new_key),
        cmocka_unit_test(it_is_told_that_it_was_left_behind_until_it_is_back),
        cmocka_unit_test(both_sides_may_restart_at_any_step),
        cmocka_unit_test(a_refused_restore_is_not_shown_again),
        cmocka_unit_test(a_restore_request_elicits_no_packet),
        cmocka_unit_test(who_is_heard_is_not_restored),
        cmocka_unit_test(a_request_goes_with_the_member),
        cmocka_unit_test(a_crowd_at_the_door_touches_neither_members_nor_who_asked_before),
        cmocka_unit_test(a_crowd_at_the_door_keeps_no_member_from_being_restored),
        cmocka_unit_test(who_gives_up_what_it_is_is_taken_back),
        cmocka_unit_test(who_was_answered_and_then_gives_up_is_taken_back),
        cmocka_unit_test(who_gives_up_may_leave_instead),
        cmocka_unit_test(a_gap_that_nobody_can_close_ends_in_a_rejoin),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
