/*
 * The public functions that change anything: arguments into an mjl_input, outcome out of it. What
 * is checked here is only what an input could not carry (a pointer that is missing).
 */
#include "calls.h"

#include "inputs.h"
#include "recording.h"
#include "session_state.h"

mjl_result mjl_profile_open(const mjl_profile_config *config, mjl_profile **profile)
{
    const bool is_recorded = config != NULL && config->size >= sizeof *config &&
                             config->recorder != NULL && config->store != NULL &&
                             config->random.fill != NULL && profile != NULL;
    return is_recorded ? mjl_recording_open(config, profile) : mjl_do_open(config, NULL, profile);
}

void mjl_profile_close(mjl_profile *profile)
{
    if (profile != NULL && profile->recorder != NULL) {
        mjl_recording_close(profile->recorder, profile);
    }
    mjl_do_close(profile);
}

/* ---- On a profile ---- */

mjl_result mjl_profile_receive(mjl_profile *profile, mjl_time now, mjl_transport_id from,
                               mjl_bytes packet, mjl_verdict *verdict)
{
    if (profile == NULL || verdict == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {
        .kind = MJL_INPUT_RECEIVE, .now = now, .number = from, .bytes = packet};
    mjl_outcome outcome;
    const mjl_result result = mjl_input_take(profile, &input, &outcome);
    if (result == MJL_OK) *verdict = outcome.verdict;
    return result;
}

mjl_result mjl_profile_transport_state(mjl_profile *profile, mjl_time now, mjl_transport_id id,
                                       mjl_transport_state state)
{
    if (profile == NULL || id == 0 || (unsigned)state > MJL_TRANSPORT_DOWN_NOW) {
        return MJL_BAD_ARGUMENT;
    }
    const mjl_input input = {
        .kind = MJL_INPUT_TRANSPORT_STATE, .now = now, .number = (uint64_t)state << 32 | id};
    mjl_outcome outcome;
    return mjl_input_take(profile, &input, &outcome);
}

mjl_result mjl_profile_step(mjl_profile *profile, mjl_time now)
{
    if (profile == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_STEP, .now = now};
    mjl_outcome outcome;
    return mjl_input_take(profile, &input, &outcome);
}

mjl_result mjl_profile_next_packet(mjl_profile *profile, mjl_packet *packet)
{
    const mjl_result result = mjl_do_next_packet(profile, packet);
    if (result == MJL_OK && profile->recorder != NULL) {
        mjl_recording_packet(profile->recorder, packet);
    }
    return result;
}

mjl_result mjl_profile_packet_sent(mjl_profile *profile, uint64_t number)
{
    if (profile == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_PACKET_SENT, .number = number};
    mjl_outcome outcome;
    return mjl_input_take(profile, &input, &outcome);
}

mjl_result mjl_profile_next_event(mjl_profile *profile, mjl_event *event)
{
    const mjl_result result = mjl_do_next_event(profile, event);
    if (result == MJL_OK && profile->recorder != NULL) {
        mjl_recording_event(profile->recorder, event);
    }
    return result;
}

mjl_result mjl_profile_event_settled(mjl_profile *profile, uint64_t number)
{
    if (profile == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_EVENT_SETTLED, .number = number};
    mjl_outcome outcome;
    return mjl_input_take(profile, &input, &outcome);
}

mjl_result mjl_profile_note_set(mjl_profile *profile, mjl_bytes name, mjl_bytes value)
{
    if (profile == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_NOTE_SET, .name = name, .bytes = value};
    mjl_outcome outcome;
    return mjl_input_take(profile, &input, &outcome);
}

static mjl_result take_room(mjl_profile *profile, const mjl_input *input, mjl_session **session)
{
    mjl_outcome outcome;
    const mjl_result result = mjl_input_take(profile, input, &outcome);
    if (result == MJL_OK) *session = outcome.session;
    return result;
}

mjl_result mjl_session_create(mjl_profile *profile, mjl_time now, const mjl_create *create,
                              mjl_session **session)
{
    if (profile == NULL || create == NULL || session == NULL || create->size < sizeof *create) {
        return MJL_BAD_ARGUMENT;
    }
    const mjl_input input = {.kind = MJL_INPUT_CREATE,
                             .now = now,
                             .number = create->secret_lifetime_ms,
                             .name = create->room_name,
                             .bytes = create->room_secret,
                             .pace = create->pace};
    return take_room(profile, &input, session);
}

mjl_result mjl_session_join(mjl_profile *profile, mjl_time now, const mjl_join *join,
                            mjl_session **session)
{
    if (profile == NULL || join == NULL || session == NULL || join->size < sizeof *join) {
        return MJL_BAD_ARGUMENT;
    }
    const mjl_input input = {.kind = MJL_INPUT_JOIN,
                             .now = now,
                             .name = join->room_name,
                             .bytes = join->room_secret,
                             .pace = join->pace};
    return take_room(profile, &input, session);
}

/* ---- On a session ---- */

mjl_result mjl_session_say(mjl_session *session, mjl_time now, const mjl_say *say,
                           mjl_message_id *message, mjl_said *said)
{
    if (session == NULL || say == NULL || say->size < sizeof *say) return MJL_BAD_ARGUMENT;
    mjl_input input = {.kind = MJL_INPUT_SAY,
                       .session = session->number,
                       .now = now,
                       .number = (uint64_t)say->if_grown,
                       .id = say->has_reply_to ? &say->reply_to : NULL,
                       .name = say->media_type,
                       .bytes = say->body};
    memcpy(input.token, say->token, sizeof input.token);
    mjl_outcome outcome;
    const mjl_result result = mjl_input_take(session->profile, &input, &outcome);
    if (result != MJL_OK) return result;
    if (message != NULL) *message = outcome.message;
    if (said != NULL) *said = (mjl_said)outcome.number;
    return MJL_OK;
}

/* A call on a session that answers nothing but its result. */
static mjl_result take_plain(mjl_session *session, mjl_input input)
{
    mjl_outcome outcome;
    input.session = session->number;
    return mjl_input_take(session->profile, &input, &outcome);
}

static mjl_result take_wish(mjl_session *session, mjl_input input, mjl_intent *intent)
{
    mjl_outcome outcome;
    input.session = session->number;
    const mjl_result result = mjl_input_take(session->profile, &input, &outcome);
    if (result == MJL_OK) *intent = outcome.number;
    return result;
}

mjl_result mjl_session_agree(mjl_session *session, mjl_time now, const mjl_message_id *message)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    return take_plain(session, (mjl_input){.kind = MJL_INPUT_AGREE, .now = now, .id = message});
}

mjl_result mjl_session_invite(mjl_session *session, mjl_time now, const mjl_member_id *requester,
                              mjl_intent *intent)
{
    if (session == NULL || intent == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_INVITE, .now = now, .id = requester};
    return take_wish(session, input, intent);
}

mjl_result mjl_session_refuse(mjl_session *session, mjl_time now, const mjl_member_id *requester)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    return take_plain(session, (mjl_input){.kind = MJL_INPUT_REFUSE, .now = now, .id = requester});
}

mjl_result mjl_session_restore(mjl_session *session, mjl_time now, const mjl_member_id *requester,
                               mjl_intent *intent)
{
    if (session == NULL || intent == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_RESTORE, .now = now, .id = requester};
    return take_wish(session, input, intent);
}

mjl_result mjl_session_rejoin(mjl_session *session, mjl_time now)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    return take_plain(session, (mjl_input){.kind = MJL_INPUT_REJOIN, .now = now});
}

mjl_result mjl_session_exclude(mjl_session *session, mjl_time now, const mjl_member_id *member,
                               mjl_intent *intent)
{
    if (session == NULL || intent == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_EXCLUDE, .now = now, .id = member};
    return take_wish(session, input, intent);
}

mjl_result mjl_session_refresh(mjl_session *session, mjl_time now, mjl_intent *intent)
{
    if (session == NULL || intent == NULL) return MJL_BAD_ARGUMENT;
    return take_wish(session, (mjl_input){.kind = MJL_INPUT_REFRESH, .now = now}, intent);
}

mjl_result mjl_session_leave(mjl_session *session, mjl_time now)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    return take_plain(session, (mjl_input){.kind = MJL_INPUT_LEAVE, .now = now});
}

mjl_result mjl_session_away(mjl_session *session, mjl_time now, uint64_t for_ms)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    return take_plain(session, (mjl_input){.kind = MJL_INPUT_AWAY, .now = now, .number = for_ms});
}

mjl_result mjl_session_set_verified(mjl_session *session, mjl_time now, const mjl_member_id *member,
                                    mjl_verified verified)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {
        .kind = MJL_INPUT_SET_VERIFIED, .now = now, .number = (uint64_t)verified, .id = member};
    return take_plain(session, input);
}

mjl_result mjl_session_evidence_dismiss(mjl_session *session, mjl_time now, uint64_t number)
{
    if (session == NULL) return MJL_BAD_ARGUMENT;
    const mjl_input input = {.kind = MJL_INPUT_EVIDENCE_DISMISS, .now = now, .number = number};
    return take_plain(session, input);
}
