/*
 * I20: what was said and persisted reaches every reader of the core exactly once, or its author was
 * told that it failed.
 */
#include "converge.h"
#include "oracles.h"
#include "world.h"

static const char name[] = "I20 no lost send";

/* Messages of which an author was told that they failed: in a removal that was undone afterwards,
   what had no place yet is gone with that. */
static void *ledger_make(const sim_world *world)
{
    (void)world;
    return sim_zeroed(1, sizeof(sim_set));
}

static void ledger_free(void *state)
{
    sim_set_clear(state);
    free(state);
}

static void on_event(void *state, sim_world *world, uint32_t node, const mjl_event *event)
{
    (void)node;
    if (event->kind != MJL_EVENT_MESSAGE_STATE || event->new_state != MJL_MESSAGE_FAILED) return;
    const uint32_t message = sim_truth_message(&world->truth, &event->message);
    if (message != SIM_NONE) sim_set_add(state, message);
}

/* Those that the end is about. */
static bool is_live_core(const sim_world *world, uint32_t i)
{
    return sim_is_in(world, i) && sim_world_state(world, i) == MJL_SESSION_LIVE;
}

static void check_author(sim_world *world, const sim_said *said, uint32_t message,
                         mjl_message_state state)
{
    (void)message;
    switch (state) {
    case MJL_MESSAGE_EVERYONE:
    case MJL_MESSAGE_FAILED:
    case MJL_MESSAGE_ORPHANED:
        return;
    case MJL_MESSAGE_QUEUED:
        if (said->asks || said->is_queued) return;
        break;
    default:
        break;
    }
    /* Nobody waited for acks then (converge.c): it is on its way, or will never be whole. */
    if (world->has_doubled_keys) return;
    const uint32_t tip = world->truth.views[said->node].tip;
    if (tip == SIM_NONE || !sim_is_all_core(world, tip)) return;
    sim_broken(world, name, said->node, "message of step %u ends as \"%s\"", said->step,
               mjl_message_state_name(state));
}

static void check_readers(sim_world *world, const sim_said *said, uint32_t message)
{
    const sim_truth *const truth = &world->truth;
    if (truth->messages[message].first_place == SIM_NONE) {
        sim_broken(world, name, said->node, "message of step %u was never placed", said->step);
        return;
    }
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!is_live_core(world, i) || !sim_truth_counts(truth, said->node, message, i)) continue;
        if (sim_truth_was_delivered(truth, i, message)) continue;
        sim_broken(world, name, i, "message of step %u by node%u was never delivered", said->step,
                   said->node);
    }
}

static void at_end(void *state, sim_world *world)
{
    for (size_t s = 0; s < world->truth.said_count && !world->is_broken; s++) {
        const sim_said *const said = &world->truth.said[s];
        if (!said->is_durable || said->is_lost || !is_live_core(world, said->node)) continue;
        mjl_message_info info;
        mjl_session *const session = sim_world_session(world, said->node);
        const uint32_t message = sim_truth_message(&world->truth, &said->message);
        if (mjl_session_message_by_id(session, &said->message, &info) != MJL_OK) {
            if (message != SIM_NONE && sim_set_has(state, message)) continue;
            sim_broken(world, name, said->node, "message of step %u is gone", said->step);
            return;
        }
        check_author(world, said, message, info.state);
        if (info.state == MJL_MESSAGE_EVERYONE) check_readers(world, said, message);
    }
}

const sim_oracle sim_oracle_ledger = {
    .name = name, .make = ledger_make, .on_event = on_event, .at_end = at_end, .free = ledger_free};
