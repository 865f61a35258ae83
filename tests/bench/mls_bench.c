/*
 * MLS measured against the arithmetic it cannot avoid: mls_bench [--json] [--quick] [--n COUNT,...]
 * One pinned thread, CPU time, medians, everything in one run. README.md says how to read it.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mls_report.h"
#include "mls_scenarios.h"

enum { COUNTS_MAX = 16, MEMBERS_MAX = 16384 };

typedef struct bench_options {
    bool is_json;
    uint32_t counts[COUNTS_MAX];
    size_t counts_count;
} bench_options;

static void counts_read(const char *text, bench_options *options)
{
    options->counts_count = 0;
    char *end;
    do {
        const unsigned long count = strtoul(text, &end, 10);
        if (count < 2 || count > MEMBERS_MAX || options->counts_count == COUNTS_MAX) {
            fprintf(stderr, "mls_bench: --n wants member counts from 2 to %d\n", MEMBERS_MAX);
            exit(2);
        }
        options->counts[options->counts_count++] = (uint32_t)count;
        text = end + 1;
    } while (*end == ',');
}

static bench_options options_of(int count, char **arguments)
{
    bench_options options = {.counts = {2, 10, 100, 1000, 10000}, .counts_count = 5};
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0) {
            options.is_json = true;
        } else if (strcmp(arguments[i], "--quick") == 0) {
            options.counts_count = 3;
        } else if (strcmp(arguments[i], "--n") == 0 && i + 1 < count) {
            counts_read(arguments[++i], &options);
        } else {
            fprintf(stderr, "usage: mls_bench [--json] [--quick] [--n COUNT,...]\n");
            exit(2);
        }
    }
    return options;
}

int main(int count, char **arguments)
{
    const bench_options options = options_of(count, arguments);
    if (sodium_init() < 0) return 1;
    uint32_t most = 2;
    for (size_t i = 0; i < options.counts_count; i++)
        if (options.counts[i] > most) most = options.counts[i];
    mls_member *members = members_new(most + 1); /* One to be added. */
    mls_primitives primitives;
    mls_primitives_measure(&primitives);
    mls_report_start(options.is_json);
    mls_measure_primitives(&primitives);
    mls_measure_messages(&primitives, members);
    for (size_t i = 0; i < options.counts_count; i++) {
        mls_primitives_measure(&primitives); /* Anew: a shared machine changes its pace. */
        mls_measure_groups(&primitives, members, options.counts[i]);
    }
    members_free(members, most + 1);
    if (mls_report_missed() != 0)
        fprintf(stderr, "mls_bench: %u rows missed their target\n", mls_report_missed());
    return 0;
}
