/* Warnings that name many: what is told of a long list, and that it is right all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "scenario.h"

enum { MEMBERS = 24, OTHERS = MEMBERS - 1, TOLD_EACH = 16, ENOUGH_MS = 20000 };

/* Whether what these members send reaches the first one. */
static void connect(test_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    mjl_network_link link = mjl_network_get_link(world->network, 0, from);
    link.is_cut = is_cut;
    for (uint32_t i = from; i < to; i++)
        mjl_network_set_link(world->network, i, 0, &link);
}

/* The names in the first one's warning that not everyone has its message; 0: there is none. */
static size_t missing_count(test_world *world)
{
    mjl_warning_info info;
    for (size_t i = 0; mjl_session_warning(world_session(world, 0), i, &info) == MJL_OK; i++) {
        if (info.kind == MJL_WARNING_NOT_FULLY_ACKED) return info.missing.size / MJL_ID_SIZE;
    }
    return 0;
}

static size_t changes_told(const test_world *world)
{
    size_t count = 0;
    for (size_t i = 0; i < world->nodes[0].events_count; i++) {
        const mjl_event *event = &world->nodes[0].events[i];
        count += event->kind == MJL_EVENT_WARNING_CHANGED &&
                 event->warning_kind == MJL_WARNING_NOT_FULLY_ACKED;
    }
    return count;
}

static bool three_answered(test_world *world)
{
    return missing_count(world) == OTHERS - 3;
}

static bool all_answered(test_world *world)
{
    return missing_count(world) == 0;
}

static void a_long_list_of_who_is_missing_is_told_name_by_name_once_it_is_short(void **state)
{
    (void)state;
    test_world *const world = world_new(291, MEMBERS, 0);
    world->is_unchecked = true;
    world_gather(world);
    world_run(world, ENOUGH_MS);
    connect(world, 1, MEMBERS, true);
    assert_true(world_say(world, 0, "nobody answers"));
    world_run(world, ENOUGH_MS);
    assert_int_equal(missing_count(world), OTHERS);
    assert_int_equal(changes_told(world), 0);
    connect(world, 1, 4, false);
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, three_answered));
    assert_int_equal(changes_told(world), 0);
    world_kill(world, 0);
    world_reopen(world, 0);
    assert_int_equal(missing_count(world), OTHERS - 3); /* Saved or not, it is right. */
    connect(world, 1, MEMBERS, false);
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, all_answered));
    assert_in_range(changes_told(world), 1, TOLD_EACH);
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_of_who_is_missing_is_told_name_by_name_once_it_is_short),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
