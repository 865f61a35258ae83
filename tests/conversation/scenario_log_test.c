/*
 * What a member's log shows: what was said, in an order that follows what each author had seen,
 * and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "majlis/graph.h"
#include "scenario.h"

enum { ALICE = 0, BOB = 1, CAROL = 2, DORA = 3 };

static size_t messages_count(const mjl_session *session)
{
    mjl_message_info info;
    size_t count = 0;
    while (mjl_session_message(session, count, &info) == MJL_OK)
        count++;
    return count;
}

static size_t place_of(const mjl_session *session, const mjl_message_id *id)
{
    mjl_message_info message;
    size_t place = 0;
    assert_int_equal(mjl_session_message_by_id(session, id, &message), MJL_OK);
    assert_int_equal(mjl_session_find_place(session, &message.place, &place), MJL_OK);
    return place;
}

static bool is_parent(const mjl_session *session, const mjl_message_id *parent,
                      const mjl_message_id *child)
{
    size_t at;
    for (size_t k = 0;
         mjl_session_place_parent(session, place_of(session, child), k, &at) == MJL_OK; k++) {
        if (at == place_of(session, parent)) return true;
    }
    return false;
}

static const mjl_event *message_event(const world_node *node, const char *body)
{
    for (size_t i = 0; i < node->events_count; i++) {
        if (node->events[i].kind == MJL_EVENT_MESSAGE && strcmp(node->bodies[i], body) == 0)
            return &node->events[i];
    }
    fail_msg("%s was not delivered", body);
    return NULL;
}

/* Acks between the lines are no lines, and no line hangs on one. */
static void the_log_holds_what_was_said_and_no_acks(void **state)
{
    (void)state;
    test_world *const world = world_new(221, 3, 0);
    world_gather(world);
    const mjl_message_id o = world_say_id(world, ALICE, "O");
    const mjl_message_id a = world_say_id(world, ALICE, "A");
    scenario_settle(world); /* Carol acked, and so did bob. */
    const mjl_message_id b = world_say_id(world, BOB, "B");
    scenario_settle(world);
    const mjl_message_id e = world_say_id(world, ALICE, "E");
    scenario_settle(world);
    for (uint32_t node = 0; node < 3; node++) {
        const mjl_session *session = world_session(world, node);
        assert_int_equal(messages_count(session), 4);
        assert_true(is_parent(session, &o, &a));
        assert_true(is_parent(session, &a, &b));
        assert_true(is_parent(session, &b, &e));
        assert_false(is_parent(session, &a, &e));
        assert_int_equal(world_count(&world->nodes[node], MJL_EVENT_MESSAGE), 4);
    }
    world_free(world);
}

static void wishes_and_goodbyes_are_no_messages(void **state)
{
    (void)state;
    test_world *const world = world_new(222, 3, 0);
    world_gather(world);
    world_run(world, 3000);
    assert_true(world_say(world, ALICE, "before"));
    scenario_settle(world);
    scenario_leave(world, CAROL);
    world_run(world, 60000);
    assert_int_equal(scenario_info(world_session(world, BOB)).members_count, 2);
    const mjl_session *session = world_session(world, BOB);
    mjl_place_info place;
    mjl_message_info message;
    size_t others = 0, changes = 0;
    for (size_t i = 0; mjl_session_place(session, i, &place) == MJL_OK; i++) {
        if (place.kind == MJL_PLACE_IS_MESSAGE) continue;
        others += place.kind == MJL_PLACE_IS_OTHER;
        changes += place.kind == MJL_PLACE_IS_CHANGE;
        assert_int_equal(mjl_session_message_by_id(session, &place.message, &message),
                         MJL_NOT_FOUND);
    }
    assert_true(others >= 1);  /* The FIN. */
    assert_true(changes >= 1); /* The removal. */
    assert_int_equal(messages_count(session), 1);
    world_free(world);
}

static void a_line_across_epochs_is_one_line_to_who_was_there(void **state)
{
    (void)state;
    test_world *const world = world_new(223, 4, 0);
    world_create(world);
    world_admit_next(world);
    const mjl_message_id m0 = world_say_id(world, ALICE, "m0");
    scenario_settle(world);
    world_admit_next(world);
    world_admit_next(world);
    const mjl_message_id m1 = world_say_id(world, CAROL, "m1");
    scenario_settle(world);
    for (uint32_t node = ALICE; node <= BOB; node++) {
        assert_int_equal(messages_count(world_session(world, node)), 2);
        assert_true(place_of(world_session(world, node), &m0) <
                    place_of(world_session(world, node), &m1));
        /* Carol followed the change that followed m0: nothing was missed in between. */
        assert_false(message_event(&world->nodes[node], "m1")->parents_differ);
        assert_int_equal(scenario_message(world, node, &m1).number, 2);
    }
    mjl_message_info info;
    for (uint32_t node = CAROL; node <= DORA; node++) {
        const mjl_session *session = world_session(world, node);
        assert_int_equal(messages_count(session), 1);
        assert_int_equal(mjl_session_message_by_id(session, &m0, &info), MJL_NOT_FOUND);
        assert_int_equal(scenario_message(world, node, &m1).number, 1);
    }
    world_free(world);
}

static void a_line_said_without_the_line_above_is_marked(void **state)
{
    (void)state;
    test_world *const world = world_new(224, 2, 0);
    world_gather(world);
    scenario_settle(world);
    assert_true(world_say(world, ALICE, "mine"));
    assert_true(world_say(world, BOB, "mine, too")); /* At the same time. */
    scenario_settle(world);
    assert_true(message_event(&world->nodes[ALICE], "mine, too")->parents_differ);
    assert_true(message_event(&world->nodes[BOB], "mine")->parents_differ);
    assert_true(world_say(world, ALICE, "after both"));
    scenario_settle(world);
    assert_false(message_event(&world->nodes[BOB], "after both")->parents_differ);
    world_free(world);
}

/* ---- Two rooms of the same people ---- */

static mjl_session *second_room(test_world *world, uint32_t node, bool is_creator)
{
    mjl_create create = {.size = sizeof create, .pace = world->pace};
    create.room_name = mjl_bytes_text("garden");
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = create.room_name;
    mjl_session *session = NULL;
    mjl_profile *const profile = world_profile(world, node);
    assert_int_equal(is_creator ? mjl_session_create(profile, world->now, &create, &session)
                                : mjl_session_join(profile, world->now, &join, &session),
                     MJL_OK);
    world_step(world, node);
    return session;
}

static void say_in(test_world *world, uint32_t node, mjl_session *session, const char *text)
{
    const mjl_say say = {.size = sizeof say, .body = mjl_bytes_text(text)};
    assert_int_equal(mjl_session_say(session, world->now, &say, NULL, NULL), MJL_OK);
    world_step(world, node);
}

static void bodies_are(const mjl_session *session, const char *expected)
{
    mjl_message_info info;
    char found[16] = "";
    for (size_t i = 0; mjl_session_message(session, i, &info) == MJL_OK; i++)
        strncat(found, (const char *)info.body.data, info.body.size);
    assert_string_equal(found, expected);
}

static void two_rooms_of_one_profile_keep_their_lines_apart(void **state)
{
    (void)state;
    test_world *const world = world_new(225, 2, 0);
    world_gather(world);
    mjl_session *const garden[2] = {second_room(world, ALICE, true),
                                    second_room(world, BOB, false)};
    const mjl_member_id bob = mjl_profile_member(world_profile(world, BOB));
    mjl_intent intent;
    world_run(world, 1000);
    assert_int_equal(mjl_session_invite(garden[ALICE], world->now, &bob, &intent), MJL_OK);
    world_step(world, ALICE);
    world_run(world, 5000);
    static const char said[] = "OACBXDYEZ"; /* Lines of this room and of that one, in turn. */
    for (size_t i = 0; said[i] != 0; i++) {
        const char text[2] = {said[i], 0};
        const bool is_first_room = strchr("OABCE", said[i]) != NULL;
        const uint32_t node = (uint32_t)(i % 2);
        say_in(world, node, is_first_room ? world_session(world, node) : garden[node], text);
        world_run(world, 100);
    }
    scenario_settle(world);
    world_run(world, 5000);
    for (uint32_t node = 0; node < 2; node++) {
        bodies_are(world_session(world, node), "OACBE");
        bodies_are(garden[node], "XDYZ");
        assert_int_equal(scenario_info(garden[node]).unacked_count, 0);
    }
    world_free(world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_holds_what_was_said_and_no_acks),
        cmocka_unit_test(wishes_and_goodbyes_are_no_messages),
        cmocka_unit_test(a_line_across_epochs_is_one_line_to_who_was_there),
        cmocka_unit_test(a_line_said_without_the_line_above_is_marked),
        cmocka_unit_test(two_rooms_of_one_profile_keep_their_lines_apart),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
