/*
 * What several cipher suites are put together from (RFC 9420 §17.1, with the numbers of RFC 9180
 * §7): a hash with its HKDF, an AEAD, a KEM, a signature scheme. Each part stands here once, as the
 * members of majlis/suite.h's table that it fills in, and a suite names its parts.
 */
#ifndef MJL_MLS_SUITE_PARTS_H
#define MJL_MLS_SUITE_PARTS_H

#include <sodium.h>

#include "suite_openssl.h"
#include "suite_sha256.h"
#include "suite_sha512.h"
#include "suite_sodium.h"

/* HKDF-SHA256, HKDF-SHA384, HKDF-SHA512: MJL_MLS_PART_SHA(0x0001, sha256, SHA256) */
#define MJL_MLS_PART_SHA(number, sha, SHA)                                                         \
    .hpke_kdf = (number), .hash_size = MJL_MLS_##SHA##_SIZE, .hash = mjl_mls_##sha,                \
    .hmac = mjl_mls_##sha##_hmac, .hkdf_extract = mjl_mls_##sha##_extract,                         \
    .hkdf_expand = mjl_mls_##sha##_expand
#define MJL_MLS_PART_SHA256 MJL_MLS_PART_SHA(0x0001, sha256, SHA256)
#define MJL_MLS_PART_SHA384 MJL_MLS_PART_SHA(0x0002, sha384, SHA384)
#define MJL_MLS_PART_SHA512 MJL_MLS_PART_SHA(0x0003, sha512, SHA512)

/* All three AEADs have nonces of 12 bytes and tags of 16. */
#define MJL_MLS_PART_AEAD(number, key_size, aead)                                                  \
    .hpke_aead = (number), .aead_key_size = (key_size), .aead_nonce_size = 12,                     \
    .aead_tag_size = 16, .aead_seal = mjl_mls_##aead##_seal, .aead_open = mjl_mls_##aead##_open
#define MJL_MLS_PART_AES128GCM MJL_MLS_PART_AEAD(0x0001, 16, aes128gcm)
#define MJL_MLS_PART_AES256GCM MJL_MLS_PART_AEAD(0x0002, 32, aes256gcm)
#define MJL_MLS_PART_CHACHA MJL_MLS_PART_AEAD(0x0003, 32, chacha)

/* DHKEM(X25519, HKDF-SHA256) */
#define MJL_MLS_PART_X25519                                                                        \
    .hpke_kem = 0x0020, .kem_public_size = crypto_scalarmult_curve25519_BYTES,                     \
    .kem_private_size = crypto_scalarmult_curve25519_SCALARBYTES,                                  \
    .kem_shared_size = crypto_scalarmult_curve25519_BYTES,                                         \
    .kem_derive_key_pair = mjl_mls_x25519_derive, .kem_public_of = mjl_mls_x25519_public_of,       \
    .kem_dh = mjl_mls_x25519_dh, .kem_check_public = mjl_mls_x25519_check

#define MJL_MLS_PART_ED25519                                                                       \
    .signature_key_size = crypto_sign_ed25519_PUBLICKEYBYTES,                                      \
    .signature_seed_size = crypto_sign_ed25519_SECRETKEYBYTES,                                     \
    .signature_size_max = crypto_sign_ed25519_BYTES,                                               \
    .signature_key_pair = mjl_mls_ed25519_key_pair,                                                \
    .signature_key_import = mjl_mls_ed25519_import, .sign = mjl_mls_ed25519_sign,                  \
    .verify = mjl_mls_ed25519_verify, .signature_check_public = mjl_mls_ed25519_check

#endif
