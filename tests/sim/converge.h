/*
 * Whether the core of a healed world has converged: one epoch, everything accepted by all, acked,
 * nothing waiting.
 */
#ifndef SIM_CONVERGE_H
#define SIM_CONVERGE_H

#include "world.h"

/* False: why not, in words (may be NULL). */
bool sim_converged(sim_world *world, char *why, size_t why_size);
/* Is it of the core, and not removed without having heard of it? */
bool sim_is_in(const sim_world *world, uint32_t node);
/* Does an epoch's roster hold only the core? Who is hurt for good owes acks for good, and so does
   who left without anybody hearing it. */
bool sim_is_all_core(const sim_world *world, uint32_t branch);
/* Everybody who asked is in, and calm: the end of a gathering. */
bool sim_gathered(sim_world *world);

#endif
