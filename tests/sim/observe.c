#include "observe.h"

#include "inside.h"
#include "trace.h"

/* ---- The graph of a node after a step ---- */

static uint32_t branch_of(sim_truth *truth, const mjl_branch_id *id, uint64_t epoch)
{
    const uint32_t found = sim_truth_branch(truth, id);
    /* Only the first epoch of a group is started by no commit. */
    return found != SIM_NONE ? found : sim_truth_add_branch(truth, id, epoch, SIM_NONE);
}

/* The header of a commit is sealed: what it follows its maker's graph tells. */
static void see_parents(sim_world *world, uint32_t node, const mjl_place_info *commit,
                        sim_place *made)
{
    const mjl_session *const session = sim_world_session(world, node);
    size_t index, parent;
    mjl_place_info info;
    if (mjl_session_find_place(session, &commit->id, &index) != MJL_OK) return;
    made->parents = sim_zeroed(commit->parents_count + 1, sizeof *made->parents);
    for (size_t k = 0; k < commit->parents_count; k++) {
        if (mjl_session_place_parent(session, index, k, &parent) == MJL_OK &&
            mjl_session_place(session, parent, &info) == MJL_OK)
            made->parents[made->parents_count++] =
                (sim_place_name){.epoch = info.epoch, .id = info.id};
    }
}

/* A place of its own that nobody saw before. */
static uint32_t add_own(sim_world *world, uint32_t node, const mjl_place_info *info)
{
    sim_truth *const truth = &world->truth;
    const uint32_t identity = world->nodes[node].identity;
    sim_place made = {.id = info->id, .author = identity, .maker = node, .kind = info->kind};
    made.epoch = info->epoch;
    made.seq = info->seq;
    made.at = world->now;
    made.packet = made.starts = made.message = SIM_NONE;
    made.branch = branch_of(truth, &info->branch, info->epoch);
    made.past = sim_set_copy(&truth->views[node].accepted);
    if (info->kind != MJL_PLACE_IS_CHANGE) {
        made.message = sim_truth_message(truth, &info->message);
        if (made.message == SIM_NONE) {
            made.message = sim_truth_add_message(truth, &info->message, identity);
        }
        const uint32_t said = truth->messages[made.message].said;
        if (said != SIM_NONE) {
            truth->said[said].is_durable = true;
            truth->said[said].is_lost = false;
        }
    } else {
        made.starts = sim_truth_branch(truth, &info->message);
        if (made.starts == SIM_NONE) {
            made.starts = sim_truth_add_branch(truth, &info->message, info->epoch + 1, made.branch);
        }
        see_parents(world, node, info, &made);
    }
    const uint32_t number = sim_truth_add_place(truth, &made);
    if (made.starts != SIM_NONE) truth->branches[made.starts].commit = number;
    return number;
}

/* What a node says of somebody's place is what its author made. */
static void compare(sim_world *world, uint32_t node, const mjl_place_info *info, uint32_t number)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[number];
    const mjl_id *const names =
        place->message == SIM_NONE
            ? (place->starts == SIM_NONE ? NULL : &truth->branches[place->starts].id)
            : &truth->messages[place->message].id;
    const bool is_same = sim_truth_identity(truth, &info->author) == place->author &&
                         info->kind == place->kind && info->epoch == place->epoch &&
                         info->seq == place->seq &&
                         sim_truth_branch(truth, &info->branch) == place->branch && names != NULL &&
                         memcmp(names, &info->message, sizeof *names) == 0;
    if (!is_same) {
        sim_blinded(world, "I5 convergence", node, "its place %u is not the one that was made",
                    number);
    }
}

static void see_place(sim_world *world, uint32_t node, const mjl_place_info *info)
{
    sim_truth *const truth = &world->truth;
    uint32_t number = sim_truth_place(truth, &info->id);
    if (number != SIM_NONE) {
        compare(world, node, info, number);
    } else if (sim_truth_identity(truth, &info->author) == world->nodes[node].identity) {
        number = add_own(world, node, info);
    } else {
        sim_blinded(world, "I9 authority", node, "it accepted a place that nobody made");
        return;
    }
    sim_truth_note_root_of_place(truth, node, truth->places[number].branch);
    sim_truth_accept(truth, node, number);
    if (truth->places[number].is_given_again && !sim_inside_keeps_packet(world, node, number))
        sim_set_add(&truth->views[node].bare, number);
    sim_trace_accepted(world, node, number);
    SIM_TELL(world, on_accepted, node, number);
}

/* Who was removed by a commit knows of nobody whom that commit added, and tells nobody the roster.
 */
static bool is_without_added(const sim_truth *truth, const sim_set *roster,
                             const sim_branch *branch)
{
    if (sim_set_first_missing(roster, &branch->roster, 0) != SIM_NONE) return false;
    for (uint32_t at = 0;; at++) {
        at = sim_set_first_missing(&branch->roster, roster, at);
        if (at == SIM_NONE) return true;
        if (branch->parent == SIM_NONE) return false;
        if (sim_set_has(&truth->branches[branch->parent].roster, at)) return false;
    }
}

static void see_roster(sim_world *world, uint32_t node, mjl_session *session, uint32_t number)
{
    sim_branch *const branch = &world->truth.branches[number];
    sim_set roster = {0};
    mjl_member_info member;
    for (size_t i = 0; mjl_session_member(session, i, &member) == MJL_OK; i++) {
        const uint32_t identity = sim_truth_identity(&world->truth, &member.id);
        if (identity == SIM_NONE) {
            sim_blinded(world, "I9 authority", node, "a member that nobody is");
        } else {
            sim_set_add(&roster, identity);
        }
    }
    const bool is_member = sim_set_has(&roster, world->nodes[node].identity);
    if (!branch->has_roster && is_member) {
        branch->roster = roster;
        branch->has_roster = true;
        branch->told_by = node;
        return;
    }
    const bool is_same = is_member ? sim_set_equal(&roster, &branch->roster)
                                   : is_without_added(&world->truth, &roster, branch);
    if (branch->has_roster && !is_same) {
        sim_blinded(world, "I5 convergence", node,
                    "its roster in epoch %llu is not that of node %u",
                    (unsigned long long)branch->epoch, branch->told_by);
    }
    sim_set_clear(&roster);
}

/* Places that it had before are there again, each where it was. */
static void see_reopened(sim_world *world, uint32_t node, mjl_session *session)
{
    sim_view *const view = &world->truth.views[node];
    mjl_place_info info;
    for (size_t i = 0; i < view->order_count; i++) {
        const bool is_there = mjl_session_place(session, i, &info) == MJL_OK;
        if (!is_there || sim_truth_place(&world->truth, &info.id) != view->order[i]) {
            sim_blinded(world, "I13 persist before deliver", node,
                        "place %u, which it durably had, is gone", view->order[i]);
            return;
        }
    }
}

static void add_visit(sim_view *view, uint32_t branch, size_t before, size_t order_count)
{
    view->visits =
        sim_grown(view->visits, view->visits_count, &view->visits_room, sizeof *view->visits);
    view->visits[view->visits_count++] =
        (struct sim_visit){branch, before, order_count, order_count};
}

/* Who made a commit in the step in which it came to its parent was there all the same. */
static void see_passed(const sim_truth *truth, sim_view *view, uint32_t node, uint32_t tip,
                       size_t before)
{
    const uint32_t commit = truth->branches[tip].commit;
    const uint32_t parent = truth->branches[tip].parent;
    if (commit == SIM_NONE || parent == SIM_NONE || parent == view->tip) return;
    if (truth->places[commit].maker != node || view->tip == SIM_NONE) return;
    size_t count = view->order_count;
    while (count > 0 && view->order[count - 1] != commit)
        count--;
    if (count > 0) add_visit(view, parent, before, count - 1);
}

/* It may have gone on from its Welcome's epoch within a step, by commits that it has. */
static uint32_t first_root(const sim_truth *truth, const mjl_session *session, uint32_t branch)
{
    size_t index;
    for (uint32_t commit = truth->branches[branch].commit;
         commit != SIM_NONE &&
         mjl_session_find_place(session, &truth->places[commit].id, &index) == MJL_OK;
         commit = truth->branches[branch].commit)
        branch = truth->branches[branch].parent;
    return branch;
}

static void see_session(sim_world *world, uint32_t node, mjl_session *session)
{
    sim_truth *const truth = &world->truth;
    sim_view *const view = &truth->views[node];
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    if (info.state == MJL_SESSION_JOINING) return;
    if (view->root == SIM_NONE) {
        view->root = first_root(truth, session, branch_of(truth, &info.branch, info.epoch));
        sim_set_add(&view->roots, view->root);
    }
    mjl_place_info place;
    const size_t before = view->order_count;
    while (!world->is_broken && mjl_session_place(session, view->order_count, &place) == MJL_OK)
        see_place(world, node, &place);
    const uint32_t tip = branch_of(truth, &info.branch, info.epoch);
    if (tip != view->tip && info.state != MJL_SESSION_REMOVED) {
        see_passed(truth, view, node, tip, before);
        add_visit(view, tip, before, view->order_count);
        sim_set_add(&truth->branches[tip].lived, world->nodes[node].identity);
        see_roster(world, node, session, tip);
        sim_trace_roster(world, node, tip);
    } else if (tip != view->tip && truth->branches[tip].has_roster) {
        /* It may come back, and has applied what it passed. */
        add_visit(view, tip, before, view->order_count);
    }
    if (info.state != MJL_SESSION_REMOVED) sim_truth_note_root(truth, node, tip);
    view->tip = tip;
}

static void make_said_durable(sim_world *world, uint32_t node)
{
    sim_truth *const truth = &world->truth;
    for (size_t i = truth->said_count; i-- > 0 && truth->views[node].said_open > 0;) {
        sim_said *const said = &truth->said[i];
        if (said->node != node || said->is_durable || said->is_lost) continue;
        said->is_durable = true;
        truth->views[node].said_open--;
    }
}

void sim_observe_state(sim_world *world, uint32_t node)
{
    mjl_session *const session = sim_world_session(world, node);
    make_said_durable(world, node);
    if (session == NULL) return;
    see_session(world, node, session);
    sim_observe_waiting(world, node, session);
}

void sim_observe_reopened(sim_world *world, uint32_t node)
{
    mjl_session *const session = sim_world_session(world, node);
    if (session != NULL) see_reopened(world, node, session);
    sim_observe_state(world, node);
}

void sim_observe_new_lineage(sim_world *world, uint32_t node)
{
    sim_view *const view = &world->truth.views[node];
    sim_set_clear(&view->accepted);
    sim_set_clear(&view->bare);
    sim_set_clear(&view->arrived);
    sim_set_clear(&view->too_late);
    view->order_count = view->deliveries_count = view->visits_count = 0;
    view->visits_told = 0;
    view->visit_event = 0;
    view->settled = view->settled_pending = 0;
    view->lineage++;
    view->tip = SIM_NONE;
}

void sim_observe_stopped(sim_world *world, uint32_t node)
{
    sim_truth *const truth = &world->truth;
    for (size_t i = truth->said_count; i-- > 0 && truth->views[node].said_open > 0;) {
        sim_said *const said = &truth->said[i];
        if (said->node != node || said->is_durable || said->is_lost) continue;
        said->is_lost = true;
        truth->views[node].said_open--;
    }
    truth->views[node].settled_pending = truth->views[node].settled;
}

/* ---- Events and inputs ---- */

/* It came in on one branch, and was on another when it was first seen. */
static void see_first(sim_view *view, uint32_t branch)
{
    const size_t count = view->visits[0].order_count;
    add_visit(view, branch, 0, count);
    for (size_t i = view->visits_count - 1; i > 0; i--)
        view->visits[i] = view->visits[i - 1];
    view->visits[0] = (struct sim_visit){.branch = branch, .order_count = count};
}

/* The choice may move several times within a step, over epochs that no look at the tip shows. */
static void see_move(const sim_truth *truth, sim_view *view, const mjl_event *event)
{
    const uint32_t branch = sim_truth_branch(truth, &event->branch);
    const size_t at = view->visits_told;
    if (branch == SIM_NONE || at >= view->visits_count || event->number <= view->visit_event)
        return;
    const bool is_first = view->visit_event == 0 && view->lineage == 0;
    const bool has_come = sim_truth_identity(truth, &event->member) == SIM_NONE;
    view->visit_event = event->number;
    if (is_first && has_come && view->visits[0].branch != branch) see_first(view, branch);
    if (view->visits[at].branch == branch) return; /* Where it began. */
    view->visits_told++;
    if (at + 1 < view->visits_count && view->visits[at + 1].branch == branch) return;
    add_visit(view, branch, view->visits[at].order_count, view->order_count);
    for (size_t i = view->visits_count - 1; i > at + 1; i--)
        view->visits[i] = view->visits[i - 1];
    struct sim_visit passed = {.branch = branch, .order_count = view->order_count};
    passed.order_before = view->visits[at].order_count;
    if (at + 2 < view->visits_count) {
        passed.order_before = view->visits[at + 2].order_before;
        passed.order_count = view->visits[at + 2].order_count;
    }
    passed.order_least = passed.order_before;
    view->visits[at + 1] = passed;
}

void sim_observe_event(sim_world *world, uint32_t node, const mjl_event *event)
{
    sim_trace_event(world, node, event);
    if (event->kind == MJL_EVENT_EPOCH) see_move(&world->truth, &world->truth.views[node], event);
    if (event->kind != MJL_EVENT_MESSAGE) return;
    sim_view *const view = &world->truth.views[node];
    view->deliveries = sim_grown(view->deliveries, view->deliveries_count, &view->deliveries_room,
                                 sizeof *view->deliveries);
    sim_delivery *const delivery = &view->deliveries[view->deliveries_count++];
    delivery->message = sim_truth_message(&world->truth, &event->message);
    delivery->event = event->number;
    world->counters.delivered++;
}

uint32_t sim_observe_said(sim_world *world, const sim_step *step, const mjl_message_id *message,
                          mjl_bytes body, mjl_said how, mjl_if_grown if_grown)
{
    sim_truth *const truth = &world->truth;
    truth->said = sim_grown(truth->said, truth->said_count, &truth->said_room, sizeof *truth->said);
    const uint32_t number = (uint32_t)truth->said_count++;
    sim_said *const said = &truth->said[number];
    *said = (sim_said){.node = step->node, .step = step->number, .message = *message};
    said->at = world->now;
    said->body_hash = sim_hash(body);
    said->size = body.size;
    said->branch = truth->views[step->node].tip;
    said->is_queued = how == MJL_SAID_QUEUED;
    said->asks = if_grown == MJL_IF_GROWN_ASK;
    uint32_t index = sim_truth_message(truth, message);
    if (index == SIM_NONE) {
        index = sim_truth_add_message(truth, message, world->nodes[step->node].identity);
    }
    truth->messages[index].said = number;
    truth->views[step->node].said_open++;
    return number;
}
