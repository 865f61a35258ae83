/*
 * How long a packet really takes, measured: smoothed with its variance, as TCP does (RFC 6298).
 *
 *      sample ──> smoothed += (sample - smoothed) / 8,  variance += (|difference| - variance) / 4
 *      bound   =  smoothed + 4 variance, within a quarter and four times the group's BC_LAT
 *
 * It paces our own resends, wants and warnings and nothing else: the group's intervals are the
 * policy's. Without a sample the bound is BC_LAT. Time: durations are arguments. Saved with the
 * session's record.
 */
#ifndef MAJLIS_SESSION_LATENCY_H
#define MAJLIS_SESSION_LATENCY_H

#include "majlis/bytes.h"

enum { MJL_LATENCY_PARTS_MIN = 4, MJL_LATENCY_TIMES_MAX = 4, MJL_LATENCY_SAMPLE_MS_MAX = 86400000 };

typedef struct mjl_latency {
    int64_t smoothed_8; /* Eight times the smoothed latency: whole numbers lose nothing. */
    int64_t variance_4; /* Four times the variance. */
    bool has_sample;
} mjl_latency;

/* Of a packet that was sent once only: a repeated one does not say which copy it was (Karn). */
void mjl_latency_note(mjl_latency *latency, mjl_time sample);
mjl_time mjl_latency_bound(const mjl_latency *latency, mjl_time bc_lat);

#endif
