/*
 * A member that lost its state, or cannot follow the others any more, comes back (DESIGN sections 9
 * and 10): a person among the others decides.
 *
 *      there: NEED_REJOIN, or nobody answers its knocks ──knock──> here: RESTORE_REQUEST, no packet
 *                                                                       │ mjl_session_restore
 *      there: a new session of the same group <──Welcome── Remove of the old leaf + Add of the new
 *
 * A knock is such a request where its MAC cannot be checked: its epoch is unknown or closed here,
 * or its author was heard in a later one. The old key vouches for the new one: it signed the knock,
 * and the key package in it has a key of its own. What a stranger can replay of this shows nothing
 * while the member itself is heard, and each key package once.
 *
 * Requests live beside those of newcomers (`join_requests`), within a bound of their own, one per
 * member.
 */
#ifndef MAJLIS_SESSION_RESTORING_H
#define MAJLIS_SESSION_RESTORING_H

#include "knock.h"
#include "majlis/session.h"

/* Another member's knock, which is no longer proof of anything but of its old key. Elicits nothing.
 */
MJL_MUST_USE mjl_result mjl_restoring_asked(mjl_session *session, const mjl_knock *knock,
                                            uint32_t author, mjl_verdict *verdict);
/* A knock was answered: its key package asks for nothing any more. */
MJL_MUST_USE mjl_result mjl_restoring_answered(mjl_session *session, const mjl_knock *knock);
/* That member was heard, or is none any more: it need not be restored. */
MJL_MUST_USE mjl_result mjl_restoring_forget(mjl_session *session, uint32_t author);
/* A Welcome for the key package of one of our knocks. */
MJL_MUST_USE mjl_result mjl_restoring_welcomed(mjl_session *session, mjl_bytes packet,
                                               mjl_verdict *verdict);

#endif
