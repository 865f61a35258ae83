/* What members do in the story. */
#include "story_inside.h"

mjl_session *story_session(const story *told, uint32_t i)
{
    mjl_session *last = NULL;
    for (size_t k = 0;; k++) {
        mjl_session *const session = mjl_profile_session(told->members[i].profile, k);
        if (session == NULL) return last;
        last = session;
    }
}

mjl_session_info story_info(const story *told, uint32_t i)
{
    mjl_session_info info = {0};
    const mjl_session *const session = story_session(told, i);
    if (session != NULL) mjl_session_get_info(session, &info);
    return info;
}

mjl_result story_create(story *told, uint32_t i)
{
    if (story_session(told, i) != NULL) return MJL_OK;
    mjl_create config = {.size = sizeof config};
    config.room_name = mjl_bytes_text("room");
    config.room_secret = told->teller->room_secret;
    config.pace.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    config.pace.m_intv_ms = MJL_M_INTV_MS_QUICK;
    config.secret_lifetime_ms = STORY_LIFETIME_MS;
    mjl_session *session;
    return mjl_session_create(told->members[i].profile, told->now, &config, &session);
}

mjl_result story_join(story *told, uint32_t i)
{
    mjl_join config = {.size = sizeof config};
    config.room_name = mjl_bytes_text("room");
    config.room_secret = told->teller->room_secret;
    config.pace.bc_lat_ms = MJL_BC_LAT_MS_QUICK;
    config.pace.m_intv_ms = MJL_M_INTV_MS_QUICK;
    mjl_session *session;
    return mjl_session_join(told->members[i].profile, told->now, &config, &session);
}

static mjl_result say(story *told, uint32_t i, mjl_bytes body, uint8_t token)
{
    mjl_say config = {.size = sizeof config, .body = body, .if_grown = MJL_IF_GROWN_SEND};
    config.token[0] = token;
    mjl_message_id message;
    mjl_said said;
    return mjl_session_say(story_session(told, i), told->now, &config, &message, &said);
}

void story_say_bytes(story *told, uint32_t i, uint8_t *bytes, size_t size, uint8_t token)
{
    if (told->teller->body != NULL) told->teller->body(told->teller->context, bytes, size);
    DO(told, i, say(told, i, mjl_bytes_of(bytes, size), token));
}

void story_say_text(story *told, uint32_t i, const char *text, uint8_t token)
{
    uint8_t copy[64];
    const size_t size = strlen(text);
    assert_true(size <= sizeof copy);
    memcpy(copy, text, size);
    story_say_bytes(told, i, copy, size, token);
}

mjl_result story_set_away(story *told, uint32_t i)
{
    return mjl_session_away(story_session(told, i), told->now, STORY_LIFETIME_MS / 2);
}

mjl_result story_leave_room(story *told, uint32_t i)
{
    const mjl_result result = mjl_session_leave(story_session(told, i), told->now);
    return result == MJL_NOT_A_MEMBER ? MJL_OK : result;
}

mjl_result story_exclude(story *told, uint32_t i, uint32_t whom)
{
    mjl_intent intent;
    const mjl_member_id member = mjl_profile_member(told->members[whom].profile);
    const mjl_result result =
        mjl_session_exclude(story_session(told, i), told->now, &member, &intent);
    return result == MJL_NOT_FOUND ? MJL_OK : result;
}

mjl_result story_refresh(story *told, uint32_t i)
{
    mjl_intent intent;
    return mjl_session_refresh(story_session(told, i), told->now, &intent);
}

mjl_result story_invite_next(story *told, uint32_t i)
{
    mjl_join_request_info request;
    mjl_intent intent;
    mjl_result result = mjl_session_join_request(story_session(told, i), 0, &request);
    if (result != MJL_OK) return result;
    const mjl_member_id requester = request.requester;
    result = mjl_session_invite(story_session(told, i), told->now, &requester, &intent);
    return result == MJL_NOT_FOUND ? MJL_OK : result;
}

mjl_result story_verify(story *told, uint32_t i, uint32_t whom)
{
    const mjl_member_id member = mjl_profile_member(told->members[whom].profile);
    return mjl_session_set_verified(story_session(told, i), told->now, &member, MJL_VERIFIED);
}

mjl_result story_note(story *told, uint32_t i, const char *value)
{
    return mjl_profile_note_set(told->members[i].profile, mjl_bytes_text("cursor"),
                                mjl_bytes_text(value));
}
