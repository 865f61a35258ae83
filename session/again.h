/*
 * Giving places again that their readers cannot open any more (DESIGN section 6): their keys died
 * there, or nobody holds their packets.
 *
 *      want: place-again, or missing and no packet is left ──> the author: again ──> accepted, as
 *                                                                            if they had come
 *
 * A place cannot be replaced by another one for a reader that holds what follows it: it waits for
 * this very place. So its author says it again, whole, in a statement of the tip: the payload as it
 * was signed. Branch, author and payload hash to the place's id, which somebody followed or named,
 * so it takes its old position; that only its author may do so is what makes it the author's.
 *
 * Who was no reader then could read it now: while the roster has grown, content waits for the
 * application's consent (QUEUED), as it does where it is placed anew.
 *
 * Bounded: places of ours that the asker is known to lack, once per measured BC_LAT each, at most
 * MJL_QUOTES_MAX and MJL_ANSWER_BYTES_MAX per want. Taken: only what is missed here.
 */
#ifndef MAJLIS_SESSION_AGAIN_H
#define MAJLIS_SESSION_AGAIN_H

#include "majlis/session.h"
#include "payload.h"

/* A member's want names places of ours that only we can bring back. */
MJL_MUST_USE mjl_result mjl_again_wanted(mjl_session *session, uint32_t author,
                                         const mjl_want *want);
/* Another member gives places of its own again. */
MJL_MUST_USE mjl_result mjl_again_take(mjl_session *session, uint32_t author,
                                       const mjl_again *again);
/* The application agreed that a message goes to who came since: its places may be given again. */
MJL_MUST_USE mjl_result mjl_again_agreed(mjl_session *session, uint32_t place);

#endif
