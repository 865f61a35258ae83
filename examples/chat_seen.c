#include "chat_seen.h"

static void add(chat_seen *seen, const mjl_message_id *message, const mjl_member_id *reader,
                mjl_time now)
{
    if (seen->entries == NULL) seen->entries = calloc(CHAT_SEEN_MAX, sizeof *seen->entries);
    if (seen->entries == NULL) return; /* Then nobody knows since when. */
    seen->entries[seen->next] = (chat_seen_entry){*message, *reader, now};
    seen->next = (seen->next + 1) % CHAT_SEEN_MAX;
    if (seen->count < CHAT_SEEN_MAX) seen->count++;
}

mjl_time chat_seen_since(const chat_seen *seen, const mjl_message_id *message,
                         const mjl_member_id *reader)
{
    for (size_t i = 0; i < seen->count; i++) {
        const chat_seen_entry *entry = &seen->entries[i];
        if (memcmp(&entry->reader, reader, sizeof *reader) == 0 &&
            memcmp(&entry->message, message, sizeof *message) == 0)
            return entry->since;
    }
    return 0;
}

void chat_seen_note(chat_seen *seen, const mjl_session *session, const mjl_message_id *message,
                    mjl_time now)
{
    mjl_member_id reader;
    bool has_it;
    for (size_t i = 0; i < CHAT_SEEN_READERS_MAX; i++) {
        if (mjl_session_message_reader(session, message, i, &reader, &has_it) != MJL_OK) return;
        if (has_it && chat_seen_since(seen, message, &reader) == 0)
            add(seen, message, &reader, now);
    }
}

void chat_seen_clear(chat_seen *seen)
{
    free(seen->entries);
    *seen = (chat_seen){NULL, 0, 0};
}
