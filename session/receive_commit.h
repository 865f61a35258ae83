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

MJL_MUST_USE mjl_result mjl_receive_commit(mjl_session *session, const mjl_opened_packet *packet,
                                           mjl_verdict *verdict);

#endif
