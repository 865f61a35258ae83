/*
 * The way into a room (DESIGN section 10), as a newcomer has it: a request that it repeats until a
 * Welcome for it comes. What the members do with it: `join_requests.h`, `welcomes.h`.
 *
 *      JOINING ── KeyPackage, again with back-off ──> Welcome for its reference ──> LIVE
 *
 * Saved: the key package and its secret, in the session's record.
 */
#ifndef MAJLIS_SESSION_JOIN_H
#define MAJLIS_SESSION_JOIN_H

#include "majlis/mls.h"
#include "majlis/session.h"
#include "renewal.h"

typedef struct mjl_joining {
    mjl_buffer key_package; /* The MLSMessage that is broadcast. */
    mjl_buffer secret;      /* What joining needs; moved to the roots once joined. */
    mjl_id reference;       /* KeyPackageRef */
    mjl_renewal *renewal;   /* Its key, where it is that of a knock; NULL: the session's. */
    uint32_t repeats;
    uint64_t task; /* 0: none. */
} mjl_joining;

void mjl_joining_clear(mjl_joining *joining); /* Wipes. */

/* ---- The request ---- */

/* What every leaf of ours says it can do. */
mjl_mls_capabilities mjl_join_capabilities(void);
/* Makes the request and broadcasts it for the first time. */
MJL_MUST_USE mjl_result mjl_join_begin(mjl_session *session);
MJL_MUST_USE mjl_result mjl_join_repeat_due(mjl_session *session);
/* There is an own key package that an inviter would take: the one there is, or a new one. */
MJL_MUST_USE mjl_result mjl_join_keep_key_package(mjl_session *session);
/* No inviter takes it any more. */
bool mjl_join_has_expired(const mjl_profile *profile, const mjl_buffer *key_package);

/* ---- The Welcome ---- */

/* A Welcome arrived: joins the session whose key package it is for. */
MJL_MUST_USE mjl_result mjl_join_receive_welcome(mjl_profile *profile, mjl_bytes packet,
                                                 mjl_verdict *verdict);
/* All checks of a Welcome for a key package of the session, by its secret. */
MJL_MUST_USE mjl_result mjl_join_open_welcome(const mjl_session *session, const mjl_buffer *secret,
                                              mjl_bytes packet, const mjl_mls_identity *identity,
                                              mjl_mls_joined *joined);
/* The session lives in that group from now on. Takes the secret of the request. */
MJL_MUST_USE mjl_result mjl_join_enter(mjl_session *session, mjl_mls_joined *joined,
                                       mjl_joining *request, mjl_bytes welcome);
/* The machine or a bound of ours stands in the way: the packet is not to blame. */
bool mjl_join_is_fatal(mjl_result result);

#endif
