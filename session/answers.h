/*
 * Answering members who miss something: stored packets byte for byte, commits first, then what they
 * need in causal order; one page at a time, and one answerer.
 *
 *      want, knock ──> page: what that member is not known to have ──our turn──> packets
 *                                                          └── somebody sent it meanwhile: not we
 *
 * A page is chosen when it is asked for and sent when the members before us had their turn: they
 * stand in the order of leaves behind the asker's, those not heard lately left out. What was on the
 * wire within BC_LAT is not sent again, so that a want that comes early gets the next page.
 *
 * Only members of the tip are answered, with at most one page per quarter of BC_LAT each. Saved:
 * one record per member with an open page.
 */
#ifndef MAJLIS_SESSION_ANSWERS_H
#define MAJLIS_SESSION_ANSWERS_H

#include "majlis/session.h"
#include "payload.h"

typedef struct mjl_answer {
    uint32_t author;  /* Who asked; the record's key. */
    uint32_t *places; /* In the order of sending. */
    uint32_t count;
    mjl_time asked_at, last_page_at;
    bool is_knock; /* A frontier statement ends the page. */
    uint64_t task; /* 0: no page is open. */
    bool dirty;
} mjl_answer;

typedef struct mjl_answers {
    mjl_answer *entries; /* Ascending authors. */
    size_t count, room;
} mjl_answers;

void mjl_answers_clear(mjl_answers *answers);
MJL_MUST_USE mjl_result mjl_answers_wanted(mjl_session *session, uint32_t author,
                                           const mjl_want *want);
/* `epoch`: where that member is; what it accepted was told to the acks. */
MJL_MUST_USE mjl_result mjl_answers_knocked(mjl_session *session, uint32_t author, uint32_t epoch);
MJL_MUST_USE mjl_result mjl_answers_due(mjl_session *session, uint32_t author);
/* Did that member ask within a heartbeat? Timers need not repeat for it then. */
bool mjl_answers_is_served(const mjl_session *session, uint32_t author);
/* A packet came whose key was used, and that `seen` remembers no more: somebody else may be
   answering, or repeats what we would. */
MJL_MUST_USE mjl_result mjl_answers_saw(mjl_session *session, const mjl_id *packet_id);
/* At load: takes the answer's places. */
MJL_MUST_USE mjl_result mjl_answers_restore(mjl_answers *answers, mjl_answer *taken);

#endif
