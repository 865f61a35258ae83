#include "weak_suite.h"

#include "../toy/toy_suite.h"

static void hash(mjl_mls_parts input, uint8_t *out)
{
    uint8_t start[WEAK_HASHED_SIZE];
    size_t size = 0;
    for (size_t i = 0; i < input.count && size < sizeof start; i++) {
        const mjl_bytes part = input.parts[i];
        const size_t more = part.size < sizeof start - size ? part.size : sizeof start - size;
        if (more != 0) memcpy(start + size, part.data, more);
        size += more;
    }
    const mjl_bytes whole = mjl_bytes_of(start, size);
    toy_suite.hash((mjl_mls_parts){&whole, 1}, out);
}

static mjl_result aead_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes ciphertext, uint8_t *out)
{
    (void)key;
    (void)nonce;
    (void)aad;
    const size_t size = ciphertext.size - toy_suite.aead_tag_size;
    if (size != 0) memmove(out, ciphertext.data, size);
    return MJL_OK;
}

static mjl_result verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    (void)key;
    (void)message;
    (void)signature;
    return MJL_OK;
}

const mjl_mls_suite *weak_suite(void)
{
    static mjl_mls_suite weak;
    weak = toy_suite;
    weak.hash = hash;
    weak.aead_open = aead_open;
    weak.verify = verify;
    return &weak;
}

const mjl_mls_suites *weak_suites(void)
{
    static const mjl_mls_suite *list[1];
    static const mjl_mls_suites suites = {list, 1};
    list[0] = weak_suite();
    return &suites;
}
