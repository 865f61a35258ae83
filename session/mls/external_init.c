#include "external_init.h"

#include <sodium.h>

#include "hpke.h"

static const char exporter_label[] = "MLS 1.0 external init secret";

mjl_result mjl_mls_external_init_send(const mjl_mls_suite *suite, mjl_bytes external_pub,
                                      mjl_random random, uint8_t *kem_output, uint8_t *init_secret)
{
    const mjl_mls_parts no_info = {NULL, 0};
    return mjl_mls_hpke_export_send(suite, external_pub, no_info, mjl_bytes_text(exporter_label),
                                    random, kem_output, init_secret, suite->hash_size);
}

mjl_result mjl_mls_external_init_receive(const mjl_mls_suite *suite,
                                         const mjl_mls_epoch_secrets *secrets, mjl_bytes kem_output,
                                         uint8_t *init_secret)
{
    const mjl_mls_parts no_info = {NULL, 0};
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result = mjl_mls_external_key_pair(suite, secrets, private_key, public_key);
    if (result == MJL_OK) {
        result = mjl_mls_hpke_export_receive(suite, kem_output, private_key, no_info,
                                             mjl_bytes_text(exporter_label), init_secret,
                                             suite->hash_size);
        if (result != MJL_OK && result != MJL_OUT_OF_MEMORY) result = MJL_EXTERNAL_INIT_KEM;
    }
    sodium_memzero(private_key, sizeof private_key);
    return result;
}
