#include "toy_suite.h"

#include <string.h>

#include "toy_mix.h"

enum { SIZE = 32, TAG_SIZE = 16, NONCE_SIZE = 12, SIGNATURE_SIZE = 64, SEED_SIZE = 64 };

/* ---- Hashes ---- */

static void mix_one(mjl_bytes key, mjl_bytes input, uint8_t *out)
{
    toy_mix(key, (mjl_mls_parts){&input, 1}, 0, out);
}

static void hash(mjl_mls_parts input, uint8_t *out)
{
    toy_mix(mjl_bytes_of(NULL, 0), input, 0, out);
}

static void hmac(mjl_bytes key, mjl_mls_parts input, uint8_t *out)
{
    toy_mix(key, input, 0, out);
}

static void hkdf_expand(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size)
{
    uint8_t key[SIZE], block[SIZE];
    memcpy(key, secret.data, SIZE); /* `out` may be its place. */
    for (uint8_t counter = 1; size != 0; counter++) {
        const size_t more = size < SIZE ? size : SIZE;
        toy_mix(mjl_bytes_of(key, SIZE), info, counter, block);
        memcpy(out, block, more);
        out += more;
        size -= more;
    }
}

/* ---- AEAD: the plaintext itself, and a hash as tag ---- */

static void tag_of(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad, mjl_bytes text,
                   uint8_t *tag)
{
    const mjl_bytes parts[] = {mjl_bytes_of(nonce, NONCE_SIZE), aad, text};
    uint8_t whole[SIZE];
    toy_mix(mjl_bytes_of(key, SIZE), (mjl_mls_parts){parts, 3}, 1, whole);
    memcpy(tag, whole, TAG_SIZE);
}

static mjl_result aead_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes plaintext, uint8_t *out)
{
    uint8_t tag[TAG_SIZE];
    tag_of(key, nonce, aad, plaintext, tag);
    if (plaintext.size != 0) memmove(out, plaintext.data, plaintext.size);
    memcpy(out + plaintext.size, tag, TAG_SIZE);
    return MJL_OK;
}

static mjl_result aead_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes ciphertext, uint8_t *out)
{
    uint8_t tag[TAG_SIZE];
    const mjl_bytes text = mjl_bytes_of(ciphertext.data, ciphertext.size - TAG_SIZE);
    tag_of(key, nonce, aad, text, tag);
    if (memcmp(tag, ciphertext.data + text.size, TAG_SIZE) != 0) return MJL_CANNOT_OPEN;
    if (text.size != 0) memmove(out, text.data, text.size);
    return MJL_OK;
}

/* ---- Keys: the public one is a hash of the private one ---- */

static mjl_result public_of(const uint8_t *private_key, uint8_t *public_key)
{
    mix_one(mjl_bytes_of(NULL, 0), mjl_bytes_of(private_key, SIZE), public_key);
    return MJL_OK;
}

static mjl_result derive_key_pair(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)
{
    static const uint8_t key[SIZE] = "toy";
    mix_one(mjl_bytes_of(key, SIZE), ikm, private_key);
    return public_of(private_key, public_key);
}

static mjl_result dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    uint8_t both[2][SIZE];
    public_of(private_key, both[0]);
    const size_t first = memcmp(both[0], public_key, SIZE) < 0 ? 0 : 1;
    if (first == 1) memcpy(both[1], both[0], SIZE);
    memcpy(both[1 - first], public_key, SIZE);
    mix_one(mjl_bytes_of(NULL, 0), mjl_bytes_of(both[0], sizeof both), shared);
    return MJL_OK;
}

static mjl_result check_public(mjl_bytes public_key)
{
    return public_key.size == SIZE ? MJL_OK : MJL_BAD_KEY;
}

/* ---- Signatures. The seed ends in the public key, as libsodium's does ---- */

static mjl_result signature_key_import(mjl_bytes private_key, uint8_t *key, uint8_t *seed)
{
    if (private_key.size != SIZE) return MJL_BAD_KEY;
    public_of(private_key.data, key);
    memcpy(seed, private_key.data, SIZE);
    memcpy(seed + SIZE, key, SIZE);
    return MJL_OK;
}

static mjl_result signature_key_pair(mjl_random random, uint8_t *key, uint8_t *seed)
{
    uint8_t fresh[SIZE];
    const mjl_result result = random.fill(random.context, fresh, sizeof fresh);
    return result == MJL_OK ? signature_key_import(mjl_bytes_of(fresh, SIZE), key, seed) : result;
}

static void mix_signature(const uint8_t *key, mjl_bytes message, uint8_t *signature)
{
    mix_one(mjl_bytes_of(key, SIZE), message, signature);
    mix_one(mjl_bytes_of(key, SIZE), mjl_bytes_of(signature, SIZE), signature + SIZE);
}

static mjl_result sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature, size_t *size)
{
    mix_signature(seed + SIZE, message, signature);
    *size = SIGNATURE_SIZE;
    return MJL_OK;
}

static mjl_result verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    uint8_t expected[SIGNATURE_SIZE];
    if (key.size != SIZE || signature.size != SIGNATURE_SIZE) return MJL_BAD_SIGNATURE;
    mix_signature(key.data, message, expected);
    return memcmp(expected, signature.data, SIGNATURE_SIZE) == 0 ? MJL_OK : MJL_BAD_SIGNATURE;
}

const mjl_mls_suite toy_suite = {
    .id = 0x0003,
    .hpke_kem = 0x0020,
    .hpke_kdf = 0x0001,
    .hpke_aead = 0x0003,
    .hash_size = SIZE,
    .aead_key_size = SIZE,
    .aead_nonce_size = NONCE_SIZE,
    .aead_tag_size = TAG_SIZE,
    .kem_public_size = SIZE,
    .kem_private_size = SIZE,
    .kem_shared_size = SIZE,
    .signature_key_size = SIZE,
    .signature_seed_size = SEED_SIZE,
    .signature_size_max = SIGNATURE_SIZE,
    .hash = hash,
    .hmac = hmac,
    .hkdf_extract = hmac,
    .hkdf_expand = hkdf_expand,
    .aead_seal = aead_seal,
    .aead_open = aead_open,
    .kem_derive_key_pair = derive_key_pair,
    .kem_public_of = public_of,
    .kem_dh = dh,
    .kem_check_public = check_public,
    .signature_key_pair = signature_key_pair,
    .signature_key_import = signature_key_import,
    .sign = sign,
    .verify = verify,
    .signature_check_public = check_public,
};

static const mjl_mls_suite *const list[] = {&toy_suite};
const mjl_mls_suites toy_suites = {list, 1};
