/*
 * libcrypto marks these calls as deprecated in favour of ones that allocate and look algorithms up
 * by name, which costs more than the hash of a short message. They stay in all of 3.x.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sodium.h>

#include "suite_sha256.h"

enum { BLOCK_SIZE = SHA256_CBLOCK, INNER = 0x36, OUTER = 0x5c };

static void update(SHA256_CTX *state, mjl_mls_parts input)
{
    for (size_t i = 0; i < input.count; i++)
        if (input.parts[i].size != 0)
            SHA256_Update(state, input.parts[i].data, input.parts[i].size);
}

static void finish(SHA256_CTX *state, uint8_t *out)
{
    SHA256_Final(out, state);
    sodium_memzero(state, sizeof *state);
}

void mjl_mls_sha256(mjl_mls_parts input, uint8_t *out)
{
    SHA256_CTX state;
    SHA256_Init(&state);
    update(&state, input);
    finish(&state, out);
}

/* ---- HMAC (RFC 2104) ---- */

/* Both states as they are once the padded key went in: what one key needs once. */
typedef struct keyed {
    SHA256_CTX inner, outer;
} keyed;

static void keyed_start(mjl_bytes key, keyed *states)
{
    uint8_t block[BLOCK_SIZE] = {0};
    if (key.size > BLOCK_SIZE) {
        mjl_mls_sha256((mjl_mls_parts){&key, 1}, block);
    } else if (key.size != 0) {
        memcpy(block, key.data, key.size);
    }
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= INNER;
    SHA256_Init(&states->inner);
    SHA256_Update(&states->inner, block, sizeof block);
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= INNER ^ OUTER;
    SHA256_Init(&states->outer);
    SHA256_Update(&states->outer, block, sizeof block);
    sodium_memzero(block, sizeof block);
}

static void keyed_finish(keyed *states, uint8_t *out)
{
    uint8_t inner[MJL_MLS_SHA256_SIZE];
    finish(&states->inner, inner);
    SHA256_Update(&states->outer, inner, sizeof inner);
    finish(&states->outer, out);
    sodium_memzero(inner, sizeof inner);
}

void mjl_mls_sha256_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    keyed states;
    keyed_start(key, &states);
    update(&states.inner, input);
    keyed_finish(&states, out);
}

/* ---- HKDF (RFC 5869). HMAC pads its key with zeroes: an empty salt is Nh zeroes. ---- */

void mjl_mls_sha256_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    mjl_mls_sha256_hmac(salt, input, out);
}

void mjl_mls_sha256_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    keyed begun, states;
    uint8_t block[MJL_MLS_SHA256_SIZE];
    size_t done = 0;
    keyed_start(secret, &begun);
    for (uint8_t counter = 1; done < size; counter++) {
        states = begun;
        if (counter > 1) SHA256_Update(&states.inner, block, sizeof block);
        update(&states.inner, info);
        SHA256_Update(&states.inner, &counter, 1);
        keyed_finish(&states, block);
        const size_t more = size - done < sizeof block ? size - done : sizeof block;
        memcpy(out + done, block, more);
        done += more;
    }
    sodium_memzero(block, sizeof block);
    sodium_memzero(&begun, sizeof begun);
}
