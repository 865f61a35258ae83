/*
 * SHA-512 and SHA-384 with their HMAC and HKDF, in the forms of majlis/suite.h. On libsodium and
 * not on libcrypto, whose hashes allocate and so may fail.
 */
#ifndef MJL_MLS_SUITE_SHA512_H
#define MJL_MLS_SUITE_SHA512_H

#include "majlis/suite.h"

enum { MJL_MLS_SHA512_SIZE = 64, MJL_MLS_SHA384_SIZE = 48 };

void mjl_mls_sha512(mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha512_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha512_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha512_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);

void mjl_mls_sha384(mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha384_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha384_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
void mjl_mls_sha384_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);

#endif
