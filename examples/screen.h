/*
 * Lines for a person to read: on a terminal with colours, a prompt that stays below, and marks that
 * are put before lines that are already there; elsewhere plain lines, one after the other.
 *
 *     ✓✓ alice  does everybody have this?       <- the mark came later
 *        bob    yes
 *      > typing goes on here_
 *
 * One screen per process: it is the terminal that there is only one of.
 */
#ifndef MAJLIS_EXAMPLES_SCREEN_H
#define MAJLIS_EXAMPLES_SCREEN_H

#include "majlis/bytes.h"

typedef enum screen_colour {
    SCREEN_PLAIN = 0,
    SCREEN_DIM,
    SCREEN_BOLD,
    SCREEN_RED,
    SCREEN_GREEN,
    SCREEN_YELLOW,
    SCREEN_BLUE,
    SCREEN_MAGENTA,
    SCREEN_CYAN
} screen_colour;

enum { SCREEN_MARK_COLUMNS = 3 };

/* Looks whether standard output is a terminal, and with a prompt takes over the keys of standard
 * input if that is one too. Undone at exit. */
typedef enum screen_prompt { SCREEN_WITHOUT_PROMPT = 0, SCREEN_WITH_PROMPT } screen_prompt;
void screen_start(screen_prompt prompt);
/* The prompt goes and the terminal is as it was. */
void screen_stop(void);
/* After the process was stopped and goes on: the terminal is taken over again. */
void screen_resume(void);
/* What the prompt is edited with: "libedit", "plain", or "none" without a prompt. */
const char *screen_editor_name(void);

bool screen_is_terminal(void);
bool screen_has_prompt(void);
/* "" elsewhere than on a terminal. */
const char *screen_start_colour(screen_colour colour);
const char *screen_end_colour(void);

/* Prints one line; `mark` takes at most two columns and is "" for none. Answers where it is. */
uint64_t screen_print(screen_colour colour, const char *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts another mark there. False: the line is out of reach, or nothing can be put anywhere. */
bool screen_mark(uint64_t place, screen_colour colour, const char *mark);

/* Prints the line anew where it is; a line that would not fit in one row is cut. False as above. */
bool screen_replace(uint64_t place, screen_colour colour, const char *mark, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Lines that stay below everything, on a terminal with room for them; 0 lines: none. Copied. */
enum { SCREEN_FOOTER_MAX = 8, SCREEN_FOOTER_LINE_SIZE = 256 };
void screen_set_footer(char lines[][SCREEN_FOOTER_LINE_SIZE], size_t count);

/* Keys that were pressed. What they make of the line is shown; each finished line is appended to
 * `out` with its end. False at the end of input (Ctrl-D on an empty line). */
bool screen_take_keys(mjl_bytes keys, mjl_buffer *out);

#endif
