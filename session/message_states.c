#include "message_states.h"

#include "acks_readers.h"
#include "membership.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

mjl_message_state mjl_message_states_of(const mjl_session *session, uint32_t place, uint32_t *held,
                                        uint32_t *readers)
{
    const mjl_transcript *transcript = session->transcript;
    *readers = mjl_acks_readers_count(session->acks, transcript, place);
    *held = *readers - mjl_acks_missing_count(session->acks, transcript, place);
    const mjl_holding *holding = &session->holdings.entries[place];
    if (holding->shown_state == MJL_MESSAGE_ORPHANED) return MJL_MESSAGE_ORPHANED;
    if (holding->shown_state == MJL_MESSAGE_FAILED) return MJL_MESSAGE_FAILED; /* For good. */
    if (*held == *readers) return MJL_MESSAGE_EVERYONE;
    if (holding->is_own &&
        mjl_send_is_queued(session, &mjl_transcript_place(transcript, place)->message)) {
        return MJL_MESSAGE_QUEUED; /* For the sake of who cannot open it any more. */
    }
    if (holding->warning != 0) return MJL_MESSAGE_AT_RISK;
    return *held == 0 ? MJL_MESSAGE_SENT : MJL_MESSAGE_HELD_BY;
}

mjl_result mjl_message_states_tell(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    if (holding->delivered_number == 0) return MJL_OK;
    uint32_t held, readers;
    const mjl_message_state state = mjl_message_states_of(session, place, &held, &readers);
    if (state == holding->shown_state && held == holding->shown_held &&
        readers == holding->shown_readers) {
        return MJL_OK;
    }
    const bool is_news = holding->is_own || state != holding->shown_state;
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE};
    event.message = mjl_transcript_place(session->transcript, place)->message;
    event.old_state = holding->shown_state;
    event.new_state = state;
    event.held_count = held;
    event.readers_count = readers;
    if (held > holding->shown_held) holding->held_at = session->profile->now;
    holding->shown_state = state;
    holding->shown_held = held;
    holding->shown_readers = readers;
    const mjl_result result = mjl_holdings_touch(&session->holdings, place);
    if (result != MJL_OK || !is_news) return result;
    return mjl_session_emit(session, &event);
}

/* ---- The deadline, and the warning ---- */

/* How long it may take until everyone is known to have a message. */
static mjl_time usual_wait(const mjl_session *session)
{
    return mjl_membership_fa_intv(session) + mjl_warnings_patience(session);
}

void mjl_message_states_expect(mjl_session *session, uint32_t place)
{
    /* Whoever has the message has its parts: it alone is expected, and warned of. */
    if (session->holdings.entries[place].type == MJL_TYPE_PART) return;
    mjl_holdings_overdue_at(&session->holdings, place, mjl_timers_at(session, usual_wait(session)));
}

/* Its time ran on meanwhile. */
mjl_result mjl_message_states_count_again(mjl_session *session, uint32_t place)
{
    bool is_news;
    mjl_result result = mjl_acks_count_again(session->acks, session->transcript, place, &is_news);
    if (result != MJL_OK || !is_news) return result;
    const uint32_t first = mjl_transcript_place(session->transcript, place)->first;
    const mjl_holding *holding = &session->holdings.entries[first];
    if (holding->type == MJL_TYPE_PART) return MJL_OK;
    const mjl_time left = holding->accepted_at + usual_wait(session) - session->profile->now;
    mjl_holdings_overdue_at(&session->holdings, first, mjl_timers_at(session, left > 0 ? left : 0));
    if (left < 0) return mjl_message_states_due(session, first);
    return mjl_holdings_touch(&session->holdings, first);
}

static mjl_result collect_missing(const mjl_session *session, uint32_t place, mjl_buffer *missing)
{
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    for (uint32_t author = 0; author < count; author++) {
        if (!mjl_acks_owes(session->acks, session->transcript, place, author)) continue;
        const mjl_result result = mjl_buffer_append(
            missing, mjl_id_bytes(mjl_transcript_author_id(session->transcript, author)));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_message_states_warn(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    mjl_buffer missing = {0};
    mjl_result result = collect_missing(session, place, &missing);
    if (result == MJL_OK) {
        result = mjl_warnings_raise(session, MJL_WARNING_NOT_FULLY_ACKED, &where->message,
                                    mjl_buffer_bytes(&missing), &holding->warning);
    }
    mjl_buffer_clear(&missing);
    return result == MJL_OK ? mjl_holdings_touch(&session->holdings, place) : result;
}

mjl_result mjl_message_states_overdue(mjl_session *session, uint32_t place)
{
    if (!mjl_session_may_send(session)) return MJL_OK;
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (where->first != place) return MJL_OK;
    if (mjl_acks_is_full(session->acks, session->transcript, place)) return MJL_OK;
    mjl_result result = mjl_message_states_warn(session, place);
    if (result == MJL_OK) result = mjl_message_states_tell(session, place);
    return result;
}

mjl_result mjl_message_states_due(mjl_session *session, uint32_t place)
{
    mjl_holdings_deadline_passed(&session->holdings, place);
    const mjl_result result = mjl_holdings_touch(&session->holdings, place);
    return result == MJL_OK ? mjl_message_states_overdue(session, place) : result;
}

mjl_result mjl_message_states_settle(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    if (holding->overdue_at == MJL_NEVER && holding->warning == 0) return MJL_OK;
    mjl_holdings_overdue_at(&session->holdings, place, MJL_NEVER);
    const mjl_result result =
        holding->warning == 0 ? MJL_OK : mjl_warnings_retract(session, &holding->warning);
    return result == MJL_OK ? mjl_holdings_touch(&session->holdings, place) : result;
}

mjl_result mjl_message_states_end_warnings(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->warning == 0) continue;
        mjl_result result = mjl_warnings_retract(session, &holding->warning);
        if (result == MJL_OK) result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_message_states_load_done(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        const uint64_t number = session->holdings.entries[i].warning;
        if (number == 0) continue;
        mjl_buffer missing = {0};
        mjl_result result = collect_missing(session, i, &missing);
        if (result == MJL_OK) {
            result = mjl_warnings_restore_missing(&session->warnings, number, &missing);
        }
        mjl_buffer_clear(&missing);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Those that end otherwise ---- */

mjl_result mjl_message_states_orphan(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (holding->delivered_number == 0) return MJL_OK;
    if (mjl_acks_is_full(session->acks, session->transcript, place)) return MJL_OK;
    if (mjl_epoch_has_author(mjl_session_tip(session), where->author)) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .message = where->message};
    event.old_state = holding->shown_state;
    event.new_state = holding->shown_state = MJL_MESSAGE_ORPHANED;
    return mjl_session_emit(session, &event);
}

mjl_result mjl_message_states_fail_own(mjl_session *session, mjl_result why)
{
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (!holding->is_own || holding->delivered_number == 0) continue;
        if (holding->shown_state == MJL_MESSAGE_FAILED) continue;
        mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .why = why};
        event.message = mjl_transcript_place(session->transcript, i)->message;
        event.old_state = holding->shown_state;
        event.new_state = MJL_MESSAGE_FAILED;
        mjl_message_states_of(session, i, &event.held_count, &event.readers_count);
        holding->shown_state = MJL_MESSAGE_FAILED;
        mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result == MJL_OK) result = mjl_session_emit(session, &event);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_message_states_take_back_failures(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->shown_state != MJL_MESSAGE_FAILED) continue;
        holding->shown_state = MJL_MESSAGE_SENT; /* So that it is told what it is now. */
        mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .old_state = MJL_MESSAGE_FAILED};
        event.message = mjl_transcript_place(session->transcript, i)->message;
        event.new_state =
            mjl_message_states_of(session, i, &event.held_count, &event.readers_count);
        holding->shown_state = event.new_state;
        mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result == MJL_OK) result = mjl_session_emit(session, &event);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}
