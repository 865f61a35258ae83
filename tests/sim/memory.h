/*
 * A machine whose memory runs out for a while: one allocation of the library fails in one of its
 * calls, or all do until that call returns.
 *
 * The host does what it should: a call that was refused is made again, and a profile that closed
 * itself is opened again. So nobody but this node ever notices.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include "node.h"

/* Around any call of the library. `sim_memory_came_back` answers whether an allocation failed. */
void sim_memory_runs_out(const sim_node *node);
bool sim_memory_came_back(sim_node *node);

/* The same calls. STORE_FAILED: the profile closed itself. */
mjl_result sim_memory_step(sim_node *node, mjl_time now);
mjl_result sim_memory_receive(sim_node *node, mjl_time now, mjl_bytes packet, mjl_verdict *verdict);

#endif
