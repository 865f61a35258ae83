/*
 * P-256, P-384 and P-521 (FIPS 186-5) on libcrypto: scalars, points, ECDH and ECDSA.
 *
 * A private key is a big-endian scalar of the field's size, from 1 to below the order (BAD_KEY). A
 * public key is a point in uncompressed form (SEC 1 §2.3.3) that is checked to lie on the curve;
 * the compressed form, infinity and coordinates beyond the field are refused. The cofactor is 1, so
 * every such point is of the main group.
 *
 * A signature is DER of ECDSA-Sig-Value (RFC 9420 §5.1), in its one encoding: BER, superfluous
 * zeroes and trailing bytes are refused. To every (r, s) there is (r, n - s), which is as good:
 * that is of ECDSA's nature, the RFC does not choose one, and MLS does not take signatures for
 * names.
 */
#ifndef MJL_MLS_NIST_CURVE_H
#define MJL_MLS_NIST_CURVE_H

#include <openssl/evp.h>

#include "kem_derive.h"

typedef struct mjl_mls_nist_curve {
    const char *name; /* libcrypto's. */
    int nid;
    size_t size;      /* Of a coordinate, a scalar, and the outcome of ECDH. */
    uint8_t top_mask; /* Bits of a scalar's first byte that may be set. */
    const EVP_MD *(*digest)(void);
    mjl_mls_kem_kdf kdf;
} mjl_mls_nist_curve;

extern const mjl_mls_nist_curve mjl_mls_p256, mjl_mls_p384, mjl_mls_p521;

mjl_result mjl_mls_nist_public_of(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                                  uint8_t *point);
mjl_result mjl_mls_nist_check(const mjl_mls_nist_curve *curve, mjl_bytes bytes);

/* RFC 9180 §7.1.3. */
mjl_result mjl_mls_nist_derive(const mjl_mls_nist_curve *curve, mjl_bytes ikm, uint8_t *scalar,
                               uint8_t *point);
mjl_result mjl_mls_nist_dh(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                           const uint8_t *point, uint8_t *shared);

/* NO_RANDOM when the source gives nothing that is a scalar. */
mjl_result mjl_mls_nist_key_pair(const mjl_mls_nist_curve *curve, mjl_random random, uint8_t *point,
                                 uint8_t *scalar);
/* Leading zeroes may be missing. */
mjl_result mjl_mls_nist_import(const mjl_mls_nist_curve *curve, mjl_bytes bytes, uint8_t *point,
                               uint8_t *scalar);
/* `size_max`: the room for the signature. */
mjl_result mjl_mls_nist_sign(const mjl_mls_nist_curve *curve, const uint8_t *scalar,
                             mjl_bytes message, size_t size_max, uint8_t *signature, size_t *size);
mjl_result mjl_mls_nist_verify(const mjl_mls_nist_curve *curve, mjl_bytes point, mjl_bytes message,
                               mjl_bytes signature);

#endif
