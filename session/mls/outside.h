/*
 * Senders that are no members (RFC 9420 §12.1.8, §12.4.3.2): whose signature counts, what they may
 * propose, and making such proposals (the public mjl_mls_propose_from_outside and
 * mjl_mls_external_senders_encode).
 */
#ifndef MJL_MLS_OUTSIDE_H
#define MJL_MLS_OUTSIDE_H

#include "framing.h"

/* The key that must have signed: of the external_senders extension (UNKNOWN_SENDER), of the leaf to
   be added (NEW_MEMBER_PROPOSAL), of the leaf in the path (EXTERNAL_NO_PATH). Also what
   mjl_mls_outside_may_propose answers. */
MJL_MUST_USE mjl_result mjl_mls_outside_signature_key(mjl_bytes context_extensions,
                                                      const mjl_mls_framed_content *content,
                                                      mjl_bytes *key);
/* EXTERNAL_SENDER_PROPOSAL, NEW_MEMBER_PROPOSAL for types that such a sender may not propose.
   Members may all. */
MJL_MUST_USE mjl_result mjl_mls_outside_may_propose(uint8_t sender_type, uint16_t proposal_type);

#endif
