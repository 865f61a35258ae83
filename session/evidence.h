/*
 * Evidence of equivocation: what is needed to make it, and what was made.
 *
 *      place accepted ──> its proof: signature and what was signed before the content ──> the store
 *      another place of that seq ──> both proofs + contents + GroupContext + leaf ──> evidence,
 * event
 *
 * The key that opened a packet is gone when a second one shows up, so what was signed is put
 * together again: FramedContentTBS = (proof) | content of the place | GroupContext of its epoch. A
 * proof waits in memory for the next persist, then it is on the disk alone; it goes with the keys
 * of its epoch, after which no other place can be opened there. Own places need none.
 *
 * Time: found_at is the session's now. Saved: one record per proof, by place; one per evidence.
 */
#ifndef MAJLIS_SESSION_EVIDENCE_H
#define MAJLIS_SESSION_EVIDENCE_H

#include "majlis/evidence.h"
#include "majlis/mls.h"

typedef struct mjl_proof { /* Not saved yet. */
    uint32_t place;
    mjl_buffer bytes;
} mjl_proof;

typedef struct mjl_evidence_entry {
    uint64_t number;
    mjl_member_id author;
    uint64_t epoch;
    mjl_branch_id branch;
    mjl_time found_at;
    mjl_buffer bytes;
    bool dirty;
} mjl_evidence_entry;

typedef struct mjl_evidences {
    mjl_evidence_entry entries[MJL_EVIDENCE_MAX]; /* Ascending numbers. */
    size_t count;
    uint64_t gone[MJL_EVIDENCE_MAX]; /* Records to erase. */
    size_t gone_count;
    mjl_proof *proofs;
    size_t proofs_count, proofs_room;
} mjl_evidences;

struct mjl_arrival;
struct mjl_records;

void mjl_evidences_clear(mjl_evidences *evidences);

/* The proof of what was opened: `content` is the part of it that the holding keeps, empty for a
   commit. */
MJL_MUST_USE mjl_result mjl_proof_of(const mjl_mls_group *group, const mjl_mls_opened *opened,
                                     mjl_bytes content, mjl_buffer *proof);
/* It was accepted as that place. An empty proof is none. */
MJL_MUST_USE mjl_result mjl_evidence_keep_proof(mjl_session *session, uint32_t place,
                                                mjl_bytes proof);
/* The arrival contradicts the place `other` of its author (MJL_NO_INDEX: one that is not here):
   keeps evidence if some can be made, and tells. */
MJL_MUST_USE mjl_result mjl_evidence_found(mjl_session *session, const struct mjl_arrival *arrival,
                                           uint32_t other);

/* ---- Saved ---- */

MJL_MUST_USE mjl_result mjl_evidence_save(const mjl_session *session, struct mjl_records *records);
void mjl_evidence_persisted(mjl_session *session);
MJL_MUST_USE mjl_result mjl_evidence_load(mjl_session *session, uint64_t number, mjl_bytes value);

#endif
