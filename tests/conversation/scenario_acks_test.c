/*
 * From "nobody has it" to "everyone has it", one ack at a time, and when a warning speaks of it.
 *
 *      say ── ack of one ── ack of the other ──> EVERYONE, silently      all before FA_INTV
 *        └────────────── FA_INTV ──> AT_RISK, one warning ──> retracts itself
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { FA_INTV_MS = 1000, HEARTBEAT_MS = 4 * FA_INTV_MS, ALICE = 0, BOB = 1, CAROL = 2 };

static test_world *three(uint64_t seed)
{
    test_world *const world = world_new(seed, 3, 0);
    world_gather(world);
    world_run(world, 3 * HEARTBEAT_MS);
    scenario_settle(world);
    return world;
}

/* How often a message was in this state, in the order of events. */
static size_t went_through(const world_node *node, const mjl_message_id *id,
                           mjl_message_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        const mjl_event *event = &node->events[i];
        count += event->kind == MJL_EVENT_MESSAGE_STATE &&
                 memcmp(&event->message, id, sizeof *id) == 0 &&
                 event->new_state == (uint32_t)state;
    }
    return count;
}

static void a_message_is_held_by_none_then_one_then_everyone(void **state)
{
    (void)state;
    test_world *const world = three(201);
    scenario_cut_off(world, BOB);
    scenario_cut_off(world, CAROL);
    const mjl_message_id id = world_say_id(world, ALICE, "who has it?");
    const mjl_time said_at = world->now;
    assert_int_equal(scenario_message(world, ALICE, &id).held_count, 0);
    assert_int_equal(scenario_message(world, ALICE, &id).held_at, 0);
    assert_int_equal(scenario_info(world_session(world, ALICE)).unacked_count, 1);
    world_run(world, FA_INTV_MS / 2);
    scenario_reconnect(world, BOB);
    scenario_cut_off(world, CAROL);
    world_run(world, 3 * FA_INTV_MS);
    assert_int_equal(scenario_message(world, ALICE, &id).held_count, 1);
    assert_int_not_equal(scenario_message(world, ALICE, &id).state, MJL_MESSAGE_EVERYONE);
    assert_int_equal(scenario_info(world_session(world, ALICE)).unacked_count, 1);
    const mjl_time first_at = scenario_message(world, ALICE, &id).held_at;
    assert_in_range(first_at, said_at + FA_INTV_MS / 2, world->now);
    scenario_reconnect(world, CAROL);
    scenario_settle(world);
    world_step(world, ALICE);
    world_reopen(world, ALICE);
    const mjl_message_info info = scenario_message(world, ALICE, &id);
    assert_in_range(info.held_at, first_at + 1, world->now);
    assert_int_equal(info.held_count, 2);
    assert_int_equal(info.state, MJL_MESSAGE_EVERYONE);
    assert_int_equal(went_through(&world->nodes[ALICE], &id, MJL_MESSAGE_EVERYONE), 1);
    world_free(world);
}

static void what_everyone_has_in_time_warns_nobody(void **state)
{
    (void)state;
    test_world *const world = three(202);
    const mjl_message_id id = world_say_id(world, ALICE, "in time");
    const mjl_time said = world->now;
    scenario_settle(world);
    assert_true(world->now - said < FA_INTV_MS);
    world_run(world, 2 * HEARTBEAT_MS);
    scenario_leave(world, ALICE);
    world_run(world, MJL_LINGER_BC_LAT * MJL_BC_LAT_MS_QUICK);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_WARNING), 0);
    assert_int_equal(went_through(&world->nodes[ALICE], &id, MJL_MESSAGE_AT_RISK), 0);
    assert_int_equal(scenario_info(world_session(world, ALICE)).state, MJL_SESSION_PARTED);
    world_free(world);
}

static void what_nobody_acks_is_warned_of_once_and_on_time(void **state)
{
    (void)state;
    test_world *const world = three(203);
    scenario_cut_off(world, ALICE);
    const mjl_message_id id = world_say_id(world, ALICE, "anybody?");
    const world_node *alice = &world->nodes[ALICE];
    world_run(world, FA_INTV_MS - 1);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_NOT_FULLY_ACKED), 0);
    world_run(world, 2);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_NOT_FULLY_ACKED), 1);
    assert_int_equal(went_through(alice, &id, MJL_MESSAGE_AT_RISK), 1);
    world_run(world, 100 * FA_INTV_MS);
    assert_int_equal(went_through(alice, &id, MJL_MESSAGE_AT_RISK), 1);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_NOT_FULLY_ACKED), 1);
    /* And who leaves now is told that it is not confirmed. */
    scenario_leave(world, ALICE);
    world_run(world, MJL_LINGER_BC_LAT * MJL_BC_LAT_MS_QUICK + 10);
    assert_int_equal(scenario_last(alice, MJL_EVENT_SESSION_STATE)->why, MJL_NOT_CONFIRMED);
    world_free(world);
}

static uint64_t statements_of(const test_world *world, uint32_t node)
{
    return world->nodes[node].packets_of[MJL_PACKET_STATEMENT];
}

static void who_only_listens_acks_once_and_acks_are_not_acked(void **state)
{
    (void)state;
    test_world *const world = three(204);
    /* Each has just been heard: no heartbeat is due for a while. */
    assert_true(world_say(world, BOB, "good morning"));
    scenario_settle(world);
    world_run(world, FA_INTV_MS);
    const uint64_t before[3] = {statements_of(world, ALICE), statements_of(world, BOB),
                                statements_of(world, CAROL)};
    const size_t told_before = world->nodes[BOB].events_count;
    assert_true(world_say(world, ALICE, "listen"));
    world_run(world, FA_INTV_MS);
    assert_int_equal(statements_of(world, BOB) - before[BOB], 1);
    assert_int_equal(statements_of(world, CAROL) - before[CAROL], 1);
    world_run(world, FA_INTV_MS);
    assert_int_equal(statements_of(world, ALICE) - before[ALICE], 0);
    assert_int_equal(statements_of(world, BOB) - before[BOB], 1);
    assert_int_equal(statements_of(world, CAROL) - before[CAROL], 1);
    /* To its receivers an ack is no line of its own: one message, and what became of it. */
    for (size_t i = told_before; i < world->nodes[BOB].events_count; i++) {
        const mjl_event_kind kind = world->nodes[BOB].events[i].kind;
        assert_true(kind == MJL_EVENT_MESSAGE || kind == MJL_EVENT_MESSAGE_STATE);
    }
    world_free(world);
}

static void an_ack_is_sent_once_while_the_message_is_repeated_for_another(void **state)
{
    (void)state;
    test_world *const world = three(205);
    assert_true(world_say(world, BOB, "good morning"));
    scenario_settle(world);
    world_run(world, FA_INTV_MS);
    world_kill(world, CAROL);
    const uint64_t before = statements_of(world, BOB);
    const uint64_t places = world->nodes[ALICE].packets_of[MJL_PACKET_PLACE];
    const uint64_t repeated_before = world->nodes[BOB].packets_of[MJL_PACKET_PLACE];
    assert_true(world_say(world, ALICE, "carol?"));
    world_run(world, FA_INTV_MS - 100);
    assert_int_equal(statements_of(world, BOB) - before, 1);
    world_run(world, 2 * FA_INTV_MS);
    const uint64_t repeated = world->nodes[BOB].packets_of[MJL_PACKET_PLACE] - repeated_before;
    assert_true(world->nodes[ALICE].packets_of[MJL_PACKET_PLACE] - places > 1);
    /* When bob repeats it for alice, he asks whether carol has it. */
    assert_true(statements_of(world, BOB) - before <= 1 + repeated);
    assert_int_equal(scenario_warnings(world, ALICE, MJL_WARNING_NOT_FULLY_ACKED), 1);
    world_free(world);
}

static void each_say_is_one_packet(void **state)
{
    (void)state;
    test_world *const world = three(206);
    for (uint32_t i = 0; i < 2; i++) {
        const uint64_t before = world->nodes[ALICE].packets_out;
        assert_true(world_say(world, ALICE, i == 0 ? "" : "txt"));
        assert_int_equal(world->nodes[ALICE].packets_out - before, 1);
    }
    scenario_settle(world);
    assert_int_equal(world_count(&world->nodes[BOB], MJL_EVENT_MESSAGE), 2);
    assert_int_equal(world_heard(&world->nodes[BOB], "txt"), 1);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_held_by_none_then_one_then_everyone),
        cmocka_unit_test(what_everyone_has_in_time_warns_nobody),
        cmocka_unit_test(what_nobody_acks_is_warned_of_once_and_on_time),
        cmocka_unit_test(who_only_listens_acks_once_and_acks_are_not_acked),
        cmocka_unit_test(an_ack_is_sent_once_while_the_message_is_repeated_for_another),
        cmocka_unit_test(each_say_is_one_packet),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
