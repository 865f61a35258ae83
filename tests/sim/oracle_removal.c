/*
 * L6: whoever is removed cannot hinder it by changing the group at the same time, however often and
 * however well its commits would win otherwise: of the commits on one epoch that members came to
 * know of, none by somebody whom another one of them removes is the one that the group goes on
 * from, unless there is no other.
 */
#include "converge.h"
#include "oracles.h"
#include "world.h"

static const char name[] = "L6 removal";

/* Does the branch have no `identity`, whom the branch before it had? */
static bool removes(const sim_truth *truth, uint32_t branch, uint32_t identity)
{
    const sim_branch *const of = &truth->branches[branch];
    return of->parent != SIM_NONE && of->has_roster && !sim_set_has(&of->roster, identity) &&
           sim_set_has(&truth->branches[of->parent].roster, identity);
}

/* Does the node know of a commit on the same epoch that removes the author of this one? */
static bool is_sent_away(const sim_world *world, uint32_t node, uint32_t branch)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t author = truth->places[truth->branches[branch].commit].author;
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        const sim_branch *const rival = &truth->branches[i];
        if (i == branch || rival->parent != truth->branches[branch].parent) continue;
        if (rival->commit == SIM_NONE || !removes(truth, i, author)) continue;
        if (sim_set_has(&truth->views[node].accepted, rival->commit)) return true;
    }
    return false;
}

/* Where all of them remove each other, one of these wins (session/README.md, what is not promised:
   who may send away whom is a matter of votes). */
static bool has_another(const sim_world *world, uint32_t node, uint32_t parent)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        const sim_branch *const child = &truth->branches[i];
        if (child->parent != parent || child->commit == SIM_NONE) continue;
        if (!sim_set_has(&truth->views[node].accepted, child->commit)) continue;
        if (!is_sent_away(world, node, i)) return true;
    }
    return false;
}

/* The commit on the way that the node went, which the author of it made to stay. */
static void check_branch(sim_world *world, uint32_t node, uint32_t branch)
{
    const sim_branch *const went = &world->truth.branches[branch];
    if (went->commit == SIM_NONE || !is_sent_away(world, node, branch)) return;
    if (!has_another(world, node, went->parent)) return;
    sim_broken(world, name, node,
               "it goes on from node%u's commit of epoch %llu, not from one whose author nobody "
               "removes there",
               world->truth.places[went->commit].author, (unsigned long long)went->epoch);
}

static void at_calm(void *state, sim_world *world)
{
    (void)state;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_is_in(world, i) || sim_world_state(world, i) != MJL_SESSION_LIVE) continue;
        for (uint32_t at = world->truth.views[i].tip; at != SIM_NONE;
             at = world->truth.branches[at].parent) {
            check_branch(world, i, at);
        }
    }
}

const sim_oracle sim_oracle_removal = {.name = name, .at_calm = at_calm};
