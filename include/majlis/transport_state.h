/*
 * Whether a transport carries packets now: a transport says it (`majlis/transport.h`), a host hands
 * it to its profile (`mjl_profile_transport_state`).
 *
 *     open ──> CONNECTING ──> UP <──> DOWN (reason; tries again by itself, slower and slower)
 */
#ifndef MAJLIS_TRANSPORT_STATE_H
#define MAJLIS_TRANSPORT_STATE_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

typedef uint32_t mjl_transport_id; /* The host's own numbers; 0 means "unspecified". */

typedef enum mjl_transport_state {
    MJL_TRANSPORT_GONE = 0, /* Closed for good; no transport says it of itself. */
    MJL_TRANSPORT_CONNECTING,
    MJL_TRANSPORT_UP,
    MJL_TRANSPORT_DOWN_NOW
} mjl_transport_state;

MJL_END_DECLS

#endif
