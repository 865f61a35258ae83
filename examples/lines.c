#include "lines.h"

#include <errno.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

static void drop_taken(struct lines *lines)
{
    if (lines->taken == 0) return;
    lines->text.size -= lines->taken;
    memmove(lines->text.data, lines->text.data + lines->taken, lines->text.size);
    lines->taken = 0;
}

bool lines_read(struct lines *lines, int file)
{
    if (mjl_buffer_reserve(&lines->text, READ_SIZE) != MJL_OK) {
        errno = ENOMEM;
        return false;
    }
    const ssize_t size = read(file, lines->text.data + lines->text.size, READ_SIZE);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) lines->is_ended = true;
    lines->text.size += (size_t)size;
    return true;
}

static lines_answer hand_out(struct lines *lines, size_t size, size_t taken, mjl_bytes *line)
{
    *line = mjl_bytes_of(lines->text.data + lines->taken, size);
    lines->taken += taken;
    if (line->size != 0 && line->data[line->size - 1] == '\r') line->size--;
    if (!lines->is_skipping) return LINES_LINE;
    lines->is_skipping = false;
    return LINES_TOO_LONG;
}

lines_answer lines_next(struct lines *lines, mjl_bytes *line)
{
    drop_taken(lines);
    const size_t rest = lines->text.size;
    if (rest == 0) return LINES_NONE;
    const uint8_t *start = lines->text.data + lines->taken;
    const uint8_t *end = memchr(start, '\n', rest);
    if (end != NULL) return hand_out(lines, (size_t)(end - start), (size_t)(end - start) + 1, line);
    if (lines->is_ended) return hand_out(lines, rest, rest, line);
    if (rest > LINES_SIZE_MAX) {
        lines->is_skipping = true;
        lines->taken = lines->text.size;
    }
    return LINES_NONE;
}

void lines_clear(struct lines *lines)
{
    mjl_buffer_clear(&lines->text);
    *lines = (struct lines){0};
}
