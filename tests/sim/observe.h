/*
 * What happens becomes truth, and is told to the oracles and to the trace.
 */
#ifndef SIM_OBSERVE_H
#define SIM_OBSERVE_H

#include "world.h"

/* Tells every oracle that listens. */
#define SIM_TELL(world, function, ...)                                                             \
    for (size_t told = 0; !(world)->is_quick && sim_oracles[told] != NULL; told++)                 \
        if (sim_oracles[told]->function != NULL)                                                   \
    sim_oracles[told]->function((world)->oracle_states[told], (world), __VA_ARGS__)

/* A step returned OK: places that are new in the node's graph, where it is now. */
void sim_observe_state(sim_world *world, uint32_t node);
/* It was opened: what it had is there, and perhaps more. */
void sim_observe_reopened(sim_world *world, uint32_t node);
/* It lives on an older state: its view begins again. */
void sim_observe_new_lineage(sim_world *world, uint32_t node);
/* A packet is handed out; answers its number in the truth. */
uint32_t sim_observe_packet(sim_world *world, uint32_t node, const mjl_packet *packet);
/* A packet comes to a node, which has not looked at it yet. */
void sim_observe_arrival(sim_world *world, uint32_t node, uint32_t number);
/* A step returned OK: what came early may be opened by now. */
void sim_observe_waiting(sim_world *world, uint32_t node, const mjl_session *session);
/* An insider's packet, which all would refuse who have what it follows, may spend its key all the
   same, and its member seals with it again: it waits at somebody who does not have that, at once or
   when its epoch is reached, or contradicts what is there and is evidence. */
void sim_observe_forgery(sim_world *world, uint32_t node, const mjl_verdict *verdict,
                         mjl_bytes packet);
void sim_observe_event(sim_world *world, uint32_t node, const mjl_event *event);
/* A say that was accepted; answers its number. */
uint32_t sim_observe_said(sim_world *world, const sim_step *step, const mjl_message_id *message,
                          mjl_bytes body, mjl_said how, mjl_if_grown if_grown);
/* What was said and not persisted is gone with the process. */
void sim_observe_stopped(sim_world *world, uint32_t node);

#endif
