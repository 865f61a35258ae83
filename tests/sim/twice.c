#include "twice.h"

#include "inside.h"

bool sim_lives_twice(const sim_world *world, uint32_t identity)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        const uint32_t spoils = world->nodes[i].spoils;
        if (world->nodes[i].identity == identity &&
            (spoils & (SIM_SPOIL_WENT_BACK | SIM_SPOIL_COPIED)) != 0)
            return true;
    }
    return false;
}

static bool lived_on(const sim_truth *truth, uint32_t line, uint32_t identity)
{
    for (uint32_t b = 0; b < truth->branches_count; b++) {
        if (sim_set_has(&truth->branches[b].lived, identity) &&
            sim_truth_is_ancestor(truth, line, b))
            return true;
    }
    return false;
}

bool sim_contradicts(const sim_world *world, uint32_t line, uint32_t other)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t commit = truth->branches[line].commit, rival = truth->branches[other].commit;
    if (commit == SIM_NONE || rival == SIM_NONE) return false;
    const sim_place *const place = &truth->places[commit];
    return sim_lives_twice(world, place->author) && lived_on(truth, other, place->author) &&
           !sim_set_has(&place->past, rival);
}

bool sim_has_fork_keys(const sim_world *world, uint32_t node, uint32_t fork)
{
    const mjl_epoch *const epoch = sim_inside_epoch(world, node, fork);
    return epoch != NULL && epoch->has_fork_keys;
}

bool sim_is_doubled(const sim_truth *truth, uint32_t place)
{
    const uint32_t packet = truth->places[place].packet;
    return packet != SIM_NONE && truth->packets[packet].is_doubled;
}

bool sim_is_contradicted(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    const sim_view *const view = &truth->views[node];
    for (size_t i = 0; i < view->order_count; i++) {
        const uint32_t had = view->order[i];
        const sim_place *const other = &truth->places[had];
        if (other == place || other->author != place->author) continue;
        if (other->branch == place->branch && other->seq == place->seq) return true;
        if (other->branch != place->branch && sim_lives_twice(world, place->author) &&
            sim_truth_is_ancestor(truth, other->branch, place->branch) &&
            !sim_set_has(&place->past, had))
            return true;
    }
    return false;
}

bool sim_is_beside_what_was_decided(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t starts = truth->places[number].starts;
    const uint32_t fork = starts == SIM_NONE ? (uint32_t)SIM_NONE : truth->branches[starts].parent;
    if (fork == SIM_NONE || sim_has_fork_keys(world, node, fork)) return false;
    const uint32_t its = sim_truth_next_towards(truth, fork, truth->views[node].tip);
    return its != SIM_NONE && its != starts && sim_contradicts(world, starts, its);
}
