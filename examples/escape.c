#include "escape.h"

enum { ESCAPE_SIZE_MAX = 12 }; /* "\u{10ffff}" and its end. */

/*
 * The size of the UTF-8 sequence that starts the text, 0 if it is none. Shortest form only, and no
 * surrogates (RFC 3629, section 4).
 */
static size_t read_code_point(mjl_bytes text, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = text.data[0];
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size < size) return 0;
    uint32_t value = first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text.data[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (text.data[i] & 0x3fU);
    }
    if (value < smallest[size] || value > 0x10ffff || (value & 0xfffff800) == 0xd800) return 0;
    *code = value;
    return size;
}

static bool is_dangerous(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true; /* C0, DEL, C1. */
    if (code >= 0x200b && code <= 0x200f) return true;             /* Invisible, and directions. */
    if (code >= 0x2028 && code <= 0x202e) return true;             /* Line ends, and directions. */
    if (code >= 0x2060 && code <= 0x206f) return true;             /* Isolates. */
    return code == 0xfeff || code == 0xad || code == 0x61c;
}

/* Takes the next piece off the text and writes how it prints; answers its size. */
static size_t next_piece(mjl_bytes *text, char out[ESCAPE_SIZE_MAX], bool *is_plain)
{
    uint32_t code = 0;
    const size_t size = read_code_point(*text, &code);
    int written = 0;
    *is_plain = size != 0 && !is_dangerous(code);
    if (size == 0) {
        written = snprintf(out, ESCAPE_SIZE_MAX, "\\x%02x", text->data[0]);
    } else if (*is_plain) {
        memcpy(out, text->data, size);
        written = (int)size;
    } else if (code < 0x80) {
        written = snprintf(out, ESCAPE_SIZE_MAX, "\\x%02x", (unsigned)code);
    } else {
        written = snprintf(out, ESCAPE_SIZE_MAX, "\\u{%x}", (unsigned)code);
    }
    const size_t taken = size == 0 ? 1 : size;
    text->data += taken;
    text->size -= taken;
    return (size_t)written;
}

bool escape_is_plain(mjl_bytes text)
{
    char piece[ESCAPE_SIZE_MAX];
    bool is_plain = true;
    while (text.size != 0 && is_plain)
        next_piece(&text, piece, &is_plain);
    return is_plain;
}

void escape_print(FILE *file, mjl_bytes text)
{
    char piece[ESCAPE_SIZE_MAX];
    bool is_plain;
    while (text.size != 0) {
        const size_t size = next_piece(&text, piece, &is_plain);
        fwrite(piece, 1, size, file);
    }
}

char *escape_new(mjl_bytes text)
{
    char piece[ESCAPE_SIZE_MAX];
    bool is_plain;
    size_t need = 1;
    for (mjl_bytes rest = text; rest.size != 0;)
        need += next_piece(&rest, piece, &is_plain);
    char *copy = malloc(need);
    if (copy == NULL) return NULL;
    size_t used = 0;
    while (text.size != 0) {
        const size_t size = next_piece(&text, piece, &is_plain);
        memcpy(copy + used, piece, size);
        used += size;
    }
    copy[used] = '\0';
    return copy;
}

size_t escape_columns(mjl_bytes text)
{
    char piece[ESCAPE_SIZE_MAX];
    bool is_plain;
    size_t columns = 0;
    while (text.size != 0) {
        const size_t size = next_piece(&text, piece, &is_plain);
        columns += is_plain ? 1 : size;
    }
    return columns;
}
