/*
 * Placing again (DESIGN section 6): what a reader cannot open any more, or nobody can send any
 * more, comes back from its author, in its old position.
 *
 *      author: "lost" ──x   "what follows" ──> reader          the keys of that epoch die, or the
 *      reader: place it again ──> author ──again──> both lines  packet of "lost" does
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum {
    AUTHOR = 0,
    READER = 1,
    THIRD = 2,
    PEOPLE = 3,
    HOUR_MS = 3600000,
    LONG_MS = HOUR_MS + HOUR_MS / 2
};

/* A room whose secrets live for an hour; the reader lacks "lost" and holds "what follows". */
static test_world *room_with_a_gap(uint64_t seed, uint32_t members, mjl_message_id *lost)
{
    test_world *const world = world_new(seed, PEOPLE, 0);
    world->secret_lifetime_ms = HOUR_MS;
    world->nodes_count = members;
    world_gather(world);
    world->nodes_count = PEOPLE;
    world_run(world, 5000);
    const mjl_network_link open = mjl_network_get_link(world->network, AUTHOR, READER);
    const mjl_network_link cut = {.is_cut = true};
    for (uint32_t i = 1; i < members; i++)
        mjl_network_set_link(world->network, AUTHOR, i, &cut);
    *lost = world_say_id(world, AUTHOR, "lost");
    for (uint32_t i = 1; i < members; i++)
        mjl_network_set_link(world->network, AUTHOR, i, &open);
    assert_true(world_say(world, AUTHOR, "what follows"));
    world_run(world, 70);
    assert_int_equal(world_heard(&world->nodes[READER], "what follows"), 0);
    return world;
}

static mjl_message_state state_at(test_world *world, uint32_t node, const mjl_message_id *id)
{
    return scenario_message(world, node, id).state;
}

static void expect_both_lines(test_world *world, uint32_t node)
{
    assert_int_equal(world_heard(&world->nodes[node], "lost"), 1);
    assert_int_equal(world_heard(&world->nodes[node], "what follows"), 1);
}

static void a_packet_that_nobody_has_any_more_comes_back_from_its_author(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_with_a_gap(201, 2, &lost);
    scenario_cut_off(world, AUTHOR);
    world_run(world, LONG_MS);
    scenario_reconnect(world, AUTHOR);
    world_run(world, LONG_MS);
    expect_both_lines(world, READER);
    scenario_settle(world);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_EVERYONE);
    assert_int_equal(scenario_warnings(world, READER, MJL_WARNING_GAP), 0);
    world_free(world);
}

/* The reader lives in another epoch, and so does the author; the keys of the old one died. */
static test_world *room_with_dead_keys(uint64_t seed, mjl_message_id *lost)
{
    test_world *const world = room_with_a_gap(seed, 2, lost);
    const mjl_network_link cut = {.is_cut = true};
    mjl_network_set_link(world->network, AUTHOR, READER, &cut);
    world_run(world, 2000);
    scenario_refresh(world, READER);
    world_run(world, 20000);
    assert_int_equal(scenario_info(world_session(world, AUTHOR)).epoch,
                     scenario_info(world_session(world, READER)).epoch);
    scenario_cut_off(world, AUTHOR);
    world_run(world, LONG_MS);
    assert_int_equal(world_heard(&world->nodes[READER], "what follows"), 0);
    return world;
}

static void what_a_closed_epoch_would_have_lost_comes_again(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_with_dead_keys(202, &lost);
    scenario_reconnect(world, AUTHOR);
    world_run(world, LONG_MS);
    expect_both_lines(world, READER);
    scenario_settle(world);
    const mjl_message_info info = scenario_message(world, READER, &lost);
    assert_int_equal(info.epoch, scenario_message(world, AUTHOR, &lost).epoch);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_EVERYONE);
    assert_true(world_say(world, READER, "here I am"));
    scenario_settle(world);
    assert_int_equal(world_heard(&world->nodes[AUTHOR], "here I am"), 1);
    world_free(world);
}

/* ---- Who came since ---- */

static size_t told_of(const world_node *node, const mjl_message_id *id, mjl_message_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        const mjl_event *event = &node->events[i];
        count += event->kind == MJL_EVENT_MESSAGE_STATE && event->new_state == state &&
                 memcmp(&event->message, id, sizeof *id) == 0;
    }
    return count;
}

/* The keys died, and somebody has come since. */
static test_world *room_that_grew(uint64_t seed, mjl_message_id *lost)
{
    test_world *const world = room_with_dead_keys(seed, lost);
    scenario_ask(world, THIRD);
    scenario_invite(world, READER, THIRD);
    world_run(world, 60000);
    scenario_reconnect(world, AUTHOR);
    world_run(world, 20 * 60000);
    assert_int_equal(scenario_info(world_session(world, AUTHOR)).members_count, PEOPLE);
    return world;
}

static void while_the_room_has_grown_it_waits_for_consent(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_that_grew(203, &lost);
    assert_int_equal(told_of(&world->nodes[AUTHOR], &lost, MJL_MESSAGE_QUEUED), 1);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_QUEUED);
    assert_int_equal(world_heard(&world->nodes[READER], "lost"), 0);
    world_step(world, AUTHOR);
    world_reopen(world, AUTHOR);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_QUEUED);
    assert_int_equal(mjl_session_agree(world_session(world, AUTHOR), world->now, &lost), MJL_OK);
    world_step(world, AUTHOR);
    world_run(world, LONG_MS);
    expect_both_lines(world, READER);
    scenario_settle(world);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_EVERYONE);
    assert_int_equal(told_of(&world->nodes[AUTHOR], &lost, MJL_MESSAGE_EVERYONE), 1);
    assert_int_equal(world_heard(&world->nodes[THIRD], "lost"), 0);
    world_free(world);
}

static void what_waits_for_consent_fails_when_its_author_goes(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_that_grew(204, &lost);
    scenario_leave(world, AUTHOR);
    world_run(world, 60000);
    assert_int_equal(scenario_info(world_session(world, AUTHOR)).state, MJL_SESSION_PARTED);
    assert_int_equal(told_of(&world->nodes[AUTHOR], &lost, MJL_MESSAGE_FAILED), 1);
    assert_int_equal(state_at(world, AUTHOR, &lost), MJL_MESSAGE_FAILED);
    world_free(world);
}

/* ---- What elicits nothing ---- */

static uint64_t packets_out(const test_world *world, uint32_t node)
{
    return world->nodes[node].packets_out;
}

static void a_commit_alone_places_nothing_again(void **state)
{
    (void)state;
    test_world *const world = world_new(205, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    const mjl_network_link cut = {.is_cut = true};
    mjl_network_set_link(world->network, AUTHOR, THIRD, &cut);
    mjl_network_set_link(world->network, READER, THIRD, &cut);
    const mjl_message_id id = world_say_id(world, AUTHOR, "before the commit");
    world_run(world, 300);
    const uint64_t bytes = world->nodes[AUTHOR].fresh_bytes;
    scenario_refresh(world, READER);
    world_run(world, 60000);
    assert_int_equal(world->nodes[AUTHOR].fresh_bytes, bytes);
    const mjl_message_state now = state_at(world, AUTHOR, &id);
    assert_int_equal(now, MJL_MESSAGE_AT_RISK);
    world_free(world);
}

/* How often the author spoke while the reader asked in vain for so long. */
static void who_asks_again_and_again_gets_one_answer_each(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_with_dead_keys(206, &lost);
    scenario_reconnect(world, AUTHOR);
    mjl_network_link cut = mjl_network_get_link(world->network, AUTHOR, READER);
    cut.is_cut = true;
    mjl_network_set_link(world->network, AUTHOR, READER, &cut);
    const uint64_t before = packets_out(world, AUTHOR);
    const uint64_t asked = packets_out(world, READER);
    world_run(world, 600000);
    const uint64_t wants = packets_out(world, READER) - asked;
    assert_in_range(packets_out(world, AUTHOR) - before, 1, 2 * wants + 40);
    /* The same want again is a duplicate. */
    mjl_buffer *const want = &world->nodes[READER].last_of[MJL_PACKET_STATEMENT];
    mjl_verdict verdict;
    uint64_t quiet = 0;
    for (int i = 0; i <= 100; i++) {
        assert_int_equal(mjl_profile_receive(world_profile(world, AUTHOR), world->now, 1,
                                             mjl_buffer_bytes(want), &verdict),
                         MJL_OK);
        /* The first time it may have been on its way still. */
        if (i > 0) assert_int_equal(verdict.kind, MJL_VERDICT_DUPLICATE);
        world_step(world, AUTHOR);
        if (i == 0) quiet = packets_out(world, AUTHOR);
    }
    assert_int_equal(packets_out(world, AUTHOR), quiet);
    world_free(world);
}

static void a_removed_readers_wish_elicits_nothing(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_with_dead_keys(207, &lost);
    mjl_network_link open = mjl_network_get_link(world->network, AUTHOR, READER);
    open.is_cut = false;
    scenario_exclude(world, AUTHOR, READER);
    world_run(world, 3 * HOUR_MS);
    assert_int_equal(scenario_info(world_session(world, AUTHOR)).members_count, 1);
    uint64_t before = packets_out(world, AUTHOR);
    world_run(world, 12 * HOUR_MS); /* Heartbeats alone. */
    const uint64_t usual = packets_out(world, AUTHOR) - before;
    mjl_network_set_link(world->network, READER, AUTHOR, &open);
    const uint64_t asked = packets_out(world, READER);
    before = packets_out(world, AUTHOR);
    world_run(world, 12 * HOUR_MS);
    assert_true(packets_out(world, READER) > asked + 10);
    assert_int_equal(packets_out(world, AUTHOR) - before, usual);
    world_free(world);
}

/* Only the author of a place may bring it back; what nobody misses changes nothing. */
static void what_nobody_misses_is_not_taken(void **state)
{
    (void)state;
    mjl_message_id lost;
    test_world *const world = room_with_dead_keys(208, &lost);
    scenario_reconnect(world, AUTHOR);
    world_run(world, LONG_MS);
    scenario_settle(world);
    const size_t messages = world_count(&world->nodes[READER], MJL_EVENT_MESSAGE);
    world_run(world, 12 * HOUR_MS);
    assert_int_equal(world_count(&world->nodes[READER], MJL_EVENT_MESSAGE), messages);
    expect_both_lines(world, READER);
    world_free(world);
}

/* ---- Every message ends: everyone has it, or it failed ---- */

/* Three, of whom the reader says something that nobody hears; then it is sent away or leaves. */
static test_world *room_with_an_unheard(uint64_t seed, mjl_message_id *unheard)
{
    test_world *const world = world_new(seed, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    scenario_cut_off(world, READER);
    *unheard = world_say_id(world, READER, "does anybody hear me?");
    world_run(world, 2000);
    assert_int_equal(state_at(world, READER, unheard), MJL_MESSAGE_AT_RISK);
    return world;
}

static void what_not_everyone_has_when_its_author_parts_has_failed(void **state)
{
    (void)state;
    mjl_message_id unheard;
    test_world *const world = room_with_an_unheard(209, &unheard);
    scenario_leave(world, READER);
    world_run(world, 60000);
    assert_int_equal(scenario_info(world_session(world, READER)).state, MJL_SESSION_PARTED);
    assert_int_equal(state_at(world, READER, &unheard), MJL_MESSAGE_FAILED);
    assert_int_equal(told_of(&world->nodes[READER], &unheard, MJL_MESSAGE_FAILED), 1);
    const mjl_event *const last = scenario_last(&world->nodes[READER], MJL_EVENT_MESSAGE_STATE);
    assert_int_equal(last->why, MJL_NOT_A_MEMBER);
    assert_int_equal(last->held_count, 0);
    assert_int_equal(last->readers_count, PEOPLE - 1);
    world_step(world, READER);
    world_reopen(world, READER);
    assert_int_equal(state_at(world, READER, &unheard), MJL_MESSAGE_FAILED);
    world_free(world);
}

static void what_not_everyone_has_when_its_author_is_removed_has_failed(void **state)
{
    (void)state;
    mjl_message_id unheard;
    test_world *const world = room_with_an_unheard(210, &unheard);
    scenario_exclude(world, AUTHOR, READER);
    mjl_network_link open = mjl_network_get_link(world->network, AUTHOR, READER);
    open.is_cut = false;
    mjl_network_set_link(world->network, AUTHOR, READER, &open);
    world_run(world, 60000);
    assert_int_equal(scenario_info(world_session(world, READER)).state, MJL_SESSION_REMOVED);
    assert_int_equal(state_at(world, READER, &unheard), MJL_MESSAGE_FAILED);
    assert_int_equal(told_of(&world->nodes[READER], &unheard, MJL_MESSAGE_FAILED), 1);
    scenario_reconnect(world, READER);
    world_run(world, 60000);
    assert_int_equal(world_heard(&world->nodes[THIRD], "does anybody hear me?"), 0);
    assert_int_equal(state_at(world, READER, &unheard), MJL_MESSAGE_FAILED);
    world_free(world);
}

static uint32_t leaf_of(test_world *world, uint32_t node)
{
    mjl_member_info info;
    const mjl_session *session = world_session(world, node);
    for (size_t i = 0; mjl_session_member(session, i, &info) == MJL_OK; i++) {
        if (info.is_self) return info.leaf;
    }
    fail_msg("no member");
    return 0;
}

/* Two are sent away at the same time, each by another one; the choice falls on one commit. */
static void a_failure_is_taken_back_when_the_removal_loses(void **state)
{
    (void)state;
    test_world *const world = world_new(211, 4, 0);
    world_gather(world);
    world_run(world, 5000);
    /* The creator committed last: the least leaf behind its own wins. */
    const uint32_t winner = leaf_of(world, 1) < leaf_of(world, 2) ? 1 : 2;
    const uint32_t loser = 3 - winner;
    uint32_t sides[WORLD_NODES_MAX] = {1, 2, 2, 4};
    sides[loser] = 4;
    mjl_network_partition(world->network, sides);
    const mjl_message_id id = world_say_id(world, 3, "am I here?");
    world_run(world, 2000);
    scenario_exclude(world, winner, 0);
    scenario_exclude(world, loser, 3);
    world_run(world, 500);
    assert_int_equal(scenario_info(world_session(world, 3)).state, MJL_SESSION_REMOVED);
    assert_int_equal(state_at(world, 3, &id), MJL_MESSAGE_FAILED);
    mjl_network_partition(world->network, NULL);
    const mjl_time until = world->now + 20000;
    while (scenario_info(world_session(world, 3)).state != MJL_SESSION_LIVE && world->now < until)
        world_run(world, 10);
    assert_int_equal(scenario_info(world_session(world, 3)).state, MJL_SESSION_LIVE);
    assert_int_not_equal(state_at(world, 3, &id), MJL_MESSAGE_FAILED);
    world_free(world);
}

/* Said on a line that loses: it comes again on the winner, once, to all, also across a restart. */
static void what_a_lost_line_said_comes_again_on_the_winner(void **state)
{
    (void)state;
    test_world *const world = world_new(212, PEOPLE, 0);
    world_gather(world);
    world_run(world, 5000);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2, 1};
    mjl_network_partition(world->network, sides);
    scenario_refresh(world, READER);
    const mjl_message_id id = world_say_id(world, READER, "on the losing side");
    world_run(world, 2000);
    scenario_exclude(world, AUTHOR, THIRD);
    world_run(world, 3000);
    mjl_network_partition(world->network, NULL);
    world_run(world, 500);
    world_step(world, READER);
    world_reopen(world, READER);
    scenario_settle(world);
    assert_int_equal(world_heard(&world->nodes[AUTHOR], "on the losing side"), 1);
    assert_int_equal(state_at(world, READER, &id), MJL_MESSAGE_EVERYONE);
    const mjl_message_info info = scenario_message(world, AUTHOR, &id);
    assert_memory_equal(&info.id, &id, sizeof id);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_that_nobody_has_any_more_comes_back_from_its_author),
        cmocka_unit_test(what_a_closed_epoch_would_have_lost_comes_again),
        cmocka_unit_test(while_the_room_has_grown_it_waits_for_consent),
        cmocka_unit_test(what_waits_for_consent_fails_when_its_author_goes),
        cmocka_unit_test(a_commit_alone_places_nothing_again),
        cmocka_unit_test(who_asks_again_and_again_gets_one_answer_each),
        cmocka_unit_test(a_removed_readers_wish_elicits_nothing),
        cmocka_unit_test(what_nobody_misses_is_not_taken),
        cmocka_unit_test(what_not_everyone_has_when_its_author_parts_has_failed),
        cmocka_unit_test(what_not_everyone_has_when_its_author_is_removed_has_failed),
        cmocka_unit_test(a_failure_is_taken_back_when_the_removal_loses),
        cmocka_unit_test(what_a_lost_line_said_comes_again_on_the_winner),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
