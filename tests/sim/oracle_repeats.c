/*
 * L3, beside oracle_amplify.c, which bounds what one packet may cost: who repeats, and what all of
 * it comes to.
 *
 *     heard or sent by a member ──a quarter of BC_LAT──> it may send it again    (not by everybody)
 *     healed ──> each place at most 2n times ──> converged                       (the burst)
 *     the bytes of what was only cut off and healed, at most 4 times those of a day without loss
 *     a want ──> for nothing that waits here already
 *
 * A quarter, since that is the shortest BC_LAT that may be measured. The burst and the bytes are
 * asked for where the network alone was at fault: who is hurt for good may ask for ever, and who
 * starts again may not know what it repeated.
 */
#include "converge.h"
#include "latency.h"
#include "oracles.h"
#include "world.h"

static const char name[] = "L3 repetition";

typedef struct on_wire { /* Of one packet: when each member had it last, by its own clock. */
    mjl_time *at;
    mjl_time *accepted_at; /* Likewise. */
    uint64_t since_heal;
} on_wire;

typedef struct repeats {
    on_wire *packets;
    size_t count, room;
    uint32_t members_count;
    mjl_time *now;  /* Of each member: its time never goes back. */
    bool *is_later; /* What it hands out may have been made before. */
    bool is_healed;
} repeats;

static void *make(const sim_world *world)
{
    repeats *state = sim_zeroed(1, sizeof *state);
    state->members_count = world->members_count;
    state->now = sim_zeroed(world->members_count, sizeof *state->now);
    state->is_later = sim_zeroed(world->members_count, sizeof *state->is_later);
    return state;
}

static void end(void *context)
{
    repeats *const state = context;
    for (size_t i = 0; i < state->count; i++) {
        free(state->packets[i].at);
        free(state->packets[i].accepted_at);
    }
    free(state->packets);
    free(state->is_later);
    free(state->now);
    free(state);
}

static on_wire *packet_of(repeats *state, uint32_t number)
{
    while (state->count <= number) {
        state->packets =
            sim_grown(state->packets, state->count, &state->room, sizeof *state->packets);
        state->packets[state->count++] =
            (on_wire){.at = sim_zeroed(state->members_count, sizeof(mjl_time)),
                      .accepted_at = sim_zeroed(state->members_count, sizeof(mjl_time))};
    }
    return &state->packets[number];
}

static mjl_time now_of(repeats *state, const sim_world *world, uint32_t node)
{
    const mjl_time shown = sim_node_now(&world->nodes[node], world->now);
    if (shown > state->now[node]) state->now[node] = shown;
    return state->now[node];
}

/* Its clock may go back, while its time stands still. */
static void on_input(void *context, sim_world *world, uint32_t node, const sim_input *input)
{
    (void)input;
    repeats *const state = context;
    if (node < state->members_count) now_of(state, world, node);
}

/* ---- Not by everybody ---- */

static void check_pause(repeats *state, sim_world *world, uint32_t node, uint32_t number)
{
    const mjl_time least = (mjl_time)world->script->manner.bc_lat_ms / MJL_LATENCY_PARTS_MIN;
    const mjl_time last = packet_of(state, number)->at[node];
    const mjl_time now = now_of(state, world, node);
    /* What is due, or was decided in the turn before, is not taken back by what arrives. */
    if (last == 0 || now - last <= 1 || state->is_later[node] || now - last >= least) return;
    /* A commit that waits is repeated beside each want, and at its pace (waiting_commits.h): also
       in the turn in which what it waited for arrives. */
    const uint32_t place = world->truth.packets[number].place;
    if (!sim_set_has(&world->truth.views[node].accepted, place)) return;
    if (packet_of(state, number)->accepted_at[node] == now) return;
    sim_broken(world, name, node, "packet %u goes out again %lld ms after it was on the wire",
               number, (long long)(now - last));
}

/* Whoever asks for what it has makes others send it for nothing: what it names as held in the same
   breath. */
static void check_want(sim_world *world, uint32_t node, const mjl_packet *packet)
{
    sim_look look;
    if (packet->kind != MJL_PACKET_STATEMENT || world->nodes[node].is_backed_up) return;
    if (!sim_look_at(world->tap, packet->bytes, &look) || look.type != SIM_TYPE_WANT) return;
    for (uint32_t i = 0; i < look.missing_count; i++) {
        const uint32_t place = sim_truth_place(&world->truth, &look.missing[i].id);
        bool is_held = false;
        for (size_t at = 0; at + SIM_HELD_SIZE <= look.held.size; at += SIM_HELD_SIZE)
            is_held |= memcmp(look.held.data + at, look.missing[i].id.bytes, SIM_HELD_SIZE) == 0;
        if (!is_held) continue;
        sim_broken(world, name, node, "it asks for place %u, which waits here", place);
        return;
    }
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    repeats *const state = context;
    const sim_packet *const packet = &world->truth.packets[sending->number];
    check_want(world, node, sending->packet);
    if (node >= state->members_count || packet->place == SIM_NONE) return;
    on_wire *const of = packet_of(state, sending->number);
    /* For the first time it may have waited for its transport, or for a restart. */
    if (sending->packet->resend > 0) {
        check_pause(state, world, node, sending->number);
        if (!state->is_later[node]) of->at[node] = now_of(state, world, node);
    }
    of->since_heal += state->is_healed && packet->sendings > 1;
}

static void on_accepted(void *context, sim_world *world, uint32_t node, uint32_t place)
{
    repeats *const state = context;
    const uint32_t number = world->truth.places[place].packet;
    if (node >= state->members_count || number == SIM_NONE) return;
    packet_of(state, number)->accepted_at[node] = now_of(state, world, node);
}

/* What it took for a repetition. */
static void on_arrival(void *context, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    repeats *const state = context;
    if (node >= state->members_count) return;
    const mjl_time now = now_of(state, world, node);
    if (arriving->number == SIM_NONE || arriving->verdict == NULL) return;
    if (arriving->verdict->kind != MJL_VERDICT_DUPLICATE) return;
    if (world->truth.packets[arriving->number].place == SIM_NONE) return;
    packet_of(state, arriving->number)->at[node] = now;
}

static void forget(void *context, sim_world *world, uint32_t node)
{
    repeats *const state = context;
    (void)world;
    if (node >= state->members_count) return;
    for (size_t i = 0; i < state->count; i++)
        state->packets[i].at[node] = 0;
    state->is_later[node] = true;
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    repeats *const state = context;
    if (node >= state->members_count) return;
    now_of(state, world, node);
    state->is_later[node] |= world->nodes[node].is_backed_up;
}

static void after_drain(void *context, sim_world *world, uint32_t node)
{
    repeats *const state = context;
    if (node < state->members_count) state->is_later[node] = world->nodes[node].is_backed_up;
}

/* ---- All of it ---- */

static bool is_everybody_well(const sim_world *world)
{
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        if (world->nodes[i].is_there && !sim_world_is_core(world, i)) return false;
    }
    return world->nodes_count == world->members_count;
}

static void at_heal(void *context, sim_world *world)
{
    (void)world;
    ((repeats *)context)->is_healed = true;
}

/* Nothing but the network was at fault; `cuts_alone`: and it lost nothing but by cutting off. */
static bool was_the_network(const sim_world *world, bool cuts_alone)
{
    for (size_t i = 0; i < world->script->count; i++) {
        const sim_action action = world->script->steps[i].action;
        const sim_group group = sim_action_group(action);
        if (group == SIM_GROUP_APP) continue;
        if (group != SIM_GROUP_NET) return false;
        if (cuts_alone && action != SIM_CUT && action != SIM_PARTITION) return false;
    }
    return true;
}

/* What stands on the words of somebody removed may wait for what nobody has, and is repeated
   meanwhile. */
static bool was_anybody_removed(const sim_truth *truth)
{
    for (uint32_t i = 1; i < truth->branches_count; i++) {
        const uint32_t parent = truth->branches[i].parent;
        if (parent == SIM_NONE || !truth->branches[i].has_roster) continue;
        const sim_set *const before = &truth->branches[parent].roster;
        if (sim_set_first_missing(before, &truth->branches[i].roster, 0) != SIM_NONE) return true;
    }
    return false;
}

/* n: who can repeat; u: what not everyone was known to have. Commits are repeated beyond that,
   until rivals find together and whoever is removed has heard of it: oracle_amplify.c bounds these.
 */
static void check_burst(const repeats *state, sim_world *world)
{
    uint64_t repeated = 0, places = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        if (world->truth.packets[i].kind == MJL_PACKET_COMMIT) continue;
        repeated += state->packets[i].since_heal;
        places += state->packets[i].since_heal > 0;
    }
    if (repeated <= 2 * world->members_count * places) return;
    sim_broken(world, name, SIM_NONE, "%llu repetitions of %llu places after the healing",
               (unsigned long long)repeated, (unsigned long long)places);
}

typedef struct traffic {
    uint64_t bytes, said, said_bytes, statements, statement_bytes;
} traffic;

static traffic traffic_of(const sim_truth *truth)
{
    traffic of = {0};
    for (size_t i = 0; i < truth->packets_count; i++) {
        const sim_packet *const packet = &truth->packets[i];
        const uint64_t bytes = packet->sendings * packet->bytes.size;
        of.bytes += bytes;
        if (packet->kind == MJL_PACKET_STATEMENT || packet->kind == MJL_PACKET_KNOCK) {
            of.statements += packet->sendings;
            of.statement_bytes += bytes;
        } else {
            of.said++;
            of.said_bytes += packet->bytes.size;
        }
    }
    return of;
}

/* A day without loss: each packet once, an ack of it by each of the others, and heartbeats. */
static void check_bytes(sim_world *world)
{
    enum { TIMES = 4 };
    const traffic of = traffic_of(&world->truth);
    const uint64_t n = world->members_count;
    if (of.statements == 0 || world->now < world->origin) return;
    const uint64_t beat =
        MJL_HEARTBEAT_FA_INTERVALS *
        (2 * (uint64_t)world->script->manner.bc_lat_ms + world->script->manner.m_intv_ms);
    const uint64_t beats = n * (1 + (uint64_t)(world->now - world->origin) / beat);
    const uint64_t statements = of.said * (n - 1) + beats;
    const uint64_t least = of.said_bytes + statements * (of.statement_bytes / of.statements);
    if (of.bytes <= TIMES * least) return;
    sim_broken(world, name, SIM_NONE, "%llu bytes, where %llu would do without loss",
               (unsigned long long)of.bytes, (unsigned long long)least);
}

static void at_calm(void *context, sim_world *world)
{
    if (!is_everybody_well(world)) return;
    if (was_the_network(world, false) && !was_anybody_removed(&world->truth))
        check_burst(context, world);
    if (was_the_network(world, true)) check_bytes(world);
}

const sim_oracle sim_oracle_repeats = {.name = name,
                                       .make = make,
                                       .on_input = on_input,
                                       .on_packet_out = on_packet_out,
                                       .on_accepted = on_accepted,
                                       .on_arrival = on_arrival,
                                       .on_crash = forget,
                                       .on_reopen = forget,
                                       .after_step = after_step,
                                       .after_drain = after_drain,
                                       .at_heal = at_heal,
                                       .at_calm = at_calm,
                                       .free = end};
