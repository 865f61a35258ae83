/*
 * The session's schedule: the kinds of tasks there are, and what each of them does when it runs.
 *
 *      due ──take──> dispatch by kind ──> presence, membership, join, leaving, warnings
 *      places that are due ─────────────> resend
 *
 * A task names its subject by an index or nothing; a task whose subject is gone does nothing. Kinds
 * are stable numbers. Places have times of their own (holdings.h), before tasks of the same tick.
 */
#ifndef MAJLIS_SESSION_TIMERS_H
#define MAJLIS_SESSION_TIMERS_H

#include "holdings.h"
#include "majlis/schedule.h"
#include "majlis/session.h"

typedef enum mjl_timer {
    MJL_TIMER_STATEMENT = 4, /* 1 to 3 were those of places: holdings.h has them now. */
    MJL_TIMER_HEARTBEAT = 5,
    MJL_TIMER_GATE = 6,       /* Queued intents look again. */
    MJL_TIMER_WELCOME = 7,    /* Subject: epoch index. */
    MJL_TIMER_JOIN = 8,       /* The join request goes out again. */
    MJL_TIMER_LEAVE = 9,      /* The FIN's deadline. */
    MJL_TIMER_CARRY_FIN = 10, /* Subject: author index. A member that said FIN is to be removed. */
    MJL_TIMER_GAP = 11,       /* Is anything missing for too long? */
    MJL_TIMER_EXPIRE = 12,    /* Keys reach secret_lifetime. */
    MJL_TIMER_WANT = 13,      /* Something is still missing: ask. */
    MJL_TIMER_RETENTION = 17, /* Packets reach secret_lifetime. */
    MJL_TIMER_FRESH = 16,     /* Is everyone still there? */
    MJL_TIMER_KNOCK = 15,     /* Behind, or away: ask to be brought up to date. */
    MJL_TIMER_ANSWER = 14,    /* Subject: author index. Our turn to answer it. */
    MJL_TIMER_AWAY = 18,      /* Somebody who went said that it would be back by now. */
    MJL_TIMER_LARGE = 24      /* More parts of a large message. */
} mjl_timer;

extern const mjl_task_kinds mjl_timer_kinds;

/* Schedules at now + delay (of the session's own time, never in its past). `id` is set to the task.
 */
MJL_MUST_USE mjl_result mjl_timers_set(mjl_session *session, mjl_time delay, mjl_timer kind,
                                       uint32_t subject, uint64_t *id);
/* That instant for what is no task: when a place is due. */
mjl_time mjl_timers_at(const mjl_session *session, mjl_time delay);
/* How far the host's now is beyond the tick of the task that runs. */
mjl_time mjl_timers_lag(const mjl_session *session);
/* Cancels and zeroes. 0 is fine. */
void mjl_timers_cancel(mjl_session *session, uint64_t *id);

/* What the application is told of what is no task. */
const char *mjl_timers_due_name(mjl_due_kind kind);
/* When a task or a place would; false if nothing is due ever. */
bool mjl_timers_next_due(const mjl_session *session, mjl_time *due);
/* Runs the first one due before `until`, if there is one. */
MJL_MUST_USE mjl_result mjl_timers_run_next(mjl_session *session, mjl_time until);
/* Everything due before `now` has run: the schedule's own now follows. */
MJL_MUST_USE mjl_result mjl_timers_arrive(mjl_session *session, mjl_time now);

#endif
