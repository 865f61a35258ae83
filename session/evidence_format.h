/*
 * The bytes of evidence (session/README.md, Evidence), written and read as values.
 *
 *      evidence = [format, leaf node, signed, signed]
 *      signed   = [FramedContentTBS, signature, header key | nil]
 *
 * Both were signed by one leaf in one GroupContext. A commit tells its sequence number in its
 * sealed header alone, so that header's own key comes with it (commit_header.h).
 *
 * Errors: as mjl_evidence_verify.
 */
#ifndef MAJLIS_SESSION_EVIDENCE_FORMAT_H
#define MAJLIS_SESSION_EVIDENCE_FORMAT_H

#include "majlis/evidence.h"

enum { MJL_EVIDENCE_FORMAT = 1 };

typedef struct mjl_evidence_signed {
    mjl_bytes content; /* FramedContentTBS */
    mjl_bytes signature;
    mjl_bytes header_key; /* Of a commit's header alone; else empty. */
} mjl_evidence_signed;

typedef struct mjl_evidence_parts { /* Borrowed. */
    mjl_bytes leaf_node;
    mjl_evidence_signed both[2];
} mjl_evidence_parts;

MJL_MUST_USE mjl_result mjl_evidence_encode(const mjl_evidence_parts *parts, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_evidence_decode(mjl_bytes bytes, mjl_evidence_parts *parts);

#endif
