/*
 * One way to have many timers: what the benchmark measures, and what it measures it against. Each
 * function is a whole loop, so that calling through this table costs nothing per timer.
 *
 * Timers are numbered; each is armed at most once at a time.
 */
#ifndef TESTS_BENCH_TIMERS_H
#define TESTS_BENCH_TIMERS_H

#include <stddef.h>
#include <stdint.h>

/* What is to be done, made once for all contenders. */
typedef struct timers_plan {
    size_t count;
    uint32_t span_ms;       /* Delays are less than this. */
    const uint32_t *delays; /* `count` of them, and as many for renewals. */
    const uint32_t *renewals;
    const uint32_t *order; /* A permutation. */
} timers_plan;

typedef struct timers {
    const char *name;
    void *(*make)(const timers_plan *plan);
    void (*insert_all)(void *state); /* In the order of numbers. */
    /* Puts the handles in `order`: whoever cancels or renews a timer has its handle in hand. */
    void (*aim)(void *state);
    void (*cancel_all)(void *state); /* As aimed. */
    void (*renew_all)(void *state);  /* As aimed, to `renewals` from now. */
    void (*jump)(void *state);       /* To the end of the span, at once. */
    void (*tick)(void *state);       /* To there, a millisecond at a time. */
    /* From one firing to the next, until `count` have fired: each arms itself again and renews
     * another, as `order`, `delays` and `renewals` say in turn. */
    void (*steady)(void *state);
    size_t (*fired)(const void *state); /* Since make. */
    void (*free)(void *state);
} timers;

extern const timers timers_majlis;
extern const timers timers_libev;
extern const timers timers_libuv;

#endif
