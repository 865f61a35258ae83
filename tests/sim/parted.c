#include "parted.h"

#include "session_state.h"

static bool lives_twice(const sim_world *world, uint32_t identity)
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
    return lives_twice(world, place->author) && lived_on(truth, other, place->author) &&
           !sim_set_has(&place->past, rival);
}

static const mjl_epoch *epoch_of(const sim_world *world, uint32_t node, uint32_t branch)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return NULL;
    const uint32_t index = mjl_branches_find(&session->branches, &world->truth.branches[branch].id);
    return index == MJL_NO_INDEX ? NULL : &session->branches.epochs[index];
}

static bool has_keys(const sim_world *world, uint32_t node, uint32_t fork)
{
    const mjl_epoch *const epoch = epoch_of(world, node, fork);
    return epoch != NULL && epoch->has_fork_keys;
}

/* It chose between the two lines, or cannot. */
static bool stays(const sim_world *world, uint32_t node, uint32_t rival, uint32_t fork)
{
    return epoch_of(world, node, rival) != NULL || !has_keys(world, node, fork);
}

static bool is_decided(const sim_world *world, uint32_t node, uint32_t front, uint32_t line,
                       uint32_t its_line)
{
    const uint32_t fork = world->truth.branches[line].parent;
    return stays(world, node, line, fork) && stays(world, front, its_line, fork) &&
           (!has_keys(world, node, fork) || !has_keys(world, front, fork)) &&
           (sim_contradicts(world, line, its_line) || sim_contradicts(world, its_line, line));
}

static bool is_doubled(const sim_truth *truth, uint32_t place)
{
    const uint32_t packet = truth->places[place].packet;
    return packet != SIM_NONE && truth->packets[packet].is_doubled;
}

/* It has another one of that number, or one of an epoch before that its author's other self made
   and this one does not follow: the second to come is refused. */
static bool is_contradicted(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    const sim_view *const view = &truth->views[node];
    for (size_t i = 0; i < view->order_count; i++) {
        const uint32_t had = view->order[i];
        const sim_place *const other = &truth->places[had];
        if (other == place || other->author != place->author) continue;
        if (other->branch == place->branch && other->seq == place->seq) return true;
        if (other->branch != place->branch && lives_twice(world, place->author) &&
            sim_truth_is_ancestor(truth, other->branch, place->branch) &&
            !sim_set_has(&place->past, had))
            return true;
    }
    return false;
}

/* A commit beside one that the node lives on, and let the keys go for: its author, which lives
   twice, had been there. */
static bool came_too_late(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t starts = truth->places[number].starts;
    const uint32_t fork = starts == SIM_NONE ? (uint32_t)SIM_NONE : truth->branches[starts].parent;
    if (fork == SIM_NONE || has_keys(world, node, fork)) return false;
    const uint32_t its = sim_truth_next_towards(truth, fork, truth->views[node].tip);
    return its != SIM_NONE && its != starts && sim_contradicts(world, starts, its);
}

bool sim_has_let_go(const sim_world *world, uint32_t node, uint32_t branch)
{
    const mjl_epoch *const epoch = epoch_of(world, node, branch);
    return epoch != NULL && epoch->group == NULL;
}

/* Said in an epoch whose keys the node let go: its author, which went back since, was heard in a
   later one. With a clock that leapt by years it gave up at once a commit that waited. */
static bool was_heard_beyond(const sim_world *world, uint32_t number, uint32_t node)
{
    const sim_place *const place = &world->truth.places[number];
    const bool goes_back = lives_twice(world, place->author) ||
                           (world->nodes[place->maker].spoils & SIM_SPOIL_CLOCK) != 0;
    return goes_back && sim_has_let_go(world, node, place->branch);
}

/* The commit that begins the line, or what it follows, the node can never have: it refused it, or
   left that line after a while. */
static bool is_closed_to(const sim_world *world, uint32_t line, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t commit = truth->branches[line].commit;
    const sim_set *const accepted = &truth->views[node].accepted;
    if (commit == SIM_NONE || sim_set_has(accepted, commit)) return false;
    if (is_contradicted(world, commit, node)) return true;
    const mjl_epoch *const epoch = epoch_of(world, node, line);
    if (epoch == NULL || !epoch->is_stalled) return false;
    for (uint32_t i = 0; i < truth->places_count; i++) {
        if (!sim_set_has(&truth->places[commit].past, i) || sim_set_has(accepted, i)) continue;
        if (is_doubled(truth, i) || is_contradicted(world, i, node) ||
            came_too_late(world, i, node) || was_heard_beyond(world, i, node))
            return true;
    }
    return false;
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
        if (line != SIM_NONE && line != its_line && epoch_of(world, node, b) == NULL &&
            epoch_of(world, other, b) != NULL && hides_a_removal_at(world, b, line, author, node))
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
    if (line != SIM_NONE && is_closed_to(world, line, node)) return true;
    if (its_line != SIM_NONE && is_closed_to(world, its_line, front)) return true;
    if (line == SIM_NONE || its_line == SIM_NONE) return false;
    if (epoch_of(world, front, its_line) != NULL && epoch_of(world, node, line) != NULL &&
        (hides_a_removal(world, line, its_line, node) ||
         hides_a_removal(world, its_line, line, front) ||
         is_hidden_on_a_third(world, its_line, node, front)))
        return true;
    return is_decided(world, node, front, line, its_line);
}
