/*
 * What a node's session keeps, asked by the truth's numbers: for what no query of the library
 * tells, since no user has to know it.
 */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "session_state.h"
#include "world.h"

/* Its state of that epoch; NULL: it has none. */
const mjl_epoch *sim_inside_epoch(const sim_world *world, uint32_t node, uint32_t branch);
/* Did it live in the epoch, and let the keys go? */
bool sim_inside_has_let_go(const sim_world *world, uint32_t node, uint32_t branch);
/* Can it repeat the place? */
bool sim_inside_keeps_packet(const sim_world *world, uint32_t node, uint32_t place);

#endif
