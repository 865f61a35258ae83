/*
 * I18: a packet that is refused changes nothing. Now and then the world steps a node before it
 * hands it a packet, and again after a refusal, at the same instant: the states are the same. Two
 * places of one number are refused and kept as evidence.
 *
 * Whoever is no member elicits nothing: the knock of somebody removed is refused.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "I18 refusal";

static void check_knock(sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    mjl_session_info info;
    const sim_truth *const truth = &world->truth;
    if (arriving->verdict == NULL || arriving->number == SIM_NONE) return;
    if (arriving->verdict->kind != MJL_VERDICT_APPLIED) return;
    const sim_packet *const packet = &truth->packets[arriving->number];
    if (packet->kind != MJL_PACKET_KNOCK || sim_world_session(world, node) == NULL) return;
    mjl_session_get_info(sim_world_session(world, node), &info);
    const uint32_t tip = sim_truth_branch(truth, &info.branch);
    const uint32_t author = world->nodes[packet->maker].identity;
    if (tip == SIM_NONE || !truth->branches[tip].has_roster ||
        sim_set_has(&truth->branches[tip].roster, author))
        return;
    sim_broken(world, name, node, "node%u, which is no member, is answered", packet->maker);
}

static void on_arrival(void *state, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    (void)state;
    check_knock(world, node, arriving);
    if (!arriving->has_states || arriving->verdict->why == MJL_EQUIVOCATION) return;
    if (memcmp(&arriving->before, &arriving->after, sizeof arriving->after) == 0) return;
    sim_broken(world, name, node, "a packet refused for %s changed its state",
               mjl_result_name(arriving->verdict->why));
}

const sim_oracle sim_oracle_refusal = {.name = name, .on_arrival = on_arrival};
