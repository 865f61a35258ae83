/*
 * Seeded chance, one stream for each purpose: a draw in one never shifts another.
 *
 * xoshiro256** (Blackman and Vigna). For simulations only, fit for no key.
 */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include "majlis/bytes.h"

typedef struct sim_chance {
    uint64_t state[4];
} sim_chance;

/* Purposes are names ("app", "disk"); `number` tells streams of one purpose apart (a node's). */
sim_chance sim_chance_split(uint64_t seed, const char *purpose, uint64_t number);
uint64_t sim_chance_next(sim_chance *chance);
/* 0..bound - 1; 0 for a bound of 0. */
uint64_t sim_chance_below(sim_chance *chance, uint64_t bound);
/* least..most, both included. */
uint64_t sim_chance_between(sim_chance *chance, uint64_t least, uint64_t most);
bool sim_chance_happens(sim_chance *chance, uint32_t permille);
void sim_chance_fill(sim_chance *chance, uint8_t *out, size_t size);

#endif
