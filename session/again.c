#include "again.h"

#include "accept.h"
#include "send.h"
#include "session_state.h"

/* ---- What a place of ours said ---- */

/* Its parents as they were named; false where they cannot be known any more. */
static bool name_parents(const mjl_session *session, const mjl_place *where, uint32_t place,
                         mjl_payload *payload)
{
    const mjl_transcript *transcript = session->transcript;
    const uint32_t *parents = mjl_transcript_parents(transcript, place);
    for (uint32_t i = 0; i < where->parents_count; i++) {
        payload->parents[payload->parents_count++] = mjl_transcript_ref(transcript, parents[i]);
    }
    if (where->opaque_count == 0) return true;
    if (where->opaque_count > 1 || !where->follows_root) return false;
    const mjl_graph_epoch *epoch = mjl_transcript_epoch(transcript, where->epoch);
    const mjl_graph_epoch *root = mjl_transcript_epoch(transcript, epoch->root);
    payload->parents[payload->parents_count++] =
        (mjl_place_ref){.epoch = root->number - 1, .id = root->branch};
    return true;
}

/* NOT_FOUND where it is not the one that the place's id stands for. */
static mjl_result write_payload(const mjl_session *session, uint32_t place, mjl_buffer *out)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    const mjl_holding *holding = &session->holdings.entries[place];
    mjl_payload payload = {.has_seq = true, .seq = where->seq, .generation = holding->generation};
    payload.content = mjl_buffer_bytes(&holding->content);
    if (!name_parents(session, where, place, &payload)) return MJL_NOT_FOUND;
    mjl_place_refs_sort(payload.parents, payload.parents_count);
    const mjl_result result = mjl_payload_encode(&payload, out);
    if (result != MJL_OK) return result == MJL_OUT_OF_MEMORY ? result : MJL_NOT_FOUND;
    const mjl_place_id id = mjl_id_place(&session->branches.epochs[where->epoch].branch,
                                         mjl_session_member_id(session), mjl_buffer_bytes(out));
    return mjl_id_equal(&id, &where->id) ? MJL_OK : MJL_NOT_FOUND;
}

/* ---- Giving it again ---- */

typedef struct giving {
    mjl_session *session;
    mjl_again again;
    mjl_buffer payloads[MJL_QUOTES_MAX];
    size_t size;
} giving;

static bool is_users(const mjl_holding *holding)
{
    return holding->type == MJL_TYPE_CONTENT || holding->type == MJL_TYPE_PART ||
           holding->type == MJL_TYPE_LARGE;
}

static bool needs_consent(const mjl_session *session, uint32_t first)
{
    const mjl_holding *holding = &session->holdings.entries[first];
    return is_users(holding) && holding->if_grown == MJL_IF_GROWN_ASK &&
           mjl_send_has_grown(session, holding->roster_epoch);
}

static mjl_result add(giving *made, uint32_t place)
{
    mjl_session *const session = made->session;
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_again *const again = &made->again;
    mjl_buffer *const payload = &made->payloads[again->count];
    const mjl_result result = write_payload(session, place, payload);
    if (result == MJL_NOT_FOUND) mjl_buffer_clear(payload);
    if (result != MJL_OK) return result == MJL_NOT_FOUND ? MJL_OK : result;
    const uint32_t epoch = mjl_transcript_place(session->transcript, place)->epoch;
    again->quotes[again->count++] = (mjl_quote){.branch = session->branches.epochs[epoch].branch,
                                                .payload = mjl_buffer_bytes(payload)};
    made->size += payload->size;
    holding->last_on_wire = session->profile->now;
    holding->wire_count++;
    return mjl_holdings_touch(&session->holdings, place);
}

static mjl_result offer(giving *made, uint32_t place)
{
    mjl_session *const session = made->session;
    const uint32_t first = mjl_transcript_place(session->transcript, place)->first;
    if (!needs_consent(session, first)) return add(made, place);
    /* Parts wait with the message that names them. */
    if (session->holdings.entries[first].type == MJL_TYPE_PART) return MJL_OK;
    return mjl_send_ask(session, first);
}

static mjl_result say_again(giving *made)
{
    if (made->again.count == 0) return MJL_OK;
    mjl_buffer body = {0};
    mjl_result result = mjl_again_encode(&made->again, &body);
    if (result == MJL_OK) {
        result = mjl_send_statement(made->session, MJL_TYPE_AGAIN, mjl_buffer_bytes(&body));
    }
    mjl_buffer_clear(&body);
    return result;
}

static void clear(giving *made)
{
    for (size_t i = 0; made != NULL && i < MJL_QUOTES_MAX; i++)
        mjl_buffer_clear(&made->payloads[i]);
    free(made);
}

/* Only who said it can bring it back, and only to who is known to lack it. */
static bool is_ours_to_give(const mjl_session *session, uint32_t place, uint32_t asker)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    return holding->is_own && holding->type != MJL_PLACE_COMMIT && holding->content.size > 0 &&
           mjl_acks_place_owes(session->acks, place, asker) &&
           mjl_acks_owes(session->acks, session->transcript, place, asker) &&
           session->profile->now - holding->last_on_wire >= mjl_wanting_pace(session);
}

/* ---- What is asked for ---- */

typedef struct asked {
    uint32_t seeds[2 * MJL_FRONTIER_PLACES_MAX];
    size_t count;
    uint64_t closed; /* Epochs up to this one cannot be opened there any more. */
    bool has_closed;
} asked;

static void add_seeds(const mjl_session *session, const mjl_place_ref *refs, size_t count,
                      asked *seeds)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = mjl_transcript_find_place(session->transcript, &refs[i].id);
        if (place != MJL_NO_INDEX) seeds->seeds[seeds->count++] = place;
    }
}

static void read_want(const mjl_session *session, const mjl_want *want, asked *seeds)
{
    add_seeds(session, want->missing, want->missing_count, seeds);
    add_seeds(session, want->again, want->again_count, seeds);
    for (size_t i = 0; i < want->again_count; i++) {
        seeds->has_closed = true;
        if (want->again[i].epoch > seeds->closed) seeds->closed = want->again[i].epoch;
    }
}

/* Named, or before what is named. */
static bool is_asked(const mjl_session *session, const asked *seeds, uint32_t place)
{
    if (mjl_transcript_is_marked(session->transcript, place)) return true;
    for (size_t i = 0; i < seeds->count; i++) {
        if (seeds->seeds[i] == place) return true;
    }
    return false;
}

/* Nobody can send its packet, or it would not open there. */
static bool is_beyond_packets(const mjl_session *session, const asked *seeds, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const uint32_t epoch = mjl_transcript_place(session->transcript, place)->epoch;
    return holding->packet_size == 0 ||
           (seeds->has_closed && session->branches.epochs[epoch].number <= seeds->closed);
}

static mjl_result give(giving *made, const asked *seeds, const mjl_want *want, uint32_t asker)
{
    mjl_session *const session = made->session;
    uint32_t end = 0;
    for (size_t i = 0; i < seeds->count; i++)
        end = seeds->seeds[i] >= end ? seeds->seeds[i] + 1 : end;
    /* One walk over the graph: what follows changes none of its marks. */
    mjl_transcript_mark_past(session->transcript, seeds->seeds, seeds->count, 0);
    mjl_result result = MJL_OK;
    for (uint32_t place = 0; result == MJL_OK && place < end; place++) {
        if (made->again.count == MJL_QUOTES_MAX || made->size >= MJL_ANSWER_BYTES_MAX) break;
        if (!is_ours_to_give(session, place, asker) || !is_asked(session, seeds, place)) continue;
        const mjl_place_id *id = &mjl_transcript_place(session->transcript, place)->id;
        if (mjl_want_holds(want, id) || !is_beyond_packets(session, seeds, place)) continue;
        result = offer(made, place);
    }
    return result;
}

mjl_result mjl_again_wanted(mjl_session *session, uint32_t author, const mjl_want *want)
{
    asked seeds = {.count = 0};
    read_want(session, want, &seeds);
    if (seeds.count == 0) return MJL_OK;
    giving *const made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = session;
    mjl_result result = give(made, &seeds, want, author);
    if (result == MJL_OK) result = say_again(made);
    clear(made);
    return result;
}

/* ---- Consent ---- */

static void agree_to(mjl_session *session, uint32_t place)
{
    session->holdings.entries[place].if_grown = MJL_IF_GROWN_SEND;
}

/* The parts of a large message go with it. */
static mjl_result agree_to_parts(mjl_session *session, uint32_t place)
{
    mjl_content content;
    mjl_large_body *body = calloc(1, sizeof *body);
    if (body == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_bytes bytes = mjl_buffer_bytes(&session->holdings.entries[place].content);
    mjl_result result = mjl_content_decode(bytes, &content);
    if (result == MJL_OK) result = mjl_large_decode(content.body, body);
    for (size_t i = 0; result == MJL_OK && i < body->parts_count; i++) {
        const uint32_t part = mjl_transcript_find_message(session->transcript, &body->parts[i]);
        if (part == MJL_NO_INDEX) continue;
        agree_to(session, part);
        result = mjl_holdings_touch(&session->holdings, part);
    }
    free(body);
    return result;
}

mjl_result mjl_again_agreed(mjl_session *session, uint32_t place)
{
    agree_to(session, place);
    mjl_result result = mjl_holdings_touch(&session->holdings, place);
    if (result == MJL_OK && session->holdings.entries[place].type == MJL_TYPE_LARGE) {
        result = agree_to_parts(session, place);
    }
    giving *const made = result == MJL_OK ? calloc(1, sizeof *made) : NULL;
    if (made == NULL) return result == MJL_OK ? MJL_OUT_OF_MEMORY : result;
    made->session = session;
    result = add(made, place); /* At once: whoever lacks more asks again. */
    if (result == MJL_OK) result = say_again(made);
    clear(made);
    return result;
}

/* ---- Taking what others give again ---- */

static mjl_result take_place(mjl_session *session, const mjl_arrival *arrival)
{
    mjl_findings findings;
    uint32_t place;
    const mjl_result checked =
        mjl_transcript_check(session->transcript, &arrival->candidate, &findings);
    switch (checked) {
    case MJL_OK:
        return mjl_accept(session, arrival, &place);
    case MJL_PARENT_UNKNOWN: {
        const mjl_result kept = mjl_accept_later(session, arrival, &findings);
        return kept == MJL_FULL ? MJL_OK : kept;
    }
    case MJL_EQUIVOCATION:
        return mjl_evidence_found(session, arrival, findings.other);
    default:
        return checked == MJL_OUT_OF_MEMORY ? checked : MJL_OK; /* Not needed, or refused. */
    }
}

static mjl_result take_quote(mjl_session *session, uint32_t author, const mjl_quote *quote,
                             mjl_payload *payload)
{
    const uint32_t epoch = mjl_branches_find(&session->branches, &quote->branch);
    if (epoch == MJL_NO_INDEX) return MJL_OK;
    if (!mjl_epoch_has_author(&session->branches.epochs[epoch], author)) return MJL_OK;
    const mjl_member_id *member = mjl_transcript_author_id(session->transcript, author);
    const mjl_result result = mjl_payload_decode(quote->payload, payload);
    if (result == MJL_OUT_OF_MEMORY) return result;
    if (result != MJL_OK || !payload->has_seq) return MJL_OK;
    if (!mjl_id_equal(&payload->said.author, member)) return MJL_OK;
    mjl_arrival arrival = {.content = payload->content};
    mjl_place_candidate *const candidate = &arrival.candidate;
    candidate->id = mjl_id_place(&quote->branch, member, quote->payload);
    if (!mjl_warnings_misses(session, &candidate->id)) return MJL_OK;
    if (mjl_pending_has(session->pending, &candidate->id)) return MJL_OK;
    candidate->message =
        mjl_id_message(mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE), payload->content);
    candidate->epoch = epoch;
    candidate->author = author;
    candidate->seq = payload->seq;
    candidate->type = payload->said.type;
    candidate->parents = payload->parents;
    candidate->parents_count = payload->parents_count;
    candidate->accepted_at = session->profile->now;
    return take_place(session, &arrival);
}

/* The last one first: each may be missed only because one behind it, which waits for it, is. */
mjl_result mjl_again_take(mjl_session *session, uint32_t author, const mjl_again *again)
{
    mjl_payload *const payload = calloc(1, sizeof *payload);
    if (payload == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = MJL_OK;
    for (size_t i = again->count; result == MJL_OK && i > 0; i--) {
        result = take_quote(session, author, &again->quotes[i - 1], payload);
    }
    free(payload);
    return result;
}
