/*
 * The functions that libsodium gives to cipher suites, in the forms of majlis/suite.h: suite 0x0003
 * is made of them alone, and others take those that they share. What each promises stands there.
 */
#ifndef MJL_MLS_SUITE_SODIUM_H
#define MJL_MLS_SUITE_SODIUM_H

#include "majlis/suite.h"

/* 0x0003, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519. */
extern const mjl_mls_suite mjl_mls_suite_sodium_3;

/* ChaCha20-Poly1305 */
mjl_result mjl_mls_chacha_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes plaintext, uint8_t *out);
mjl_result mjl_mls_chacha_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes ciphertext, uint8_t *out);

/* DHKEM(X25519, HKDF-SHA256) */
mjl_result mjl_mls_x25519_derive(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key);
mjl_result mjl_mls_x25519_public_of(const uint8_t *private_key, uint8_t *public_key);
mjl_result mjl_mls_x25519_dh(const uint8_t *private_key, const uint8_t *public_key,
                             uint8_t *shared);
mjl_result mjl_mls_x25519_check(mjl_bytes public_key);

/* Ed25519. The seed is libsodium's secret key: seed, public key. */
mjl_result mjl_mls_ed25519_key_pair(mjl_random random, uint8_t *key, uint8_t *seed);
mjl_result mjl_mls_ed25519_import(mjl_bytes private_key, uint8_t *key, uint8_t *seed);
mjl_result mjl_mls_ed25519_sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature,
                                size_t *size);
mjl_result mjl_mls_ed25519_verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature);
mjl_result mjl_mls_ed25519_check(mjl_bytes key);

#endif
