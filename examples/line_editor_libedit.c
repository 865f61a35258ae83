/*
 * Editing with libedit (BSD): anywhere in the line, with history, and Tab for commands.
 *
 * Keys are handed to it from the loop, never read by it: a command of its that would wait for more
 * keys is not bound. Whole lines are taken away from it before it sees Return, so the line that was
 * typed does not stay on the screen.
 */
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "line_editor.h"

enum { HISTORY_LINES = 500, KEYS_SIZE_MAX = 8192, SEQUENCE_SIZE_MAX = 32 };

static struct {
    EditLine *el;
    HistoryW *history;
    line_editor_words *words;
    uint8_t keys[KEYS_SIZE_MAX]; /* Not handed over yet. */
    size_t taken, size;
    unsigned columns;
} edit;

void line_editor_set_words(line_editor_words *words)
{
    edit.words = words;
}

/* ---- Keys, one by one ---- */

/* Bytes of the first key: one code point, or a whole escape sequence; 0 if it is not all here. */
static size_t key_size(const uint8_t *at, size_t left)
{
    if (left == 0) return 0;
    if (at[0] != 0x1b) {
        const size_t size = at[0] < 0xc0 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        return size <= left ? size : 0;
    }
    if (left == 1) return 0;
    if (at[1] == 'O') return left >= 3 ? 3 : 0;
    if (at[1] != '[') return 2;
    for (size_t i = 2; i < left; i++) {
        if (at[i] >= 0x40 && at[i] <= 0x7e) return i + 1;
        if (i == SEQUENCE_SIZE_MAX) return i + 1;
    }
    return 0;
}

/* One code point of the keys; what is no UTF-8 is skipped. */
static bool next_wide(wchar_t *out)
{
    while (edit.taken < edit.size) {
        const uint8_t *at = edit.keys + edit.taken;
        const size_t left = edit.size - edit.taken;
        const size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
        edit.taken += at[0] >= 0x80 && (at[0] < 0xc2 || size > left) ? 1 : size;
        if (at[0] < 0x80) {
            *out = at[0];
            return true;
        }
        if (at[0] < 0xc2 || size > left) continue;
        uint32_t value = at[0] & (0x7fu >> size);
        for (size_t i = 1; i < size; i++)
            value = value << 6 | (at[i] & 0x3fu);
        if (value < 0xa0 || value > 0x10ffff) continue;
        *out = (wchar_t)value;
        return true;
    }
    return false;
}

static int hand_over_key(EditLine *el, wchar_t *out)
{
    (void)el;
    return next_wide(out) ? 1 : 0;
}

/* ---- The line ---- */

static wchar_t *prompt(EditLine *el)
{
    static wchar_t text[] = L" > ";
    (void)el;
    return text;
}

static unsigned measure_columns(void)
{
    struct winsize size = {0};
    const bool ok = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 8;
    return ok ? size.ws_col : 80;
}

static size_t width_of(const wchar_t *from, const wchar_t *to)
{
    size_t width = 0;
    for (; from < to; from++) {
        const int columns = wcwidth(*from);
        width += columns < 0 ? 2 : (size_t)columns; /* Control characters are shown as ^X. */
    }
    return width;
}

static size_t line_size(void)
{
    const LineInfoW *line = el_wline(edit.el);
    return (size_t)(line->lastchar - line->buffer);
}

static void hide(void)
{
    const LineInfoW *line = el_wline(edit.el);
    const size_t width = LINE_EDITOR_PROMPT_COLUMNS + width_of(line->buffer, line->cursor);
    const size_t rows = width / measure_columns();
    if (rows > 0) printf("\x1b[%zuA", rows);
    fputs("\r\x1b[J", stdout);
}

static void show(void)
{
    const unsigned columns = measure_columns();
    if (columns != edit.columns) el_resize(edit.el);
    edit.columns = columns;
    el_set(edit.el, EL_REFRESH);
}

/* The whole line, in UTF-8, with its end. */
static mjl_result append_line(mjl_buffer *out)
{
    const LineInfoW *line = el_wline(edit.el);
    mjl_result result = MJL_OK;
    for (const wchar_t *at = line->buffer; at < line->lastchar && result == MJL_OK; at++) {
        const uint32_t c = (uint32_t)*at;
        const uint8_t bytes[4] = {(uint8_t)(c < 0x80      ? c
                                            : c < 0x800   ? 0xc0 | c >> 6
                                            : c < 0x10000 ? 0xe0 | c >> 12
                                                          : 0xf0 | c >> 18),
                                  (uint8_t)(0x80 | ((c < 0x800     ? c
                                                     : c < 0x10000 ? c >> 6
                                                                   : c >> 12) &
                                                    0x3f)),
                                  (uint8_t)(0x80 | ((c < 0x10000 ? c : c >> 6) & 0x3f)),
                                  (uint8_t)(0x80 | (c & 0x3f))};
        const size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        result = mjl_buffer_append(out, mjl_bytes_of(bytes, size));
    }
    return result == MJL_OK ? mjl_buffer_append(out, mjl_bytes_of("\n", 1)) : result;
}

static void remember_line(void)
{
    const LineInfoW *line = el_wline(edit.el);
    wchar_t text[LINE_EDITOR_SIZE_MAX + 1];
    const size_t size = line_size();
    if (size == 0 || size > LINE_EDITOR_SIZE_MAX) return;
    wmemcpy(text, line->buffer, size);
    text[size] = L'\0';
    HistEventW event;
    history_w(edit.history, &event, H_ENTER, text);
}

/* An empty line, beside the newest of the history; it is shown, and hidden again. */
static void begin_line(void)
{
    el_set(edit.el, EL_UNBUFFERED, 0);
    el_set(edit.el, EL_UNBUFFERED, 1);
    hide();
}

/* ---- Completing a command ---- */

static unsigned char complete(EditLine *el, int key)
{
    (void)key;
    const LineInfo *line = el_line(el);
    const size_t size = (size_t)(line->cursor - line->buffer);
    if (edit.words == NULL || size < 2 || line->buffer[0] != '/') return CC_ERROR;
    const char *found = NULL;
    size_t common = 0;
    for (size_t i = 0; edit.words(i) != NULL; i++) {
        const char *word = edit.words(i);
        if (strncmp(word, line->buffer + 1, size - 1) != 0) continue;
        if (found == NULL) common = strlen(word);
        for (size_t k = 0; found != NULL && k < common; k++) {
            if (word[k] != found[k]) common = k;
        }
        found = word;
    }
    if (found == NULL || common + 1 <= size) return CC_ERROR;
    char rest[64];
    snprintf(rest, sizeof rest, "%.*s", (int)(common + 1 - size), found + size - 1);
    return el_insertstr(el, rest) == 0 ? CC_REFRESH : CC_ERROR;
}

/* ---- Start and end ---- */

static bool has_wide_locale(void)
{
    if (setlocale(LC_CTYPE, "") != NULL && MB_CUR_MAX > 1) return true;
    return setlocale(LC_CTYPE, "C.UTF-8") != NULL && MB_CUR_MAX > 1;
}

static void bind_keys(void)
{
    el_wset(edit.el, EL_EDITOR, L"emacs");
    el_wset(edit.el, EL_ADDFN, L"complete-command", L"Complete a command", complete);
    static const struct {
        const wchar_t *key, *command;
    } keys[] = {{L"\t", L"complete-command"},
                {L"^R", L"ed-search-prev-history"}, /* The incremental one waits for keys, */
                {L"^S", L"ed-search-next-history"},
                {L"^V", L"ed-unassigned"}, /* and so do these. */
                {L"^[x", L"ed-unassigned"},
                {L"^[X", L"ed-unassigned"},
                {L"^Z", L"ed-unassigned"},
                {L"^W", L"ed-delete-prev-word"},
                {L"\\e[1~", L"ed-move-to-beg"},
                {L"\\e[4~", L"ed-move-to-end"},
                {L"\\e[3~", L"ed-delete-next-char"},
                {L"\\e[1;5C", L"em-next-word"},
                {L"\\e[1;5D", L"ed-prev-word"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        el_wset(edit.el, EL_BIND, keys[i].key, keys[i].command, NULL);
}

static void stop(void)
{
    if (edit.el != NULL) {
        el_set(edit.el, EL_UNBUFFERED, 0);
        el_end(edit.el);
    }
    edit.el = NULL;
}

/* The history outlives a stop: the process may go on. */
static bool start(void)
{
    HistEventW event;
    if (!has_wide_locale()) return false;
    if (edit.history == NULL) {
        edit.history = history_winit();
        if (edit.history == NULL) return false;
        history_w(edit.history, &event, H_SETSIZE, HISTORY_LINES);
        history_w(edit.history, &event, H_SETUNIQUE, 1);
    }
    edit.el = el_init("majlis", stdin, stdout, stderr);
    if (edit.el == NULL) return false;
    edit.columns = measure_columns();
    el_wset(edit.el, EL_PROMPT, prompt);
    el_wset(edit.el, EL_HIST, history_w, edit.history);
    el_wset(edit.el, EL_GETCFN, hand_over_key);
    el_set(edit.el, EL_SIGNAL, 0);
    bind_keys();
    begin_line();
    return true;
}

/* ---- Taking keys ---- */

enum { CONTROL_D = 4 };

static bool finish_line(mjl_buffer *out)
{
    remember_line();
    const mjl_result result = append_line(out);
    hide();
    begin_line();
    return result == MJL_OK;
}

/* What libedit makes of one key; what it returns is in el_wline. */
static void give_key(size_t size)
{
    const size_t end = edit.taken + size;
    const bool is_full = line_size() >= LINE_EDITOR_SIZE_MAX - 1;
    const bool is_text = edit.keys[edit.taken] >= 0x20 && edit.keys[edit.taken] != 0x7f;
    while (edit.taken < end && !(is_full && is_text)) {
        int count = 0;
        const wchar_t *line = el_wgets(edit.el, &count);
        if (line == NULL && count < 0) break;
    }
    edit.taken = end;
}

static void add_keys(mjl_bytes keys)
{
    memmove(edit.keys, edit.keys + edit.taken, edit.size - edit.taken);
    edit.size -= edit.taken;
    edit.taken = 0;
    if (keys.size > sizeof edit.keys - edit.size) keys.size = sizeof edit.keys - edit.size;
    memcpy(edit.keys + edit.size, keys.data, keys.size);
    edit.size += keys.size;
}

static bool take(mjl_bytes keys, mjl_buffer *out)
{
    add_keys(keys);
    size_t size;
    while ((size = key_size(edit.keys + edit.taken, edit.size - edit.taken)) != 0) {
        const uint8_t key = edit.keys[edit.taken];
        if (key == CONTROL_D && line_size() == 0) return false;
        if (key == '\r' || key == '\n') {
            edit.taken++;
            if (!finish_line(out)) return false;
            continue;
        }
        give_key(size);
    }
    return true;
}

static const line_editor editor = {
    .name = "libedit",
    .shows_keys = true,
    .start = start,
    .stop = stop,
    .hide = hide,
    .show = show,
    .take = take,
};

const line_editor *line_editor_best(void)
{
    return &editor;
}
