#include "freshness.h"

#include "session_state.h"
#include "timers.h"

/* ---- Since when ---- */

static mjl_time earlier(mjl_time a, mjl_time b)
{
    if (a == 0 || b == 0) return a == 0 ? b : a;
    return a < b ? a : b;
}

/* When the oldest of our places was made that this member lacks; 0: it has all. */
static mjl_time oldest_place(const mjl_session *session, uint32_t author)
{
    if (mjl_acks_owed_count(session->acks, author) == 0) return 0;
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        if (!session->holdings.entries[i].is_own) continue;
        if (!mjl_acks_owes(session->acks, session->transcript, i, author)) continue;
        return session->holdings.entries[i].accepted_at;
    }
    return 0;
}

static mjl_time waits_since(const mjl_session *session, uint32_t author)
{
    return earlier(session->presence.entries[author].nonce_since, oldest_place(session, author));
}

/* Between two questions: whoever is asked by name speaks within BC_LAT, and that has to arrive. */
static mjl_time answer_time(const mjl_session *session)
{
    return 2 * (mjl_time)session->policy.bc_lat_ms + mjl_warnings_patience(session);
}

/* How long an echo may take: a heartbeat, but in a room of more members than one statement echoes
   as many as it takes until each had its turn. */
static mjl_time echo_period(const mjl_session *session)
{
    enum { EACH = MJL_FRONTIER_MEMBERS_MAX };
    const size_t others = mjl_epoch_members_count(mjl_session_tip(session)) - 1;
    const size_t turns = others <= EACH ? 1 : (others + EACH - 1) / EACH;
    return mjl_presence_period(session) * (mjl_time)turns;
}

/* How much longer than a heartbeat is waited: transports lose questions and answers, and a member
   that is there must not be accused for that. */
static mjl_time grace(const mjl_session *session, mjl_time period)
{
    const mjl_time least = MJL_FRESH_ASKS * answer_time(session);
    return period / 16 > least ? period / 16 : least;
}

/* A few questions until it is a warning: where the room is idle and the period long, one at each
   BC_LAT would be hundreds, and more for whoever hears the answers late. After that they become
   rarer the longer the silence is. */
static mjl_time asks_every(const mjl_session *session, mjl_time silence, bool is_warned)
{
    const mjl_time answer = answer_time(session);
    const mjl_time part = grace(session, echo_period(session)) / MJL_FRESH_QUESTIONS_MAX;
    if (!is_warned) return part > answer ? part : answer;
    const mjl_time least = MJL_FRESH_ASKS * answer;
    const mjl_time wait = silence / 2 > least ? silence / 2 : least;
    return wait > MJL_BACKOFF_MS_MAX ? MJL_BACKOFF_MS_MAX : wait;
}

/* ---- What happens ---- */

static mjl_result plan(mjl_session *session, mjl_time wait)
{
    if (session->presence.fresh_task != 0) return MJL_OK;
    return mjl_timers_set(session, wait, MJL_TIMER_FRESH, 0, &session->presence.fresh_task);
}

mjl_result mjl_freshness_spoke(mjl_session *session, bool is_statement)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    if (mjl_epoch_members_count(tip) < 2) return MJL_OK;
    const uint32_t self = mjl_session_self(session);
    for (uint32_t leaf = 0; is_statement && leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || author == self) continue;
        mjl_presence_entry *const entry = &session->presence.entries[author];
        if (entry->nonce_since != 0) continue;
        entry->nonce_since = session->profile->now;
        entry->dirty = true;
    }
    return plan(session, echo_period(session));
}

mjl_result mjl_freshness_hurry(mjl_session *session)
{
    mjl_task task;
    uint64_t *const id = &session->presence.fresh_task;
    const mjl_time period = mjl_presence_period(session);
    if (*id == 0 || mjl_schedule_status(session->schedule, *id, &task) != MJL_TASK_PENDING ||
        task.due <= session->profile->now + period) {
        return MJL_OK;
    }
    mjl_timers_cancel(session, id);
    return plan(session, period);
}

void mjl_freshness_echoed(mjl_session *session, uint32_t author, mjl_time next)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    /* An old echo that comes late takes nothing back. */
    if (entry->nonce_since == 0 || (next != 0 && next <= entry->nonce_since)) return;
    entry->nonce_since = next;
    entry->dirty = true;
}

static mjl_result retract(mjl_session *session, mjl_presence_entry *entry)
{
    entry->fresh_asked_at = 0;
    entry->dirty = true;
    return mjl_warnings_retract(session, &entry->fresh_warning);
}

mjl_result mjl_freshness_heard(mjl_session *session, uint32_t author)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    if (entry->fresh_warning == 0) return MJL_OK;
    const mjl_time since = waits_since(session, author);
    const mjl_time period = echo_period(session);
    if (since != 0 && session->profile->now - since > period + grace(session, period))
        return MJL_OK;
    return retract(session, entry);
}

mjl_result mjl_freshness_forget(mjl_session *session, uint32_t author)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    entry->nonce_since = 0; /* Should it come again, it is waited for from then on. */
    return retract(session, entry);
}

mjl_result mjl_freshness_forget_all(mjl_session *session)
{
    mjl_timers_cancel(session, &session->presence.fresh_task);
    for (uint32_t author = 0; author < session->presence.count; author++) {
        const mjl_presence_entry *const entry = &session->presence.entries[author];
        if (entry->nonce_since == 0 && entry->fresh_warning == 0) continue;
        const mjl_result result = mjl_freshness_forget(session, author);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

bool mjl_freshness_asks(const mjl_session *session, uint32_t author)
{
    return session->presence.entries[author].fresh_asked_at == session->profile->now;
}

/* ---- Looking ---- */

typedef struct look {
    mjl_time next; /* When to look again; 0: nobody is waited for. */
    bool asks;
} look;

static void look_again(look *at, mjl_time when)
{
    at->next = earlier(at->next, when);
}

static void ask(mjl_session *session, mjl_presence_entry *entry, mjl_time since, look *at)
{
    const mjl_time now = session->profile->now;
    const mjl_time wait = asks_every(session, now - since, entry->fresh_warning != 0);
    if (entry->fresh_asked_at < since || now >= entry->fresh_asked_at + wait) {
        entry->fresh_asked_at = now;
        entry->dirty = true;
        at->asks = true;
    }
    look_again(at, entry->fresh_asked_at + wait);
}

static mjl_result look_at(mjl_session *session, uint32_t author, look *at)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    const mjl_time now = session->profile->now;
    const mjl_time period = echo_period(session);
    const mjl_time since = waits_since(session, author);
    if (since == 0) return MJL_OK;
    if (now < since + period) {
        look_again(at, since + period);
        return MJL_OK;
    }
    /* Whoever was looked at late, since heartbeats were slower, is asked at least once. */
    mjl_time deadline = since + period + grace(session, period);
    if (entry->fresh_asked_at < since) {
        deadline = now + answer_time(session);
    } else if (deadline < entry->fresh_asked_at + answer_time(session)) {
        deadline = entry->fresh_asked_at + answer_time(session);
    }
    if (now > deadline && entry->fresh_warning == 0) {
        const mjl_member_id *id = mjl_transcript_author_id(session->transcript, author);
        entry->dirty = true;
        const mjl_result result = mjl_warnings_raise(session, MJL_WARNING_NOT_FRESH, id,
                                                     mjl_bytes_of(NULL, 0), &entry->fresh_warning);
        if (result != MJL_OK) return result;
    }
    if (entry->fresh_warning == 0) look_again(at, deadline + 1);
    ask(session, entry, since, at);
    return MJL_OK;
}

mjl_result mjl_freshness_due(mjl_session *session)
{
    session->presence.fresh_task = 0;
    if (!mjl_session_may_send(session)) return MJL_OK;
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t self = mjl_session_self(session);
    look at = {.next = 0};
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || author == self) continue;
        const mjl_result result = look_at(session, author, &at);
        if (result != MJL_OK) return result;
    }
    if (at.next != 0) {
        const mjl_result result = plan(session, at.next - session->profile->now);
        if (result != MJL_OK) return result;
    }
    return at.asks ? mjl_presence_say_statement(session) : MJL_OK;
}
