/*
 * Since when a reader is known to have a message: the session knows who has it, not when that
 * became known, so the program notes it as it is told. Forgotten with the process; bounded, the
 * oldest first.
 */
#ifndef MAJLIS_EXAMPLES_CHAT_SEEN_H
#define MAJLIS_EXAMPLES_CHAT_SEEN_H

#include "majlis/session.h"

enum {
    CHAT_SEEN_MAX = 4096,
    CHAT_SEEN_READERS_MAX = 64 /* Of one message; of a larger crowd nobody reads such a list. */
};

typedef struct chat_seen_entry {
    mjl_message_id message;
    mjl_member_id reader;
    mjl_time since;
} chat_seen_entry;

typedef struct chat_seen {
    chat_seen_entry *entries; /* A ring. */
    size_t count, next;
} chat_seen;

/* Who has it may have changed. */
void chat_seen_note(chat_seen *seen, const mjl_session *session, const mjl_message_id *message,
                    mjl_time now);
/* 0: before this process began, or too long ago. */
mjl_time chat_seen_since(const chat_seen *seen, const mjl_message_id *message,
                         const mjl_member_id *reader);
void chat_seen_clear(chat_seen *seen);

#endif
