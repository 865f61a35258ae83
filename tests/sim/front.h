/*
 * Which line is the group's at the end of a run, and who is no part of it any more.
 */
#ifndef SIM_FRONT_H
#define SIM_FRONT_H

#include "world.h"

bool sim_is_live_core(const sim_world *world, uint32_t node);
/* A live member of the core whose line is that of the group; SIM_NONE: nobody lives. */
uint32_t sim_front(const sim_world *world);
/* It was removed and did not hear of it while it could: nobody answers it any more (DESIGN section
   9), so it goes on believing that it is in, perhaps on a line of its own. */
bool sim_is_out_unaware(const sim_world *world, uint32_t node, uint32_t front);
/* Whoever left says nothing any more, also when not everybody heard what it said and did before
   (session/README.md, what is not promised). */
bool sim_has_left(const sim_world *world, uint32_t node);
/* Nobody hears from it what it has: it left, or was removed, be it that it did not hear so. */
bool sim_is_gone(const sim_world *world, uint32_t node, uint32_t front);
/* The core lives behind that epoch. */
bool sim_is_lived_in_core(const sim_world *world, uint32_t branch);

#endif
