#include "suite_sha512.h"

#include <sodium.h>

/*
 * SHA-384 is SHA-512 from other initial values, cut short (FIPS 180-4 §6.5). libsodium has no
 * SHA-384, but its state is a structure in its header that begins with those eight words.
 */
typedef enum sha2 { SHA512, SHA384 } sha2;

enum { BLOCK_SIZE = 128, INNER = 0x36, OUTER = 0x5c };

static const uint64_t initial_384[8] = {
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
};

static size_t size_of(sha2 kind)
{
    return kind == SHA384 ? MJL_MLS_SHA384_SIZE : MJL_MLS_SHA512_SIZE;
}

static void start(sha2 kind, crypto_hash_sha512_state *state)
{
    crypto_hash_sha512_init(state);
    if (kind == SHA384) memcpy(state->state, initial_384, sizeof initial_384);
}

static void update(crypto_hash_sha512_state *state, mjl_mls_parts input)
{
    for (size_t i = 0; i < input.count; i++)
        crypto_hash_sha512_update(state, input.parts[i].data, input.parts[i].size);
}

static void finish(sha2 kind, crypto_hash_sha512_state *state, uint8_t *out)
{
    uint8_t whole[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_final(state, whole);
    memcpy(out, whole, size_of(kind));
    sodium_memzero(whole, sizeof whole);
    sodium_memzero(state, sizeof *state);
}

static void hash(sha2 kind, mjl_mls_parts input, uint8_t *out)
{
    crypto_hash_sha512_state state;
    start(kind, &state);
    update(&state, input);
    finish(kind, &state, out);
}

/* ---- HMAC (RFC 2104) ---- */

/* Both states as they are once the padded key went in: what one key needs once. */
typedef struct keyed {
    crypto_hash_sha512_state inner, outer;
} keyed;

static void keyed_start(sha2 kind, mjl_bytes key, keyed *states)
{
    uint8_t block[BLOCK_SIZE] = {0};
    if (key.size > BLOCK_SIZE) {
        hash(kind, (mjl_mls_parts){&key, 1}, block);
    } else if (key.size != 0) {
        memcpy(block, key.data, key.size);
    }
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= INNER;
    start(kind, &states->inner);
    crypto_hash_sha512_update(&states->inner, block, sizeof block);
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] ^= INNER ^ OUTER;
    start(kind, &states->outer);
    crypto_hash_sha512_update(&states->outer, block, sizeof block);
    sodium_memzero(block, sizeof block);
}

static void keyed_finish(sha2 kind, keyed *states, uint8_t *out)
{
    uint8_t inner[MJL_MLS_SHA512_SIZE];
    finish(kind, &states->inner, inner);
    crypto_hash_sha512_update(&states->outer, inner, size_of(kind));
    finish(kind, &states->outer, out);
    sodium_memzero(inner, sizeof inner);
}

static void hmac(sha2 kind, mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    keyed states;
    keyed_start(kind, key, &states);
    update(&states.inner, input);
    keyed_finish(kind, &states, out);
}

/* ---- HKDF (RFC 5869). HMAC pads its key with zeroes: an empty salt is Nh zeroes. ---- */

static void expand(sha2 kind, mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    keyed begun, states;
    uint8_t block[MJL_MLS_SHA512_SIZE];
    const size_t block_size = size_of(kind);
    keyed_start(kind, secret, &begun);
    size_t done = 0;
    for (uint8_t counter = 1; done < size; counter++) {
        states = begun;
        if (counter > 1) crypto_hash_sha512_update(&states.inner, block, block_size);
        update(&states.inner, info);
        crypto_hash_sha512_update(&states.inner, &counter, 1);
        keyed_finish(kind, &states, block);
        const size_t more = size - done < block_size ? size - done : block_size;
        memcpy(out + done, block, more);
        done += more;
    }
    sodium_memzero(block, sizeof block);
    sodium_memzero(&begun, sizeof begun);
}

/* ---- Under their names ---- */

void mjl_mls_sha512(mjl_mls_parts input, uint8_t *out)
{
    hash(SHA512, input, out);
}

void mjl_mls_sha512_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    hmac(SHA512, key, input, out);
}

void mjl_mls_sha512_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    hmac(SHA512, salt, input, out);
}

void mjl_mls_sha512_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    expand(SHA512, secret, info, out, size);
}

void mjl_mls_sha384(mjl_mls_parts input, uint8_t *out)
{
    hash(SHA384, input, out);
}

void mjl_mls_sha384_hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    hmac(SHA384, key, input, out);
}

void mjl_mls_sha384_extract(mjl_bytes salt, mjl_mls_parts input, uint8_t *out)
{
    hmac(SHA384, salt, input, out);
}

void mjl_mls_sha384_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    expand(SHA384, secret, info, out, size);
}
