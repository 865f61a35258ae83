#include "session_report.h"

#include <stdio.h>
#include <stdlib.h>

enum { BODY_SIZE = 32 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double session_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

mjl_bytes session_body(void)
{
    static const uint8_t text[BODY_SIZE] = "The kettle sings, the cups wait.";
    return mjl_bytes_of(text, sizeof text);
}

void session_report(const bench_options *options, const char *op, uint32_t n, const char *fields)
{
    if (options->is_json) {
        printf("{\"bench\":\"session\",\"op\":\"%s\",\"n\":%u,%s}\n", op, n, fields);
    } else {
        printf("%-18s %6u   ", op, n);
        for (const char *at = fields; *at != '\0'; at++)
            putchar(*at == '"' ? ' ' : *at);
        putchar('\n');
    }
    fflush(stdout);
}
