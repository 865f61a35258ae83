#include "oracle_warnings_check.h"

/* ---- Not fully acked ---- */

/* Whom nobody asks for one of the message's other places any more, as on a line that was lost, is
   not asked about the message by it either: it may still owe that until it has this one. */
static bool counts_there(const warnings_check *of, const known_place *first, uint32_t index,
                         uint32_t reader)
{
    const known_place *const other = &of->known->places[index];
    return other == first ||
           knowledge_counts(of->known, of->world, of->node, other, reader) == COUNTS_SURELY;
}

static missed missing_of(const warnings_check *of, const known_place *first)
{
    missed missing = {{0}, {0}};
    for (uint32_t reader = 0; reader < of->world->members_count; reader++) {
        const known_count counts = knowledge_counts(of->known, of->world, of->node, first, reader);
        if (counts == COUNTS_NOT) continue;
        const known_member *const other = &of->known->others[reader];
        bool has = false, may_have = counts == COUNTS_PERHAPS;
        for (uint32_t i = first->index; i != SIM_NONE; i = of->known->places[i].next_same) {
            const uint32_t place = of->known->places[i].place;
            const uint32_t branch = of->world->truth.places[place].branch;
            /* Who follows a place from before its time has not read it. */
            if (!knowledge_reads(&of->world->truth, branch, reader)) continue;
            has |= sim_set_has(&other->read, i) && counts_there(of, first, i, reader);
            may_have |= sim_set_has(&other->has, i) || sim_set_has(&other->may_have, i);
        }
        if (!has) sim_set_add(&missing.perhaps, reader);
        if (!has && !may_have) sim_set_add(&missing.surely, reader);
    }
    return missing;
}

/* A deadline with the patience that was measured when it began, as far as that is known. */
static int is_due(const warnings_check *of, mjl_time since, mjl_time wait, const patience *with)
{
    if (of->now > since + wait + with->most) return 1;
    return of->now > since + wait + with->least ? 0 : -1;
}

static void check_place(warnings_check *of, known_place *first)
{
    const sim_place *const place = &of->world->truth.places[first->place];
    missed missing = missing_of(of, first);
    int due = is_due(of, first->accepted_at, of->fa_intv, &first->with);
    if (due > 0 && sim_set_count(&missing.surely) == 0) due = 0;
    const bool is_full = sim_set_count(&missing.perhaps) == 0;
    if (is_full || first->is_let_go || !of->takes_part || place->type == SIM_TYPE_PART) due = -1;
    first->is_done = is_full || first->is_let_go;
    const mjl_id *subject = place->message == SIM_NONE
                                ? &of->world->truth.branches[place->starts].id
                                : &of->world->truth.messages[place->message].id;
    const said_warning *said =
        warnings_expect(of, MJL_WARNING_NOT_FULLY_ACKED, subject, due, "place", first->place);
    if (said != NULL) {
        warnings_check_missing(of, said, &missing, "place", first->place);
        warnings_check_severity(of, said, "place", first->place);
    }
    missed_clear(&missing);
}

static void check_places(warnings_check *of)
{
    for (uint32_t i = 0; i < of->known->places_count && !of->world->is_broken; i++) {
        known_place *place = &of->known->places[i];
        if (place->first == i && !place->is_done) check_place(of, place);
    }
}

/* ---- Gaps ---- */

static void check_gaps(warnings_check *of)
{
    enum { GAPS_MAX = 256 };
    for (size_t i = 0; i < of->known->gaps_count; i++) {
        const known_gap *gap = &of->known->gaps[i];
        int due = is_due(of, gap->since, of->fa_intv, &gap->with);
        if (!of->takes_part) due = -1;
        if (due > 0 && (gap->is_unsure || of->known->gaps_count >= GAPS_MAX)) due = 0;
        /* It may have ended meanwhile, and be one anew. */
        if (due > 0 && is_due(of, gap->sure_since, of->fa_intv, &gap->since_sure) <= 0) due = 0;
        const uint32_t place = sim_truth_place(&of->world->truth, &gap->id);
        const said_warning *said =
            warnings_expect(of, MJL_WARNING_GAP, &gap->id, due, "the missing place", place);
        if (said != NULL) warnings_check_severity(of, said, "the missing place", place);
    }
}

/* ---- Joins ---- */

/* Has the tip been where that joiner of the branch was none any more? */
static bool was_left_out(const warnings_check *of, uint32_t branch, uint32_t joiner)
{
    const sim_truth *const truth = &of->world->truth;
    const sim_view *const view = &truth->views[of->node];
    for (size_t i = 0; i < view->visits_count; i++) {
        const uint32_t at = view->visits[i].branch;
        if (at != branch && sim_truth_is_ancestor(truth, branch, at) &&
            !sim_set_has(&truth->branches[at].roster, joiner)) {
            return true;
        }
    }
    return false;
}

/* It was heard in an epoch of that number: of which line, packets of statements do not show here.
 */
static bool has_rival(const sim_truth *truth, uint32_t number)
{
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        if (i != number && truth->branches[i].epoch >= truth->branches[number].epoch &&
            !sim_truth_is_ancestor(truth, number, i)) {
            return true;
        }
    }
    return false;
}

/* Nobody may have lived in the epoch before, as where one call removes and adds: who belonged to it
   is not seen then. */
static missed silent_joiners(const warnings_check *of, uint32_t number)
{
    missed silent = {{0}, {0}};
    const sim_truth *const truth = &of->world->truth;
    const sim_branch *const branch = &truth->branches[number];
    const sim_branch *const parent = &truth->branches[branch->parent];
    for (uint32_t i = 0; i < of->world->members_count; i++) {
        const known_member *const other = &of->known->others[i];
        if (!sim_set_has(&branch->roster, i) || sim_set_has(&parent->roster, i) ||
            !sim_set_has(&truth->branches[of->known->tip].roster, i) ||
            (other->heard_epoch >= branch->epoch && !has_rival(truth, number))) {
            continue;
        }
        sim_set_add(&silent.perhaps, i);
        if (!parent->has_roster) continue;
        if (was_left_out(of, number, i)) continue; /* And came again, or its removal was undone. */
        if (other->heard_epoch < branch->epoch && other->may_epoch < branch->epoch)
            sim_set_add(&silent.surely, i);
    }
    return silent;
}

static void check_join(warnings_check *of, const known_welcome *welcome)
{
    const sim_truth *const truth = &of->world->truth;
    const sim_branch *const branch = &truth->branches[welcome->branch];
    const uint32_t tip = of->known->tip;
    if (branch->parent == SIM_NONE || !branch->has_roster || tip == SIM_NONE) return;
    missed silent = silent_joiners(of, welcome->branch);
    int due = is_due(of, welcome->sent_at, of->fa_intv, &welcome->with);
    const bool is_chosen = knowledge_is_on_line(of->known, truth, welcome->branch);
    if (due > 0 && sim_set_count(&silent.surely) == 0) due = 0;
    if (welcome->is_unsure) due = 0;
    if (sim_set_count(&silent.perhaps) == 0 || !is_chosen || !of->takes_part) due = -1;
    const said_warning *said = warnings_expect(of, MJL_WARNING_JOIN_NOT_CONFIRMED, &branch->id, due,
                                               "the branch", welcome->branch);
    if (said != NULL) {
        warnings_check_missing(of, said, &silent, "branch", welcome->branch);
        warnings_check_severity(of, said, "branch", welcome->branch);
    }
    missed_clear(&silent);
}

/* ---- Who is silent ---- */

/* Not before the shortest heartbeat and four questions went unanswered; at the latest when the
   longest period after a statement of ours, its sixteenth and the questions did. */
static void check_fresh(warnings_check *of, uint32_t identity)
{
    enum { HOUR_MS = 3600000 };
    const known_member *other = &of->known->others[identity];
    const sim_truth *const truth = &of->world->truth;
    const bool is_member = of->known->tip != SIM_NONE &&
                           sim_set_has(&truth->branches[of->known->tip].roster, identity) &&
                           identity != of->world->nodes[of->node].identity;
    const mjl_time beat = MJL_HEARTBEAT_FA_INTERVALS * of->fa_intv;
    const mjl_time longest = beat > HOUR_MS ? beat : HOUR_MS;
    const mjl_time asks = MJL_FRESH_ASKS * 2 * of->bc_lat;
    int due = 0;
    if (!of->takes_part || !is_member) due = -1;
    if (other->good_at == 0 || of->now <= other->good_at + beat + asks) due = -1;
    const mjl_time late = longest / 16 + 8 * (asks + 6 * MJL_FRESH_ASKS * of->bc_lat);
    mjl_time asked =
        other->asked_since > of->known->awake_since ? other->asked_since : of->known->awake_since;
    if (other->may_good_at > asked) asked = other->may_good_at;
    if (due == 0 && other->asked_since != 0 && of->now > asked + longest + late) due = 1;
    const said_warning *said = warnings_expect(
        of, MJL_WARNING_NOT_FRESH, &of->world->nodes[identity].member, due, "node", identity);
    if (said != NULL) warnings_check_severity(of, said, "node", identity);
}

/* ---- Left behind ---- */

/* Six knocks in a row that nobody answered, and the group went on. */
static void check_left_behind(warnings_check *of)
{
    const sim_truth *const truth = &of->world->truth;
    int due = of->known->knocks_perhaps < MJL_KNOCKS_UNANSWERED_MAX ? -1 : 0;
    if (of->known->tip == SIM_NONE || !of->takes_part) due = -1;
    if (due == 0 && !knowledge_may_be_behind(of->known, truth)) due = -1;
    if (due == 0 && of->known->is_left_behind) due = 1;
    const mjl_id *subject = NULL; /* Where it was left, or where it is. */
    for (size_t i = 0; i < of->said.count; i++) {
        if (of->said.entries[i].kind == MJL_WARNING_LEFT_BEHIND)
            subject = &of->said.entries[i].subject;
    }
    const uint32_t branch = subject == NULL ? of->known->tip : sim_truth_branch(truth, subject);
    if (branch == SIM_NONE) return; /* That there is no such branch is told of the rest. */
    warnings_expect(of, MJL_WARNING_LEFT_BEHIND, &truth->branches[branch].id, due, "the branch",
                    branch);
}

/* ---- All of them ---- */

void warnings_check_all(warnings_check *of)
{
    const sim_world *const world = of->world;
    check_places(of);
    if (!world->is_broken) check_gaps(of);
    for (size_t i = 0; i < of->known->welcomes_count && !world->is_broken; i++)
        check_join(of, &of->known->welcomes[i]);
    for (uint32_t i = 0; i < world->members_count && !world->is_broken; i++)
        check_fresh(of, i);
    if (!world->is_broken) check_left_behind(of);
    if (!world->is_broken) warnings_check_rest(of);
}
