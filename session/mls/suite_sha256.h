/*
 * SHA-256, HMAC and HKDF with it, in the forms of majlis/suite.h. sha256_sodium.c has them from
 * libsodium; a build with OpenSSL's libcrypto takes sha256_openssl.c, which uses the processor's
 * own instructions for it and is several times as fast. Neither allocates or fails.
 */
#ifndef MJL_MLS_SUITE_SHA256_H
#define MJL_MLS_SUITE_SHA256_H

#include "majlis/suite.h"

enum { MJL_MLS_SHA256_SIZE = 32 };

void mjl_mls_sha256(mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha256_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha256_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha256_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);

#endif
