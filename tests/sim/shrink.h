/*
 * A failing script made small: steps left out (ddmin), fewer members, weaker intensities, as long
 * as the same promise breaks.
 */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "trial.h"

/* Changes the script, which fails with `outcome`; answers how many runs it took. */
uint32_t sim_shrink(sim_script *script, const sim_options *options, sim_outcome *outcome);

#endif
