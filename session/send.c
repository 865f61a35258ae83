#include "send.h"

#include "accept.h"
#include "again.h"
#include "array.h"
#include "choosing.h"
#include "epochs.h"
#include "padding.h"
#include "payload.h"
#include "room.h"

#include <sodium.h>

mjl_result mjl_send_packet(mjl_session *session, const mjl_packet *packet)
{
    mjl_packet numbered = *packet;
    numbered.session_number = session->number;
    return mjl_outbox_push(&session->profile->outbox, &numbered);
}

mjl_result mjl_send_make_content(mjl_session *session, uint32_t type, mjl_bytes body,
                                 mjl_buffer *content, mjl_message_id *message)
{
    mjl_content made = {.author = *mjl_session_member_id(session), .type = type, .body = body};
    mjl_result result = mjl_draw(session->profile->random, "salt", made.salt, sizeof made.salt);
    if (result == MJL_OK) result = mjl_content_encode(&made, content);
    if (result != MJL_OK) return result;
    *message = mjl_id_message(mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE),
                              mjl_buffer_bytes(content));
    return MJL_OK;
}

/* ---- Places ---- */

static mjl_result encrypt(mjl_session *session, mjl_epoch *in, mjl_bytes payload,
                          mjl_buffer *packet)
{
    in->ratchets_dirty = true;
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, session->profile->random, "message");
    return mjl_mls_encrypt(in->group, in->ratchets, mjl_session_identity(session),
                           mjl_bytes_of(in->tag, sizeof in->tag), payload,
                           mjl_padding_on(&session->profile->padding, payload.size), random,
                           packet);
}

/* Fills what the graph decides: seq and parents. */
static mjl_result find_position(mjl_session *session, uint64_t *seq, mjl_place_ref *parents,
                                size_t *parents_count)
{
    const uint32_t self = mjl_session_self(session);
    *seq = mjl_transcript_next_seq(session->transcript, self, session->branches.tip);
    return mjl_transcript_heads(session->transcript, session->branches.tip, self, parents,
                                parents_count);
}

static mjl_result check_own(mjl_session *session, mjl_arrival *arrival)
{
    mjl_findings findings;
    arrival->is_own = true;
    arrival->candidate.epoch = session->branches.tip;
    arrival->candidate.author = mjl_session_self(session);
    arrival->candidate.accepted_at = session->profile->now;
    const mjl_result result =
        mjl_transcript_check(session->transcript, &arrival->candidate, &findings);
    /* A tip so old that the graph closed it takes nothing: not now, until the choice moves on. */
    if (result == MJL_WRONG_EPOCH) return MJL_PARENT_UNKNOWN;
    return result == MJL_OK ? MJL_OK : MJL_BUG; /* heads gave parents that check accepts. */
}

static mjl_result send_accepted(mjl_session *session, mjl_arrival *arrival, mjl_packet_kind kind,
                                uint32_t *place)
{
    arrival->packet_id = mjl_id_packet(arrival->packet);
    const mjl_result result = mjl_accept(session, arrival, place);
    if (result != MJL_OK) return result;
    mjl_packet packet = {.kind = kind, .bytes = arrival->packet};
    packet.subject = arrival->candidate.message;
    packet.place = arrival->candidate.id;
    session->holdings.entries[*place].outgoing = session->profile->outbox.next_number;
    return mjl_send_packet(session, &packet);
}

mjl_result mjl_send_place(mjl_session *session, mjl_bytes content, uint32_t if_grown,
                          uint32_t *place)
{
    mjl_epoch *const tip = mjl_session_tip(session);
    mjl_payload payload = {.has_seq = true, .content = content};
    mjl_result result =
        find_position(session, &payload.seq, payload.parents, &payload.parents_count);
    if (result != MJL_OK) return result;
    payload.generation = mjl_mls_ratchets_next_generation(tip->ratchets, MJL_MLS_APPLICATION);
    mjl_content said;
    mjl_buffer encoded = {0};
    mjl_buffer packet = {0};
    mjl_arrival arrival = {.content = content, .if_grown = if_grown};
    arrival.generation = payload.generation;
    result = mjl_content_decode(content, &said);
    if (result == MJL_OK) result = mjl_payload_encode(&payload, &encoded);
    if (result == MJL_OK) {
        arrival.candidate.id =
            mjl_id_place(&tip->branch, mjl_session_member_id(session), mjl_buffer_bytes(&encoded));
        arrival.candidate.message =
            mjl_id_message(mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE), content);
        arrival.candidate.seq = payload.seq;
        arrival.candidate.type = said.type;
        arrival.candidate.parents = payload.parents;
        arrival.candidate.parents_count = payload.parents_count;
        result = check_own(session, &arrival);
    }
    if (result == MJL_OK) result = encrypt(session, tip, mjl_buffer_bytes(&encoded), &packet);
    arrival.packet = mjl_buffer_bytes(&packet);
    if (result == MJL_OK) result = send_accepted(session, &arrival, MJL_PACKET_PLACE, place);
    mjl_buffer_clear(&encoded);
    mjl_buffer_clear(&packet);
    return result;
}

mjl_result mjl_send_statement_in(mjl_session *session, uint32_t epoch, uint32_t type,
                                 mjl_bytes body)
{
    mjl_epoch *const in = &session->branches.epochs[epoch];
    mjl_buffer content = {0};
    mjl_buffer encoded = {0};
    mjl_buffer packet = {0};
    mjl_message_id message;
    mjl_payload payload = {.has_seq = false};
    mjl_result result = mjl_send_make_content(session, type, body, &content, &message);
    payload.content = mjl_buffer_bytes(&content);
    payload.generation = mjl_mls_ratchets_next_generation(in->ratchets, MJL_MLS_APPLICATION);
    if (result == MJL_OK) result = mjl_payload_encode(&payload, &encoded);
    if (result == MJL_OK) result = encrypt(session, in, mjl_buffer_bytes(&encoded), &packet);
    if (result == MJL_OK) {
        const mjl_packet out = {.kind = MJL_PACKET_STATEMENT, .bytes = mjl_buffer_bytes(&packet)};
        const mjl_id id = mjl_id_packet(out.bytes);
        result = mjl_send_packet(session, &out);
        if (result == MJL_OK) result = mjl_seen_add(&session->seen, &id, UINT32_MAX, true);
    }
    if (result == MJL_OK && type == MJL_TYPE_FRONTIER) result = mjl_presence_spoke(session, true);
    mjl_buffer_clear(&content);
    mjl_buffer_clear(&encoded);
    mjl_buffer_clear(&packet);
    return result;
}

mjl_result mjl_send_statement(mjl_session *session, uint32_t type, mjl_bytes body)
{
    return mjl_send_statement_in(session, session->branches.tip, type, body);
}

/* ---- Waiting for a place ---- */

/* Has the message a place on the path of the tip? */
static bool has_place_on_path(const mjl_session *session, uint32_t first)
{
    for (uint32_t i = first; i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        const uint32_t epoch = mjl_transcript_place(session->transcript, i)->epoch;
        if (mjl_branches_is_on_path(&session->branches, epoch, session->branches.tip)) return true;
    }
    return false;
}

/* Is its application told what becomes of it? Of what users said; not of a FIN or an absence, whose
 * ids it never had. */
static bool is_told(mjl_bytes content)
{
    mjl_content said;
    if (mjl_content_decode(content, &said) != MJL_OK) return false;
    return said.type == MJL_TYPE_CONTENT || said.type == MJL_TYPE_LARGE;
}

static mjl_result queue(mjl_session *session, mjl_bytes content, const mjl_message_id *message,
                        uint32_t if_grown, bool asks)
{
    /* The bound is for what is said newly (mjl_session_say): what was accepted is never refused. */
    const mjl_result reserved = mjl_array_reserve(&session->says, session->says_count,
                                                  &session->says_room, 1, sizeof *session->says);
    if (reserved != MJL_OK) return reserved;
    mjl_queued_say say = {.message = *message, .if_grown = if_grown, .asks = asks, .dirty = true};
    const mjl_result result = mjl_buffer_append(&say.content, content);
    if (result != MJL_OK) return result;
    say.number = session->says_next++;
    session->says[session->says_count++] = say;
    if (!is_told(content)) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .new_state = MJL_MESSAGE_QUEUED};
    event.message = *message;
    event.why = asks ? MJL_NOT_ALLOWED : MJL_WRONG_STATE;
    return mjl_session_emit(session, &event);
}

/* Removal is sticky, and what it holds back is content: a FIN goes on. */
static bool is_held(const mjl_session *session, mjl_bytes content)
{
    mjl_content said;
    if (!mjl_choosing_holds_content(session)) return false;
    return mjl_content_decode(content, &said) != MJL_OK || said.type == MJL_TYPE_CONTENT;
}

static bool is_not_now(mjl_result result)
{
    return result == MJL_PARENT_UNKNOWN || result == MJL_OWN_PLACE_NOT_FOLLOWED;
}

mjl_result mjl_send_or_queue(mjl_session *session, mjl_bytes content, const mjl_message_id *message,
                             uint32_t if_grown, bool *is_queued)
{
    uint32_t place;
    *is_queued = false;
    mjl_result result = MJL_PARENT_UNKNOWN;
    if (!is_held(session, content)) result = mjl_send_place(session, content, if_grown, &place);
    if (!is_not_now(result)) return result;
    *is_queued = true;
    return queue(session, content, message, if_grown, false);
}

mjl_result mjl_send_fail_queued(mjl_session *session, mjl_result why)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; i < session->says_count; i++) {
        mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .why = why};
        event.message = session->says[i].message;
        event.old_state = MJL_MESSAGE_QUEUED;
        event.new_state = MJL_MESSAGE_FAILED;
        const bool is_ours_to_tell = is_told(mjl_buffer_bytes(&session->says[i].content));
        /* What has its place already was told with all that has one. */
        const bool is_placed =
            mjl_transcript_find_message(session->transcript, &event.message) != MJL_NO_INDEX;
        if (result == MJL_OK && is_ours_to_tell && !is_placed) {
            result = mjl_session_emit(session, &event);
        }
        mjl_buffer_clear(&session->says[i].content);
    }
    session->says_count = 0;
    return result == MJL_OK ? mjl_large_fail(session, why) : result;
}

static void drop_say(mjl_session *session, size_t i)
{
    /* The record goes with the next persist: its number lies between the first kept and the next.
     */
    mjl_buffer_clear(&session->says[i].content);
    session->says_count--;
    memmove(&session->says[i], &session->says[i + 1],
            (session->says_count - i) * sizeof *session->says);
}

bool mjl_send_is_queued(const mjl_session *session, const mjl_message_id *message)
{
    for (size_t i = 0; i < session->says_count; i++) {
        if (mjl_id_equal(&session->says[i].message, message)) return true;
    }
    return false;
}

void mjl_send_forget_queued(mjl_session *session, const mjl_message_id *message)
{
    for (size_t i = session->says_count; i > 0; i--) {
        if (mjl_id_equal(&session->says[i - 1].message, message)) drop_say(session, i - 1);
    }
}

/* A message that has its place already waited for consent to be given again. */
static mjl_result give_again(mjl_session *session, size_t say, uint32_t first)
{
    const bool is_wanted = !mjl_acks_is_full(session->acks, session->transcript, first);
    drop_say(session, say);
    mjl_result result = is_wanted ? mjl_again_agreed(session, first) : MJL_OK;
    return result == MJL_OK ? mjl_resend_ack_changed(session, first) : result;
}

/* A place that everyone has at once, as with nobody else in the room, is taken from the queue by
 * that alone: from here on the entry is known by its message only. */
static mjl_result place_queued(mjl_session *session, size_t say)
{
    const mjl_message_id message = session->says[say].message;
    const uint32_t if_grown = session->says[say].if_grown;
    mjl_buffer content = {0};
    uint32_t place;
    mjl_result result = mjl_buffer_append(&content, mjl_buffer_bytes(&session->says[say].content));
    if (result == MJL_OK) {
        result = mjl_send_place(session, mjl_buffer_bytes(&content), if_grown, &place);
    }
    mjl_buffer_clear(&content);
    if (result == MJL_OK) mjl_send_forget_queued(session, &message);
    return result;
}

static mjl_result place_or_give(mjl_session *session, size_t say)
{
    const mjl_queued_say *queued = &session->says[say];
    const uint32_t place = mjl_transcript_find_message(session->transcript, &queued->message);
    if (place != MJL_NO_INDEX && has_place_on_path(session, place)) {
        return give_again(session, say, place);
    }
    return place_queued(session, say);
}

mjl_result mjl_send_flush(mjl_session *session)
{
    if (!mjl_session_may_send(session)) return MJL_OK;
    for (size_t i = 0; i < session->says_count;) {
        if (session->says[i].asks ||
            is_held(session, mjl_buffer_bytes(&session->says[i].content))) {
            i++;
            continue;
        }
        const mjl_result result = place_or_give(session, i);
        if (is_not_now(result)) return MJL_OK;
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Placing again (DESIGN section 6) ---- */

bool mjl_send_has_grown(const mjl_session *session, uint32_t roster_epoch)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_epoch *then = &session->branches.epochs[roster_epoch];
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author != MJL_NO_INDEX && !mjl_epoch_has_author(then, author)) return true;
    }
    return false;
}

static mjl_result place_again(mjl_session *session, uint32_t first)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, first);
    const mjl_message_id message = where->message;
    mjl_holding *const holding = &session->holdings.entries[first];
    const uint32_t if_grown = holding->if_grown;
    mjl_buffer content = {0};
    mjl_result result = mjl_buffer_append(&content, mjl_buffer_bytes(&holding->content));
    for (uint32_t i = first; result == MJL_OK && i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        session->holdings.entries[i].is_superseded = true;
        result = mjl_holdings_touch(&session->holdings, i);
    }
    bool is_queued;
    if (result == MJL_OK) {
        result = holding->type == MJL_TYPE_CONTENT && if_grown == MJL_IF_GROWN_ASK &&
                         mjl_send_has_grown(session, holding->roster_epoch)
                     ? queue(session, mjl_buffer_bytes(&content), &message, if_grown, true)
                     : mjl_send_or_queue(session, mjl_buffer_bytes(&content), &message, if_grown,
                                         &is_queued);
    }
    mjl_buffer_clear(&content);
    return result;
}

static bool is_queued_already(const mjl_session *session, const mjl_message_id *message)
{
    return mjl_send_is_queued(session, message) || mjl_large_is_said(session, message);
}

mjl_result mjl_send_ask(mjl_session *session, uint32_t first)
{
    mjl_holding *const holding = &session->holdings.entries[first];
    const mjl_message_id message = mjl_transcript_place(session->transcript, first)->message;
    if (is_queued_already(session, &message)) return MJL_OK;
    mjl_buffer content = {0};
    mjl_result result = mjl_buffer_append(&content, mjl_buffer_bytes(&holding->content));
    if (result == MJL_OK) {
        result = queue(session, mjl_buffer_bytes(&content), &message, holding->if_grown, true);
    }
    mjl_buffer_clear(&content);
    holding->shown_state = MJL_MESSAGE_QUEUED;
    return result == MJL_OK ? mjl_holdings_touch(&session->holdings, first) : result;
}

mjl_result mjl_send_again_on_tip(mjl_session *session)
{
    if (!mjl_session_may_send(session)) return MJL_OK;
    mjl_result result = MJL_OK;
    uint32_t next;
    for (uint32_t i = mjl_acks_unacked_first(session->acks); result == MJL_OK && i != MJL_NO_INDEX;
         i = next) {
        next = mjl_acks_unacked_next(session->acks, i);
        const mjl_holding *holding = &session->holdings.entries[i];
        const mjl_place *where = mjl_transcript_place(session->transcript, i);
        if (!holding->is_own || holding->type == MJL_PLACE_COMMIT) continue;
        if (holding->type == MJL_TYPE_PART) continue; /* With the message that names it. */
        if (has_place_on_path(session, i) || is_queued_already(session, &where->message)) continue;
        result =
            holding->type == MJL_TYPE_LARGE ? mjl_large_again(session, i) : place_again(session, i);
    }
    return result;
}

/* ---- Commits ---- */

/* Drawn, and of this header: where the source repeats itself, as that of a restored machine may,
   another header under the same key has another nonce. */
static mjl_result make_nonce(const mjl_session *session, const mjl_commit_header *header,
                             uint8_t nonce[MJL_COMMIT_HEADER_NONCE_SIZE])
{
    uint8_t drawn[MJL_COMMIT_HEADER_NONCE_SIZE], hash[crypto_hash_sha256_BYTES];
    mjl_buffer bytes = {0};
    mjl_result result = mjl_draw(session->profile->random, "header", drawn, sizeof drawn);
    if (result == MJL_OK) result = mjl_buffer_append(&bytes, mjl_bytes_of(drawn, sizeof drawn));
    if (result == MJL_OK) {
        const mjl_bytes group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
        result = mjl_commit_header_encode(header, group_id, &bytes);
    }
    if (result == MJL_OK) {
        crypto_hash_sha256(hash, bytes.data, bytes.size);
        memcpy(nonce, hash, MJL_COMMIT_HEADER_NONCE_SIZE);
    }
    mjl_buffer_clear(&bytes);
    sodium_memzero(drawn, sizeof drawn);
    return result;
}

static mjl_result make_header(mjl_session *session, const mjl_commit_wish *wish,
                              mjl_commit_header *header, mjl_buffer *authenticated_data)
{
    mjl_epoch *const tip = mjl_session_tip(session);
    mjl_result result =
        find_position(session, &header->seq, header->parents, &header->parents_count);
    if (result != MJL_OK) return result;
    header->generation = mjl_mls_ratchets_next_generation(tip->ratchets, MJL_MLS_COMMIT);
    header->basis_count = wish->basis_count;
    if (wish->basis_count > 0) {
        memcpy(header->basis, wish->basis, wish->basis_count * sizeof *wish->basis);
    }
    uint8_t nonce[MJL_COMMIT_HEADER_NONCE_SIZE];
    result = make_nonce(session, header, nonce);
    if (result != MJL_OK) return result;
    const mjl_header_seal seal = {.key = tip->header_key,
                                  .tag = tip->tag,
                                  .group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE),
                                  .epoch = tip->number};
    return mjl_commit_header_seal(header, &seal, nonce, authenticated_data);
}

/* What a joiner is told of its root: where it stands, and that we know the room's secret. */
static mjl_result make_root(mjl_session *session, const mjl_commit_header *header, mjl_buffer *out)
{
    mjl_room_root *root = calloc(1, sizeof *root);
    if (root == NULL) return MJL_OUT_OF_MEMORY;
    root->frontier_count = header->parents_count;
    memcpy(root->frontier, header->parents, header->parents_count * sizeof *header->parents);
    mjl_room_key key;
    mjl_room_key_derive(mjl_buffer_bytes(&session->room_secret), &key);
    const mjl_result result =
        mjl_room_root_encode(root, &key, mjl_buffer_bytes(&session->room_name),
                             mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE), out);
    mjl_room_key_wipe(&key);
    free(root);
    return result;
}

static mjl_result make_commit(mjl_session *session, const mjl_commit_wish *wish,
                              mjl_bytes authenticated_data, mjl_bytes root,
                              mjl_mls_candidate *candidate)
{
    mjl_epoch *const tip = mjl_session_tip(session);
    const mjl_mls_extension extension = {.type = MJL_EXTENSION_ROOT, .data = root};
    mjl_mls_commit_config config = {.identity = mjl_session_identity(session)};
    config.authenticated_data = authenticated_data;
    config.add_key_packages = wish->add_key_packages;
    config.add_count = wish->add_count;
    config.remove_leaves = wish->remove_leaves;
    config.remove_count = wish->remove_count;
    config.force_path = true;
    config.group_info_extensions = &extension;
    config.group_info_extensions_count = 1;
    tip->ratchets_dirty = true;
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, session->profile->random, "commit");
    const mjl_result result = mjl_mls_commit(tip->group, tip->ratchets, &config, random, candidate);
    return result == MJL_OK ? mjl_epochs_check_size(candidate->group) : result;
}

/* The commit's epoch and its place, both ours. */
static mjl_result enter_own(mjl_session *session, const mjl_commit_header *header,
                            mjl_mls_candidate *candidate, uint32_t *epoch)
{
    mjl_epoch_entry entry = {.candidate = candidate, .parent = session->branches.tip};
    entry.branch = mjl_epochs_branch_of(candidate->group);
    entry.committer_leaf = candidate->committer;
    entry.commit_class = mjl_epochs_class_of(candidate);
    entry.is_own = true;
    mjl_arrival arrival = {.packet = mjl_buffer_bytes(&candidate->commit)};
    arrival.candidate.id = entry.branch;
    arrival.candidate.message = entry.branch;
    arrival.candidate.seq = header->seq;
    arrival.candidate.type = MJL_PLACE_COMMIT;
    arrival.candidate.parents = header->parents;
    arrival.candidate.parents_count = header->parents_count;
    mjl_result result = check_own(session, &arrival);
    if (result == MJL_OK) result = mjl_epochs_enter(session, &entry, epoch);
    uint32_t place;
    if (result == MJL_OK) result = send_accepted(session, &arrival, MJL_PACKET_COMMIT, &place);
    if (result != MJL_OK || candidate->welcome.size == 0) return result;
    mjl_epoch *const entered = &session->branches.epochs[*epoch];
    entered->welcome = candidate->welcome;
    memset(&candidate->welcome, 0, sizeof candidate->welcome);
    entered->welcome_state = MJL_WELCOME_HELD;
    entered->welcome_dirty = true;
    return MJL_OK;
}

mjl_result mjl_send_commit(mjl_session *session, const mjl_commit_wish *wish, uint32_t *epoch)
{
    mjl_commit_header *header = calloc(1, sizeof *header);
    if (header == NULL) return MJL_OUT_OF_MEMORY;
    mjl_buffer authenticated_data = {0};
    mjl_buffer root = {0};
    mjl_mls_candidate candidate = {0};
    mjl_result result = make_header(session, wish, header, &authenticated_data);
    if (result == MJL_OK) result = make_root(session, header, &root);
    if (result == MJL_OK) {
        result = make_commit(session, wish, mjl_buffer_bytes(&authenticated_data),
                             mjl_buffer_bytes(&root), &candidate);
    }
    if (result == MJL_OK) result = enter_own(session, header, &candidate, epoch);
    mjl_mls_candidate_clear(&candidate);
    mjl_buffer_clear(&authenticated_data);
    mjl_buffer_clear(&root);
    free(header);
    return result;
}
