/*
 * All chance of a run, repeatable from one seed. What the peer draws for itself (its keys) is its
 * own: the choices of a script repeat, its bytes do not.
 */
#ifndef MJL_TESTS_INTEROP_CHANCE_H
#define MJL_TESTS_INTEROP_CHANCE_H

#include "majlis/bytes.h"

void chance_start(uint64_t seed);
mjl_random chance_random(void);
uint32_t chance_below(uint32_t bound); /* 0 to bound - 1. */
bool chance_one_in(uint32_t bound);
void chance_fill(uint8_t *out, size_t size);
/* The numbers from 0 to count - 1 in any order. */
void chance_order(uint32_t *numbers, uint32_t count);

#endif
