/* What was measured, as JSON lines or as a table for people. */
#ifndef TESTS_BENCH_MLS_REPORT_H
#define TESTS_BENCH_MLS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: does not apply, left out. */
typedef struct mls_row {
    const char *op;
    uint64_t n; /* Members; of a message, its bytes. */
    double us, floor_us;
    double bytes;
    double bytes_floor; /* What `bytes` is compared with, where there is no time to compare. */
    double target;      /* What the ratio is to reach. */
    const char *peer;
    double peer_us;
} mls_row;

void mls_report_start(bool is_json);
void mls_report(const mls_row *row);
/* How many rows missed their target. */
uint32_t mls_report_missed(void);

#endif
