#include "timers.h"

#include "away.h"
#include "deciding.h"
#include "freshness.h"
#include "join.h"
#include "leaving.h"
#include "membership.h"
#include "message_states.h"
#include "presence.h"
#include "profile_state.h"
#include "resend.h"
#include "retention.h"
#include "session_state.h"
#include "warnings.h"
#include "welcomes.h"

#include <assert.h>

static const mjl_task_kind kinds[] = {
    {MJL_TIMER_STATEMENT, "frontier statement"},
    {MJL_TIMER_HEARTBEAT, "heartbeat"},
    {MJL_TIMER_GATE, "queued intents"},
    {MJL_TIMER_WELCOME, "welcome"},
    {MJL_TIMER_JOIN, "join request"},
    {MJL_TIMER_LEAVE, "leaving"},
    {MJL_TIMER_CARRY_FIN, "remove who left"},
    {MJL_TIMER_GAP, "gap"},
    {MJL_TIMER_EXPIRE, "key death"},
    {MJL_TIMER_WANT, "want"},
    {MJL_TIMER_ANSWER, "answer"},
    {MJL_TIMER_KNOCK, "knock"},
    {MJL_TIMER_FRESH, "freshness"},
    {MJL_TIMER_RETENTION, "packet age"},
    {MJL_TIMER_AWAY, "back"},
    {MJL_TIMER_LARGE, "parts"},
};

const mjl_task_kinds mjl_timer_kinds = {kinds, sizeof kinds / sizeof kinds[0]};

const char *mjl_timers_due_name(mjl_due_kind kind)
{
    return kind == MJL_DUE_DEADLINE ? "everyone has it" : "resend";
}

/* A subject is four big-endian bytes: a task's arguments are part of the saved state. */
static void subject_bytes(uint32_t subject, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(subject >> (24 - 8 * i));
}

static uint32_t subject_of(mjl_bytes args)
{
    if (args.size != 4) return MJL_NO_INDEX;
    return (uint32_t)args.data[0] << 24 | (uint32_t)args.data[1] << 16 |
           (uint32_t)args.data[2] << 8 | args.data[3];
}

/* A task that runs late sits at its own logical tick: what it schedules counts from the host's now,
   so that a month of sleep is one turn and not a storm of missed ones. */
mjl_time mjl_timers_lag(const mjl_session *session)
{
    const mjl_time lag = session->profile->now - mjl_schedule_now(session->schedule);
    return lag > 0 ? lag : 0;
}

mjl_result mjl_timers_set(mjl_session *session, mjl_time delay, mjl_timer kind, uint32_t subject,
                          uint64_t *id)
{
    uint8_t args[4];
    subject_bytes(subject, args);
    return mjl_schedule_after(session->schedule, delay + mjl_timers_lag(session), (uint16_t)kind,
                              mjl_bytes_of(args, sizeof args), id);
}

void mjl_timers_cancel(mjl_session *session, uint64_t *id)
{
    if (*id != 0) mjl_schedule_cancel(session->schedule, *id);
    *id = 0;
}

mjl_time mjl_timers_at(const mjl_session *session, mjl_time delay)
{
    const mjl_time at = mjl_schedule_now(session->schedule) + delay + mjl_timers_lag(session);
    return at < MJL_TIME_MAX ? at : MJL_TIME_MAX;
}

/* As the schedule answers for tasks: the first `until` that finds one. */
bool mjl_timers_next_due(const mjl_session *session, mjl_time *due)
{
    const bool has_task = mjl_schedule_next_due(session->schedule, due) == MJL_OK;
    mjl_due place;
    if (!mjl_holdings_next_due(&session->holdings, &place)) return has_task;
    if (!has_task || place.at < *due) *due = place.at + 1;
    return true;
}

static mjl_result dispatch(mjl_session *session, const mjl_task *task)
{
    const uint32_t subject = subject_of(task->args);
    switch ((mjl_timer)task->kind) {
    case MJL_TIMER_STATEMENT:
        return mjl_presence_statement_due(session);
    case MJL_TIMER_HEARTBEAT:
        return mjl_presence_heartbeat_due(session);
    case MJL_TIMER_GATE:
        return mjl_membership_gate_due(session);
    case MJL_TIMER_WELCOME:
        return mjl_welcomes_due(session, subject);
    case MJL_TIMER_JOIN:
        return mjl_join_repeat_due(session);
    case MJL_TIMER_LEAVE:
        return mjl_leaving_due(session);
    case MJL_TIMER_CARRY_FIN:
        return mjl_leaving_carry_fin_due(session, subject);
    case MJL_TIMER_GAP:
        return mjl_warnings_gap_due(session);
    case MJL_TIMER_EXPIRE:
        return mjl_deciding_expire_due(session);
    case MJL_TIMER_WANT:
        return mjl_wanting_due(session);
    case MJL_TIMER_RETENTION:
        return mjl_retention_due(session);
    case MJL_TIMER_FRESH:
        return mjl_freshness_due(session);
    case MJL_TIMER_KNOCK:
        return mjl_knocking_due(session);
    case MJL_TIMER_ANSWER:
        return mjl_answers_due(session, subject);
    case MJL_TIMER_AWAY:
        return mjl_away_due(session);
    case MJL_TIMER_LARGE:
        return mjl_large_turn(session);
    }
    return MJL_OK;
}

/* After a restart the application sees how late each task ran that the restart found pending. It is
   told beside the state: a session that was reopened stays equal to one that was not. */
static void report_late(mjl_session *session, const char *kind, mjl_time due)
{
    mjl_event event = {.kind = MJL_EVENT_TASK_LATE, .session_number = session->number};
    event.at = session->profile->now;
    event.task_kind = kind;
    event.due = due;
    event.ran = session->profile->now;
    mjl_events_tell_late(&session->profile->events, &event);
}

static mjl_result notice_absence(mjl_session *session, mjl_time due)
{
    const mjl_time late = session->profile->now - due;
    return late > mjl_policy_fa_intv(&session->policy, 0) ? mjl_knocking_was_away(session) : MJL_OK;
}

static mjl_result run_place(mjl_session *session, const mjl_due *due)
{
    mjl_task none;
    mjl_result result = mjl_schedule_take(session->schedule, due->at, &none);
    assert(result != MJL_OK); /* Tasks before it ran. Now the schedule is at that tick as well. */
    if (result != MJL_EMPTY) return result;
    const mjl_holding *holding = &session->holdings.entries[due->place];
    if (due->kind == MJL_DUE_RESEND ? holding->was_resend_pending : holding->was_deadline_pending) {
        report_late(session, mjl_timers_due_name(due->kind), due->at);
    }
    result = notice_absence(session, due->at);
    if (result != MJL_OK) return result;
    return due->kind == MJL_DUE_RESEND ? mjl_resend_due(session, due->place)
                                       : mjl_message_states_due(session, due->place);
}

static mjl_result run_task(mjl_session *session, mjl_time until)
{
    mjl_task task;
    mjl_result result = mjl_schedule_take(session->schedule, until, &task);
    if (result == MJL_EMPTY) return MJL_OK;
    if (result != MJL_OK) return result;
    if (task.id < session->reopened_before_task) {
        report_late(session, mjl_schedule_kind_name(session->schedule, task.kind), task.due);
    }
    result = notice_absence(session, task.due);
    if (result == MJL_OK) result = dispatch(session, &task);
    mjl_schedule_done(session->schedule);
    return result;
}

mjl_result mjl_timers_run_next(mjl_session *session, mjl_time until)
{
    mjl_due place;
    mjl_time task;
    const bool has_place = mjl_holdings_next_due(&session->holdings, &place) && place.at < until;
    const bool has_task = mjl_schedule_next_due(session->schedule, &task) == MJL_OK;
    return has_place && (!has_task || place.at < task) ? run_place(session, &place)
                                                       : run_task(session, until);
}

mjl_result mjl_timers_arrive(mjl_session *session, mjl_time now)
{
    mjl_task task;
    if (now <= mjl_schedule_now(session->schedule)) return MJL_OK;
    const mjl_result result = mjl_schedule_take(session->schedule, now, &task);
    assert(result != MJL_OK); /* The profile ran everything that was due. */
    return result == MJL_EMPTY ? MJL_OK : result;
}
