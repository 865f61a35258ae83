/*
 * Which message keys each node has used up, durably: by sending, or by applying what came in.
 *
 *     packet out ──────────────────────> spent       (it left after the step that made it durable)
 *     arrival, APPLIED ──> step is OK ──> spent
 *
 * The key is the one that sealed the packet's content. Whoever tells it of a crash tells it that
 * what was not stepped did not happen.
 */
#ifndef SIM_SPENT_H
#define SIM_SPENT_H

#include "world.h"

typedef struct sim_spent_node {
    sim_set keys;
    uint32_t lineage; /* Of the view: a node that went back has used up nothing of it. */
    uint32_t *waiting;
    size_t waiting_count, waiting_room;
} sim_spent_node;

typedef struct sim_spent {
    sim_spent_node *nodes;
    uint32_t nodes_count;
    void *context; /* Of `found`: a node has just used up a key. */
    void (*found)(void *context, sim_world *world, uint32_t node, uint32_t key);
} sim_spent;

void sim_spent_init(sim_spent *spent, uint32_t nodes_count);
void sim_spent_clear(sim_spent *spent);
/* The key of a PrivateMessage's content; SIM_NONE: it is none, or nobody's. */
uint32_t sim_spent_key(const sim_world *world, mjl_bytes packet);
void sim_spent_out(sim_spent *spent, sim_world *world, uint32_t node, const sim_sending *sending);
void sim_spent_arrival(sim_spent *spent, sim_world *world, uint32_t node,
                       const sim_arriving *arriving);
void sim_spent_stopped(sim_spent *spent, uint32_t node);
void sim_spent_stepped(sim_spent *spent, sim_world *world, uint32_t node);

#endif
