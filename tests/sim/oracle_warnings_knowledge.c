#include "oracle_warnings_knowledge.h"

#include <stdlib.h>

/* ---- Life ---- */

void knowledge_init(knowledge *known, uint32_t members_count, const known_crafts *crafts)
{
    *known = (knowledge){.crafts = crafts, .members_count = members_count, .tip = SIM_NONE};
    known->others = sim_zeroed(members_count, sizeof *known->others);
}

void knowledge_clear(knowledge *known)
{
    for (uint32_t i = 0; i < known->members_count; i++) {
        sim_set_clear(&known->others[i].has);
        sim_set_clear(&known->others[i].read);
        sim_set_clear(&known->others[i].may_have);
    }
    for (size_t i = 0; i < known->gaps_count; i++)
        sim_set_clear(&known->gaps[i].stated_by);
    sim_set_clear(&known->roots);
    free(known->places);
    free(known->others);
    free(known->gaps);
    free(known->waiting);
    free(known->unopened);
    free(known->claims);
    free(known->welcomes);
    *known = (knowledge){.members_count = 0};
}

static void *copy_of(const void *list, size_t count, size_t size)
{
    void *copy = sim_zeroed(count + 1, size);
    if (count > 0) memcpy(copy, list, count * size);
    return copy;
}

void knowledge_copy(knowledge *to, const knowledge *from)
{
    knowledge_clear(to);
    *to = *from;
    to->places = copy_of(from->places, from->places_count, sizeof *to->places);
    to->others = copy_of(from->others, from->members_count, sizeof *to->others);
    to->gaps = copy_of(from->gaps, from->gaps_count, sizeof *to->gaps);
    to->waiting = copy_of(from->waiting, from->waiting_count, sizeof *to->waiting);
    to->unopened = copy_of(from->unopened, from->unopened_count, sizeof *to->unopened);
    to->claims = copy_of(from->claims, from->claims_count, sizeof *to->claims);
    to->claims_room = from->claims_count + 1;
    to->unopened_room = from->unopened_count + 1;
    to->welcomes = copy_of(from->welcomes, from->welcomes_count, sizeof *to->welcomes);
    to->places_room = from->places_count + 1;
    to->gaps_room = from->gaps_count + 1;
    to->waiting_room = from->waiting_count + 1;
    to->welcomes_room = from->welcomes_count + 1;
    for (uint32_t i = 0; i < from->members_count; i++) {
        to->others[i].has = sim_set_copy(&from->others[i].has);
        to->others[i].read = sim_set_copy(&from->others[i].read);
        to->others[i].may_have = sim_set_copy(&from->others[i].may_have);
    }
    to->roots = sim_set_copy(&from->roots);
    for (size_t i = 0; i < from->gaps_count; i++)
        to->gaps[i].stated_by = sim_set_copy(&from->gaps[i].stated_by);
}

/* The library's time ends there. */
void knowledge_note_time(knowledge *known, const sim_world *world, uint32_t node)
{
    const mjl_time shown = sim_node_now(&world->nodes[node], world->now);
    const mjl_time now = shown > MJL_TIME_MAX ? MJL_TIME_MAX : shown;
    if (now > known->now) known->now = now;
}

static uint32_t measured_now(const sim_world *world, uint32_t node)
{
    mjl_session_info info;
    mjl_session_get_info(sim_world_session(world, node), &info);
    return info.measured_bc_lat_ms;
}

static measured widened(measured span, uint32_t now)
{
    const bool is_first = span.most == 0;
    return (measured){is_first || now < span.least ? now : span.least,
                      is_first || now > span.most ? now : span.most};
}

void knowledge_note_measured(knowledge *known, const sim_world *world, uint32_t node)
{
    known->measured = widened(known->measured, measured_now(world, node));
}

patience knowledge_patience(const knowledge *known, const sim_world *world, uint32_t node,
                            bool is_after_step)
{
    const mjl_time bc_lat = world->script->manner.bc_lat_ms;
    const measured span =
        widened(is_after_step ? known->measured_then : known->measured, measured_now(world, node));
    const mjl_time low = span.least, high = span.most;
    patience with = {low > bc_lat ? 2 * (low - bc_lat) : 0,
                     high > bc_lat ? 2 * (high - bc_lat) : 0};
    if (with.most > 6 * bc_lat) {
        sim_broken((sim_world *)world, "I15 warnings", node, "a measured BC_LAT beyond its bound");
    }
    return with;
}

/* ---- Who has what ---- */

/* Who was let in anew follows places of the epochs that it was none in, and beyond these what it
   may never have read. */
static bool is_way(const sim_world *world, uint32_t node, size_t index, uint32_t reader)
{
    const sim_view *const view = &world->truth.views[node];
    if (reader == SIM_NONE || index >= view->order_count) return true;
    const uint32_t place = view->order[index];
    return knowledge_reads(&world->truth, world->truth.places[place].branch, reader);
}

void knowledge_has_all(sim_world *world, uint32_t node, sim_set *has, size_t index, uint32_t reader)
{
    mjl_session *const session = sim_world_session(world, node);
    size_t *left = sim_zeroed(index + 2, sizeof *left);
    size_t count = 0, parent;
    if (!sim_set_has(has, (uint32_t)index)) left[count++] = index;
    sim_set_add(has, (uint32_t)index);
    while (count > 0) {
        const size_t at = left[--count];
        if (!is_way(world, node, at, reader)) continue;
        for (size_t k = 0; mjl_session_place_parent(session, at, k, &parent) == MJL_OK; k++) {
            if (sim_set_has(has, (uint32_t)parent)) continue;
            sim_set_add(has, (uint32_t)parent);
            left[count++] = parent; /* Each of the places before it once. */
        }
    }
    free(left);
}

static void link_same(knowledge *known, known_place *made, const sim_truth *truth)
{
    const uint32_t message = truth->places[made->place].message;
    for (size_t i = 0; message != SIM_NONE && i < made->index; i++) {
        if (truth->places[known->places[i].place].message != message) continue;
        made->first = known->places[i].first;
        uint32_t last = made->first;
        while (known->places[last].next_same != SIM_NONE)
            last = known->places[last].next_same;
        known->places[last].next_same = made->index;
        return;
    }
}

/* What it said before it went may still arrive, and so may its acks of the last minute. */
static void end_absence(known_member *other, mjl_time fa_intv, mjl_time at)
{
    if (other->away_since != 0 && at - other->away_since > fa_intv) {
        other->away_since = other->away_until = 0;
        other->is_away_doubtful = false;
    }
}

static mjl_time fa_intv_of(const sim_world *world)
{
    return 2 * (mjl_time)world->script->manner.bc_lat_ms + world->script->manner.m_intv_ms;
}

void knowledge_note_heard(knowledge *known, const sim_world *world, uint32_t member, uint64_t epoch,
                          mjl_time at)
{
    known_member *const other = &known->others[member];
    if (epoch > other->heard_epoch) other->heard_epoch = epoch;
    other->asked_since = 0;
    known->knocks_perhaps = 0;
    end_absence(other, fa_intv_of(world), at);
}

int knowledge_away(const knowledge *known, uint32_t member)
{
    const known_member *const other = &known->others[member];
    if (other->is_away_doubtful) return 0;
    if (other->away_since == 0) return -1;
    return other->away_until == 0 || known->now <= other->away_until ? 1 : -1;
}

/* [for-ms], of the content of the packet that bore it. */
static void note_away(knowledge *known, const sim_world *world, const sim_place *of, mjl_time at)
{
    sim_look look;
    known_member *const other = &known->others[of->author];
    other->away_since = at;
    other->away_until = 0;
    const mjl_buffer *packet =
        of->packet == SIM_NONE ? NULL : &world->truth.packets[of->packet].bytes;
    other->is_away_doubtful =
        packet == NULL || !sim_look_at(world->tap, mjl_buffer_bytes(packet), &look);
    if (other->is_away_doubtful) return;
    const mjl_time for_ms = sim_look_away(look.body);
    if (for_ms > 0) other->away_until = at + for_ms;
}

/* In a crowd acks come at a pace of their own (DESIGN section 9), and so does the warning. The
   step that accepts may be the one that changes the room. */
static mjl_time crowd_pace(const sim_truth *truth, uint32_t branch)
{
    enum { CROWD = 65, MS_EACH = 500 };
    if (branch == SIM_NONE || !truth->branches[branch].has_roster) return 0;
    const size_t members = sim_set_count(&truth->branches[branch].roster);
    return members < CROWD ? 0 : MS_EACH * (mjl_time)members;
}

static void be_patient_with_crowd(known_place *made, const knowledge *known, const sim_view *view,
                                  const sim_truth *truth)
{
    const mjl_time before = crowd_pace(truth, known->tip), now = crowd_pace(truth, view->tip);
    made->with.least += before < now ? before : now;
    made->with.most += before < now ? now : before;
}

/* It was let go, with a branch that lost, and has another place. */
static void count_again(known_place *first, const patience *with)
{
    if (with->least < first->with.least) first->with.least = with->least;
    if (with->most > first->with.most) first->with.most = with->most;
    if (first->is_let_go) first->is_let_go = first->is_done = false;
}

void knowledge_accepted(knowledge *known, sim_world *world, uint32_t node, uint32_t place)
{
    const sim_place *const of = &world->truth.places[place];
    mjl_place_info info;
    const uint32_t index = (uint32_t)known->places_count;
    if (mjl_session_place(sim_world_session(world, node), index, &info) != MJL_OK) return;
    known->places =
        sim_grown(known->places, known->places_count, &known->places_room, sizeof *known->places);
    known_place *const made = &known->places[known->places_count++];
    *made = (known_place){.index = index, .place = place, .first = index, .next_same = SIM_NONE};
    made->accepted_at = info.accepted_at;
    made->with = knowledge_patience(known, world, node, false);
    be_patient_with_crowd(made, known, &world->truth.views[node], &world->truth);
    knowledge_note_time(known, world, node);
    if (info.accepted_at < known->stepped_at || info.accepted_at > known->now) {
        sim_broken(world, "I15 warnings", node, "place %u was not accepted when it says", place);
    }
    link_same(known, made, &world->truth);
    if (made->first != index && !info.is_lost)
        count_again(&known->places[made->first], &made->with);
    knowledge_has_all(world, node, &known->others[of->author].has, index, SIM_NONE);
    knowledge_has_all(world, node, &known->others[of->author].read, index, of->author);
    for (size_t i = 0; i < known->claims_count; i++) {
        const known_claim *const claim = &known->claims[i];
        if (memcmp(&claim->id, &of->id, sizeof of->id) != 0) continue;
        knowledge_has_all(world, node, &known->others[claim->member].may_have, index, SIM_NONE);
    }
    sim_set_add(&known->others[world->nodes[node].identity].has, index);
    sim_set_add(&known->others[world->nodes[node].identity].read, index);
    if (of->author == world->nodes[node].identity) return;
    if (of->type == SIM_TYPE_AWAY && made->first == index)
        note_away(known, world, of, info.accepted_at);
    /* Perhaps before it was stopped: we see it only now. */
    knowledge_note_heard(known, world, of->author, of->epoch, info.accepted_at);
}

/* ---- Who reads what ---- */

static bool lacks(const sim_truth *truth, uint32_t branch, uint32_t reader)
{
    return truth->branches[branch].has_roster &&
           !sim_set_has(&truth->branches[branch].roster, reader);
}

bool knowledge_reads(const sim_truth *truth, uint32_t branch, uint32_t reader)
{
    return !lacks(truth, branch, reader);
}

static uint32_t shared_by(const sim_truth *truth, uint32_t one, uint32_t other)
{
    while (one != SIM_NONE && !sim_truth_is_ancestor(truth, one, other))
        one = truth->branches[one].parent;
    return one;
}

/* The tip moved: the removal of that reader was applied, at one of the ends or on the way. */
static bool is_dropped_between(const sim_truth *truth, uint32_t from, uint32_t to, uint32_t reader)
{
    if (from == SIM_NONE) return false;
    if (lacks(truth, to, reader) && !lacks(truth, from, reader)) return true;
    for (uint32_t at = to; at != SIM_NONE && !sim_truth_is_ancestor(truth, at, from);
         at = truth->branches[at].parent) {
        const uint32_t before = truth->branches[at].parent;
        if (before == SIM_NONE) return false;
        if (lacks(truth, at, reader) && !lacks(truth, before, reader)) return true;
    }
    return false;
}

static uint32_t root_of(const knowledge *known, const sim_truth *truth, uint32_t branch)
{
    while (branch != SIM_NONE && !sim_set_has(&known->roots, branch))
        branch = truth->branches[branch].parent;
    return branch;
}

/* A place of a line that the tip does not follow: who was added on that line was not removed. Where
   two Welcomes led to these lines, the member did not see where they part: to it, whom the root of
   the tip's line had was removed. */
static known_count count_before(const knowledge *known, const sim_truth *truth, uint32_t tip,
                                uint32_t branch, uint32_t reader)
{
    const uint32_t shared = shared_by(truth, branch, tip);
    if (shared == SIM_NONE || !lacks(truth, tip, reader)) return COUNTS_SURELY;
    const bool was_in = !lacks(truth, shared, reader);
    const uint32_t root = root_of(known, truth, tip);
    const bool sees_shared = root == SIM_NONE || sim_truth_is_ancestor(truth, root, shared);
    if (!sees_shared && was_in == lacks(truth, root, reader)) return COUNTS_PERHAPS;
    return was_in ? COUNTS_NOT : COUNTS_SURELY;
}

/* An epoch on the way that was left in its first step, as one that removes somebody to add it again
   is: nobody saw its roster. */
static bool may_be_dropped_between(const sim_truth *truth, uint32_t from, uint32_t to,
                                   uint32_t reader)
{
    for (uint32_t at = to; at != SIM_NONE && !sim_truth_is_ancestor(truth, at, from);
         at = truth->branches[at].parent) {
        const uint32_t before = truth->branches[at].parent;
        if (from == SIM_NONE || before == SIM_NONE) return false;
        if (!truth->branches[at].has_roster && !lacks(truth, before, reader)) return true;
    }
    return false;
}

/* What one move of the tip, from one seen tip to the next, does to a reader of the place. */
static known_count counts_after(const sim_truth *truth, uint32_t from, uint32_t to, bool is_later,
                                uint32_t branch, uint32_t reader)
{
    const bool is_dropped = is_dropped_between(truth, from, to, reader);
    if (!is_dropped && !may_be_dropped_between(truth, from, to, reader)) return COUNTS_SURELY;
    if (is_dropped && is_later && lacks(truth, to, reader)) return COUNTS_NOT;
    /* Of one that was added again, or whose removal was undone, the places of later epochs. */
    if (branch != to && sim_truth_is_ancestor(truth, to, branch)) {
        /* Not where the tip went back from there: whoever is gone by that owes none of it. */
        return sim_truth_is_ancestor(truth, branch, from) ? COUNTS_PERHAPS : COUNTS_SURELY;
    }
    return COUNTS_PERHAPS;
}

/* From the tip down to `from`: somebody who was no member all along? */
static bool was_out_between(const sim_truth *truth, uint32_t tip, uint32_t from, uint32_t reader)
{
    for (uint32_t at = tip; at != SIM_NONE; at = truth->branches[at].parent) {
        if (lacks(truth, at, reader)) return true;
        if (at == from) break;
    }
    return false;
}

/* It may have been lost for a time: to a line of another root, or, before a Welcome led to where
   the tip is, which asks anew, to another line of its own root. Who was let go then owes it no
   more. */
static bool was_lost_before(const knowledge *known, const sim_view *view, const sim_truth *truth,
                            uint32_t branch, uint32_t reader)
{
    const uint32_t root = root_of(known, truth, branch);
    const bool is_of_tip = root == root_of(known, truth, view->tip);
    for (size_t i = 0; i < view->visits_count; i++) {
        const uint32_t at = view->visits[i].branch, at_root = root_of(known, truth, at);
        const uint32_t shared = at_root == root ? shared_by(truth, branch, at) : at_root;
        if (shared == SIM_NONE || (at_root == root && (is_of_tip || shared == branch))) continue;
        if (was_out_between(truth, at, shared, reader)) return true;
    }
    return false;
}

/* On a line that is lost for good those alone are readers who were members of ours all along, from
   the fork on, or from our root on where Welcomes led to both lines: session/lost_readers.h. How
   much of our line is decided does not show, but for the first epoch after the fork. */
static known_count count_on_lost(const knowledge *known, const sim_world *world, uint32_t node,
                                 const known_place *first, uint32_t reader)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t tip = truth->views[node].tip, branch = truth->places[first->place].branch;
    const uint32_t root = root_of(known, truth, tip);
    const bool has_one_root = root == root_of(known, truth, branch);
    known_count count = COUNTS_SURELY;
    if (was_lost_before(known, &truth->views[node], truth, branch, reader)) count = COUNTS_PERHAPS;
    mjl_place_info info;
    if (mjl_session_place(sim_world_session(world, node), first->index, &info) != MJL_OK ||
        !info.is_lost)
        return count;
    const uint32_t from = has_one_root ? shared_by(truth, branch, tip) : root;
    if (from == SIM_NONE) return count;
    const uint32_t next = sim_truth_next_towards(truth, from, tip);
    if (lacks(truth, from, reader)) return COUNTS_NOT;
    if (has_one_root && next != SIM_NONE && lacks(truth, next, reader)) return COUNTS_NOT;
    for (uint32_t at = tip; at != from; at = truth->branches[at].parent) {
        if (lacks(truth, at, reader)) return COUNTS_PERHAPS;
    }
    return count;
}

/* Who is removed by the commit that adds a reader sees it removed where it was one before. */
static bool is_hidden(const sim_truth *truth, uint32_t identity, uint32_t branch, uint32_t reader)
{
    const uint32_t parent = truth->branches[branch].parent;
    return parent != SIM_NONE && lacks(truth, branch, identity) && lacks(truth, parent, reader) &&
           !lacks(truth, branch, reader);
}

known_count knowledge_counts(const knowledge *known, const sim_world *world, uint32_t node,
                             const known_place *first, uint32_t reader)
{
    const sim_truth *const truth = &world->truth;
    const sim_place *const place = &truth->places[first->place];
    const sim_view *const view = &truth->views[node];
    const uint32_t identity = world->nodes[node].identity;
    if (reader == place->author || lacks(truth, place->branch, reader)) return COUNTS_NOT;
    /* Who made a room was alone in it; an epoch that was left in its first step nobody saw. */
    const sim_branch *const branch = &truth->branches[place->branch];
    if (!branch->has_roster && branch->epoch == 0) return COUNTS_NOT;
    known_count count = count_on_lost(known, world, node, first, reader);
    if (count == COUNTS_NOT) return COUNTS_NOT;
    if (!branch->has_roster) count = COUNTS_PERHAPS;
    uint32_t tip = SIM_NONE; /* Before each visit. */
    bool was_later = false, is_unsure = false;
    for (size_t i = 0; i < view->visits_count; i++) {
        const struct sim_visit *const visit = &view->visits[i];
        const uint32_t next = visit->branch;
        const bool is_later = visit->order_least > first->index;
        is_unsure |= !is_later && visit->order_count > first->index;
        if ((is_later || is_unsure) && !was_later) {
            /* It came before the move, or after it in the same step. */
            const known_count then = count_before(known, truth, tip, place->branch, reader);
            if (then == COUNTS_NOT && first->index < visit->order_before) return COUNTS_NOT;
            if (then != COUNTS_SURELY) count = COUNTS_PERHAPS;
            if (count_before(known, truth, next, place->branch, reader) != COUNTS_SURELY)
                count = COUNTS_PERHAPS;
        }
        known_count after = counts_after(truth, tip, next, is_later, place->branch, reader);
        if (is_hidden(truth, identity, next, reader)) count = COUNTS_PERHAPS;
        /* Whom it did not see there was not removed when it went back from there. */
        if (tip != SIM_NONE && is_hidden(truth, identity, tip, reader) && after == COUNTS_NOT)
            after = COUNTS_PERHAPS;
        if (after == COUNTS_NOT) return COUNTS_NOT;
        if (after < count) count = after;
        was_later = is_later;
        tip = next;
    }
    if (was_later) return count;
    const known_count now = count_before(known, truth, tip, place->branch, reader);
    return now < count ? now : count;
}

/* ---- A step ---- */

/* Is there no place of the message but on branches that lost? */
static bool is_lost_alone(const knowledge *known, mjl_session *session, const known_place *first)
{
    mjl_place_info info;
    for (uint32_t i = first->index; i != SIM_NONE; i = known->places[i].next_same) {
        if (mjl_session_place(session, i, &info) != MJL_OK || !info.is_lost) return false;
    }
    return true;
}

/* On a branch that lost a commit is let go, and of others' messages what has no other place: who
   said it may be content with that, since it knows who has the message. */
static void look_at_lost(const knowledge *known, known_place *place, mjl_session *session)
{
    mjl_place_info info;
    if (place->is_done || place->first != place->index) return;
    if (mjl_session_place(session, place->index, &info) != MJL_OK || !info.is_lost) return;
    if (info.kind == MJL_PLACE_IS_CHANGE) place->is_let_go = true;
    if (!info.is_own && is_lost_alone(known, session, place)) place->is_let_go = true;
}

static void see_members(knowledge *known, const sim_world *world, uint32_t node)
{
    const uint32_t tip = world->truth.views[node].tip;
    for (uint32_t i = 0; i < known->members_count && tip != SIM_NONE; i++) {
        known_member *const other = &known->others[i];
        const bool is_in = sim_set_has(&world->truth.branches[tip].roster, i);
        if (!is_in) other->good_at = other->asked_since = 0;
        if (is_in && other->good_at == 0) other->good_at = known->now;
    }
    const bool has_moved = known->tip != tip;
    known->tip = tip;
    if (has_moved) knowledge_moved(known, &world->truth);
}

void knowledge_stepped(knowledge *known, sim_world *world, uint32_t node)
{
    enum { LONG_MS = 7200000, JUMP_MS = 1000 };
    mjl_session *const session = sim_world_session(world, node);
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    const mjl_time before = known->stepped_at;
    knowledge_note_time(known, world, node);
    known->stepped_at = known->now;
    known->was_backed_up = world->nodes[node].is_backed_up;
    const bool takes_part = info.state == MJL_SESSION_LIVE || info.state == MJL_SESSION_LEAVING;
    const mjl_time jump = known->now - before - (world->now - known->world_then);
    if (!known->took_part || known->has_restarted || known->now - before > LONG_MS ||
        jump > JUMP_MS) {
        known->awake_since = known->now;
    }
    known->world_then = world->now;
    known->took_part = takes_part;
    see_members(known, world, node);
    knowledge_open_what_is_reached(known, world, node);
    knowledge_name_again(known, world, node);
    knowledge_pass(known, world, node);
    knowledge_sweep_gaps(known, world, node);
    for (size_t i = 0; i < known->places_count; i++)
        look_at_lost(known, &known->places[i], session);
    known->measured_then = known->measured;
    known->measured = (measured){info.measured_bc_lat_ms, info.measured_bc_lat_ms};
}
