/*
 * Members talk in memory: from first contact to everyone knowing that everyone has everything,
 * without loss and with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_members_talk_and_know_that_everyone_has_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
