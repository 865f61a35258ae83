/*
 * Runs in processes of their own: a world that crashes or hangs is a finding too, and one worker
 * per core goes through many seeds.
 */
#ifndef SIM_TRIAL_H
#define SIM_TRIAL_H

#include "generate.h"
#include "run.h"

enum { SIM_TRIAL_SECONDS_DEFAULT = 60 };

/* One script in a child. What the child died of is an outcome like any other. */
void sim_trial(const sim_script *script, const sim_options *options, uint32_t seconds,
               sim_outcome *outcome);

typedef struct sim_series {
    uint64_t first, last; /* Seeds. */
    uint32_t jobs;
    uint32_t seconds; /* Each seed may take so long. */
    const sim_wishes *wishes;
    const sim_options *options;
    void *context;
    void (*done)(void *context, uint64_t seed, const sim_outcome *outcome); /* In no order. */
} sim_series;

void sim_trial_series(const sim_series *series);

#endif
