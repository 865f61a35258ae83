#include "receive_commit.h"

#include "accept.h"
#include "commit_header.h"
#include "epochs.h"
#include "yielding.h"

static mjl_result refuse(mjl_verdict *verdict, mjl_verdict_kind kind, mjl_result why)
{
    verdict->kind = kind;
    verdict->why = why;
    return MJL_OK;
}

bool mjl_receive_is_fatal(mjl_result result)
{
    return result == MJL_OUT_OF_MEMORY || result == MJL_NO_RANDOM || result == MJL_BUG;
}

/* Refusals that concern this member alone: the commit is well-signed, and others may follow it. */
static bool is_ours_alone(mjl_result result)
{
    /* Not UNKNOWN_PROPOSAL: sessions use no proposals by reference, so everyone refuses those. */
    return result == MJL_NO_PATH_SECRET || result == MJL_UNKNOWN_PSK;
}

static mjl_result open_header(const mjl_session *session, const mjl_opened_packet *packet,
                              mjl_buffer *plain, mjl_commit_header *header)
{
    const mjl_epoch *parent = &session->branches.epochs[packet->epoch];
    const mjl_header_seal seal = {.key = parent->header_key,
                                  .tag = parent->tag,
                                  .group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE),
                                  .epoch = parent->number};
    const mjl_result result = mjl_commit_header_open(
        mjl_mls_opened_authenticated_data(packet->opened), &seal, plain, header);
    if (result != MJL_OK) return result;
    if (header->generation != mjl_mls_opened_generation(packet->opened)) {
        return MJL_WRONG_GENERATION;
    }
    return MJL_OK;
}

/* The place of the commit in its parent epoch. */
static void describe_place(const mjl_session *session, const mjl_opened_packet *packet,
                           const mjl_commit_header *header, const mjl_branch_id *branch,
                           mjl_arrival *arrival)
{
    arrival->packet = packet->packet;
    arrival->packet_id = packet->packet_id;
    mjl_place_candidate *const candidate = &arrival->candidate;
    candidate->id = *branch;
    candidate->message = *branch;
    candidate->epoch = packet->epoch;
    candidate->author = packet->author;
    candidate->seq = header->seq;
    candidate->type = MJL_PLACE_COMMIT;
    candidate->parents = header->parents;
    candidate->parents_count = header->parents_count;
    candidate->accepted_at = session->profile->now;
}

/* Its key goes, so that the packet tells it once. */
static mjl_result contradicted(mjl_session *session, const mjl_opened_packet *packet,
                               const mjl_arrival *arrival, const mjl_findings *findings)
{
    mjl_epoch *const parent = &session->branches.epochs[packet->epoch];
    const mjl_result result = mjl_mls_consume(parent->ratchets, packet->opened);
    parent->ratchets_dirty = true;
    return result == MJL_OK ? mjl_evidence_found(session, arrival, findings->other) : result;
}

/* Does the basis give a FIN as the reason for removing that leaf? */
static bool names_fin_of(const mjl_session *session, const mjl_commit_header *header,
                         const mjl_epoch *parent, uint32_t leaf)
{
    if (leaf >= parent->leaf_count || parent->roster[leaf] == MJL_NO_INDEX) return false;
    const mjl_member_id *member =
        mjl_transcript_author_id(session->transcript, parent->roster[leaf]);
    for (size_t i = 0; i < header->basis_count; i++) {
        const mjl_basis *basis = &header->basis[i];
        if (basis->whole.size > 0 && basis->intent.kind == MJL_INTENT_BODY_REMOVE &&
            basis->intent.has_reason && basis->intent.has_subject &&
            mjl_id_equal(&basis->intent.subject, member)) {
            return true;
        }
    }
    return false;
}

/* Policy, checked by all alike: who decides, and that the policy itself stays readable. */
static mjl_result check_policy(const mjl_session *session, const mjl_opened_packet *packet,
                               const mjl_commit_header *header, const mjl_mls_candidate *candidate)
{
    mjl_bytes bytes;
    mjl_policy old;
    mjl_policy new;
    const mjl_epoch *parent = &session->branches.epochs[packet->epoch];
    mjl_result result = mjl_mls_group_extension(parent->group, MJL_EXTENSION_POLICY, &bytes);
    if (result == MJL_OK) result = mjl_policy_decode(bytes, &old);
    if (result == MJL_OK && candidate->group != NULL) {
        result = mjl_mls_group_extension(candidate->group, MJL_EXTENSION_POLICY, &bytes);
        if (result == MJL_OK) result = mjl_policy_decode(bytes, &new);
    }
    if (result != MJL_OK) return MJL_BAD_COMMIT;
    if (candidate->added_count == 0 && candidate->removed_count == 0) return MJL_OK;
    const mjl_member_id *author = mjl_transcript_author_id(session->transcript, packet->author);
    if (mjl_policy_may_decide(&old, author)) return MJL_OK;
    if (candidate->added_count > 0) return MJL_NOT_ALLOWED;
    /* Removing who said FIN needs no right: each removal must name one of its own. */
    for (size_t i = 0; i < candidate->removed_count; i++) {
        if (!names_fin_of(session, header, parent, candidate->removed[i])) return MJL_NOT_ALLOWED;
    }
    return MJL_OK;
}

/* Nothing can refuse it any more: the key goes, the epoch and the place enter. But of somebody
   removed, whose commit loses, the place comes later, if anybody names it; unless the choice is
   another one for it: then all have to know it. */
static mjl_result enter(mjl_session *session, const mjl_opened_packet *packet,
                        const mjl_arrival *arrival, mjl_mls_candidate *candidate, mjl_result placed,
                        const mjl_findings *findings, mjl_verdict *verdict)
{
    mjl_epoch_entry entry = {.candidate = candidate, .parent = packet->epoch};
    entry.branch = arrival->candidate.id;
    entry.committer_leaf = mjl_mls_opened_sender(packet->opened);
    entry.commit_class = mjl_epochs_class_of(candidate);
    uint32_t epoch;
    mjl_result result = mjl_epochs_enter(session, &entry, &epoch);
    if (result != MJL_OK) return result;
    const uint32_t chosen = mjl_yielding_choose(session);
    const bool is_chosen = mjl_branches_is_on_path(&session->branches, epoch, chosen);
    verdict->kind = is_chosen ? MJL_VERDICT_APPLIED : MJL_VERDICT_LOSING;
    const bool counts = is_chosen || chosen != session->branches.tip;
    if (!counts && mjl_accept_is_too_late(session, &arrival->candidate)) return MJL_OK;
    mjl_epoch *const parent = &session->branches.epochs[packet->epoch];
    result = mjl_mls_consume(parent->ratchets, packet->opened);
    parent->ratchets_dirty = true;
    if (result != MJL_OK) return result;
    uint32_t place;
    result = placed == MJL_OK ? mjl_accept(session, arrival, &place)
                              : mjl_accept_later(session, arrival, findings);
    if (result == MJL_FULL) result = MJL_OK; /* The epoch is there; its place comes by a resend. */
    return result == MJL_OK ? mjl_presence_heard(session, packet->author, packet->epoch) : result;
}

/* The epoch is known, or cannot be entered any more: only its place may be new. */
static mjl_result accept_place_only(mjl_session *session, const mjl_opened_packet *packet,
                                    const mjl_arrival *arrival, mjl_result placed,
                                    const mjl_findings *findings, mjl_verdict *verdict)
{
    mjl_epoch *const parent = &session->branches.epochs[packet->epoch];
    if (mjl_accept_is_too_late(session, &arrival->candidate)) {
        return refuse(verdict, MJL_VERDICT_TOO_OLD, MJL_OK);
    }
    mjl_result result = mjl_mls_consume(parent->ratchets, packet->opened);
    parent->ratchets_dirty = true;
    uint32_t place;
    if (result == MJL_OK) {
        result = placed == MJL_OK ? mjl_accept(session, arrival, &place)
                                  : mjl_accept_later(session, arrival, findings);
    }
    if (result == MJL_FULL) return MJL_OK;
    if (result == MJL_OK) result = mjl_presence_heard(session, packet->author, packet->epoch);
    verdict->kind = MJL_VERDICT_LOSING;
    return result;
}

/* Only the last MJL_EPOCHS_MAX epochs take places: a crowd of commits on lines that nobody chose
 * must not close the tip. */
static bool crowds_out(const mjl_session *session, uint32_t parent)
{
    const mjl_branches *branches = &session->branches;
    if (mjl_branches_is_on_path(branches, parent, branches->tip)) return false;
    return branches->count - branches->tip > MJL_EPOCHS_MAX / 2;
}

/* One epoch more closes the oldest open one: not while places of it are missing. */
static bool closes_a_gap(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    if (branches->count < MJL_EPOCHS_MAX) return false;
    const uint32_t oldest = branches->count - MJL_EPOCHS_MAX;
    return mjl_warnings_has_gap_in(session, branches->epochs[oldest].number);
}

static mjl_result stage_and_enter(mjl_session *session, const mjl_opened_packet *packet,
                                  const mjl_commit_header *header, const mjl_arrival *arrival,
                                  mjl_result placed, const mjl_findings *findings,
                                  mjl_verdict *verdict)
{
    const mjl_epoch *parent = &session->branches.epochs[packet->epoch];
    if (!parent->has_fork_keys) {
        return accept_place_only(session, packet, arrival, placed, findings, verdict);
    }
    if (mjl_branches_children_count(&session->branches, packet->epoch) >= MJL_SIBLINGS_MAX ||
        crowds_out(session, packet->epoch) || closes_a_gap(session)) {
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_FULL);
    }
    mjl_mls_candidate candidate = {0};
    mjl_result result = mjl_mls_stage(parent->group, packet->opened, mjl_session_identity(session),
                                      NULL, &candidate);
    if (result == MJL_OK) result = mjl_epochs_check_size(candidate.group);
    if (result == MJL_OK) result = check_policy(session, packet, header, &candidate);
    if (result == MJL_OK) {
        result = enter(session, packet, arrival, &candidate, placed, findings, verdict);
    } else if (is_ours_alone(result)) {
        result = refuse(verdict, MJL_VERDICT_INAPPLICABLE, result);
        if (mjl_branches_children_count(&session->branches, packet->epoch) == 0) {
            result = mjl_session_set_state(session, MJL_SESSION_NEED_REJOIN, verdict->why);
        }
    } else if (!mjl_receive_is_fatal(result)) {
        result = refuse(verdict, MJL_VERDICT_REJECTED, result);
    }
    mjl_mls_candidate_clear(&candidate);
    return result;
}

/* The graph knows it, cannot have it, or takes it once the epoch is entered. */
static mjl_result receive_placed(mjl_session *session, const mjl_opened_packet *packet,
                                 const mjl_commit_header *header, const mjl_arrival *arrival,
                                 mjl_findings *findings, mjl_verdict *verdict)
{
    const mjl_branch_id *branch = &arrival->candidate.id;
    const mjl_result placed =
        mjl_transcript_check(session->transcript, &arrival->candidate, findings);
    if (placed == MJL_DUPLICATE || mjl_pending_has(session->pending, branch)) {
        return refuse(verdict, MJL_VERDICT_DUPLICATE, MJL_OK);
    }
    if (placed == MJL_OUT_OF_MEMORY) return placed;
    if (placed == MJL_EQUIVOCATION) {
        refuse(verdict, MJL_VERDICT_REJECTED, placed);
        return contradicted(session, packet, arrival, findings);
    }
    if (placed != MJL_OK && placed != MJL_PARENT_UNKNOWN) {
        return refuse(verdict, MJL_VERDICT_REJECTED, placed);
    }
    if (mjl_branches_find(&session->branches, branch) != MJL_NO_INDEX) {
        return accept_place_only(session, packet, arrival, placed, findings, verdict);
    }
    return stage_and_enter(session, packet, header, arrival, placed, findings, verdict);
}

static mjl_result receive_with_header(mjl_session *session, const mjl_opened_packet *packet,
                                      mjl_commit_header *header, mjl_buffer *plain,
                                      mjl_findings *findings, mjl_verdict *verdict)
{
    const mjl_epoch *parent = &session->branches.epochs[packet->epoch];
    uint8_t interim[MJL_MLS_HASH_SIZE_MAX];
    mjl_result result = open_header(session, packet, plain, header);
    if (result == MJL_OK) {
        result = mjl_mls_opened_interim_hash(parent->group, packet->opened, interim);
    }
    if (mjl_receive_is_fatal(result)) return result;
    if (result != MJL_OK) return refuse(verdict, MJL_VERDICT_REJECTED, result);
    const mjl_branch_id branch = mjl_id_commit(mjl_bytes_of(interim, MJL_MLS_HASH_SIZE));
    mjl_arrival arrival = {.is_own = false};
    describe_place(session, packet, header, &branch, &arrival);
    mjl_buffer proof = {0};
    result = mjl_proof_of(parent->group, packet->opened, mjl_bytes_of(NULL, 0), &proof);
    arrival.proof = mjl_buffer_bytes(&proof);
    if (result == MJL_OK) {
        result = receive_placed(session, packet, header, &arrival, findings, verdict);
    }
    mjl_buffer_clear(&proof);
    return result;
}

mjl_result mjl_receive_commit(mjl_session *session, const mjl_opened_packet *packet,
                              mjl_verdict *verdict)
{
    mjl_commit_header *header = calloc(1, sizeof *header);
    mjl_findings *findings = calloc(1, sizeof *findings);
    mjl_buffer plain = {0};
    mjl_result result = MJL_OUT_OF_MEMORY;
    if (header != NULL && findings != NULL) {
        result = receive_with_header(session, packet, header, &plain, findings, verdict);
    }
    mjl_buffer_clear(&plain);
    free(header);
    free(findings);
    return result;
}
