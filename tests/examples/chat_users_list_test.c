/* Who is missing, by users: each once, with how many of their devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "chat_names.h"
#include "world.h"

enum { ALICE, BOB_PHONE, BOB_LAPTOP, CAROL, MEMBERS };

/* A profile is somebody from its first opening on: this one begins anew. */
static void belongs_to(test_world *world, uint32_t node, const char *user_id)
{
    world_kill(world, node);
    mjl_memory_disk_free(world->nodes[node].disk);
    assert_int_equal(mjl_memory_disk_new(&world->nodes[node].disk), MJL_OK);
    snprintf(world->nodes[node].user_id, sizeof world->nodes[node].user_id, "%s", user_id);
    world_reopen(world, node);
}

static mjl_member_id id_of(test_world *world, uint32_t node)
{
    mjl_member_info info;
    for (size_t i = 0; mjl_session_member(world_session(world, node), i, &info) == MJL_OK; i++) {
        if (info.is_self) return info.id;
    }
    fail_msg("node %u is no member", node);
    return info.id;
}

static void assert_listed(const mjl_session *session, const mjl_member_id *ids, size_t count,
                          const char *expected)
{
    chat_names names = {NULL, 0, 0};
    static const char *const called[] = {"bob", "bob", "carol"};
    for (size_t i = 0; i < count; i++)
        chat_names_learn(&names, &ids[i], mjl_bytes_text(called[i]));
    char *list = chat_names_users(&names, session, mjl_bytes_of(ids->bytes, count * sizeof *ids));
    assert_non_null(list);
    assert_string_equal(list, expected);
    free(list);
    chat_names_clear(&names);
}

static void each_user_is_named_once_with_the_devices_that_are_meant(void **state)
{
    (void)state;
    test_world *const world = world_new(1, MEMBERS, 0);
    belongs_to(world, BOB_PHONE, "bob");
    belongs_to(world, BOB_LAPTOP, "bob");
    world_gather(world);
    const mjl_member_id ids[] = {id_of(world, BOB_PHONE), id_of(world, BOB_LAPTOP),
                                 id_of(world, CAROL)};
    const mjl_session *session = world_session(world, ALICE);
    assert_listed(session, ids, 1, "bob (1 of 2 devices)");
    assert_listed(session, ids, 2, "bob (2 of 2 devices)");
    assert_listed(session, ids, 3, "bob (2 of 2 devices), carol");
    assert_listed(session, ids, 0, "");
    assert_listed(NULL, ids, 2, "bob, bob"); /* Of a room that is gone nothing is known. */
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_is_named_once_with_the_devices_that_are_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
