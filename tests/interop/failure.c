#include "failure.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    uint64_t seed;
    uint16_t suite;
    uint32_t operation;
    char words[256];
} place;

static void print_place(void)
{
    fprintf(stderr, "suite %u, seed %" PRIu64 ", operation %" PRIu32 ": %s\n", place.suite,
            place.seed, place.operation, place.words);
}

void note_script(uint64_t seed, uint16_t suite)
{
    place.seed = seed;
    place.suite = suite;
    place.operation = 0;
}

void note_operation(uint32_t number)
{
    place.operation = number;
}

void note_place(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(place.words, sizeof place.words, format, values);
    va_end(values);
    if (getenv("MAJLIS_VERBOSE") != NULL) print_place();
}

void fail(const char *format, ...)
{
    fflush(stdout);
    fprintf(stderr, "FAILED: ");
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\n    at ");
    print_place();
    _Exit(1);
}

void expect_ok(mjl_result result, const char *what)
{
    if (result != MJL_OK) fail("%s: majlis answers %s", what, mjl_result_name(result));
}
