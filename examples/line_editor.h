/*
 * The line that is being typed: keys in, whole lines out, and how it looks at the bottom of the
 * screen. The screen hides it, prints above, and shows it again; what was typed stays.
 *
 *     screen ──hide, show──> editor ──> terminal        keys ──take──> editor ──> whole lines
 *
 * libedit edits with history and everywhere in the line; the plain editor at its end alone. One
 * terminal, so one of each.
 */
#ifndef MAJLIS_EXAMPLES_LINE_EDITOR_H
#define MAJLIS_EXAMPLES_LINE_EDITOR_H

#include "majlis/bytes.h"

enum {
    LINE_EDITOR_PROMPT_COLUMNS = 3,
    LINE_EDITOR_SIZE_MAX = 4096 /* Of one line; more keys are not taken. */
};

typedef struct line_editor {
    const char *name;
    bool shows_keys; /* take() shows what it makes of the line. */
    /* False: it cannot be used here, and nothing changed. */
    bool (*start)(void);
    void (*stop)(void);
    /* Hidden, the cursor is at the start of the line's first row, and nothing is below it. */
    void (*hide)(void);
    void (*show)(void);
    /* Each finished line is appended with its end. False at the end of input. */
    bool (*take)(mjl_bytes keys, mjl_buffer *out);
} line_editor;

extern const line_editor line_editor_plain;
/* libedit if this program was built with it; else the plain one. */
const line_editor *line_editor_best(void);

/* A word that Tab may complete: the i-th one, without its slash; NULL past the last. */
typedef const char *line_editor_words(size_t i);
void line_editor_set_words(line_editor_words *words);

#endif
