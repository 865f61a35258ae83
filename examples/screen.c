#include "screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "escape.h"
#include "line_editor.h"
#include "output.h"

enum { LINE_SIZE_MAX = 8192 /* A longer line is cut. */ };

static struct {
    bool is_terminal, has_prompt, is_prompt_shown;
    const line_editor *editor; /* NULL: the plain one, not started. */
    char footer[SCREEN_FOOTER_MAX][SCREEN_FOOTER_LINE_SIZE];
    size_t footer_count, footer_shown; /* Lines: wanted, and now on the screen. */
    uint64_t row;                      /* Rows printed so far. */
} screen;

static const line_editor *editor(void)
{
    return screen.editor != NULL ? screen.editor : &line_editor_plain;
}

/* ---- The terminal ---- */

static void measure(unsigned *columns, unsigned *rows)
{
    struct winsize size = {0};
    const bool ok = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8;
    *columns = ok ? size.ws_col : 80;
    *rows = ok && size.ws_row > 2 ? size.ws_row : 24;
}

/* Everything below the lines goes; what is printed next is above it again. */
static void hide_bottom(void)
{
    if (screen.is_prompt_shown) editor()->hide();
    if (screen.footer_shown > 0) printf("\r\x1b[%zuA\x1b[J", screen.footer_shown);
    screen.footer_shown = 0;
    screen.is_prompt_shown = false;
}

static void show_footer(void)
{
    unsigned columns, rows;
    measure(&columns, &rows);
    if (!screen.is_terminal || rows < 3 * screen.footer_count) return;
    for (size_t i = 0; i < screen.footer_count; i++)
        printf("\x1b[?7l%s\x1b[?7h\n", screen.footer[i]);
    screen.footer_shown = screen.footer_count;
}

static void show_prompt(void)
{
    if (!screen.has_prompt) return;
    editor()->show();
    screen.is_prompt_shown = true;
}

static void show_bottom(void)
{
    show_footer();
    show_prompt();
    output_flush();
}

void screen_stop(void)
{
    if (!screen.has_prompt) return;
    screen.footer_count = 0;
    hide_bottom();
    output_flush();
    editor()->stop();
    screen.has_prompt = false;
}

/* Keys come one by one and unechoed; Ctrl-C and Ctrl-Z stay signals. */
static bool take_over_keys(void)
{
    const line_editor *const editors[] = {line_editor_best(), &line_editor_plain};
    for (size_t i = 0; i < sizeof editors / sizeof *editors; i++) {
        if (!editors[i]->start()) continue;
        screen.editor = editors[i];
        return true;
    }
    return false;
}

void screen_start(screen_prompt prompt)
{
    const char *kind = getenv("TERM");
    screen.is_terminal = isatty(STDOUT_FILENO) == 1 && kind != NULL && strcmp(kind, "dumb") != 0;
    if (prompt != SCREEN_WITH_PROMPT || !screen.is_terminal || isatty(STDIN_FILENO) != 1) return;
    screen.has_prompt = take_over_keys();
    if (screen.has_prompt) atexit(screen_stop);
    show_bottom();
}

void screen_resume(void)
{
    if (!screen.has_prompt) return;
    screen.is_prompt_shown = false;
    screen.footer_shown = 0;
    editor()->stop();
    screen.has_prompt = editor()->start();
    show_bottom();
}

const char *screen_editor_name(void)
{
    return screen.has_prompt ? editor()->name : "none";
}

bool screen_is_terminal(void)
{
    return screen.is_terminal;
}

bool screen_has_prompt(void)
{
    return screen.has_prompt;
}

const char *screen_start_colour(screen_colour colour)
{
    static const char *const codes[] = {"",         "\x1b[2m",  "\x1b[1m",  "\x1b[31m", "\x1b[32m",
                                        "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m"};
    return screen.is_terminal && getenv("NO_COLOR") == NULL ? codes[colour] : "";
}

const char *screen_end_colour(void)
{
    return screen.is_terminal && getenv("NO_COLOR") == NULL ? "\x1b[0m" : "";
}

/* ---- Lines and marks ---- */

/* Columns of a line in which colours may begin and end: ESC [ ... m takes none. */
static size_t visible_columns(const char *line)
{
    size_t columns = 0;
    for (const char *colour; (colour = strchr(line, '\x1b')) != NULL;) {
        columns += escape_columns(mjl_bytes_of(line, (size_t)(colour - line)));
        line = colour + strcspn(colour, "m");
        if (*line == 'm') line++;
    }
    return columns + escape_columns(mjl_bytes_text(line));
}

static void print_mark(screen_colour colour, const char *mark)
{
    const size_t columns = escape_columns(mjl_bytes_text(mark));
    printf("%s%s%s", screen_start_colour(colour), mark, screen_end_colour());
    for (size_t i = columns; i < SCREEN_MARK_COLUMNS; i++)
        putchar(' ');
}

uint64_t screen_print(screen_colour colour, const char *mark, const char *format, ...)
{
    char line[LINE_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0) return screen.row;
    const uint64_t place = screen.row;
    unsigned columns, rows;
    measure(&columns, &rows);
    hide_bottom();
    print_mark(colour, mark);
    printf("%s%s%s\n", screen_start_colour(colour), line, screen_end_colour());
    const size_t width = SCREEN_MARK_COLUMNS + visible_columns(line);
    screen.row += width <= columns ? 1 : (width + columns - 1) / columns;
    show_bottom();
    return place;
}

/* Goes up to the line, if it is still on the screen. */
static bool go_to(uint64_t place, uint64_t *up)
{
    unsigned columns, rows;
    measure(&columns, &rows);
    *up = screen.row - place;
    if (!screen.is_terminal || *up + screen.footer_count + 1 >= rows) return false;
    hide_bottom();
    printf("\x1b[%uA\r", (unsigned)*up);
    return true;
}

static void come_back(uint64_t up)
{
    printf("\x1b[%uB\r", (unsigned)up);
    show_bottom();
}

bool screen_mark(uint64_t place, screen_colour colour, const char *mark)
{
    uint64_t up;
    if (!go_to(place, &up)) return false;
    print_mark(colour, mark);
    come_back(up);
    return true;
}

bool screen_replace(uint64_t place, screen_colour colour, const char *mark, const char *format, ...)
{
    char line[LINE_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    uint64_t up;
    if (size < 0 || !go_to(place, &up)) return false;
    fputs("\x1b[2K\x1b[?7l", stdout);
    print_mark(colour, mark);
    printf("%s%s%s\x1b[?7h", screen_start_colour(colour), line, screen_end_colour());
    come_back(up);
    return true;
}

void screen_set_footer(char lines[][SCREEN_FOOTER_LINE_SIZE], size_t count)
{
    if (!screen.is_terminal) return;
    hide_bottom();
    screen.footer_count = count < SCREEN_FOOTER_MAX ? count : SCREEN_FOOTER_MAX;
    for (size_t i = 0; i < screen.footer_count; i++)
        memcpy(screen.footer[i], lines[i], SCREEN_FOOTER_LINE_SIZE);
    show_bottom();
}

/* ---- Keys ---- */

bool screen_take_keys(mjl_bytes keys, mjl_buffer *out)
{
    const size_t before = out->size;
    /* An editor that shows its own keys is disturbed for whole lines alone. */
    if (!editor()->shows_keys) hide_bottom();
    const bool goes_on = editor()->take(keys, out);
    if (editor()->shows_keys && goes_on && out->size == before) {
        output_flush();
        return true;
    }
    hide_bottom();
    show_bottom();
    return goes_on;
}
