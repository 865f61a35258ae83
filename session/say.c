/* Talking: mjl_session_say, mjl_session_agree. */
#include "calls.h"
#include "payload.h"
#include "send.h"
#include "session_state.h"

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
    *said = is_queued ? MJL_SAID_QUEUED : MJL_SAID_ACCEPTED;
    return result;
}

static mjl_result say_large(mjl_session *session, const mjl_say *say, mjl_message_id *message,
                            mjl_said *said)
{
    bool is_begun;
    mjl_result result = mjl_large_say_it(session, say, message, &is_begun);
    if (!is_begun) return result;
    *said = MJL_SAID_QUEUED;
    if (result == MJL_OK) result = mjl_session_settle(session);
    return mjl_profile_end(session->profile, result);
}

mjl_result mjl_do_say(mjl_session *session, mjl_time now, const mjl_say *say,
                      mjl_message_id *message, mjl_said *said)
{
    if (say->body.size > MJL_SAY_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    if (mjl_tokens_find(session, say->token, message)) {
        *said = MJL_SAID_ACCEPTED;
        return MJL_OK;
    }
    if (session->state == MJL_SESSION_REMOVED || session->state == MJL_SESSION_PARTED) {
        return MJL_NOT_A_MEMBER;
    }
    if (session->state != MJL_SESSION_LIVE) return MJL_WRONG_STATE;
    if (say->body.size > MJL_BODY_SIZE_MAX) return say_large(session, say, message, said);
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

mjl_result mjl_do_agree(mjl_session *session, mjl_time now, const mjl_message_id *message)
{
    if (message == NULL) return MJL_BAD_ARGUMENT;
    mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    result = mjl_large_agree(session, message);
    if (result == MJL_OK) {
        return mjl_profile_end(session->profile, mjl_session_settle(session));
    }
    for (size_t i = 0; i < session->says_count; i++) {
        mjl_queued_say *say = &session->says[i];
        if (!say->asks || !mjl_id_equal(&say->message, message)) continue;
        say->asks = false;
        say->dirty = true;
        return mjl_profile_end(session->profile, mjl_session_settle(session));
    }
    return MJL_NOT_FOUND;
}
