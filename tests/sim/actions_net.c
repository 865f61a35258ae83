/* What the network does. */
#include "actions.h"

static void change(mjl_network_link *link, const sim_step *step)
{
    const uint32_t permille = step->args[1] > 1000 ? 1000 : (uint32_t)step->args[1];
    switch (step->action) {
    case SIM_LOSS:
        link->loss = permille;
        break;
    case SIM_DUPLICATE:
        link->duplicate = permille;
        break;
    case SIM_REORDER:
        link->reorder = permille;
        break;
    case SIM_CORRUPT:
        link->corrupt = permille;
        break;
    case SIM_TRUNCATE:
        link->truncate = permille;
        break;
    case SIM_SPLICE:
        link->splice = permille;
        break;
    case SIM_REPLAY:
        link->replay = permille;
        break;
    case SIM_CUT:
        link->is_cut = permille != 0;
        break;
    default:
        link->delay_ms_min = step->args[1];
        link->delay_ms_max = step->args[2] < step->args[1] ? step->args[1] : step->args[2];
        break;
    }
}

static bool change_links(sim_world *world, const sim_step *step)
{
    bool any = false;
    for (uint32_t from = 0; from < world->nodes_room; from++) {
        if (step->node != SIM_ALL && step->node != from) continue;
        for (uint32_t to = 0; to < world->nodes_room; to++) {
            if (from == to || (step->args[0] != SIM_ALL && step->args[0] != to)) continue;
            mjl_network_link link = mjl_network_get_link(world->network, from, to);
            change(&link, step);
            mjl_network_set_link(world->network, from, to, &link);
            any = true;
        }
    }
    return any;
}

/* Sides drawn from the number: some nodes hear two sides, so partitions overlap. */
static bool partition(sim_world *world, uint64_t drawn)
{
    if (drawn == 0) {
        mjl_network_partition(world->network, NULL);
        return true;
    }
    sim_chance chance = sim_chance_split(drawn, "sides", 0);
    uint32_t *const sides = sim_zeroed(world->nodes_room, sizeof *sides);
    for (uint32_t i = 0; i < world->nodes_room; i++) {
        sides[i] = 1u << sim_chance_below(&chance, 2);
        if (sim_chance_happens(&chance, 100)) sides[i] = 3;
        if (sim_chance_happens(&chance, 50)) sides[i] = 4;
    }
    mjl_network_partition(world->network, sides);
    free(sides);
    return true;
}

bool sim_do_net(sim_world *world, const sim_step *step)
{
    switch (step->action) {
    case SIM_PARTITION:
        return partition(world, step->args[0]);
    case SIM_CLOG:
        mjl_network_clog(world->network, world->now + (mjl_time)step->args[0]);
        return true;
    case SIM_DROP:
        mjl_network_drop_flying(world->network);
        return true;
    default:
        return change_links(world, step);
    }
}
