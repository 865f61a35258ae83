/*
 * I11: who is counted as having a message durably has it; "everyone has it" means every reader that
 * the claimant still counts as a member.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I11 acks";

static bool has_it(const sim_world *world, uint32_t identity, uint32_t message)
{
    /* Who was restored, copied or is evil may have said so and forgotten. */
    const uint32_t excused = SIM_SPOIL_WENT_BACK | SIM_SPOIL_COPIED | SIM_SPOIL_EVIL;
    if ((world->nodes[identity].spoils & excused) != 0) return true;
    return sim_truth_has_message(&world->truth, identity, message);
}

static void check_readers(sim_world *world, uint32_t node, const mjl_message_id *id,
                          uint32_t message)
{
    mjl_session *const session = sim_world_session(world, node);
    mjl_member_id reader;
    bool claimed;
    for (size_t k = 0; mjl_session_message_reader(session, id, k, &reader, &claimed) == MJL_OK;
         k++) {
        const uint32_t identity = sim_truth_identity(&world->truth, &reader);
        if (identity == SIM_NONE || !claimed || has_it(world, identity, message)) continue;
        sim_broken(world, name, node, "node%u is said to have message %u, and has it not", identity,
                   message);
    }
}

static void check_everyone(sim_world *world, uint32_t node, uint32_t message)
{
    for (uint32_t i = 0; i < world->members_count; i++) {
        if (!sim_truth_counts(&world->truth, node, message, i) || has_it(world, i, message))
            continue;
        sim_broken(world, name, node, "everyone has message %u, but node%u has it not", message, i);
    }
}

static void on_event(void *state, sim_world *world, uint32_t node, const mjl_event *event)
{
    (void)state;
    if (event->kind != MJL_EVENT_MESSAGE_STATE || world->nodes[node].spoils != 0) return;
    const uint32_t message = sim_truth_message(&world->truth, &event->message);
    if (message == SIM_NONE) {
        sim_broken(world, name, node, "a state is told of a message that nobody said");
        return;
    }
    check_readers(world, node, &event->message, message);
    if (event->new_state == MJL_MESSAGE_EVERYONE) check_everyone(world, node, message);
}

const sim_oracle sim_oracle_acks = {.name = name, .on_event = on_event};
