#include "restoring.h"

#include "deciding.h"
#include "epochs.h"
#include "join.h"
#include "join_requests.h"
#include "room.h"
#include "session_state.h"

/* ---- Asked ---- */

static mjl_join_request *find_for(const mjl_session *session, const mjl_member_id *old)
{
    mjl_join_requests *const requests = (mjl_join_requests *)&session->requests;
    for (size_t i = 0; i < requests->count; i++) {
        mjl_join_request *request = &requests->entries[i];
        if (request->is_restore && mjl_id_equal(&request->replaces, old)) return request;
    }
    return NULL;
}

/* The old key signed the knock, with the new key in it. */
static mjl_result check_old_key(const mjl_session *session, const mjl_knock *knock, uint32_t author)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    mjl_mls_member member;
    if (!mjl_mls_group_member(tip->group, mjl_epoch_leaf_of(tip, author), &member)) {
        return MJL_UNKNOWN_SENDER;
    }
    return mjl_knock_check_signature(knock, mjl_mls_group_suite(tip->group), member.signature_key);
}

/* From the cheapest check to the dearest. A newer request of one member takes the place of its
   older one, but not at once: whoever has the old key could make us tell of each. */
static mjl_result check(mjl_session *session, const mjl_knock *knock, uint32_t author,
                        const mjl_join_offer *offer)
{
    if (mjl_id_equal(&offer->requester, &knock->author)) return MJL_BAD_KEY_PACKAGE;
    const mjl_join_request *held = find_for(session, &knock->author);
    if (held != NULL && mjl_id_equal(&held->reference, &offer->reference)) return MJL_DUPLICATE;
    const mjl_time least = mjl_policy_fa_intv(&session->policy, 0);
    if (held != NULL && session->profile->now - held->first_seen < least) {
        return MJL_TOO_MANY_REQUESTS;
    }
    mjl_result result = mjl_join_offer_check(session, offer, held != NULL);
    if (result == MJL_OK) result = check_old_key(session, knock, author);
    return result == MJL_OK ? mjl_join_offer_verify(session, offer) : result;
}

static mjl_result hold(mjl_session *session, mjl_join_offer *offer)
{
    mjl_join_request *const held = find_for(session, offer->replaces);
    const mjl_result result = held == NULL ? MJL_OK : mjl_join_requests_drop(session, held);
    return result == MJL_OK ? mjl_join_requests_hold(session, offer) : result;
}

mjl_result mjl_restoring_asked(mjl_session *session, const mjl_knock *knock, uint32_t author,
                               mjl_verdict *verdict)
{
    mjl_join_offer offer = {.packet = knock->key_package, .replaces = &knock->author};
    verdict->kind = MJL_VERDICT_TOO_OLD;
    /* Who is there needs no restoring: this is an old packet, whoever brought it. */
    if (session->state != MJL_SESSION_LIVE || !mjl_presence_is_silent(session, author)) {
        return MJL_OK;
    }
    mjl_result result = mjl_join_offer_read(session->profile, &offer);
    if (result == MJL_OK) result = check(session, knock, author, &offer);
    if (result == MJL_OUT_OF_MEMORY || result == MJL_FULL || result == MJL_BUG) return result;
    verdict->kind = result == MJL_DUPLICATE ? MJL_VERDICT_DUPLICATE : MJL_VERDICT_REJECTED;
    verdict->why = result == MJL_DUPLICATE ? MJL_OK : result;
    if (result != MJL_OK) return MJL_OK;
    verdict->kind = MJL_VERDICT_APPLIED;
    verdict->has_who = true;
    verdict->who = knock->author;
    return hold(session, &offer);
}

mjl_result mjl_restoring_answered(mjl_session *session, const mjl_knock *knock)
{
    mjl_join_offer offer = {.packet = knock->key_package};
    const mjl_result result = mjl_join_offer_read(session->profile, &offer);
    if (result == MJL_OUT_OF_MEMORY) return result;
    return result == MJL_OK ? mjl_join_requests_note_used(session, &offer.reference) : MJL_OK;
}

mjl_result mjl_restoring_forget(mjl_session *session, uint32_t author)
{
    if (session->requests.count == 0) return MJL_OK;
    mjl_join_request *const held =
        find_for(session, mjl_transcript_author_id(session->transcript, author));
    return held == NULL ? MJL_OK : mjl_join_requests_drop(session, held);
}

/* ---- Welcomed ---- */

/* An insider at least: somebody we knew as a member, or who has the room's secret. */
static mjl_result check_signer(const mjl_session *session, const mjl_mls_joined *joined)
{
    mjl_mls_member member;
    if (session->room_secret.size > 0) return MJL_OK; /* Its MAC was checked. */
    if (!mjl_mls_group_member(joined->group, joined->signer, &member)) return MJL_UNKNOWN_SENDER;
    const mjl_member_id id = mjl_id_member(member.signature_key);
    const uint32_t author = mjl_transcript_find_author(session->transcript, &id);
    if (author == MJL_NO_INDEX) return MJL_UNKNOWN_SENDER;
    return mjl_epoch_has_author(mjl_session_tip(session), author) ? MJL_OK : MJL_UNKNOWN_SENDER;
}

static mjl_result check_group(const mjl_session *session, const mjl_mls_joined *joined)
{
    const mjl_bytes ours = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    if (!mjl_bytes_equal(mjl_mls_group_id(joined->group), ours)) return MJL_WRONG_GROUP;
    /* Later than ours; or the very one whose commit removed what we were. */
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint64_t least = tip->removes_us ? tip->number : tip->number + 1;
    if (mjl_mls_group_epoch(joined->group) < least) return MJL_WRONG_EPOCH;
    return check_signer(session, joined);
}

/* What we were is over; its log stays. */
static mjl_result end_old(mjl_session *session)
{
    mjl_joining_clear(&session->joining);
    session->wants_back = false;
    mjl_result result = mjl_warnings_retract(session, &session->knocking.warning);
    if (session->state == MJL_SESSION_REMOVED || result != MJL_OK) return result;
    session->left_at = session->profile->now;
    result = mjl_session_set_state(session, MJL_SESSION_PARTED, MJL_OK);
    if (result == MJL_OK) result = mjl_membership_end_waiting(session);
    return result == MJL_OK ? mjl_deciding_plan_expiry(session) : result;
}

static mjl_result begin_new(mjl_session *old, mjl_mls_joined *joined, mjl_bytes welcome,
                            mjl_session **made)
{
    mjl_result result = mjl_profile_add_session(old->profile, made);
    if (result != MJL_OK) return result;
    mjl_session *const session = *made;
    session->renewal = old->joining.renewal;
    old->joining.renewal = NULL;
    session->join_pace = (mjl_pace){old->policy.bc_lat_ms, old->policy.m_intv_ms};
    result = mjl_buffer_append(&session->room_name, mjl_buffer_bytes(&old->room_name));
    if (result == MJL_OK) {
        result = mjl_buffer_append(&session->room_secret, mjl_buffer_bytes(&old->room_secret));
    }
    if (result == MJL_OK) result = mjl_session_set_state(session, MJL_SESSION_JOINING, MJL_OK);
    return result == MJL_OK ? mjl_join_enter(session, joined, &old->joining, welcome) : result;
}

mjl_result mjl_restoring_welcomed(mjl_session *session, mjl_bytes packet, mjl_verdict *verdict)
{
    verdict->kind = MJL_VERDICT_NOT_FOR_US;
    /* A healthy member never accepts a Welcome for a group it is in (DESIGN section 10). */
    if (!session->wants_back || session->joining.renewal == NULL) return MJL_OK;
    verdict->session = session;
    mjl_mls_joined joined = {0};
    mjl_result result = mjl_join_open_welcome(session, &session->joining.secret, packet,
                                              &session->joining.renewal->identity, &joined);
    if (result == MJL_OK) result = check_group(session, &joined);
    if (result != MJL_OK) {
        mjl_mls_joined_clear(&joined);
        if (result == MJL_OUT_OF_MEMORY || result == MJL_BUG) return result;
        verdict->kind = MJL_VERDICT_REJECTED;
        verdict->why = result;
        return MJL_OK;
    }
    verdict->kind = MJL_VERDICT_APPLIED;
    mjl_session *made;
    result = begin_new(session, &joined, packet, &made);
    mjl_mls_joined_clear(&joined);
    if (result == MJL_OK) verdict->session = made;
    return result == MJL_OK ? end_old(session) : result;
}
