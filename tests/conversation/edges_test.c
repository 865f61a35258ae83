/*
 * What happens at the edges of a conversation: coming back, wishing twice, bounds that are reached
 * inside one input, notes, and calls on a profile that failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { SAYS = MJL_QUEUED_SAYS_MAX + 44 };

static mjl_session_info info_of(const mjl_session *session)
{
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    return info;
}

static mjl_intent exclude(test_world *world, uint32_t node, uint32_t whom)
{
    mjl_intent intent;
    const mjl_member_id id = mjl_profile_member(world_profile(world, whom));
    assert_int_equal(mjl_session_exclude(world_session(world, node), world->now, &id, &intent),
                     MJL_OK);
    return intent;
}

static void invite_first(test_world *world, uint32_t node)
{
    mjl_join_request_info request;
    mjl_intent intent;
    for (int i = 0; i < 100; i++) {
        if (mjl_session_join_request(world_session(world, node), 0, &request) == MJL_OK) break;
        world_run(world, 100);
    }
    assert_int_equal(mjl_session_join_request(world_session(world, node), 0, &request), MJL_OK);
    assert_int_equal(
        mjl_session_invite(world_session(world, node), world->now, &request.requester, &intent),
        MJL_OK);
    world_step(world, node);
}

/* The state in which an intent was seen last. */
static mjl_intent_state ended(const world_node *node, mjl_intent intent)
{
    mjl_intent_state last = MJL_INTENT_QUEUED;
    for (size_t i = 0; i < node->events_count; i++) {
        const mjl_event *event = &node->events[i];
        if (event->kind == MJL_EVENT_INTENT && event->intent == intent) last = event->intent_state;
    }
    return last;
}

static size_t count_states(const world_node *node, mjl_message_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        const mjl_event *event = &node->events[i];
        count += event->kind == MJL_EVENT_MESSAGE_STATE && event->new_state == (uint32_t)state;
    }
    return count;
}

/* ---- Coming back ---- */

static void who_was_removed_can_be_invited_again(void **state)
{
    (void)state;
    test_world *const world = world_new(31, 3, 0);
    world_gather(world);
    exclude(world, 0, 2);
    world_step(world, 0);
    world_run(world, 10000);
    assert_int_equal(info_of(world_session(world, 2)).state, MJL_SESSION_REMOVED);
    const mjl_session *const again = scenario_ask(world, 2);
    assert_ptr_not_equal(again, world_session(world, 2));
    invite_first(world, 0);
    world_run(world, 10000);
    assert_int_equal(info_of(again).state, MJL_SESSION_LIVE);
    assert_true(world_say(world, 0, "welcome back"));
    world_run(world, 10000);
    assert_int_equal(world_heard(&world->nodes[2], "welcome back"), 1);
    assert_int_equal(info_of(again).unacked_count, 0);
    assert_true(world_is_calm(world));
    world_free(world);
}

static void who_left_and_came_back_stays(void **state)
{
    (void)state;
    test_world *const world = world_new(32, 5, 0);
    world_gather(world);
    assert_int_equal(mjl_session_leave(world_session(world, 4), world->now), MJL_OK);
    world_step(world, 4);
    for (int i = 0; i < 200; i++) {
        if (info_of(world_session(world, 0)).members_count == 4 &&
            info_of(world_session(world, 4)).state == MJL_SESSION_PARTED) {
            break;
        }
        world_run(world, 50);
    }
    assert_int_equal(info_of(world_session(world, 4)).state, MJL_SESSION_PARTED);
    const mjl_session *const again = scenario_ask(world, 4);
    invite_first(world, 0);
    world_run(world, 60000);
    assert_int_equal(info_of(again).state, MJL_SESSION_LIVE);
    assert_int_equal(info_of(world_session(world, 0)).members_count, 5);
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(world_session(world, 0), i, &member) == MJL_OK; i++) {
        assert_false(member.is_leaving);
    }
    world_free(world);
}

static void who_waits_for_longer_than_a_key_package_lives_gets_in(void **state)
{
    (void)state;
    test_world *const world = world_new(42, 2, 0);
    world->nodes_count = 1;
    world_gather(world);
    world_kill(world, 0);
    world->nodes_count = 2;
    scenario_ask(world, 1);
    world_run(world, ((mjl_time)MJL_KEY_PACKAGE_LIFETIME_S + 7200) * 1000);
    world_reopen(world, 0);
    world_run(world, 2 * MJL_BACKOFF_MS_MAX);
    invite_first(world, 0);
    world_run(world, 10000);
    assert_int_equal(info_of(world_session(world, 1)).state, MJL_SESSION_LIVE);
    world_free(world);
}

static void keys_of_who_left_die_in_time(void **state)
{
    (void)state;
    test_world *const world = world_new(43, 2, 0);
    uint8_t secret[32];
    world_gather(world);
    world_kill(world, 0); /* Nobody removes who leaves. */
    assert_int_equal(mjl_session_leave(world_session(world, 1), world->now), MJL_OK);
    world_step(world, 1);
    world_run(world, 30000);
    assert_int_equal(info_of(world_session(world, 1)).state, MJL_SESSION_PARTED);
    assert_int_equal(mjl_session_epoch_authenticator(world_session(world, 1), secret), MJL_OK);
    world_run(world, MJL_SECRET_LIFETIME_MS_DEFAULT);
    assert_int_equal(mjl_session_epoch_authenticator(world_session(world, 1), secret),
                     MJL_NOT_A_MEMBER);
    world_reopen(world, 1);
    assert_int_equal(mjl_profile_check(world_profile(world, 1)), MJL_OK);
    world_free(world);
}

/* ---- Wishes ---- */

static void the_same_wish_twice_is_carried_out_once(void **state)
{
    (void)state;
    test_world *const world = world_new(33, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_intent early;
    /* Closes the gate, so that both wishes wait for the same commit. */
    assert_int_equal(mjl_session_refresh(world_session(world, 0), world->now, &early), MJL_OK);
    const mjl_intent first = exclude(world, 0, 2);
    const mjl_intent second = exclude(world, 0, 2);
    world_step(world, 0);
    world_run(world, 30000);
    assert_int_equal(ended(&world->nodes[0], first), MJL_INTENT_DONE);
    assert_int_equal(ended(&world->nodes[0], second), MJL_INTENT_REPLACED);
    assert_int_equal(info_of(world_session(world, 0)).members_count, 2);
    world_free(world);
}

static void an_invitation_made_twice_lets_the_newcomer_in(void **state)
{
    (void)state;
    test_world *const world = world_new(34, 3, 0);
    world->nodes_count = 2;
    world_gather(world);
    world_run(world, 5000);
    world->nodes_count = 3;
    const mjl_session *const newcomer = scenario_ask(world, 2);
    world_run(world, 1000);
    mjl_intent early;
    assert_int_equal(mjl_session_refresh(world_session(world, 0), world->now, &early), MJL_OK);
    invite_first(world, 0);
    invite_first(world, 0);
    world_run(world, 30000);
    assert_int_equal(info_of(newcomer).state, MJL_SESSION_LIVE);
    world_free(world);
}

/* ---- A line that loses ---- */

/* Node 1 says more than the queue holds on a line that then loses to one with a new reader. */
static test_world *lose_a_long_line(uint64_t seed)
{
    test_world *const world = world_new(seed, 4, 0);
    world->nodes_count = 3;
    world_gather(world);
    world_run(world, 5000);
    world->nodes_count = 4;
    scenario_ask(world, 3);
    world_run(world, 1000);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2, 1, 1};
    mjl_network_partition(world->network, sides);
    mjl_intent intent;
    assert_int_equal(mjl_session_refresh(world_session(world, 1), world->now, &intent), MJL_OK);
    for (int i = 0; i < SAYS; i++) {
        char text[24];
        snprintf(text, sizeof text, "long %d", i);
        assert_true(world_say(world, 1, text));
    }
    invite_first(world, 0);
    world_run(world, 5000);
    mjl_network_partition(world->network, NULL);
    world_run(world, 60000);
    return world;
}

static void a_long_line_that_lost_waits_for_consent_and_arrives(void **state)
{
    (void)state;
    test_world *const world = lose_a_long_line(35);
    const world_node *const author = &world->nodes[1];
    assert_int_equal(info_of(world_session(world, 1)).members_count, 4);
    assert_int_equal(count_states(author, MJL_MESSAGE_QUEUED), SAYS);
    world_step(world, 1);
    world_reopen(world, 1);
    for (size_t i = 0; i < author->events_count; i++) {
        const mjl_event *event = &author->events[i];
        if (event->kind != MJL_EVENT_MESSAGE_STATE || event->new_state != MJL_MESSAGE_QUEUED) {
            continue;
        }
        const mjl_message_id id = event->message;
        assert_int_equal(mjl_session_agree(world_session(world, 1), world->now, &id), MJL_OK);
        world_step(world, 1);
    }
    assert_true(world_run_until(world, 600000, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[3], "long 0"), 1);
    assert_int_equal(world_heard(&world->nodes[3], "long 299"), 1);
    world_free(world);
}

static void what_still_waits_when_its_author_leaves_has_failed(void **state)
{
    (void)state;
    test_world *const world = lose_a_long_line(36);
    assert_int_equal(mjl_session_leave(world_session(world, 1), world->now), MJL_OK);
    world_step(world, 1);
    world_run(world, 30000);
    assert_int_equal(info_of(world_session(world, 1)).state, MJL_SESSION_PARTED);
    assert_int_equal(count_states(&world->nodes[1], MJL_MESSAGE_FAILED), SAYS);
    world_free(world);
}

static void wishes_of_who_is_removed_are_void(void **state)
{
    (void)state;
    test_world *const world = world_new(37, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2, 1};
    mjl_network_partition(world->network, sides);
    mjl_intent first;
    mjl_intent second;
    assert_int_equal(mjl_session_refresh(world_session(world, 1), world->now, &first), MJL_OK);
    assert_int_equal(mjl_session_refresh(world_session(world, 1), world->now, &second), MJL_OK);
    world_step(world, 1);
    exclude(world, 0, 1);
    world_step(world, 0);
    mjl_network_partition(world->network, NULL);
    world_run(world, 30000);
    assert_int_equal(info_of(world_session(world, 1)).state, MJL_SESSION_REMOVED);
    assert_int_equal(ended(&world->nodes[1], first), MJL_INTENT_VOID);
    assert_int_equal(ended(&world->nodes[1], second), MJL_INTENT_VOID);
    world_free(world);
}

static void a_lost_welcome_wakes_nobody(void **state)
{
    (void)state;
    test_world *const world = world_new(38, 4, 0);
    world->nodes_count = 3;
    world_gather(world);
    world_run(world, 5000);
    world->nodes_count = 4;
    scenario_ask(world, 3);
    world_run(world, 1000);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2, 1, 4};
    mjl_network_partition(world->network, sides);
    invite_first(world, 1);
    exclude(world, 0, 2);
    world_step(world, 0);
    mjl_network_partition(world->network, NULL);
    world_run(world, 600000);
    mjl_task_info task;
    size_t welcomes = 0;
    for (size_t i = 0; mjl_session_task(world_session(world, 1), i, &task) == MJL_OK; i++) {
        welcomes += strcmp(task.kind, "welcome") == 0;
    }
    assert_int_equal(welcomes, 0);
    world_free(world);
}

/* ---- Reopening on the edges ---- */

static void agree_to_some(test_world *world, uint32_t node, size_t most)
{
    const world_node *const author = &world->nodes[node];
    size_t agreed = 0;
    for (size_t i = 0; i < author->events_count && agreed < most; i++) {
        const mjl_event *event = &author->events[i];
        if (event->kind != MJL_EVENT_MESSAGE_STATE || event->new_state != MJL_MESSAGE_QUEUED) {
            continue;
        }
        const mjl_message_id id = event->message;
        mjl_message_info now;
        assert_int_equal(mjl_session_message_by_id(world_session(world, node), &id, &now), MJL_OK);
        if (now.state != MJL_MESSAGE_QUEUED) continue; /* It was: everyone got it meanwhile. */
        assert_int_equal(mjl_session_agree(world_session(world, node), world->now, &id), MJL_OK);
        world_step(world, node);
        agreed++;
    }
    assert_true(agreed > 0);
}

static void note_states(test_world *world, mjl_buffer *hashes)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        mjl_id hash;
        assert_int_equal(mjl_profile_step(world_profile(world, i), world->now), MJL_OK);
        assert_int_equal(mjl_profile_state_hash(world_profile(world, i), &hash), MJL_OK);
        assert_int_equal(mjl_buffer_append(hashes, mjl_bytes_of(hash.bytes, MJL_ID_SIZE)), MJL_OK);
    }
}

/* Newcomers that wait, a line that loses with words on it, consent, races, removals, leaving,
 * coming back, silence until keys die: the states are noted at each corner. */
static void walk_the_edges(uint64_t seed, uint32_t loss, bool reopens, mjl_buffer *hashes)
{
    test_world *const world = world_new(seed, 6, loss);
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        world->nodes[i].steps_twice = true;
        world->nodes[i].reopens_after_each_step = reopens;
    }
    world->nodes_count = 4;
    world_gather(world);
    world->nodes_count = 6;
    scenario_ask(world, 4);
    scenario_ask(world, 5);
    world_run(world, 3000);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2, 1, 2, 1, 1};
    mjl_network_partition(world->network, sides);
    mjl_intent intent;
    assert_int_equal(mjl_session_refresh(world_session(world, 1), world->now, &intent), MJL_OK);
    world_step(world, 1);
    for (int i = 0; i < 12; i++) {
        world_say(world, 1, "lost line");
        world_say(world, 3, "lost too");
        world_run(world, 50);
    }
    invite_first(world, 0);
    world_run(world, 2000);
    note_states(world, hashes);
    mjl_network_partition(world->network, NULL);
    world_run(world, 6000);
    note_states(world, hashes);
    agree_to_some(world, 1, 5);
    note_states(world, hashes);
    exclude(world, 0, 3);
    world_step(world, 0);
    exclude(world, 1, 2);
    world_step(world, 1);
    world_say(world, 1, "meanwhile");
    world_run(world, 300);
    note_states(world, hashes);
    world_run(world, 6000);
    note_states(world, hashes);
    assert_int_equal(mjl_session_leave(world_session(world, 1), world->now), MJL_OK);
    world_step(world, 1);
    world_run(world, 6000);
    scenario_ask(world, 1);
    world_run(world, 6000);
    note_states(world, hashes);
    assert_int_equal(mjl_session_leave(world_session(world, 5), world->now), MJL_OK);
    world_step(world, 5);
    world_run(world, 6000);
    note_states(world, hashes);
    world_free(world);
}

static void a_walk_along_the_edges_with_reopenings_ends_in_the_same_bytes(void **state)
{
    (void)state;
    mjl_buffer plain = {0};
    mjl_buffer reopened = {0};
    walk_the_edges(52, 150, false, &plain);
    walk_the_edges(52, 150, true, &reopened);
    assert_int_equal(plain.size, reopened.size);
    for (size_t i = 0; i < plain.size / MJL_ID_SIZE; i++) {
        if (memcmp(plain.data + i * MJL_ID_SIZE, reopened.data + i * MJL_ID_SIZE, MJL_ID_SIZE) ==
            0) {
            continue;
        }
        fail_msg("corner %zu, node %zu", i / 6, i % 6);
    }
    mjl_buffer_clear(&plain);
    mjl_buffer_clear(&reopened);
}

/* ---- Notes, and a profile that failed ---- */

static void a_note_that_was_removed_makes_room_for_another(void **state)
{
    (void)state;
    test_world *const world = world_new(39, 1, 0);
    mjl_profile *const profile = world_profile(world, 0);
    for (int i = 0; i < 3 * MJL_NOTES_MAX; i++) {
        char name[24];
        snprintf(name, sizeof name, "note %d", i);
        assert_int_equal(
            mjl_profile_note_set(profile, mjl_bytes_text(name), mjl_bytes_text("value")), MJL_OK);
        assert_int_equal(mjl_profile_step(profile, world->now), MJL_OK);
        assert_int_equal(mjl_profile_note_set(profile, mjl_bytes_text(name), mjl_bytes_of(NULL, 0)),
                         MJL_OK);
        assert_int_equal(mjl_profile_step(profile, world->now), MJL_OK);
    }
    world_free(world);
}

static void opening_changes_nothing_also_when_there_are_notes(void **state)
{
    (void)state;
    test_world *const world = world_new(40, 1, 0);
    mjl_profile *const profile = world_profile(world, 0);
    mjl_bytes value;
    mjl_id before;
    mjl_id after;
    assert_int_equal(mjl_profile_note_set(profile, mjl_bytes_text("a"), mjl_bytes_text("1")),
                     MJL_OK);
    assert_int_equal(mjl_profile_note_set(profile, mjl_bytes_text("b"), mjl_bytes_text("2")),
                     MJL_OK);
    assert_int_equal(mjl_profile_step(profile, world->now), MJL_OK);
    assert_int_equal(mjl_profile_state_hash(profile, &before), MJL_OK);
    world->now += 5000;
    world_reopen(world, 0);
    assert_int_equal(mjl_profile_state_hash(world_profile(world, 0), &after), MJL_OK);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(mjl_profile_note_get(world_profile(world, 0), mjl_bytes_text("b"), &value),
                     MJL_OK);
    assert_int_equal(value.size, 1);
    world_free(world);
}

static void after_a_failed_step_no_call_pretends_to_work(void **state)
{
    (void)state;
    test_world *const world = world_new(41, 1, 0);
    world_create(world);
    mjl_profile *const profile = world_profile(world, 0);
    mjl_session *const session = world_session(world, 0);
    const mjl_member_id own = mjl_profile_member(profile);
    mjl_join join = {.size = sizeof join, .room_name = mjl_bytes_text("other")};
    mjl_create create = {.size = sizeof create, .room_name = mjl_bytes_text("other")};
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("x")};
    mjl_session *other;
    mjl_intent intent;
    mjl_id id;
    mjl_verdict verdict;
    assert_int_equal(mjl_session_say(session, world->now, &say, &id, NULL), MJL_OK);
    mjl_memory_disk_fail_after(world->nodes[0].disk, 0, MJL_STORE_FULL);
    assert_int_equal(mjl_profile_step(profile, world->now), MJL_STORE_FULL);
    const mjl_bytes name = mjl_bytes_text("n");
    const mjl_time now = world->now;
    assert_int_equal(mjl_profile_step(profile, now), MJL_STORE_FAILED);
    assert_int_equal(mjl_profile_receive(profile, now, 1, name, &verdict), MJL_STORE_FAILED);
    assert_int_equal(mjl_profile_packet_sent(profile, 1), MJL_STORE_FAILED);
    assert_int_equal(mjl_profile_event_settled(profile, 1), MJL_STORE_FAILED);
    assert_int_equal(mjl_profile_note_set(profile, name, name), MJL_STORE_FAILED);
    assert_int_equal(mjl_profile_state_hash(profile, &id), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_create(profile, now, &create, &other), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_join(profile, now, &join, &other), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_agree(session, now, &id), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_invite(session, now, &own, &intent), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_refuse(session, now, &own), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_exclude(session, now, &own, &intent), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_refresh(session, now, &intent), MJL_STORE_FAILED);
    assert_int_equal(mjl_session_leave(session, now), MJL_STORE_FAILED);
    world_free(world);
}

/* A clock that went out of its mind must not take the room with it: time stands still there. */
static void a_clock_beyond_the_end_of_time_stops_nothing_but_time(void **state)
{
    (void)state;
    test_world *const world = world_new(61, 2, 0);
    world_gather(world);
    mjl_profile *const profile = world_profile(world, 0);
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("late")};
    mjl_time due;
    assert_int_equal(mjl_profile_step(profile, INT64_MAX - 1000), MJL_OK);
    assert_true(mjl_profile_now(profile) == MJL_TIME_MAX);
    assert_int_equal(mjl_session_say(world_session(world, 0), INT64_MAX, &say, NULL, NULL), MJL_OK);
    assert_int_equal(mjl_profile_step(profile, INT64_MAX), MJL_OK);
    assert_true(mjl_profile_now(profile) == MJL_TIME_MAX);
    assert_int_equal(mjl_profile_next_due(profile, &due), MJL_EMPTY);
    assert_int_equal(mjl_profile_step(profile, INT64_MIN), MJL_OK);
    assert_int_equal(mjl_profile_check(profile), MJL_OK);
    world_reopen(world, 0);
    assert_true(mjl_profile_now(world_profile(world, 0)) == MJL_TIME_MAX);
    world_free(world);
}

/* A day without any transport: each packet waits once, whatever the timers do. */
static void while_no_transport_takes_packets_each_waits_once(void **state)
{
    (void)state;
    test_world *const world = world_new(60, 2, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_profile *const profile = world_profile(world, 0);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("waiting")};
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    for (int minute = 0; minute < 24 * 60; minute++) {
        world->now += 60000;
        assert_int_equal(mjl_profile_step(profile, world->now), MJL_OK);
    }
    size_t places = 0;
    size_t others = 0;
    mjl_packet packet;
    while (mjl_profile_next_packet(profile, &packet) == MJL_OK) {
        places += packet.kind == MJL_PACKET_PLACE;
        others += packet.kind != MJL_PACKET_PLACE;
    }
    assert_int_equal(places, 1);
    assert_in_range(others, 1, 60); /* Heartbeats, at last one an hour. */
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_no_transport_takes_packets_each_waits_once),
        cmocka_unit_test(who_was_removed_can_be_invited_again),
        cmocka_unit_test(who_left_and_came_back_stays),
        cmocka_unit_test(who_waits_for_longer_than_a_key_package_lives_gets_in),
        cmocka_unit_test(keys_of_who_left_die_in_time),
        cmocka_unit_test(the_same_wish_twice_is_carried_out_once),
        cmocka_unit_test(an_invitation_made_twice_lets_the_newcomer_in),
        cmocka_unit_test(a_long_line_that_lost_waits_for_consent_and_arrives),
        cmocka_unit_test(what_still_waits_when_its_author_leaves_has_failed),
        cmocka_unit_test(wishes_of_who_is_removed_are_void),
        cmocka_unit_test(a_lost_welcome_wakes_nobody),
        cmocka_unit_test(a_walk_along_the_edges_with_reopenings_ends_in_the_same_bytes),
        cmocka_unit_test(a_note_that_was_removed_makes_room_for_another),
        cmocka_unit_test(opening_changes_nothing_also_when_there_are_notes),
        cmocka_unit_test(after_a_failed_step_no_call_pretends_to_work),
        cmocka_unit_test(a_clock_beyond_the_end_of_time_stops_nothing_but_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
