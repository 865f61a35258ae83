/*
 * What the application is told of each message: who has it, and a warning when that takes too long.
 *
 *      SENT ──> HELD_BY ──> EVERYONE      not by its deadline: a warning, and AT_RISK meanwhile
 *        ├── QUEUED: it waits to be placed once more, for who cannot open its place any more
 *        ├── FAILED: ours, and we are no member any more
 *        └── ORPHANED: on a line that lost, and its author is no member any more
 *
 * Messages stand by their first place, unless it says otherwise. How their packets are repeated
 * meanwhile: `resend.h`.
 *
 * Time: that of the session's schedule; a deadline stands in the holding of its place. Saved:
 * there.
 */
#ifndef MAJLIS_SESSION_MESSAGE_STATES_H
#define MAJLIS_SESSION_MESSAGE_STATES_H

#include "majlis/session.h"

/* The state a message is in, from what is known of its places: `held` of its `readers` are known to
   have it. Both are set; neither counts its author or us. */
mjl_message_state mjl_message_states_of(const mjl_session *session, uint32_t place, uint32_t *held,
                                        uint32_t *readers);
/* Tells it, if it is another one than was told last; of our own also if only the counts are others.
   Nothing of what is no message of the application's. */
MJL_MUST_USE mjl_result mjl_message_states_tell(mjl_session *session, uint32_t place);

/* The place was accepted, and somebody lacks it: its deadline, which a part has not. The caller
   touches its holding. */
void mjl_message_states_expect(mjl_session *session, uint32_t place);
/* A message that was let go with a lost branch has a place on another one now: it is owed again. */
MJL_MUST_USE mjl_result mjl_message_states_count_again(mjl_session *session, uint32_t place);
/* Its deadline is now. */
MJL_MUST_USE mjl_result mjl_message_states_due(mjl_session *session, uint32_t place);
/* Its deadline has passed: warns if not everyone is known to have it, and it is a first place.
   While we take no part nothing is warned of. */
MJL_MUST_USE mjl_result mjl_message_states_overdue(mjl_session *session, uint32_t place);
/* Of who lacks it now: raised, or the same one told anew. */
MJL_MUST_USE mjl_result mjl_message_states_warn(mjl_session *session, uint32_t place);
/* Everyone has it, or nobody waits for that any more: the deadline of this place goes, and its
   warning with it. */
MJL_MUST_USE mjl_result mjl_message_states_settle(mjl_session *session, uint32_t place);
/* The session takes no part any more: all warnings of messages go. */
MJL_MUST_USE mjl_result mjl_message_states_end_warnings(mjl_session *session);

/* Its place is on a branch that lost: told, unless everyone has it, or its author is a member and
   places it again. */
MJL_MUST_USE mjl_result mjl_message_states_orphan(mjl_session *session, uint32_t place);
/* We are no member any more: what we said and not everyone has will not reach them through us. */
MJL_MUST_USE mjl_result mjl_message_states_fail_own(mjl_session *session, mjl_result why);
/* We are one after all: it goes on. */
MJL_MUST_USE mjl_result mjl_message_states_take_back_failures(mjl_session *session);

/* All is loaded: who is missing is counted anew, since a long list is not saved at each ack. */
MJL_MUST_USE mjl_result mjl_message_states_load_done(mjl_session *session);

#endif
