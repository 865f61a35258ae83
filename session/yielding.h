/*
 * A line that nobody else lives on gives way.
 *
 *          fork ──> line that is chosen here ──> ... ──> the end we live in, or that removes us
 *            └────> its rival: all others whom that end has are heard there, and know of ours
 *
 * What is chosen follows from the commits that one has, and they may differ for good: of two that
 * remove each other's authors one may come to somebody too late, or not any more to who was
 * removed. That one would stay where it is for ever, alone, or removed by what nobody follows. So
 * whoever hears that each other member of its line has the commit that begins it, and for
 * MJL_YIELD_GRACE_FA_INTERVALS lives on one and the same rival all the same, goes there. Of two
 * alone with each other the one on the worse child goes, the other one only after
 * MJL_YIELD_GRACES_OF_THE_BETTER times as long. Who is away, or silent for longer than an idle room
 * is, is not waited for. What is decided is not left. Nothing is decided by that: who is heard on
 * the line after all brings it back.
 *
 * It stands in for what membership.md's ballots do: votes take the place of it.
 *
 * Time: when each other member was heard, and where (`presence`). Saved: nothing of its own.
 */
#ifndef MAJLIS_SESSION_YIELDING_H
#define MAJLIS_SESSION_YIELDING_H

#include "majlis/session.h"

/* The index of the epoch that the choice leads to; the caller goes there. What all others left is
   not chosen, as if what it follows did not come: they live on the rival, where there may be such a
   fork again. Which epochs are left is noted in them (`is_left`), anew at each call: who goes by
   that calls first, since a restart forgets it. */
uint32_t mjl_yielding_choose(mjl_session *session);

#endif
