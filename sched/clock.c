#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "majlis/clock.h"

#include <time.h>

/* a - b, at the end of the range if it does not fit: saved times come from a disk. */
static int64_t difference(int64_t a, int64_t b)
{
    if (b < 0 && a > INT64_MAX + b) return INT64_MAX;
    if (b > 0 && a < INT64_MIN + b) return INT64_MIN;
    return a - b;
}

static int64_t sum(int64_t a, int64_t b)
{
    return b == INT64_MIN ? difference(difference(a, INT64_MAX), 1) : difference(a, -b);
}

static mjl_clock_report report_of(mjl_clock_suspicion suspicion, int64_t by_ms)
{
    const mjl_clock_report report = {suspicion, by_ms};
    return report;
}

/* What the wall clock says about the time the process was not there. */
static mjl_clock_report judge_absence(int64_t elapsed_ms)
{
    if (elapsed_ms < -MJL_CLOCK_SLACK_MS)
        return report_of(MJL_CLOCK_WENT_BACK, difference(0, elapsed_ms));
    if (elapsed_ms > MJL_CLOCK_AWAY_MS_MAX) return report_of(MJL_CLOCK_JUMPED, elapsed_ms);
    return report_of(MJL_CLOCK_STEADY, 0);
}

mjl_time mjl_clock_start(mjl_clock *clock, mjl_time saved_now, mjl_clock_reading reading,
                         mjl_clock_report *report)
{
    mjl_clock_report judged = report_of(MJL_CLOCK_STEADY, 0);
    clock->now = reading.wall_ms;
    if (saved_now != MJL_CLOCK_NO_SAVED_NOW) {
        judged = judge_absence(difference(reading.wall_ms, saved_now));
        if (clock->now < saved_now) clock->now = saved_now;
    } else if (reading.wall_ms < MJL_CLOCK_WALL_MS_MIN) {
        judged =
            report_of(MJL_CLOCK_IMPLAUSIBLE, difference(MJL_CLOCK_WALL_MS_MIN, reading.wall_ms));
    }
    clock->offset_ms = difference(clock->now, reading.running_ms);
    clock->drift_ms = difference(reading.wall_ms, reading.running_ms);
    if (report != NULL) *report = judged;
    return clock->now;
}

/* The two clocks run side by side; a step of the wall clock between two looks is suspicious. */
static mjl_clock_report judge_step(int64_t step_ms)
{
    if (step_ms < -MJL_CLOCK_SLACK_MS)
        return report_of(MJL_CLOCK_WENT_BACK, difference(0, step_ms));
    if (step_ms > MJL_CLOCK_SLACK_MS) return report_of(MJL_CLOCK_JUMPED, step_ms);
    return report_of(MJL_CLOCK_STEADY, 0);
}

mjl_time mjl_clock_advance(mjl_clock *clock, mjl_clock_reading reading, mjl_clock_report *report)
{
    const int64_t drift_ms = difference(reading.wall_ms, reading.running_ms);
    if (report != NULL) *report = judge_step(difference(drift_ms, clock->drift_ms));
    clock->drift_ms = drift_ms;
    const mjl_time now = sum(reading.running_ms, clock->offset_ms);
    if (now > clock->now) clock->now = now;
    return clock->now;
}

static bool read_ms(clockid_t which, int64_t *ms)
{
    struct timespec time;
    if (clock_gettime(which, &time) != 0) return false;
    *ms = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
    return true;
}

bool mjl_clock_read(mjl_clock_reading *reading)
{
    if (!read_ms(CLOCK_REALTIME, &reading->wall_ms)) return false;
#ifdef CLOCK_BOOTTIME
    if (read_ms(CLOCK_BOOTTIME, &reading->running_ms)) return true;
#endif
    /* Without it, time stands still while the machine sleeps; nothing breaks. */
    return read_ms(CLOCK_MONOTONIC, &reading->running_ms);
}
