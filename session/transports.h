/*
 * What the host says of its transports, and the warning that one is down.
 *
 *      not UP ──BC_LAT──> warning in every room ──UP, or GONE──> retracted
 *
 * A shorter trouble is none: packets wait in the outbox, and reach everyone as late as packets
 * sometimes do. The runner hands every packet to every transport, so each carries every room. While
 * another one is not warned of, the warning is a notice.
 *
 * Time: counted from what the host said; next_due tells when. Never saved: after opening nothing is
 * known of any transport, and what was warned of before is retracted.
 */
#ifndef MAJLIS_SESSION_TRANSPORTS_H
#define MAJLIS_SESSION_TRANSPORTS_H

#include "majlis/event.h"

typedef struct mjl_known_transport {
    mjl_transport_id id; /* 0: a free slot. */
    mjl_transport_state state;
    mjl_time since; /* When it was first said not to be UP; of one that is not. */
} mjl_known_transport;

typedef struct mjl_transports { /* Of a profile; a session's warnings have the same slots. */
    mjl_known_transport slots[MJL_TRANSPORTS_KNOWN_MAX];
    uint32_t troubled_count; /* Not UP. */
} mjl_transports;

/* Raises and retracts what is due in one session. */
MJL_MUST_USE mjl_result mjl_transports_look(mjl_session *session);
/* The profile was opened: what was warned of is not known any more. */
MJL_MUST_USE mjl_result mjl_transports_opened(mjl_session *session);
/* When the next warning would be raised; false: never. */
bool mjl_transports_next_due(const mjl_session *session, mjl_time *due);
mjl_severity mjl_transports_severity(const mjl_session *session);

#endif
