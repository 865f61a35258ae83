/*
 * Moving the tip to the epoch that is chosen (`branches.h` says which), and what follows from that:
 * who came, who is gone, what they owe; intents that lost, Welcomes to be handed out; whether we
 * are a member.
 *
 *      a commit came, or one was decided ──> the tip moves ──> the application is told
 *                                                         └──> intents are carried out again
 *
 * Time: a commit that nobody can follow is left after a while, by the session's schedule.
 * Saved: nothing of its own.
 */
#ifndef MAJLIS_SESSION_CHOOSING_H
#define MAJLIS_SESSION_CHOOSING_H

#include "majlis/session.h"

/* The choice may have changed: moves the tip, tells the application, settles or requeues intents.
 */
MJL_MUST_USE mjl_result mjl_choosing_follow(mjl_session *session);
/* Who was removed only since a commit that is better does not come: the epoch which that starts.
   Who has it is among its members. MJL_NO_INDEX: there is none. */
uint32_t mjl_choosing_way_back(const mjl_session *session);
/* Removal is sticky: does the tip still hold somebody whose removal this member accepted? */
bool mjl_choosing_holds_content(const mjl_session *session);
/* A removal that this member accepted, that lost, and whose author is still a member. */
bool mjl_choosing_is_lost_removal(const mjl_session *session, uint32_t epoch);

#endif
