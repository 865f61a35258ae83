#include "truth.h"

void sim_truth_init(sim_truth *truth, uint32_t nodes_count)
{
    memset(truth, 0, sizeof *truth);
    truth->views = sim_zeroed(nodes_count, sizeof *truth->views);
    truth->views_count = nodes_count;
    for (uint32_t i = 0; i < nodes_count; i++)
        truth->views[i].root = truth->views[i].tip = SIM_NONE;
}

void sim_truth_clear(sim_truth *truth)
{
    for (size_t i = 0; i < truth->branches_count; i++) {
        sim_set_clear(&truth->branches[i].roster);
        sim_set_clear(&truth->branches[i].lived);
    }
    for (size_t i = 0; i < truth->places_count; i++) {
        sim_set_clear(&truth->places[i].past);
        free(truth->places[i].parents);
    }
    for (size_t i = 0; i < truth->messages_count; i++)
        sim_set_clear(&truth->messages[i].places);
    for (size_t i = 0; i < truth->packets_count; i++)
        mjl_buffer_clear(&truth->packets[i].bytes);
    for (uint32_t i = 0; i < truth->views_count; i++) {
        sim_set_clear(&truth->views[i].accepted);
        sim_set_clear(&truth->views[i].bare);
        sim_set_clear(&truth->views[i].arrived);
        sim_set_clear(&truth->views[i].too_late);
        sim_set_clear(&truth->views[i].roots);
        free(truth->views[i].order);
        free(truth->views[i].deliveries);
        free(truth->views[i].visits);
    }
    free(truth->said);
    free(truth->branches);
    free(truth->places);
    free(truth->messages);
    free(truth->packets);
    free(truth->views);
    sim_table_clear(&truth->branch_numbers);
    sim_table_clear(&truth->place_numbers);
    sim_table_clear(&truth->message_numbers);
    sim_table_clear(&truth->packet_numbers);
    sim_table_clear(&truth->identities);
    sim_table_clear(&truth->sealed_numbers);
}

/* ---- Finding ---- */

uint32_t sim_truth_branch(const sim_truth *truth, const mjl_branch_id *id)
{
    return sim_table_find(&truth->branch_numbers, id);
}

uint32_t sim_truth_place(const sim_truth *truth, const mjl_place_id *id)
{
    return sim_table_find(&truth->place_numbers, id);
}

uint32_t sim_truth_message(const sim_truth *truth, const mjl_message_id *id)
{
    return sim_table_find(&truth->message_numbers, id);
}

uint32_t sim_truth_packet(const sim_truth *truth, mjl_bytes bytes)
{
    const mjl_id hash = sim_hash(bytes);
    return sim_table_find(&truth->packet_numbers, &hash);
}

uint32_t sim_truth_identity(const sim_truth *truth, const mjl_member_id *id)
{
    return sim_table_find(&truth->identities, id);
}

/* ---- Adding ---- */

uint32_t sim_truth_add_branch(sim_truth *truth, const mjl_branch_id *id, uint64_t epoch,
                              uint32_t parent)
{
    truth->branches = sim_grown(truth->branches, truth->branches_count, &truth->branches_room,
                                sizeof *truth->branches);
    const uint32_t number = (uint32_t)truth->branches_count++;
    truth->branches[number] = (sim_branch){
        .id = *id, .epoch = epoch, .parent = parent, .commit = SIM_NONE, .told_by = SIM_NONE};
    sim_table_put(&truth->branch_numbers, id, number);
    return number;
}

uint32_t sim_truth_add_message(sim_truth *truth, const mjl_message_id *id, uint32_t author)
{
    truth->messages = sim_grown(truth->messages, truth->messages_count, &truth->messages_room,
                                sizeof *truth->messages);
    const uint32_t number = (uint32_t)truth->messages_count++;
    truth->messages[number] =
        (sim_message){.id = *id, .author = author, .said = SIM_NONE, .first_place = SIM_NONE};
    sim_table_put(&truth->message_numbers, id, number);
    return number;
}

uint32_t sim_truth_add_place(sim_truth *truth, const sim_place *place)
{
    truth->places =
        sim_grown(truth->places, truth->places_count, &truth->places_room, sizeof *truth->places);
    const uint32_t number = (uint32_t)truth->places_count++;
    truth->places[number] = *place;
    sim_table_put(&truth->place_numbers, &place->id, number);
    if (place->message != SIM_NONE) {
        sim_message *const message = &truth->messages[place->message];
        if (message->first_place == SIM_NONE) message->first_place = number;
        sim_set_add(&message->places, number);
    }
    return number;
}

uint32_t sim_truth_add_packet(sim_truth *truth, mjl_bytes bytes, const sim_packet *packet)
{
    truth->packets = sim_grown(truth->packets, truth->packets_count, &truth->packets_room,
                               sizeof *truth->packets);
    const uint32_t number = (uint32_t)truth->packets_count++;
    truth->packets[number] = *packet;
    truth->packets[number].bytes = (mjl_buffer){0};
    if (mjl_buffer_append(&truth->packets[number].bytes, bytes) != MJL_OK) abort();
    const mjl_id hash = sim_hash(bytes);
    sim_table_put(&truth->packet_numbers, &hash, number);
    return number;
}

void sim_truth_accept(sim_truth *truth, uint32_t node, uint32_t place)
{
    sim_view *const view = &truth->views[node];
    sim_set_add(&view->accepted, place);
    view->order = sim_grown(view->order, view->order_count, &view->order_room, sizeof *view->order);
    view->order[view->order_count++] = place;
}

/* ---- Questions ---- */

bool sim_truth_is_ancestor(const sim_truth *truth, uint32_t ancestor, uint32_t branch)
{
    while (branch != SIM_NONE && branch != ancestor)
        branch = truth->branches[branch].parent;
    return branch != SIM_NONE;
}

uint32_t sim_truth_next_towards(const sim_truth *truth, uint32_t from, uint32_t to)
{
    if (from == SIM_NONE || to == SIM_NONE || from == to) return SIM_NONE;
    while (to != SIM_NONE && truth->branches[to].parent != from)
        to = truth->branches[to].parent;
    return to;
}

bool sim_truth_has_message(const sim_truth *truth, uint32_t node, uint32_t message)
{
    const sim_set *const places = &truth->messages[message].places;
    const sim_set *const accepted = &truth->views[node].accepted;
    for (uint32_t i = 0; i < places->words_count && i < accepted->words_count; i++) {
        if ((places->words[i] & accepted->words[i]) != 0) return true;
    }
    return false;
}

uint32_t sim_truth_first_place(const sim_truth *truth, uint32_t node, uint32_t message)
{
    const sim_view *const view = &truth->views[node];
    for (size_t i = 0; i < view->order_count; i++) {
        if (truth->places[view->order[i]].message == message) return view->order[i];
    }
    return SIM_NONE;
}

/* Not in a roster that is known. */
static bool is_left_out(const sim_truth *truth, uint32_t branch, uint32_t identity)
{
    const sim_branch *const of = &truth->branches[branch];
    return !of->has_roster || !sim_set_has(&of->roster, identity);
}

/* Before the place number `at` came the choice went back behind that visit's removal. */
static bool was_undone(const sim_truth *truth, const sim_view *view, size_t visit, size_t at,
                       uint32_t reader)
{
    for (size_t i = visit + 1; i < view->visits_count && view->visits[i].order_count <= at; i++) {
        uint32_t branch = view->visits[i].branch;
        while (branch != SIM_NONE && !is_left_out(truth, branch, reader)) {
            if (sim_truth_is_ancestor(truth, branch, view->visits[visit].branch)) return true;
            branch = truth->branches[branch].parent;
        }
    }
    return false;
}

bool sim_truth_counts(const sim_truth *truth, uint32_t node, uint32_t message, uint32_t reader)
{
    const sim_view *const view = &truth->views[node];
    size_t at = 0;
    while (at < view->order_count && truth->places[view->order[at]].message != message)
        at++;
    if (at == view->order_count || reader == truth->messages[message].author) return false;
    const uint32_t from = truth->places[view->order[at]].branch;
    if (is_left_out(truth, from, reader)) return false;
    for (size_t i = 0; i < view->visits_count; i++) {
        /* A removal that was applied counts, also when the choice went back behind it: for what was
           there before. */
        if (is_left_out(truth, view->visits[i].branch, reader) &&
            !was_undone(truth, view, i, at, reader))
            return false;
    }
    /* Between two tips that were seen, others may have been passed through. */
    uint32_t branch = view->tip;
    while (branch != SIM_NONE && !sim_truth_is_ancestor(truth, branch, from)) {
        if (is_left_out(truth, branch, reader)) return false;
        branch = truth->branches[branch].parent;
    }
    return branch == SIM_NONE || !is_left_out(truth, branch, reader);
}

bool sim_truth_was_delivered(const sim_truth *truth, uint32_t node, uint32_t message)
{
    const sim_view *const view = &truth->views[node];
    for (size_t i = 0; i < view->deliveries_count; i++) {
        if (view->deliveries[i].message == message) return true;
    }
    return false;
}

uint32_t sim_truth_root(const sim_truth *truth, uint32_t node, uint32_t branch)
{
    while (branch != SIM_NONE && !sim_set_has(&truth->views[node].roots, branch))
        branch = truth->branches[branch].parent;
    return branch;
}

/* On its line it accepted every commit; the one that made the root is before its time. */
static uint32_t first_unexplained(const sim_truth *truth, uint32_t node, uint32_t branch)
{
    const sim_view *const view = &truth->views[node];
    for (uint32_t commit = truth->branches[branch].commit;
         !sim_set_has(&view->roots, branch) && commit != SIM_NONE &&
         sim_set_has(&view->accepted, commit);
         commit = truth->branches[branch].commit)
        branch = truth->branches[branch].parent;
    return branch;
}

void sim_truth_note_root(sim_truth *truth, uint32_t node, uint32_t branch)
{
    if (sim_truth_root(truth, node, branch) != SIM_NONE) return;
    sim_set_add(&truth->views[node].roots, first_unexplained(truth, node, branch));
}

void sim_truth_note_root_of_place(sim_truth *truth, uint32_t node, uint32_t branch)
{
    sim_set_add(&truth->views[node].roots, first_unexplained(truth, node, branch));
}

bool sim_truth_may_lack(const sim_truth *truth, uint32_t node, uint32_t place, uint32_t before)
{
    const uint32_t where = truth->places[before].branch;
    if (!sim_truth_is_ancestor(truth, where, truth->places[place].branch)) return true;
    const uint32_t root = sim_truth_root(truth, node, truth->places[place].branch);
    return root != SIM_NONE && where != root && sim_truth_is_ancestor(truth, where, root);
}
