/*
 * Moving the tip to the epoch that is chosen (`branches.h` says which, `yielding.h` when another
 * one is), and what follows from that: who came, who is gone, what they owe; intents that lost,
 * Welcomes to be handed out; whether we are a member.
 *
 *      a commit came, or one was decided ──> the tip moves ──> the application is told
 *                                                         └──> intents are carried out again
 *
 * Time: a commit that waits for what it follows is left after MJL_COMMIT_GRACE_FA_INTERVALS, by the
 * session's schedule. Saved: nothing of its own; what is left is found anew each time.
 */
#ifndef MAJLIS_SESSION_CHOOSING_H
#define MAJLIS_SESSION_CHOOSING_H

#include "majlis/session.h"

/* The choice may have changed: moves the tip, tells the application, settles or requeues intents.
 */
MJL_MUST_USE mjl_result mjl_choosing_follow(mjl_session *session);
/* While REMOVED: the epoch of a commit that is left since what it follows does not come, which
   might bring us back; of several the first that came. Who has what is missing is among its
   members. MJL_NO_INDEX: there is none. */
uint32_t mjl_choosing_way_back(const mjl_session *session);
/* Removal is sticky: does the tip hold somebody whom a lost removal (below) removes? Content waits
   meanwhile. */
bool mjl_choosing_holds_content(const mjl_session *session);
/* Does a removal start the epoch of that index which lost to one on the path of the tip, and whose
   author is still a member? Not one that was refused as a place. */
bool mjl_choosing_is_lost_removal(const mjl_session *session, uint32_t epoch);

#endif
