/*
 * Accepting a place: one way in for our own and for others', in order.
 *
 *      check OK ──> transcript ──> acks ──> delivered to the application ──> statement owed, resend
 * watched PARENT_UNKNOWN ──> pending ──> the same, when its parents are accepted
 */
#ifndef MAJLIS_SESSION_ACCEPT_H
#define MAJLIS_SESSION_ACCEPT_H

#include "payload.h"
#include "session_state.h"

typedef struct mjl_arrival { /* A place that was opened and verified. All borrowed. */
    mjl_place_candidate candidate;
    mjl_bytes packet;
    mjl_id packet_id;
    mjl_bytes content;   /* Encoded; empty for a commit. */
    mjl_bytes proof;     /* For evidence (evidence.h); empty for our own. */
    uint32_t if_grown;   /* Of our own. */
    uint32_t generation; /* Likewise. */
    bool is_own;
} mjl_arrival;

/* After mjl_transcript_check answered OK. */
MJL_MUST_USE mjl_result mjl_accept(mjl_session *session, const mjl_arrival *arrival,
                                   uint32_t *place);
/* After it answered PARENT_UNKNOWN. FULL: nothing changed. */
MJL_MUST_USE mjl_result mjl_accept_later(mjl_session *session, const mjl_arrival *arrival,
                                         const mjl_findings *findings);
/* A place of somebody removed that the others may not be able to take any more: it is refused as it
   is, and taken once anybody names it. */
bool mjl_accept_is_too_late(const mjl_session *session, const mjl_place_candidate *candidate);
/* The packet of a place that waits, by its blob in `pending`. */
MJL_MUST_USE mjl_result mjl_accept_waiting_packet(mjl_bytes blob, mjl_bytes *packet);
/* Accepts whatever became ready. */
MJL_MUST_USE mjl_result mjl_accept_ready(mjl_session *session);
/* The place is delivered now: its number in that order, and what its event says of it. */
void mjl_accept_describe(mjl_session *session, uint32_t place, mjl_event *event);
/* A content message that cannot be read: delivered, but as it is. */
MJL_MUST_USE mjl_result mjl_accept_deliver_opaque(mjl_session *session, uint32_t place,
                                                  const mjl_content *content);
/* Applies changes of who has what. Frees `changes`. */
MJL_MUST_USE mjl_result mjl_accept_changes(mjl_session *session, mjl_acks_changes *changes);

#endif
