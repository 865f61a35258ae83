/*
 * I19: who went back to an older state, or lives twice, finds out: what its other self said is not
 * taken for an echo of its own words, and once it was read nothing goes on as before.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I19 fail-stop";

/* A place by this member that this one of it never made. */
static bool is_of_another_self(const sim_world *world, uint32_t node, uint32_t number)
{
    const sim_truth *const truth = &world->truth;
    const uint32_t place = truth->packets[number].place;
    return place != SIM_NONE && truth->places[place].author == world->nodes[node].identity &&
           !sim_set_has(&truth->views[node].accepted, place);
}

static void on_arrival(void *state, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    (void)state;
    if (arriving->verdict == NULL || arriving->number == SIM_NONE) return;
    if (!is_of_another_self(world, node, arriving->number)) return;
    if (arriving->verdict->kind == MJL_VERDICT_OWN_ECHO) {
        sim_broken(world, name, node, "it takes what its other self said for its own echo");
    }
    const bool was_read = arriving->verdict->why == MJL_EQUIVOCATION;
    if (was_read && sim_world_state(world, node) == MJL_SESSION_LIVE) {
        sim_broken(world, name, node, "it goes on, though it lives twice");
    }
}

const sim_oracle sim_oracle_copies = {.name = name, .on_arrival = on_arrival};
