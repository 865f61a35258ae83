/*
 * I18: a packet that is refused changes nothing. Now and then the world steps a node before it
 * hands it a packet, and again after a refusal, at the same instant: the states are the same. Two
 * places of one number are refused and kept as evidence.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I18 refusal";

static void on_arrival(void *state, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    (void)state;
    if (!arriving->has_states || arriving->verdict->why == MJL_EQUIVOCATION) return;
    if (memcmp(&arriving->before, &arriving->after, sizeof arriving->after) == 0) return;
    sim_broken(world, name, node, "a packet refused for %s changed its state",
               mjl_result_name(arriving->verdict->why));
}

const sim_oracle sim_oracle_refusal = {.name = name, .on_arrival = on_arrival};
