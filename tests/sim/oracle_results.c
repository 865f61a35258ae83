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
    if (world->truth.packets[arriving->number].kind == MJL_PACKET_KNOCK &&
        arriving->verdict->why == MJL_UNKNOWN_SENDER) {
        return;
    }
    /* More ask at a time than one commit lets in: they ask again. */
    if (arriving->verdict->why == MJL_TOO_MANY_REQUESTS) return;
    if (world->nodes[maker].spoils == 0 && world->nodes[node].spoils == 0) {
        sim_broken(world, name, node, "an honest packet %u of node%u is refused: %s",
                   arriving->number, maker, mjl_result_name(arriving->verdict->why));
    }
}

const sim_oracle sim_oracle_results = {
    .name = name, .on_input = on_input, .on_arrival = on_arrival};
