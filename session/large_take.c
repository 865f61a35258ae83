/* Large messages of others: their parts as they come, and the place that names them. */
#include "large.h"

#include "accept.h"
#include "array.h"
#include "session_state.h"

/* ---- What is kept ---- */

static void forget_incoming(mjl_large *large, size_t i)
{
    free(large->incoming[i].places);
    large->incoming_count--;
    memmove(&large->incoming[i], &large->incoming[i + 1],
            (large->incoming_count - i) * sizeof *large->incoming);
}

static mjl_incoming *find_incoming(const mjl_large *large, uint32_t author, const uint8_t *of)
{
    for (size_t i = 0; i < large->incoming_count; i++) {
        mjl_incoming *const one = &large->incoming[i];
        if (one->author == author && memcmp(one->of, of, sizeof one->of) == 0) return one;
    }
    return NULL;
}

static mjl_result add_incoming(mjl_large *large, uint32_t author, const mjl_part_body *part)
{
    const mjl_result result = mjl_array_reserve(&large->incoming, large->incoming_count,
                                                &large->incoming_room, 1, sizeof *large->incoming);
    if (result != MJL_OK) return result;
    mjl_incoming made = {.author = author, .parts_count = part->count};
    made.places = malloc(part->count * sizeof *made.places);
    if (made.places == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(made.of, part->of, sizeof made.of);
    for (uint32_t i = 0; i < part->count; i++)
        made.places[i] = MJL_NO_INDEX;
    large->incoming[large->incoming_count++] = made;
    return MJL_OK;
}

/* The graph keeps the place, and it is acked like any other; its bytes go. */
static mjl_result drop_content(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_buffer_clear(&holding->content);
    holding->content_dirty = true;
    return mjl_holdings_touch(&session->holdings, place);
}

/* ---- Who is to blame ---- */

static mjl_result tell_refused(mjl_session *session, uint32_t place, const uint8_t *of,
                               mjl_result why)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    mjl_event event = {.kind = MJL_EVENT_PART_REFUSED, .message = where->message, .why = why};
    event.member = *mjl_transcript_author_id(session->transcript, where->author);
    event.place = where->id;
    if (of != NULL) memcpy(event.subject.bytes, of, MJL_TRANSFER_SIZE);
    return mjl_session_emit(session, &event);
}

/* Bytes of the author, so that the graph is not held up by what it is not about. */
static mjl_result refuse(mjl_session *session, uint32_t place, const uint8_t *of, mjl_result why)
{
    const mjl_result result = drop_content(session, place);
    return result == MJL_OK ? tell_refused(session, place, of, why) : result;
}

/* ---- The bound ---- */

static size_t oldest_of(const mjl_large *large, uint32_t author, size_t *count, size_t *bytes)
{
    size_t oldest = large->incoming_count;
    *count = *bytes = 0;
    for (size_t i = large->incoming_count; i-- > 0;) {
        if (large->incoming[i].author != author) continue;
        oldest = i;
        ++*count;
        *bytes += large->incoming[i].bytes;
    }
    return oldest;
}

/* Whoever keeps the rules says one at a time, so an older one is one that it gave up. */
static mjl_result keep_bound(mjl_session *session, uint32_t author)
{
    mjl_large *const large = &session->large;
    for (;;) {
        size_t count, bytes;
        const size_t oldest = oldest_of(large, author, &count, &bytes);
        if (count <= MJL_INCOMING_PER_AUTHOR_MAX && bytes <= MJL_INCOMING_BYTES_PER_AUTHOR_MAX) {
            return MJL_OK;
        }
        mjl_incoming *const given_up = &large->incoming[oldest];
        uint32_t last = MJL_NO_INDEX;
        mjl_result result = MJL_OK;
        for (uint32_t i = 0; result == MJL_OK && i < given_up->parts_count; i++) {
            if (given_up->places[i] == MJL_NO_INDEX) continue;
            last = given_up->places[i];
            result = drop_content(session, last);
        }
        if (result == MJL_OK) result = tell_refused(session, last, given_up->of, MJL_FULL);
        if (result != MJL_OK) return result;
        forget_incoming(large, oldest);
    }
}

/* ---- Whole, or not ---- */

/* The message is delivered; what it consists of is no longer on its way. */
static mjl_result deliver_whole(mjl_session *session, uint32_t place, const mjl_large_body *large)
{
    const uint32_t author = mjl_transcript_place(session->transcript, place)->author;
    mjl_incoming *const incoming = find_incoming(&session->large, author, large->of);
    if (incoming != NULL) {
        forget_incoming(&session->large, (size_t)(incoming - session->large.incoming));
    }
    mjl_event event = {.kind = MJL_EVENT_MESSAGE};
    mjl_accept_describe(session, place, &event);
    memcpy(event.subject.bytes, large->of, sizeof large->of);
    event.media_type = large->media_type;
    event.parts_count = event.parts_done = (uint32_t)large->parts_count;
    return mjl_session_emit(session, &event);
}

static mjl_result add_incomplete(mjl_large *large, uint32_t place)
{
    const mjl_result result =
        mjl_array_reserve(&large->incomplete, large->incomplete_count, &large->incomplete_room, 1,
                          sizeof *large->incomplete);
    if (result != MJL_OK) return result;
    large->incomplete[large->incomplete_count++] = (mjl_incomplete){.place = place};
    return MJL_OK;
}

static mjl_result warn_incomplete(mjl_session *session, mjl_incomplete *incomplete)
{
    if (!mjl_session_may_send(session)) return MJL_OK;
    const mjl_place *where = mjl_transcript_place(session->transcript, incomplete->place);
    return mjl_warnings_raise(
        session, MJL_WARNING_INCOMPLETE, &where->message,
        mjl_id_bytes(mjl_transcript_author_id(session->transcript, where->author)),
        &incomplete->warning);
}

/* Its author named what it had not said before, to everyone who reads the name: nobody else can
   have done that. It may still come. */
static mjl_result note_incomplete(mjl_session *session, uint32_t place, const mjl_large_body *body,
                                  mjl_result why)
{
    mjl_large *const large = &session->large;
    mjl_result result = add_incomplete(large, place);
    if (result == MJL_OK) {
        result = warn_incomplete(session, &large->incomplete[large->incomplete_count - 1]);
    }
    return result == MJL_OK && why != MJL_NOT_FOUND ? tell_refused(session, place, body->of, why)
                                                    : result;
}

static mjl_result take_whole(mjl_session *session, uint32_t place, const mjl_content *content,
                             mjl_large_body *body)
{
    mjl_result result = mjl_large_decode(content->body, body);
    if (result != MJL_OK) return mjl_accept_deliver_opaque(session, place, content);
    const uint32_t author = mjl_transcript_place(session->transcript, place)->author;
    result = mjl_large_check(session, author, body);
    if (result == MJL_OK) return deliver_whole(session, place, body);
    return note_incomplete(session, place, body, result);
}

mjl_result mjl_large_take(mjl_session *session, uint32_t place, const mjl_content *content)
{
    mjl_large_body *body = calloc(1, sizeof *body);
    if (body == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_result result = take_whole(session, place, content, body);
    free(body);
    return result;
}

/* A part came late: is one whole now? */
static mjl_result look_again(mjl_session *session, size_t i, uint32_t author, mjl_large_body *body,
                             bool *is_whole)
{
    mjl_incomplete *const incomplete = &session->large.incomplete[i];
    const mjl_place *where = mjl_transcript_place(session->transcript, incomplete->place);
    *is_whole = false;
    if (where->author != author) return MJL_OK;
    const mjl_holding *holding = &session->holdings.entries[incomplete->place];
    mjl_content content;
    mjl_result result = mjl_content_decode(mjl_buffer_bytes(&holding->content), &content);
    if (result == MJL_OK) result = mjl_large_decode(content.body, body);
    if (result != MJL_OK) return MJL_BUG; /* It was decoded before it came into the list. */
    if (mjl_large_check(session, author, body) != MJL_OK) return MJL_OK;
    *is_whole = true;
    result = mjl_warnings_retract(session, &incomplete->warning);
    return result == MJL_OK ? deliver_whole(session, incomplete->place, body) : result;
}

static mjl_result look_at_incomplete(mjl_session *session, uint32_t author)
{
    mjl_large *const large = &session->large;
    if (large->incomplete_count == 0) return MJL_OK;
    mjl_large_body *body = calloc(1, sizeof *body);
    if (body == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = MJL_OK;
    size_t kept = 0;
    for (size_t i = 0; i < large->incomplete_count; i++) {
        bool is_whole = false;
        if (result == MJL_OK) result = look_again(session, i, author, body, &is_whole);
        if (!is_whole) large->incomplete[kept++] = large->incomplete[i];
    }
    large->incomplete_count = kept;
    free(body);
    return result;
}

/* ---- A part ---- */

static mjl_result tell_progress(mjl_session *session, uint32_t place, const mjl_incoming *incoming)
{
    if (mjl_large_step(incoming->done, incoming->parts_count) ==
        mjl_large_step(incoming->done - 1, incoming->parts_count)) {
        return MJL_OK;
    }
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    mjl_event event = {.kind = MJL_EVENT_PROGRESS};
    event.member = *mjl_transcript_author_id(session->transcript, where->author);
    event.name = mjl_session_name_of(session, where->author);
    memcpy(event.subject.bytes, incoming->of, sizeof incoming->of);
    event.parts_count = incoming->parts_count;
    event.parts_done = incoming->done;
    return mjl_session_emit(session, &event);
}

/* Its content lies here already, by another place of it. */
static bool is_known(const mjl_session *session, uint32_t place)
{
    const mjl_transcript *transcript = session->transcript;
    for (uint32_t i = mjl_transcript_place(transcript, place)->first; i != MJL_NO_INDEX;
         i = mjl_transcript_place(transcript, i)->next_same) {
        if (i != place && session->holdings.entries[i].content.size > 0) return true;
    }
    return false;
}

mjl_result mjl_large_take_part(mjl_session *session, uint32_t place, const mjl_content *content)
{
    if (is_known(session, place)) return drop_content(session, place);
    if (session->holdings.entries[place].is_own) return MJL_OK;
    mjl_large *const large = &session->large;
    const uint32_t author = mjl_transcript_place(session->transcript, place)->author;
    mjl_part_body part;
    mjl_result result = mjl_part_decode(content->body, &part);
    if (result != MJL_OK) return refuse(session, place, NULL, result);
    mjl_incoming *incoming = find_incoming(large, author, part.of);
    if (incoming == NULL) {
        result = add_incoming(large, author, &part);
        if (result != MJL_OK) return result;
        incoming = &large->incoming[large->incoming_count - 1];
    }
    if (incoming->parts_count != part.count || incoming->places[part.index] != MJL_NO_INDEX) {
        return refuse(session, place, part.of, MJL_BAD_PAYLOAD);
    }
    incoming->places[part.index] = place;
    incoming->done++;
    incoming->bytes += session->holdings.entries[place].content.size;
    result = tell_progress(session, place, incoming);
    if (result == MJL_OK) result = keep_bound(session, author);
    return result == MJL_OK ? look_at_incomplete(session, author) : result;
}

mjl_result mjl_large_end_warnings(mjl_session *session)
{
    mjl_large *const large = &session->large;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < large->incomplete_count; i++) {
        result = mjl_warnings_retract(session, &large->incomplete[i].warning);
    }
    return result;
}

mjl_result mjl_large_resume_warnings(mjl_session *session)
{
    mjl_large *const large = &session->large;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < large->incomplete_count; i++) {
        mjl_incomplete *const incomplete = &large->incomplete[i];
        if (incomplete->warning == 0) result = warn_incomplete(session, incomplete);
    }
    return result;
}

/* ---- Back from the holdings ---- */

static mjl_result claim_parts(mjl_session *session, uint32_t place, mjl_large_body *body,
                              bool *is_claimed)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    mjl_content content;
    mjl_result result = mjl_content_decode(mjl_buffer_bytes(&holding->content), &content);
    if (result != MJL_OK) return MJL_STORE_DAMAGED;
    if (mjl_large_decode(content.body, body) != MJL_OK) return MJL_OK; /* Delivered as opaque. */
    if (holding->delivered_number == 0) {
        result = add_incomplete(&session->large, place);
        const mjl_id *message = &mjl_transcript_place(session->transcript, place)->message;
        mjl_incomplete *last = &session->large.incomplete[session->large.incomplete_count - 1];
        for (size_t i = 0; result == MJL_OK && i < session->warnings.count; i++) {
            const mjl_warning *warning = &session->warnings.entries[i];
            if (warning->kind == MJL_WARNING_INCOMPLETE &&
                mjl_id_equal(&warning->subject, message)) {
                last->warning = warning->number;
            }
        }
        return result;
    }
    for (size_t i = 0; i < body->parts_count; i++) {
        const uint32_t part = mjl_large_find_part(session, &body->parts[i]);
        if (part == MJL_NO_INDEX) return MJL_STORE_DAMAGED;
        is_claimed[part] = true;
    }
    return MJL_OK;
}

static mjl_result take_back(mjl_session *session, uint32_t place)
{
    mjl_large *const large = &session->large;
    const mjl_holding *holding = &session->holdings.entries[place];
    const uint32_t author = mjl_transcript_place(session->transcript, place)->author;
    mjl_content content;
    mjl_part_body part;
    if (mjl_content_decode(mjl_buffer_bytes(&holding->content), &content) != MJL_OK ||
        mjl_part_decode(content.body, &part) != MJL_OK) {
        return MJL_STORE_DAMAGED;
    }
    mjl_incoming *incoming = find_incoming(large, author, part.of);
    if (incoming == NULL) {
        const mjl_result result = add_incoming(large, author, &part);
        if (result != MJL_OK) return result;
        incoming = &large->incoming[large->incoming_count - 1];
    }
    if (incoming->parts_count != part.count || incoming->places[part.index] != MJL_NO_INDEX) {
        return MJL_STORE_DAMAGED;
    }
    incoming->places[part.index] = place;
    incoming->done++;
    incoming->bytes += holding->content.size;
    return MJL_OK;
}

mjl_result mjl_large_load_done(mjl_session *session)
{
    const mjl_holdings *holdings = &session->holdings;
    mjl_large_body *body = calloc(1, sizeof *body);
    bool *is_claimed = calloc(holdings->count + 1u, sizeof *is_claimed);
    mjl_result result = body == NULL || is_claimed == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < holdings->count; i++) {
        const bool is_first = mjl_transcript_place(session->transcript, i)->first == i;
        if (holdings->entries[i].type != MJL_TYPE_LARGE || !is_first) continue;
        result = claim_parts(session, i, body, is_claimed);
    }
    for (uint32_t i = 0; result == MJL_OK && i < holdings->count; i++) {
        const mjl_holding *holding = &holdings->entries[i];
        const bool is_waiting = holding->type == MJL_TYPE_PART && !holding->is_own &&
                                holding->content.size > 0 && !is_claimed[i];
        if (is_waiting) result = take_back(session, i);
    }
    free(is_claimed);
    free(body);
    return result;
}
