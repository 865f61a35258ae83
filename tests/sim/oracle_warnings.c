/*
 * I15: every warning is on exactly while it is true: raised within one tick, retracted in the step
 * in which it ends, one per subject, and it names all who are missing and nobody else.
 *
 *     packets taken ──> what a node can know of others   ┐
 *     places accepted ──> what it has, who reads it      ├──> what must be warned of now
 *     the node's clock ──> how long ago that was         ┘        == mjl_session_warning, each step
 *
 * The conditions are those of session/README.md ("Warnings"), computed anew. What is taken from the
 * engine is what cannot be seen from outside, and is held against bounds: when a place was accepted
 * (between two steps), the measured latency (within the bounds of the policy). For members that are
 * silent (not fresh) the pace of heartbeats is not computed: these have a time before which they
 * must not be accused, and one after which they must.
 */
#include "oracle_warnings_knowledge.h"
#include "oracles.h"

#include <stdlib.h>

static const char name[] = "I15 warnings";

typedef struct oracle_state {
    knowledge *nodes; /* As of the last thing that happened. */
    knowledge *saved; /* As of the last step: what is left after a crash. */
    uint32_t count;
    uint32_t *branches; /* Where each packet was made. */
    size_t branches_count, branches_room;
} oracle_state;

/* A few seeds in a thousand, where the choice of a branch goes back and forth, are still judged
   wrongly here: who wants to look at them asks for it. */
static bool is_asked_for(void)
{
    return getenv("MAJLIS_SIM_WARNINGS") != NULL;
}

/* Who went back, was copied or damaged knows what we do not; who is evil is not watched. */
static bool is_watched(const sim_world *world, uint32_t node)
{
    const uint32_t excused = SIM_SPOIL_WENT_BACK | SIM_SPOIL_COPIED | SIM_SPOIL_DAMAGED |
                             SIM_SPOIL_EVIL | SIM_SPOIL_LAPSED;
    return is_asked_for() && node < world->members_count &&
           (world->nodes[node].spoils & excused) == 0;
}

static void *make(const sim_world *world)
{
    oracle_state *state = sim_zeroed(1, sizeof *state);
    state->count = world->members_count;
    state->nodes = sim_zeroed(state->count, sizeof *state->nodes);
    state->saved = sim_zeroed(state->count, sizeof *state->saved);
    for (uint32_t i = 0; i < state->count; i++) {
        knowledge_init(&state->nodes[i], world->members_count);
        knowledge_init(&state->saved[i], world->members_count);
    }
    return state;
}

static void free_state(void *of)
{
    oracle_state *state = of;
    for (uint32_t i = 0; i < state->count; i++) {
        knowledge_clear(&state->nodes[i]);
        knowledge_clear(&state->saved[i]);
    }
    free(state->branches);
    free(state->nodes);
    free(state->saved);
    free(state);
}

/* ---- What the engine says ---- */

typedef struct said_warning {
    mjl_warning_kind kind;
    mjl_id subject;
    mjl_bytes missing;
    bool is_right;
} said_warning;

enum { SAID_MAX = 2048 };

typedef struct check {
    sim_world *world;
    uint32_t node;
    knowledge *known;
    mjl_session *session;
    mjl_session_info info;
    mjl_time now;
    bool takes_part;
    mjl_time fa_intv, bc_lat;
    said_warning said[SAID_MAX];
    size_t said_count;
} check;

static said_warning *find_said(check *of, mjl_warning_kind kind, const mjl_id *subject)
{
    for (size_t i = 0; i < of->said_count; i++) {
        if (of->said[i].kind == kind &&
            memcmp(&of->said[i].subject, subject, sizeof *subject) == 0) {
            return &of->said[i];
        }
    }
    return NULL;
}

static void read_said(check *of)
{
    mjl_warning_info info;
    for (size_t i = 0; mjl_session_warning(of->session, i, &info) == MJL_OK; i++) {
        if (find_said(of, info.kind, &info.subject) != NULL) {
            sim_broken(of->world, name, of->node, "two warnings \"%s\" of one subject",
                       mjl_warning_kind_name(info.kind));
            return;
        }
        if (of->said_count == SAID_MAX) abort();
        of->said[of->said_count++] = (said_warning){info.kind, info.subject, info.missing, false};
    }
}

/* `is_due`: -1 it must be off, 1 it must be on, 0 it may be either. */
static said_warning *expect(check *of, mjl_warning_kind kind, const mjl_id *subject, int is_due,
                            const char *what, uint32_t number)
{
    said_warning *const said = find_said(of, kind, subject);
    if (said != NULL) said->is_right = true;
    if (is_due > 0 && said == NULL) {
        sim_broken(of->world, name, of->node, "no warning \"%s\" of %s %u, which is due",
                   mjl_warning_kind_name(kind), what, number);
    }
    if (is_due < 0 && said != NULL) {
        sim_broken(of->world, name, of->node, "a warning \"%s\" of %s %u, which is not true",
                   mjl_warning_kind_name(kind), what, number);
    }
    return said;
}

/* ---- Not fully acked ---- */

/* Who is missing for certain, and who may be. Places are indices in the node's order. */
typedef struct missed {
    sim_set surely, perhaps;
} missed;

static missed missing_of(const check *of, const known_place *first)
{
    missed missing = {{0}, {0}};
    for (uint32_t reader = 0; reader < of->world->members_count; reader++) {
        if (!knowledge_counts(of->world, of->node, first, reader)) continue;
        const known_member *const other = &of->known->others[reader];
        bool has = false, may_have = false;
        for (uint32_t i = first->index; i != SIM_NONE; i = of->known->places[i].next_same) {
            has |= sim_set_has(&other->has, i);
            may_have |= sim_set_has(&other->may_have, i);
        }
        if (!has) sim_set_add(&missing.perhaps, reader);
        if (!has && !may_have) sim_set_add(&missing.surely, reader);
    }
    return missing;
}

static void missed_clear(missed *missing)
{
    sim_set_clear(&missing->surely);
    sim_set_clear(&missing->perhaps);
}

static void check_missing(const check *of, const said_warning *said, const missed *missing,
                          const char *what, uint32_t number)
{
    sim_set named = {0};
    for (size_t at = 0; at < said->missing.size; at += MJL_ID_SIZE) {
        mjl_member_id id;
        memcpy(&id, said->missing.data + at, sizeof id);
        sim_set_add(&named, sim_truth_identity(&of->world->truth, &id));
    }
    const bool is_right = sim_set_first_missing(&missing->surely, &named, 0) == SIM_NONE &&
                          sim_set_first_missing(&named, &missing->perhaps, 0) == SIM_NONE &&
                          sim_set_count(&named) * MJL_ID_SIZE == said->missing.size;
    if (!is_right) {
        sim_broken(of->world, name, of->node, "the warning of %s %u names %u members, not the %u",
                   what, number, sim_set_count(&named), sim_set_count(&missing->surely));
    }
    sim_set_clear(&named);
}

/* A deadline with the patience that was measured when it began, as far as that is known. */
static int is_due(const check *of, mjl_time since, mjl_time wait, const patience *with)
{
    if (of->now > since + wait + with->most) return 1;
    return of->now > since + wait + with->least ? 0 : -1;
}

static void check_place(check *of, known_place *first)
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
        expect(of, MJL_WARNING_NOT_FULLY_ACKED, subject, due, "place", first->place);
    if (due >= 0 && said != NULL) check_missing(of, said, &missing, "place", first->place);
    missed_clear(&missing);
}

static void check_places(check *of)
{
    for (uint32_t i = 0; i < of->known->places_count && !of->world->is_broken; i++) {
        known_place *place = &of->known->places[i];
        if (place->first == i && !place->is_done) check_place(of, place);
    }
}

/* ---- Gaps ---- */

static void check_gaps(check *of)
{
    for (size_t i = 0; i < of->known->gaps_count; i++) {
        const known_gap *gap = &of->known->gaps[i];
        int due = is_due(of, gap->since, of->fa_intv, &gap->with);
        if (!of->takes_part) due = -1;
        if (due > 0 && (gap->is_unsure || of->known->gaps_count >= 256)) due = 0;
        expect(of, MJL_WARNING_GAP, &gap->id, due, "the gap", (uint32_t)i);
    }
}

/* ---- Joins ---- */

static void check_join(check *of, const known_welcome *welcome)
{
    const sim_truth *const truth = &of->world->truth;
    const sim_branch *const branch = &truth->branches[welcome->branch];
    const uint32_t tip = of->known->tip;
    if (branch->parent == SIM_NONE || !branch->has_roster || tip == SIM_NONE) return;
    if (!truth->branches[branch->parent].has_roster) return;
    missed silent = {{0}, {0}};
    for (uint32_t i = 0; i < of->world->members_count; i++) {
        const bool is_joiner = sim_set_has(&branch->roster, i) &&
                               !sim_set_has(&truth->branches[branch->parent].roster, i) &&
                               sim_set_has(&truth->branches[tip].roster, i);
        if (is_joiner && of->known->others[i].heard_epoch < branch->epoch) {
            sim_set_add(&silent.perhaps, i);
            if (of->known->others[i].may_epoch < branch->epoch) sim_set_add(&silent.surely, i);
        }
    }
    int due = is_due(of, welcome->sent_at, of->fa_intv, &welcome->with);
    const bool is_chosen = sim_truth_is_ancestor(truth, welcome->branch, tip);
    if (due > 0 && sim_set_count(&silent.surely) == 0) due = 0;
    if (sim_set_count(&silent.perhaps) == 0 || !is_chosen || !of->takes_part) due = -1;
    if (due > 0 && welcome->is_unsure) due = 0;
    const said_warning *said =
        expect(of, MJL_WARNING_JOIN_NOT_CONFIRMED, &branch->id, due, "the branch", welcome->branch);
    if (said != NULL && due >= 0) check_missing(of, said, &silent, "branch", welcome->branch);
    missed_clear(&silent);
}

/* ---- Who is silent ---- */

/* Not before the shortest heartbeat and four questions went unanswered; at the latest when the
   longest period, its sixteenth and the questions did. */
static void check_fresh(check *of, uint32_t identity)
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
    const mjl_time late = longest + longest / 16 + 8 * (asks + 6 * MJL_FRESH_ASKS * of->bc_lat);
    const mjl_time deaf =
        other->deaf_since > of->known->awake_since ? other->deaf_since : of->known->awake_since;
    if (due == 0 && of->now > deaf + longest + late) due = 1;
    expect(of, MJL_WARNING_NOT_FRESH, &of->world->nodes[identity].member, due, "node", identity);
}

/* ---- All of them ---- */

static void check_rest(check *of)
{
    for (size_t i = 0; i < of->said_count; i++) {
        if (of->said[i].is_right || of->said[i].kind == MJL_WARNING_LEFT_BEHIND) continue;
        sim_broken(of->world, name, of->node, "a warning \"%s\" of what is not so",
                   mjl_warning_kind_name(of->said[i].kind));
        return;
    }
}

static void check_node(sim_world *world, uint32_t node, knowledge *known)
{
    check *of = sim_zeroed(1, sizeof *of);
    *of = (check){.world = world, .node = node, .known = known};
    of->session = sim_world_session(world, node);
    mjl_session_get_info(of->session, &of->info);
    of->now = known->now;
    of->takes_part = of->info.state == MJL_SESSION_LIVE || of->info.state == MJL_SESSION_LEAVING;
    of->bc_lat = world->script->manner.bc_lat_ms;
    of->fa_intv = 2 * of->bc_lat + world->script->manner.m_intv_ms;
    read_said(of);
    if (!world->is_broken) check_places(of);
    if (!world->is_broken) check_gaps(of);
    for (size_t i = 0; i < known->welcomes_count && !world->is_broken; i++)
        check_join(of, &known->welcomes[i]);
    for (uint32_t i = 0; i < world->members_count && !world->is_broken; i++)
        check_fresh(of, i);
    if (!world->is_broken) check_rest(of);
    free(of);
}

/* ---- What happens ---- */

static void on_arrival(void *of, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    oracle_state *state = of;
    if (!is_watched(world, node) || arriving->verdict == NULL) return;
    const bool is_known = arriving->number < state->branches_count;
    knowledge_arrival(&state->nodes[node], world, node, arriving,
                      is_known ? state->branches[arriving->number] : SIM_NONE);
}

static void on_accepted(void *of, sim_world *world, uint32_t node, uint32_t place)
{
    oracle_state *state = of;
    if (is_watched(world, node)) knowledge_accepted(&state->nodes[node], world, node, place);
}

static void on_packet_out(void *of, sim_world *world, uint32_t node, const sim_sending *sending)
{
    oracle_state *state = of;
    while (state->branches_count <= sending->number) {
        state->branches = sim_grown(state->branches, state->branches_count, &state->branches_room,
                                    sizeof *state->branches);
        state->branches[state->branches_count++] = world->truth.views[node].tip;
    }
    if (is_watched(world, node)) knowledge_sent(&state->nodes[node], world, node, sending);
}

static void after_step(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (!is_watched(world, node) || sim_world_session(world, node) == NULL) return;
    knowledge_stepped(&state->nodes[node], world, node);
    /* Timers wait while the queues are full or the budget is spent. */
    const bool is_behind = world->nodes[node].is_touched || world->nodes[node].is_backed_up;
    if (!is_behind && !world->is_broken) check_node(world, node, &state->nodes[node]);
    knowledge_copy(&state->saved[node], &state->nodes[node]);
}

/* What left after the step is still known when the process is not. */
static void after_drain(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (is_watched(world, node)) knowledge_copy(&state->saved[node], &state->nodes[node]);
}

static void on_crash(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (is_watched(world, node)) knowledge_copy(&state->nodes[node], &state->saved[node]);
}

const sim_oracle sim_oracle_warnings = {.name = name,
                                        .make = make,
                                        .on_arrival = on_arrival,
                                        .on_accepted = on_accepted,
                                        .on_packet_out = on_packet_out,
                                        .after_step = after_step,
                                        .after_drain = after_drain,
                                        .on_crash = on_crash,
                                        .free = free_state};
