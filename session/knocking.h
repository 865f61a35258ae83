/*
 * Coming back (DESIGN section 9): when a member knocks, and what a knock elicits.
 *
 *      away for more than FA_INTV ──────────────┐
 *      a packet of a later epoch ──BC_LAT──> knock ──> commits to the tip, then places ──> wants
 *                                             └── still behind: again after BC_LAT, 2, ... FA_INTV;
 *                                                 after a dozen in vain 2 FA_INTV, 4, ... an hour
 *
 * Anybody can forge a packet that names a later epoch, so each such hint buys a few knocks and no
 * more, never closer than BC_LAT; and until a later epoch is known, or nothing names one any more,
 * the next hint's are as rare as the last one's became. While much is missing in old epochs the
 * knock waits for the wants: each epoch entered closes an old one.
 *
 * The knock key of an epoch is exported from its group when it is needed: the group lives until
 * all of its members were heard in a later one, at most secret_lifetime, and so does the key.
 *
 * Time: only through the session's schedule. Saved: in the session's record; the highest counter
 * heard of each member in `presence`.
 */
#ifndef MAJLIS_SESSION_KNOCKING_H
#define MAJLIS_SESSION_KNOCKING_H

#include "knock.h"
#include "majlis/session.h"

typedef struct mjl_knocking {
    uint64_t task; /* The next knock, or a look whether it is needed; 0: none. */
    mjl_time last; /* When the last one left. */
    uint32_t step; /* Of the back-off. */
    uint32_t left; /* Knocks that the last hint bought. */
    uint64_t counter;
    uint64_t outgoing;   /* Number of the last one in the outbox. */
    uint64_t epoch_then; /* The highest known when the last one left. */
    uint32_t unanswered; /* Knocks since anybody was heard. */
    uint64_t warning;    /* That nobody answers; 0: not raised. */
    bool is_away;        /* Nobody was heard since this member came back. */
} mjl_knocking;

/* A packet that names an epoch not known here was kept. */
MJL_MUST_USE mjl_result mjl_knocking_hinted(mjl_session *session);
/* A task ran so late that this member was away. */
MJL_MUST_USE mjl_result mjl_knocking_was_away(mjl_session *session);
/* How many epochs packets name that this member does not know. */
uint64_t mjl_knocking_epochs_behind(const mjl_session *session);
/* This member needs to be taken back: it knocks until it is, ever less often. */
MJL_MUST_USE mjl_result mjl_knocking_wants_back(mjl_session *session);
/* Somebody was: we are not left behind. Nor while nothing waits for a later epoch than the tip. */
MJL_MUST_USE mjl_result mjl_knocking_heard(mjl_session *session);
MJL_MUST_USE mjl_result mjl_knocking_moved(mjl_session *session);
MJL_MUST_USE mjl_result mjl_knocking_due(mjl_session *session);
/* Another one's, of this session's group. */
MJL_MUST_USE mjl_result mjl_knocking_receive(mjl_session *session, const mjl_knock *knock,
                                             mjl_verdict *verdict);

#endif
