/*
 * X448 and Ed448 (RFC 7748, RFC 8032) on libcrypto, and the two cipher suites that use them:
 * 0x0004, MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448, and 0x0006,
 * MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_- Ed448.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "kem_derive.h"
#include "suite_openssl.h"
#include "suite_parts.h"
#include "suite_sha512.h"

enum { X448_SIZE = 56, ED448_SIZE = 57, ED448_SIGNATURE_SIZE = 114 };

/* ---- DHKEM(X448, HKDF-SHA512) ---- */

static mjl_result public_of(const uint8_t *private_key, uint8_t *public_key)
{
    size_t size = X448_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X448, NULL, private_key, X448_SIZE);
    const bool done = own != NULL && EVP_PKEY_get_raw_public_key(own, public_key, &size) == 1;
    EVP_PKEY_free(own); /* Wipes. */
    return done ? MJL_OK : mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY);
}

static mjl_result derive_key_pair(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)
{
    static const mjl_mls_kem_kdf kdf = {0x0021, MJL_MLS_SHA512_SIZE, mjl_mls_sha512_extract,
                                        mjl_mls_sha512_expand};
    uint8_t secret[MJL_MLS_SHA512_SIZE];
    mjl_mls_kem_derive_begin(&kdf, ikm, secret);
    mjl_mls_kem_derive_expand(&kdf, secret, "sk", mjl_bytes_of(NULL, 0), private_key, X448_SIZE);
    sodium_memzero(secret, sizeof secret);
    return public_of(private_key, public_key);
}

/* Below 2^448 - 2^224 - 1: as with X25519, each key has one encoding. */
static bool is_canonical(const uint8_t key[X448_SIZE])
{
    enum { MIDDLE = 28 }; /* Of the prime only this byte is not 0xff: it is 0xfe. */
    for (size_t i = X448_SIZE - 1; i != MIDDLE; i--)
        if (key[i] != 0xff) return true;
    if (key[MIDDLE] != 0xfe) return key[MIDDLE] < 0xfe;
    for (size_t i = 0; i < MIDDLE; i++)
        if (key[i] != 0xff) return true;
    return false;
}

/* libcrypto refuses an outcome of all zeroes (RFC 7748 §6.2), which low-order points give. */
static mjl_result dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    if (!is_canonical(public_key)) return MJL_BAD_KEY;
    size_t size = X448_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X448, NULL, private_key, X448_SIZE);
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X448, NULL, public_key, X448_SIZE);
    EVP_PKEY_CTX *context = own == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);
    const bool begun = other != NULL && context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                       EVP_PKEY_derive_set_peer(context, other) == 1;
    const bool done = begun && EVP_PKEY_derive(context, shared, &size) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    if (done) return MJL_OK;
    sodium_memzero(shared, X448_SIZE);
    return mjl_mls_openssl_refusal(begun ? MJL_BAD_KEY : MJL_OUT_OF_MEMORY);
}

/* Any number below the prime is a point of the curve or its twist; those of low order are 0, 1 and
   p - 1 (the cofactor of both is 4). */
static bool is_low_order(const uint8_t key[X448_SIZE])
{
    static const uint8_t zeroes[X448_SIZE] = {0};
    if (key[0] <= 1 && memcmp(key + 1, zeroes, X448_SIZE - 1) == 0) return true;
    uint8_t next[X448_SIZE];
    memcpy(next, key, X448_SIZE);
    sodium_increment(next, X448_SIZE);
    return !is_canonical(next); /* Canonical itself: only p - 1 becomes p. */
}

static mjl_result check_public(mjl_bytes public_key)
{
    if (public_key.size != X448_SIZE || !is_canonical(public_key.data)) return MJL_BAD_KEY;
    return is_low_order(public_key.data) ? MJL_BAD_KEY : MJL_OK;
}

/* ---- Ed448 ---- */

static mjl_result import(mjl_bytes private_key, uint8_t *key, uint8_t *seed)
{
    if (private_key.size != ED448_SIZE) return MJL_BAD_KEY;
    size_t size = ED448_SIZE;
    EVP_PKEY *own =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED448, NULL, private_key.data, ED448_SIZE);
    const bool done = own != NULL && EVP_PKEY_get_raw_public_key(own, key, &size) == 1;
    EVP_PKEY_free(own);
    if (!done) return mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY);
    memcpy(seed, private_key.data, ED448_SIZE);
    return MJL_OK;
}

static mjl_result key_pair(mjl_random random, uint8_t *key, uint8_t *seed)
{
    uint8_t fresh[ED448_SIZE];
    mjl_result result = random.fill(random.context, fresh, sizeof fresh);
    if (result == MJL_OK) result = import(mjl_bytes_of(fresh, sizeof fresh), key, seed);
    sodium_memzero(fresh, sizeof fresh);
    return result;
}

static mjl_result sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature, size_t *size)
{
    *size = ED448_SIGNATURE_SIZE;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED448, NULL, seed, ED448_SIZE);
    EVP_MD_CTX *context = own == NULL ? NULL : EVP_MD_CTX_new();
    const bool done = context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, own) == 1 &&
                      EVP_DigestSign(context, signature, size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(own);
    return done ? MJL_OK : mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY);
}

/* libcrypto refuses S beyond the order, and R or a key that is no canonical point. */
static mjl_result verify_once(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    EVP_PKEY *by = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, NULL, key.data, key.size);
    EVP_MD_CTX *context = by == NULL ? NULL : EVP_MD_CTX_new();
    const bool begun = context != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, by) == 1;
    const bool verified = begun && EVP_DigestVerify(context, signature.data, signature.size,
                                                    message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(by);
    if (verified) return MJL_OK;
    return mjl_mls_openssl_refusal(begun ? MJL_BAD_SIGNATURE : MJL_OUT_OF_MEMORY);
}

static mjl_result verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    if (key.size != ED448_SIZE || signature.size != ED448_SIGNATURE_SIZE) return MJL_BAD_SIGNATURE;
    const mjl_result result = verify_once(key, message, signature);
    if (result != MJL_BAD_SIGNATURE) return result;
    /* libcrypto does not always say that it was for want of memory: nobody is blamed for that. */
    return verify_once(key, message, signature);
}

/* Numbers of one check, all in one place so that they are freed together. */
typedef struct field {
    BN_CTX *context;
    BIGNUM *p, *y, *numerator, *denominator;
} field;

static bool field_begin(field *f)
{
    f->context = BN_CTX_new();
    if (f->context == NULL) return false;
    BN_CTX_start(f->context);
    f->p = BN_CTX_get(f->context);
    f->y = BN_CTX_get(f->context);
    f->numerator = BN_CTX_get(f->context);
    f->denominator = BN_CTX_get(f->context);
    /* p = 2^448 - 2^224 - 1 */
    return f->denominator != NULL && BN_set_bit(f->y, 224) && BN_set_bit(f->p, 448) &&
           BN_sub(f->p, f->p, f->y) && BN_sub_word(f->p, 1);
}

static void field_end(field *f)
{
    if (f->context != NULL) BN_CTX_end(f->context);
    BN_CTX_free(f->context);
}

/* x^2 = (y^2 - 1) / (d y^2 - 1) with d = -39081 (RFC 8032 §5.2): -1, 0, 1 by whether the product of
   both, which is a square exactly when their quotient is, is one; -2 for want of memory. */
static int square_kind(field *f)
{
    const bool done = BN_mod_sqr(f->numerator, f->y, f->p, f->context) &&
                      BN_copy(f->denominator, f->numerator) != NULL &&
                      BN_sub_word(f->numerator, 1) && BN_mul_word(f->denominator, 39081) &&
                      BN_add_word(f->denominator, 1) &&
                      BN_sub(f->denominator, f->p, f->denominator) &&
                      BN_mod_mul(f->numerator, f->numerator, f->denominator, f->p, f->context);
    return done ? BN_kronecker(f->numerator, f->p, f->context) : -2;
}

/*
 * Canonical: y below p and no bit set that means nothing. The points of order 1, 2 and 4 are those
 * with y = 1, -1 and 0. Those of the other cosets of the main group pass: verification is defined
 * so that they gain nothing (RFC 8032 §5.2.7), and only their owner can make them.
 */
static mjl_result check_point(field *f, mjl_bytes key)
{
    if ((key.data[ED448_SIZE - 1] & 0x7f) != 0) return MJL_BAD_KEY;
    if (BN_lebin2bn(key.data, ED448_SIZE - 1, f->y) == NULL) return MJL_OUT_OF_MEMORY;
    if (BN_cmp(f->y, f->p) >= 0 || BN_is_zero(f->y) || BN_is_one(f->y)) return MJL_BAD_KEY;
    if (BN_copy(f->numerator, f->y) == NULL || !BN_add_word(f->numerator, 1))
        return MJL_OUT_OF_MEMORY;
    if (BN_cmp(f->numerator, f->p) == 0) return MJL_BAD_KEY;
    const int kind = square_kind(f);
    if (kind == -2) return MJL_OUT_OF_MEMORY;
    return kind == 1 ? MJL_OK : MJL_BAD_KEY;
}

static mjl_result check_key(mjl_bytes key)
{
    if (key.size != ED448_SIZE) return MJL_BAD_KEY;
    field f;
    mjl_result result = field_begin(&f) ? check_point(&f, key) : MJL_OUT_OF_MEMORY;
    field_end(&f);
    return result == MJL_OK ? MJL_OK : mjl_mls_openssl_refusal(result);
}

/* ---- The suites ---- */

/* DHKEM(X448, HKDF-SHA512) and Ed448. */
#define PARTS_448                                                                                  \
    .hpke_kem = 0x0021, .kem_public_size = X448_SIZE, .kem_private_size = X448_SIZE,               \
    .kem_shared_size = X448_SIZE, .kem_derive_key_pair = derive_key_pair,                          \
    .kem_public_of = public_of, .kem_dh = dh, .kem_check_public = check_public,                    \
    .signature_key_size = ED448_SIZE, .signature_seed_size = ED448_SIZE,                           \
    .signature_size_max = ED448_SIGNATURE_SIZE, .signature_key_pair = key_pair,                    \
    .signature_key_import = import, .sign = sign, .verify = verify,                                \
    .signature_check_public = check_key

const mjl_mls_suite mjl_mls_suite_openssl_4 = {
    .id = 0x0004,
    MJL_MLS_PART_AES256GCM,
    MJL_MLS_PART_SHA512,
    PARTS_448,
};

const mjl_mls_suite mjl_mls_suite_openssl_6 = {
    .id = 0x0006,
    MJL_MLS_PART_CHACHA,
    MJL_MLS_PART_SHA512,
    PARTS_448,
};
