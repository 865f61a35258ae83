#include "session_state.h"

#include <assert.h>

#include "accept.h"
#include "epochs.h"
#include "payload.h"
#include "record_kinds.h"
#include "room.h"
#include "send.h"
#include "timers.h"

#include <sodium.h>

/* ---- Life ---- */

static mjl_result make_rooms(mjl_session *session)
{
    const mjl_random random = session->profile->random;
    uint64_t seed;
    mjl_result result = random.fill(random.context, (uint8_t *)&seed, sizeof seed);
    if (result == MJL_OK) {
        result = mjl_schedule_new(mjl_timer_kinds, session->profile->now, seed, &session->schedule);
    }
    if (result == MJL_OK) {
        result = mjl_expectations_new(mjl_timer_expect_kinds, &session->expectations);
    }
    return result;
}

mjl_result mjl_session_blank(mjl_profile *profile, uint32_t number, mjl_session **session)
{
    mjl_session *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->profile = profile;
    made->number = number;
    mjl_branches_init(&made->branches);
    mjl_policy_init(&made->policy, mjl_bytes_of(NULL, 0));
    mjl_result result = mjl_transcript_new(&made->transcript);
    if (result == MJL_OK) result = mjl_pending_new(&made->pending);
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
    mjl_expectations_free(session->expectations);
    mjl_schedule_free(session->schedule);
    mjl_branches_clear(&session->branches);
    mjl_acks_free(session->acks);
    mjl_transcript_free(session->transcript);
    mjl_pending_free(session->pending);
    mjl_holdings_clear(&session->holdings);
    mjl_presence_clear(&session->presence);
    mjl_membership_clear(&session->membership);
    mjl_joining_clear(&session->joining);
    mjl_requests_clear(&session->requests);
    mjl_unknown_clear(&session->unknown);
    mjl_warnings_clear(&session->warnings);
    mjl_seen_clear(&session->seen);
    mjl_tokens_clear(&session->tokens);
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

mjl_result mjl_session_set_state(mjl_session *session, mjl_session_state state, mjl_result why)
{
    if (session->state == state) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_SESSION_STATE, .why = why};
    event.old_state = session->state;
    event.new_state = state;
    session->state = state;
    const mjl_result result = mjl_session_emit(session, &event);
    if (result != MJL_OK || mjl_session_may_send(session)) return result;
    /* Who is no member any more is owed nothing, and waits for nothing. */
    if (state != MJL_SESSION_JOINING) mjl_unknown_drop(&session->unknown, UINT64_MAX);
    return mjl_resend_end_warnings(session);
}

mjl_epoch *mjl_session_tip(const mjl_session *session)
{
    if (session->branches.tip == MJL_NO_INDEX) return NULL;
    return &session->branches.epochs[session->branches.tip];
}

uint32_t mjl_session_self(const mjl_session *session)
{
    return mjl_transcript_find_author(session->transcript, &session->profile->member);
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
        mjl_result result = mjl_membership_choose(session);
        if (result == MJL_OK) result = mjl_membership_decide(session);
        if (result == MJL_OK) result = mjl_membership_pump(session);
        if (result != MJL_OK) return result;
        /* A commit of ours moves the tip before anything else is said: what follows a commit inside
           the epoch that it ends cannot be followed from within the one it starts. */
        if (mjl_branches_choose(&session->branches) == session->branches.tip) break;
    }
    const mjl_result result = mjl_send_flush(session);
    if (result != MJL_OK) return result;
    return linger(session);
}

/* ---- Making and entering rooms ---- */

static mjl_result check_pace(const mjl_pace *pace, mjl_pace *out)
{
    out->bc_lat_ms = pace->bc_lat_ms == 0 ? MJL_BC_LAT_MS_DEFAULT : pace->bc_lat_ms;
    out->m_intv_ms = pace->m_intv_ms == 0 ? MJL_M_INTV_MS_DEFAULT : pace->m_intv_ms;
    const bool fits =
        out->bc_lat_ms >= MJL_INTERVAL_MS_MIN && out->bc_lat_ms <= MJL_INTERVAL_MS_MAX &&
        out->m_intv_ms >= MJL_INTERVAL_MS_MIN && out->m_intv_ms <= MJL_INTERVAL_MS_MAX;
    return fits ? MJL_OK : MJL_BAD_ARGUMENT;
}

static mjl_result make_group(mjl_session *session, const mjl_policy *policy)
{
    /* Every member's leaf must list the policy extension: RFC 9420 §11.1, RequiredCapabilities. */
    static const uint8_t required[] = {2, MJL_EXTENSION_POLICY >> 8, MJL_EXTENSION_POLICY & 0xff, 0,
                                       0};
    enum { EXTENSION_REQUIRED_CAPABILITIES = 3 };
    mjl_buffer encoded = {0};
    mjl_result result = mjl_policy_encode(policy, &encoded);
    const mjl_mls_extension extensions[] = {
        {.type = EXTENSION_REQUIRED_CAPABILITIES, .data = {required, sizeof required}},
        {.type = MJL_EXTENSION_POLICY, .data = mjl_buffer_bytes(&encoded)}};
    mjl_mls_create_config config = {.identity = &session->profile->identity};
    config.capabilities = mjl_join_capabilities();
    config.not_after = UINT64_MAX;
    config.group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    config.context_extensions = extensions;
    config.context_extensions_count = 2;
    mjl_mls_candidate candidate = {0};
    if (result == MJL_OK) {
        result = mjl_mls_group_create(&config, session->profile->random, &candidate.group,
                                      &candidate.ratchets);
    }
    mjl_buffer_clear(&encoded);
    mjl_epoch_entry entry = {.candidate = &candidate, .parent = MJL_NO_INDEX};
    uint32_t epoch = 0;
    if (result == MJL_OK) {
        entry.branch = mjl_epochs_branch_of(candidate.group);
        entry.commit_class = MJL_CLASS_ADD;
        entry.is_own = true;
        result = mjl_epochs_read_policy(session, candidate.group);
    }
    if (result == MJL_OK) result = mjl_epochs_enter(session, &entry, &epoch);
    mjl_mls_candidate_clear(&candidate);
    if (result != MJL_OK) return result;
    session->branches.tip = epoch;
    session->branches.epochs[epoch].is_decided = true;
    session->branches.epochs[epoch].committer = mjl_session_self(session);
    return MJL_OK;
}

static mjl_result tell_created(mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    mjl_event event = {.kind = MJL_EVENT_EPOCH, .epoch = tip->number, .branch = tip->branch};
    event.member = session->profile->member;
    const mjl_result result = mjl_session_set_state(session, MJL_SESSION_LIVE, MJL_OK);
    return result == MJL_OK ? mjl_session_emit(session, &event) : result;
}

static mjl_result create(mjl_session *session, const mjl_create *config, const mjl_policy *policy)
{
    const mjl_random random = session->profile->random;
    session->has_group = true;
    mjl_result result = random.fill(random.context, session->group_id, MJL_GROUP_ID_SIZE);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_secret, config->room_secret);
    if (result == MJL_OK) result = make_group(session, policy);
    return result == MJL_OK ? tell_created(session) : result;
}

mjl_result mjl_session_create(mjl_profile *profile, mjl_time now, const mjl_create *config,
                              mjl_session **session)
{
    if (profile == NULL || config == NULL || session == NULL || config->size < sizeof *config) {
        return MJL_BAD_ARGUMENT;
    }
    mjl_policy policy;
    mjl_pace pace;
    mjl_policy_init(&policy, config->room_name);
    if (check_pace(&config->pace, &pace) != MJL_OK) return MJL_BAD_ARGUMENT;
    policy.bc_lat_ms = pace.bc_lat_ms;
    policy.m_intv_ms = pace.m_intv_ms;
    if (config->secret_lifetime_ms != 0) policy.secret_lifetime_ms = config->secret_lifetime_ms;
    if (mjl_policy_check(&policy) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (config->room_secret.size > MJL_ROOM_SECRET_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(profile, now);
    if (result == MJL_OK) result = mjl_profile_add_session(profile, session);
    if (result != MJL_OK) return result;
    return mjl_profile_end(profile, create(*session, config, &policy));
}

static mjl_session *find_room(const mjl_profile *profile, mjl_bytes name)
{
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_session *session = profile->sessions[i];
        const bool is_over =
            session->state == MJL_SESSION_PARTED || session->state == MJL_SESSION_REMOVED;
        if (!is_over && mjl_bytes_equal(mjl_buffer_bytes(&session->room_name), name)) {
            return session;
        }
    }
    return NULL;
}

static mjl_result join(mjl_session *session, const mjl_join *config, const mjl_pace *pace)
{
    session->join_pace = *pace;
    mjl_result result = mjl_buffer_append(&session->room_name, config->room_name);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_secret, config->room_secret);
    if (result == MJL_OK) result = mjl_session_set_state(session, MJL_SESSION_JOINING, MJL_OK);
    session->policy.room_name = mjl_buffer_bytes(&session->room_name);
    session->policy.bc_lat_ms = pace->bc_lat_ms;
    session->policy.m_intv_ms = pace->m_intv_ms;
    return result == MJL_OK ? mjl_join_begin(session) : result;
}

mjl_result mjl_session_join(mjl_profile *profile, mjl_time now, const mjl_join *config,
                            mjl_session **session)
{
    if (profile == NULL || config == NULL || session == NULL || config->size < sizeof *config) {
        return MJL_BAD_ARGUMENT;
    }
    mjl_pace pace;
    mjl_policy policy;
    mjl_policy_init(&policy, config->room_name);
    if (check_pace(&config->pace, &pace) != MJL_OK || mjl_policy_check(&policy) != MJL_OK) {
        return MJL_BAD_ARGUMENT;
    }
    if (config->room_secret.size > MJL_ROOM_SECRET_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(profile, now);
    if (result != MJL_OK) return result;
    *session = find_room(profile, config->room_name);
    if (*session != NULL) return MJL_OK;
    result = mjl_profile_add_session(profile, session);
    if (result != MJL_OK) return result;
    return mjl_profile_end(profile, join(*session, config, &pace));
}

/* ---- Talking ---- */

static mjl_result encode_said(const mjl_say *say, mjl_buffer *body)
{
    mjl_said_body said = {.bytes = say->body, .media_type = say->media_type};
    if (said.media_type.size == 0) said.media_type = mjl_bytes_text("text/plain");
    said.has_reply_to = say->has_reply_to;
    said.reply_to = say->reply_to;
    return mjl_said_encode(&said, body);
}

static mjl_result say_body(mjl_session *session, const mjl_say *say, mjl_bytes body,
                           mjl_message_id *message, mjl_said *said)
{
    mjl_buffer content = {0};
    bool is_queued = false;
    mjl_result result = mjl_send_make_content(session, MJL_TYPE_CONTENT, body, &content, message);
    if (result == MJL_OK) result = mjl_tokens_note(session, say->token, message);
    if (result == MJL_OK) {
        result = mjl_send_or_queue(session, mjl_buffer_bytes(&content), message,
                                   (uint32_t)say->if_grown, &is_queued);
    }
    mjl_buffer_clear(&content);
    if (said != NULL) *said = is_queued ? MJL_SAID_QUEUED : MJL_SAID_ACCEPTED;
    return result;
}

mjl_result mjl_session_say(mjl_session *session, mjl_time now, const mjl_say *say,
                           mjl_message_id *message, mjl_said *said)
{
    mjl_message_id ignored;
    if (session == NULL || say == NULL || say->size < sizeof *say) return MJL_BAD_ARGUMENT;
    if (message == NULL) message = &ignored;
    if (say->body.size > MJL_BODY_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    if (mjl_tokens_find(session, say->token, message)) {
        if (said != NULL) *said = MJL_SAID_ACCEPTED;
        return MJL_OK;
    }
    if (session->state == MJL_SESSION_REMOVED || session->state == MJL_SESSION_PARTED) {
        return MJL_NOT_A_MEMBER;
    }
    if (session->state != MJL_SESSION_LIVE) return MJL_WRONG_STATE;
    if (session->says_count >= MJL_QUEUED_SAYS_MAX) return MJL_FULL;
    mjl_buffer body = {0};
    result = encode_said(say, &body);
    if (result != MJL_OK) {
        mjl_buffer_clear(&body);
        return result; /* Nothing was touched: a media type that may not stand there. */
    }
    result = say_body(session, say, mjl_buffer_bytes(&body), message, said);
    mjl_buffer_clear(&body);
    if (result == MJL_OK) result = mjl_session_settle(session);
    return mjl_profile_end(session->profile, result);
}

mjl_result mjl_session_agree(mjl_session *session, mjl_time now, const mjl_message_id *message)
{
    if (session == NULL || message == NULL) return MJL_BAD_ARGUMENT;
    mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    for (size_t i = 0; i < session->says_count; i++) {
        mjl_queued_say *say = &session->says[i];
        if (!say->asks || !mjl_id_equal(&say->message, message)) continue;
        say->asks = false;
        say->dirty = true;
        return mjl_profile_end(session->profile, mjl_session_settle(session));
    }
    return MJL_NOT_FOUND;
}

/* ---- Membership ---- */

static mjl_result begin_wish(mjl_session *session, mjl_time now, const mjl_intent *intent)
{
    if (session == NULL || intent == NULL) return MJL_BAD_ARGUMENT;
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

mjl_result mjl_session_invite(mjl_session *session, mjl_time now, const mjl_member_id *requester,
                              mjl_intent *intent)
{
    const mjl_result result = begin_wish(session, now, intent);
    if (result != MJL_OK || requester == NULL) return result == MJL_OK ? MJL_BAD_ARGUMENT : result;
    const mjl_join_request *request = mjl_join_find_request(session, requester);
    if (request == NULL) return MJL_NOT_FOUND;
    /* Lifetimes are the inviter's to check, and its alone (DESIGN section 7). */
    mjl_mls_key_package_view view;
    const mjl_bytes key_package = mjl_buffer_bytes(&request->key_package);
    const mjl_result read = mjl_mls_key_package_read(key_package, &view);
    if (read != MJL_OK) return read;
    const uint64_t seconds = (uint64_t)(session->profile->now / 1000);
    if (seconds < view.not_before || seconds > view.not_after) return MJL_BAD_KEY_PACKAGE;
    return want(session, MJL_INTENT_ADD, requester, key_package, intent);
}

mjl_result mjl_session_refuse(mjl_session *session, mjl_time now, const mjl_member_id *requester)
{
    if (session == NULL || requester == NULL) return MJL_BAD_ARGUMENT;
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    mjl_join_request *const request = mjl_join_find_request(session, requester);
    if (request == NULL) return MJL_NOT_FOUND;
    return mjl_profile_end(session->profile, mjl_join_drop_request(session, request));
}

mjl_result mjl_session_exclude(mjl_session *session, mjl_time now, const mjl_member_id *member,
                               mjl_intent *intent)
{
    const mjl_result result = begin_wish(session, now, intent);
    if (result != MJL_OK || member == NULL) return result == MJL_OK ? MJL_BAD_ARGUMENT : result;
    if (mjl_id_equal(member, &session->profile->member)) return MJL_CANNOT_REMOVE_SELF;
    const uint32_t author = mjl_transcript_find_author(session->transcript, member);
    if (author == MJL_NO_INDEX || !mjl_epoch_has_author(mjl_session_tip(session), author)) {
        return MJL_NOT_FOUND;
    }
    return want(session, MJL_INTENT_REMOVE, member, mjl_bytes_of(NULL, 0), intent);
}

mjl_result mjl_session_refresh(mjl_session *session, mjl_time now, mjl_intent *intent)
{
    const mjl_result result = begin_wish(session, now, intent);
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
    return result == MJL_OK ? mjl_membership_plan_expiry(session) : result;
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

mjl_result mjl_session_leave(mjl_session *session, mjl_time now)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
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
