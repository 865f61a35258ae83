/*
 * The cipher suites on NIST's curves: 0x0002, MLS_128_DHKEMP256_AES128GCM_SHA256_P256; 0x0005,
 * MLS_256_DHKEMP521_AES256GCM_SHA512_P521; 0x0007, MLS_256_DHKEMP384_AES256GCM_SHA384_P384.
 */
#include "nist_curve.h"
#include "suite_parts.h"

/* Of a coordinate, and of a scalar. */
enum { P256_SIZE = 32, P384_SIZE = 48, P521_SIZE = 66 };

/* DER of two integers: each a tag, a length and a zero before a high bit, in a sequence whose
   length takes a second byte from 128 on. */
enum {
    P256_SIGNATURE_SIZE_MAX = 2 + 2 * (3 + P256_SIZE),
    P384_SIGNATURE_SIZE_MAX = 2 + 2 * (3 + P384_SIZE),
    P521_SIGNATURE_SIZE_MAX = 3 + 2 * (2 + P521_SIZE) /* Their first byte is 1 at most. */
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

/* What a suite takes from its curve for both purposes; points are not compressed. */
#define CURVE_PARTS(curve, CURVE)                                                                  \
    .kem_public_size = 1 + 2 * CURVE##_SIZE, .kem_private_size = CURVE##_SIZE,                     \
    .kem_shared_size = CURVE##_SIZE, .kem_derive_key_pair = curve##_derive,                        \
    .kem_public_of = curve##_public_of, .kem_dh = curve##_dh, .kem_check_public = curve##_check,   \
    .signature_key_size = 1 + 2 * CURVE##_SIZE, .signature_seed_size = CURVE##_SIZE,               \
    .signature_size_max = CURVE##_SIGNATURE_SIZE_MAX, .signature_key_pair = curve##_key_pair,      \
    .signature_key_import = curve##_import, .sign = curve##_sign, .verify = curve##_verify,        \
    .signature_check_public = curve##_check

const mjl_mls_suite mjl_mls_suite_openssl_2 = {
    .id = 0x0002,
    .hpke_kem = 0x0010, /* DHKEM(P-256, HKDF-SHA256) */
    CURVE_PARTS(p256, P256),
    MJL_MLS_PART_AES128GCM,
    MJL_MLS_PART_SHA256,
};

const mjl_mls_suite mjl_mls_suite_openssl_5 = {
    .id = 0x0005,
    .hpke_kem = 0x0012, /* DHKEM(P-521, HKDF-SHA512) */
    CURVE_PARTS(p521, P521),
    MJL_MLS_PART_AES256GCM,
    MJL_MLS_PART_SHA512,
};

const mjl_mls_suite mjl_mls_suite_openssl_7 = {
    .id = 0x0007,
    .hpke_kem = 0x0011, /* DHKEM(P-384, HKDF-SHA384) */
    CURVE_PARTS(p384, P384),
    MJL_MLS_PART_AES256GCM,
    MJL_MLS_PART_SHA384,
};
