/* L3: what goes over the wire stays within a factor of what was newly said. */
#include "oracles.h"
#include "world.h"

const sim_oracle sim_oracle_amplification = {.name = "L3 amplification"};
