/*
 * Packets that arrive in another order, late, again, or only after the network is back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { LINES = 5, ORDERS = 120, FA_INTV_MS = 1000, ALICE = 0, BOB = 1, CAROL = 2 };

static const char *const lines[LINES] = {"hmm", "who?", "you", "me!", "ok"};

/* Alice and bob talk; carol is cut off, and the packets are kept for her. */
static void talk_without_carol(test_world *world, mjl_buffer packets[LINES])
{
    scenario_cut_off(world, CAROL);
    for (size_t i = 0; i < LINES; i++) {
        const uint32_t node = (uint32_t)(i % 2);
        assert_true(world_say(world, node, lines[i]));
        assert_int_equal(
            mjl_buffer_append(&packets[i],
                              mjl_buffer_bytes(&world->nodes[node].last_of[MJL_PACKET_PLACE])),
            MJL_OK);
        world_run(world, 100);
    }
}

static mjl_verdict_kind feed_carol(test_world *world, const mjl_buffer *packet)
{
    mjl_verdict verdict;
    assert_int_equal(mjl_profile_receive(world_profile(world, CAROL), world->now, 1,
                                         mjl_buffer_bytes(packet), &verdict),
                     MJL_OK);
    return verdict.kind;
}

static void carol_has_all_lines_in_order(test_world *world)
{
    mjl_message_info info;
    for (size_t i = 0; i < LINES; i++) {
        assert_int_equal(mjl_session_message(world_session(world, CAROL), i, &info), MJL_OK);
        assert_true(mjl_bytes_equal(info.body, mjl_bytes_text(lines[i])));
    }
    assert_int_equal(mjl_session_message(world_session(world, CAROL), LINES, &info), MJL_NOT_FOUND);
    assert_int_equal(scenario_info(world_session(world, CAROL)).pending_count, 0);
}

/* The n-th order of five. */
static void feed_in_order(test_world *world, uint32_t n, const mjl_buffer packets[LINES])
{
    size_t left[LINES] = {0, 1, 2, 3, 4};
    for (size_t count = LINES; count > 0; count--) {
        const size_t at = n % count;
        n /= (uint32_t)count;
        feed_carol(world, &packets[left[at]]);
        memmove(&left[at], &left[at + 1], (count - at - 1) * sizeof *left);
    }
}

static void in_every_order_five_lines_are_delivered_once_and_in_theirs(void **state)
{
    (void)state;
    mjl_buffer packets[LINES] = {{0}};
    test_world *const world = world_new(231, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    talk_without_carol(world, packets);
    for (uint32_t order = 0; order < ORDERS; order++) {
        feed_in_order(world, order, packets);
        carol_has_all_lines_in_order(world);
        if (order + 1 < ORDERS) world_reopen(world, CAROL); /* Nothing of it was persisted. */
    }
    world_step(world, CAROL);
    for (size_t i = 0; i < LINES; i++)
        assert_int_equal(feed_carol(world, &packets[i]), MJL_VERDICT_DUPLICATE);
    world_step(world, CAROL);
    carol_has_all_lines_in_order(world);
    assert_int_equal(world_count(&world->nodes[CAROL], MJL_EVENT_MESSAGE), LINES);
    for (size_t i = 0; i < LINES; i++)
        mjl_buffer_clear(&packets[i]);
    world_free(world);
}

static void a_gap_that_stays_is_warned_of_once_and_the_missing_line_ends_it(void **state)
{
    (void)state;
    mjl_buffer packets[LINES] = {{0}};
    test_world *const world = world_new(232, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    talk_without_carol(world, packets);
    feed_carol(world, &packets[1]);
    world_step(world, CAROL);
    world_run(world, FA_INTV_MS - 1);
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_GAP), 0);
    world_run(world, 2);
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_GAP), 1);
    const size_t raised = world_count(&world->nodes[CAROL], MJL_EVENT_WARNING);
    world_run(world, 2 * FA_INTV_MS);
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_GAP), 1);
    assert_int_equal(world_count(&world->nodes[CAROL], MJL_EVENT_MESSAGE), 0);
    feed_carol(world, &packets[0]);
    world_step(world, CAROL);
    assert_int_equal(scenario_warnings(world, CAROL, MJL_WARNING_GAP), 0);
    assert_int_equal(world_count(&world->nodes[CAROL], MJL_EVENT_MESSAGE), 2);
    assert_true(raised >= 1);
    for (size_t i = 0; i < LINES; i++)
        mjl_buffer_clear(&packets[i]);
    world_free(world);
}

static void a_gap_that_closes_in_time_warns_nobody(void **state)
{
    (void)state;
    mjl_buffer packets[LINES] = {{0}};
    test_world *const world = world_new(233, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    talk_without_carol(world, packets);
    feed_carol(world, &packets[1]);
    world_step(world, CAROL);
    world_run(world, FA_INTV_MS - 1);
    feed_carol(world, &packets[0]);
    world_step(world, CAROL);
    world_run(world, FA_INTV_MS);
    const world_node *carol = &world->nodes[CAROL];
    for (size_t i = 0; i < carol->events_count; i++) {
        assert_false(carol->events[i].kind == MJL_EVENT_WARNING &&
                     carol->events[i].warning_kind == MJL_WARNING_GAP);
    }
    assert_int_equal(world_count(carol, MJL_EVENT_MESSAGE), 2);
    for (size_t i = 0; i < LINES; i++)
        mjl_buffer_clear(&packets[i]);
    world_free(world);
}

/* ---- Said while nobody hears ---- */

static void what_is_said_while_cut_off_has_ids_and_an_order_and_arrives_so(void **state)
{
    (void)state;
    static const char *const said[3] = {"first", "second", "third"};
    mjl_message_id ids[3];
    test_world *const world = world_new(234, 2, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_cut_off(world, ALICE);
    for (size_t i = 0; i < 3; i++) {
        ids[i] = world_say_id(world, ALICE, said[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&ids[i], &ids[k], sizeof ids[i]);
    }
    world_run(world, 20 * FA_INTV_MS);
    assert_int_equal(world_count(&world->nodes[BOB], MJL_EVENT_MESSAGE), 0);
    scenario_reconnect(world, ALICE);
    scenario_settle(world);
    for (uint32_t node = 0; node < 2; node++) {
        for (uint32_t i = 0; i < 3; i++) {
            const mjl_message_info info = scenario_message(world, node, &ids[i]);
            assert_int_equal(info.number, i + 1);
            assert_true(mjl_bytes_equal(info.body, mjl_bytes_text(said[i])));
            assert_int_equal(info.state, MJL_MESSAGE_EVERYONE);
        }
    }
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(world_heard(&world->nodes[BOB], said[i]), 1);
    world_free(world);
}

static void what_is_said_alone_is_not_for_who_comes_later(void **state)
{
    (void)state;
    test_world *const world = world_new(235, 2, 0);
    world_create(world);
    assert_true(world_say(world, ALICE, "to myself"));
    assert_true(world_say(world, ALICE, "to myself, again"));
    assert_int_equal(scenario_info(world_session(world, ALICE)).unacked_count, 0);
    world_admit_next(world);
    assert_true(world_say(world, ALICE, "welcome"));
    scenario_settle(world);
    assert_int_equal(world_count(&world->nodes[BOB], MJL_EVENT_MESSAGE), 1);
    assert_int_equal(world_heard(&world->nodes[BOB], "welcome"), 1);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_every_order_five_lines_are_delivered_once_and_in_theirs),
        cmocka_unit_test(a_gap_that_stays_is_warned_of_once_and_the_missing_line_ends_it),
        cmocka_unit_test(a_gap_that_closes_in_time_warns_nobody),
        cmocka_unit_test(what_is_said_while_cut_off_has_ids_and_an_order_and_arrives_so),
        cmocka_unit_test(what_is_said_alone_is_not_for_who_comes_later),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
