/* What users want of the membership: invite, refuse, exclude, refresh, leave. */
#include "calls.h"
#include "deciding.h"
#include "intents.h"
#include "payload.h"
#include "send.h"
#include "session_state.h"

static mjl_result begin_wish(mjl_session *session, mjl_time now)
{
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    if (session->state == MJL_SESSION_REMOVED || session->state == MJL_SESSION_PARTED) {
        return MJL_NOT_A_MEMBER;
    }
    if (session->state != MJL_SESSION_LIVE) return MJL_WRONG_STATE;
    return session->membership.count >= MJL_INTENTS_MAX ? MJL_FULL : MJL_OK;
}

static mjl_result want(mjl_session *session, mjl_intent_kind kind, const mjl_member_id *subject,
                       mjl_bytes key_package, mjl_intent *intent)
{
    mjl_result result = mjl_membership_want(session, kind, subject, key_package, NULL, intent);
    if (result == MJL_OK) result = mjl_session_settle(session);
    return mjl_profile_end(session->profile, result);
}

/* Lifetimes are the inviter's to check, and its alone (DESIGN section 7). */
static mjl_result check_lifetime(const mjl_session *session, const mjl_join_request *request)
{
    mjl_mls_key_package_view view;
    const mjl_result read = mjl_mls_key_package_read(mjl_buffer_bytes(&request->key_package),
                                                     session->profile->suites, &view);
    if (read != MJL_OK) return read;
    const uint64_t seconds = (uint64_t)(session->profile->now / 1000);
    return seconds < view.not_before || seconds > view.not_after ? MJL_BAD_KEY_PACKAGE : MJL_OK;
}

/* Who was let in before and never came goes first: nobody can be let in who is there. */
static mjl_result make_way(mjl_session *session, const mjl_member_id *requester)
{
    const uint32_t author = mjl_transcript_find_author(session->transcript, requester);
    if (author == MJL_NO_INDEX || !mjl_epoch_has_author(mjl_session_tip(session), author)) {
        return MJL_OK;
    }
    if (mjl_intents_find(&session->membership, MJL_INTENT_REMOVE, requester) != NULL) return MJL_OK;
    return mjl_membership_want(session, MJL_INTENT_REMOVE, requester, mjl_bytes_of(NULL, 0), NULL,
                               NULL);
}

mjl_result mjl_do_invite(mjl_session *session, mjl_time now, const mjl_member_id *requester,
                         mjl_intent *intent)
{
    mjl_result result = begin_wish(session, now);
    if (result != MJL_OK) return result;
    if (requester == NULL) return MJL_BAD_ARGUMENT;
    const mjl_join_request *request = mjl_join_requests_find(session, requester);
    if (request == NULL || request->is_restore) return MJL_NOT_FOUND;
    result = check_lifetime(session, request);
    if (result == MJL_OK && session->membership.count + 2 > MJL_INTENTS_MAX) result = MJL_FULL;
    if (result != MJL_OK) return result;
    result = make_way(session, requester);
    if (result != MJL_OK) return mjl_profile_end(session->profile, result);
    return want(session, MJL_INTENT_ADD, requester, mjl_buffer_bytes(&request->key_package),
                intent);
}

mjl_result mjl_do_restore(mjl_session *session, mjl_time now, const mjl_member_id *requester,
                          mjl_intent *intent)
{
    mjl_result result = begin_wish(session, now);
    if (result != MJL_OK || requester == NULL) return result == MJL_OK ? MJL_BAD_ARGUMENT : result;
    const mjl_join_request *request = mjl_join_requests_find(session, requester);
    if (request == NULL || !request->is_restore) return MJL_NOT_FOUND;
    result = check_lifetime(session, request);
    if (result != MJL_OK) return result;
    result = mjl_membership_want_restore(session, request, intent);
    if (result == MJL_OK) result = mjl_session_settle(session);
    return mjl_profile_end(session->profile, result);
}

mjl_result mjl_do_rejoin(mjl_session *session, mjl_time now)
{
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    if (session->state == MJL_SESSION_NEED_REJOIN) return MJL_OK;
    if (session->state == MJL_SESSION_REMOVED || session->state == MJL_SESSION_PARTED) {
        return MJL_NOT_A_MEMBER;
    }
    if (session->state != MJL_SESSION_LIVE) return MJL_WRONG_STATE;
    return mjl_profile_end(session->profile,
                           mjl_session_set_state(session, MJL_SESSION_NEED_REJOIN, MJL_OK));
}

mjl_result mjl_do_refuse(mjl_session *session, mjl_time now, const mjl_member_id *requester)
{
    if (requester == NULL) return MJL_BAD_ARGUMENT;
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    mjl_join_request *const request = mjl_join_requests_find(session, requester);
    if (request == NULL) return MJL_NOT_FOUND;
    return mjl_profile_end(session->profile, mjl_join_requests_drop(session, request));
}

mjl_result mjl_do_exclude(mjl_session *session, mjl_time now, const mjl_member_id *member,
                          mjl_intent *intent)
{
    const mjl_result result = begin_wish(session, now);
    if (result != MJL_OK || member == NULL) return result == MJL_OK ? MJL_BAD_ARGUMENT : result;
    if (mjl_id_equal(member, mjl_session_member_id(session))) return MJL_CANNOT_REMOVE_SELF;
    const uint32_t author = mjl_transcript_find_author(session->transcript, member);
    if (author == MJL_NO_INDEX || !mjl_epoch_has_author(mjl_session_tip(session), author)) {
        return MJL_NOT_FOUND;
    }
    return want(session, MJL_INTENT_REMOVE, member, mjl_bytes_of(NULL, 0), intent);
}

mjl_result mjl_do_refresh(mjl_session *session, mjl_time now, mjl_intent *intent)
{
    const mjl_result result = begin_wish(session, now);
    if (result != MJL_OK) return result;
    return want(session, MJL_INTENT_REFRESH, NULL, mjl_bytes_of(NULL, 0), intent);
}

static mjl_result give_up_joining(mjl_session *session)
{
    mjl_timers_cancel(session, &session->joining.task);
    mjl_joining_clear(&session->joining);
    return mjl_session_set_state(session, MJL_SESSION_PARTED, MJL_OK);
}

static mjl_result give_up_rejoining(mjl_session *session)
{
    session->left_at = session->profile->now;
    mjl_result result = mjl_session_set_state(session, MJL_SESSION_PARTED, MJL_OK);
    if (result == MJL_OK) result = mjl_membership_end_waiting(session);
    return result == MJL_OK ? mjl_deciding_plan_expiry(session) : result;
}

static mjl_result say_fin(mjl_session *session)
{
    mjl_buffer body = {0};
    mjl_buffer content = {0};
    bool is_queued;
    mjl_result result = mjl_fin_encode(&body);
    if (result == MJL_OK) {
        result = mjl_send_make_content(session, MJL_TYPE_FIN, mjl_buffer_bytes(&body), &content,
                                       &session->fin);
    }
    if (result == MJL_OK) {
        result = mjl_session_set_state(session, MJL_SESSION_LEAVING, MJL_OK);
    }
    /* What is half said is not said: everyone is about to stop waiting for us. */
    if (result == MJL_OK) result = mjl_large_fail(session, MJL_WRONG_STATE);
    if (result == MJL_OK) {
        result = mjl_send_or_queue(session, mjl_buffer_bytes(&content), &session->fin,
                                   MJL_IF_GROWN_SEND, &is_queued);
    }
    mjl_buffer_clear(&body);
    mjl_buffer_clear(&content);
    if (result != MJL_OK) return result;
    session->left_at = session->profile->now;
    result = mjl_timers_set(session, mjl_policy_fin_timeout(&session->policy), MJL_TIMER_LEAVE, 0,
                            &session->leave_task);
    return result == MJL_OK ? mjl_session_settle(session) : result;
}

mjl_result mjl_do_leave(mjl_session *session, mjl_time now)
{
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    switch (session->state) {
    case MJL_SESSION_JOINING:
        return mjl_profile_end(session->profile, give_up_joining(session));
    case MJL_SESSION_LIVE:
        return mjl_profile_end(session->profile, say_fin(session));
    case MJL_SESSION_LEAVING:
        return MJL_OK;
    case MJL_SESSION_NEED_REJOIN:
        return mjl_profile_end(session->profile, give_up_rejoining(session));
    default:
        return MJL_NOT_A_MEMBER;
    }
}
