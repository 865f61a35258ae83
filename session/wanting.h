/*
 * Asking for what is missing (DESIGN section 9).
 *
 *      gap seen ──BC_LAT──> want ──page of packets──> quiet for half a BC_LAT ──> want ...
 *                            └── nothing came: again after BC_LAT, 2, 4, ... up to an hour
 *
 * A want is a statement in the tip's epoch: the places that are missing, and which ones are held
 * already. Who was removed only since a better commit waits for what it follows asks in the epoch
 * of that: its members do not know that it is out. What answers a want is in `answers`. BC_LAT is
 * the measured one (`latency`).
 *
 * Time: only through the session's schedule. Saved: in the session's record.
 */
#ifndef MAJLIS_SESSION_WANTING_H
#define MAJLIS_SESSION_WANTING_H

#include "latency.h"
#include "majlis/session.h"
#include "payload.h"

typedef struct mjl_wanting {
    mjl_latency latency;
    uint64_t task;              /* The next want; 0: none. */
    mjl_time due;               /* Of it. */
    mjl_time base;              /* When the last want left, or the first gap was seen. */
    uint32_t step;              /* Wants since something came. */
    uint32_t accepted, waiting; /* Places when last looked: more are progress. */
    uint32_t began;             /* Places when the first gap was seen. */
    bool has_asked;             /* What comes now may be an answer. */
    bool is_timed; /* The first place accepted after the last want is a sample of the latency. */
} mjl_wanting;

/* The measured BC_LAT: the pace of what only we do. */
mjl_time mjl_wanting_pace(const mjl_session *session);
/* After an input: something is missing, or came, or is missing no more. */
MJL_MUST_USE mjl_result mjl_wanting_look(mjl_session *session);
MJL_MUST_USE mjl_result mjl_wanting_due(mjl_session *session);
/* What another member's want says. */
MJL_MUST_USE mjl_result mjl_wanting_take(mjl_session *session, uint32_t author,
                                         const mjl_want *want);

#endif
