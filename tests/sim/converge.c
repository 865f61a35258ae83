#include "converge.h"

#include "parted.h"
#include "session_state.h"

#include <stdarg.h>

typedef struct finding {
    char *text;
    size_t size;
} finding;

__attribute__((format(printf, 2, 3))) static bool no(finding *why, const char *text, ...)
{
    if (why->text == NULL) return false;
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(why->text, why->size, text, arguments);
    va_end(arguments);
    return false;
}

static bool is_live_core(const sim_world *world, uint32_t i)
{
    return sim_world_is_core(world, i) && sim_world_state(world, i) == MJL_SESSION_LIVE;
}

static uint32_t count_on(const sim_world *world, uint32_t tip)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->members_count; i++)
        count += is_live_core(world, i) && world->truth.views[i].tip == tip;
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

static uint32_t find_front(const sim_world *world)
{
    const sim_truth *const truth = &world->truth;
    uint32_t front = SIM_NONE;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!is_live_core(world, i) || truth->views[i].tip == SIM_NONE) continue;
        if (front == SIM_NONE || is_ahead(world, i, front)) front = i;
    }
    return front;
}

/* It was removed and did not hear of it while it could: nobody answers it any more (DESIGN section
   9), so it goes on believing that it is in, perhaps on a line of its own. */
static bool is_out_unaware(const sim_world *world, uint32_t i, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (front == SIM_NONE || truth->views[i].tip == SIM_NONE) return false;
    const uint32_t tip = truth->views[front].tip;
    return removed_unaware(world, tip, i) &&
           !sim_truth_is_ancestor(truth, tip, truth->views[i].tip);
}

static bool keeps_packet(const sim_world *world, uint32_t node, uint32_t place)
{
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL || session->transcript == NULL) return false;
    const uint32_t index =
        mjl_transcript_find_place(session->transcript, &world->truth.places[place].id);
    return index != MJL_NO_INDEX && session->holdings.entries[index].packet_size > 0;
}

static bool is_kept_in_core(const sim_world *world, uint32_t place)
{
    for (uint32_t i = 0; i < world->members_count; i++)
        if (is_live_core(world, i) && keeps_packet(world, i, place)) return true;
    return false;
}

/* Its author gave a place again to one and was hurt for good before it did so to the other: of a
   place given again nobody keeps a packet (session/README.md), and what the one has since follows
   it. Or it went back, and said it in an epoch whose keys the one has let go. What is before the
   node's time it needs not. */
static bool lacks_for_good(const sim_world *world, uint32_t node, uint32_t to, uint32_t place)
{
    const uint32_t went_back = SIM_SPOIL_WENT_BACK | SIM_SPOIL_COPIED | SIM_SPOIL_CLOCK;
    const sim_truth *const truth = &world->truth;
    return !sim_world_is_core(world, truth->places[place].maker) &&
           sim_set_has(&truth->views[to].accepted, place) &&
           !sim_set_has(&truth->views[node].accepted, place) &&
           sim_truth_root(truth, node, truth->places[place].branch) != SIM_NONE &&
           (!is_kept_in_core(world, place) ||
            ((world->nodes[truth->places[place].maker].spoils & went_back) != 0 &&
             sim_has_let_go(world, node, truth->places[place].branch)));
}

static bool lacks_something_for_good(const sim_world *world, uint32_t node, uint32_t to)
{
    for (uint32_t i = 0; i < world->truth.places_count; i++)
        if (lacks_for_good(world, node, to, i)) return true;
    return false;
}

static bool follows_what_it_lacks(const sim_world *world, uint32_t node, uint32_t to,
                                  uint32_t place)
{
    const sim_truth *const truth = &world->truth;
    if (place == SIM_NONE || sim_set_has(&truth->views[node].accepted, place)) return false;
    for (uint32_t i = 0; i < truth->places_count; i++) {
        if (sim_set_has(&truth->places[place].past, i) && lacks_for_good(world, node, to, i))
            return true;
    }
    return false;
}

/* What waits at the node for such a place waits for as long as it is kept. */
static size_t count_cut_off(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    size_t count = 0;
    for (uint32_t i = 0; i < truth->places_count; i++) {
        bool is_cut_off = false;
        for (uint32_t to = 0; !is_cut_off && to < world->members_count; to++)
            is_cut_off = is_live_core(world, to) && sim_set_has(&truth->views[to].accepted, i) &&
                         !sim_set_has(&truth->views[node].accepted, i) &&
                         follows_what_it_lacks(world, node, to, i);
        count += is_cut_off;
    }
    return count;
}

/* A commit on the way to the front does: the node goes on without. */
static bool lacks_the_way(const sim_world *world, uint32_t node, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (front == SIM_NONE || truth->views[node].tip == SIM_NONE) return false;
    for (uint32_t branch = truth->views[front].tip;
         branch != SIM_NONE && !sim_truth_is_ancestor(truth, branch, truth->views[node].tip);
         branch = truth->branches[branch].parent) {
        if (follows_what_it_lacks(world, node, front, truth->branches[branch].commit)) return true;
    }
    return false;
}

/* Or it cannot be where the others are, for what somebody did who lives twice. */
static bool is_elsewhere(const sim_world *world, uint32_t i, uint32_t front)
{
    return is_out_unaware(world, i, front) || sim_is_parted(world, i, front) ||
           lacks_the_way(world, i, front);
}

bool sim_is_in(const sim_world *world, uint32_t node)
{
    return sim_world_is_core(world, node) && !is_elsewhere(world, node, find_front(world));
}

/* Who cannot be where its epoch is acks nothing there. */
bool sim_is_all_core(const sim_world *world, uint32_t branch)
{
    const sim_set *const roster = &world->truth.branches[branch].roster;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_set_has(roster, i)) continue;
        const mjl_session_state state = sim_world_state(world, i);
        if (!sim_is_in(world, i) || state == MJL_SESSION_PARTED || state == MJL_SESSION_REMOVED) {
            return false;
        }
    }
    return true;
}

/* Whoever left says nothing any more, also when not everybody heard what it said and did before
   (session/README.md, what is not promised). */
static bool has_left(const sim_world *world, uint32_t node)
{
    return !sim_world_is_core(world, node) || sim_world_state(world, node) == MJL_SESSION_PARTED;
}

/* The same of what is said: also by who was removed, be it that it did not hear so. */
static bool is_gone(const sim_world *world, uint32_t node, uint32_t front)
{
    return has_left(world, node) || sim_world_state(world, node) == MJL_SESSION_REMOVED ||
           is_out_unaware(world, node, front);
}

static bool has_core_holder(const sim_world *world, uint32_t place)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (sim_world_is_core(world, i) && sim_set_has(&world->truth.views[i].accepted, place))
            return true;
    }
    return false;
}

static bool has_speaking_holder(const sim_world *world, uint32_t place, uint32_t front)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (!is_gone(world, i, front) && sim_set_has(&world->truth.views[i].accepted, place))
            return true;
    }
    return false;
}

/* Whoever is no longer of the core may have said something on top of what nobody of the core got:
   it waits for as long as it is kept. */
static bool stands_on_what_is_gone(const sim_world *world)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t above = 0; above < truth->places_count; above++) {
        const sim_place *place = &truth->places[above];
        if (sim_world_is_core(world, place->maker) || has_core_holder(world, above)) continue;
        for (uint32_t below = 0; below < truth->places_count; below++) {
            if (sim_set_has(&place->past, below) && !has_core_holder(world, below)) return true;
        }
    }
    return false;
}

/* The same of places that follow what nobody has any more but who was removed or left. One who
   joined since may have such a place: what is before its horizon it needs not. */
static bool is_left_behind(const sim_world *world, uint32_t above, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (!is_gone(world, truth->places[above].maker, front)) return false;
    for (uint32_t below = 0; below < truth->places_count; below++) {
        if (below != above && sim_set_has(&truth->places[above].past, below) &&
            !has_speaking_holder(world, below, front))
            return true;
    }
    return false;
}

static size_t count_left_behind(const sim_world *world)
{
    const uint32_t front = find_front(world);
    size_t count = 0;
    for (uint32_t place = 0; place < world->truth.places_count; place++)
        count += is_left_behind(world, place, front);
    return count;
}

/* Last words that came in time to one, and waited at another for what they follow when its clock
   leapt: to that one nothing had come lately, and it let the keys go (session/README.md, what is
   not promised). */
static bool is_leapt_over(const sim_world *world, uint32_t place, uint32_t front)
{
    const sim_place *const words = &world->truth.places[place];
    if (!is_gone(world, words->maker, front)) return false;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (is_live_core(world, i) && world->nodes[i].has_leapt &&
            !sim_set_has(&world->truth.views[i].accepted, place) &&
            sim_has_let_go(world, i, words->branch))
            return true;
    }
    return false;
}

/* Who has it says so by the last words that follow it, which mean nothing to who lacks those. */
static bool is_acked_by_what_was_leapt_over(const sim_world *world, uint32_t place, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    if (!is_gone(world, truth->places[place].maker, front)) return false;
    for (uint32_t i = 0; i < truth->places_count; i++) {
        if ((i == place || sim_set_has(&truth->places[i].past, place)) &&
            is_leapt_over(world, i, front))
            return true;
    }
    return false;
}

/* Of these, what a node has: the others of the epoch never will. */
static size_t count_left_behind_of(const sim_world *world, uint32_t node)
{
    const uint32_t front = find_front(world);
    size_t count = 0;
    for (uint32_t place = 0; place < world->truth.places_count; place++)
        count += sim_set_has(&world->truth.views[node].accepted, place) &&
                 (is_left_behind(world, place, front) ||
                  is_acked_by_what_was_leapt_over(world, place, front));
    return count;
}

static bool is_lived_in_core(const sim_world *world, uint32_t branch)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (is_live_core(world, i) && truth->views[i].tip != SIM_NONE &&
            sim_truth_is_ancestor(truth, branch, truth->views[i].tip))
            return true;
    }
    return false;
}

/* What is said in a lost epoch that the node is no member of stays closed to it, and so does what
   is said in one whose commit it did not get before all let that go. Its header tells but the
   epoch's number: it waits until that number was passed. */
static bool is_below_what_it_cannot_open(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    for (uint32_t b = 0; view->tip != SIM_NONE && b < truth->branches_count; b++) {
        const sim_branch *const branch = &truth->branches[b];
        if (!branch->has_roster || branch->epoch <= truth->branches[view->tip].epoch) continue;
        if (!sim_set_has(&branch->roster, world->nodes[node].identity)) return true;
        if (branch->commit != SIM_NONE && !sim_set_has(&view->accepted, branch->commit) &&
            !is_lived_in_core(world, b))
            return true;
    }
    return false;
}

static bool is_calm_alone(sim_world *world, uint32_t i, finding *why)
{
    const mjl_session *const session = sim_world_session(world, i);
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    switch (info.state) {
    case MJL_SESSION_LEAVING:
    case MJL_SESSION_NEED_REJOIN:
    case MJL_SESSION_STORE_FAILED:
        return no(why, "node%u is %s", i, mjl_session_state_name(info.state));
    case MJL_SESSION_LIVE:
        break;
    default:
        return true;
    }
    /* A packet of an epoch that was never there waits for as long as it is kept. */
    if (info.pending_count > 0 && !world->has_forgeries && !world->has_doubled_keys &&
        info.pending_count > count_left_behind(world) + count_cut_off(world, i) &&
        !stands_on_what_is_gone(world) && !is_below_what_it_cannot_open(world, i))
        return no(why, "node%u waits for %zu places", i, info.pending_count);
    const uint32_t tip = world->truth.views[i].tip;
    if (tip == SIM_NONE) return no(why, "node%u was not stepped", i);
    if (world->has_doubled_keys) return true;
    if (!sim_is_all_core(world, tip)) return true;
    if (info.unacked_count > count_left_behind_of(world, i))
        return no(why, "node%u has %zu unacked", i, info.unacked_count);
    if (info.undecided_count > 0) {
        return no(why, "node%u has %zu epochs undecided", i, info.undecided_count);
    }
    return true;
}

static bool is_same(sim_world *world, uint32_t a, uint32_t b, finding *why)
{
    uint8_t first[32], second[32];
    if (world->truth.views[a].tip != world->truth.views[b].tip) {
        return no(why, "node%u and node%u are in different epochs", a, b);
    }
    if (mjl_session_epoch_authenticator(sim_world_session(world, a), first) != MJL_OK ||
        mjl_session_epoch_authenticator(sim_world_session(world, b), second) != MJL_OK ||
        memcmp(first, second, sizeof first) != 0) {
        return no(why, "node%u and node%u have different keys", a, b);
    }
    return true;
}

/* Every content that its author stands by is with every core reader that is still in. */
static bool is_acked_in_core(sim_world *world, uint32_t front, finding *why)
{
    const sim_truth *const truth = &world->truth;
    for (size_t s = 0; s < truth->said_count; s++) {
        const sim_said *const said = &truth->said[s];
        if (said->is_lost || !is_live_core(world, said->node)) continue;
        if (is_elsewhere(world, said->node, front)) continue;
        mjl_message_info info;
        const mjl_session *const session = sim_world_session(world, said->node);
        if (mjl_session_message_by_id(session, &said->message, &info) != MJL_OK) continue;
        mjl_member_id reader;
        bool has_it;
        for (size_t k = 0;
             mjl_session_message_reader(session, &said->message, k, &reader, &has_it) == MJL_OK;
             k++) {
            const uint32_t identity = sim_truth_identity(truth, &reader);
            if (!has_it && identity != SIM_NONE && is_live_core(world, identity) &&
                !is_elsewhere(world, identity, front) &&
                !lacks_something_for_good(world, said->node, identity) &&
                !lacks_something_for_good(world, identity, said->node)) {
                return no(why, "node%u does not know that node%u has message %u", said->node,
                          identity, sim_truth_message(truth, &said->message));
            }
        }
    }
    return true;
}

static bool has_live_holder(const sim_world *world, uint32_t place)
{
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (is_live_core(world, i) && sim_set_has(&world->truth.views[i].accepted, place))
            return true;
    }
    return false;
}

/* The commit's epoch is entered also when what its place follows is missing. */
static bool entered_a_removal_by_a_leaver(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        const sim_branch *branch = &truth->branches[i];
        if (branch->parent == SIM_NONE || branch->commit == SIM_NONE || !branch->has_roster)
            continue;
        if (sim_set_has(&branch->roster, node) ||
            !sim_set_has(&truth->branches[branch->parent].roster, node))
            continue;
        if (has_left(world, truth->places[branch->commit].maker) &&
            !has_live_holder(world, branch->commit))
            return true;
    }
    return false;
}

/* Who removed it is gone for good, and nobody who is left got that commit: it ended, they go on. */
static bool alone_knows_its_removal(const sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const view = &truth->views[node];
    for (size_t n = view->order_count; n > 0; n--) {
        const sim_place *place = &truth->places[view->order[n - 1]];
        if (place->starts == SIM_NONE || sim_set_has(&truth->branches[place->starts].roster, node))
            continue;
        return has_left(world, place->maker) && !has_live_holder(world, view->order[n - 1]);
    }
    return entered_a_removal_by_a_leaver(world, node);
}

/* Nobody of the core has joined or is in, that the others do not count. */
/* It was removed and is in the roster again, though it never asked again: an old request of its
   was replayed to a doorkeeper that does not know it. It cannot come in; who invited it is told so.
 */
static bool came_again(const sim_truth *truth, uint32_t tip, uint32_t identity)
{
    bool is_in = false, was_out = false;
    for (uint32_t branch = tip; branch != SIM_NONE; branch = truth->branches[branch].parent) {
        const bool is_here = sim_set_has(&truth->branches[branch].roster, identity);
        if (is_here && was_out) return true;
        was_out |= is_in && !is_here;
        is_in |= is_here;
    }
    return false;
}

static bool is_one_roster(sim_world *world, uint32_t some, finding *why)
{
    const uint32_t tip = world->truth.views[some].tip;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_world_is_core(world, i) || sim_world_session(world, i) == NULL) continue;
        if (is_elsewhere(world, i, some)) continue;
        const bool is_in = sim_set_has(&world->truth.branches[tip].roster, i);
        const mjl_session_state state = sim_world_state(world, i);
        if (is_in != (state == MJL_SESSION_LIVE)) {
            if (is_in && state == MJL_SESSION_PARTED) continue;
            if (state == MJL_SESSION_REMOVED &&
                (came_again(&world->truth, tip, i) || alone_knows_its_removal(world, i)))
                continue;
            return no(why, "node%u is %s, the roster says %s", i, mjl_session_state_name(state),
                      is_in ? "member" : "none");
        }
    }
    return true;
}

/* ---- Who cannot go on by itself ---- */

/* To let it in, or to restore it. */
static bool is_asked_about(const sim_world *world, uint32_t by, uint32_t whom, bool restores)
{
    mjl_join_request_info request;
    const mjl_session *const session = sim_world_session(world, by);
    for (size_t i = 0; mjl_session_join_request(session, i, &request) == MJL_OK; i++) {
        const mjl_member_id *its = restores ? &request.replaces : &request.requester;
        if (request.is_restore == restores &&
            memcmp(its, &world->nodes[whom].member, sizeof *its) == 0)
            return true;
    }
    return false;
}

static bool has_doorkeeper(const sim_world *world, uint32_t tip)
{
    for (uint32_t i = 0; i < world->members_count && i < world->script->manner.doorkeepers; i++) {
        if (is_live_core(world, i) && sim_set_has(&world->truth.branches[tip].roster, i))
            return true;
    }
    return false;
}

/* Who let it in was removed at the same time, and its line lost; or before its Welcome had come. It
   asks again, and those who are left keep no door. */
static bool is_left_at_the_door(const sim_world *world, uint32_t node)
{
    const bool is_out = sim_world_state(world, node) == MJL_SESSION_JOINING;
    for (uint32_t i = 0; i < world->members_count; i++) {
        const uint32_t tip = world->truth.views[i].tip;
        if (i == node || !is_live_core(world, i) || tip == SIM_NONE) continue;
        if (!is_out && sim_set_has(&world->truth.branches[tip].roster, node)) continue;
        if (!has_doorkeeper(world, tip) && is_asked_about(world, i, node, false)) return true;
    }
    return false;
}

static bool is_joining_core(const sim_world *world, uint32_t i)
{
    return sim_world_is_core(world, i) && sim_world_state(world, i) == MJL_SESSION_JOINING;
}

/* It was removed, did not hear of it, and is in the roster again by an old request of its that was
   replayed: the keys of its time are dead, since nobody waited for it. */
static bool was_out_meanwhile(const sim_truth *truth, uint32_t node, uint32_t front)
{
    const uint32_t from = truth->views[node].tip;
    for (uint32_t branch = truth->views[front].tip; branch != from;
         branch = truth->branches[branch].parent) {
        if (!sim_set_has(&truth->branches[branch].roster, node)) return true;
    }
    return false;
}

/* The commit that it lacks went with who left, or was from before the time of all who are there, or
   removed it: a person is asked to restore it (session/README.md, what is not promised), and users
   here do not. */
static void give_up_the_stranded(sim_world *world, uint32_t front)
{
    const sim_truth *const truth = &world->truth;
    for (uint32_t i = 0; front != SIM_NONE && i < world->members_count; i++) {
        if (!is_live_core(world, i) && !is_joining_core(world, i)) continue;
        if (is_left_at_the_door(world, i)) world->nodes[i].spoils |= SIM_SPOIL_ABANDONED;
        if (!is_live_core(world, i)) continue;
        const uint32_t next =
            sim_truth_next_towards(truth, truth->views[i].tip, truth->views[front].tip);
        if (next == SIM_NONE) continue;
        if (has_speaking_holder(world, truth->branches[next].commit, front) &&
            !was_out_meanwhile(truth, i, front))
            continue;
        if (is_asked_about(world, front, i, true)) world->nodes[i].spoils |= SIM_SPOIL_ABANDONED;
    }
}

/* ---- Is it so? ---- */

/* Also after all was healed: who is hurt for good keeps its faults. */
static void note_damage(sim_world *world)
{
    mjl_network_counters network;
    mjl_network_get_counters(world->network, &network);
    world->has_forgeries |= network.damaged > 0;
}

bool sim_converged(sim_world *world, char *text, size_t size)
{
    finding why = {text, size};
    note_damage(world);
    const uint32_t front = find_front(world);
    give_up_the_stranded(world, front);
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_world_is_core(world, i)) continue;
        if (world->nodes[i].profile == NULL) {
            if (!world->nodes[i].is_there) continue;
            return no(&why, "node%u is down", i);
        }
        if (sim_world_session(world, i) == NULL || is_elsewhere(world, i, front)) continue;
        if (!is_calm_alone(world, i, &why)) return false;
        /* Of two commits under one key the same: who opened the other cannot follow. */
        if (world->has_doubled_commits) continue;
        if (is_live_core(world, i) && !is_same(world, front, i, &why)) return false;
    }
    if (front == SIM_NONE || world->has_doubled_commits) return true;
    if (!is_one_roster(world, front, &why)) return false;
    /* Of two packets under one key each member has one, and what follows the other waits for ever
       (session/README.md, what is not promised). */
    return world->has_doubled_keys || is_acked_in_core(world, front, &why);
}

bool sim_gathered(sim_world *world)
{
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (sim_world_state(world, i) == MJL_SESSION_JOINING) return false;
    }
    return sim_converged(world, NULL, 0);
}

void sim_heal(sim_world *world)
{
    const mjl_network_link link = {.delay_ms_min = 5, .delay_ms_max = 60};
    mjl_network_partition(world->network, NULL);
    mjl_network_clog(world->network, INT64_MIN);
    mjl_network_drop_flying(world->network);
    for (uint32_t i = 0; i < world->members_count; i++) {
        sim_node *const node = &world->nodes[i];
        if (!sim_world_is_core(world, i)) continue;
        for (uint32_t to = 0; to < world->members_count; to++) {
            if (to != i && sim_world_is_core(world, to)) {
                mjl_network_set_link(world->network, i, to, &link);
            }
        }
        sim_disk_fail(node->disk, 0, SIM_DISK_SOUND);
        node->random.fail_in = node->crash_in = node->memory.fails_in = 0;
        node->load_fault = UINT64_MAX;
        node->held_until = node->slow_until = INT64_MIN;
        if (node->is_there) sim_world_start(world, i);
        /* A host's clock never goes back (majlis/clock.h), and what was saved later is later. */
        mjl_time own = sim_node_now(node, world->now);
        if (node->profile != NULL && mjl_profile_now(node->profile) > own) {
            own = mjl_profile_now(node->profile);
        }
        sim_node_set_clock(node, world->now, own, 0);
        node->is_touched = node->profile != NULL;
    }
}
