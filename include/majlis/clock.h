/*
 * The host's clock: Unix milliseconds that never go back, for whoever drives a profile. The core
 * itself never reads a clock; `mjl_clock_read` is the one function of the library's lower layers
 * that does, and everything else here is a pure function of readings.
 *
 * While the process runs, time is a clock that counts suspend (CLOCK_BOOTTIME), so a change of the
 * wall clock moves nothing. Across a restart the time that passed is the difference of the wall
 * clock, never negative. A jump that looks wrong is reported, not corrected.
 *
 *     mjl_clock_reading reading;
 *     mjl_clock clock;
 *     mjl_clock_report report;
 *     if (mjl_clock_read(&reading)) now = mjl_clock_start(&clock, last_now, reading, &report);
 *     ...
 *     if (mjl_clock_read(&reading)) now = mjl_clock_advance(&clock, reading, &report);
 */
#ifndef MAJLIS_CLOCK_H
#define MAJLIS_CLOCK_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

enum {
    MJL_CLOCK_SLACK_MS = 2000 /* What time synchronisation may do without being reported. */
};
/* A longer absence is reported: it may as well be a wrong clock. 30 days. */
#define MJL_CLOCK_AWAY_MS_MAX ((int64_t)30 * 86400 * 1000)
/* 2024-01-01: a wall clock before this has not been set. */
#define MJL_CLOCK_WALL_MS_MIN ((int64_t)1704067200000)
/* There is no saved time: this is the first start. */
#define MJL_CLOCK_NO_SAVED_NOW INT64_MIN

typedef struct mjl_clock_reading {
    int64_t running_ms; /* Since some moment before the process began, suspend included. */
    int64_t wall_ms;    /* Unix time as the machine believes it. */
} mjl_clock_reading;

typedef struct mjl_clock {
    mjl_time now;      /* The last time given out. */
    int64_t offset_ms; /* now - running_ms, fixed at the start. */
    int64_t drift_ms;  /* wall_ms - running_ms when last looked at. */
} mjl_clock;

typedef enum mjl_clock_suspicion {
    MJL_CLOCK_STEADY = 0,
    MJL_CLOCK_WENT_BACK,  /* The wall clock is behind the saved or last time by `by_ms`. */
    MJL_CLOCK_JUMPED,     /* It is ahead by `by_ms`: a long absence, or it was set. */
    MJL_CLOCK_IMPLAUSIBLE /* It shows a time before this library was written. */
} mjl_clock_suspicion;

typedef struct mjl_clock_report {
    mjl_clock_suspicion suspicion;
    int64_t by_ms; /* Never negative. */
} mjl_clock_report;

/* Reads the machine's clocks. False: it has none that work. */
MJL_API bool mjl_clock_read(mjl_clock_reading *reading);

/* At the start: `saved_now` is the last time the profile persisted. `report` may be NULL. */
MJL_API mjl_time mjl_clock_start(mjl_clock *clock, mjl_time saved_now, mjl_clock_reading reading,
                                 mjl_clock_report *report);
/* Afterwards: never less than before. Each change of the wall clock is reported once. */
MJL_API mjl_time mjl_clock_advance(mjl_clock *clock, mjl_clock_reading reading,
                                   mjl_clock_report *report);

MJL_END_DECLS

#endif
