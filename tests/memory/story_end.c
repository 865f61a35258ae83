#include "story_inside.h"

#include <stdio.h>
#include <stdlib.h>

void story_append(mjl_buffer *text, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && (size_t)size < sizeof line);
    assert_int_equal(mjl_buffer_append(text, mjl_bytes_of(line, (size_t)size)), MJL_OK);
}

enum { LINES_MAX = 32, LINE_SIZE = 128 };

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void tell_message(story *told, const mjl_message_info *message, char line[LINE_SIZE])
{
    char body[LINE_SIZE / 2] = "large";
    if (message->body.size < sizeof body) {
        memcpy(body, message->body.data, message->body.size);
        body[message->body.size] = 0;
    }
    if (told->teller->shown != NULL) told->teller->shown(told->teller->context, body, sizeof body);
    snprintf(line, LINE_SIZE, "  %s: %s\n", mjl_message_state_name(message->state), body);
}

/* By content: who said what first at the same moment may differ. */
static void tell_messages(story *told, uint32_t i, const mjl_session *session, mjl_buffer *text)
{
    char lines[LINES_MAX][LINE_SIZE];
    mjl_message_info message;
    size_t count = 0;
    while (mjl_session_message(session, count, &message) == MJL_OK) {
        assert_true(count < LINES_MAX);
        tell_message(told, &message, lines[count]);
        count++;
    }
    qsort(lines, count, LINE_SIZE, compare_lines);
    story_append(text, "%u: %zu messages\n", i, count);
    for (size_t k = 0; k < count; k++)
        story_append(text, "%s", lines[k]);
}

void story_tell_end(story *told, mjl_buffer *text)
{
    for (uint32_t i = 0; i < STORY_MEMBERS; i++) {
        mjl_session *session;
        for (size_t k = 0; (session = mjl_profile_session(told->members[i].profile, k)) != NULL;
             k++) {
            mjl_session_info info;
            mjl_session_get_info(session, &info);
            story_append(text, "%u: %s, %zu members\n", i, mjl_session_state_name(info.state),
                         info.state == MJL_SESSION_LIVE ? info.members_count : 0);
            tell_messages(told, i, session, text);
        }
    }
}
