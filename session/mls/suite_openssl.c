#include "suite_openssl.h"

#include <openssl/err.h>

#include "suite_parts.h"

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
    MJL_MLS_PART_X25519,
    MJL_MLS_PART_AES128GCM,
    MJL_MLS_PART_SHA256,
    MJL_MLS_PART_ED25519,
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
