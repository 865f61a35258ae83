#include "nist_curve.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <sodium.h>

#include "suite_openssl.h"
#include "suite_sha256.h"
#include "suite_sha512.h"
#include "suite_sodium.h"

enum {
    UNCOMPRESSED = 4, /* SEC 1 §2.3.3 */
    SCALAR_SIZE_MAX = MJL_MLS_KEM_PRIVATE_SIZE_MAX,
    /* A fair source fails once in 2^32 with P-256, far less often with the others. */
    SCALAR_TRIES_MAX = 256
};

const mjl_mls_nist_curve mjl_mls_p256 = {
    "P-256", NID_X9_62_prime256v1, 32,
    0xff,    EVP_sha256,           {0x0010, 32, mjl_mls_sha256_extract, mjl_mls_sha256_expand},
};

const mjl_mls_nist_curve mjl_mls_p384 = {
    "P-384",    NID_secp384r1,
    48,         0xff,
    EVP_sha384, {0x0011, MJL_MLS_SHA384_SIZE, mjl_mls_sha384_extract, mjl_mls_sha384_expand},
};

const mjl_mls_nist_curve mjl_mls_p521 = {
    "P-521",    NID_secp521r1,
    66,         0x01,
    EVP_sha512, {0x0012, MJL_MLS_SHA512_SIZE, mjl_mls_sha512_extract, mjl_mls_sha512_expand},
};

static size_t point_size(const mjl_mls_nist_curve *curve)
{
    return 1 + 2 * curve->size;
}

/* ---- Keys as libcrypto has them ---- */

static EVP_PKEY *key_of(const mjl_mls_nist_curve *curve, int selection, OSSL_PARAM *part)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM parts[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                           (char *)(uintptr_t)curve->name, 0),
                          *part, OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1) {
        (void)EVP_PKEY_fromdata(context, &key, selection, parts); /* NULL if it fails. */
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

/* NULL if it is not on the curve. */
static EVP_PKEY *public_key(const mjl_mls_nist_curve *curve, const uint8_t *point)
{
    OSSL_PARAM part = OSSL_PARAM_construct_octet_string(
        OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, point_size(curve));
    return key_of(curve, EVP_PKEY_PUBLIC_KEY, &part);
}

/* libcrypto takes numbers in the machine's byte order. */
static void to_native(uint8_t *to, const uint8_t *scalar, size_t size)
{
    static const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    for (size_t i = 0; i < size; i++)
        to[i] = first == 1 ? scalar[size - 1 - i] : scalar[i];
}

static EVP_PKEY *private_key(const mjl_mls_nist_curve *curve, const uint8_t *scalar)
{
    uint8_t native[SCALAR_SIZE_MAX];
    to_native(native, scalar, curve->size);
    OSSL_PARAM part = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, curve->size);
    EVP_PKEY *key = key_of(curve, EVP_PKEY_KEYPAIR, &part);
    sodium_memzero(native, sizeof native);
    return key;
}

static bool has_point_form(const mjl_mls_nist_curve *curve, mjl_bytes point)
{
    return point.size == point_size(curve) && point.data[0] == UNCOMPRESSED;
}

/* Reading a point checks coordinates and curve. */
mjl_result mjl_mls_nist_check(const mjl_mls_nist_curve *curve, mjl_bytes bytes)
{
    if (!has_point_form(curve, bytes)) return MJL_BAD_KEY;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
    EC_POINT *point = group == NULL ? NULL : EC_POINT_new(group);
    const bool begun = point != NULL;
    const bool is_good = begun && EC_POINT_oct2point(group, point, bytes.data, bytes.size, NULL);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    if (is_good) return MJL_OK;
    return mjl_mls_openssl_refusal(begun ? MJL_BAD_KEY : MJL_OUT_OF_MEMORY);
}

/* ---- Scalars ---- */

static mjl_result multiply_base(const EC_GROUP *group, const BIGNUM *scalar, uint8_t *out,
                                size_t size)
{
    if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0) return MJL_BAD_KEY;
    EC_POINT *point = EC_POINT_new(group);
    const bool done =
        point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, size, NULL) == size;
    EC_POINT_clear_free(point);
    return done ? MJL_OK : MJL_OUT_OF_MEMORY;
}

mjl_result mjl_mls_nist_public_of(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                                  uint8_t *point)
{
    mjl_result result = MJL_OUT_OF_MEMORY;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
    BIGNUM *number = group == NULL ? NULL : BN_secure_new();
    if (number != NULL && BN_bin2bn(scalar, (int)curve->size, number) != NULL) {
        BN_set_flags(number, BN_FLG_CONSTTIME);
        result = multiply_base(group, number, point, point_size(curve));
    }
    BN_clear_free(number);
    EC_GROUP_free(group);
    return result == MJL_OK ? MJL_OK : mjl_mls_openssl_refusal(result);
}

/* ---- DHKEM ---- */

mjl_result mjl_mls_nist_derive(const mjl_mls_nist_curve *curve, mjl_bytes ikm, uint8_t *scalar,
                               uint8_t *point)
{
    uint8_t secret[MJL_MLS_SHA512_SIZE];
    mjl_mls_kem_derive_begin(&curve->kdf, ikm, secret);
    mjl_result result = MJL_BAD_KEY;
    for (int i = 0; result == MJL_BAD_KEY && i < SCALAR_TRIES_MAX; i++) {
        const uint8_t counter = (uint8_t)i;
        mjl_mls_kem_derive_expand(&curve->kdf, secret, "candidate", mjl_bytes_of(&counter, 1),
                                  scalar, curve->size);
        scalar[0] &= curve->top_mask;
        result = mjl_mls_nist_public_of(curve, scalar, point);
    }
    sodium_memzero(secret, sizeof secret);
    return result;
}

mjl_result mjl_mls_nist_dh(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                           const uint8_t *point, uint8_t *shared)
{
    const mjl_result result = mjl_mls_nist_check(curve, mjl_bytes_of(point, point_size(curve)));
    if (result != MJL_OK) return result;
    size_t size = curve->size;
    EVP_PKEY *own = private_key(curve, scalar), *other = public_key(curve, point);
    EVP_PKEY_CTX *context = own == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);
    const bool done = other != NULL && context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                      EVP_PKEY_derive_set_peer_ex(context, other, 0) == 1 &&
                      EVP_PKEY_derive(context, shared, &size) == 1 && size == curve->size;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    return done ? MJL_OK : mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY); /* The point is good. */
}

/* ---- ECDSA ---- */

mjl_result mjl_mls_nist_key_pair(const mjl_mls_nist_curve *curve, mjl_random random, uint8_t *point,
                                 uint8_t *scalar)
{
    mjl_result result = MJL_BAD_KEY;
    for (int i = 0; result == MJL_BAD_KEY && i < SCALAR_TRIES_MAX; i++) {
        result = random.fill(random.context, scalar, curve->size);
        if (result != MJL_OK) return result;
        scalar[0] &= curve->top_mask;
        result = mjl_mls_nist_public_of(curve, scalar, point);
    }
    return result == MJL_BAD_KEY ? MJL_NO_RANDOM : result;
}

mjl_result mjl_mls_nist_import(const mjl_mls_nist_curve *curve, mjl_bytes bytes, uint8_t *point,
                               uint8_t *scalar)
{
    if (bytes.size == 0 || bytes.size > curve->size) return MJL_BAD_KEY;
    memset(scalar, 0, curve->size - bytes.size);
    memcpy(scalar + curve->size - bytes.size, bytes.data, bytes.size);
    const mjl_result result = mjl_mls_nist_public_of(curve, scalar, point);
    if (result != MJL_OK) sodium_memzero(scalar, curve->size);
    return result;
}

mjl_result mjl_mls_nist_sign(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                             mjl_bytes message, size_t size_max, uint8_t *signature, size_t *size)
{
    *size = size_max;
    EVP_PKEY *own = private_key(curve, scalar);
    EVP_MD_CTX *context = own == NULL ? NULL : EVP_MD_CTX_new();
    const bool done = context != NULL &&
                      EVP_DigestSignInit(context, NULL, curve->digest(), NULL, own) == 1 &&
                      EVP_DigestSign(context, signature, size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(own);
    return done ? MJL_OK : mjl_mls_openssl_refusal(MJL_OUT_OF_MEMORY);
}

/* libcrypto encodes what it decoded once more and compares, so DER alone passes. */
static mjl_result verify_once(const mjl_mls_nist_curve *curve, mjl_bytes point, mjl_bytes message,
                              mjl_bytes signature)
{
    if (!has_point_form(curve, point)) return MJL_BAD_SIGNATURE;
    EVP_PKEY *by = public_key(curve, point.data);
    EVP_MD_CTX *context = by == NULL ? NULL : EVP_MD_CTX_new();
    const bool begun =
        context != NULL && EVP_DigestVerifyInit(context, NULL, curve->digest(), NULL, by) == 1;
    const bool verified = begun && EVP_DigestVerify(context, signature.data, signature.size,
                                                    message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(by);
    if (verified) return MJL_OK;
    if (begun) return mjl_mls_openssl_refusal(MJL_BAD_SIGNATURE);
    /* The key, or want of memory? */
    const mjl_result key = mjl_mls_nist_check(curve, point);
    return key == MJL_BAD_KEY ? MJL_BAD_SIGNATURE : MJL_OUT_OF_MEMORY;
}

mjl_result mjl_mls_nist_verify(const mjl_mls_nist_curve *curve, mjl_bytes point, mjl_bytes message,
                               mjl_bytes signature)
{
    const mjl_result result = verify_once(curve, point, message, signature);
    if (result != MJL_BAD_SIGNATURE) return result;
    /* libcrypto does not always say that it was for want of memory: nobody is blamed for that. */
    return verify_once(curve, point, message, signature);
}
