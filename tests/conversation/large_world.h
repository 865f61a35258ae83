/* Large messages in the world of tests: bodies of any size, and what became of them. */
#ifndef MAJLIS_TESTS_LARGE_WORLD_H
#define MAJLIS_TESTS_LARGE_WORLD_H

#include "world.h"

typedef struct large_body {
    uint8_t *bytes;
    size_t size;
} large_body;

large_body large_body_new(size_t size, uint8_t seed); /* Random bytes of that seed. */
void large_body_free(large_body *body);
mjl_bytes large_bytes(const large_body *body);

/* Says it, to whoever may join meanwhile only after being asked; it must be queued. */
mjl_message_id large_say(test_world *world, uint32_t node, const large_body *body);
mjl_message_state large_state(test_world *world, uint32_t node, const mjl_message_id *id);
bool large_has_failed(test_world *world, uint32_t node, const mjl_message_id *id);
void large_run_until_everyone(test_world *world, uint32_t node, const mjl_message_id *id);
bool large_is_there(test_world *world, uint32_t node, const mjl_message_id *id);
/* One event, and the whole body behind it. */
void large_assert_delivered_once(test_world *world, uint32_t node, const mjl_message_id *id,
                                 const large_body *body);
void large_assert_not_delivered(test_world *world, uint32_t node, const mjl_message_id *id);

#endif
