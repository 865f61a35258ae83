/*
 * When an epoch is decided, and until when keys of epochs are kept.
 *
 *      undecided ──everyone left has its commit, and no rival can come──> decided
 *      keys: the tip's ──everyone was heard in a later one, or secret_lifetime──> forgotten
 *
 * Time: only through the session's schedule. Saved: with the epochs.
 */
#ifndef MAJLIS_SESSION_DECIDING_H
#define MAJLIS_SESSION_DECIDING_H

#include "majlis/session.h"

/* The commit that starts `epoch` may have become decided. */
MJL_MUST_USE mjl_result mjl_deciding_look(mjl_session *session);
/* Keys of the epochs behind the tip die at secret_lifetime at the latest. */
MJL_MUST_USE mjl_result mjl_deciding_plan_expiry(mjl_session *session);
/* What waits or is owed on branches that lost for good is let go. */
MJL_MUST_USE mjl_result mjl_deciding_forget_lost(mjl_session *session);
/* So lately that keys stay for what began to wait then, whoever said it. */
bool mjl_deciding_was_lately(const mjl_session *session, mjl_time since);
MJL_MUST_USE mjl_result mjl_deciding_expire_due(mjl_session *session);

#endif
