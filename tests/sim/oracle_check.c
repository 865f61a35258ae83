/* What the engine's rooms promise each other holds after every step. */
#include "oracles.h"
#include "world.h"

static void after_step(void *state, sim_world *world, uint32_t node)
{
    (void)state;
    const mjl_result result = mjl_profile_check(world->nodes[node].profile);
    if (result != MJL_OK) {
        sim_broken(world, "check", node, "mjl_profile_check: %s", mjl_result_name(result));
    }
}

const sim_oracle sim_oracle_check = {.name = "check", .after_step = after_step};
