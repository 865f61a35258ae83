/*
 * One script, from the first step to the end checks: faults, then liveness, then silence.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "world.h"

typedef struct sim_options {
    FILE *trace;      /* NULL: none. */
    bool is_quick;    /* Without oracles. */
    const char *only; /* One promise is asked about, by the first word of its name; NULL: all. */
    bool steps_twice; /* As in world.h; for comparing states. */
    bool reopens_each_step;
} sim_options;

typedef struct sim_outcome {
    bool is_broken;
    char oracle[48], text[512];
    uint32_t node, step;
    mjl_id hash; /* Over all states and all truth at the end. */
    sim_counters counters;
} sim_outcome;

void sim_run(const sim_script *script, const sim_options *options, sim_outcome *outcome);

#endif
