/*
 * Who is there: a member is fresh while it follows our places and echoes our nonces. Nobody's clock
 * is trusted, only our own causal past: since when is the oldest of our places or nonces waiting
 * that this member has neither followed nor echoed?
 *
 *      spoken ──a heartbeat period──> asked by name ──a sixteenth, or 2 BC_LAT──> warning "not
 * fresh" └── followed and echoed ──> retracted
 *
 * The period is the present one, which doubles while the room is idle; who was not asked by name is
 * not accused, since its own period may be another one.
 *
 * Time: only through the session's schedule. Saved: with the presence of each author.
 */
#ifndef MAJLIS_SESSION_FRESHNESS_H
#define MAJLIS_SESSION_FRESHNESS_H

#include "majlis/session.h"

/* A place or statement of ours was made. */
MJL_MUST_USE mjl_result mjl_freshness_spoke(mjl_session *session, bool is_statement);
/* Heartbeats are quick again: who is silent is looked at after one such period. */
MJL_MUST_USE mjl_result mjl_freshness_hurry(mjl_session *session);
/* A statement of another echoed a nonce of ours; `next` is when the one after it was made, 0: none
   was. */
void mjl_freshness_echoed(mjl_session *session, uint32_t author, mjl_time next);
/* Something of that member was taken. */
MJL_MUST_USE mjl_result mjl_freshness_heard(mjl_session *session, uint32_t author);
/* Should the next statement ask that member by name? */
bool mjl_freshness_asks(const mjl_session *session, uint32_t author);
/* It is no member any more, or we are none. */
MJL_MUST_USE mjl_result mjl_freshness_forget(mjl_session *session, uint32_t author);
MJL_MUST_USE mjl_result mjl_freshness_forget_all(mjl_session *session);
MJL_MUST_USE mjl_result mjl_freshness_due(mjl_session *session);

#endif
