/*
 * One packet in, one verdict out (DESIGN section 3).
 *
 *      packet ──> seen? ──> by wire format ──> PrivateMessage ──> epoch by number and tag ──> open
 * (nothing changes) ──> check ──> consume the key ──> accept or hold
 *
 * Errors: only what the machine did (no memory, no randomness); everything a packet does is a
 * verdict.
 */
#ifndef MAJLIS_SESSION_RECEIVE_H
#define MAJLIS_SESSION_RECEIVE_H

#include "profile_state.h"

MJL_MUST_USE mjl_result mjl_receive(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict);

#endif
