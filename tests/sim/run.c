#include "run.h"

#include "actions.h"
#include "converge.h"
#include "heal.h"
#include "observe.h"
#include "trace.h"
#include "watch.h"

/* What heartbeats that slowed down to an hour need, and the resends after them. */
static const mjl_time LIVENESS_MS = (mjl_time)4 * 3600 * 1000;
static const mjl_time DAY_MS = (mjl_time)86400 * 1000;
enum { RESTLESS_DAYS = 10 };

static void gather(sim_world *world, mjl_time most)
{
    sim_world_run_until(world, world->now + most, sim_gathered);
    world->origin = world->now;
}

static void do_steps(sim_world *world)
{
    const sim_script *const script = world->script;
    for (size_t i = 0; i < script->count && !world->is_broken; i++) {
        const sim_step *const step = &script->steps[i];
        sim_world_run(world, world->origin + step->at);
        if (world->is_broken) return;
        sim_action_do(world, step);
        if (step->action == SIM_GATHER) gather(world, (mjl_time)step->args[0]);
    }
    sim_world_run(world, world->now + 1);
}

static bool has_converged(sim_world *world)
{
    return sim_converged(world, NULL, 0);
}

static void live(sim_world *world)
{
    char why[256] = "";
    sim_trace_note(world, "heal");
    world->phase = SIM_PHASE_LIVENESS;
    sim_heal(world);
    for (size_t i = 0; !world->is_quick && sim_oracles[i] != NULL; i++) {
        if (sim_oracles[i]->at_heal != NULL)
            sim_oracles[i]->at_heal(world->oracle_states[i], world);
    }
    const mjl_time began = world->now;
    if (!sim_world_run_until(world, began + LIVENESS_MS, has_converged) && !world->is_broken) {
        sim_converged(world, why, sizeof why);
        sim_broken(world, "L1 L2 one epoch, everything acked", SIM_NONE, "%s", why);
    }
    world->counters.converged_ms = world->now - began;
}

/* Beside a member that is hurt for good a room may wait for ever and never be idle, which says
   nothing new for weeks: longer than keys live is enough. */
static mjl_time quiet_days(const sim_world *world)
{
    const uint32_t days = world->script->manner.quiet_days;
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_world_is_core(world, i) && days > RESTLESS_DAYS) return RESTLESS_DAYS;
    }
    return days;
}

static void be_quiet(sim_world *world)
{
    sim_trace_note(world, "quiet");
    world->phase = SIM_PHASE_QUIET;
    for (size_t i = 0; !world->is_quick && sim_oracles[i] != NULL; i++) {
        if (sim_oracles[i]->at_calm != NULL)
            sim_oracles[i]->at_calm(world->oracle_states[i], world);
    }
    sim_world_run(world, world->now + quiet_days(world) * DAY_MS);
    for (size_t i = 0; !world->is_quick && sim_oracles[i] != NULL && !world->is_broken; i++) {
        if (sim_oracles[i]->at_end != NULL) sim_oracles[i]->at_end(world->oracle_states[i], world);
    }
}

/* ---- The hash of the end ---- */

static void hash_node(sim_world *world, uint32_t i, mjl_id *state)
{
    sim_node *const node = &world->nodes[i];
    memset(state, 0, sizeof *state);
    if (node->profile == NULL) return;
    if (mjl_profile_step(node->profile, sim_node_now(node, world->now)) != MJL_OK) return;
    if (mjl_profile_state_hash(node->profile, state) != MJL_OK) memset(state, 0, sizeof *state);
}

static mjl_id hash_end(sim_world *world)
{
    mjl_id *const states = sim_zeroed(world->nodes_count, sizeof *states);
    for (uint32_t i = 0; i < world->nodes_count; i++)
        hash_node(world, i, &states[i]);
    const uint64_t sums[] = {world->counters.packets, world->counters.events,
                             (uint64_t)(world->now - world->origin)};
    uint8_t numbers[sizeof sums];
    for (size_t i = 0; i < sizeof sums; i++)
        numbers[i] = (uint8_t)(sums[i / 8] >> (8 * (i % 8)));
    const mjl_bytes fields[] = {
        mjl_bytes_of(states, world->nodes_count * sizeof *states),
        /* How often a node is stepped or opened again may differ in runs that end alike. */
        mjl_bytes_of(numbers, world->reopens_each_step || world->steps_twice ? 0 : sizeof numbers)};
    const mjl_id hash = sim_look_hash("sim", fields, 2);
    free(states);
    return hash;
}

void sim_run(const sim_script *script, const sim_options *options, sim_outcome *outcome)
{
    sim_world *const world = sim_world_new(script);
    world->trace = options->trace;
    world->is_quick = options->is_quick;
    world->only = options->only;
    world->steps_twice = options->steps_twice;
    world->reopens_each_step = options->reopens_each_step;
    if (!world->is_quick) {
        world->secrets = sim_secrets_new();
        world->secrets->is_plain = script->manner.provider == SIM_TOY;
    }
    sim_watch_tell(world->secrets);
    for (size_t i = 0; !world->is_quick && sim_oracles[i] != NULL; i++) {
        if (sim_oracles[i]->make != NULL) world->oracle_states[i] = sim_oracles[i]->make(world);
    }
    do_steps(world);
    if (!world->is_broken) live(world);
    if (!world->is_broken) be_quiet(world);
    for (size_t i = 0; !world->is_quick && sim_oracles[i] != NULL; i++) {
        if (sim_oracles[i]->free != NULL) sim_oracles[i]->free(world->oracle_states[i]);
    }
    memset(outcome, 0, sizeof *outcome);
    mjl_network_get_counters(world->network, &world->counters.network);
    outcome->counters = world->counters;
    outcome->is_broken = world->is_broken && !world->is_unseen;
    outcome->node = world->broken_node;
    outcome->step = world->broken_step;
    memcpy(outcome->oracle, world->broken_oracle, sizeof outcome->oracle);
    memcpy(outcome->text, world->broken_text, sizeof outcome->text);
    outcome->hash = hash_end(world);
    sim_world_free(world);
}
