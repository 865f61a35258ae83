#include "accept.h"

#include "acks_readers.h"
#include "away.h"
#include "leaving.h"
#include "lists.h"
#include "message_states.h"
#include "pack.h"
#include "payload.h"
#include "retention.h"

mjl_result mjl_accept_changes(mjl_session *session, mjl_acks_changes *changes)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < changes->count; i++) {
        result = mjl_resend_ack_changed(session, changes->places[i]);
    }
    const bool is_news = changes->count > 0;
    mjl_acks_changes_clear(changes);
    return result == MJL_OK && is_news ? mjl_large_acked(session) : result;
}

/* ---- Telling the application ---- */

/* Does the author's view differ from the line above: is the place delivered last not among what it
 * followed? */
static bool parents_differ(const mjl_session *session, uint32_t place)
{
    for (uint32_t i = place; i > 0; i--) {
        if (session->holdings.entries[i - 1].delivered_number == 0) continue;
        return !mjl_transcript_is_before_or_equal(session->transcript, i - 1, place);
    }
    return false;
}

void mjl_accept_describe(mjl_session *session, uint32_t place, mjl_event *event)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    event->message = where->message;
    event->place = where->id;
    event->member = *mjl_transcript_author_id(session->transcript, where->author);
    event->epoch = session->branches.epochs[where->epoch].number;
    event->seq = where->seq;
    event->name = mjl_session_name_of(session, where->author);
    event->readers_count = mjl_acks_readers_count(session->acks, session->transcript, place);
    event->parents_differ = parents_differ(session, place);
    event->roster_differs = where->epoch != session->branches.tip;
    session->holdings.entries[place].delivered_number = ++session->holdings.delivered_count;
}

mjl_result mjl_accept_deliver_opaque(mjl_session *session, uint32_t place,
                                     const mjl_content *content)
{
    mjl_event event = {.kind = MJL_EVENT_OPAQUE};
    mjl_accept_describe(session, place, &event);
    event.content_type = content->type;
    event.body = content->body;
    return mjl_session_emit(session, &event);
}

static mjl_result deliver_content(mjl_session *session, uint32_t place, const mjl_content *content)
{
    mjl_said_body said;
    if (mjl_said_decode(content->body, &said) != MJL_OK) {
        return mjl_accept_deliver_opaque(session, place, content);
    }
    mjl_event event = {.kind = MJL_EVENT_MESSAGE};
    mjl_accept_describe(session, place, &event);
    event.media_type = said.media_type;
    event.body = said.bytes;
    return mjl_session_emit(session, &event);
}

static mjl_result deliver(mjl_session *session, uint32_t place)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    const mjl_holding *holding = &session->holdings.entries[place];
    const bool is_part = where->type == MJL_TYPE_PART;
    if (where->type == MJL_PLACE_COMMIT || (where->first != place && !is_part)) return MJL_OK;
    mjl_content content;
    const mjl_result result = mjl_content_decode(mjl_buffer_bytes(&holding->content), &content);
    if (result != MJL_OK) return MJL_BUG; /* It was decoded before it came here. */
    if (content.type == MJL_TYPE_CONTENT) return deliver_content(session, place, &content);
    if (is_part) return mjl_large_take_part(session, place, &content);
    if (content.type == MJL_TYPE_LARGE) return mjl_large_take(session, place, &content);
    if (content.type == MJL_TYPE_FIN) {
        return mjl_leaving_fin(session, where->author, &where->message);
    }
    if (content.type == MJL_TYPE_AWAY) {
        return mjl_away_declared(session, where->author, content.body);
    }
    if (content.type <= MJL_TYPE_FINAL) return MJL_OK; /* Reserved types: kept, acked, silent. */
    mjl_event event = {.kind = MJL_EVENT_OPAQUE};
    event.message = where->message;
    event.member = content.author;
    event.content_type = content.type;
    event.body = content.body;
    return mjl_session_emit(session, &event);
}

/* ---- Accepting ---- */

static mjl_result hold(mjl_session *session, const mjl_arrival *arrival, uint32_t place)
{
    mjl_holding holding = {.type = arrival->candidate.type, .is_own = arrival->is_own};
    holding.packet_id = arrival->packet_id;
    holding.accepted_at = holding.last_on_wire = session->profile->now;
    holding.if_grown = arrival->if_grown;
    holding.generation = arrival->generation;
    holding.roster_epoch = arrival->candidate.epoch;
    holding.packet_size = (uint32_t)arrival->packet.size;
    mjl_result result = mjl_buffer_append(&holding.packet, arrival->packet);
    if (result == MJL_OK) result = mjl_buffer_append(&holding.content, arrival->content);
    holding.packet_dirty = holding.content_dirty = true;
    if (result == MJL_OK) result = mjl_holdings_add(&session->holdings, &holding);
    if (result == MJL_OK) result = mjl_holdings_touch(&session->holdings, place);
    mjl_buffer_clear(&holding.packet);
    mjl_buffer_clear(&holding.content);
    if (result != MJL_OK) return result;
    if (arrival->packet.size == 0) return MJL_OK; /* Given again: no packet of it came. */
    result = mjl_retention_kept(session);
    if (result != MJL_OK) return result;
    return mjl_seen_add(&session->seen, &arrival->packet_id, place, arrival->is_own);
}

/* Readers whose removal this member applied owe nothing, also of what comes late from before it.
   Who was added on the place's own line, which the tip has not reached or does not follow, was not
   removed: only whom their last shared epoch had. Two Welcomes of a joiner lead to lines that it
   does not see part: there, whom the tip's line had when it came in. A later epoch may be one that
   has them still. */
static mjl_result drop_removed(mjl_session *session, uint32_t epoch, mjl_acks_changes *changes)
{
    const mjl_branches *branches = &session->branches;
    if (branches->tip == MJL_NO_INDEX || branches->tip == epoch) return MJL_OK;
    uint32_t shared = mjl_branches_shared(branches, epoch);
    if (shared == MJL_NO_INDEX) shared = mjl_branches_root_of(branches, branches->tip);
    const mjl_epoch *of = &branches->epochs[epoch];
    for (uint32_t leaf = 0; leaf < of->leaf_count; leaf++) {
        const uint32_t reader = of->roster[leaf];
        if (reader == MJL_NO_INDEX || !mjl_epoch_has_author(&branches->epochs[shared], reader) ||
            mjl_epoch_has_author(&branches->epochs[branches->tip], reader)) {
            continue;
        }
        const mjl_result result = mjl_resend_drop_reader(session, reader, epoch + 1, changes);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_accept(mjl_session *session, const mjl_arrival *arrival, uint32_t *place)
{
    mjl_acks_changes changes = {0};
    mjl_result result = mjl_transcript_accept(session->transcript, &arrival->candidate, place);
    if (result == MJL_OK) result = hold(session, arrival, *place);
    if (result == MJL_OK) result = mjl_evidence_keep_proof(session, *place, arrival->proof);
    if (result == MJL_OK) {
        result = mjl_acks_add(session->acks, session->transcript, *place, &changes);
    }
    if (result == MJL_OK) result = drop_removed(session, arrival->candidate.epoch, &changes);
    if (result == MJL_OK) result = mjl_warnings_fill_gap(session, &arrival->candidate.id);
    mjl_pending_accepted(session->pending, &arrival->candidate.id);
    if (result == MJL_OK) result = deliver(session, *place);
    if (result == MJL_OK) {
        result = arrival->is_own ? mjl_presence_spoke(session, false)
                                 : mjl_presence_owes_statement(session);
    }
    if (result == MJL_OK) result = mjl_accept_changes(session, &changes);
    mjl_acks_changes_clear(&changes);
    if (result == MJL_OK) result = mjl_resend_watch(session, *place);
    if (result != MJL_OK) return result;
    return mjl_branches_is_lost(&session->branches, arrival->candidate.epoch)
               ? mjl_resend_let_lost_go(session)
               : mjl_message_states_count_again(session, *place);
}

/* The others let the keys of an epoch go when all who are left in the tip were heard in a later one
   (membership.c). Who was removed is not waited for: what comes of it after our first word in a
   later epoch the others may not be able to open any more, nor anything of ours that would follow
   it. But if one of them took it before, it is named. */
bool mjl_accept_is_too_late(const mjl_session *session, const mjl_place_candidate *candidate)
{
    const mjl_branches *branches = &session->branches;
    const mjl_presence_entry *own = &session->presence.entries[mjl_session_self(session)];
    if (!mjl_session_may_send(session)) return false;
    if (mjl_epoch_has_author(mjl_session_tip(session), candidate->author)) return false;
    /* A line beside ours needs the keys of the epoch in which it left ours. */
    const uint32_t shared = mjl_branches_shared(branches, candidate->epoch);
    if (shared == MJL_NO_INDEX || own->heard_epoch <= branches->epochs[shared].number) return false;
    /* Who came in on that line alone was removed by nobody: it goes as the line does. */
    return mjl_epoch_has_author(&branches->epochs[shared], candidate->author) &&
           !mjl_warnings_is_named(session, &candidate->id);
}

/* ---- Waiting for parents ---- */

enum { BLOB_FIELDS = 6 };

static mjl_result encode_blob(const mjl_arrival *arrival, mjl_buffer *blob)
{
    mjl_pack pack = mjl_pack_to(blob);
    mjl_pack_array(&pack, BLOB_FIELDS);
    mjl_pack_uint(&pack, arrival->candidate.type);
    mjl_pack_id(&pack, &arrival->candidate.message);
    mjl_pack_place_refs(&pack, arrival->candidate.parents, arrival->candidate.parents_count);
    mjl_pack_bin(&pack, arrival->content);
    mjl_pack_bin(&pack, arrival->packet);
    mjl_pack_bin(&pack, arrival->proof);
    return pack.result;
}

mjl_result mjl_accept_later(mjl_session *session, const mjl_arrival *arrival,
                            const mjl_findings *findings)
{
    const mjl_place_candidate *candidate = &arrival->candidate;
    /* Nobody repeats what a lost branch is missing: its authors place again what not everyone had.
     */
    if (mjl_branches_is_lost(&session->branches, candidate->epoch)) return MJL_OK;
    mjl_buffer blob = {0};
    mjl_result result = encode_blob(arrival, &blob);
    mjl_pending_entry entry = {.packet = arrival->packet_id, .place = candidate->id};
    entry.branch = session->branches.epochs[candidate->epoch].branch;
    entry.author = *mjl_transcript_author_id(session->transcript, candidate->author);
    entry.seq = candidate->seq;
    entry.since = session->profile->now;
    entry.missing = findings->missing;
    entry.missing_count = findings->missing_count;
    entry.blob = mjl_buffer_bytes(&blob);
    if (result == MJL_OK) result = mjl_pending_add(session->pending, &entry);
    mjl_buffer_clear(&blob);
    for (size_t i = 0; result == MJL_OK && i < findings->missing_count; i++) {
        const mjl_place_ref *missing = &findings->missing[i];
        if (mjl_pending_has(session->pending, &missing->id)) continue;
        result = mjl_warnings_note_gap(session, missing, candidate->author, false);
    }
    return result == MJL_OK ? mjl_warnings_fill_gap(session, &candidate->id) : result;
}

/* `parents` has room for MJL_PARENTS_MAX. */
static mjl_result decode_blob(mjl_bytes blob, mjl_place_ref *parents, mjl_arrival *arrival)
{
    mjl_place_candidate *const candidate = &arrival->candidate;
    mjl_unpack unpack = mjl_unpack_from(blob);
    mjl_unpack_array_of(&unpack, BLOB_FIELDS);
    candidate->type = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PLACE_COMMIT);
    candidate->message = mjl_unpack_id(&unpack);
    candidate->parents_count = mjl_unpack_place_refs(&unpack, parents, MJL_PARENTS_MAX);
    candidate->parents = parents;
    arrival->content = mjl_unpack_bin(&unpack);
    arrival->packet = mjl_unpack_bin(&unpack);
    arrival->proof = mjl_unpack_bin(&unpack);
    return mjl_unpack_end(&unpack) == MJL_OK ? MJL_OK : MJL_BUG;
}

mjl_result mjl_accept_waiting_packet(mjl_bytes blob, mjl_bytes *packet)
{
    mjl_place_ref parents[MJL_PARENTS_MAX];
    mjl_arrival arrival = {0};
    const mjl_result result = decode_blob(blob, parents, &arrival);
    *packet = arrival.packet;
    return result;
}

/* Its parents are here now; it may still break a rule that could not be checked before. */
static mjl_result take_ready(mjl_session *session, const mjl_pending_entry *entry, mjl_bytes blob)
{
    mjl_place_ref parents[MJL_PARENTS_MAX];
    mjl_arrival arrival = {.packet_id = entry->packet};
    mjl_place_candidate *const candidate = &arrival.candidate;
    const mjl_result decoded = decode_blob(blob, parents, &arrival);
    if (decoded != MJL_OK) return decoded;
    candidate->id = entry->place;
    candidate->seq = entry->seq;
    candidate->epoch = mjl_branches_find(&session->branches, &entry->branch);
    candidate->author = mjl_transcript_find_author(session->transcript, &entry->author);
    candidate->accepted_at = session->profile->now;
    mjl_findings findings;
    const mjl_result checked = mjl_transcript_check(session->transcript, candidate, &findings);
    uint32_t place;
    if (checked == MJL_OK) {
        const mjl_result accepted = mjl_accept(session, &arrival, &place);
        if (accepted != MJL_OK) return accepted;
        return mjl_presence_heard(session, candidate->author, candidate->epoch);
    }
    if (checked == MJL_OUT_OF_MEMORY) return checked;
    if (checked == MJL_PARENT_UNKNOWN) {
        const mjl_result kept = mjl_accept_later(session, &arrival, &findings);
        return kept == MJL_FULL ? MJL_OK : kept; /* Somebody repeats it. */
    }
    if (candidate->type == MJL_PLACE_COMMIT) {
        const uint32_t epoch = mjl_branches_find(&session->branches, &entry->place);
        if (epoch != MJL_NO_INDEX) {
            session->branches.epochs[epoch].is_void = true;
            session->branches.epochs[epoch].record_dirty = true;
        }
    }
    /* Refused; whoever waits for it will wait, and the gap warning names it. */
    mjl_result result = mjl_warnings_note_waited_for(session);
    if (result == MJL_OK) result = mjl_warnings_sweep_gaps(session);
    if (result != MJL_OK || checked != MJL_EQUIVOCATION) return result;
    return mjl_evidence_found(session, &arrival, findings.other);
}

mjl_result mjl_accept_ready(mjl_session *session)
{
    for (;;) {
        mjl_pending_entry entry;
        mjl_buffer blob = {0};
        mjl_result result = mjl_pending_take_ready(session->pending, &entry, &blob);
        if (result == MJL_EMPTY) return MJL_OK;
        if (result == MJL_OK) result = take_ready(session, &entry, mjl_buffer_bytes(&blob));
        mjl_buffer_clear(&blob);
        if (result != MJL_OK) return result;
    }
}
