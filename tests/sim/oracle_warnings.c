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
 *
 * What events told must be the same: whoever counts what was raised, changed and retracted has what
 * the engine answers when it is asked, and as grave.
 */
#include "oracle_warnings_check.h"
#include "oracles.h"

#include <stdlib.h>

static const char name[] = "I15 warnings";

typedef struct told_warning {
    uint64_t number;
    mjl_severity severity;
    uint32_t missing_count;
} told_warning;

typedef struct told_warnings { /* As of the events that one session gave. */
    uint32_t session_number;
    told_warning *entries;
    size_t count, room;
} told_warnings;

typedef struct oracle_state {
    known_crafts crafts;
    knowledge *nodes; /* As of the last thing that happened. */
    knowledge *saved; /* As of the last step: what is left after a crash. */
    told_warnings *told;
    uint32_t count;
    uint64_t faults_seen; /* Of disks. */
    uint32_t *branches;   /* Where each packet was made; of Welcomes where they lead. */
    size_t branches_count, branches_room;
} oracle_state;

/* Who went back, was copied or damaged knows what we do not; who is evil is not watched. */
static bool is_watched(const sim_world *world, uint32_t node)
{
    const uint32_t excused = SIM_SPOIL_WENT_BACK | SIM_SPOIL_COPIED | SIM_SPOIL_DAMAGED |
                             SIM_SPOIL_EVIL | SIM_SPOIL_LAPSED;
    return node < world->members_count && (world->nodes[node].spoils & excused) == 0;
}

static void *make(const sim_world *world)
{
    oracle_state *state = sim_zeroed(1, sizeof *state);
    state->count = world->members_count;
    state->nodes = sim_zeroed(state->count, sizeof *state->nodes);
    state->saved = sim_zeroed(state->count, sizeof *state->saved);
    state->told = sim_zeroed(state->count, sizeof *state->told);
    for (uint32_t i = 0; i < state->count; i++) {
        knowledge_init(&state->nodes[i], world->members_count, &state->crafts);
        knowledge_init(&state->saved[i], world->members_count, &state->crafts);
    }
    return state;
}

static void free_state(void *of)
{
    oracle_state *state = of;
    for (uint32_t i = 0; i < state->count; i++) {
        knowledge_clear(&state->nodes[i]);
        knowledge_clear(&state->saved[i]);
        free(state->told[i].entries);
    }
    known_crafts_clear(&state->crafts);
    free(state->branches);
    free(state->nodes);
    free(state->saved);
    free(state->told);
    free(state);
}

static void check_node(sim_world *world, uint32_t node, knowledge *known)
{
    warnings_check of = {.world = world, .node = node, .known = known};
    mjl_session_info info;
    of.session = sim_world_session(world, node);
    mjl_session_get_info(of.session, &info);
    of.now = known->now;
    of.takes_part = info.state == MJL_SESSION_LIVE || info.state == MJL_SESSION_LEAVING;
    of.bc_lat = world->script->manner.bc_lat_ms;
    of.fa_intv = 2 * of.bc_lat + world->script->manner.m_intv_ms;
    warnings_read(&of);
    if (!world->is_broken) warnings_check_all(&of);
    free(of.said.entries);
}

/* ---- What events told ---- */

static void forget_told(told_warnings *told, size_t i)
{
    told->entries[i] = told->entries[--told->count];
}

static size_t find_told(const told_warnings *told, uint64_t number)
{
    size_t i = 0;
    while (i < told->count && told->entries[i].number != number)
        i++;
    return i;
}

static void on_event(void *of, sim_world *world, uint32_t node, const mjl_event *event)
{
    oracle_state *state = of;
    const bool is_raised = event->kind == MJL_EVENT_WARNING;
    const bool is_retracted = event->kind == MJL_EVENT_WARNING_RETRACTED;
    if (!is_watched(world, node)) return;
    if (!is_raised && !is_retracted && event->kind != MJL_EVENT_WARNING_CHANGED) return;
    told_warnings *const told = &state->told[node];
    if (told->session_number != event->session_number) {
        told->session_number = event->session_number;
        told->count = 0;
    }
    size_t at = find_told(told, event->warning);
    if (is_retracted) {
        if (at < told->count) forget_told(told, at);
        return;
    }
    if (at == told->count) {
        told->entries = sim_grown(told->entries, told->count, &told->room, sizeof *told->entries);
        told->count++;
    }
    told->entries[at] = (told_warning){event->warning, (mjl_severity)event->new_state,
                                       (uint32_t)(event->missing.size / MJL_ID_SIZE)};
}

/* Long lists that grow shorter are told when they are half as long. */
static void check_told(sim_world *world, uint32_t node, const told_warnings *told)
{
    enum { SHORT = 16 };
    mjl_warning_info info;
    mjl_session *const session = sim_world_session(world, node);
    size_t count = 0;
    for (; mjl_session_warning(session, count, &info) == MJL_OK; count++) {
        const size_t at = find_told(told, info.number);
        const size_t missing = info.missing.size / MJL_ID_SIZE;
        const bool is_told =
            at < told->count && told->entries[at].severity == info.severity &&
            (told->entries[at].missing_count == missing || told->entries[at].missing_count > SHORT);
        if (is_told) continue;
        sim_broken(world, name, node, "the warning \"%s\" is not as events told it",
                   mjl_warning_kind_name(info.kind));
        return;
    }
    if (count != told->count)
        sim_broken(world, name, node, "events told of %zu warnings, not of %zu", told->count,
                   count);
}

/* ---- What happens ---- */

static void on_arrival(void *of, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    oracle_state *state = of;
    if (!is_watched(world, node) || arriving->verdict == NULL) return;
    const bool is_known = arriving->number < state->branches_count;
    const bool is_crafted =
        arriving->number == SIM_NONE && arriving->verdict->kind == MJL_VERDICT_BUFFERED;
    knowledge_arrival(&state->nodes[node], world, node, arriving,
                      is_known ? state->branches[arriving->number] : SIM_NONE,
                      is_crafted ? known_crafts_note(&state->crafts, world, arriving->bytes)
                                 : SIM_NONE);
}

/* A call tells the time, as packets do. */
static void on_input(void *of, sim_world *world, uint32_t node, const sim_input *input)
{
    oracle_state *state = of;
    (void)input;
    if (is_watched(world, node)) knowledge_note_time(&state->nodes[node], world, node);
}

static void on_accepted(void *of, sim_world *world, uint32_t node, uint32_t place)
{
    oracle_state *state = of;
    if (is_watched(world, node)) knowledge_accepted(&state->nodes[node], world, node, place);
}

static void on_packet_out(void *of, sim_world *world, uint32_t node, const sim_sending *sending)
{
    oracle_state *state = of;
    const mjl_packet *const packet = sending->packet;
    while (state->branches_count <= sending->number) {
        state->branches = sim_grown(state->branches, state->branches_count, &state->branches_room,
                                    sizeof *state->branches);
        state->branches[state->branches_count++] =
            packet->kind == MJL_PACKET_WELCOME ? sim_truth_branch(&world->truth, &packet->subject)
                                               : known_made_on(world, node, packet->bytes);
    }
    if (is_watched(world, node)) knowledge_sent(&state->nodes[node], world, node, sending);
}

static void after_step(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (!is_watched(world, node) || sim_world_session(world, node) == NULL) return;
    knowledge_stepped(&state->nodes[node], world, node);
    knowledge_copy(&state->saved[node], &state->nodes[node]);
}

/* What left after the step is still known when the process is not. */
static void after_drain(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (!is_watched(world, node)) return;
    state->nodes[node].has_restarted = false;
    knowledge_copy(&state->saved[node], &state->nodes[node]);
    if (sim_world_session(world, node) == NULL) return;
    /* Timers wait while the queues are full or the budget is spent. */
    const bool is_behind = world->nodes[node].is_touched || world->nodes[node].is_backed_up;
    if (!is_behind && !world->is_broken) check_node(world, node, &state->nodes[node]);
    if (!is_behind && !world->is_broken) check_told(world, node, &state->told[node]);
}

/* A step that failed may have been saved all the same: the disk knows. */
static void on_crash(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    const bool is_disk_fault = world->counters.disk_faults != state->faults_seen;
    const bool is_saved =
        is_disk_fault && sim_disk_met(world->nodes[node].disk) == SIM_DISK_CRASH_AFTER;
    state->faults_seen = world->counters.disk_faults;
    if (!is_watched(world, node)) return;
    if (is_saved) {
        knowledge_note_time(&state->nodes[node], world, node);
        knowledge_copy(&state->saved[node], &state->nodes[node]);
    }
    knowledge_keep_sent(&state->saved[node], &state->nodes[node]);
    knowledge_copy(&state->nodes[node], &state->saved[node]);
}

static void on_reopen(void *of, sim_world *world, uint32_t node)
{
    oracle_state *state = of;
    if (!is_watched(world, node)) return;
    state->nodes[node].has_restarted = true;
    knowledge_copy(&state->saved[node], &state->nodes[node]); /* What it was seen to have. */
}

const sim_oracle sim_oracle_warnings = {.name = name,
                                        .make = make,
                                        .on_input = on_input,
                                        .on_arrival = on_arrival,
                                        .on_accepted = on_accepted,
                                        .on_packet_out = on_packet_out,
                                        .on_event = on_event,
                                        .after_step = after_step,
                                        .after_drain = after_drain,
                                        .on_crash = on_crash,
                                        .on_reopen = on_reopen,
                                        .free = free_state};
