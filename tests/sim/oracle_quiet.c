/*
 * L4, L7: after everything calmed down a group is silent but for its heartbeats, and timers run for
 * a reason.
 */
#include "converge.h"
#include "oracles.h"
#include "world.h"

static const char name[] = "L4 quiescence";

typedef struct quiet {
    uint64_t packets, steps;
    mjl_time began;
} quiet;

static void *make(const sim_world *world)
{
    (void)world;
    return sim_zeroed(1, sizeof(quiet));
}

static void at_calm(void *context, sim_world *world)
{
    quiet *const state = context;
    *state = (quiet){world->counters.packets, world->counters.steps, world->now};
}

/* Whatever is hurt, asked for and never answered: nobody goes on for ever as fast as on the first
   day. */
static void check_storm(sim_world *world, const quiet *state, uint64_t hours)
{
    enum { EACH_IN_AN_HOUR = 60 };
    uint64_t there = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++)
        there += world->nodes[i].is_there;
    const uint64_t packets = world->counters.packets - state->packets;
    if (packets > EACH_IN_AN_HOUR * there * (hours + 14)) {
        sim_broken(world, name, SIM_NONE, "a storm of %llu packets in %llu hours",
                   (unsigned long long)packets, (unsigned long long)hours);
    }
}

static void at_end(void *context, sim_world *world)
{
    const quiet *const state = context;
    const uint64_t hours = (uint64_t)(world->now - state->began) / 3600000;
    check_storm(world, state, hours);
    uint64_t live = 0, asking = 0;
    for (uint32_t i = 0; i < world->nodes_count; i++) {
        /* Who is hurt for good, or was removed unawares, may go on asking. */
        if (!sim_is_in(world, i) && sim_world_is_up(world, i)) return;
        /* Somebody who is waited for is written to, hourly in the end. */
        const uint32_t tip = world->truth.views[i].tip;
        if (tip != SIM_NONE && !sim_is_all_core(world, tip)) return;
        live += sim_world_state(world, i) == MJL_SESSION_LIVE;
        asking += sim_world_state(world, i) == MJL_SESSION_JOINING;
    }
    if (live == 0) return;
    /* Heartbeats double until they are hourly (14 times at most). Heartbeats that cross on their
       way ask and answer each other: two more statements of each member then. Whom nobody lets in
       goes on asking, hourly after the first so many times. */
    const uint64_t most = 3 * live * (hours + 14) + asking * (MJL_JOIN_LIVELY_REPEATS + hours + 14);
    const uint64_t packets = world->counters.packets - state->packets;
    if (packets > most) {
        sim_broken(world, name, SIM_NONE, "%llu packets in %llu quiet hours of %llu members",
                   (unsigned long long)packets, (unsigned long long)hours,
                   (unsigned long long)live);
    }
    const uint64_t steps = world->counters.steps - state->steps;
    if (steps > 64 * live * (hours + 28)) {
        sim_broken(world, "L7 no timer livelock", SIM_NONE, "%llu steps in %llu quiet hours",
                   (unsigned long long)steps, (unsigned long long)hours);
    }
}

const sim_oracle sim_oracle_quiet = {
    .name = name, .make = make, .at_calm = at_calm, .at_end = at_end, .free = free};
