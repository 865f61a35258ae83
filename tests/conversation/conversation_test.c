/*
 * Members talk in memory: from first contact to everyone knowing that everyone has everything,
 * without loss and with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "majlis/mls.h"
#include "world.h"

static void three_members_talk_and_know_that_everyone_has_everything(void **state)
{
    (void)state;
    test_world *const world = world_new(1, 3, 0);
    world->is_verbose = getenv("MAJLIS_VERBOSE") != NULL;
    world_gather(world);
    const mjl_message_id id = world_say_id(world, 0, "hello");
    assert_true(world_run_until(world, 60000, world_is_calm));
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, 0), &id, &info), MJL_OK);
    assert_int_equal(info.state, MJL_MESSAGE_EVERYONE);
    assert_int_equal(info.readers_count, 2);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world_heard(&world->nodes[i], "hello"), 1);
    world_free(world);
}

/* ---- Order of effects ---- */

static void nothing_leaves_before_the_step(void **state)
{
    (void)state;
    test_world *const world = world_new(2, 2, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("wait")};
    mjl_packet packet;
    mjl_event event;
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_UNPERSISTED);
    assert_int_equal(mjl_profile_next_event(world_profile(world, 0), &event), MJL_UNPERSISTED);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_OK);
    assert_int_equal(mjl_profile_next_event(world_profile(world, 0), &event), MJL_OK);
    world_free(world);
}

static void what_was_not_sent_comes_again_byte_for_byte(void **state)
{
    (void)state;
    test_world *const world = world_new(3, 2, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("again")};
    mjl_packet packet;
    mjl_event event;
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_OK);
    assert_int_equal(mjl_profile_next_event(world_profile(world, 0), &event), MJL_OK);
    const uint64_t number = packet.number;
    const uint64_t event_number = event.number;
    mjl_buffer first = {0};
    assert_int_equal(mjl_buffer_append(&first, packet.bytes), MJL_OK);
    world_reopen(world, 0);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_OK);
    assert_int_equal(packet.number, number);
    assert_true(mjl_bytes_equal(packet.bytes, mjl_buffer_bytes(&first)));
    assert_int_equal(mjl_profile_next_event(world_profile(world, 0), &event), MJL_OK);
    assert_int_equal(event.number, event_number);
    mjl_buffer_clear(&first);
    world_free(world);
}

static void what_was_sent_and_settled_does_not_come_again(void **state)
{
    (void)state;
    test_world *const world = world_new(4, 2, 0);
    world_gather(world);
    world_say(world, 0, "once");
    world_run(world, 10000);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    world_reopen(world, 0);
    mjl_packet packet;
    mjl_event event;
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_EMPTY);
    assert_int_equal(mjl_profile_next_event(world_profile(world, 0), &event), MJL_EMPTY);
    world_free(world);
}

static void a_failed_step_lets_nothing_leave_and_reopening_continues(void **state)
{
    (void)state;
    test_world *const world = world_new(5, 2, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("lost")};
    mjl_packet packet;
    mjl_session_info info;
    mjl_profile *const profile = world_profile(world, 0);
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    mjl_memory_disk_fail_after(world->nodes[0].disk, 0, MJL_STORE_FULL);
    assert_int_equal(mjl_profile_step(profile, world->now), MJL_STORE_FULL);
    assert_int_equal(mjl_profile_next_packet(profile, &packet), MJL_EMPTY);
    mjl_session_get_info(world_session(world, 0), &info);
    assert_int_equal(info.state, MJL_SESSION_STORE_FAILED);
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_STORE_FAILED);
    world_reopen(world, 0);
    assert_true(world_say(world, 0, "after"));
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[1], "lost"), 0);
    assert_int_equal(world_heard(&world->nodes[1], "after"), 1);
    world_free(world);
}

static void a_token_said_twice_is_said_once_also_across_a_restart(void **state)
{
    (void)state;
    test_world *const world = world_new(6, 2, 0);
    world_gather(world);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("token"), .token = {1, 2, 3}};
    mjl_message_id first;
    mjl_message_id second;
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, &first, NULL),
                     MJL_OK);
    world_step(world, 0);
    world_reopen(world, 0);
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, &second, NULL),
                     MJL_OK);
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[1], "token"), 1);
    world_free(world);
}

/* ---- Acks and warnings ---- */

static bool has_warning(test_world *world)
{
    return world_count(&world->nodes[0], MJL_EVENT_WARNING) > 0;
}

static void a_silent_member_is_named_and_the_warning_retracts_itself(void **state)
{
    (void)state;
    test_world *const world = world_new(7, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    const mjl_member_id silent = mjl_profile_member(world_profile(world, 2));
    world_kill(world, 2);
    const mjl_message_id id = world_say_id(world, 0, "are you there");
    assert_true(world_run_until(world, 60000, has_warning));
    mjl_warning_info warning;
    assert_int_equal(mjl_session_warning(world_session(world, 0), 0, &warning), MJL_OK);
    assert_int_equal(warning.kind, MJL_WARNING_NOT_FULLY_ACKED);
    assert_memory_equal(&warning.subject, &id, sizeof id);
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, 0), &id, &info), MJL_OK);
    assert_int_equal(info.state, MJL_MESSAGE_AT_RISK);
    world_run(world, 10000);
    assert_int_equal(mjl_session_warning(world_session(world, 0), 0, &warning), MJL_OK);
    assert_int_equal(warning.missing.size, sizeof silent);
    assert_memory_equal(warning.missing.data, &silent, sizeof silent);
    world_reopen(world, 2);
    assert_true(world_run_until(world, 600000, world_is_calm));
    assert_int_equal(mjl_session_warning(world_session(world, 0), 0, &warning), MJL_NOT_FOUND);
    assert_int_equal(world_heard(&world->nodes[2], "are you there"), 1);
    world_free(world);
}

static void after_the_last_message_the_room_is_quiet(void **state)
{
    (void)state;
    test_world *const world = world_new(8, 4, 0);
    world_gather(world);
    world_run(world, 60000);
    uint64_t before = 0;
    for (uint32_t i = 0; i < 4; i++)
        before += world->nodes[i].packets_out;
    world_say(world, 0, "last");
    world_run(world, 3000); /* Before the first heartbeat, 4 FA_INTV. */
    uint64_t after = 0;
    for (uint32_t i = 0; i < 4; i++)
        after += world->nodes[i].packets_out;
    assert_in_range(after - before, 4,
                    1 + 3 + 4); /* The message, n-1 statements, heartbeats due. */
    world_run(world, 86400000);
    uint64_t day = 0;
    for (uint32_t i = 0; i < 4; i++)
        day += world->nodes[i].packets_out;
    assert_in_range(day - after, 4, 4 * 60); /* Heartbeats that slow down to one an hour. */
    world_free(world);
}

/* ---- Membership ---- */

static void a_removed_member_learns_it_and_reads_nothing_more(void **state)
{
    (void)state;
    test_world *const world = world_new(9, 3, 0);
    world_gather(world);
    const mjl_member_id removed = mjl_profile_member(world_profile(world, 2));
    mjl_intent intent;
    assert_int_equal(mjl_session_exclude(world_session(world, 0), world->now, &removed, &intent),
                     MJL_OK);
    world_step(world, 0);
    world_run(world, 5000);
    world_say(world, 0, "without you");
    assert_true(world_run_until(world, 600000, world_is_calm));
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 2), &info);
    assert_int_equal(info.state, MJL_SESSION_REMOVED);
    assert_int_equal(world_heard(&world->nodes[1], "without you"), 1);
    assert_int_equal(world_heard(&world->nodes[2], "without you"), 0);
    assert_false(world_say(world, 2, "still here"));
    mjl_warning_info warning;
    assert_int_equal(mjl_session_warning(world_session(world, 2), 0, &warning), MJL_NOT_FOUND);
    assert_int_equal(info.pending_count, 0);
    world_free(world);
}

static void a_joiner_reads_nothing_from_before_its_time(void **state)
{
    (void)state;
    test_world *const world = world_new(10, 3, 0);
    world_create(world);
    world_admit_next(world);
    world_say(world, 0, "before");
    assert_true(world_run_until(world, 60000, world_is_calm));
    world_admit_next(world);
    world_say(world, 1, "after");
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[1], "before"), 1);
    assert_int_equal(world_heard(&world->nodes[2], "before"), 0);
    assert_int_equal(world_heard(&world->nodes[2], "after"), 1);
    world_free(world);
}

/* Every packet of a conversation, fed to somebody who was never invited. */
static void an_outsider_reads_nothing_and_elicits_nothing(void **state)
{
    (void)state;
    test_world *const world = world_new(20, 3, 0);
    world_create(world);
    world_admit_next(world);
    world_say(world, 0, "among us");
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_int_equal(world_heard(&world->nodes[1], "among us"), 1);
    assert_int_equal(world->nodes[2].events_count, 0);
    assert_int_equal(world->nodes[2].packets_out, 0);
    assert_true(world->nodes[2].verdicts[MJL_VERDICT_NOT_FOR_US] > 0);
    assert_int_equal(world->nodes[2].verdicts[MJL_VERDICT_APPLIED], 0);
    world_free(world);
}

static void a_wrong_room_secret_is_refused_on_both_sides(void **state)
{
    (void)state;
    test_world *const world = world_new(11, 2, 0);
    mjl_create create = {.size = sizeof create, .pace = world->pace};
    create.room_name = mjl_bytes_text("room");
    create.room_secret = mjl_bytes_text("right");
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = create.room_name;
    join.room_secret = mjl_bytes_text("wrong");
    mjl_session *session;
    assert_int_equal(mjl_session_create(world_profile(world, 0), world->now, &create, &session),
                     MJL_OK);
    assert_int_equal(mjl_session_join(world_profile(world, 1), world->now, &join, &session),
                     MJL_OK);
    world_step(world, 0);
    world_step(world, 1);
    world_run(world, 10000);
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_JOIN_REQUEST), 0);
    assert_true(world->nodes[0].rejected_for[MJL_ROOM_MAC] > 0);
    world_free(world);
}

static bool has_parted(test_world *world)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 2), &info);
    return info.state == MJL_SESSION_PARTED;
}

static bool two_are_left(test_world *world)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 0), &info);
    return info.members_count == 2 && world_is_calm(world);
}

static void who_leaves_is_parted_and_is_removed_by_another(void **state)
{
    (void)state;
    test_world *const world = world_new(12, 3, 0);
    world_gather(world);
    assert_int_equal(mjl_session_leave(world_session(world, 2), world->now), MJL_OK);
    world_step(world, 2);
    assert_true(world_run_until(world, 60000, has_parted));
    assert_true(world_run_until(world, 60000, two_are_left));
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_MEMBER_LEAVING), 1);
    assert_int_equal(world_count(&world->nodes[0], MJL_EVENT_MEMBER_REMOVED), 1);
    world_free(world);
}

static void colliding_commits_end_in_one_epoch_and_the_loser_is_carried_out_again(void **state)
{
    (void)state;
    test_world *const world = world_new(13, 3, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_session_info before;
    mjl_session_get_info(world_session(world, 0), &before);
    for (uint32_t i = 0; i < 2; i++) {
        mjl_intent intent;
        assert_int_equal(mjl_session_refresh(world_session(world, i), world->now, &intent), MJL_OK);
    }
    for (uint32_t i = 0; i < 2; i++)
        world_step(world, i);
    world_run(world, 60000);
    assert_true(world_run_until(world, 60000, world_is_calm));
    mjl_session_info after;
    mjl_session_get_info(world_session(world, 0), &after);
    assert_int_equal(after.epoch, before.epoch + 2);
    size_t again = 0;
    size_t done = 0;
    for (uint32_t i = 0; i < 2; i++) {
        const world_node *node = &world->nodes[i];
        for (size_t e = 0; e < node->events_count; e++) {
            if (node->events[e].kind != MJL_EVENT_INTENT) continue;
            again += node->events[e].intent_state == MJL_INTENT_AGAIN;
            done += node->events[e].intent_state == MJL_INTENT_DONE;
        }
    }
    assert_int_equal(again, 1);
    assert_true(done >= 2);
    world_free(world);
}

static void a_removal_beats_a_refresh(void **state)
{
    (void)state;
    test_world *const world = world_new(14, 4, 0);
    world_gather(world);
    world_run(world, 5000);
    mjl_intent intent;
    const mjl_member_id target = mjl_profile_member(world_profile(world, 3));
    assert_int_equal(mjl_session_refresh(world_session(world, 1), world->now, &intent), MJL_OK);
    assert_int_equal(mjl_session_exclude(world_session(world, 2), world->now, &target, &intent),
                     MJL_OK);
    world_step(world, 1);
    world_step(world, 2);
    world_run(world, 1000);
    mjl_session_info info;
    mjl_session_get_info(world_session(world, 0), &info);
    assert_int_equal(info.members_count, 3);
    world_free(world);
}

/* ---- Bad input ---- */

static void feed(test_world *world, mjl_bytes packet, mjl_verdict *verdict)
{
    assert_int_equal(mjl_profile_receive(world_profile(world, 1), world->now, 1, packet, verdict),
                     MJL_OK);
}

/* Another epoch number or branch tag may be one that has not come: such a packet waits, bounded,
 * and is no refusal. */
static bool names_another_epoch(mjl_bytes packet, const mjl_mls_peek *original)
{
    mjl_mls_peek peek;
    return mjl_mls_message_peek(packet, &peek) == MJL_OK &&
           (peek.epoch != original->epoch ||
            !mjl_bytes_equal(peek.authenticated_data, original->authenticated_data));
}

/* Every byte of a real packet, changed; and every truncation of it: no saved byte differs
 * afterwards. */
static void a_refused_packet_changes_no_saved_byte(void **state)
{
    (void)state;
    test_world *const world = world_new(15, 2, 0);
    world_gather(world);
    world_run(world, 2000);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("damage me")};
    mjl_packet packet;
    mjl_profile *const receiver = world_profile(world, 1);
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_OK);
    mjl_mls_peek peek;
    assert_int_equal(mjl_mls_message_peek(packet.bytes, &peek), MJL_OK);
    mjl_id before;
    mjl_id after;
    assert_int_equal(mjl_profile_step(receiver, world->now), MJL_OK);
    assert_int_equal(mjl_profile_state_hash(receiver, &before), MJL_OK);
    uint8_t *const copy = malloc(packet.bytes.size);
    assert_non_null(copy);
    mjl_verdict verdict;
    size_t refused = 0;
    for (size_t i = 0; i < packet.bytes.size; i++) {
        memcpy(copy, packet.bytes.data, packet.bytes.size);
        copy[i] ^= 0x11;
        if (!names_another_epoch(mjl_bytes_of(copy, packet.bytes.size), &peek)) {
            feed(world, mjl_bytes_of(copy, packet.bytes.size), &verdict);
            refused +=
                verdict.kind == MJL_VERDICT_REJECTED || verdict.kind == MJL_VERDICT_NOT_FOR_US;
        } else {
            refused++;
        }
        feed(world, mjl_bytes_of(packet.bytes.data, i), &verdict);
        assert_int_equal(verdict.kind, MJL_VERDICT_REJECTED);
    }
    assert_int_equal(refused, packet.bytes.size);
    assert_int_equal(mjl_profile_step(receiver, world->now), MJL_OK);
    assert_int_equal(mjl_profile_state_hash(receiver, &after), MJL_OK);
    assert_memory_equal(&before, &after, sizeof before);
    feed(world, packet.bytes, &verdict);
    assert_int_equal(verdict.kind, MJL_VERDICT_APPLIED);
    free(copy);
    world_free(world);
}

static void a_replayed_packet_is_a_duplicate_and_elicits_nothing(void **state)
{
    (void)state;
    test_world *const world = world_new(16, 2, 0);
    world_gather(world);
    world_run(world, 3000);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("replay me")};
    mjl_packet packet;
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_OK);
    assert_int_equal(mjl_profile_step(world_profile(world, 0), world->now), MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(world, 0), &packet), MJL_OK);
    mjl_buffer bytes = {0};
    assert_int_equal(mjl_buffer_append(&bytes, packet.bytes), MJL_OK);
    mjl_verdict verdict;
    feed(world, mjl_buffer_bytes(&bytes), &verdict);
    assert_int_equal(verdict.kind, MJL_VERDICT_APPLIED);
    world_step(world, 1);
    world_run(world, 2000);
    const uint64_t before = world->nodes[1].packets_out;
    for (int i = 0; i < 100; i++) {
        feed(world, mjl_buffer_bytes(&bytes), &verdict);
        assert_int_equal(verdict.kind, MJL_VERDICT_DUPLICATE);
        world_step(world, 1);
    }
    assert_int_equal(world->nodes[1].packets_out, before);
    assert_int_equal(mjl_profile_receive(world_profile(world, 0), world->now, 1,
                                         mjl_buffer_bytes(&bytes), &verdict),
                     MJL_OK);
    assert_int_equal(verdict.kind, MJL_VERDICT_OWN_ECHO);
    world_reopen(world, 1);
    feed(world, mjl_buffer_bytes(&bytes), &verdict);
    assert_int_equal(verdict.kind, MJL_VERDICT_DUPLICATE);
    mjl_buffer_clear(&bytes);
    world_free(world);
}

static void a_packet_of_another_group_is_not_for_us(void **state)
{
    (void)state;
    test_world *const one = world_new(17, 2, 0);
    test_world *const other = world_new(18, 2, 0);
    world_gather(one);
    world_gather(other);
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_text("elsewhere")};
    mjl_packet packet;
    assert_int_equal(mjl_session_say(world_session(one, 0), one->now, &say, NULL, NULL), MJL_OK);
    assert_int_equal(mjl_profile_step(world_profile(one, 0), one->now), MJL_OK);
    assert_int_equal(mjl_profile_next_packet(world_profile(one, 0), &packet), MJL_OK);
    mjl_verdict verdict;
    feed(other, packet.bytes, &verdict);
    assert_int_equal(verdict.kind, MJL_VERDICT_NOT_FOR_US);
    world_free(one);
    world_free(other);
}

static void calls_refuse_what_they_cannot_do(void **state)
{
    (void)state;
    test_world *const world = world_new(19, 1, 0);
    mjl_create create = {.size = sizeof create};
    mjl_session *session;
    mjl_profile *const profile = world_profile(world, 0);
    assert_int_equal(mjl_session_create(profile, world->now, &create, &session), MJL_BAD_ARGUMENT);
    create.room_name = mjl_bytes_text("bad\nname");
    assert_int_equal(mjl_session_create(profile, world->now, &create, &session), MJL_BAD_ARGUMENT);
    create.room_name = mjl_bytes_text("room");
    create.pace.bc_lat_ms = 1;
    assert_int_equal(mjl_session_create(profile, world->now, &create, &session), MJL_BAD_ARGUMENT);
    create.pace.bc_lat_ms = 0;
    assert_int_equal(mjl_session_create(profile, world->now, &create, &session), MJL_OK);
    static const uint8_t large[MJL_SAY_SIZE_MAX + 1];
    mjl_say say = {.size = sizeof say, .body = mjl_bytes_of(large, sizeof large)};
    assert_int_equal(mjl_session_say(session, world->now, &say, NULL, NULL), MJL_TOO_LARGE);
    const mjl_member_id own = mjl_profile_member(profile);
    mjl_member_id nobody = own;
    nobody.bytes[0] ^= 1;
    mjl_intent intent;
    assert_int_equal(mjl_session_exclude(session, world->now, &own, &intent),
                     MJL_CANNOT_REMOVE_SELF);
    assert_int_equal(mjl_session_exclude(session, world->now, &nobody, &intent), MJL_NOT_FOUND);
    assert_int_equal(mjl_session_invite(session, world->now, &nobody, &intent), MJL_NOT_FOUND);
    assert_int_equal(mjl_profile_packet_sent(profile, 99), MJL_NOT_FOUND);
    assert_int_equal(mjl_profile_event_settled(profile, 99), MJL_NOT_FOUND);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_members_talk_and_know_that_everyone_has_everything),
        cmocka_unit_test(nothing_leaves_before_the_step),
        cmocka_unit_test(what_was_not_sent_comes_again_byte_for_byte),
        cmocka_unit_test(what_was_sent_and_settled_does_not_come_again),
        cmocka_unit_test(a_failed_step_lets_nothing_leave_and_reopening_continues),
        cmocka_unit_test(a_token_said_twice_is_said_once_also_across_a_restart),
        cmocka_unit_test(a_silent_member_is_named_and_the_warning_retracts_itself),
        cmocka_unit_test(after_the_last_message_the_room_is_quiet),
        cmocka_unit_test(a_removed_member_learns_it_and_reads_nothing_more),
        cmocka_unit_test(a_joiner_reads_nothing_from_before_its_time),
        cmocka_unit_test(an_outsider_reads_nothing_and_elicits_nothing),
        cmocka_unit_test(a_wrong_room_secret_is_refused_on_both_sides),
        cmocka_unit_test(who_leaves_is_parted_and_is_removed_by_another),
        cmocka_unit_test(colliding_commits_end_in_one_epoch_and_the_loser_is_carried_out_again),
        cmocka_unit_test(a_removal_beats_a_refresh),
        cmocka_unit_test(a_refused_packet_changes_no_saved_byte),
        cmocka_unit_test(a_replayed_packet_is_a_duplicate_and_elicits_nothing),
        cmocka_unit_test(a_packet_of_another_group_is_not_for_us),
        cmocka_unit_test(calls_refuse_what_they_cannot_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
