#include "receive.h"

#include "accept.h"
#include "again.h"
#include "commit_header.h"
#include "payload.h"
#include "receive_commit.h"
#include "session_state.h"

static mjl_result refuse(mjl_verdict *verdict, mjl_verdict_kind kind, mjl_result why)
{
    verdict->kind = kind;
    verdict->why = why;
    return MJL_OK;
}

/* The last one of that group: who was removed or left and came back has an old session of it as
 * well. */
static mjl_session *find_session(const mjl_profile *profile, mjl_bytes group_id)
{
    for (size_t i = profile->sessions_count; i > 0; i--) {
        mjl_session *session = profile->sessions[i - 1];
        const mjl_bytes its = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
        if (session->has_group && mjl_bytes_equal(its, group_id)) return session;
    }
    return NULL;
}

/* ---- Application messages ---- */

typedef struct message {
    mjl_opened_packet packet;
    mjl_payload payload;
    union {
        mjl_frontier frontier;
        mjl_want want;
        mjl_again again;
    } body;
    mjl_findings findings;
    mjl_buffer proof;
} message;

static mjl_result consume(mjl_session *session, const mjl_opened_packet *packet)
{
    mjl_epoch *const epoch = &session->branches.epochs[packet->epoch];
    epoch->ratchets_dirty = true;
    const mjl_result result = mjl_mls_consume(epoch->ratchets, packet->opened);
    return result == MJL_KEY_USED ? MJL_OK : result;
}

/* ---- Keys of what was not read ----
 *
 * Only so many skipped keys are kept. What would let some go is read if it shows that none of its
 * author's places is missing here: the keys were those of statements, which are not repeated. So
 * who was away reads on, though thousands were made meanwhile. Else it waits for these places,
 * which are repeated and asked for. And whenever it is seen that none is missing, most such keys
 * go, so that there is room for those of places.
 */

static bool lets_keys_go(const mjl_session *session, const mjl_opened_packet *packet)
{
    return mjl_mls_opened_forgets(session->branches.epochs[packet->epoch].ratchets, packet->opened);
}

/* All that the author has of that epoch, its own places among it. */
static bool are_here(const mjl_session *session, const mjl_opened_packet *packet,
                     const mjl_place_ref *places, size_t count)
{
    const uint64_t number = session->branches.epochs[packet->epoch].number;
    if (count == MJL_FRONTIER_PLACES_MAX) return false; /* More did not fit, perhaps its own. */
    for (size_t i = 0; i < count; i++) {
        if (places[i].epoch < number) continue;
        if (mjl_transcript_find_place(session->transcript, &places[i].id) == MJL_NO_INDEX)
            return false;
    }
    return true;
}

static bool shows_that_none_is_missing(const mjl_session *session, const message *in)
{
    switch (in->payload.said.type) {
    case MJL_TYPE_FRONTIER:
        return are_here(session, &in->packet, in->body.frontier.places,
                        in->body.frontier.places_count);
    case MJL_TYPE_WANT:
        return are_here(session, &in->packet, in->body.want.accepted, in->body.want.accepted_count);
    default:
        return false;
    }
}

static mjl_result decode_statement(message *in)
{
    const mjl_bytes body = in->payload.said.body;
    switch (in->payload.said.type) {
    case MJL_TYPE_WANT:
        return mjl_want_decode(body, &in->body.want);
    case MJL_TYPE_AGAIN:
        return mjl_again_decode(body, &in->body.again);
    default:
        return mjl_frontier_decode(body, &in->body.frontier);
    }
}

static mjl_result receive_statement(mjl_session *session, message *in, mjl_verdict *verdict)
{
    const mjl_opened_packet *packet = &in->packet;
    const uint32_t type = in->payload.said.type;
    if (type != MJL_TYPE_FRONTIER && type != MJL_TYPE_WANT && type != MJL_TYPE_AGAIN) {
        /* A statement of a later version: authentic, and nothing to us. */
        if (lets_keys_go(session, packet))
            return refuse(verdict, MJL_VERDICT_REJECTED, MJL_TOO_FAR_AHEAD);
        const mjl_result result = consume(session, packet);
        return result == MJL_OK ? refuse(verdict, MJL_VERDICT_APPLIED, MJL_OK) : result;
    }
    mjl_result result = decode_statement(in);
    if (mjl_receive_is_fatal(result)) return result;
    const bool has_all = result == MJL_OK && shows_that_none_is_missing(session, in);
    if (result == MJL_OK && !has_all && lets_keys_go(session, packet)) result = MJL_TOO_FAR_AHEAD;
    if (result != MJL_OK) return refuse(verdict, MJL_VERDICT_REJECTED, result);
    result = consume(session, packet);
    if (result != MJL_OK) return result;
    if (has_all) mjl_mls_settle(session->branches.epochs[packet->epoch].ratchets, packet->opened);
    verdict->kind = MJL_VERDICT_APPLIED;
    if (type == MJL_TYPE_WANT) return mjl_wanting_take(session, packet->author, &in->body.want);
    if (type == MJL_TYPE_AGAIN) return mjl_again_take(session, packet->author, &in->body.again);
    return mjl_presence_take_statement(session, packet->author, packet->epoch, &in->body.frontier);
}

static mjl_result finish_place(mjl_session *session, message *in, const mjl_arrival *arrival,
                               mjl_verdict *verdict)
{
    const mjl_result checked =
        mjl_transcript_check(session->transcript, &arrival->candidate, &in->findings);
    if (checked == MJL_DUPLICATE || mjl_pending_has(session->pending, &arrival->candidate.id)) {
        return refuse(verdict, MJL_VERDICT_DUPLICATE, MJL_OK);
    }
    if (checked == MJL_OUT_OF_MEMORY) return checked;
    if (checked != MJL_OK && lets_keys_go(session, &in->packet))
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_TOO_FAR_AHEAD);
    if ((checked == MJL_OK || checked == MJL_PARENT_UNKNOWN) &&
        mjl_accept_is_too_late(session, &arrival->candidate)) {
        return refuse(verdict, MJL_VERDICT_TOO_OLD, MJL_OK);
    }
    mjl_result result;
    if (checked == MJL_PARENT_UNKNOWN) {
        result = mjl_accept_later(session, arrival, &in->findings);
        if (result == MJL_FULL) return refuse(verdict, MJL_VERDICT_REJECTED, MJL_FULL);
        verdict->kind = MJL_VERDICT_BUFFERED;
        verdict->why = checked;
        return result == MJL_OK ? consume(session, &in->packet) : result;
    }
    if (checked == MJL_EQUIVOCATION) {
        refuse(verdict, MJL_VERDICT_REJECTED, checked);
        result = consume(session, &in->packet);
        if (result != MJL_OK) return result;
        return mjl_evidence_found(session, arrival, in->findings.other);
    }
    if (checked != MJL_OK) return refuse(verdict, MJL_VERDICT_REJECTED, checked);
    verdict->kind = MJL_VERDICT_APPLIED;
    result = consume(session, &in->packet);
    uint32_t place;
    if (result != MJL_OK) return result;
    mjl_mls_settle(session->branches.epochs[in->packet.epoch].ratchets, in->packet.opened);
    result = mjl_accept(session, arrival, &place);
    if (result != MJL_OK) return result;
    return mjl_presence_heard(session, in->packet.author, in->packet.epoch);
}

static mjl_result receive_place(mjl_session *session, message *in, mjl_verdict *verdict)
{
    const mjl_opened_packet *packet = &in->packet;
    const mjl_epoch *epoch = &session->branches.epochs[packet->epoch];
    mjl_arrival arrival = {.packet = packet->packet, .packet_id = packet->packet_id};
    arrival.content = in->payload.content;
    mjl_place_candidate *const candidate = &arrival.candidate;
    candidate->id = mjl_id_place(&epoch->branch, &in->payload.said.author,
                                 mjl_mls_opened_payload(packet->opened));
    candidate->message =
        mjl_id_message(mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE), in->payload.content);
    candidate->epoch = packet->epoch;
    candidate->author = packet->author;
    candidate->seq = in->payload.seq;
    candidate->type = in->payload.said.type;
    candidate->parents = in->payload.parents;
    candidate->parents_count = in->payload.parents_count;
    candidate->accepted_at = session->profile->now;
    const mjl_result result =
        mjl_proof_of(epoch->group, packet->opened, in->payload.content, &in->proof);
    arrival.proof = mjl_buffer_bytes(&in->proof);
    return result == MJL_OK ? finish_place(session, in, &arrival, verdict) : result;
}

/* What every payload has to keep, whatever its type. */
static mjl_result check_payload(const mjl_session *session, const message *in)
{
    const mjl_opened_packet *packet = &in->packet;
    const mjl_member_id *author = mjl_transcript_author_id(session->transcript, packet->author);
    const mjl_bytes data = mjl_mls_opened_authenticated_data(packet->opened);
    const mjl_result result = mjl_branch_tag_only(data);
    if (result != MJL_OK) return result;
    if (memcmp(data.data, session->branches.epochs[packet->epoch].tag, MJL_TAG_SIZE) != 0) {
        return MJL_BAD_PAYLOAD;
    }
    if (in->payload.generation != mjl_mls_opened_generation(packet->opened)) {
        return MJL_WRONG_GENERATION;
    }
    return mjl_id_equal(&in->payload.said.author, author) ? MJL_OK : MJL_WRONG_AUTHOR;
}

static mjl_result receive_application(mjl_session *session, const mjl_opened_packet *packet,
                                      mjl_verdict *verdict)
{
    message *in = calloc(1, sizeof *in);
    if (in == NULL) return MJL_OUT_OF_MEMORY;
    in->packet = *packet;
    in->findings.other = MJL_NO_INDEX;
    mjl_result result = mjl_payload_decode(mjl_mls_opened_payload(packet->opened), &in->payload);
    if (result == MJL_OK) result = check_payload(session, in);
    if (result != MJL_OK) {
        if (!mjl_receive_is_fatal(result)) result = refuse(verdict, MJL_VERDICT_REJECTED, result);
    } else {
        result = in->payload.has_seq ? receive_place(session, in, verdict)
                                     : receive_statement(session, in, verdict);
    }
    mjl_buffer_clear(&in->proof);
    free(in);
    return result;
}

/* ---- Private messages ---- */

/* A message of ours that we do not remember: a clone or an old backup of us is at work. Told once:
   who repeats the packet, also behind a restart, or says more, repeats no event. */
static mjl_result receive_unknown_own(mjl_session *session, const mjl_id *packet_id,
                                      mjl_verdict *verdict)
{
    refuse(verdict, MJL_VERDICT_REJECTED, MJL_EQUIVOCATION);
    const mjl_result result = mjl_seen_add(&session->seen, packet_id, UINT32_MAX, false);
    if (result != MJL_OK || session->state == MJL_SESSION_NEED_REJOIN) return result;
    mjl_event event = {.kind = MJL_EVENT_EQUIVOCATION, .member = *mjl_session_member_id(session)};
    const mjl_result told = mjl_session_emit(session, &event);
    if (told != MJL_OK) return told;
    return mjl_session_set_state(session, MJL_SESSION_NEED_REJOIN, MJL_EQUIVOCATION);
}

static mjl_result receive_opened(mjl_session *session, uint32_t epoch, const mjl_mls_opened *opened,
                                 mjl_bytes packet, const mjl_id *packet_id, mjl_verdict *verdict)
{
    const mjl_epoch *of = &session->branches.epochs[epoch];
    const uint32_t leaf = mjl_mls_opened_sender(opened);
    if (leaf >= of->leaf_count || of->roster[leaf] == MJL_NO_INDEX) {
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_UNKNOWN_SENDER);
    }
    mjl_opened_packet in = {.opened = opened, .packet = packet, .packet_id = *packet_id};
    in.epoch = epoch;
    in.author = of->roster[leaf];
    verdict->has_who = true;
    verdict->who = *mjl_transcript_author_id(session->transcript, in.author);
    if (in.author == mjl_session_self(session)) {
        return receive_unknown_own(session, packet_id, verdict);
    }
    mjl_result result = MJL_OK;
    switch (mjl_mls_opened_type(opened)) {
    case MJL_MLS_APPLICATION:
        result = receive_application(session, &in, verdict);
        break;
    case MJL_MLS_COMMIT:
        result = mjl_receive_commit(session, &in, verdict);
        break;
    case MJL_MLS_PROPOSAL: /* Standalone proposals are not used by sessions. */
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_UNSUPPORTED);
    }
    if (result != MJL_OK || verdict->kind == MJL_VERDICT_REJECTED) return result;
    return mjl_roots_heard(session, in.author, in.epoch);
}

/* Which of a session's epochs a packet may be of. */
typedef struct candidates {
    uint32_t epochs[MJL_SIBLINGS_MAX * 2];
    size_t count;
    bool has_number;    /* Some epoch has the packet's number. */
    bool has_tag;       /* And its tag. */
    bool was_forgotten; /* But its keys are gone. */
} candidates;

/* Those that bear the tag; without any, all siblings of that number: the tag is a hint. */
static void find_candidates(const mjl_session *session, const mjl_mls_peek *peek, candidates *found)
{
    const size_t most = sizeof found->epochs / sizeof found->epochs[0];
    uint8_t tag[MJL_TAG_SIZE];
    memset(found, 0, sizeof *found);
    const bool has_hint = mjl_branch_tag_read(peek->authenticated_data, tag) == MJL_OK;
    for (int pass = 0; pass < 2 && found->count == 0; pass++) {
        for (uint32_t i = 0; i < session->branches.count && found->count < most; i++) {
            const mjl_epoch *epoch = &session->branches.epochs[i];
            if (epoch->number != peek->epoch || epoch->removes_us) continue;
            const bool bears = has_hint && memcmp(epoch->tag, tag, sizeof tag) == 0;
            found->has_number = true;
            found->has_tag |= bears;
            if (pass == 0 && !bears) continue;
            if (epoch->group == NULL || epoch->ratchets == NULL)
                found->was_forgotten = true;
            else
                found->epochs[found->count++] = i;
        }
        if (found->has_tag) break;
    }
}

static mjl_result keep_unknown(mjl_session *session, const mjl_mls_peek *peek, mjl_bytes packet,
                               const mjl_id *packet_id, mjl_verdict *verdict)
{
    /* Who was removed waits for no epoch: a rival that beats the removal comes in the epoch before
     * it. */
    if (!mjl_session_may_send(session)) return refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    const mjl_result result = mjl_unknown_add(&session->unknown, peek->epoch, packet_id, packet);
    if (result == MJL_DUPLICATE) return refuse(verdict, MJL_VERDICT_DUPLICATE, MJL_OK);
    if (result != MJL_OK) return result;
    refuse(verdict, MJL_VERDICT_BUFFERED, MJL_WRONG_EPOCH);
    return mjl_knocking_hinted(session);
}

/* Of an epoch up to this one nothing is waited for that is not known: it lost, or is before us. */
static uint64_t last_settled(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    const uint32_t from = branches->is_root_open ? branches->root : branches->tip;
    return branches->epochs[mjl_branches_last_decided(branches, from)].number;
}

static mjl_result receive_in(mjl_session *session, const mjl_mls_peek *peek, mjl_bytes packet,
                             const mjl_id *packet_id, mjl_verdict *verdict)
{
    candidates found;
    find_candidates(session, peek, &found);
    mjl_result why = MJL_CANNOT_OPEN;
    for (size_t i = 0; i < found.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[found.epochs[i]];
        mjl_mls_opened *opened = NULL;
        mjl_result result = mjl_mls_open_far(epoch->group, epoch->ratchets, packet, &opened);
        if (mjl_receive_is_fatal(result)) return result;
        if (result == MJL_OK) {
            result = receive_opened(session, found.epochs[i], opened, packet, packet_id, verdict);
            mjl_mls_opened_free(opened);
            return result;
        }
        why = result;
        if (found.has_tag) break;
    }
    if (why == MJL_KEY_USED) {
        refuse(verdict, MJL_VERDICT_DUPLICATE, MJL_OK);
        return mjl_answers_saw(session, packet_id);
    }
    if (found.has_tag) {
        return found.count == 0 && found.was_forgotten
                   ? refuse(verdict, MJL_VERDICT_TOO_OLD, MJL_OK)
                   : refuse(verdict, MJL_VERDICT_REJECTED, why);
    }
    /* Of a branch or an epoch that is not known here (yet). */
    if (peek->epoch <= last_settled(session)) return refuse(verdict, MJL_VERDICT_TOO_OLD, MJL_OK);
    return keep_unknown(session, peek, packet, packet_id, verdict);
}

/* Known before any key is touched. A repeated packet is told to whoever else would repeat it, and
 * elicits nothing. */
static mjl_result receive_seen(mjl_session *session, const mjl_seen_entry *seen,
                               mjl_verdict *verdict)
{
    refuse(verdict, seen->is_own ? MJL_VERDICT_OWN_ECHO : MJL_VERDICT_DUPLICATE, MJL_OK);
    if (seen->place >= session->holdings.count) return MJL_OK;
    return mjl_resend_seen_again(session, seen->place);
}

static mjl_result receive_private(mjl_session *session, const mjl_mls_peek *peek, mjl_bytes packet,
                                  mjl_verdict *verdict)
{
    const mjl_id packet_id = mjl_id_packet(packet);
    verdict->session = session;
    const mjl_seen_entry *seen = mjl_seen_find(&session->seen, &packet_id);
    if (seen != NULL) return receive_seen(session, seen, verdict);
    if (session->branches.count == 0 || session->state == MJL_SESSION_PARTED) {
        return refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    }
    return receive_in(session, peek, packet, &packet_id, verdict);
}

static uint64_t highest_epoch(const mjl_session *session)
{
    uint64_t highest = 0;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const uint64_t number = session->branches.epochs[i].number;
        if (number > highest) highest = number;
    }
    return highest;
}

static mjl_result receive_again(mjl_session *session, mjl_bytes packet)
{
    mjl_mls_peek peek;
    mjl_verdict ignored = {.kind = MJL_VERDICT_NOT_FOR_US};
    const mjl_result result = mjl_mls_message_peek(packet, &peek);
    return result == MJL_OK ? receive_private(session, &peek, packet, &ignored) : result;
}

/* Epochs were entered: packets that waited get their turn, once per new epoch. */
static mjl_result receive_waiting(mjl_session *session, uint32_t epochs_before)
{
    while (session->branches.count > epochs_before) {
        epochs_before = session->branches.count;
        const uint64_t highest = highest_epoch(session);
        for (size_t n = session->unknown.count; n > 0; n--) {
            mjl_buffer packet = {0};
            if (mjl_unknown_take(&session->unknown, highest, &packet) != MJL_OK) break;
            const mjl_result result = receive_again(session, mjl_buffer_bytes(&packet));
            mjl_buffer_clear(&packet);
            if (result != MJL_OK) return result;
        }
    }
    return MJL_OK;
}

/* Anybody can make packets that are refused: they are no occasion even for what would be done at
 * any other. Two places of one author at one point are refused and kept as evidence. */
static bool elicits_nothing(const mjl_verdict *verdict)
{
    return verdict->kind == MJL_VERDICT_REJECTED && verdict->why != MJL_EQUIVOCATION;
}

static mjl_result receive_knock(mjl_profile *profile, mjl_bytes body, mjl_verdict *verdict)
{
    if (body.size > MJL_KNOCK_SIZE_MAX) return refuse(verdict, MJL_VERDICT_REJECTED, MJL_TOO_LARGE);
    mjl_knock *knock = calloc(1, sizeof *knock);
    if (knock == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = mjl_knock_decode(body, knock);
    mjl_session *const session = result == MJL_OK ? find_session(profile, knock->group) : NULL;
    if (result != MJL_OK) {
        result = refuse(verdict, MJL_VERDICT_REJECTED, result);
    } else if (session == NULL) {
        result = refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    } else {
        result = mjl_knocking_receive(session, knock, verdict);
        if (result == MJL_OK && !elicits_nothing(verdict)) result = mjl_session_settle(session);
    }
    free(knock);
    return result;
}

/* What came may have brought more within reach. */
static mjl_result go_on(mjl_session *session, uint32_t epochs_before)
{
    mjl_result result = mjl_accept_ready(session);
    if (result == MJL_OK) result = receive_waiting(session, epochs_before);
    if (result == MJL_OK) result = mjl_accept_ready(session);
    if (result == MJL_OK) result = mjl_session_settle(session);
    return result == MJL_OK ? mjl_wanting_look(session) : result;
}

static mjl_result receive_welcome(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    const mjl_result result = mjl_join_receive_welcome(profile, packet, verdict);
    const bool is_in = verdict->kind == MJL_VERDICT_APPLIED || verdict->kind == MJL_VERDICT_LOSING;
    if (result != MJL_OK || !is_in || verdict->session->branches.count < 2) return result;
    /* Another root: packets of its line may wait. */
    return go_on(verdict->session, verdict->session->branches.count - 1);
}

mjl_result mjl_receive(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    mjl_mls_peek peek;
    if (packet.size > MJL_PACKET_SIZE_MAX) {
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_TOO_LARGE);
    }
    mjl_result result = mjl_mls_message_peek(packet, &peek);
    if (mjl_receive_is_fatal(result)) return result;
    if (result != MJL_OK) return refuse(verdict, MJL_VERDICT_REJECTED, result);
    switch (peek.wire_format) {
    case MJL_MLS_KEY_PACKAGE:
        return mjl_join_requests_receive(profile, packet, verdict);
    case MJL_MLS_WELCOME:
        return receive_welcome(profile, packet, verdict);
    case MJL_MLS_PRIVATE_MESSAGE:
        break;
    case MJL_WIRE_KNOCK:
        return receive_knock(profile, peek.body, verdict);
    default:
        return refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    }
    mjl_session *const session = find_session(profile, peek.group_id);
    if (session == NULL) return refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    const uint32_t epochs_before = session->branches.count;
    result = receive_private(session, &peek, packet, verdict);
    if (result != MJL_OK || elicits_nothing(verdict)) return result;
    return go_on(session, epochs_before);
}
