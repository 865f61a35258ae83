/*
 * The repetition of each place's packet until everyone has it, and the warning when that takes too
 * long.
 *
 *      accepted ──FA_INTV──> overdue: warning, and resends from now on
 *                             │   each turn: held by all? ──> done, the packet goes
 *                             │              somebody just sent it? ──> wait one turn
 *                             └── else send the same bytes again; the next turn is twice as far, up
 * to a bound
 *
 * Paced by BC_LAT as measured (`latency`): the first turn when an ack would be here by it, the
 * later ones by the slower of it and the agreed one, and those behind us by half of it each. No
 * group's interval follows it.
 *
 * While only members that are silent, or that are being answered, lack places, the oldest one alone
 * is repeated: who comes back asks for the rest.
 *
 * Of more than MJL_RESEND_RANKS members who hears nobody leaves it to the author of a place: cut
 * off, they would not see each other's repetitions.
 *
 * A commit that removes members is also repeated for them, MJL_RESENDS_TO_REMOVED_MAX times in all.
 * Whoever was removed and still can read somebody repeats what led to its removal: that one has not
 * entered it, and all who have may be gone.
 *
 * Time: that of the session's schedule; when a place is due stands in its holding. Saved: there.
 */
#ifndef MAJLIS_SESSION_RESEND_H
#define MAJLIS_SESSION_RESEND_H

#include "acks.h"
#include "holdings.h"

/* A place was accepted that others have to ack: expect it, and plan the first resend. */
MJL_MUST_USE mjl_result mjl_resend_watch(mjl_session *session, uint32_t place);
/* Who has it changed: tell the application; when everyone does, settle and let the packet go. */
MJL_MUST_USE mjl_result mjl_resend_ack_changed(mjl_session *session, uint32_t place);
/* The removal of a reader was applied: of the first `epochs` epochs it owes nothing more. The
   commits it lacks are repeated for it all the same, so that it learns. */
MJL_MUST_USE mjl_result mjl_resend_drop_reader(mjl_session *session, uint32_t reader,
                                               uint32_t epochs, mjl_acks_changes *changes);
/* It was a reader of the place until its removal, which was undone: it owes nothing, and may ask
   for the place all the same. */
bool mjl_resend_was_dropped(const mjl_session *session, uint32_t place, uint32_t reader);
/* Places on branches that lost for good are owed no more. Their authors place what not everyone had
 * again. */
MJL_MUST_USE mjl_result mjl_resend_let_lost_go(mjl_session *session);
/* A message that was let go with a lost branch has a place on another one now: it is owed again. */
MJL_MUST_USE mjl_result mjl_resend_count_again(mjl_session *session, uint32_t place);
/* We are no member any more: what we said and not everyone has will not reach them through us. */
MJL_MUST_USE mjl_result mjl_resend_fail_own(mjl_session *session, mjl_result why);
/* We are one after all: it goes on. */
MJL_MUST_USE mjl_result mjl_resend_take_back_failures(mjl_session *session);
/* Its packet was seen again on the wire. */
MJL_MUST_USE mjl_result mjl_resend_seen_again(mjl_session *session, uint32_t place);
/* What the place is due for. */
MJL_MUST_USE mjl_result mjl_resend_due(mjl_session *session, uint32_t place, mjl_due_kind kind);
/* The session takes no part any more: its warnings end. */
MJL_MUST_USE mjl_result mjl_resend_end_warnings(mjl_session *session);
/* Somebody was heard. If we were removed it has not entered the epoch that we are not in: what
   leads there is planned to be repeated, MJL_RESENDS_OF_REMOVED_MAX times at most. */
MJL_MUST_USE mjl_result mjl_resend_last_words(mjl_session *session);
/* It takes part again: what is overdue still is warned of, and what is missed is repeated. */
MJL_MUST_USE mjl_result mjl_resend_resume(mjl_session *session);
/* Once more, the same bytes. The packet is there. */
MJL_MUST_USE mjl_result mjl_resend_send(mjl_session *session, uint32_t place);
/* All is loaded: who is missing is counted anew, since a long list is not saved at each ack. */
MJL_MUST_USE mjl_result mjl_resend_load_done(mjl_session *session);
/* The state a message is in, from what is known of its places. */
mjl_message_state mjl_resend_message_state(const mjl_session *session, uint32_t place,
                                           uint32_t *held, uint32_t *readers);

#endif
