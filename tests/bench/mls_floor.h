/*
 * The floor: the time that the curve, signature and AEAD operations of RFC 9420 take by themselves,
 * from primitives measured in the same run. What each operation cannot do without is counted by
 * the scenario; the table is in README.md.
 */
#ifndef TESTS_BENCH_MLS_FLOOR_H
#define TESTS_BENCH_MLS_FLOOR_H

#include <stdint.h>

/* Microseconds of one; `_byte` for each byte of the message beyond a short one. */
typedef struct mls_primitives {
    double dh, keygen; /* X25519, and the same with the base point. */
    double sign, sign_byte;
    double verify, verify_byte;
    double aead_32, aead_1k, aead_16k;
    double sha256_64, sha256_1k;
    double hmac_64, hmac_1k;
    double expand; /* One ExpandWithLabel to 32 bytes. */
} mls_primitives;

/* What an operation does at least. */
typedef struct mls_counts {
    uint64_t dh, keygen;
    uint64_t signs, signed_bytes;
    uint64_t verifies, verified_bytes;
    uint64_t short_aeads; /* Of at most some hundred bytes: as one of 32. */
    uint64_t aead_bytes;  /* Of long ones, altogether. */
    uint64_t expands;     /* Counted for application messages alone. */
} mls_counts;

void mls_primitives_measure(mls_primitives *primitives);
double mls_floor_us(const mls_primitives *primitives, const mls_counts *counts);

#endif
