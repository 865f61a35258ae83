#include "mls_samples.h"

#include <stdlib.h>
#include <string.h>

#include "cpu_time.h"

void samples_begin(mls_samples *samples)
{
    samples->begin_ns = cpu_time_ns();
}

void samples_end(mls_samples *samples, uint32_t batch)
{
    const double ns = (double)(cpu_time_ns() - samples->begin_ns);
    if (samples->count < SAMPLES_MAX) samples->us[samples->count++] = ns / 1000.0 / batch;
}

static int compare(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double samples_median(const mls_samples *samples)
{
    double sorted[SAMPLES_MAX];
    if (samples->count == 0) return 0;
    memcpy(sorted, samples->us, samples->count * sizeof *sorted);
    qsort(sorted, samples->count, sizeof *sorted, compare);
    return sorted[samples->count / 2];
}
