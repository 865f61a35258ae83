#include "spent.h"

enum { WIRE_FORMAT_AT = 2, WIRE_FORMAT_END = 4 };

void sim_spent_init(sim_spent *spent, uint32_t nodes_count)
{
    spent->nodes_count = nodes_count;
    spent->nodes = sim_zeroed(nodes_count, sizeof *spent->nodes);
}

void sim_spent_clear(sim_spent *spent)
{
    for (uint32_t i = 0; i < spent->nodes_count; i++) {
        sim_set_clear(&spent->nodes[i].keys);
        free(spent->nodes[i].waiting);
    }
    free(spent->nodes);
    *spent = (sim_spent){0};
}

uint32_t sim_spent_key(const sim_world *world, mjl_bytes packet)
{
    if (packet.size < WIRE_FORMAT_END) return SIM_NONE;
    const uint8_t *const format = packet.data + WIRE_FORMAT_AT;
    if ((format[0] << 8 | format[1]) != SIM_WIRE_PRIVATE) return SIM_NONE;
    return sim_secrets_sealer(world->secrets, packet);
}

static sim_spent_node *node_of(sim_spent *spent, const sim_world *world, uint32_t node)
{
    sim_spent_node *const found = &spent->nodes[node];
    const uint32_t lineage = world->truth.views[node].lineage;
    if (found->lineage != lineage) {
        sim_set_clear(&found->keys);
        found->lineage = lineage;
        found->waiting_count = 0;
    }
    return found;
}

static void spend(sim_spent *spent, sim_world *world, uint32_t node, uint32_t key)
{
    sim_spent_node *const its = node_of(spent, world, node);
    if (key == SIM_NONE || sim_set_has(&its->keys, key)) return;
    sim_set_add(&its->keys, key);
    if (spent->found != NULL) spent->found(spent->context, world, node, key);
}

void sim_spent_out(sim_spent *spent, sim_world *world, uint32_t node, const sim_sending *sending)
{
    if (!sending->is_first) return; /* Anybody may send it again. */
    spend(spent, world, node, sim_spent_key(world, sending->packet->bytes));
}

void sim_spent_arrival(sim_spent *spent, sim_world *world, uint32_t node,
                       const sim_arriving *arriving)
{
    if (arriving->verdict == NULL || arriving->verdict->kind != MJL_VERDICT_APPLIED) return;
    const uint32_t key = sim_spent_key(world, arriving->bytes);
    if (key == SIM_NONE) return;
    sim_spent_node *const its = node_of(spent, world, node);
    its->waiting =
        sim_grown(its->waiting, its->waiting_count, &its->waiting_room, sizeof *its->waiting);
    its->waiting[its->waiting_count++] = key;
}

void sim_spent_stopped(sim_spent *spent, uint32_t node)
{
    spent->nodes[node].waiting_count = 0;
}

void sim_spent_stepped(sim_spent *spent, sim_world *world, uint32_t node)
{
    sim_spent_node *const its = node_of(spent, world, node);
    for (size_t i = 0; i < its->waiting_count && !world->is_broken; i++)
        spend(spent, world, node, its->waiting[i]);
    its->waiting_count = 0;
}
