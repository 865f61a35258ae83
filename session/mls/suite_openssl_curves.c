/*
 * The cipher suites on NIST's curves: 0x0002, MLS_128_DHKEMP256_AES128GCM_SHA256_P256; 0x0005,
 * MLS_256_DHKEMP521_AES256GCM_SHA512_P521; 0x0007, MLS_256_DHKEMP384_AES256GCM_SHA384_P384.
 */
#include "nist_curve.h"
#include "suite_openssl.h"
#include "suite_sha256.h"
#include "suite_sha512.h"
#include "suite_sodium.h"

/* DER of two integers: each a tag, a length and a zero before a high bit, in a sequence whose
   length takes a second byte from 128 on. */
enum {
    P256_SIGNATURE_SIZE_MAX = 2 + 2 * (3 + 32),
    P384_SIGNATURE_SIZE_MAX = 2 + 2 * (3 + 48),
    P521_SIGNATURE_SIZE_MAX = 3 + 2 * (2 + 66) /* Their first byte is 1 at most. */
};

/* A table's functions know their curve by themselves: CURVE_FUNCTIONS(p256, P256) defines p256_dh
   and so on. */
#define CURVE_FUNCTIONS(curve, CURVE)                                                              \
    static mjl_result curve##_derive(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)     \
    {                                                                                              \
        return mjl_mls_nist_derive(&mjl_mls_##curve, ikm, private_key, public_key);                \
    }                                                                                              \
    static mjl_result curve##_public_of(const uint8_t *private_key, uint8_t *public_key)           \
    {                                                                                              \
        return mjl_mls_nist_public_of(&mjl_mls_##curve, private_key, public_key);                  \
    }                                                                                              \
    static mjl_result curve##_dh(const uint8_t *private_key, const uint8_t *public_key,            \
                                 uint8_t *shared)                                                  \
    {                                                                                              \
        return mjl_mls_nist_dh(&mjl_mls_##curve, private_key, public_key, shared);                 \
    }                                                                                              \
    static mjl_result curve##_check(mjl_bytes public_key)                                          \
    {                                                                                              \
        return mjl_mls_nist_check(&mjl_mls_##curve, public_key);                                   \
    }                                                                                              \
    static mjl_result curve##_key_pair(mjl_random random, uint8_t *key, uint8_t *seed)             \
    {                                                                                              \
        return mjl_mls_nist_key_pair(&mjl_mls_##curve, random, key, seed);                         \
    }                                                                                              \
    static mjl_result curve##_import(mjl_bytes private_key, uint8_t *key, uint8_t *seed)           \
    {                                                                                              \
        return mjl_mls_nist_import(&mjl_mls_##curve, private_key, key, seed);                      \
    }                                                                                              \
    static mjl_result curve##_sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature,     \
                                   size_t *size)                                                   \
    {                                                                                              \
        return mjl_mls_nist_sign(&mjl_mls_##curve, seed, message, CURVE##_SIGNATURE_SIZE_MAX,      \
                                 signature, size);                                                 \
    }                                                                                              \
    static mjl_result curve##_verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)        \
    {                                                                                              \
        return mjl_mls_nist_verify(&mjl_mls_##curve, key, message, signature);                     \
    }

CURVE_FUNCTIONS(p256, P256)
CURVE_FUNCTIONS(p384, P384)
CURVE_FUNCTIONS(p521, P521)

const mjl_mls_suite mjl_mls_suite_openssl_2 = {
    .id = 0x0002,
    .hpke_kem = 0x0010,  /* DHKEM(P-256, HKDF-SHA256) */
    .hpke_kdf = 0x0001,  /* HKDF-SHA256 */
    .hpke_aead = 0x0001, /* AES-128-GCM */
    .hash_size = 32,
    .aead_key_size = 16,
    .aead_nonce_size = 12,
    .aead_tag_size = 16,
    .kem_public_size = 65,
    .kem_private_size = 32,
    .kem_shared_size = 32,
    .signature_key_size = 65,
    .signature_seed_size = 32,
    .signature_size_max = P256_SIGNATURE_SIZE_MAX,
    .hash = mjl_mls_sha256,
    .hmac = mjl_mls_sha256_hmac,
    .hkdf_extract = mjl_mls_sha256_extract,
    .hkdf_expand = mjl_mls_sha256_expand,
    .aead_seal = mjl_mls_aes128gcm_seal,
    .aead_open = mjl_mls_aes128gcm_open,
    .kem_derive_key_pair = p256_derive,
    .kem_public_of = p256_public_of,
    .kem_dh = p256_dh,
    .kem_check_public = p256_check,
    .signature_key_pair = p256_key_pair,
    .signature_key_import = p256_import,
    .sign = p256_sign,
    .verify = p256_verify,
    .signature_check_public = p256_check,
};

const mjl_mls_suite mjl_mls_suite_openssl_5 = {
    .id = 0x0005,
    .hpke_kem = 0x0012,  /* DHKEM(P-521, HKDF-SHA512) */
    .hpke_kdf = 0x0003,  /* HKDF-SHA512 */
    .hpke_aead = 0x0002, /* AES-256-GCM */
    .hash_size = MJL_MLS_SHA512_SIZE,
    .aead_key_size = 32,
    .aead_nonce_size = 12,
    .aead_tag_size = 16,
    .kem_public_size = 133,
    .kem_private_size = 66,
    .kem_shared_size = 66,
    .signature_key_size = 133,
    .signature_seed_size = 66,
    .signature_size_max = P521_SIGNATURE_SIZE_MAX,
    .hash = mjl_mls_sha512,
    .hmac = mjl_mls_sha512_hmac,
    .hkdf_extract = mjl_mls_sha512_extract,
    .hkdf_expand = mjl_mls_sha512_expand,
    .aead_seal = mjl_mls_aes256gcm_seal,
    .aead_open = mjl_mls_aes256gcm_open,
    .kem_derive_key_pair = p521_derive,
    .kem_public_of = p521_public_of,
    .kem_dh = p521_dh,
    .kem_check_public = p521_check,
    .signature_key_pair = p521_key_pair,
    .signature_key_import = p521_import,
    .sign = p521_sign,
    .verify = p521_verify,
    .signature_check_public = p521_check,
};

const mjl_mls_suite mjl_mls_suite_openssl_7 = {
    .id = 0x0007,
    .hpke_kem = 0x0011,  /* DHKEM(P-384, HKDF-SHA384) */
    .hpke_kdf = 0x0002,  /* HKDF-SHA384 */
    .hpke_aead = 0x0002, /* AES-256-GCM */
    .hash_size = MJL_MLS_SHA384_SIZE,
    .aead_key_size = 32,
    .aead_nonce_size = 12,
    .aead_tag_size = 16,
    .kem_public_size = 97,
    .kem_private_size = 48,
    .kem_shared_size = 48,
    .signature_key_size = 97,
    .signature_seed_size = 48,
    .signature_size_max = P384_SIGNATURE_SIZE_MAX,
    .hash = mjl_mls_sha384,
    .hmac = mjl_mls_sha384_hmac,
    .hkdf_extract = mjl_mls_sha384_extract,
    .hkdf_expand = mjl_mls_sha384_expand,
    .aead_seal = mjl_mls_aes256gcm_seal,
    .aead_open = mjl_mls_aes256gcm_open,
    .kem_derive_key_pair = p384_derive,
    .kem_public_of = p384_public_of,
    .kem_dh = p384_dh,
    .kem_check_public = p384_check,
    .signature_key_pair = p384_key_pair,
    .signature_key_import = p384_import,
    .sign = p384_sign,
    .verify = p384_verify,
    .signature_check_public = p384_check,
};
