/* What a user interface asks and marks: whose safety number was compared, and the graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "majlis/graph.h"
#include "world.h"

static bool is_verified(test_world *world, uint32_t node, uint32_t whom)
{
    mjl_member_info member;
    const mjl_member_id id = mjl_profile_member(world_profile(world, whom));
    for (size_t i = 0; mjl_session_member(world_session(world, node), i, &member) == MJL_OK; i++) {
        if (memcmp(&member.id, &id, sizeof id) == 0) return member.is_verified;
    }
    fail_msg("node %u is not in the roster", whom);
    return false;
}

static mjl_result verify(test_world *world, uint32_t node, uint32_t whom, mjl_verified verified)
{
    const mjl_member_id id = mjl_profile_member(world_profile(world, whom));
    return mjl_session_set_verified(world_session(world, node), world->now, &id, verified);
}

static bool is_unverified_room(test_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(world_session(world, node), &info);
    return info.unverified;
}

static void a_compared_safety_number_stays_compared_after_a_restart(void **state)
{
    (void)state;
    test_world *const world = world_new(1, 3, 0);
    world_gather(world);
    assert_false(is_verified(world, 1, 0));
    assert_int_equal(verify(world, 1, 0, MJL_VERIFIED), MJL_OK);
    world_step(world, 1);
    world_reopen(world, 1);
    assert_true(is_verified(world, 1, 0));
    assert_false(is_verified(world, 1, 2));
    assert_false(is_verified(world, 0, 1)); /* It is nobody else's business. */
    assert_int_equal(verify(world, 1, 0, MJL_UNVERIFIED), MJL_OK);
    world_step(world, 1);
    world_reopen(world, 1);
    assert_false(is_verified(world, 1, 0));
    world_free(world);
}

static void a_room_is_verified_once_all_others_are(void **state)
{
    (void)state;
    test_world *const world = world_new(2, 3, 0);
    world_gather(world);
    assert_true(is_unverified_room(world, 1));
    assert_int_equal(verify(world, 1, 0, MJL_VERIFIED), MJL_OK);
    assert_true(is_unverified_room(world, 1));
    assert_int_equal(verify(world, 1, 2, MJL_VERIFIED), MJL_OK);
    assert_false(is_unverified_room(world, 1));
    world_free(world);
}

static void who_is_not_there_cannot_be_verified(void **state)
{
    (void)state;
    const mjl_member_id nobody = {{1}};
    test_world *const world = world_new(3, 2, 0);
    world_gather(world);
    assert_int_equal(
        mjl_session_set_verified(world_session(world, 0), world->now, &nobody, MJL_VERIFIED),
        MJL_NOT_FOUND);
    assert_int_equal(verify(world, 0, 0, MJL_VERIFIED), MJL_BAD_ARGUMENT);
    world_free(world);
}

static void every_place_names_the_places_it_followed(void **state)
{
    (void)state;
    test_world *const world = world_new(4, 3, 0);
    world_gather(world);
    assert_true(world_say(world, 0, "one"));
    assert_true(world_say(world, 1, "two, at the same time"));
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_true(world_say(world, 2, "three, after both"));
    assert_true(world_run_until(world, 60000, world_is_calm));
    const mjl_session *session = world_session(world, 2);
    mjl_place_info place;
    size_t messages = 0, changes = 0, count = 0, found, parent;
    for (; mjl_session_place(session, count, &place) == MJL_OK; count++) {
        assert_int_equal(mjl_session_find_place(session, &place.id, &found), MJL_OK);
        assert_int_equal(found, count);
        for (size_t k = 0; k < place.parents_count; k++) {
            assert_int_equal(mjl_session_place_parent(session, count, k, &parent), MJL_OK);
            assert_true(parent < count);
        }
        assert_int_equal(mjl_session_place_parent(session, count, place.parents_count, &parent),
                         MJL_NOT_FOUND);
        messages += place.kind == MJL_PLACE_IS_MESSAGE;
        changes += place.kind == MJL_PLACE_IS_CHANGE;
        assert_int_equal(place.held_count, place.readers_count);
        assert_false(place.is_lost);
    }
    assert_int_equal(messages, 3);
    assert_int_equal(mjl_session_place(session, count - 1, &place), MJL_OK);
    assert_true(place.is_own && place.kind == MJL_PLACE_IS_MESSAGE);
    assert_int_equal(place.parents_count, 2); /* Both of what was said at the same time. */
    assert_int_equal(place.readers_count, 2);
    assert_int_equal(mjl_session_place(session, count, &place), MJL_NOT_FOUND);
    assert_true(changes <= 2);
    world_free(world);
}

static void a_message_knows_its_number(void **state)
{
    (void)state;
    test_world *const world = world_new(5, 2, 0);
    world_gather(world);
    const mjl_message_id first = world_say_id(world, 0, "one");
    const mjl_message_id second = world_say_id(world, 0, "two");
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, 0), &second, &info), MJL_OK);
    assert_int_equal(info.number, 2);
    assert_int_equal(mjl_session_message(world_session(world, 0), 0, &info), MJL_OK);
    assert_int_equal(info.number, 1);
    assert_memory_equal(&info.id, &first, sizeof first);
    world_free(world);
}

static size_t count_timers(const mjl_session *session, const char *kind)
{
    size_t count = 0;
    mjl_task_info task;
    mjl_time last = 0;
    for (size_t i = 0; mjl_session_task(session, i, &task) == MJL_OK; i++) {
        assert_true(task.due >= last);
        last = task.due;
        count += strcmp(task.kind, kind) == 0;
    }
    return count;
}

static void pending_timers_name_those_of_places_that_somebody_lacks(void **state)
{
    (void)state;
    test_world *const world = world_new(6, 2, 0);
    world_gather(world);
    world_run(world, 600000);
    assert_int_equal(count_timers(world_session(world, 0), "everyone has it"), 0);
    const uint32_t sides[WORLD_NODES_MAX] = {1, 2};
    mjl_network_partition(world->network, sides);
    assert_true(world_say(world, 0, "one"));
    assert_true(world_say(world, 0, "two"));
    assert_int_equal(count_timers(world_session(world, 0), "everyone has it"), 2);
    assert_int_equal(count_timers(world_session(world, 0), "resend"), 2);
    mjl_network_partition(world->network, NULL);
    world_run(world, 600000);
    assert_int_equal(count_timers(world_session(world, 0), "everyone has it"), 0);
    assert_int_equal(count_timers(world_session(world, 0), "resend"), 0);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compared_safety_number_stays_compared_after_a_restart),
        cmocka_unit_test(a_room_is_verified_once_all_others_are),
        cmocka_unit_test(who_is_not_there_cannot_be_verified),
        cmocka_unit_test(every_place_names_the_places_it_followed),
        cmocka_unit_test(a_message_knows_its_number),
        cmocka_unit_test(pending_timers_name_those_of_places_that_somebody_lacks),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
