/*
 * I6: no key and nonce seal two different things, no key serves two purposes, no two keys are
 * alike; and a key that sealed a packet of a node seals no other one of it. In all runs and for all
 * members: also those that went back, were copied, or whose randomness repeats.
 */
#include "oracles.h"
#include "spent.h"

static const char name[] = "I6 keys and nonces";

typedef struct nonces {
    sim_table sent; /* By key and who sent with it: the packet. */
} nonces;

static void *make(const sim_world *world)
{
    (void)world;
    return sim_zeroed(1, sizeof(nonces));
}

/* A copy, and one that went back, may come to use a key again: then the nonce differs. */
static void check_generation(nonces *state, sim_world *world, uint32_t node,
                             const sim_sending *sending)
{
    const uint32_t key = sim_spent_key(world, sending->packet->bytes);
    if (key == SIM_NONE) return;
    const uint32_t who[] = {key, node, world->truth.views[node].lineage};
    const mjl_id of = sim_hash(mjl_bytes_of((const uint8_t *)who, sizeof who));
    const uint32_t before = sim_table_find(&state->sent, &of);
    if (before == SIM_NONE) {
        sim_table_put(&state->sent, &of, sending->number);
    } else if ((world->nodes[node].spoils & SIM_SPOIL_EVIL) == 0) {
        sim_broken(world, name, node, "packets %u and %u are sealed with one key", before,
                   sending->number);
    }
}

static void check_book(sim_world *world, uint32_t node)
{
    if (world->secrets->fault[0] != 0) sim_broken(world, name, node, "%s", world->secrets->fault);
}

static void on_packet_out(void *context, sim_world *world, uint32_t node,
                          const sim_sending *sending)
{
    if (sending->is_first) check_generation(context, world, node, sending);
    check_book(world, node);
}

static void after_step(void *context, sim_world *world, uint32_t node)
{
    (void)context;
    check_book(world, node);
}

static void free_state(void *context)
{
    sim_table_clear(&((nonces *)context)->sent);
    free(context);
}

const sim_oracle sim_oracle_nonces = {.name = name,
                                      .make = make,
                                      .on_packet_out = on_packet_out,
                                      .after_step = after_step,
                                      .free = free_state};
