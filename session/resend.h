/*
 * The repetition of each place's packet until everyone has it.
 *
 *      accepted ──acks would be here──> a turn: held by all? ──> done, the packet goes
 *                                        │      somebody just sent it? ──> wait one turn
 *                                        └── else send the same bytes again
 *
 * Each next turn is twice as far, a dozen of them up to 8 BC_LAT, then up to an hour. What the
 * application is told: `message_states.h`.
 *
 * Paced by BC_LAT as measured (`latency`): the first turn when an ack would be here by it, the
 * later ones by the slower of it and the agreed one; each member behind the author waits for half
 * of it more than the one before. No group's interval follows it.
 *
 * While only members that are silent, or that are being answered, lack places, few are repeated:
 * the oldest one, the oldest commit, and the commits of our line that are not decided. Who comes
 * back asks for the rest.
 *
 * Of more than MJL_RESEND_RANKS members who hears nobody leaves it to the author of a place, until
 * its turns are hourly: cut off, they would not see each other's repetitions.
 *
 * Commits that a removed member was not known to have are also repeated for it, so that it learns:
 * MJL_RESENDS_TO_REMOVED_MAX times by all together. Whoever was removed repeats its own commit that
 * lost to its removal and, while it still can read somebody, what led to that: that one has not
 * entered it, and all who have may be gone.
 *
 * Time: that of the session's schedule; when a place is due stands in its holding. Saved: there.
 */
#ifndef MAJLIS_SESSION_RESEND_H
#define MAJLIS_SESSION_RESEND_H

#include "acks.h"
#include "holdings.h"

/* A place was accepted that others have to ack: plans the first resend, and expects the acks. */
MJL_MUST_USE mjl_result mjl_resend_watch(mjl_session *session, uint32_t place);
/* Who has the message with that first place changed: the application is told; when nobody owes it
   any more, it is settled and the packets of its places go. */
MJL_MUST_USE mjl_result mjl_resend_ack_changed(mjl_session *session, uint32_t place);
/* The removal of a reader was applied: of the first `epochs` epochs it owes nothing more. The
   commits it lacks are repeated for it all the same, so that it learns. `changes` are added to, and
   are the caller's to apply (mjl_accept_changes). */
MJL_MUST_USE mjl_result mjl_resend_drop_reader(mjl_session *session, uint32_t reader,
                                               uint32_t epochs, mjl_acks_changes *changes);
/* It was a reader of the place until its removal, which was undone: it owes nothing, and may ask
   for the place all the same. */
bool mjl_resend_was_dropped(const mjl_session *session, uint32_t place, uint32_t reader);
/* Places on branches that lost for good are owed no more: their authors place what not everyone had
   again. Packets that were kept for who might have come back go as well. */
MJL_MUST_USE mjl_result mjl_resend_let_lost_go(mjl_session *session);
/* Its packet was seen again on the wire, whoever sent it. */
MJL_MUST_USE mjl_result mjl_resend_seen_again(mjl_session *session, uint32_t place);
/* Its turn has come: once more, where that is worth it, and the next turn is planned; or it is
   needed no more, and its packet goes. */
MJL_MUST_USE mjl_result mjl_resend_due(mjl_session *session, uint32_t place);
/* We were removed just now: what commits are repeated from here on is counted from here on. */
MJL_MUST_USE mjl_result mjl_resend_begin_last_words(mjl_session *session);
/* Somebody was heard. If we were removed it has not entered the epoch that we are not in: what
   leads there is planned to be repeated, MJL_RESENDS_OF_REMOVED_MAX times at most. */
MJL_MUST_USE mjl_result mjl_resend_last_words(mjl_session *session);
/* It takes part again: what is overdue still is warned of, and what is missed is repeated. */
MJL_MUST_USE mjl_result mjl_resend_resume(mjl_session *session);
/* Once more, the same bytes. The packet is kept still (`packet_size` of its holding). */
MJL_MUST_USE mjl_result mjl_resend_send(mjl_session *session, uint32_t place);

#endif
