/*
 * What was asked for on the command line, and one line of the table, or one JSON object, per
 * figure.
 */
#ifndef TESTS_BENCH_SESSION_REPORT_H
#define TESTS_BENCH_SESSION_REPORT_H

#include <stdbool.h>

#include "majlis/bytes.h"

typedef struct bench_options {
    bool is_json, is_quick;
    const char *only;  /* NULL: everything. */
    uint32_t inputs;   /* Per persist; 0: 1, 10 and 100. */
    uint32_t members;  /* Of a crowd; 0: as many as the figure is about. */
    uint32_t messages; /* That somebody misses, or that wait for acks; 0: the same. */
} bench_options;

/* `fields`: those of a JSON object, without braces. */
void session_report(const bench_options *options, const char *op, uint32_t n, const char *fields);
/* Sorts them. */
double session_median(double *values, size_t count);
mjl_bytes session_body(void); /* What is said: 32 bytes. */

#endif
