/*
 * How long packets are kept for those who may still ask: until all their readers have the place
 * (resend), and at most secret_lifetime (here). What it opens with dies then as well, so nobody
 * could read it any more.
 *
 *      kept ──secret_lifetime, less a 64th──> dropped; who lacks it stays named in its warning
 *
 * Time: one task per session, for the oldest packets; it takes those of the next 64th along. Saved:
 * the task in the session's record.
 */
#ifndef MAJLIS_SESSION_RETENTION_H
#define MAJLIS_SESSION_RETENTION_H

#include "majlis/session.h"

/* A packet was kept. */
MJL_MUST_USE mjl_result mjl_retention_kept(mjl_session *session);
MJL_MUST_USE mjl_result mjl_retention_due(mjl_session *session);
/* So old that its packet may be gone. For mjl_session_check. */
bool mjl_retention_is_over(const mjl_session *session, mjl_time accepted_at);

#endif
