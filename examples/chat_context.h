/*
 * What the author of a message had in view, where that was not the line above.
 *
 *     3 alice: tea or coffee?
 *     4 carol: who left the door open?
 *     5 bob: tea   (before 4; after 3 "tea or coffee?")
 */
#ifndef MAJLIS_EXAMPLES_CHAT_CONTEXT_H
#define MAJLIS_EXAMPLES_CHAT_CONTEXT_H

#include "majlis/session.h"

typedef struct chat_context {
    uint32_t number;      /* Of the message itself. */
    uint32_t last_seen;   /* The highest number in its past; 0: none of this member's time. */
    bool follows_unknown; /* Something from before this member's time. */
} chat_context;

/* False if the place is not here. */
bool chat_context_of(const mjl_session *session, const mjl_place_id *place, chat_context *context);

#endif
