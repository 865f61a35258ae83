/* Large messages between whole sessions: said in parts, delivered once, whatever happens between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

#include "large_world.h"

enum { MIB = 1 << 20, LONG_MS = 3600000 };

/* ---- The simple case ---- */

static void a_large_message_is_delivered_once_and_whole(void **state)
{
    (void)state;
    test_world *world = world_new(1, 3, 0);
    world_gather(world);
    large_body body = large_body_new(MIB + 4711, 1);
    const mjl_message_id id = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &id);
    for (uint32_t i = 0; i < 3; i++)
        large_assert_delivered_once(world, i, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void sixteen_mib_go_over(void **state)
{
    (void)state;
    test_world *world = world_new(2, 2, 0);
    world_gather(world);
    large_body body = large_body_new(MJL_SAY_SIZE_MAX, 2);
    const mjl_message_id id = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &id);
    large_assert_delivered_once(world, 1, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void more_than_sixteen_mib_is_refused(void **state)
{
    (void)state;
    test_world *world = world_new(3, 1, 0);
    world_gather(world);
    large_body body = large_body_new(MJL_SAY_SIZE_MAX + 1, 3);
    mjl_say say = {.size = sizeof say, .body = large_bytes(&body)};
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_TOO_LARGE);
    mjl_transfer_info info;
    assert_int_equal(mjl_session_transfer(world_session(world, 0), 0, &info), MJL_NOT_FOUND);
    large_body_free(&body);
    world_free(world);
}

static void more_large_messages_than_the_bound_are_refused_until_one_is_out(void **state)
{
    (void)state;
    test_world *world = world_new(4, 2, 0);
    world_gather(world);
    large_body body = large_body_new(MJL_BODY_SIZE_MAX + 1, 4);
    mjl_message_id ids[MJL_LARGE_SAYS_MAX];
    for (size_t i = 0; i < MJL_LARGE_SAYS_MAX; i++)
        ids[i] = large_say(world, 0, &body);
    mjl_say say = {.size = sizeof say, .body = large_bytes(&body)};
    assert_int_equal(mjl_session_say(world_session(world, 0), world->now, &say, NULL, NULL),
                     MJL_FULL);
    for (size_t i = 0; i < MJL_LARGE_SAYS_MAX; i++) {
        large_run_until_everyone(world, 0, &ids[i]);
        large_assert_delivered_once(world, 1, &ids[i], &body);
    }
    large_say(world, 0, &body);
    large_body_free(&body);
    world_free(world);
}

static void the_same_token_says_a_large_message_once(void **state)
{
    (void)state;
    test_world *world = world_new(5, 2, 0);
    world_gather(world);
    large_body body = large_body_new(MJL_BODY_SIZE_MAX + 1, 5);
    mjl_say say = {.size = sizeof say, .body = large_bytes(&body), .token = {1}};
    mjl_message_id first;
    mjl_message_id second;
    mjl_session *session = world_session(world, 0);
    assert_int_equal(mjl_session_say(session, world->now, &say, &first, NULL), MJL_OK);
    assert_int_equal(mjl_session_say(session, world->now, &say, &second, NULL), MJL_OK);
    assert_memory_equal(&first, &second, sizeof first);
    large_run_until_everyone(world, 0, &first);
    large_assert_delivered_once(world, 1, &first, &body);
    assert_int_equal(world_count(&world->nodes[1], MJL_EVENT_MESSAGE), 1);
    large_body_free(&body);
    world_free(world);
}

/* ---- Small messages in between ---- */

static void a_small_message_passes_between_the_parts(void **state)
{
    (void)state;
    test_world *world = world_new(6, 2, 0);
    world_gather(world);
    large_body body = large_body_new(2 * MIB, 6);
    const mjl_message_id id = large_say(world, 0, &body);
    world_run(world, MJL_BC_LAT_MS_QUICK / 8);
    assert_true(large_state(world, 0, &id) == MJL_MESSAGE_QUEUED);
    assert_true(world_say(world, 0, "quick"));
    const uint64_t before = world->nodes[0].packets_out;
    world_run(world, 70); /* The longest a packet takes, and a little. */
    assert_int_equal(world_heard(&world->nodes[1], "quick"), 1);
    assert_true(large_state(world, 0, &id) == MJL_MESSAGE_QUEUED);
    assert_true(world->nodes[0].packets_out - before < 32);
    assert_true(world_say(world, 1, "quick answer"));
    world_run(world, 70);
    assert_int_equal(world_heard(&world->nodes[0], "quick answer"), 1);
    large_run_until_everyone(world, 0, &id);
    large_assert_delivered_once(world, 1, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void no_step_hands_out_more_than_a_turn_of_parts(void **state)
{
    (void)state;
    test_world *world = world_new(7, 2, 0);
    world_gather(world);
    large_body body = large_body_new(2 * MIB, 7);
    const mjl_message_id id = large_say(world, 0, &body);
    uint64_t before = world->nodes[0].packets_out;
    assert_true(before > 0);
    mjl_message_info info;
    do {
        world_run(world, 1);
        assert_true(world->nodes[0].packets_out - before <= MJL_PARTS_PER_TURN + 2);
        before = world->nodes[0].packets_out;
        assert_int_equal(mjl_session_message_by_id(world_session(world, 0), &id, &info), MJL_OK);
    } while (info.state == MJL_MESSAGE_QUEUED);
    large_body_free(&body);
    world_free(world);
}

/* ---- Progress ---- */

static void both_sides_see_progress_that_only_grows(void **state)
{
    (void)state;
    test_world *world = world_new(8, 2, 0);
    world_gather(world);
    large_body body = large_body_new(2 * MIB, 8);
    const mjl_message_id id = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &id);
    for (uint32_t i = 0; i < 2; i++) {
        const world_node *node = &world->nodes[i];
        uint32_t done = 0;
        uint32_t everyone = 0;
        size_t count = 0;
        for (size_t e = 0; e < node->events_count; e++) {
            const mjl_event *event = &node->events[e];
            if (event->kind != MJL_EVENT_PROGRESS) continue;
            count++;
            assert_int_equal(event->parts_count, 32);
            assert_true(event->parts_done >= done && event->parts_everyone >= everyone);
            done = event->parts_done;
            everyone = event->parts_everyone;
            const mjl_member_id author = mjl_profile_member(world_profile(world, 0));
            assert_memory_equal(&event->member, &author, sizeof author);
        }
        assert_int_equal(done, 32);
        assert_int_equal(everyone, i == 0 ? 32 : 0);
        assert_in_range(count, 8, 2 * MJL_PROGRESS_STEPS);
    }
    large_body_free(&body);
    world_free(world);
}

static void what_comes_can_be_asked_for_before_it_is_whole(void **state)
{
    (void)state;
    test_world *world = world_new(9, 2, 0);
    world_gather(world);
    large_body body = large_body_new(2 * MIB, 9);
    const mjl_message_id id = large_say(world, 0, &body);
    world_run(world, 100);
    mjl_transfer_info own;
    mjl_transfer_info other;
    assert_int_equal(mjl_session_transfer(world_session(world, 0), 0, &own), MJL_OK);
    assert_int_equal(mjl_session_transfer(world_session(world, 1), 0, &other), MJL_OK);
    assert_true(own.is_own && !other.is_own);
    assert_memory_equal(&own.transfer, &other.transfer, sizeof own.transfer);
    assert_memory_equal(&own.author, &other.author, sizeof own.author);
    assert_memory_equal(&own.message, &id, sizeof id);
    assert_in_range(other.parts_done, 1, own.parts_done);
    large_run_until_everyone(world, 0, &id);
    assert_int_equal(mjl_session_transfer(world_session(world, 1), 0, &other), MJL_NOT_FOUND);
    large_body_free(&body);
    world_free(world);
}

/* ---- Loss and restarts ---- */

static void at_30_percent_loss_it_arrives_once(void **state)
{
    (void)state;
    test_world *world = world_new(10, 3, 300);
    world_gather(world);
    large_body body = large_body_new(MIB, 10);
    const mjl_message_id id = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &id);
    for (uint32_t i = 0; i < 3; i++)
        large_assert_delivered_once(world, i, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void it_goes_on_after_both_sides_restarted_midway(void **state)
{
    (void)state;
    test_world *world = world_new(11, 2, 0);
    world_gather(world);
    large_body body = large_body_new(2 * MIB, 11);
    const mjl_message_id id = large_say(world, 0, &body);
    for (int i = 0; i < 4; i++) {
        world_run(world, 20);
        assert_true(large_state(world, 0, &id) == MJL_MESSAGE_QUEUED);
        world_reopen(world, (uint32_t)i % 2);
    }
    const uint64_t sent = world->nodes[0].bytes_out;
    large_run_until_everyone(world, 0, &id);
    large_assert_delivered_once(world, 1, &id, &body);
    assert_true(world->nodes[0].bytes_out - sent < body.size + body.size / 4); /* Not from anew. */
    large_body_free(&body);
    world_free(world);
}

static void a_receiver_that_was_away_gets_what_it_missed(void **state)
{
    (void)state;
    test_world *world = world_new(12, 3, 0);
    world_gather(world);
    large_body body = large_body_new(MIB, 12);
    const mjl_message_id id = large_say(world, 0, &body);
    world_run(world, 40);
    world_kill(world, 2);
    world_run(world, 20000);
    large_assert_delivered_once(world, 1, &id, &body);
    assert_true(large_state(world, 0, &id) == MJL_MESSAGE_AT_RISK);
    world_reopen(world, 2);
    large_run_until_everyone(world, 0, &id);
    large_assert_delivered_once(world, 2, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void run_hashed(bool reopens, mjl_id hashes[3])
{
    test_world *world = world_new(13, 3, 100);
    for (uint32_t i = 0; i < 3; i++) {
        world->nodes[i].steps_twice = true;
        world->nodes[i].reopens_after_each_step = reopens;
    }
    world_gather(world);
    large_body body = large_body_new(5 * MJL_PART_SIZE + 9, 13);
    large_body other = large_body_new(6 * MJL_PART_SIZE, 14);
    const mjl_message_id id = large_say(world, 0, &body);
    const mjl_message_id second = large_say(world, 1, &other);
    const mjl_message_id third = large_say(world, 0, &other);
    world_run(world, 50);
    assert_true(world_say(world, 2, "small"));
    large_run_until_everyone(world, 0, &id);
    large_run_until_everyone(world, 1, &second);
    large_run_until_everyone(world, 0, &third);
    for (uint32_t i = 0; i < 3; i++) {
        large_assert_delivered_once(world, i, &id, &body);
        large_assert_delivered_once(world, i, &second, &other);
        large_assert_delivered_once(world, i, &third, &other);
        assert_int_equal(mjl_profile_step(world_profile(world, i), world->now), MJL_OK);
        assert_int_equal(mjl_profile_state_hash(world_profile(world, i), &hashes[i]), MJL_OK);
    }
    large_body_free(&body);
    large_body_free(&other);
    world_free(world);
}

static void reopening_after_every_step_ends_in_the_same_bytes(void **state)
{
    (void)state;
    mjl_id straight[3];
    mjl_id reopened[3];
    run_hashed(false, straight);
    run_hashed(true, reopened);
    assert_memory_equal(straight, reopened, sizeof straight);
}

/* ---- Changes of the roster midway ---- */

static void who_joins_midway_is_asked_about_first(void **state)
{
    (void)state;
    test_world *world = world_new(15, 3, 0);
    world_create(world);
    world_admit_next(world);
    large_body body = large_body_new(MIB, 15);
    const mjl_message_id id = large_say(world, 0, &body);
    world_run(world, 20);
    world_admit_next(world);
    world_run(world, 5000);
    large_assert_not_delivered(world, 1, &id);
    large_assert_not_delivered(world, 2, &id);
    mjl_transfer_info info;
    assert_int_equal(mjl_session_transfer(world_session(world, 0), 0, &info), MJL_OK);
    assert_true(info.asks);
    world_reopen(world, 0);
    assert_int_equal(mjl_session_agree(world_session(world, 0), world->now, &id), MJL_OK);
    large_run_until_everyone(world, 0, &id);
    for (uint32_t i = 0; i < 3; i++)
        large_assert_delivered_once(world, i, &id, &body);
    large_body_free(&body);
    world_free(world);
}

static void who_leaves_says_the_rest_no_more(void **state)
{
    (void)state;
    test_world *world = world_new(16, 3, 0);
    world_gather(world);
    large_body body = large_body_new(MIB, 16);
    const mjl_message_id id = large_say(world, 0, &body);
    world_run(world, 20);
    assert_int_equal(mjl_session_leave(world_session(world, 0), world->now), MJL_OK);
    world_run(world, 60000);
    assert_true(large_has_failed(world, 0, &id));
    large_assert_not_delivered(world, 1, &id);
    large_body_free(&body);
    world_free(world);
}

/* ---- What others send ---- */

static void copies_of_parts_are_duplicates(void **state)
{
    (void)state;
    test_world *world = world_new(17, 2, 0);
    world_gather(world);
    mjl_network_link link = {.duplicate = 1000, .delay_ms_min = 5, .delay_ms_max = 60};
    mjl_network_set_all_links(world->network, &link);
    large_body body = large_body_new(MIB, 17);
    const mjl_message_id id = large_say(world, 0, &body);
    large_run_until_everyone(world, 0, &id);
    large_assert_delivered_once(world, 1, &id, &body);
    assert_true(world->nodes[1].verdicts[MJL_VERDICT_DUPLICATE] >= 16);
    large_body_free(&body);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_message_is_delivered_once_and_whole),
        cmocka_unit_test(sixteen_mib_go_over),
        cmocka_unit_test(more_than_sixteen_mib_is_refused),
        cmocka_unit_test(more_large_messages_than_the_bound_are_refused_until_one_is_out),
        cmocka_unit_test(the_same_token_says_a_large_message_once),
        cmocka_unit_test(a_small_message_passes_between_the_parts),
        cmocka_unit_test(no_step_hands_out_more_than_a_turn_of_parts),
        cmocka_unit_test(both_sides_see_progress_that_only_grows),
        cmocka_unit_test(what_comes_can_be_asked_for_before_it_is_whole),
        cmocka_unit_test(at_30_percent_loss_it_arrives_once),
        cmocka_unit_test(it_goes_on_after_both_sides_restarted_midway),
        cmocka_unit_test(a_receiver_that_was_away_gets_what_it_missed),
        cmocka_unit_test(reopening_after_every_step_ends_in_the_same_bytes),
        cmocka_unit_test(who_joins_midway_is_asked_about_first),
        cmocka_unit_test(who_leaves_says_the_rest_no_more),
        cmocka_unit_test(copies_of_parts_are_duplicates),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
