/*
 * Who cannot go on by itself: a person among the others is asked to restore it or to let it in
 * again (session/README.md, what is not promised), and users here do not.
 */
#ifndef SIM_STRANDED_H
#define SIM_STRANDED_H

#include "world.h"

/* Marks as SIM_SPOIL_STRANDED whoever is so now, and nobody else. Answers the front without
   them. */
uint32_t sim_mark_the_stranded(sim_world *world);

#endif
