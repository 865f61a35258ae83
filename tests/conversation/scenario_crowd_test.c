/* Many who come, one after the other or together, and somebody who floods the door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

static bool all_are_one(test_world *world)
{
    for (uint32_t node = 0; node < world->nodes_count; node++) {
        const mjl_session_info info = scenario_info(world_session(world, node));
        if (info.state != MJL_SESSION_LIVE || info.members_count != world->nodes_count)
            return false;
    }
    return world_is_calm(world);
}

static void become_one(test_world *world)
{
    if (!world_run_until(world, SCENARIO_PATIENCE_MS, all_are_one))
        fail_msg("seed %llu: they do not become one", (unsigned long long)world->seed);
}

/* ---- Coming ---- */

static void two_to_five_come_one_after_the_other(void **state)
{
    (void)state;
    for (uint32_t count = 2; count <= 5; count++) {
        test_world *const world = world_new(270 + count, count, 0);
        world_create(world);
        for (uint32_t i = 1; i < count; i++)
            world_admit_next(world);
        assert_true(all_are_one(world));
        world_free(world);
    }
}

/* The creator grants each request as soon as it sees it. */
static void come_together(uint64_t seed, uint32_t count, mjl_time stagger, mjl_time most)
{
    test_world *const world = world_new(seed, count, 0);
    world_create(world);
    for (uint32_t i = 1; i < count; i++) {
        scenario_ask(world, i);
        world_run(world, stagger);
    }
    const mjl_time began = world->now;
    for (uint32_t i = 1; i < count; i++)
        scenario_invite(world, 0, i);
    become_one(world);
    assert_true(world->now - began < most);
    world_free(world);
}

static void three_or_four_who_ask_a_second_apart_get_in(void **state)
{
    (void)state;
    come_together(281, 4, 1000, 60000);
    come_together(282, 5, 1000, 60000);
}

static void three_or_four_who_ask_a_tenth_of_a_second_apart_get_in(void **state)
{
    (void)state;
    come_together(283, 4, 100, 60000);
    come_together(284, 5, 100, 60000);
}

static void six_who_ask_three_seconds_apart_get_in(void **state)
{
    (void)state;
    come_together(285, 7, 3000, 60000);
}

static void three_who_ask_in_the_same_instant_get_in(void **state)
{
    (void)state;
    come_together(286, 4, 0, 10000);
}

static size_t told_of(const world_node *node, const mjl_member_id *who)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        count += node->events[i].kind == MJL_EVENT_MEMBER_ADDED &&
                 memcmp(&node->events[i].member, who, sizeof *who) == 0;
    }
    return count;
}

static void each_old_member_is_told_once_of_a_newcomer_and_of_nobody_else(void **state)
{
    (void)state;
    test_world *const world = world_new(287, 4, 0);
    world_create(world);
    for (uint32_t i = 1; i < 3; i++)
        world_admit_next(world);
    size_t before[3];
    for (uint32_t i = 0; i < 3; i++)
        before[i] = world_count(&world->nodes[i], MJL_EVENT_MEMBER_ADDED);
    world_admit_next(world);
    world_run(world, 10000);
    const mjl_member_id newcomer = mjl_profile_member(world_profile(world, 3));
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(told_of(&world->nodes[i], &newcomer), 1);
        assert_int_equal(world_count(&world->nodes[i], MJL_EVENT_MEMBER_ADDED) - before[i], 1);
    }
    world_free(world);
}

static void fifty_come_one_by_one(void **state)
{
    (void)state;
    test_world *const world = world_new(288, 50, 0);
    world->is_unchecked = true;
    world_create(world);
    for (uint32_t i = 1; i < 50; i++) {
        scenario_ask(world, i);
        scenario_invite(world, 0, i);
    }
    become_one(world);
    world_free(world);
}

/* ---- The door ---- */

static void ask_open(test_world *world, uint32_t node, const char *room)
{
    mjl_join join = {.size = sizeof join, .pace = world->pace, .room_name = mjl_bytes_text(room)};
    mjl_session *session;
    assert_int_equal(mjl_session_join(world_profile(world, node), world->now, &join, &session),
                     MJL_OK);
    world_step(world, node);
}

enum { HONEST = 20, FLOOD = 52, FLOODED = 1 + HONEST + FLOOD };

/* Names 1 to HONEST are known to who keeps the door; all others are sent off. */
static bool is_honest(test_world *world, const mjl_member_id *who)
{
    for (uint32_t i = 1; i <= HONEST; i++) {
        const mjl_member_id id = mjl_profile_member(world_profile(world, i));
        if (memcmp(&id, who, sizeof id) == 0) return true;
    }
    return false;
}

static void keep_the_door(test_world *world, mjl_session *session)
{
    mjl_join_request_info request;
    mjl_intent intent;
    assert_int_equal(mjl_session_join_request(session, MJL_JOIN_REQUESTS_MAX, &request),
                     MJL_NOT_FOUND);
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK;) {
        const mjl_member_id who = request.requester;
        if (is_honest(world, &who)) {
            assert_int_equal(mjl_session_invite(session, world->now, &who, &intent), MJL_OK);
            i++;
        } else {
            assert_int_equal(mjl_session_refuse(session, world->now, &who), MJL_OK);
        }
    }
    world_step(world, 0);
}

/* An open room, so that the attacker's requests are as good as any. */
static void a_flood_of_requests_is_bounded_and_keeps_no_honest_one_out(void **state)
{
    (void)state;
    test_world *const world = world_new(289, FLOODED, 0);
    world->is_unchecked = true;
    mjl_create create = {.size = sizeof create, .pace = world->pace};
    create.room_name = mjl_bytes_text("open");
    mjl_session *session;
    assert_int_equal(mjl_session_create(world_profile(world, 0), world->now, &create, &session),
                     MJL_OK);
    world_step(world, 0);
    for (uint32_t i = 0; i < FLOOD; i++) {
        ask_open(world, 1 + HONEST + i, "open");
        if (i < HONEST) ask_open(world, 1 + i, "open");
        world_run(world, 10);
    }
    mjl_join_request_info request;
    assert_int_equal(mjl_session_join_request(session, MJL_JOIN_REQUESTS_MAX - 1, &request),
                     MJL_OK); /* The bound is reached. */
    const mjl_time until = world->now + SCENARIO_PATIENCE_MS;
    while (world->now < until && scenario_info(session).members_count < 1 + HONEST) {
        keep_the_door(world, session);
        world_run(world, 500);
    }
    world_run(world, 3000);
    for (uint32_t i = 0; i <= HONEST; i++) {
        const mjl_session_info info = scenario_info(world_session(world, i));
        assert_int_equal(info.state, MJL_SESSION_LIVE);
        assert_int_equal(info.members_count, 1 + HONEST);
    }
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_to_five_come_one_after_the_other),
        cmocka_unit_test(three_or_four_who_ask_a_second_apart_get_in),
        cmocka_unit_test(three_or_four_who_ask_a_tenth_of_a_second_apart_get_in),
        cmocka_unit_test(six_who_ask_three_seconds_apart_get_in),
        cmocka_unit_test(three_who_ask_in_the_same_instant_get_in),
        cmocka_unit_test(each_old_member_is_told_once_of_a_newcomer_and_of_nobody_else),
        cmocka_unit_test(fifty_come_one_by_one),
        cmocka_unit_test(a_flood_of_requests_is_bounded_and_keeps_no_honest_one_out),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
