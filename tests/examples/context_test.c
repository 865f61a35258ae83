/* What the author of a line had in view, where lines cross. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chat_context.h"
#include "world.h"

static mjl_message_info message_of(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, node), id, &info), MJL_OK);
    return info;
}

static chat_context context_of(test_world *world, uint32_t node, const mjl_message_id *id)
{
    chat_context context;
    const mjl_message_info info = message_of(world, node, id);
    assert_true(chat_context_of(world_session(world, node), &info.place, &context));
    assert_int_equal(context.number, info.number);
    return context;
}

static void a_line_that_crossed_another_follows_the_one_before_both(void **state)
{
    (void)state;
    test_world *const world = world_new(1, 2, 0);
    world_gather(world);
    const mjl_message_id question = world_say_id(world, 0, "tea or coffee?");
    assert_true(world_run_until(world, 60000, world_is_calm));
    const mjl_message_id door = world_say_id(world, 0, "who left the door open?");
    const mjl_message_id tea = world_say_id(world, 1, "tea");
    assert_true(world_run_until(world, 60000, world_is_calm));
    const mjl_message_id cake = world_say_id(world, 1, "and cake");
    assert_true(world_run_until(world, 60000, world_is_calm));
    const uint32_t first = message_of(world, 0, &question).number;
    assert_int_equal(context_of(world, 0, &door).last_seen, first);
    assert_int_equal(context_of(world, 0, &tea).last_seen, first);
    const uint32_t latest = message_of(world, 0, &tea).number;
    assert_int_equal(latest, first + 2); /* Node 0 saw its own question about the door before. */
    assert_int_equal(context_of(world, 0, &cake).last_seen, latest);
    world_free(world);
}

static void the_first_line_follows_none(void **state)
{
    (void)state;
    test_world *const world = world_new(2, 2, 0);
    world_gather(world);
    const mjl_message_id hello = world_say_id(world, 1, "hello");
    assert_true(world_run_until(world, 60000, world_is_calm));
    assert_int_equal(context_of(world, 0, &hello).last_seen, 0);
    const mjl_place_id nowhere = {{1}};
    chat_context context;
    assert_false(chat_context_of(world_session(world, 0), &nowhere, &context));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_crossed_another_follows_the_one_before_both),
        cmocka_unit_test(the_first_line_follows_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
