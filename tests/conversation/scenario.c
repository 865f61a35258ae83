#include "scenario.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

mjl_session_info scenario_info(const mjl_session *session)
{
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    return info;
}

/* ---- The network ---- */

static void set_cut(test_world *world, uint32_t node, bool is_cut)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (i == node) continue;
        mjl_network_link link = mjl_network_get_link(world->network, node, i);
        link.is_cut = is_cut;
        mjl_network_set_link(world->network, node, i, &link);
        link = mjl_network_get_link(world->network, i, node);
        link.is_cut = is_cut;
        mjl_network_set_link(world->network, i, node, &link);
    }
}

void scenario_cut_off(test_world *world, uint32_t node)
{
    set_cut(world, node, true);
}

void scenario_reconnect(test_world *world, uint32_t node)
{
    set_cut(world, node, false);
}

void scenario_links(test_world *world, uint64_t delay_ms_min, uint64_t delay_ms_max,
                    uint32_t loss_permille)
{
    const mjl_network_link link = {
        .loss = loss_permille, .delay_ms_min = delay_ms_min, .delay_ms_max = delay_ms_max};
    mjl_network_set_all_links(world->network, &link);
}

/* ---- Members ---- */

test_world *scenario_quiet_room(uint32_t members, uint64_t seed)
{
    test_world *const world = world_new(seed, members, 0);
    world_gather(world);
    assert_true(world_say(world, 0, "here we are"));
    assert_true(world_run_until(world, SCENARIO_PATIENCE_MS, world_is_calm));
    return world;
}

mjl_session *scenario_ask(test_world *world, uint32_t node)
{
    mjl_join join = {.size = sizeof join, .pace = world->pace};
    join.room_name = mjl_bytes_text("room");
    join.room_secret = mjl_bytes_text("secret");
    mjl_session *session = NULL;
    assert_int_equal(mjl_session_join(world_profile(world, node), world->now, &join, &session),
                     MJL_OK);
    world_step(world, node);
    return session;
}

static bool sees_request(test_world *world, uint32_t node, const mjl_member_id *of)
{
    mjl_join_request_info request;
    const mjl_session *session = world_session(world, node);
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        if (memcmp(&request.requester, of, sizeof *of) == 0) return true;
    }
    return false;
}

mjl_intent scenario_invite(test_world *world, uint32_t node, uint32_t whom)
{
    const mjl_member_id id = mjl_profile_member(world_profile(world, whom));
    const mjl_time until = world->now + SCENARIO_PATIENCE_MS;
    while (!sees_request(world, node, &id) && world->now < until)
        world_run(world, 20);
    mjl_intent intent;
    assert_int_equal(mjl_session_invite(world_session(world, node), world->now, &id, &intent),
                     MJL_OK);
    world_step(world, node);
    return intent;
}

mjl_intent scenario_exclude(test_world *world, uint32_t node, uint32_t whom)
{
    mjl_intent intent;
    const mjl_member_id id = mjl_profile_member(world_profile(world, whom));
    assert_int_equal(mjl_session_exclude(world_session(world, node), world->now, &id, &intent),
                     MJL_OK);
    world_step(world, node);
    return intent;
}

void scenario_refresh(test_world *world, uint32_t node)
{
    mjl_intent intent;
    assert_int_equal(mjl_session_refresh(world_session(world, node), world->now, &intent), MJL_OK);
    world_step(world, node);
}

void scenario_leave(test_world *world, uint32_t node)
{
    assert_int_equal(mjl_session_leave(world_session(world, node), world->now), MJL_OK);
    world_step(world, node);
}

void scenario_settle(test_world *world)
{
    if (!world_run_until(world, SCENARIO_PATIENCE_MS, world_is_calm))
        fail_msg("seed %llu: it does not settle", (unsigned long long)world->seed);
}

/* ---- Looking ---- */

size_t scenario_warnings(test_world *world, uint32_t node, mjl_warning_kind kind)
{
    mjl_warning_info info;
    size_t count = 0;
    for (size_t i = 0; mjl_session_warning(world_session(world, node), i, &info) == MJL_OK; i++)
        count += info.kind == kind;
    return count;
}

const mjl_event *scenario_last(const world_node *node, mjl_event_kind kind)
{
    for (size_t i = node->events_count; i > 0; i--) {
        if (node->events[i - 1].kind == kind) return &node->events[i - 1];
    }
    return NULL;
}

mjl_message_info scenario_message(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, node), id, &info), MJL_OK);
    return info;
}
