/* No call answers what it must not: no MJL_BUG, and nothing that needs a broken disk without one.
 */
#include "oracles.h"
#include "world.h"

static const char name[] = "results";

static void look(sim_world *world, uint32_t node, const char *call, mjl_result result)
{
    switch (result) {
    case MJL_BUG:
    case MJL_OUT_OF_MEMORY:
    case MJL_STORE_DAMAGED:
    case MJL_STORE_MISSING:
    case MJL_STORE_LOCKED:
        sim_broken(world, name, node, "%s answered: %s", call, mjl_result_name(result));
        break;
    default:
        break;
    }
}

static void on_input(void *state, sim_world *world, uint32_t node, const sim_input *input)
{
    (void)state;
    look(world, node, input->step == NULL ? "invite" : sim_action_name(input->step->action),
         input->result);
}

/* A Welcome beside the one that it came in by is taken from members alone that it knows from there
   (session/README.md, First contact). Who was removed and does not know it yet may make another. */
static bool is_strangers_welcome(const sim_world *world, uint32_t node, const sim_packet *packet)
{
    const sim_truth *const truth = &world->truth;
    const sim_set *const roots = &truth->views[node].roots;
    if (packet->kind != MJL_PACKET_WELCOME) return false;
    for (uint32_t i = 0; i < truth->branches_count; i++) {
        if (!sim_set_has(roots, i)) continue;
        if (sim_set_has(&truth->branches[i].roster, world->nodes[packet->maker].identity)) {
            return false;
        }
    }
    return true;
}

/* Only so many skipped keys are kept: whoever was away while its maker sent more in that epoch
   reads what follows once the places between came (session/README.md). */
static bool is_far_ahead(const sim_truth *truth, const sim_packet *packet)
{
    enum { AHEAD = 1024 };
    uint32_t count = 0;
    for (size_t i = 0; i < truth->packets_count; i++) {
        const sim_packet *const other = &truth->packets[i];
        count += other->maker == packet->maker && other->wanted_epoch == packet->wanted_epoch;
    }
    return count > AHEAD;
}

static void on_arrival(void *state, sim_world *world, uint32_t node, const sim_arriving *arriving)
{
    (void)state;
    look(world, node, "receive", arriving->result);
    if (arriving->verdict == NULL) return;
    look(world, node, "the verdict", arriving->verdict->why);
    /* Whole packets of honest members are never refused for what is in them. */
    const bool is_refused = arriving->verdict->kind == MJL_VERDICT_REJECTED;
    if (!is_refused || arriving->number == SIM_NONE) return;
    const uint32_t maker = world->truth.packets[arriving->number].maker;
    /* Whoever was removed and does not know it yet knocks in vain. */
    const sim_packet *const packet = &world->truth.packets[arriving->number];
    const bool is_strangers =
        packet->kind == MJL_PACKET_KNOCK || is_strangers_welcome(world, node, packet);
    if (is_strangers && arriving->verdict->why == MJL_UNKNOWN_SENDER) return;
    if (arriving->verdict->why == MJL_TOO_FAR_AHEAD && is_far_ahead(&world->truth, packet)) return;
    /* More ask at a time than one commit lets in: they ask again. */
    if (arriving->verdict->why == MJL_TOO_MANY_REQUESTS) return;
    if (world->nodes[maker].spoils == 0 && world->nodes[node].spoils == 0) {
        sim_broken(world, name, node, "an honest packet %u of node%u is refused: %s",
                   arriving->number, maker, mjl_result_name(arriving->verdict->why));
    }
}

const sim_oracle sim_oracle_results = {
    .name = name, .on_input = on_input, .on_arrival = on_arrival};
