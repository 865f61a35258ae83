/*
 * Who reads what stands on a line that lost.
 *
 *            ┌── the line that lost: X adds bob, it is said to alice and bob, and placed again ──┐
 *      fork ─┤                                                                                   v
 *            └── our line: decided; adds bob anew ──────────────> the new place, before or after
 * bob
 *
 * A message's readers are those of its first place, and that may be one of a line that is left.
 * Whom that line alone let in was never a member of ours then, or came in by a Welcome of its own:
 * what was said before that is nothing that it lacks (and has not in what it can read), and nobody
 * gives it. The same of whom our line removed since the fork. So once a line is lost for good those
 * alone are readers there who were members of ours all along: from the fork to the last decided
 * epoch.
 *
 * Where two Welcomes led to both lines, nobody here saw the fork, and our root stands for it.
 */
#ifndef MAJLIS_SESSION_LOST_READERS_H
#define MAJLIS_SESSION_LOST_READERS_H

#include "majlis/session.h"

/* An epoch was decided, or a root: what is owed on lines that lost is looked at. */
MJL_MUST_USE mjl_result mjl_lost_readers_let_go(mjl_session *session);

#endif
