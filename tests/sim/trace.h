/*
 * What a world does, line by line as JSON, into world->trace when there is one.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include "world.h"

void sim_trace_step(sim_world *world, const sim_step *step);
void sim_trace_input(sim_world *world, uint32_t node, const sim_input *input);
void sim_trace_opened(sim_world *world, uint32_t node, mjl_result result);
void sim_trace_stopped(sim_world *world, uint32_t node);
void sim_trace_arrival(sim_world *world, uint32_t node, const sim_arriving *arriving);
void sim_trace_accepted(sim_world *world, uint32_t node, uint32_t place);
void sim_trace_packet(sim_world *world, uint32_t node, const mjl_packet *packet, bool is_first);
void sim_trace_event(sim_world *world, uint32_t node, const mjl_event *event);
void sim_trace_roster(sim_world *world, uint32_t node, uint32_t branch);
void sim_trace_note(sim_world *world, const char *note);

#endif
