/*
 * Cipher suites 0x0001, 0x0002 and 0x0004 to 0x0007 with what only OpenSSL's libcrypto (3.0 and
 * later) has: AES-GCM, X448, Ed448, and ECDH and ECDSA over P-256, P-384 and P-521. All else in
 * them is libsodium's.
 *
 * libcrypto allocates: what it cannot do for want of memory is OUT_OF_MEMORY. Nothing of it
 * outlives a call. A refusal empties libcrypto's error queue of the calling thread. The nonces of
 * ECDSA, and the blinding of its scalars, come from libcrypto's own random source and not from the
 * one that is passed in: the only place in this layer where that is so.
 */
#ifndef MJL_MLS_SUITE_OPENSSL_H
#define MJL_MLS_SUITE_OPENSSL_H

#include "majlis/suite.h"

/* NULL if it is none of these. */
const mjl_mls_suite *mjl_mls_suite_openssl_find(uint16_t id);

/* suite_openssl_curves.c: P-256, P-521, P-384. suite_openssl_448.c. */
extern const mjl_mls_suite mjl_mls_suite_openssl_2, mjl_mls_suite_openssl_5,
    mjl_mls_suite_openssl_7;
extern const mjl_mls_suite mjl_mls_suite_openssl_4, mjl_mls_suite_openssl_6;

/* What a call of libcrypto that failed means: OUT_OF_MEMORY if it says so, else `otherwise`. */
mjl_result mjl_mls_openssl_refusal(mjl_result otherwise);

/* suite_openssl_gcm.c */
mjl_result mjl_mls_aes128gcm_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes plaintext, uint8_t *out);
mjl_result mjl_mls_aes128gcm_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes ciphertext, uint8_t *out);
mjl_result mjl_mls_aes256gcm_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes plaintext, uint8_t *out);
mjl_result mjl_mls_aes256gcm_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                                  mjl_bytes ciphertext, uint8_t *out);

#endif
