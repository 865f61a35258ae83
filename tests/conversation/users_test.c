/*
 * Who has it by users: members whose credentials bear one user id are devices of one user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "world.h"

enum { ALICE, BOB_PHONE, BOB_LAPTOP, CAROL, MEMBERS, HOUR_MS = 3600000 };

/* A profile is somebody from its first opening on: this one begins anew. */
static void belongs_to(test_world *world, uint32_t node, const char *user_id)
{
    world_kill(world, node);
    mjl_memory_disk_free(world->nodes[node].disk);
    assert_int_equal(mjl_memory_disk_new(&world->nodes[node].disk), MJL_OK);
    snprintf(world->nodes[node].user_id, sizeof world->nodes[node].user_id, "%s", user_id);
    world_reopen(world, node);
}

static test_world *room_with_two_devices_of_bob(uint64_t seed)
{
    test_world *const world = world_new(seed, MEMBERS, 0);
    belongs_to(world, BOB_PHONE, "bob");
    belongs_to(world, BOB_LAPTOP, "bob");
    world_gather(world);
    assert_true(world_say(world, ALICE, "here we are"));
    assert_true(world_run_until(world, HOUR_MS, world_is_calm));
    return world;
}

static mjl_message_info message_of(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, node), id, &info), MJL_OK);
    return info;
}

static mjl_message_user user_of(test_world *world, uint32_t node, const mjl_message_id *id,
                                const char *user_id)
{
    mjl_message_user users[MEMBERS];
    size_t count;
    assert_int_equal(
        mjl_session_message_users(world_session(world, node), id, users, MEMBERS, &count), MJL_OK);
    assert_in_range(count, 1, MEMBERS);
    for (size_t i = 0; i < count; i++) {
        if (mjl_bytes_equal(users[i].user_id, mjl_bytes_text(user_id))) return users[i];
    }
    fail_msg("nobody is %s", user_id);
    return users[0];
}

static void assert_users(test_world *world, const mjl_message_id *id, uint32_t users, uint32_t held,
                         uint32_t full)
{
    const mjl_message_info info = message_of(world, ALICE, id);
    assert_int_equal(info.users_count, users);
    assert_int_equal(info.users_held_count, held);
    assert_int_equal(info.users_full_count, full);
}

static void a_user_has_it_with_its_first_device_and_whole_with_its_last(void **state)
{
    (void)state;
    test_world *const world = room_with_two_devices_of_bob(301);
    world_kill(world, BOB_LAPTOP);
    world_kill(world, CAROL);
    const mjl_message_id id = world_say_id(world, ALICE, "for all devices");
    assert_users(world, &id, 2, 0, 0);
    world_run(world, 5000);
    assert_users(world, &id, 2, 1, 0);
    const mjl_message_user bob = user_of(world, ALICE, &id, "bob");
    assert_int_equal(bob.devices_count, 2);
    assert_int_equal(bob.held_count, 1);
    assert_false(bob.is_self);
    assert_true(mjl_bytes_equal(bob.display_name, mjl_bytes_text("node1")) ||
                mjl_bytes_equal(bob.display_name, mjl_bytes_text("node2")));
    assert_int_equal(user_of(world, ALICE, &id, "node3").held_count, 0);
    world_reopen(world, BOB_LAPTOP);
    world_run(world, 10000);
    assert_users(world, &id, 2, 1, 1);
    assert_int_equal(user_of(world, ALICE, &id, "bob").held_count, 2);
    assert_int_equal(message_of(world, ALICE, &id).held_count, 2); /* By device as before. */
    world_free(world);
}

static void an_author_is_told_of_its_other_devices(void **state)
{
    (void)state;
    test_world *const world = room_with_two_devices_of_bob(302);
    const mjl_message_id id = world_say_id(world, BOB_PHONE, "to my laptop");
    const mjl_message_user own = user_of(world, BOB_PHONE, &id, "bob");
    assert_int_equal(own.devices_count, 1);
    assert_true(own.is_self);
    assert_int_equal(message_of(world, BOB_PHONE, &id).users_count, 3);
    world_free(world);
}

static void a_device_that_was_removed_is_no_longer_counted(void **state)
{
    (void)state;
    test_world *const world = room_with_two_devices_of_bob(303);
    const mjl_member_id laptop = mjl_profile_member(world_profile(world, BOB_LAPTOP));
    world_kill(world, BOB_LAPTOP);
    const mjl_message_id id = world_say_id(world, ALICE, "not for the laptop");
    world_run(world, 5000);
    assert_users(world, &id, 2, 2, 1);
    mjl_intent intent;
    assert_int_equal(mjl_session_exclude(world_session(world, ALICE), world->now, &laptop, &intent),
                     MJL_OK);
    world_step(world, ALICE);
    world_run(world, 5000);
    assert_users(world, &id, 2, 2, 2);
    assert_int_equal(user_of(world, ALICE, &id, "bob").devices_count, 1);
    world_free(world);
}

static void a_list_shorter_than_the_users_still_says_how_many_there_are(void **state)
{
    (void)state;
    test_world *const world = room_with_two_devices_of_bob(304);
    const mjl_message_id id = world_say_id(world, ALICE, "who is there?");
    mjl_message_user first;
    size_t count;
    assert_int_equal(mjl_session_message_users(world_session(world, ALICE), &id, &first, 1, &count),
                     MJL_OK);
    assert_int_equal(count, 2);
    assert_true(mjl_bytes_equal(first.user_id, mjl_bytes_text("bob")));
    const mjl_message_id nothing = {{9}};
    assert_int_equal(
        mjl_session_message_users(world_session(world, ALICE), &nothing, &first, 1, &count),
        MJL_NOT_FOUND);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_has_it_with_its_first_device_and_whole_with_its_last),
        cmocka_unit_test(an_author_is_told_of_its_other_devices),
        cmocka_unit_test(a_device_that_was_removed_is_no_longer_counted),
        cmocka_unit_test(a_list_shorter_than_the_users_still_says_how_many_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
