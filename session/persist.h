/*
 * A session as records: what changed since the last persist goes into the batch; reopening brings
 * everything back, checked.
 *
 *      save ──> batch ──> (transaction) ──> persisted: nothing is dirty
 *      load <── records of the session, in the order in which rooms stand on each other
 *
 * Saved format: one record per thing, key = its number or id; session/README.md lists the kinds.
 */
#ifndef MAJLIS_SESSION_PERSIST_H
#define MAJLIS_SESSION_PERSIST_H

#include "session_state.h"

MJL_MUST_USE mjl_result mjl_session_save(mjl_session *session, mjl_records *records);
void mjl_session_persisted(mjl_session *session);
/* Room for what `persisted` notes of the queued messages: it must not fail. */
MJL_MUST_USE mjl_result mjl_session_reserve_saved(mjl_session *session);
/* `saved`: the session's own record. Adds it to the profile. */
MJL_MUST_USE mjl_result mjl_session_load(mjl_profile *profile, uint32_t number, mjl_bytes saved);

#endif
