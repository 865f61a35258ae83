#include "session_state.h"

#include <assert.h>

#include "choosing.h"
#include "deciding.h"
#include "epochs.h"
#include "freshness.h"
#include "message_states.h"
#include "record_kinds.h"
#include "send.h"
#include "timers.h"
#include "users.h"
#include "welcomes.h"

#include <sodium.h>

/* ---- Life ---- */

static mjl_result make_rooms(mjl_session *session)
{
    const mjl_random random = session->profile->random;
    /* As it is drawn: it is no secret, and shows too little of one. */
    uint8_t seed[8]; /* Read as a number of one byte order: the schedule is the same everywhere. */
    mjl_result result = random.fill(random.context, seed, sizeof seed);
    if (result == MJL_OK) {
        result = mjl_schedule_new(mjl_timer_kinds, session->profile->now, mjl_number_of_key(seed),
                                  &session->schedule);
    }
    return result;
}

mjl_result mjl_session_blank(mjl_profile *profile, uint32_t number, mjl_session **session)
{
    mjl_session *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->profile = profile;
    made->number = number;
    made->is_touched = true;
    mjl_branches_init(&made->branches);
    mjl_policy_init(&made->policy, mjl_bytes_of(NULL, 0));
    mjl_result result = mjl_transcript_new(&made->transcript);
    if (result == MJL_OK) result = mjl_large_init(&made->large);
    if (result == MJL_OK) result = mjl_pending_new(&made->pending);
    if (result == MJL_OK) result = mjl_users_new(&made->users);
    if (result != MJL_OK) {
        mjl_session_free(made);
        return result;
    }
    *session = made;
    return MJL_OK;
}

mjl_result mjl_session_new(mjl_profile *profile, uint32_t number, mjl_session **session)
{
    mjl_result result = mjl_session_blank(profile, number, session);
    if (result != MJL_OK) return result;
    result = make_rooms(*session);
    if (result != MJL_OK) mjl_session_free(*session);
    return result;
}

void mjl_session_free(mjl_session *session)
{
    if (session == NULL) return;
    mjl_buffer_clear(&session->room_name);
    mjl_buffer_clear(&session->room_secret);
    mjl_schedule_free(session->schedule);
    mjl_branches_clear(&session->branches);
    mjl_acks_free(session->acks);
    mjl_transcript_free(session->transcript);
    mjl_pending_free(session->pending);
    mjl_holdings_clear(&session->holdings);
    mjl_presence_clear(&session->presence);
    mjl_answers_clear(&session->answers);
    mjl_membership_clear(&session->membership);
    mjl_joining_clear(&session->joining);
    mjl_roots_clear(&session->roots);
    mjl_renewal_free(session->renewal);
    mjl_join_requests_clear(&session->requests);
    mjl_unknown_clear(&session->unknown);
    mjl_warnings_clear(&session->warnings);
    mjl_users_free(session->users);
    mjl_evidences_clear(&session->evidences);
    mjl_seen_clear(&session->seen);
    mjl_tokens_clear(&session->tokens);
    mjl_large_clear(&session->large);
    for (size_t i = 0; i < session->says_count; i++)
        mjl_buffer_clear(&session->says[i].content);
    free(session->says);
    free(session->says_saved);
    sodium_memzero(session, sizeof *session);
    free(session);
}

/* ---- What the rooms share ---- */

mjl_result mjl_session_emit(mjl_session *session, mjl_event *event)
{
    event->session_number = session->number;
    event->at = session->profile->now;
    return mjl_events_push(&session->profile->events, event);
}

static mjl_result end_warnings(mjl_session *session)
{
    mjl_result result = mjl_large_end_warnings(session);
    if (result == MJL_OK) result = mjl_warnings_retract(session, &session->knocking.warning);
    if (result == MJL_OK) result = mjl_freshness_forget_all(session);
    if (result == MJL_OK) result = mjl_welcomes_look(session);
    if (result == MJL_OK) result = mjl_message_states_end_warnings(session);
    if (result != MJL_OK) return result;
    /* The choice may undo a removal: what was missing is then missing still. */
    return session->state == MJL_SESSION_REMOVED ? mjl_warnings_suspend_gaps(session)
                                                 : mjl_warnings_forget_all_gaps(session);
}

/* Back from where it took no part: what is overdue is so again. */
static mjl_result resume(mjl_session *session)
{
    mjl_result result = mjl_large_resume_warnings(session);
    if (result == MJL_OK) result = mjl_welcomes_look(session);
    if (result == MJL_OK) result = mjl_resend_resume(session);
    if (result == MJL_OK) result = mjl_warnings_gap_due(session);
    return result == MJL_OK ? mjl_warnings_note_waited_for(session) : result;
}

mjl_result mjl_session_set_state(mjl_session *session, mjl_session_state state, mjl_result why)
{
    if (session->state == state) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_SESSION_STATE, .why = why};
    event.old_state = session->state;
    event.new_state = state;
    session->state = state;
    mjl_result result = mjl_session_emit(session, &event);
    if (result == MJL_OK && state == MJL_SESSION_NEED_REJOIN) {
        result = mjl_knocking_wants_back(session);
    }
    if (result == MJL_OK) result = mjl_transports_look(session);
    if (result != MJL_OK) return result;
    if (mjl_session_may_send(session)) return resume(session);
    /* Who is no member any more is owed nothing, and waits for nothing. */
    if (state != MJL_SESSION_JOINING) mjl_unknown_drop(&session->unknown, UINT64_MAX);
    return end_warnings(session);
}

mjl_epoch *mjl_session_tip(const mjl_session *session)
{
    if (session->branches.tip == MJL_NO_INDEX) return NULL;
    return &session->branches.epochs[session->branches.tip];
}

const mjl_mls_identity *mjl_session_identity(const mjl_session *session)
{
    return session->renewal == NULL ? &session->profile->identity : &session->renewal->identity;
}

const mjl_member_id *mjl_session_member_id(const mjl_session *session)
{
    return session->renewal == NULL ? &session->profile->member : &session->renewal->member;
}

uint32_t mjl_session_self(const mjl_session *session)
{
    return mjl_transcript_find_author(session->transcript, mjl_session_member_id(session));
}

mjl_bytes mjl_session_name_of(const mjl_session *session, uint32_t author)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *tip = mjl_session_tip(session);
    if (tip != NULL && tip->group != NULL && mjl_epoch_has_author(tip, author)) {
        return mjl_epochs_name(tip->group, mjl_epoch_leaf_of(tip, author), NULL);
    }
    assert(branches->count == 0 || branches->epochs != NULL);
    for (uint32_t i = branches->count; i > 0; i--) {
        const mjl_epoch *epoch = &branches->epochs[i - 1];
        const uint32_t leaf = mjl_epoch_leaf_of(epoch, author);
        if (epoch->group != NULL && leaf != MJL_NO_INDEX) {
            return mjl_epochs_name(epoch->group, leaf, NULL);
        }
    }
    return mjl_bytes_of(NULL, 0);
}

bool mjl_session_may_send(const mjl_session *session)
{
    if (session->state != MJL_SESSION_LIVE && session->state != MJL_SESSION_LEAVING) return false;
    const mjl_epoch *tip = mjl_session_tip(session);
    return tip != NULL && tip->group != NULL && !tip->removes_us;
}

/* Everyone has our FIN: a short linger, so that who still asks gets an answer, and then the end. */
static mjl_result linger(mjl_session *session)
{
    if (session->state != MJL_SESSION_LEAVING || session->is_lingering) return MJL_OK;
    const uint32_t place = mjl_transcript_find_message(session->transcript, &session->fin);
    if (place == MJL_NO_INDEX || !mjl_acks_is_full(session->acks, session->transcript, place)) {
        return MJL_OK;
    }
    session->is_lingering = true;
    mjl_timers_cancel(session, &session->leave_task);
    return mjl_timers_set(session, 2 * mjl_policy_fa_intv(&session->policy, 0), MJL_TIMER_LEAVE, 0,
                          &session->leave_task);
}

mjl_result mjl_session_settle(mjl_session *session)
{
    if (session->branches.tip == MJL_NO_INDEX) return MJL_OK;
    /* Each round may open the way for the next; every one of them moves something forward, and the
       bound is the number of epochs and intents there can be. */
    for (size_t round = 0; round < MJL_INTENTS_MAX; round++) {
        mjl_result result = mjl_choosing_follow(session);
        if (result == MJL_OK) result = mjl_roots_look(session);
        if (result == MJL_OK) result = mjl_deciding_look(session);
        if (result == MJL_OK) result = mjl_membership_pump(session);
        if (result != MJL_OK) return result;
        /* A commit of ours moves the tip before anything else is said: what follows a commit inside
           the epoch that it ends cannot be followed from within the one it starts. */
        if (mjl_branches_choose(&session->branches) == session->branches.tip) break;
    }
    mjl_result result = mjl_send_flush(session);
    if (result == MJL_OK) result = mjl_large_flush(session);
    if (result != MJL_OK) return result;
    return linger(session);
}
