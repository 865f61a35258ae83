#include "away.h"

#include "calls.h"
#include "lists.h"
#include "send.h"
#include "session_state.h"

enum { AWAY_FIELDS = 1 };

/* ---- The body ---- */

mjl_result mjl_away_encode(uint64_t for_ms, mjl_buffer *out)
{
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, AWAY_FIELDS);
    if (for_ms == 0) {
        mjl_pack_nil(&pack);
    } else {
        mjl_pack_uint(&pack, for_ms);
    }
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_away_decode(mjl_bytes body, uint64_t *for_ms)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack *const u = &unpack;
    mjl_unpack_array_of(u, AWAY_FIELDS);
    *for_ms = 0;
    if (mjl_unpack_is_nil(u)) {
        mjl_unpack_nil(u);
    } else {
        *for_ms = mjl_unpack_uint_to(u, MJL_AWAY_MS_MAX);
        if (*for_ms == 0) mjl_unpack_fail(u, MJL_NOT_CANONICAL);
    }
    return mjl_unpack_end(u);
}

/* ---- Others ---- */

static mjl_result tell(mjl_session *session, uint32_t author, bool is_away)
{
    if (author == mjl_session_self(session)) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_MEMBER_AWAY, .new_state = is_away};
    event.member = *mjl_transcript_author_id(session->transcript, author);
    event.name = mjl_session_name_of(session, author);
    event.due = is_away ? session->presence.entries[author].away_until : 0;
    return mjl_session_emit(session, &event);
}

/* The first end that somebody announced. */
static mjl_result plan_end(mjl_session *session)
{
    mjl_time next = 0;
    for (uint32_t i = 0; i < session->presence.count; i++) {
        const mjl_time until = session->presence.entries[i].away_until;
        if (until == 0 || !mjl_away_is(session, i)) continue;
        if (next == 0 || until < next) next = until;
    }
    mjl_timers_cancel(session, &session->presence.away_task);
    if (next == 0) return MJL_OK;
    return mjl_timers_set(session, next - session->profile->now, MJL_TIMER_AWAY, 0,
                          &session->presence.away_task);
}

mjl_result mjl_away_declared(mjl_session *session, uint32_t author, mjl_bytes body)
{
    uint64_t for_ms;
    if (mjl_away_decode(body, &for_ms) != MJL_OK) return MJL_OK;
    mjl_presence_entry *const entry = &session->presence.entries[author];
    entry->away_since = session->profile->now;
    entry->away_until = for_ms == 0 ? 0 : session->profile->now + (mjl_time)for_ms;
    entry->dirty = true;
    mjl_result result = tell(session, author, true);
    if (result == MJL_OK) result = mjl_warnings_tell_absence(session, author);
    return result == MJL_OK ? plan_end(session) : result;
}

/* What it said before it went may still arrive, and so may its acks of the last minute. */
mjl_result mjl_away_heard(mjl_session *session, uint32_t author)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    const mjl_time since = session->profile->now - entry->away_since;
    if (entry->away_since == 0 || since <= mjl_policy_fa_intv(&session->policy, 0)) return MJL_OK;
    entry->away_since = entry->away_until = 0;
    entry->dirty = true;
    const mjl_result result = tell(session, author, false);
    return result == MJL_OK ? mjl_warnings_tell_absence(session, author) : result;
}

/* Some said until when: whoever is not back by then is missed as anybody is. */
mjl_result mjl_away_due(mjl_session *session)
{
    session->presence.away_task = 0;
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < session->presence.count; i++) {
        const mjl_presence_entry *entry = &session->presence.entries[i];
        if (entry->away_since == 0 || entry->away_until == 0 || mjl_away_is(session, i)) continue;
        result = mjl_warnings_tell_absence(session, i);
    }
    return result == MJL_OK ? plan_end(session) : result;
}

bool mjl_away_is(const mjl_session *session, uint32_t author)
{
    const mjl_presence_entry *entry = &session->presence.entries[author];
    return entry->away_since != 0 &&
           (entry->away_until == 0 || session->profile->now <= entry->away_until);
}

mjl_severity mjl_away_severity(const mjl_session *session, mjl_bytes members)
{
    for (size_t at = 0; at + MJL_ID_SIZE <= members.size; at += MJL_ID_SIZE) {
        mjl_member_id member;
        memcpy(member.bytes, members.data + at, MJL_ID_SIZE);
        const uint32_t author = mjl_transcript_find_author(session->transcript, &member);
        if (author == MJL_NO_INDEX || !mjl_away_is(session, author)) return MJL_SEVERITY_WARNING;
    }
    return members.size == 0 ? MJL_SEVERITY_WARNING : MJL_SEVERITY_NOTICE;
}

/* ---- Ourselves ---- */

static mjl_result say_away(mjl_session *session, uint64_t for_ms)
{
    mjl_buffer body = {0};
    mjl_buffer content = {0};
    mjl_message_id message;
    bool is_queued;
    mjl_result result = mjl_away_encode(for_ms, &body);
    if (result == MJL_OK) {
        result = mjl_send_make_content(session, MJL_TYPE_AWAY, mjl_buffer_bytes(&body), &content,
                                       &message);
    }
    if (result == MJL_OK) {
        result = mjl_send_or_queue(session, mjl_buffer_bytes(&content), &message, MJL_IF_GROWN_SEND,
                                   &is_queued);
    }
    mjl_buffer_clear(&body);
    mjl_buffer_clear(&content);
    return result == MJL_OK ? mjl_session_settle(session) : result;
}

mjl_result mjl_do_away(mjl_session *session, mjl_time now, uint64_t for_ms)
{
    if (for_ms > MJL_AWAY_MS_MAX) return MJL_BAD_ARGUMENT;
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    if (session->state != MJL_SESSION_LIVE || !mjl_session_may_send(session)) {
        return MJL_WRONG_STATE;
    }
    return mjl_profile_end(session->profile, say_away(session, for_ms));
}
