#include "observe.h"

#include "session_state.h"
#include "trace.h"

/* ---- The graph of a node after a step ---- */

static uint32_t branch_of(sim_truth *truth, const mjl_branch_id *id, uint64_t epoch)
{
    const uint32_t found = sim_truth_branch(truth, id);
    /* Only the first epoch of a group is started by no commit. */
    return found != SIM_NONE ? found : sim_truth_add_branch(truth, id, epoch, SIM_NONE);
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

static void see_session(sim_world *world, uint32_t node, mjl_session *session)
{
    sim_truth *const truth = &world->truth;
    sim_view *const view = &truth->views[node];
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    if (info.state == MJL_SESSION_JOINING) return;
    if (view->root == SIM_NONE) {
        view->root = branch_of(truth, &info.branch, info.epoch);
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

static const uint32_t FORGED = UINT32_MAX - 1; /* Instead of a packet's number. */

/* Whoever opened one of two packets under one key cannot open the other any more. */
static void see_key(sim_world *world, const sim_look *look, mjl_bytes packet, uint32_t number)
{
    mjl_id key;
    sim_table *const sealed = &world->truth.sealed_numbers;
    if (look->wire_format != SIM_WIRE_PRIVATE || !sim_tap_key(world->tap, packet, &key)) return;
    const uint32_t before = sim_table_find(sealed, &key);
    if (before == SIM_NONE) {
        sim_table_put(sealed, &key, number);
        return;
    }
    if (before == number) return;
    if (before != FORGED) world->truth.packets[before].is_doubled = true;
    if (number != FORGED) world->truth.packets[number].is_doubled = true;
    world->has_doubled_keys = true;
    world->has_doubled_commits |= look->content_type == SIM_CONTENT_COMMIT;
}

/* One that came before its epoch was reached: nobody tells what becomes of it. */
static void keep_early(sim_world *world, uint32_t node, mjl_bytes packet)
{
    world->early =
        sim_grown(world->early, world->early_count, &world->early_room, sizeof *world->early);
    struct sim_early *const made = &world->early[world->early_count++];
    *made = (struct sim_early){.node = node, .id = mjl_id_packet(packet)};
    if (mjl_buffer_append(&made->packet, packet) != MJL_OK) abort();
}

void sim_observe_forgery(sim_world *world, uint32_t node, const mjl_verdict *verdict,
                         mjl_bytes packet)
{
    sim_look look;
    if (!sim_look_at(world->tap, packet, &look)) return;
    if (verdict->why == MJL_PARENT_UNKNOWN || verdict->why == MJL_EQUIVOCATION)
        see_key(world, &look, packet, FORGED);
    if (verdict->why == MJL_WRONG_EPOCH) keep_early(world, node, packet);
}

static bool waits(const mjl_session *session, const mjl_id *packet)
{
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        if (mjl_id_equal(&entry->packet, packet)) return true;
    }
    return false;
}

static void look_at_early(sim_world *world, uint32_t node, const mjl_session *session)
{
    sim_look look;
    for (size_t i = 0; i < world->early_count; i++) {
        struct sim_early *const early = &world->early[i];
        if (early->node != node || session->pending == NULL || !waits(session, &early->id))
            continue;
        if (sim_look_at(world->tap, mjl_buffer_bytes(&early->packet), &look))
            see_key(world, &look, mjl_buffer_bytes(&early->packet), FORGED);
    }
}

void sim_observe_state(sim_world *world, uint32_t node)
{
    mjl_session *const session = sim_world_session(world, node);
    make_said_durable(world, node);
    if (session == NULL) return;
    see_session(world, node, session);
    look_at_early(world, node, session);
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

/* ---- Packets ---- */

/* The place that a packet bears is what its maker's graph has, by our own reading of the bytes. */
static void see_inside(sim_world *world, uint32_t node, const sim_look *look, uint32_t number)
{
    sim_truth *const truth = &world->truth;
    sim_place *const place = &truth->places[number];
    const mjl_branch_id *const branch = &truth->branches[place->branch].id;
    const mjl_bytes fields[] = {mjl_bytes_of(branch->bytes, MJL_ID_SIZE),
                                mjl_bytes_of(look->author.bytes, MJL_ID_SIZE), look->payload};
    const mjl_id id = sim_look_hash("place", fields, 3);
    if (!look->has_payload || look->is_statement || look->epoch != place->epoch ||
        look->seq != place->seq || memcmp(&id, &place->id, sizeof id) != 0 ||
        sim_truth_identity(truth, &look->author) != place->author ||
        sim_truth_message(truth, &look->message) != place->message) {
        sim_blinded(world, "I5 convergence", node, "the packet of place %u bears another one",
                    number);
        return;
    }
    place->type = look->type;
    place->parents_count = look->parents_count;
    place->parents = sim_zeroed(look->parents_count + 1, sizeof *place->parents);
    memcpy(place->parents, look->parents, look->parents_count * sizeof *place->parents);
}

uint32_t sim_observe_packet(sim_world *world, uint32_t node, const mjl_packet *packet)
{
    sim_truth *const truth = &world->truth;
    uint32_t number = sim_truth_packet(truth, packet->bytes);
    sim_trace_packet(world, node, packet, number == SIM_NONE);
    if (number != SIM_NONE) {
        truth->packets[number].sendings++;
        return number;
    }
    sim_look look;
    if (!sim_look_at(world->tap, packet->bytes, &look)) {
        sim_blinded(world, "wire", node, "it sends what is no packet");
    }
    const bool is_place = packet->kind == MJL_PACKET_PLACE || packet->kind == MJL_PACKET_COMMIT;
    sim_packet made = {.kind = packet->kind, .maker = node, .first_at = world->now};
    made.sendings = 1;
    made.place = is_place ? sim_truth_place(truth, &packet->place) : SIM_NONE;
    made.wanted_epoch = look.epoch;
    number = sim_truth_add_packet(truth, packet->bytes, &made);
    see_key(world, &look, packet->bytes, number);
    if (is_place && made.place == SIM_NONE) {
        sim_blinded(world, "I12 persist before send", node, "it sends a place it does not have");
    }
    if (made.place == SIM_NONE) return number;
    world->counters.fresh_bytes += packet->bytes.size;
    if (truth->places[made.place].packet == SIM_NONE) {
        truth->places[made.place].packet = number;
        if (packet->kind == MJL_PACKET_PLACE) see_inside(world, node, &look, made.place);
    }
    return number;
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
