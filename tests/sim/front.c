#include "front.h"

bool sim_is_live_core(const sim_world *world, uint32_t i)
{
    return sim_world_is_core(world, i) && sim_world_state(world, i) == MJL_SESSION_LIVE;
}

static uint32_t count_on(const sim_world *world, uint32_t tip)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->members_count; i++)
        count += sim_is_live_core(world, i) && world->truth.views[i].tip == tip;
    return count;
}

/* The line of that tip removed the node, by a commit that it did not get. Who was let in on another
   line was never removed on this one. */
static bool removed_unaware(const sim_world *world, uint32_t tip, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t identity = world->nodes[node].identity;
    uint32_t branch = tip, commit = SIM_NONE;
    while (branch != SIM_NONE && !sim_set_has(&truth->branches[branch].roster, identity)) {
        commit = truth->branches[branch].commit;
        branch = truth->branches[branch].parent;
    }
    return branch != SIM_NONE && commit != SIM_NONE &&
           !sim_set_has(&truth->views[node].accepted, commit);
}

/* Of two live members of the core, is the first one's line that of the group? The one that removed
   the other; where each did so, the one on which more of them live; else the one that is further.
 */
static bool is_ahead(const sim_world *world, uint32_t a, uint32_t b)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t tip_a = truth->views[a].tip, tip_b = truth->views[b].tip;
    const sim_branch *const of_a = &truth->branches[tip_a];
    const sim_branch *const of_b = &truth->branches[tip_b];
    const bool has_removed_b = removed_unaware(world, tip_a, b);
    const bool has_removed_a = removed_unaware(world, tip_b, a);
    const uint32_t count_a = count_on(world, tip_a), count_b = count_on(world, tip_b);
    if (has_removed_a != has_removed_b) return has_removed_b;
    if (has_removed_a && count_a != count_b) return count_a > count_b;
    return of_a->epoch > of_b->epoch ||
           (of_a->epoch == of_b->epoch && !sim_set_has(&of_a->roster, b));
}

uint32_t sim_front(const sim_world *world)
{
    const sim_truth *const truth = &world->truth;
    uint32_t front = SIM_NONE;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_is_live_core(world, i) || truth->views[i].tip == SIM_NONE) continue;
        if (front == SIM_NONE || is_ahead(world, i, front)) front = i;
    }
    return front;
}

bool sim_is_out_unaware(const sim_world *world, uint32_t i, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (front == SIM_NONE || truth->views[i].tip == SIM_NONE) return false;
    const uint32_t tip = truth->views[front].tip;
    return removed_unaware(world, tip, i) &&
           !sim_truth_is_ancestor(truth, tip, truth->views[i].tip);
}

bool sim_has_left(const sim_world *world, uint32_t node)
{
    return !sim_world_is_core(world, node) || sim_world_state(world, node) == MJL_SESSION_PARTED;
}

bool sim_is_gone(const sim_world *world, uint32_t node, uint32_t front)
{
    return sim_has_left(world, node) || sim_world_state(world, node) == MJL_SESSION_REMOVED ||
           sim_is_out_unaware(world, node, front);
}

bool sim_is_lived_in_core(const sim_world *world, uint32_t branch)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (sim_is_live_core(world, i) && truth->views[i].tip != SIM_NONE &&
            sim_truth_is_ancestor(truth, branch, truth->views[i].tip))
            return true;
    }
    return false;
}
