#include "evidence.h"

#include "accept.h"
#include "array.h"
#include "calls.h"
#include "commit_header.h"
#include "evidence_format.h"
#include "pack.h"
#include "record_kinds.h"
#include "store/records.h"

#include <sodium.h>

enum { PROOF_FIELDS = 2 };

static void clear_proofs(mjl_evidences *evidences)
{
    for (size_t i = 0; i < evidences->proofs_count; i++)
        mjl_buffer_clear(&evidences->proofs[i].bytes);
    evidences->proofs_count = 0;
}

void mjl_evidences_clear(mjl_evidences *evidences)
{
    clear_proofs(evidences);
    free(evidences->proofs);
    for (size_t i = 0; i < evidences->count; i++)
        mjl_buffer_clear(&evidences->entries[i].bytes);
    memset(evidences, 0, sizeof *evidences);
}

/* ---- Proofs ---- */

mjl_result mjl_proof_of(const mjl_mls_group *group, const mjl_mls_opened *opened, mjl_bytes content,
                        mjl_buffer *proof)
{
    const mjl_bytes all = mjl_mls_opened_signed_content(opened);
    const mjl_bytes context = mjl_mls_group_context(group);
    if (all.size < context.size + content.size) return MJL_BUG;
    const size_t head_size = all.size - context.size - content.size;
    mjl_pack pack = mjl_pack_to(proof);
    mjl_pack_array(&pack, PROOF_FIELDS);
    mjl_pack_bin(&pack, mjl_mls_opened_signature(opened));
    mjl_pack_bin(&pack, mjl_bytes_of(all.data, head_size));
    return pack.result;
}

mjl_result mjl_evidence_keep_proof(mjl_session *session, uint32_t place, mjl_bytes proof)
{
    mjl_evidences *const evidences = &session->evidences;
    if (proof.size == 0) return MJL_OK;
    const mjl_result reserved =
        mjl_array_reserve(&evidences->proofs, evidences->proofs_count, &evidences->proofs_room, 1,
                          sizeof *evidences->proofs);
    if (reserved != MJL_OK) return reserved;
    mjl_proof kept = {.place = place};
    const mjl_result result = mjl_buffer_append(&kept.bytes, proof);
    if (result == MJL_OK) evidences->proofs[evidences->proofs_count++] = kept;
    return result;
}

/* NOT_FOUND: it was accepted before its proof was kept, or is our own. */
static mjl_result find_proof(const mjl_session *session, uint32_t place, mjl_buffer *proof)
{
    const mjl_evidences *evidences = &session->evidences;
    for (size_t i = 0; i < evidences->proofs_count; i++) {
        if (evidences->proofs[i].place != place) continue;
        return mjl_buffer_append(proof, mjl_buffer_bytes(&evidences->proofs[i].bytes));
    }
    uint8_t key[8];
    mjl_key_of_number(place, key);
    return mjl_records_get(session->profile->records, session->number, MJL_RECORD_PROOF,
                           mjl_bytes_of(key, sizeof key), proof);
}

/* ---- Making it ---- */

/* What was signed, whole again. `proof` is borrowed by the signature. */
static mjl_result join_signed(const mjl_epoch *epoch, mjl_bytes proof, mjl_bytes content,
                              mjl_buffer *whole, mjl_evidence_signed *one)
{
    mjl_unpack unpack = mjl_unpack_from(proof);
    mjl_unpack_array_of(&unpack, PROOF_FIELDS);
    one->signature = mjl_unpack_bin(&unpack);
    const mjl_bytes head = mjl_unpack_bin(&unpack);
    mjl_result result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) result = mjl_buffer_append(whole, head);
    if (result == MJL_OK) result = mjl_buffer_append(whole, content);
    if (result == MJL_OK) result = mjl_buffer_append(whole, mjl_mls_group_context(epoch->group));
    one->content = mjl_buffer_bytes(whole);
    return result;
}

/* Evidence is kept for as long as its user likes. The epoch's key opens every header of the epoch,
   and dies with it (DESIGN section 10); the key of this one header shows no more than it says. */
static mjl_result open_header(const mjl_epoch *epoch, mjl_bytes leaf_node,
                              uint8_t own_key[MJL_HEADER_KEY_SIZE], mjl_evidence_signed *one)
{
    mjl_mls_signed_view view;
    mjl_result result =
        mjl_mls_signed_content_verify(one->content, one->signature, leaf_node, NULL, &view);
    if (result == MJL_OK) {
        result = mjl_commit_header_own_key(view.authenticated_data, epoch->header_key, own_key);
    }
    one->header_key = mjl_bytes_of(own_key, MJL_HEADER_KEY_SIZE);
    return result;
}

static uint32_t leaf_of(const mjl_epoch *epoch, uint32_t author)
{
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        if (epoch->roster[leaf] == author) return leaf;
    }
    return MJL_NO_INDEX;
}

/* Both places as signed bytes. Answers NOT_FOUND where one has no proof. */
static mjl_result make(const mjl_session *session, const mjl_arrival *arrival, uint32_t other,
                       mjl_buffer *evidence)
{
    const mjl_epoch *epoch = &session->branches.epochs[arrival->candidate.epoch];
    mjl_mls_member member;
    if (epoch->group == NULL || arrival->proof.size == 0) return MJL_NOT_FOUND;
    if (!mjl_mls_group_member(epoch->group, leaf_of(epoch, arrival->candidate.author), &member)) {
        return MJL_NOT_FOUND;
    }
    const mjl_holding *holding = &session->holdings.entries[other];
    mjl_evidence_parts parts = {.leaf_node = member.leaf_node};
    const bool are_commits[2] = {holding->type == MJL_PLACE_COMMIT,
                                 arrival->candidate.type == MJL_PLACE_COMMIT};
    uint8_t own_keys[2][MJL_HEADER_KEY_SIZE];
    mjl_buffer proof = {0}, first = {0}, second = {0};
    mjl_result result = find_proof(session, other, &proof);
    if (result == MJL_OK) {
        result = join_signed(epoch, mjl_buffer_bytes(&proof), mjl_buffer_bytes(&holding->content),
                             &first, &parts.both[0]);
    }
    if (result == MJL_OK) {
        result = join_signed(epoch, arrival->proof, arrival->content, &second, &parts.both[1]);
    }
    for (size_t i = 0; result == MJL_OK && i < 2; i++) {
        if (!are_commits[i]) continue;
        result = open_header(epoch, parts.leaf_node, own_keys[i], &parts.both[i]);
    }
    if (result == MJL_OK) result = mjl_evidence_encode(&parts, evidence);
    sodium_memzero(own_keys, sizeof own_keys);
    mjl_buffer_clear(&proof);
    mjl_buffer_clear(&first);
    mjl_buffer_clear(&second);
    return result;
}

static bool has_some(const mjl_evidences *evidences, const mjl_member_id *author,
                     const mjl_branch_id *branch)
{
    for (size_t i = 0; i < evidences->count; i++) {
        const mjl_evidence_entry *entry = &evidences->entries[i];
        if (mjl_id_equal(&entry->author, author) && mjl_id_equal(&entry->branch, branch)) {
            return true;
        }
    }
    return false;
}

static uint64_t next_number(const mjl_evidences *evidences)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < evidences->count; i++) {
        if (evidences->entries[i].number > highest) highest = evidences->entries[i].number;
    }
    for (size_t i = 0; i < evidences->gone_count; i++) {
        if (evidences->gone[i] > highest) highest = evidences->gone[i];
    }
    return highest + 1;
}

/* Nothing is kept that does not convince a stranger. */
static mjl_result keep(mjl_session *session, const mjl_arrival *arrival, uint32_t other,
                       mjl_evidence_entry *entry)
{
    mjl_evidences *const evidences = &session->evidences;
    if (other == MJL_NO_INDEX || evidences->count == MJL_EVIDENCE_MAX) return MJL_NOT_FOUND;
    mjl_evidence_view view;
    mjl_result result = make(session, arrival, other, &entry->bytes);
    if (result == MJL_OK) result = mjl_evidence_verify(mjl_buffer_bytes(&entry->bytes), &view);
    if (result != MJL_OK) {
        mjl_buffer_clear(&entry->bytes);
        return mjl_result_class(result) == MJL_CLASS_FIX_INPUT ? MJL_NOT_FOUND : result;
    }
    evidences->entries[evidences->count++] = *entry;
    return MJL_OK;
}

/* A commit's id covers its confirmation tag, which every member could change without its author's
   signature: what is no evidence there accuses nobody. */
static bool is_about_commits(const mjl_session *session, const mjl_arrival *arrival, uint32_t other)
{
    return arrival->candidate.type == MJL_PLACE_COMMIT ||
           (other != MJL_NO_INDEX && session->holdings.entries[other].type == MJL_PLACE_COMMIT);
}

mjl_result mjl_evidence_found(mjl_session *session, const mjl_arrival *arrival, uint32_t other)
{
    mjl_evidences *const evidences = &session->evidences;
    const mjl_epoch *epoch = &session->branches.epochs[arrival->candidate.epoch];
    mjl_evidence_entry entry = {.number = next_number(evidences), .dirty = true};
    entry.author = *mjl_transcript_author_id(session->transcript, arrival->candidate.author);
    entry.branch = epoch->branch;
    entry.epoch = epoch->number;
    entry.found_at = session->profile->now;
    mjl_event event = {.kind = MJL_EVENT_EQUIVOCATION, .place = arrival->candidate.id};
    event.member = entry.author;
    event.epoch = entry.epoch;
    if (other != MJL_NO_INDEX) {
        event.other_place = mjl_transcript_place(session->transcript, other)->id;
    }
    if (!has_some(evidences, &entry.author, &entry.branch)) {
        const mjl_result result = keep(session, arrival, other, &entry);
        if (result == MJL_NOT_FOUND && is_about_commits(session, arrival, other)) return MJL_OK;
        if (result != MJL_OK && result != MJL_NOT_FOUND) return result;
        if (result == MJL_OK) event.body = mjl_buffer_bytes(&entry.bytes);
    }
    return mjl_session_emit(session, &event);
}

/* ---- The application's calls ---- */

mjl_result mjl_session_evidence(const mjl_session *session, size_t i, mjl_evidence_info *info)
{
    if (i >= session->evidences.count) return MJL_NOT_FOUND;
    const mjl_evidence_entry *entry = &session->evidences.entries[i];
    info->number = entry->number;
    info->author = entry->author;
    info->epoch = entry->epoch;
    info->found_at = entry->found_at;
    info->evidence = mjl_buffer_bytes(&entry->bytes);
    return MJL_OK;
}

mjl_result mjl_do_evidence_dismiss(mjl_session *session, mjl_time now, uint64_t number)
{
    mjl_evidences *const evidences = &session->evidences;
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    size_t at = 0;
    while (at < evidences->count && evidences->entries[at].number != number)
        at++;
    if (at == evidences->count) return MJL_NOT_FOUND;
    /* Its record must be erased before it is forgotten: the next step makes room. */
    if (evidences->gone_count == MJL_EVIDENCE_MAX) return MJL_FULL;
    evidences->gone[evidences->gone_count++] = number;
    mjl_buffer_clear(&evidences->entries[at].bytes);
    evidences->count--;
    memmove(&evidences->entries[at], &evidences->entries[at + 1],
            (evidences->count - at) * sizeof *evidences->entries);
    return mjl_profile_end(session->profile, MJL_OK);
}
