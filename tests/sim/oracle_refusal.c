/*
 * I18: what is refused changes nothing. Where the world steps after each input the state before a
 * packet is known; if it is then refused, a step later the state is the same, but for what time
 * did.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I18 refusal";

typedef struct refusal {
    mjl_id *before; /* By node: its state after its last step. */
    bool *is_known;
    mjl_time *due; /* By node, on its own clock: until then time does nothing. */
    uint32_t *refusals;
} refusal;

static void *make(const sim_world *world)
{
    refusal *const made = sim_zeroed(1, sizeof *made);
    made->before = sim_zeroed(world->nodes_room, sizeof *made->before);
    made->is_known = sim_zeroed(world->nodes_room, sizeof *made->is_known);
    made->due = sim_zeroed(world->nodes_room, sizeof *made->due);
    made->refusals = sim_zeroed(world->nodes_room, sizeof *made->refusals);
    return made;
}

static void release(void *context)
{
    refusal *const state = context;
    free(state->before);
    free(state->is_known);
    free(state->due);
    free(state->refusals);
    free(state);
}

const sim_oracle sim_oracle_refusal = {.name = name, .make = make, .free = release};
