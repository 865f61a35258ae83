/*
 * The core is made whole: links, disks, clocks, chance; whoever is down starts.
 */
#ifndef SIM_HEAL_H
#define SIM_HEAL_H

#include "world.h"

void sim_heal(sim_world *world);

#endif
