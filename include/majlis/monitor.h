/*
 * A monitor is "do this again, at these intervals, until told it is met": a plain value that the
 * caller keeps in its own state, and one pending task in the schedule.
 *
 *     start --> RUNNING --fired--> RUNNING ... --last interval--> STOPPED
 *                 |  ^                                   ^
 *           pause v  | resume (the next interval)        | stop (from any state)
 *               PAUSED                                   '---- reset starts again from any state
 *
 * When the schedule gives a task of the monitor's kind, the caller finds the monitor by the task's
 * arguments, calls `mjl_monitor_fired`, and then acts. The next firing is armed by then, so the
 * action may stop, pause, reset or poke without special cases.
 *
 * Time: intervals are ticks of the schedule, at least 1. Jitter comes from the schedule's saved
 * generator: the same state continues the same way.
 * Ownership: no memory, no pointers; copy it only by saving and loading, since it names a task.
 * Errors: a call that fails changed nothing.
 * Saved: wholly, as canonical bytes, and checked against the schedule on load.
 */
#ifndef MAJLIS_MONITOR_H
#define MAJLIS_MONITOR_H

#include "majlis/schedule.h"

MJL_BEGIN_DECLS

enum {
    MJL_INTERVALS_LIST_MAX = 8, /* Longer patterns are exponential ones. */
    MJL_MONITOR_ARGS_MAX = 64   /* A message id and a number. */
};

/* An interval longer than this is a mistake: about 34,000 years of milliseconds. */
#define MJL_INTERVAL_MAX ((int64_t)1 << 50)

typedef enum mjl_intervals_shape {
    MJL_INTERVALS_CONSTANT = 0,
    MJL_INTERVALS_EXPONENTIAL = 1, /* first, 2*first, 4*first, ... and never more than cap. */
    MJL_INTERVALS_LIST = 2         /* Each once, then the monitor stops. May be empty. */
} mjl_intervals_shape;

/* What a monitor does when a firing is so late that the next one is already overdue as well. */
typedef enum mjl_lateness {
    MJL_LATE_COALESCE = 0, /* What was missed is one firing; the next interval starts at the host's
                              time. No storm after a month asleep. */
    MJL_LATE_EACH = 1      /* Every firing, each at its own logical tick. */
} mjl_lateness;

typedef struct mjl_intervals {
    mjl_intervals_shape shape;
    mjl_lateness lateness;
    int64_t first;      /* Constant and exponential. */
    int64_t cap;        /* Exponential: at least first. */
    uint32_t count_max; /* Constant and exponential: firings before it stops; 0 is no limit. */
    uint16_t jitter_permille; /* Each interval is lengthened by 0..this part of itself; 0..1000. */
    uint8_t list_count;
    int64_t list[MJL_INTERVALS_LIST_MAX];
} mjl_intervals;

typedef enum mjl_monitor_state {
    MJL_MONITOR_STOPPED = 0,
    MJL_MONITOR_RUNNING = 1,
    MJL_MONITOR_PAUSED = 2
} mjl_monitor_state;

/* Read it freely; change it only through the calls below. Zeroed is a stopped monitor. */
typedef struct mjl_monitor {
    mjl_intervals intervals;
    mjl_monitor_state state;
    uint32_t taken;  /* Intervals taken so far: the next one is number `taken`. */
    uint64_t task;   /* Pending while RUNNING, else MJL_TASK_ID_NONE. */
    uint64_t missed; /* Firings that were coalesced away since the start. */
    uint16_t kind;
    uint8_t args_size;
    uint8_t args[MJL_MONITOR_ARGS_MAX]; /* Zero beyond the size. */
} mjl_monitor;

/* Builders for the usual three, without jitter, limit or each-late firing. */
MJL_API mjl_intervals mjl_intervals_constant(int64_t interval);
MJL_API mjl_intervals mjl_intervals_exponential(int64_t first, int64_t cap);
MJL_API mjl_intervals mjl_intervals_list(const int64_t *list, size_t count);

/* Makes and starts a monitor whose task is (kind, args): the first firing is one interval from now.
 * With an empty list it is STOPPED at once. BAD_ARGUMENT for intervals out of range; else as
 * `mjl_schedule_after`. The value is overwritten: stop what was there before. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_start(mjl_monitor *monitor, mjl_schedule *schedule,
                                                  const mjl_intervals *intervals, uint16_t kind,
                                                  mjl_bytes args);

/*
 * The monitor's task is running: arms the next firing. NOT_FOUND: the task is not the one this
 * monitor waits for (it was reset or stopped meanwhile): do nothing. After the last interval the
 * monitor is STOPPED, and this firing is its last.
 */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_fired(mjl_monitor *monitor, mjl_schedule *schedule,
                                                  const mjl_task *task);

/* It is met. True if it was not stopped already. */
MJL_API bool mjl_monitor_stop(mjl_monitor *monitor, mjl_schedule *schedule);
/* RUNNING only, else WRONG_STATE: the time already waited is forgotten. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_pause(mjl_monitor *monitor, mjl_schedule *schedule);
/* PAUSED only, else WRONG_STATE: takes the *next* interval; when there is none, STOPPED. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_resume(mjl_monitor *monitor, mjl_schedule *schedule);
/* Starts again with the first interval, from any state. NULL keeps the intervals. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_reset(mjl_monitor *monitor, mjl_schedule *schedule,
                                                  const mjl_intervals *intervals);
/* RUNNING only, else WRONG_STATE: the pending firing comes at the end of this tick instead, and
 * the next interval follows it. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_poke(mjl_monitor *monitor, mjl_schedule *schedule);

/* Append the canonical bytes, and read them back. Loading checks them against the schedule: RUNNING
 * names a pending task of the same kind and arguments (else SAVED_DANGLING), anything else names
 * none. */
MJL_MUST_USE MJL_API mjl_result mjl_monitor_save(const mjl_monitor *monitor, mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_monitor_load(mjl_monitor *monitor, const mjl_schedule *schedule,
                                                 mjl_bytes saved);
MJL_API bool mjl_monitor_check(const mjl_monitor *monitor, const mjl_schedule *schedule);

MJL_END_DECLS

#endif
