#include "suite_openssl.h"

#include <openssl/err.h>

#include "suite_sha256.h"
#include "suite_sodium.h"

mjl_result mjl_mls_openssl_refusal(mjl_result otherwise)
{
    mjl_result result = otherwise;
    unsigned long code;
    while ((code = ERR_get_error()) != 0)
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE) result = MJL_OUT_OF_MEMORY;
    return result;
}

/* 0x0001, MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519: of libcrypto only the AEAD. */
static const mjl_mls_suite suite_1 = {
    .id = 0x0001,
    .hpke_kem = 0x0020,  /* DHKEM(X25519, HKDF-SHA256) */
    .hpke_kdf = 0x0001,  /* HKDF-SHA256 */
    .hpke_aead = 0x0001, /* AES-128-GCM */
    .hash_size = 32,
    .aead_key_size = 16,
    .aead_nonce_size = 12,
    .aead_tag_size = 16,
    .kem_public_size = 32,
    .kem_private_size = 32,
    .kem_shared_size = 32,
    .signature_key_size = 32,
    .signature_seed_size = 64,
    .signature_size_max = 64,
    .hash = mjl_mls_sha256,
    .hmac = mjl_mls_sha256_hmac,
    .hkdf_extract = mjl_mls_sha256_extract,
    .hkdf_expand = mjl_mls_sha256_expand,
    .aead_seal = mjl_mls_aes128gcm_seal,
    .aead_open = mjl_mls_aes128gcm_open,
    .kem_derive_key_pair = mjl_mls_x25519_derive,
    .kem_public_of = mjl_mls_x25519_public_of,
    .kem_dh = mjl_mls_x25519_dh,
    .kem_check_public = mjl_mls_x25519_check,
    .signature_key_pair = mjl_mls_ed25519_key_pair,
    .signature_key_import = mjl_mls_ed25519_import,
    .sign = mjl_mls_ed25519_sign,
    .verify = mjl_mls_ed25519_verify,
    .signature_check_public = mjl_mls_ed25519_check,
};

const mjl_mls_suite *mjl_mls_suite_openssl_find(uint16_t id)
{
    static const mjl_mls_suite *const all[] = {
        &suite_1,
        &mjl_mls_suite_openssl_2,
        &mjl_mls_suite_openssl_4,
        &mjl_mls_suite_openssl_5,
        &mjl_mls_suite_openssl_6,
        &mjl_mls_suite_openssl_7,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i]->id == id) return all[i];
    return NULL;
}
