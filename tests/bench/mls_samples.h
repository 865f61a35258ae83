/* CPU times of one thing done several times, and their median. */
#ifndef TESTS_BENCH_MLS_SAMPLES_H
#define TESTS_BENCH_MLS_SAMPLES_H

#include <stdint.h>

enum { SAMPLES_MAX = 64 };

typedef struct mls_samples {
    double us[SAMPLES_MAX];
    uint32_t count;
    uint64_t begin_ns;
} mls_samples;

void samples_begin(mls_samples *samples);
/* One sample: the time since begin, divided by how often the thing was done in it. */
void samples_end(mls_samples *samples, uint32_t batch);
double samples_median(const mls_samples *samples); /* Microseconds. */

#endif
