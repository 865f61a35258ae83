/*
 * L5, beside oracle_bounds.c, which bounds what a flood makes a member keep: what is honest arrives
 * all the same, within ten times as long as it takes at most without a flood.
 *
 *     said or committed ──10 BC_LAT──> in the graph of everyone who was there
 *
 * Asked for where strangers alone were at fault, and no two commits competed: what is lost, or has
 * to be said again, takes as long as it takes.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "L5 honest traffic";

enum { TIMES = 10, CROWD = 64 /* More are not looked at: it takes long. */ };

typedef struct flood {
    mjl_time *live_since; /* Of each member; 0: it is not. */
    mjl_time healed_at;   /* What flew then is lost, and repeated. */
    bool is_asked;
} flood;

static bool is_strangers_alone(const sim_script *script)
{
    if (script->members_count > CROWD) return false;
    for (size_t i = 0; i < script->count; i++) {
        const sim_action action = script->steps[i].action;
        const sim_group group = sim_action_group(action);
        if (group == SIM_GROUP_OUTSIDER) continue;
        if (action != SIM_CREATE && action != SIM_JOIN && action != SIM_GATHER && action != SIM_SAY)
            return false;
    }
    return true;
}

static void *make(const sim_world *world)
{
    flood *state = sim_zeroed(1, sizeof *state);
    state->live_since = sim_zeroed(world->members_count, sizeof *state->live_since);
    state->is_asked = is_strangers_alone(world->script);
    return state;
}

static void end(void *context)
{
    free(((flood *)context)->live_since);
    free(context);
}

static bool has_rivals(const sim_truth *truth)
{
    for (uint32_t i = 1; i < truth->branches_count; i++) {
        if (truth->branches[i].epoch == truth->branches[i - 1].epoch) return true;
    }
    return false;
}

static mjl_time later(mjl_time a, mjl_time b)
{
    return a > b ? a : b;
}

/* Whoever came in later gets what was said meanwhile by asking for it. */
static bool was_there(const flood *state, uint32_t node, mjl_time at)
{
    return state->live_since[node] != 0 && state->live_since[node] <= at;
}

/* So does what follows such a place. */
static bool follows_earlier(const flood *state, const sim_truth *truth, uint32_t node, uint32_t at)
{
    const sim_place *const place = &truth->places[at];
    for (uint32_t i = 0; i < at; i++) {
        if (!sim_set_has(&place->past, i) || was_there(state, node, truth->places[i].at)) continue;
        if (!sim_set_has(&truth->views[node].accepted, i)) return true;
    }
    return false;
}

static void check_view(const flood *state, sim_world *world, uint32_t node)
{
    const sim_truth *const truth = &world->truth;
    const mjl_time most = TIMES * (mjl_time)world->script->manner.bc_lat_ms;
    for (uint32_t i = 0; i < truth->places_count; i++) {
        const sim_place *const place = &truth->places[i];
        if (place->at <= state->healed_at && state->healed_at < place->at + most) continue;
        if (!was_there(state, node, place->at) || world->now <= place->at + most) continue;
        const sim_branch *const branch = &truth->branches[place->branch];
        if (branch->has_roster && !sim_set_has(&branch->roster, world->nodes[node].identity))
            continue;
        if (sim_set_has(&truth->views[node].accepted, i)) continue;
        if (follows_earlier(state, truth, node, i)) continue;
        sim_broken(world, name, node,
                   "place %u did not arrive in %d BC_LAT, among strangers' packets", i, TIMES);
        return;
    }
}

static void at_heal(void *context, sim_world *world)
{
    ((flood *)context)->healed_at = world->now;
}

static void after_drain(void *context, sim_world *world, uint32_t node)
{
    flood *const state = context;
    if (!state->is_asked || node >= world->members_count || world->is_broken) return;
    const bool is_live = sim_world_state(world, node) == MJL_SESSION_LIVE;
    if (is_live && state->live_since[node] == 0) state->live_since[node] = later(world->now, 1);
    if (is_live && !has_rivals(&world->truth)) check_view(state, world, node);
}

const sim_oracle sim_oracle_flood = {
    .name = name, .make = make, .after_drain = after_drain, .at_heal = at_heal, .free = end};
