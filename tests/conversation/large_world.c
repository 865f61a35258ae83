#include "large_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <sodium.h>

enum { MOST_MS = 7200000, TURN_MS = 50 };

large_body large_body_new(size_t size, uint8_t seed)
{
    const uint8_t key[randombytes_SEEDBYTES] = {seed};
    large_body body = {malloc(size), size};
    assert_non_null(body.bytes);
    randombytes_buf_deterministic(body.bytes, size, key);
    return body;
}

void large_body_free(large_body *body)
{
    free(body->bytes);
}

mjl_bytes large_bytes(const large_body *body)
{
    return mjl_bytes_of(body->bytes, body->size);
}

mjl_message_id large_say(test_world *world, uint32_t node, const large_body *body)
{
    mjl_say say = {.size = sizeof say, .body = large_bytes(body)};
    mjl_message_id id;
    mjl_said said;
    assert_int_equal(mjl_session_say(world_session(world, node), world->now, &say, &id, &said),
                     MJL_OK);
    assert_int_equal(said, MJL_SAID_QUEUED);
    world_step(world, node);
    return id;
}

mjl_message_state large_state(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, node), id, &info), MJL_OK);
    return info.state;
}

bool large_has_failed(test_world *world, uint32_t node, const mjl_message_id *id)
{
    for (size_t i = 0; i < world->nodes[node].events_count; i++) {
        const mjl_event *event = &world->nodes[node].events[i];
        if (event->kind == MJL_EVENT_MESSAGE_STATE && event->new_state == MJL_MESSAGE_FAILED &&
            memcmp(&event->message, id, sizeof *id) == 0) {
            return true;
        }
    }
    return false;
}

void large_run_until_everyone(test_world *world, uint32_t node, const mjl_message_id *id)
{
    const mjl_time until = world->now + MOST_MS;
    while (large_state(world, node, id) != MJL_MESSAGE_EVERYONE) {
        if (world->now >= until) fail_msg("not everyone has it");
        world_run(world, TURN_MS);
    }
}

static size_t count_deliveries(const world_node *node, const mjl_message_id *id, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < node->events_count; i++) {
        const mjl_event *event = &node->events[i];
        if (event->kind != MJL_EVENT_MESSAGE || memcmp(&event->message, id, sizeof *id) != 0) {
            continue;
        }
        assert_int_equal(event->body.size, size);
        count++;
    }
    return count;
}

bool large_is_there(test_world *world, uint32_t node, const mjl_message_id *id)
{
    mjl_message_info info;
    return mjl_session_message_by_id(world_session(world, node), id, &info) == MJL_OK;
}

void large_assert_delivered_once(test_world *world, uint32_t node, const mjl_message_id *id,
                                 const large_body *body)
{
    assert_int_equal(count_deliveries(&world->nodes[node], id, body->size), 1);
    mjl_message_info info;
    assert_int_equal(mjl_session_message_by_id(world_session(world, node), id, &info), MJL_OK);
    assert_int_equal(info.body.size, body->size);
    assert_memory_equal(info.body.data, body->bytes, body->size);
    assert_int_equal(info.media_type.size, strlen("text/plain"));
}

void large_assert_not_delivered(test_world *world, uint32_t node, const mjl_message_id *id)
{
    assert_int_equal(count_deliveries(&world->nodes[node], id, 0), 0);
}
