#include <sodium.h>

#include "suite_sha256.h"

void mjl_mls_sha256(mjl_mls_parts input, uint8_t *out)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < input.count; i++)
        crypto_hash_sha256_update(&state, input.parts[i].data, input.parts[i].size);
    crypto_hash_sha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

static void hmac_update(crypto_auth_hmacsha256_state *state, mjl_mls_parts input)
{
    for (size_t i = 0; i < input.count; i++)
        crypto_auth_hmacsha256_update(state, input.parts[i].data, input.parts[i].size);
}

void mjl_mls_sha256_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    static const uint8_t nothing[1] = {0}; /* A place to point at for an empty key. */
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data == NULL ? nothing : key.data, key.size);
    hmac_update(&state, input);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

/* HMAC pads its key with zeroes, so an empty salt is the salt of Nh zeroes. */
void mjl_mls_sha256_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    mjl_mls_sha256_hmac(salt, input, out);
}

void mjl_mls_sha256_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    crypto_auth_hmacsha256_state keyed, state;
    uint8_t block[crypto_auth_hmacsha256_BYTES];
    size_t done = 0;
    crypto_auth_hmacsha256_init(&keyed, secret.data, secret.size);
    for (uint8_t counter = 1; done < size; counter++) {
        state = keyed;
        if (counter > 1) crypto_auth_hmacsha256_update(&state, block, sizeof block);
        hmac_update(&state, info);
        crypto_auth_hmacsha256_update(&state, &counter, 1);
        crypto_auth_hmacsha256_final(&state, block);
        const size_t more = size - done < sizeof block ? size - done : sizeof block;
        memcpy(out + done, block, more);
        done += more;
    }
    sodium_memzero(block, sizeof block);
    sodium_memzero(&keyed, sizeof keyed);
    sodium_memzero(&state, sizeof state);
}
