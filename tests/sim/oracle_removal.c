/*
 * L6: whoever is removed cannot hinder it by changing the group at the same time, however often and
 * however well its commits would win otherwise: of the commits on one epoch that members came to
 * know of, none by somebody whom another one of them removes is the one that the group goes on
 * from, unless there is no other. Whom somebody removes who is removed in turn may stay.
 */
#include "converge.h"
#include "oracles.h"
#include "twice.h"
#include "world.h"

static const char name[] = "L6 removal";

static uint32_t author_of(const sim_truth *truth, uint32_t branch)
{
    return truth->places[truth->branches[branch].commit].author;
}

/* It took the commit, or lives on its line while what the commit follows has still to come. */
static bool knows(const sim_world *world, uint32_t node, uint32_t branch)
{
    const sim_view *const view = &world->truth.views[node];
    const uint32_t commit = world->truth.branches[branch].commit;
    if (commit == SIM_NONE) return false;
    return sim_set_has(&view->accepted, commit) ||
           sim_truth_is_ancestor(&world->truth, branch, view->tip);
}

/* The next known commit on the same epoch; SIM_NONE: no more. */
static uint32_t next_rival(const sim_world *world, uint32_t node, uint32_t branch, uint32_t from)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = from; i < truth->branches_count; i++) {
        if (i == branch || truth->branches[i].parent != truth->branches[branch].parent) continue;
        if (knows(world, node, i)) return i;
    }
    return SIM_NONE;
}

/* Does the branch have no author of the commit beside it, whom the epoch of both had? */
static bool removes(const sim_truth *truth, uint32_t branch, uint32_t child)
{
    const uint32_t author = author_of(truth, child);
    const sim_branch *const parent = &truth->branches[truth->branches[child].parent];
    return truth->branches[branch].has_roster && sim_set_has(&parent->roster, author) &&
           !sim_set_has(&truth->branches[branch].roster, author);
}

/* The same of the branch and all that the node knows to follow it. */
static bool line_removes(const sim_world *world, uint32_t node, uint32_t line, uint32_t child)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        if (!sim_truth_is_ancestor(truth, line, i) || !knows(world, node, i)) continue;
        if (removes(truth, i, child)) return true;
    }
    return false;
}

/* A removal of somebody who is removed on a third line may come late, or to few: the choice must be
   the same without it. Of two that remove each other both count. */
static bool counts(const sim_world *world, uint32_t node, uint32_t removal, uint32_t branch)
{
    for (uint32_t i = next_rival(world, node, removal, 0); i != SIM_NONE;
         i = next_rival(world, node, removal, i + 1)) {
        if (i != branch && line_removes(world, node, i, removal)) return false;
    }
    return true;
}

/* Does the node know of a commit on the same epoch that removes the author of this one? Not one
   that its author made when it had gone back, having been on this line: that may be decided. */
static bool is_sent_away(const sim_world *world, uint32_t node, uint32_t branch)
{
    for (uint32_t i = next_rival(world, node, branch, 0); i != SIM_NONE;
         i = next_rival(world, node, branch, i + 1)) {
        if (removes(&world->truth, i, branch) && counts(world, node, i, branch) &&
            !sim_contradicts(world, i, branch))
            return true;
    }
    return false;
}

/* Where all of them remove each other, one of these wins (session/README.md, what is not promised:
   who may send away whom is a matter of votes). */
static bool has_another(const sim_world *world, uint32_t node, uint32_t branch)
{
    for (uint32_t i = next_rival(world, node, branch, 0); i != SIM_NONE;
         i = next_rival(world, node, branch, i + 1)) {
        if (!is_sent_away(world, node, i)) return true;
    }
    return false;
}

/* The commit on the way that the node went, which the author of it made to stay. */
static void check_branch(sim_world *world, uint32_t node, uint32_t branch)
{
    const sim_branch *const went = &world->truth.branches[branch];
    if (went->commit == SIM_NONE || went->parent == SIM_NONE) return;
    if (!is_sent_away(world, node, branch) || !has_another(world, node, branch)) return;
    sim_broken(world, name, node,
               "it goes on from node%u's commit of epoch %llu, not from one whose author nobody "
               "removes there",
               author_of(&world->truth, branch), (unsigned long long)went->epoch);
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
