#include "latency.h"

void mjl_latency_note(mjl_latency *latency, mjl_time sample)
{
    if (sample < 0) return;
    if (sample > MJL_LATENCY_SAMPLE_MS_MAX) sample = MJL_LATENCY_SAMPLE_MS_MAX;
    if (!latency->has_sample) {
        latency->has_sample = true;
        latency->smoothed_8 = 8 * sample;
        latency->variance_4 = 2 * sample;
        return;
    }
    const int64_t difference = sample - latency->smoothed_8 / 8;
    latency->smoothed_8 += difference;
    latency->variance_4 += (difference < 0 ? -difference : difference) - latency->variance_4 / 4;
}

mjl_time mjl_latency_bound(const mjl_latency *latency, mjl_time bc_lat)
{
    if (!latency->has_sample) return bc_lat;
    const mjl_time bound = latency->smoothed_8 / 8 + latency->variance_4;
    const mjl_time least = bc_lat / MJL_LATENCY_PARTS_MIN + 1;
    const mjl_time most = bc_lat * MJL_LATENCY_TIMES_MAX;
    return bound < least ? least : bound > most ? most : bound;
}
