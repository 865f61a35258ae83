/*
 * What every DeriveKeyPair of a DHKEM begins with (RFC 9180 §7.1.3), for the providers' use: HPKE's
 * labelled HKDF under the KEM's own suite id. hpke.h has the same for whole suites.
 */
#ifndef MJL_MLS_KEM_DERIVE_H
#define MJL_MLS_KEM_DERIVE_H

#include "majlis/suite.h"

/* The HKDF of a KEM. */
typedef struct mjl_mls_kem_kdf {
    uint16_t kem; /* RFC 9180 §7.1 */
    size_t hash_size;
    void (*extract)(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
    void (*expand)(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);
} mjl_mls_kem_kdf;

/* dkp_prk, of hash size: the caller's to wipe. */
void mjl_mls_kem_derive_begin(const mjl_mls_kem_kdf *kdf, mjl_bytes ikm, uint8_t *secret);
/* LabeledExpand(dkp_prk, label, info, size). */
void mjl_mls_kem_derive_expand(const mjl_mls_kem_kdf *kdf, const uint8_t *secret, const char *label,
                               mjl_bytes info, uint8_t *out, size_t size);

#endif
