#include "actions.h"
#include "trace.h"

static bool dispatch(sim_world *world, const sim_step *step)
{
    if (step->node != SIM_ALL && step->node >= world->nodes_count) return false;
    switch (sim_action_group(step->action)) {
    case SIM_GROUP_APP:
        return sim_do_app(world, step);
    case SIM_GROUP_NET:
        return sim_do_net(world, step);
    case SIM_GROUP_INSIDER:
    case SIM_GROUP_OUTSIDER:
    case SIM_GROUP_MISUSE:
        return sim_do_hostile(world, step);
    default:
        return sim_do_machine(world, step);
    }
}

void sim_action_do(sim_world *world, const sim_step *step)
{
    world->step = step->number;
    sim_trace_step(world, step);
    world->counters.actions[step->action] += dispatch(world, step);
}
