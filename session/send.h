/*
 * Making packets: places, statements and commits, each accepted by ourselves before it enters the
 * outbox.
 */
#ifndef MAJLIS_SESSION_SEND_H
#define MAJLIS_SESSION_SEND_H

#include "commit_header.h"
#include "session_state.h"

/* Into the outbox; the session's number is added. */
MJL_MUST_USE mjl_result mjl_send_packet(mjl_session *session, const mjl_packet *packet);

/* Encodes a new content by us, with a fresh salt, and gives its message id. */
MJL_MUST_USE mjl_result mjl_send_make_content(mjl_session *session, uint32_t type, mjl_bytes body,
                                              mjl_buffer *content, mjl_message_id *message);
/* A place for the content in the tip. PARENT_UNKNOWN, OWN_PLACE_NOT_FOLLOWED: not now; nothing
 * changed. */
MJL_MUST_USE mjl_result mjl_send_place(mjl_session *session, mjl_bytes content, uint32_t if_grown,
                                       uint32_t *place);
/* A place now, or else when that becomes possible. */
MJL_MUST_USE mjl_result mjl_send_or_queue(mjl_session *session, mjl_bytes content,
                                          const mjl_message_id *message, uint32_t if_grown,
                                          bool *is_queued);
/* Queued messages that may have their place now. */
MJL_MUST_USE mjl_result mjl_send_flush(mjl_session *session);
/* Queued messages that will have no place: FAILED, and why. */
MJL_MUST_USE mjl_result mjl_send_fail_queued(mjl_session *session, mjl_result why);
/* Who came since could read it too: our message, by its first place, waits as QUEUED until the
   application agrees that it is given again. */
MJL_MUST_USE mjl_result mjl_send_ask(mjl_session *session, uint32_t first);
/* Does it wait for a place, or for consent? */
bool mjl_send_is_queued(const mjl_session *session, const mjl_message_id *message);
/* Everyone has it: nothing of it waits any more. */
void mjl_send_forget_queued(mjl_session *session, const mjl_message_id *message);
/* The tip moved to another line: our messages that not everyone has are placed again on it. */
MJL_MUST_USE mjl_result mjl_send_again_on_tip(mjl_session *session);
/* Does the tip hold a reader who was none in that epoch? */
bool mjl_send_has_grown(const mjl_session *session, uint32_t roster_epoch);
/* Outside the graph: in the tip, never repeated. */
MJL_MUST_USE mjl_result mjl_send_statement(mjl_session *session, uint32_t type, mjl_bytes body);
/* The same in another epoch that we are a member of. */
MJL_MUST_USE mjl_result mjl_send_statement_in(mjl_session *session, uint32_t epoch, uint32_t type,
                                              mjl_bytes body);

typedef struct mjl_commit_wish {
    const mjl_bytes *add_key_packages; /* MLSMessages. */
    size_t add_count;
    const uint32_t *remove_leaves;
    size_t remove_count;
    const mjl_basis *basis;
    size_t basis_count;
} mjl_commit_wish;

/* A commit on the tip: enters its epoch (the tip does not move yet), accepts its place, sends it.
   PARENT_UNKNOWN, OWN_PLACE_NOT_FOLLOWED: not now; nothing changed. */
MJL_MUST_USE mjl_result mjl_send_commit(mjl_session *session, const mjl_commit_wish *wish,
                                        uint32_t *epoch);

#endif
