/*
 * What the layer does with a cipher suite, beside calling the table that majlis/suite.h describes.
 */
#ifndef MJL_MLS_SUITE_H
#define MJL_MLS_SUITE_H

#include "majlis/mls.h"
#include "majlis/suite.h"

/* Protocol version mls10 (§6), the only one. */
enum { MJL_MLS_VERSION_10 = 1 };

/* The suite of an identity: its own, or the default. */
const mjl_mls_suite *mjl_mls_identity_suite(const mjl_mls_identity *identity);

/* A fresh key pair: kem_derive_key_pair of random bytes. The private key is the caller's to wipe.
 */
MJL_MUST_USE mjl_result mjl_mls_kem_generate(const mjl_mls_suite *suite, mjl_random random,
                                             uint8_t *private_key, uint8_t *public_key);
/* hash() of one piece. */
void mjl_mls_hash(const mjl_mls_suite *suite, mjl_bytes input, uint8_t *out);
/* hmac() of one piece: MAC of §6.1. */
void mjl_mls_mac(const mjl_mls_suite *suite, const uint8_t *key, mjl_bytes input, uint8_t *out);
/* Whether two secrets or tags of hash size are equal, in constant time. */
bool mjl_mls_mac_equal(const mjl_mls_suite *suite, const uint8_t *expected, mjl_bytes tag);

#endif
