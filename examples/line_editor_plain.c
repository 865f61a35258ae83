/* Editing at the end of the line, for terminals and builds without libedit. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "escape.h"
#include "line_editor.h"

static struct {
    struct termios before;
    char typed[LINE_EDITOR_SIZE_MAX];
    size_t size;
    bool is_escaping; /* Inside a key's escape sequence. */
} line;

static bool start(void)
{
    if (tcgetattr(STDIN_FILENO, &line.before) != 0) return false;
    struct termios raw = line.before;
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void stop(void)
{
    tcsetattr(STDIN_FILENO, TCSADRAIN, &line.before);
}

static void hide(void)
{
    fputs("\r\x1b[J", stdout);
}

/* Only the end of a long line is shown, so that the prompt is always one row. */
static void show(void)
{
    struct winsize size = {0};
    const bool ok = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8;
    const size_t columns = ok ? size.ws_col : 80;
    size_t from = 0;
    while (escape_columns(mjl_bytes_of(line.typed + from, line.size - from)) >
           columns - LINE_EDITOR_PROMPT_COLUMNS - 1) {
        from++;
        while (from < line.size && (line.typed[from] & 0xc0) == 0x80)
            from++;
    }
    fputs(" \x1b[1m>\x1b[0m ", stdout);
    escape_print(stdout, mjl_bytes_of(line.typed + from, line.size - from));
}

static void drop_last_character(void)
{
    while (line.size != 0 && (line.typed[--line.size] & 0xc0) == 0x80) {
    }
}

static void drop_last_word(void)
{
    while (line.size != 0 && line.typed[line.size - 1] == ' ')
        line.size--;
    while (line.size != 0 && line.typed[line.size - 1] != ' ')
        line.size--;
}

static mjl_result finish_line(mjl_buffer *out)
{
    mjl_result result = mjl_buffer_append(out, mjl_bytes_of(line.typed, line.size));
    if (result == MJL_OK) result = mjl_buffer_append(out, mjl_bytes_of("\n", 1));
    line.size = 0;
    return result;
}

/* Arrow keys and the like are skipped: ESC [ ... a letter or ~. */
static bool skip_escape(uint8_t key)
{
    if (!line.is_escaping) {
        line.is_escaping = key == 0x1b;
        return line.is_escaping;
    }
    const bool is_last = (key >= 'A' && key <= 'Z' && key != 'O') || (key >= 'a' && key <= 'z') ||
                         key == '~' || key < 0x20;
    line.is_escaping = !is_last;
    return true;
}

static bool take_key(uint8_t key, mjl_buffer *out)
{
    if (skip_escape(key)) return true;
    switch (key) {
    case '\r':
    case '\n':
        return finish_line(out) == MJL_OK;
    case 4: /* Ctrl-D */
        return line.size != 0;
    case 8:
    case 127:
        drop_last_character();
        return true;
    case 21: /* Ctrl-U */
        line.size = 0;
        return true;
    case 23: /* Ctrl-W */
        drop_last_word();
        return true;
    default:
        if (key >= 0x20 && line.size < LINE_EDITOR_SIZE_MAX) line.typed[line.size++] = (char)key;
        return true;
    }
}

static bool take(mjl_bytes keys, mjl_buffer *out)
{
    bool goes_on = true;
    for (size_t i = 0; i < keys.size && goes_on; i++)
        goes_on = take_key(keys.data[i], out);
    return goes_on;
}

const line_editor line_editor_plain = {
    .name = "plain",
    .start = start,
    .stop = stop,
    .hide = hide,
    .show = show,
    .take = take,
};

#ifndef MAJLIS_WITH_LIBEDIT

const line_editor *line_editor_best(void)
{
    return &line_editor_plain;
}

void line_editor_set_words(line_editor_words *words)
{
    (void)words; /* Nothing is completed here. */
}

#endif
