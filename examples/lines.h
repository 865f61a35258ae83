/* Bytes that arrive in pieces, handed out as whole lines. A last line without its end counts. */
#ifndef MAJLIS_EXAMPLES_LINES_H
#define MAJLIS_EXAMPLES_LINES_H

#include "majlis/bytes.h"
#include "majlis/limits.h"

enum {
    LINES_SIZE_MAX = 2 * MJL_BODY_SIZE_MAX + 4096 /* One message, escaped as JSON text. */
};

struct lines {
    mjl_buffer text;
    size_t taken;     /* Of the text: lines that were handed out. */
    bool is_ended;    /* The source has no more. */
    bool is_skipping; /* Inside a line that is too long. */
};

typedef enum lines_answer {
    LINES_NONE = 0, /* No whole line yet. */
    LINES_LINE,
    LINES_TOO_LONG /* A line was skipped. */
} lines_answer;

/* Reads what the file has without waiting longer than it makes us; false on an error (errno). */
bool lines_read(struct lines *lines, int file);

/* The line, without its end, is valid until the next call here. */
lines_answer lines_next(struct lines *lines, mjl_bytes *line);

void lines_clear(struct lines *lines);

#endif
