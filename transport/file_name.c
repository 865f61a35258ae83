#include "file_name.h"

#include <inttypes.h>
#include <stdio.h>

static const char ending[] = ".mjl";

void mjl_file_name_write(const mjl_file_name *name, char out[MJL_FILE_NAME_SIZE + 1])
{
    snprintf(out, MJL_FILE_NAME_SIZE + 1, "%016" PRIx64 "%08" PRIx32 "-%016" PRIx64 "%s",
             name->writer.home, name->writer.start, name->counter, ending);
}

void mjl_file_name_write_temporary(const mjl_file_name *name,
                                   char out[MJL_FILE_NAME_TEMPORARY_SIZE + 1])
{
    out[0] = '.';
    mjl_file_name_write(name, out + 1);
}

static bool read_hex_digit(char c, unsigned *digit)
{
    if (c >= '0' && c <= '9') {
        *digit = (unsigned)(c - '0');
    } else if (c >= 'a' && c <= 'f') {
        *digit = (unsigned)(c - 'a') + 10;
    } else {
        return false;
    }
    return true;
}

/* Stops at a NUL, as that is no digit. */
static bool read_hex(const char *text, size_t digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits; i++) {
        unsigned digit;
        if (!read_hex_digit(text[i], &digit)) return false;
        *value = *value << 4 | digit;
    }
    return true;
}

bool mjl_file_name_read(const char *text, mjl_file_name *name)
{
    const size_t size = strlen(text);
    unsigned digit;
    uint64_t home, start, counter;
    if (size < MJL_FILE_NAME_SIZE || size > MJL_FILE_NAME_READ_MAX) return false;
    if (strcmp(text + size - strlen(ending), ending) != 0) return false;
    if (!read_hex(text, 16, &home) || !read_hex(text + 16, 8, &start)) return false;
    if (text[24] != '-' || !read_hex(text + 25, 16, &counter)) return false;
    if (read_hex_digit(text[41], &digit)) return false;
    name->writer.home = home;
    name->writer.start = (uint32_t)start;
    name->counter = counter;
    return true;
}

bool mjl_file_name_is_of_home(const char *text, uint64_t home)
{
    mjl_file_name name;
    if (text[0] == '.') text++;
    return mjl_file_name_read(text, &name) && name.writer.home == home;
}
