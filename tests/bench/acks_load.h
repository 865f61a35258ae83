/*
 * A group of a thousand in which one member says and nobody acks: what accepting one more place
 * costs the transcript and the acks, without any cryptography, and what an unacked place occupies.
 */
#ifndef TESTS_BENCH_ACKS_LOAD_H
#define TESTS_BENCH_ACKS_LOAD_H

#include <stdint.h>

typedef struct acks_load_figures {
    double accept_us; /* Of one place: its check, its acceptance, its readers. Median. */
    double heard_us;  /* One member's statement that covers everything unacked. */
    double bytes_per_unacked;
} acks_load_figures;

acks_load_figures acks_load_measure(uint32_t members, uint32_t unacked);

#endif
