#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

#include "escape.h"

enum { LINE_SIZE_MAX = 2048 }; /* Longer lines are cut: one line is one screenful at most. */

void complain(const char *format, ...)
{
    char line[LINE_SIZE_MAX];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (size < 0) return;
    fputs("majlis: ", stderr);
    escape_print(stderr, mjl_bytes_text(line));
    fputc('\n', stderr);
    fflush(stderr);
}
