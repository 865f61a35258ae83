/*
 * The Welcomes of commits of ours: each is held until the choice is clear, handed out, and repeated
 * until every joiner was heard.
 *
 *      HELD ──chosen and no rival, or decided──> SENT ──all heard, lost, or often enough──> DONE
 *        └───────────────── lost ─────────────────────────────────────────────────────────────┘
 *
 * Whoever of the joiners is a member and stays silent is warned of, also when nothing is repeated
 * any more. Epochs by index.
 *
 * Time: only through the session's schedule. Saved: with the epochs.
 */
#ifndef MAJLIS_SESSION_WELCOMES_H
#define MAJLIS_SESSION_WELCOMES_H

#include "majlis/session.h"

/* One that is held goes out; any other stays as it is. */
MJL_MUST_USE mjl_result mjl_welcomes_send(mjl_session *session, uint32_t index);
MJL_MUST_USE mjl_result mjl_welcomes_due(mjl_session *session, uint32_t index);
/* A member was heard: it may be a joiner whose Welcome is repeated. */
MJL_MUST_USE mjl_result mjl_welcomes_heard(mjl_session *session, uint32_t author);
/* The tip moved, or we may send again, or not any more: who is waited for may be others. */
MJL_MUST_USE mjl_result mjl_welcomes_look(mjl_session *session);

#endif
