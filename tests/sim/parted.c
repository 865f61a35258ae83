#include "parted.h"

#include "inside.h"
#include "never.h"
#include "twice.h"

/* It chose between the two lines, or cannot. */
static bool stays(const sim_world *world, uint32_t node, uint32_t rival, uint32_t fork)
{
    return sim_inside_epoch(world, node, rival) != NULL || !sim_has_fork_keys(world, node, fork);
}

static bool is_decided(const sim_world *world, uint32_t node, uint32_t front, uint32_t line,
                       uint32_t its_line)
{
    const uint32_t fork = world->truth.branches[line].parent;
    return stays(world, node, line, fork) && stays(world, front, its_line, fork) &&
           (!sim_has_fork_keys(world, node, fork) || !sim_has_fork_keys(world, front, fork)) &&
           (sim_contradicts(world, line, its_line) || sim_contradicts(world, its_line, line));
}

/* The commit that begins the line, or what it follows, the node can never have: it refused it, or
   left that line after a while. */
static bool is_closed_to(const sim_world *world, uint32_t line, uint32_t node, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t commit = truth->branches[line].commit;
    if (commit == SIM_NONE || sim_set_has(&truth->views[node].accepted, commit)) return false;
    if (sim_is_contradicted(world, commit, node)) return true;
    const mjl_epoch *const epoch = sim_inside_epoch(world, node, line);
    if (epoch == NULL || !epoch->is_stalled) return false;
    sim_set never = sim_never(world, node, front, SIM_NEVER_BARRED);
    const bool is_closed = sim_set_has(&never, commit);
    sim_set_clear(&never);
    return is_closed;
}

static bool is_in(const sim_truth *truth, uint32_t branch, uint32_t identity)
{
    return sim_set_has(&truth->branches[branch].roster, identity);
}

/* The epoch is of that line, which removed the node, and removes whoever began the node's own one.
 */
static bool hides_a_removal_at(const sim_world *world, uint32_t at, uint32_t line, uint32_t author,
                               uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_branch *const branch = &truth->branches[at];
    if (at == line || !branch->has_roster || !sim_truth_is_ancestor(truth, line, at)) return false;
    return !is_in(truth, at, author) && is_in(truth, branch->parent, author) &&
           !is_in(truth, branch->parent, world->nodes[node].identity);
}

static uint32_t author_of_line(const sim_truth *truth, uint32_t line)
{
    const uint32_t commit = truth->branches[line].commit;
    return commit == SIM_NONE ? SIM_NONE : truth->places[commit].author;
}

static bool hides_a_removal(const sim_world *world, uint32_t line, uint32_t its_line, uint32_t node)
{
    const uint32_t author = author_of_line(&world->truth, its_line);
    for (uint32_t b = 0; author != SIM_NONE && b < world->truth.branches_count; b++)
        if (hides_a_removal_at(world, b, line, author, node)) return true;
    return false;
}

/* The same of a third line from the same epoch, where the other one sees that removal. */
static bool is_hidden_on_a_third(const sim_world *world, uint32_t its_line, uint32_t node,
                                 uint32_t other)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t author = author_of_line(truth, its_line);
    for (uint32_t b = 0; author != SIM_NONE && b < truth->branches_count; b++) {
        const uint32_t line = sim_truth_next_towards(truth, truth->branches[its_line].parent, b);
        if (line != SIM_NONE && line != its_line && sim_inside_epoch(world, node, b) == NULL &&
            sim_inside_epoch(world, other, b) != NULL &&
            hides_a_removal_at(world, b, line, author, node))
            return true;
    }
    return false;
}

bool sim_is_parted(const sim_world *world, uint32_t node, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (front == SIM_NONE) return false;
    const uint32_t its = truth->views[node].tip, tip = truth->views[front].tip;
    uint32_t fork = its;
    while (fork != SIM_NONE && tip != SIM_NONE && !sim_truth_is_ancestor(truth, fork, tip))
        fork = truth->branches[fork].parent;
    const uint32_t its_line = sim_truth_next_towards(truth, fork, its);
    const uint32_t line = sim_truth_next_towards(truth, fork, tip);
    if (line != SIM_NONE && is_closed_to(world, line, node, front)) return true;
    if (its_line != SIM_NONE && is_closed_to(world, its_line, front, front)) return true;
    if (line == SIM_NONE || its_line == SIM_NONE) return false;
    if (sim_inside_epoch(world, front, its_line) != NULL &&
        sim_inside_epoch(world, node, line) != NULL &&
        (hides_a_removal(world, line, its_line, node) ||
         hides_a_removal(world, its_line, line, front) ||
         is_hidden_on_a_third(world, its_line, node, front)))
        return true;
    return is_decided(world, node, front, line, its_line);
}
