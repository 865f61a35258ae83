/* Large messages of ours: what is said, what the application is told, how they end. */
#include "large.h"

#include "array.h"
#include "send.h"
#include "session_state.h"

void mjl_large_say_clear(mjl_large_say *say)
{
    for (uint32_t i = 0; say->staged != NULL && i < say->parts_count; i++)
        mjl_buffer_clear(&say->staged[i]);
    mjl_buffer_clear(&say->content);
    free(say->parts);
    free(say->staged);
    memset(say, 0, sizeof *say);
}

mjl_result mjl_large_add_say(mjl_large *large, mjl_large_say *taken)
{
    const mjl_result result = mjl_array_reserve(&large->says, large->says_count, &large->says_room,
                                                1, sizeof *large->says);
    if (result != MJL_OK) return result;
    large->says[large->says_count++] = *taken;
    memset(taken, 0, sizeof *taken);
    return MJL_OK;
}

bool mjl_large_is_said(const mjl_session *session, const mjl_message_id *message)
{
    for (size_t i = 0; i < session->large.says_count; i++) {
        const mjl_large_say *say = &session->large.says[i];
        if (!say->is_placed && mjl_id_equal(&say->message, message)) return true;
    }
    return false;
}

mjl_large_say *mjl_large_current(const mjl_large *large)
{
    for (size_t i = 0; i < large->says_count; i++) {
        if (!large->says[i].is_placed) return &large->says[i];
    }
    return NULL;
}

size_t mjl_large_count(const mjl_large *large, bool is_placed)
{
    size_t count = 0;
    for (size_t i = 0; i < large->says_count; i++)
        count += large->says[i].is_placed == is_placed;
    return count;
}

mjl_result mjl_large_drop(mjl_session *session, mjl_large_say *say)
{
    mjl_large *const large = &session->large;
    const mjl_result result = mjl_array_reserve(&large->gone, large->gone_count, &large->gone_room,
                                                1, sizeof *large->gone);
    if (result != MJL_OK) return result;
    const bool has_records = say->is_staged && say->staged != NULL;
    large->gone[large->gone_count++] = (struct mjl_large_gone){
        say->number, has_records ? say->erased_to : 0, has_records ? say->parts_count : 0};
    mjl_large_say_clear(say);
    const size_t behind = large->says_count - (size_t)(say + 1 - large->says);
    large->says_count--;
    memmove(say, say + 1, behind * sizeof *say);
    return MJL_OK;
}

/* ---- What the application is told ---- */

mjl_result mjl_large_tell_state(mjl_session *session, const mjl_message_id *message,
                                mjl_message_state old_state, mjl_message_state new_state,
                                mjl_result why)
{
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .message = *message, .why = why};
    event.old_state = old_state;
    event.new_state = new_state;
    return mjl_session_emit(session, &event);
}

/* At most MJL_PROGRESS_STEPS events for what went out, and as many for what everyone has. */
mjl_result mjl_large_tell_progress(mjl_session *session, mjl_large_say *say)
{
    const uint32_t done = mjl_large_step(say->done, say->parts_count);
    const uint32_t everyone = mjl_large_step(say->everyone, say->parts_count);
    if (done <= say->shown_done && everyone <= say->shown_everyone) return MJL_OK;
    if (done > say->shown_done) say->shown_done = done;
    if (everyone > say->shown_everyone) say->shown_everyone = everyone;
    say->dirty = true;
    mjl_event event = {.kind = MJL_EVENT_PROGRESS, .message = say->message};
    event.member = *mjl_session_member_id(session);
    memcpy(event.subject.bytes, say->of, sizeof say->of);
    event.parts_count = say->parts_count;
    event.parts_done = say->done;
    event.parts_everyone = say->everyone;
    return mjl_session_emit(session, &event);
}

mjl_result mjl_large_count_everyone(mjl_session *session, mjl_large_say *say)
{
    while (say->everyone < say->parts_count) {
        const mjl_message_id *part = &say->parts[say->everyone];
        const uint32_t first = mjl_transcript_find_message(session->transcript, part);
        if (first == MJL_NO_INDEX || !mjl_acks_is_full(session->acks, session->transcript, first)) {
            break;
        }
        say->everyone++;
        say->dirty = true;
    }
    return mjl_large_tell_progress(session, say);
}

bool mjl_large_is_over(const mjl_session *session, const mjl_large_say *say)
{
    if (!say->is_placed) return false;
    const uint32_t first = mjl_transcript_find_message(session->transcript, &say->message);
    return first == MJL_NO_INDEX || mjl_acks_is_full(session->acks, session->transcript, first);
}

mjl_result mjl_large_acked(mjl_session *session)
{
    mjl_large *const large = &session->large;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < large->says_count;) {
        result = mjl_large_count_everyone(session, &large->says[i]);
        if (result == MJL_OK && mjl_large_is_over(session, &large->says[i])) {
            result = mjl_large_drop(session, &large->says[i]);
        } else {
            i++;
        }
    }
    return result;
}

/* ---- Saying ---- */

static mjl_result stage_parts(mjl_session *session, mjl_bytes body, mjl_large_say *say)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < say->parts_count; i++) {
        const size_t at = (size_t)i * MJL_PART_SIZE;
        const size_t left = body.size - at;
        mjl_part_body part = {.index = i, .count = say->parts_count};
        memcpy(part.of, say->of, sizeof part.of);
        part.bytes = mjl_bytes_of(body.data + at, left < MJL_PART_SIZE ? left : MJL_PART_SIZE);
        mjl_buffer encoded = {0};
        result = mjl_part_encode(&part, &encoded);
        if (result == MJL_OK) {
            result = mjl_send_make_content(session, MJL_TYPE_PART, mjl_buffer_bytes(&encoded),
                                           &say->staged[i], &say->parts[i]);
        }
        mjl_buffer_clear(&encoded);
    }
    return result;
}

static mjl_result name_parts(mjl_session *session, const mjl_say *said, mjl_large_say *say)
{
    mjl_large_body *large = calloc(1, sizeof *large);
    if (large == NULL) return MJL_OUT_OF_MEMORY;
    large->media_type = said->media_type;
    if (large->media_type.size == 0) large->media_type = mjl_bytes_text("text/plain");
    large->has_reply_to = said->has_reply_to;
    large->reply_to = said->reply_to;
    large->size = said->body.size;
    large->parts_count = say->parts_count;
    memcpy(large->of, say->of, sizeof large->of);
    memcpy(large->parts, say->parts, say->parts_count * sizeof *say->parts);
    mjl_buffer encoded = {0};
    mjl_result result = mjl_large_encode(large, &encoded);
    if (result == MJL_OK) {
        result = mjl_send_make_content(session, MJL_TYPE_LARGE, mjl_buffer_bytes(&encoded),
                                       &say->content, &say->message);
    }
    mjl_buffer_clear(&encoded);
    free(large);
    return result;
}

static mjl_result make(mjl_session *session, const mjl_say *said, mjl_large_say *say)
{
    say->parts_count = (uint32_t)mjl_parts_count(said->body.size);
    say->parts = calloc(say->parts_count, sizeof *say->parts);
    say->staged = calloc(say->parts_count, sizeof *say->staged);
    if (say->parts == NULL || say->staged == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = mjl_draw(session->profile->random, "parts", say->of, sizeof say->of);
    if (result == MJL_OK) result = stage_parts(session, said->body, say);
    if (result == MJL_OK) result = name_parts(session, said, say);
    return result;
}

mjl_result mjl_large_say_it(mjl_session *session, const mjl_say *said, mjl_message_id *message,
                            bool *is_begun)
{
    mjl_large *const large = &session->large;
    *is_begun = false;
    if (mjl_large_count(large, false) >= MJL_LARGE_SAYS_MAX) return MJL_FULL;
    mjl_large_say say = {.if_grown = (uint32_t)said->if_grown, .dirty = true};
    say.roster_epoch = session->branches.tip;
    say.done_in = MJL_NO_INDEX;
    mjl_result result = make(session, said, &say);
    if (result == MJL_OK) {
        say.number = large->next_number;
        *message = say.message;
        result = mjl_large_add_say(large, &say);
    }
    if (result != MJL_OK) {
        mjl_large_say_clear(&say);
        return result;
    }
    large->next_number++;
    large->dirty = *is_begun = true;
    result = mjl_tokens_note(session, said->token, message);
    if (result != MJL_OK) return result;
    return mjl_large_tell_state(session, message, (mjl_message_state)0, MJL_MESSAGE_QUEUED, MJL_OK);
}

/* ---- Other ends and beginnings ---- */

mjl_result mjl_large_agree(mjl_session *session, const mjl_message_id *message)
{
    for (size_t i = 0; i < session->large.says_count; i++) {
        mjl_large_say *const say = &session->large.says[i];
        if (!say->asks || !mjl_id_equal(&say->message, message)) continue;
        say->asks = false;
        say->roster_epoch = session->branches.tip;
        say->dirty = true;
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

mjl_result mjl_large_fail(mjl_session *session, mjl_result why)
{
    mjl_result result = MJL_OK;
    for (mjl_large_say *say;
         result == MJL_OK && (say = mjl_large_current(&session->large)) != NULL;) {
        result = mjl_large_tell_state(session, &say->message, MJL_MESSAGE_QUEUED,
                                      MJL_MESSAGE_FAILED, why);
        if (result == MJL_OK) result = mjl_large_drop(session, say);
    }
    return result;
}

/* What was followed of it so far is over. */
static mjl_result drop_followed(mjl_session *session, const mjl_message_id *message)
{
    mjl_large *const large = &session->large;
    for (size_t i = 0; i < large->says_count; i++) {
        if (!mjl_id_equal(&large->says[i].message, message)) continue;
        return mjl_large_drop(session, &large->says[i]);
    }
    return MJL_OK;
}

mjl_result mjl_large_again(mjl_session *session, uint32_t first)
{
    const mjl_holding *holding = &session->holdings.entries[first];
    mjl_large_say say = {.if_grown = holding->if_grown, .dirty = true};
    say.message = mjl_transcript_place(session->transcript, first)->message;
    say.roster_epoch = holding->roster_epoch;
    say.done_in = MJL_NO_INDEX;
    mjl_large_body *body = calloc(1, sizeof *body);
    mjl_result result = body == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    mjl_content content;
    if (result == MJL_OK) {
        result = mjl_content_decode(mjl_buffer_bytes(&holding->content), &content);
    }
    if (result == MJL_OK) result = mjl_large_decode(content.body, body);
    if (result != MJL_OK && result != MJL_OUT_OF_MEMORY) {
        free(body);
        return MJL_OK; /* Somebody with our keys said it, and what it names is nothing. */
    }
    if (result == MJL_OK) {
        memcpy(say.of, body->of, sizeof say.of);
        say.parts_count = say.staged_from = say.erased_to = (uint32_t)body->parts_count;
        say.parts = calloc(say.parts_count, sizeof *say.parts);
        result = say.parts == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    }
    if (result == MJL_OK) {
        memcpy(say.parts, body->parts, say.parts_count * sizeof *say.parts);
        result = mjl_buffer_append(&say.content, mjl_buffer_bytes(&holding->content));
    }
    say.number = session->large.next_number;
    if (result == MJL_OK) result = drop_followed(session, &say.message);
    if (result == MJL_OK) result = mjl_large_add_say(&session->large, &say);
    free(body);
    if (result != MJL_OK) {
        mjl_large_say_clear(&say);
        return result;
    }
    session->large.next_number++;
    session->large.dirty = true;
    return MJL_OK;
}
