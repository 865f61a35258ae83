/* Messages in the view for people: their lines, the ticks before them, what their authors had seen.
 */
#include <inttypes.h>
#include <stdio.h>

#include "chat_context.h"
#include "chat_text.h"
#include "escape.h"
#include "screen.h"

enum {
    OWN_LINES_MAX = 64 /* Latest own messages whose lines can still get a mark. */
};

static struct {
    mjl_message_id message;
    uint64_t place;
    const char *mark; /* NULL: unused. */
} own_lines[OWN_LINES_MAX];
static size_t own_lines_next;

/* What the author had in view, where that is not what the reader sees. NULL: nothing to say. */
static char *context_note(const mjl_session *session, const mjl_event *event,
                          const chat_context *context)
{
    enum { NOTE_SIZE = CHAT_TEXT_QUOTE_SIZE_MAX * 12 + 160 };
    mjl_message_info last;
    if (!event->parents_differ && !event->roster_differs) return NULL;
    char *note = malloc(NOTE_SIZE);
    if (note == NULL) return NULL;
    const char *epoch = event->roster_differs ? "said before the group changed" : NULL;
    if (!event->parents_differ) {
        snprintf(note, NOTE_SIZE, "  (%s)", epoch);
    } else if (context->last_seen != 0 &&
               mjl_session_message(session, context->last_seen - 1, &last) == MJL_OK) {
        char *quote = chat_text_quote(last.body);
        snprintf(note, NOTE_SIZE, "  (had not seen the line above; follows %" PRIu32 " %s%s%s)",
                 context->last_seen, chat_text_safe(quote), epoch == NULL ? "" : "; ",
                 epoch == NULL ? "" : epoch);
        free(quote);
    } else {
        snprintf(note, NOTE_SIZE, "  (had not seen the line above%s)",
                 context->follows_unknown ? "; follows what was said before your time" : "");
    }
    return note;
}

/* What does not read well as one line is said in short. */
static char *message_text(const mjl_event *event, uint32_t number)
{
    enum { LINE_BYTES_MAX = 4096, TEXT_SIZE = CHAT_TEXT_QUOTE_SIZE_MAX * 12 + 96 };
    const mjl_bytes text_types = mjl_bytes_text("text/");
    const bool is_text = event->media_type.size >= text_types.size &&
                         memcmp(event->media_type.data, text_types.data, text_types.size) == 0;
    if (is_text && event->body.size <= LINE_BYTES_MAX) return escape_new(event->body);
    char *out = malloc(TEXT_SIZE);
    char *quote = is_text ? chat_text_quote(event->body) : NULL;
    if (out != NULL)
        snprintf(out, TEXT_SIZE, "%s (%zu bytes; /save %" PRIu32 " FILE)",
                 quote == NULL ? "a file" : quote, event->body.size, number);
    free(quote);
    return out;
}

void chat_text_print_message(const struct chat *chat, const mjl_event *event)
{
    const mjl_member_id self = chat_self(chat, event->session_number);
    const bool is_own = memcmp(&self, &event->member, sizeof self) == 0;
    chat_context context = {0, 0, false};
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, event->session_number);
    if (session != NULL) chat_context_of(session, &event->place, &context);
    char *text = message_text(event, context.number);
    char *note = is_own ? NULL : context_note(session, event, &context);
    const uint64_t place = screen_print(
        SCREEN_PLAIN, "", "%s%s%" PRIu32 "%s %s%s:%s %s%s%s%s",
        chat_text_room_of(chat, event->session_number), screen_start_colour(SCREEN_DIM),
        context.number, screen_end_colour(), screen_start_colour(is_own ? SCREEN_DIM : SCREEN_CYAN),
        chat_names_of(&chat->names, &event->member), screen_end_colour(), chat_text_safe(text),
        screen_start_colour(SCREEN_DIM), note == NULL ? "" : note, screen_end_colour());
    free(note);
    free(text);
    if (!is_own) return;
    const size_t at = own_lines_next++ % OWN_LINES_MAX;
    own_lines[at].message = event->message;
    own_lines[at].place = place;
    own_lines[at].mark = "";
}

static void mark_message(const struct chat *chat, const mjl_event *event, const char *mark,
                         screen_colour colour, const char *words)
{
    for (size_t i = 0; i < OWN_LINES_MAX; i++) {
        if (own_lines[i].mark == NULL ||
            memcmp(&own_lines[i].message, &event->message, sizeof event->message) != 0)
            continue;
        if (strcmp(own_lines[i].mark, mark) == 0) return;
        own_lines[i].mark = mark;
        if (screen_mark(own_lines[i].place, colour, mark)) return;
    }
    char *text = chat_text_subject(chat, event->session_number, &event->message);
    const bool is_known = text != NULL && strcmp(text, "\"\"") != 0;
    screen_print(colour, mark, "%s%s%s%s", chat_text_room_of(chat, event->session_number), words,
                 is_known ? ": " : "", is_known ? text : "");
    free(text);
}

static bool is_own_message(const struct chat *chat, const mjl_event *event)
{
    const mjl_session *session = mjl_profile_session_numbered(chat->profile, event->session_number);
    mjl_message_info message;
    return session != NULL &&
           mjl_session_message_by_id(session, &event->message, &message) == MJL_OK &&
           message.is_own;
}

void chat_text_print_message_state(const struct chat *chat, const mjl_event *event)
{
    if (!is_own_message(chat, event)) return;
    switch (event->new_state) {
    case MJL_MESSAGE_QUEUED:
        mark_message(chat, event, "..", SCREEN_DIM,
                     event->why == MJL_NOT_ALLOWED ? "waits (/agree lets it go to the new ones too)"
                                                   : "waits for its turn");
        break;
    case MJL_MESSAGE_SENT:
    case MJL_MESSAGE_HELD_BY:
        mark_message(chat, event, "✓", SCREEN_DIM, "sent");
        break;
    case MJL_MESSAGE_EVERYONE:
        mark_message(chat, event, "✓✓", SCREEN_GREEN, "everyone has it");
        break;
    case MJL_MESSAGE_FAILED:
    case MJL_MESSAGE_ORPHANED:
        mark_message(chat, event, "x", SCREEN_RED, mjl_result_text(event->why));
        break;
    default: /* AT_RISK: the warning says who is missing. */
        break;
    }
}
