/*
 * A received commit: its header, its epoch, its place.
 */
#ifndef MAJLIS_SESSION_RECEIVE_COMMIT_H
#define MAJLIS_SESSION_RECEIVE_COMMIT_H

#include "session_state.h"

typedef struct mjl_opened_packet { /* All borrowed. */
    const mjl_mls_opened *opened;
    mjl_bytes packet;
    mjl_id packet_id;
    uint32_t epoch;  /* Index of the epoch that opened it. */
    uint32_t author; /* Index. */
} mjl_opened_packet;

/* The machine stands in the way, and not the packet: the call fails, and there is no verdict. FULL
   makes one here, unlike where somebody joins (mjl_join_is_fatal). */
bool mjl_receive_is_fatal(mjl_result result);

MJL_MUST_USE mjl_result mjl_receive_commit(mjl_session *session, const mjl_opened_packet *packet,
                                           mjl_verdict *verdict);

#endif
