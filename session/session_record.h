/*
 * The session's own record: its state, its counters, and the single tasks that its rooms wait for.
 */
#ifndef MAJLIS_SESSION_SESSION_RECORD_H
#define MAJLIS_SESSION_SESSION_RECORD_H

#include "session_state.h"

MJL_MUST_USE mjl_result mjl_session_record_encode(const mjl_session *session, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_session_record_decode(mjl_session *session, mjl_bytes saved);

#endif
