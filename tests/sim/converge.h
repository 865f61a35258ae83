/*
 * Whether the core of a healed world has converged: one epoch, everything accepted by all, acked,
 * nothing waiting.
 */
#ifndef SIM_CONVERGE_H
#define SIM_CONVERGE_H

#include "world.h"

/* False: why not, in words (may be NULL). */
bool sim_converged(sim_world *world, char *why, size_t why_size);
/* Everybody who asked is in, and calm: the end of a gathering. */
bool sim_gathered(sim_world *world);
/* The core is made whole: links, disks, clocks, chance; whoever is down starts. */
void sim_heal(sim_world *world);

#endif
