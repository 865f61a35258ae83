#include "suite.h"

#include <sodium.h>

#ifdef MJL_MLS_WITH_OPENSSL
#include "suite_openssl.h"
#endif
#include "suite_sodium.h"

const mjl_mls_suite *mjl_mls_suite_find(const mjl_mls_suites *suites, uint16_t id)
{
    const size_t count = suites == NULL ? 0 : suites->count;
    for (size_t i = 0; i < count; i++)
        if (suites->list[i]->id == id) return suites->list[i];
    if (id == mjl_mls_suite_sodium_3.id) return &mjl_mls_suite_sodium_3;
#ifdef MJL_MLS_WITH_OPENSSL
    return mjl_mls_suite_openssl_find(id);
#else
    return NULL;
#endif
}

const mjl_mls_suite *mjl_mls_identity_suite(const mjl_mls_identity *identity)
{
    return identity->suite != NULL ? identity->suite : &mjl_mls_suite_sodium_3;
}

mjl_result mjl_mls_kem_generate(const mjl_mls_suite *suite, mjl_random random, uint8_t *private_key,
                                uint8_t *public_key)
{
    uint8_t ikm[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    mjl_result result = random.fill(random.context, ikm, suite->kem_private_size);
    if (result == MJL_OK) {
        const mjl_bytes seed = mjl_bytes_of(ikm, suite->kem_private_size);
        result = suite->kem_derive_key_pair(seed, private_key, public_key);
    }
    sodium_memzero(ikm, sizeof ikm);
    return result;
}

void mjl_mls_hash(const mjl_mls_suite *suite, mjl_bytes input, uint8_t *out)
{
    const mjl_mls_parts parts = {&input, 1};
    suite->hash(parts, out);
}

void mjl_mls_mac(const mjl_mls_suite *suite, const uint8_t *key, mjl_bytes input, uint8_t *out)
{
    const mjl_mls_parts parts = {&input, 1};
    suite->hmac(mjl_bytes_of(key, suite->hash_size), parts, out);
}

bool mjl_mls_mac_equal(const mjl_mls_suite *suite, const uint8_t *expected, mjl_bytes tag)
{
    return tag.size == suite->hash_size && sodium_memcmp(expected, tag.data, tag.size) == 0;
}
