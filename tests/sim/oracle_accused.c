/* I10: nobody honest is accused of contradicting itself. */
#include "majlis/evidence.h"
#include "oracles.h"
#include "world.h"

static void on_event(void *state, sim_world *world, uint32_t node, const mjl_event *event)
{
    (void)state;
    if (event->kind != MJL_EVENT_EQUIVOCATION) return;
    const uint32_t accused = sim_truth_identity(&world->truth, &event->member);
    if (accused == SIM_NONE || world->nodes[accused].spoils == 0) {
        sim_broken(world, "I10 equivocation", node, "honest node%u is accused", accused);
    }
}

const sim_oracle sim_oracle_accused = {.name = "I10 equivocation", .on_event = on_event};
