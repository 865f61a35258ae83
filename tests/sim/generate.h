/*
 * From a seed to a script: who is there, what they do, what happens to them.
 *
 * Swarm: each seed has its own subset of the allowed faults, each with its own intensity, from none
 * to extreme. Each purpose draws from its own stream: one more fault shifts no message.
 */
#ifndef SIM_GENERATE_H
#define SIM_GENERATE_H

#include "script.h"

typedef struct sim_wishes { /* What the command line fixes. */
    uint32_t members;       /* 0: as the seed likes. */
    uint32_t steps;         /* Of users; 0: as the seed likes. */
    uint32_t groups;        /* Which faults are allowed: bits by sim_group. */
    sim_provider provider;
} sim_wishes;

sim_script sim_generate(uint64_t seed, const sim_wishes *wishes);

#endif
