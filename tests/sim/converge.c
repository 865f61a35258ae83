#include "converge.h"

#include "front.h"
#include "inside.h"
#include "never.h"
#include "parted.h"
#include "stranded.h"

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

/* Or it cannot be where the others are, for what somebody did who lives twice. */
static bool is_elsewhere(const sim_world *world, uint32_t i, uint32_t front)
{
    return sim_is_out_unaware(world, i, front) || sim_is_parted(world, i, front);
}

bool sim_is_in(const sim_world *world, uint32_t node)
{
    return sim_world_is_core(world, node) && !is_elsewhere(world, node, sim_front(world));
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

/* ---- What waits ---- */

/* What is said in a lost epoch that the node is no member of stays closed to it, and so does what
   is said in one whose commit it did not get before all let that go. */
static bool is_closed_epoch(const sim_world *world, uint32_t branch, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    if (!truth->branches[branch].has_roster) return false;
    if (!sim_set_has(&truth->branches[branch].roster, world->nodes[node].identity)) return true;
    for (; branch != SIM_NONE; branch = truth->branches[branch].parent) {
        const uint32_t commit = truth->branches[branch].commit;
        if (commit != SIM_NONE && !sim_set_has(&truth->views[node].accepted, commit) &&
            !sim_is_lived_in_core(world, branch))
            return true;
    }
    return false;
}

/* Its header tells but the epoch's number: it waits until that number was passed. */
static bool is_never_opened(const sim_world *world, const mjl_unknown_packet *packet, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t number = sim_truth_packet(truth, mjl_buffer_bytes(&packet->packet));
    const uint32_t place = number == SIM_NONE ? (uint32_t)SIM_NONE : truth->packets[number].place;
    if (place != SIM_NONE) return is_closed_epoch(world, truth->places[place].branch, node);
    for (uint32_t b = 0; number != SIM_NONE && b < truth->branches_count; b++) {
        if (truth->branches[b].epoch == packet->epoch && is_closed_epoch(world, b, node))
            return true;
    }
    return false;
}

/* What nobody made, of an epoch that was never there, waits for as long as it is kept. */
static bool waits_for_nothing(const sim_world *world, uint32_t i, uint32_t front, finding *why)
{
    const mjl_session *const session = sim_world_session(world, i);
    const mjl_pending_entry *entry = NULL;
    sim_set never = {0};
    bool is_calm = true;
    if (mjl_pending_count(session->pending) > 0)
        never = sim_never(world, i, front, SIM_NEVER_BARRED | SIM_NEVER_GONE);
    while (is_calm && (entry = mjl_pending_next(session->pending, entry)) != NULL) {
        const uint32_t place = sim_truth_place(&world->truth, &entry->place);
        if (place == SIM_NONE ? !world->has_forgeries : !sim_set_has(&never, place))
            is_calm = no(why, "node%u waits for what place %u follows", i, place);
    }
    sim_set_clear(&never);
    for (size_t k = 0; is_calm && k < session->unknown.count; k++) {
        const mjl_unknown_packet *const packet = &session->unknown.entries[k];
        const bool is_made_up =
            sim_truth_packet(&world->truth, mjl_buffer_bytes(&packet->packet)) == SIM_NONE;
        if (is_made_up ? !world->has_forgeries : !is_never_opened(world, packet, i))
            is_calm = no(why, "node%u waits for epoch %llu", i, (unsigned long long)packet->epoch);
    }
    return is_calm;
}

/* ---- Who has what ---- */

static void add_parents(const sim_truth *truth, uint32_t place, sim_set *parents)
{
    for (uint32_t i = 0; i < truth->places[place].parents_count; i++) {
        const uint32_t parent = sim_truth_place(truth, &truth->places[place].parents[i].id);
        if (parent != SIM_NONE) sim_set_add(parents, parent);
    }
}

/* Of what the reader has, the last that follow the place, which it names: they never come to the
   node, or were said where that had been removed. */
static bool shows_it_to_nobody(const sim_world *world, uint32_t place, uint32_t reader,
                               uint32_t node, const sim_set *never)
{
    const sim_truth *const truth = &world->truth;
    const sim_view *const its = &truth->views[reader];
    sim_set named = {0}, behind = {0}, parents = {0};
    bool is_shown = false;
    for (size_t i = 0; i < its->order_count; i++)
        add_parents(truth, its->order[i], &named);
    for (uint32_t at = place; !is_shown && at < truth->places_count; at++) {
        sim_set_clear(&parents);
        add_parents(truth, at, &parents);
        if (at != place && !sim_set_meets(&parents, &behind)) continue;
        sim_set_add(&behind, at);
        is_shown = sim_set_has(&its->accepted, at) && !sim_set_has(&named, at) &&
                   !sim_set_has(never, at) &&
                   sim_set_has(&truth->branches[truth->places[at].branch].roster,
                               world->nodes[node].identity);
    }
    sim_set_clear(&named);
    sim_set_clear(&behind);
    sim_set_clear(&parents);
    return !is_shown;
}

static bool may_lack_its_ack(const sim_world *world, uint32_t place, uint32_t reader, uint32_t node,
                             uint32_t front)
{
    if (!sim_is_live_core(world, reader) || is_elsewhere(world, reader, front)) return true;
    const sim_truth *const truth = &world->truth;
    /* What is not of its time it needs not. */
    if (sim_truth_root(truth, reader, truth->places[place].branch) == SIM_NONE) return true;
    const bool has_it = sim_set_has(&truth->views[reader].accepted, place);
    sim_set never =
        sim_never(world, has_it ? node : reader, front, SIM_NEVER_BARRED | SIM_NEVER_GONE);
    const bool may = has_it ? shows_it_to_nobody(world, place, reader, node, &never)
                            : sim_set_has(&never, place);
    sim_set_clear(&never);
    return may;
}

/* Every reader that is still in is known to have what was placed there. */
static bool is_acked(const sim_world *world, uint32_t node, const mjl_message_id *message,
                     uint32_t place, uint32_t front, finding *why)
{
    const mjl_session *const session = sim_world_session(world, node);
    mjl_member_id reader;
    bool has_it;
    for (size_t k = 0; mjl_session_message_reader(session, message, k, &reader, &has_it) == MJL_OK;
         k++) {
        const uint32_t identity = sim_truth_identity(&world->truth, &reader);
        if (!has_it && identity != SIM_NONE &&
            !may_lack_its_ack(world, place, identity, node, front))
            return no(why, "node%u does not know that node%u has place %u", node, identity, place);
    }
    return true;
}

/* What others have and it never gets leaves a gap in that epoch for good: nothing behind it is
   decided there. Nor is anything where somebody acks nothing for good. */
static bool decides(const sim_world *world, uint32_t node, uint32_t front)
{
    if (!sim_is_all_core(world, world->truth.views[node].tip)) return false;
    sim_set never = sim_never(world, node, front, SIM_NEVER_BARRED | SIM_NEVER_GONE);
    bool does = true;
    for (uint32_t i = 0; does && i < world->members_count; i++)
        does =
            !sim_is_live_core(world, i) || !sim_set_meets(&never, &world->truth.views[i].accepted);
    sim_set_clear(&never);
    return does;
}

/* What stands before the Welcome that a newcomer followed last is none of it any more. */
static bool is_on_its_line(const sim_truth *truth, uint32_t branch, uint32_t node)
{
    const uint32_t tip = truth->views[node].tip;
    return sim_truth_is_ancestor(truth, branch, tip) &&
           sim_truth_root(truth, node, branch) == sim_truth_root(truth, node, tip);
}

/* Who decided names no lost line any more; who cannot goes on asking. */
static bool has_all_acks(const sim_world *world, uint32_t i, uint32_t front, finding *why)
{
    const sim_truth *const truth = &world->truth;
    const mjl_session *const session = sim_world_session(world, i);
    mjl_place_info info;
    for (uint32_t at = mjl_acks_unacked_first(session->acks); at != MJL_NO_INDEX;
         at = mjl_acks_unacked_next(session->acks, at)) {
        if (mjl_session_place(session, at, &info) != MJL_OK) continue;
        const uint32_t place = sim_truth_place(truth, &info.id);
        if (place == SIM_NONE || is_acked(world, i, &info.message, place, front, why)) continue;
        if (is_on_its_line(truth, truth->places[place].branch, i) || decides(world, i, front))
            return false;
    }
    return true;
}

/* Every content that its author stands by is with every core reader that is still in. */
static bool is_acked_in_core(const sim_world *world, uint32_t front, finding *why)
{
    const sim_truth *const truth = &world->truth;
    for (size_t s = 0; s < truth->said_count; s++) {
        const sim_said *const said = &truth->said[s];
        if (said->is_lost || !sim_is_live_core(world, said->node)) continue;
        if (is_elsewhere(world, said->node, front)) continue;
        const uint32_t message = sim_truth_message(truth, &said->message);
        const uint32_t place = sim_truth_first_place(truth, said->node, message);
        if (place != SIM_NONE && !is_acked(world, said->node, &said->message, place, front, why))
            return false;
    }
    return true;
}

/* ---- Each and all ---- */

static bool is_calm_alone(const sim_world *world, uint32_t i, uint32_t front, finding *why)
{
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, i), &info);
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
    if (!world->has_doubled_keys && !waits_for_nothing(world, i, front, why)) return false;
    const uint32_t tip = world->truth.views[i].tip;
    if (tip == SIM_NONE) return no(why, "node%u was not stepped", i);
    if (world->has_doubled_keys) return true;
    if (!has_all_acks(world, i, front, why)) return false;
    if (info.undecided_count > 0 && decides(world, i, front))
        return no(why, "node%u has %zu epochs undecided", i, info.undecided_count);
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

static bool has_live_holder(const sim_world *world, uint32_t place)
{
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (sim_is_live_core(world, i) && sim_set_has(&world->truth.views[i].accepted, place))
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
        if (sim_has_left(world, truth->places[branch->commit].maker) &&
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
        return sim_has_left(world, place->maker) && !has_live_holder(world, view->order[n - 1]);
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
    const uint32_t front = sim_mark_the_stranded(world);
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_world_is_core(world, i)) continue;
        if (world->nodes[i].profile == NULL) {
            if (!world->nodes[i].is_there) continue;
            return no(&why, "node%u is down", i);
        }
        if (sim_world_session(world, i) == NULL || is_elsewhere(world, i, front)) continue;
        if (!is_calm_alone(world, i, front, &why)) return false;
        /* Of two commits under one key the same: who opened the other cannot follow. */
        if (world->has_doubled_commits) continue;
        if (sim_is_live_core(world, i) && !is_same(world, front, i, &why)) return false;
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
