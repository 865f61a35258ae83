/*
 * What every test of bytes from outside needs: copies that end where their room ends, so that
 * reading beyond is seen; all truncations and all changes of one byte; and a small generator of
 * repeatable numbers.
 */
#ifndef TESTS_SESSION_DAMAGE_H
#define TESTS_SESSION_DAMAGE_H

#include "majlis/bytes.h"

/* Decodes `in` and, if that works, encodes what was read into `out`. */
typedef mjl_result (*test_recode)(mjl_bytes in, mjl_buffer *out);

/* The bytes come out as they went in. */
void test_round_trip(mjl_bytes bytes, test_recode recode);
/* Each damaged copy is refused, or is the one encoding of another value. Answers how many were. */
size_t test_damage(mjl_bytes bytes, test_recode recode);

/* Repeatable, and no good for keys. */
typedef struct test_random {
    uint64_t state;
} test_random;

/* From the environment's MAJLIS_SEED, or `seed`; prints which. */
test_random test_random_new(uint64_t seed);
uint64_t test_random_below(test_random *random, uint64_t bound);
void test_random_fill(test_random *random, uint8_t *out, size_t size);

/* "0a1b" */
void test_hex(mjl_bytes bytes, char *out);
/* Fails unless the bytes are those of the hexadecimal text. */
void test_is_hex(mjl_bytes bytes, const char *hex);

#endif
