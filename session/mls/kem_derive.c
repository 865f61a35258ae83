#include "kem_derive.h"

enum { SUITE_ID_SIZE = 5 };

static void suite_id_set(const mjl_mls_kem_kdf *kdf, uint8_t id[SUITE_ID_SIZE])
{
    memcpy(id, "KEM", 3);
    id[3] = (uint8_t)(kdf->kem >> 8);
    id[4] = (uint8_t)kdf->kem;
}

void mjl_mls_kem_derive_begin(const mjl_mls_kem_kdf *kdf, mjl_bytes ikm, uint8_t *secret)
{
    uint8_t id[SUITE_ID_SIZE];
    suite_id_set(kdf, id);
    const mjl_bytes labeled[] = {mjl_bytes_text("HPKE-v1"), mjl_bytes_of(id, sizeof id),
                                 mjl_bytes_text("dkp_prk"), ikm};
    kdf->extract(mjl_bytes_of(NULL, 0), (mjl_mls_parts){labeled, 4}, secret);
}

void mjl_mls_kem_derive_expand(const mjl_mls_kem_kdf *kdf, const uint8_t *secret, const char *label,
                               mjl_bytes info, uint8_t *out, size_t size)
{
    uint8_t id[SUITE_ID_SIZE];
    suite_id_set(kdf, id);
    const uint8_t size_be[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    const mjl_bytes labeled[] = {mjl_bytes_of(size_be, 2), mjl_bytes_text("HPKE-v1"),
                                 mjl_bytes_of(id, sizeof id), mjl_bytes_text(label), info};
    kdf->expand(mjl_bytes_of(secret, kdf->hash_size), (mjl_mls_parts){labeled, 5}, out, size);
}
