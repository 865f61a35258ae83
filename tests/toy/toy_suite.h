/*
 * A toy cipher suite with the sizes of 0x0003: the shape of cryptography at a hundredth of its
 * cost, for simulations and benchmarks with hundreds of members. It protects nothing.
 *
 *   hash, HMAC, HKDF   toy_mix            sign      toy_mix of public key and message: anyone can
 *   AEAD               a sum of 16 bytes  DH        toy_mix of both public keys: anyone can
 *
 * Altered bytes do not open or verify, so errors show as they would.
 */
#ifndef TESTS_TOY_SUITE_H
#define TESTS_TOY_SUITE_H

#include "majlis/suite.h"

extern const mjl_mls_suite toy_suite;   /* Its id is 0x0003. */
extern const mjl_mls_suites toy_suites; /* It alone. */

#endif
