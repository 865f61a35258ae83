/*
 * Many who talk: in turn, at random, near and far, and while keys change. Everyone hears everything
 * once, and of each author in its order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { DELAY_MS = 20, SPREAD_MS = 10 };

static test_world *room_of(uint64_t seed, uint32_t count, uint64_t delay_ms, uint64_t spread_ms)
{
    test_world *const world = world_new(seed, count, 0);
    world->is_unchecked = true;
    world_gather(world);
    scenario_links(world, delay_ms - spread_ms, delay_ms + spread_ms, 0);
    world_run(world, 5000);
    return world;
}

static void text_of(uint32_t node, uint32_t i, char text[32])
{
    snprintf(text, 32, "%u says %u", node, i);
}

/* Everyone got each message once, and of each author in its order. */
static void all_have(test_world *world, uint32_t from_each)
{
    scenario_settle(world);
    for (uint32_t node = 0; node < world->nodes_count; node++) {
        uint32_t next[WORLD_NODES_MAX] = {0};
        mjl_message_info info;
        size_t count = 0;
        for (; mjl_session_message(world_session(world, node), count, &info) == MJL_OK; count++) {
            char text[32] = "", expected[32] = "";
            assert_true(info.body.size < sizeof text);
            memcpy(text, info.body.data, info.body.size);
            const unsigned long author = strtoul(text, NULL, 10);
            assert_true(author < world->nodes_count);
            text_of((uint32_t)author, next[author]++, expected);
            assert_string_equal(text, expected);
        }
        assert_int_equal(count, (size_t)from_each * world->nodes_count);
        assert_int_equal(world_count(&world->nodes[node], MJL_EVENT_MESSAGE), count);
    }
}

static void ten_who_each_speak_on_hearing_another_hear_all_300(void **state)
{
    (void)state;
    enum { TALKERS = 10, EACH = 30 };
    test_world *const world = room_of(291, TALKERS, DELAY_MS, SPREAD_MS);
    size_t heard[TALKERS] = {0};
    uint32_t said[TALKERS] = {0};
    char text[32];
    for (bool is_talking = true; is_talking;) {
        is_talking = false;
        for (uint32_t node = 0; node < TALKERS; node++) {
            if (said[node] == EACH) continue;
            is_talking = true;
            const size_t now = world_count(&world->nodes[node], MJL_EVENT_MESSAGE);
            if (said[node] > 0 && now == heard[node]) continue;
            heard[node] = now;
            text_of(node, said[node]++, text);
            assert_true(world_say(world, node, text));
        }
        world_run(world, 5);
    }
    all_have(world, EACH);
    world_free(world);
}

/* All say their messages from `from` to before `to` in random turns within about `time`. */
static void speak_at_random(test_world *world, uint32_t from, uint32_t to, mjl_time time)
{
    uint32_t said[WORLD_NODES_MAX];
    const uint32_t total = (to - from) * world->nodes_count;
    char text[32];
    for (uint32_t node = 0; node < world->nodes_count; node++)
        said[node] = from;
    for (uint32_t i = 0; i < total;) {
        const uint32_t node = (uint32_t)world_chance(world, world->nodes_count);
        if (said[node] == to) continue;
        text_of(node, said[node]++, text);
        assert_true(world_say(world, node, text));
        world_run(world, (mjl_time)world_chance(world, 2 * (uint64_t)time / total));
        i++;
    }
}

static void ten_who_speak_at_random_hear_all_300(void **state)
{
    (void)state;
    test_world *const world = room_of(292, 10, DELAY_MS, SPREAD_MS);
    speak_at_random(world, 0, 30, 30000);
    all_have(world, 30);
    world_free(world);
}

enum { FAR_MS = 200 };

static void ten_hear_80_messages_in_100_seconds_near_and_far(void **state)
{
    (void)state;
    test_world *const world = room_of(293, 10, DELAY_MS, SPREAD_MS);
    speak_at_random(world, 0, 8, 100000);
    all_have(world, 8);
    scenario_links(world, FAR_MS / 2, FAR_MS * 3 / 2, 0);
    speak_at_random(world, 8, 16, 100000);
    all_have(world, 16);
    world_free(world);
}

static void twenty_five_hear_each_other_near_and_far(void **state)
{
    (void)state;
    test_world *const world = room_of(295, 25, DELAY_MS, SPREAD_MS);
    speak_at_random(world, 0, 8, 10000);
    all_have(world, 8);
    scenario_links(world, FAR_MS / 2, FAR_MS * 3 / 2, 0);
    speak_at_random(world, 8, 10, 10000);
    all_have(world, 10);
    world_free(world);
}

/* One changes the keys again as soon as all follow, while all three talk. */
static void five_changes_of_keys_in_a_row_lose_none_of_300_messages(void **state)
{
    (void)state;
    enum { TALKERS = 3, EACH = 100, CHANGES = 5 };
    test_world *const world = room_of(297, TALKERS, DELAY_MS, SPREAD_MS);
    const uint64_t began = scenario_info(world_session(world, 0)).epoch;
    uint64_t asked = began;
    char text[32];
    for (uint32_t i = 0; i < EACH; i++) {
        for (uint32_t node = 0; node < TALKERS; node++) {
            text_of(node, i, text);
            assert_true(world_say(world, node, text));
        }
        bool all_follow = asked < began + CHANGES;
        for (uint32_t node = 0; node < TALKERS; node++)
            all_follow &= scenario_info(world_session(world, node)).epoch == asked;
        if (all_follow) {
            scenario_refresh(world, 1);
            asked++;
        }
        world_run(world, DELAY_MS);
    }
    all_have(world, EACH);
    assert_int_equal(scenario_info(world_session(world, 0)).epoch, began + CHANGES);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_who_each_speak_on_hearing_another_hear_all_300),
        cmocka_unit_test(ten_who_speak_at_random_hear_all_300),
        cmocka_unit_test(ten_hear_80_messages_in_100_seconds_near_and_far),
        cmocka_unit_test(twenty_five_hear_each_other_near_and_far),
        cmocka_unit_test(five_changes_of_keys_in_a_row_lose_none_of_300_messages),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
