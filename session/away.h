/*
 * Declared absence (DESIGN section 9): a member says that it goes, for how long if it knows, and is
 * back when it is heard again.
 *
 *      "away" accepted ──> warnings that wait for it alone are notices, and only the oldest place
 * is repeated for it └── heard later than FA_INTV after that: back
 *
 * How long is counted here from when the place was accepted: nobody's clock is trusted. Time passed
 * without its return: its absence is as worth a warning as anybody's. Saved: with the presence of
 * each author.
 */
#ifndef MAJLIS_SESSION_AWAY_H
#define MAJLIS_SESSION_AWAY_H

#include "majlis/event.h"

/* MJL_TYPE_AWAY: [for-ms | nil]. `for_ms` 0: nobody knows. */
MJL_MUST_USE mjl_result mjl_away_encode(uint64_t for_ms, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_away_decode(mjl_bytes body, uint64_t *for_ms);

/* Its place was accepted. A body that is none says nothing. */
MJL_MUST_USE mjl_result mjl_away_declared(mjl_session *session, uint32_t author, mjl_bytes body);
/* Something of that member was taken. */
MJL_MUST_USE mjl_result mjl_away_heard(mjl_session *session, uint32_t author);
/* An announced end passed. */
MJL_MUST_USE mjl_result mjl_away_due(mjl_session *session);
bool mjl_away_is(const mjl_session *session, uint32_t author);
/* A notice while all that it waits for are away as they said. `members`: ids. */
mjl_severity mjl_away_severity(const mjl_session *session, mjl_bytes members);

#endif
