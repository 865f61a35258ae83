/*
 * Commits of our line whose places wait here for what they follow.
 *
 *      commit ──> its epoch is entered ──> we live there, and say so in packets of that epoch
 *         └─────> its place waits, perhaps for ever: what it follows may have gone with its author
 *
 * A place that waits is not repeated as others are (`resend`), but the epoch is there: who lacks
 * the commit, and does not lack what it follows or never will have it either, stays on another line
 * and reads nothing of ours. So they are repeated beside each want but the first one, for as long
 * as a member was not heard there; for those whom they remove MJL_RESENDS_TO_REMOVED_MAX times.
 */
#ifndef MAJLIS_SESSION_WAITING_COMMITS_H
#define MAJLIS_SESSION_WAITING_COMMITS_H

#include "majlis/session.h"

MJL_MUST_USE mjl_result mjl_waiting_commits_repeat(mjl_session *session);

#endif
