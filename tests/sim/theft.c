#include "theft.h"

void sim_theft_clear(sim_theft *theft)
{
    sim_set_clear(&theft->spent);
}

uint32_t sim_theft_root(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    const uint32_t root =
        view->tip == SIM_NONE ? view->root : sim_truth_root(truth, node, view->tip);
    if (root == SIM_NONE || !truth->branches[root].has_roster) return SIM_NONE;
    sim_set heard = {0};
    sim_set_add(&heard, world->nodes[node].identity);
    for (size_t i = 0; i < view->order_count; i++) {
        const sim_place *const place = &truth->places[view->order[i]];
        /* What stands on another root was not heard on the line of this one. */
        if (sim_truth_root(truth, node, place->branch) == root) {
            sim_set_add(&heard, place->author);
        }
    }
    const uint32_t missing = sim_set_first_missing(&truth->branches[root].roster, &heard, 0);
    sim_set_clear(&heard);
    return missing == SIM_NONE ? root : (uint32_t)SIM_NONE;
}

bool sim_theft_is_settled(const sim_world *world)
{
    const uint32_t tip = world->truth.views[0].tip;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (!sim_world_is_core(world, i) || !sim_world_is_up(world, i)) return false;
        if (world->truth.views[i].root == SIM_NONE) continue;
        if (world->truth.views[i].tip != tip) return false;
        if (sim_world_state(world, i) != MJL_SESSION_LIVE) return false;
    }
    return true;
}

static void take_one(void *context, uint32_t secret, uint16_t kind)
{
    (void)kind;
    sim_world *const world = context;
    sim_secrets_learn(world->secrets, secret);
}

void sim_theft_take(sim_world *world, uint32_t node)
{
    sim_disk_secrets(world->nodes[node].disk, take_one, world);
}

/* An epoch that nobody was seen in has no roster in the truth: then it counts as one of its. */
static bool is_outside(const sim_branch *branch, uint32_t identity)
{
    return branch->has_roster && !sim_set_has(&branch->roster, identity);
}

static bool is_healed_by(const sim_world *world, const sim_theft *theft, const sim_branch *branch)
{
    if (branch->commit == SIM_NONE) return false;
    const sim_place *const commit = &world->truth.places[branch->commit];
    return commit->author == theft->identity && commit->at > theft->at;
}

bool sim_theft_opens(const sim_world *world, const sim_theft *theft, uint32_t branch)
{
    const sim_truth *const truth = &world->truth;
    if (is_outside(&truth->branches[branch], theft->identity)) return false;
    if (theft->is_end && branch != theft->tip) return false;
    for (uint32_t at = branch; at != SIM_NONE; at = truth->branches[at].parent) {
        /* It came in here, perhaps with a key package that was taken too. */
        if (is_outside(&truth->branches[at], theft->identity)) return true;
        if (is_healed_by(world, theft, &truth->branches[at])) return false;
    }
    return true;
}

bool sim_theft_opens_message(const sim_world *world, const sim_theft *theft, uint32_t branch,
                             uint32_t key)
{
    if (!sim_theft_opens(world, theft, branch)) return false;
    /* In its first epoch it holds nothing from which the used keys follow once more. In later ones
       the fork keys of those before lead there, until they are decided (DESIGN section 10). */
    const bool is_first = branch == theft->root || (theft->is_end && branch == theft->tip);
    return !(is_first && sim_set_has(&theft->spent, key));
}
