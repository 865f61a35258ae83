/*
 * Suite 0x0003, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, on libsodium. None of the
 * functions used here needs sodium_init (it picks faster code and seeds libsodium's own random
 * source, which is not used).
 */
#include "suite_sodium.h"

#include <sodium.h>

#include "kem_derive.h"

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

mjl_result mjl_mls_chacha_seal(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes plaintext, uint8_t *out)
{
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plaintext.data, plaintext.size, aad.data,
                                              aad.size, NULL, nonce, key);
    return MJL_OK;
}

mjl_result mjl_mls_chacha_open(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                               mjl_bytes ciphertext, uint8_t *out)
{
    const int opened = crypto_aead_chacha20poly1305_ietf_decrypt(
        out, NULL, NULL, ciphertext.data, ciphertext.size, aad.data, aad.size, nonce, key);
    return opened == 0 ? MJL_OK : MJL_CANNOT_OPEN;
}

mjl_result mjl_mls_x25519_public_of(const uint8_t *private_key, uint8_t *public_key)
{
    return crypto_scalarmult_curve25519_base(public_key, private_key) == 0 ? MJL_OK : MJL_BAD_KEY;
}

mjl_result mjl_mls_x25519_derive(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key)
{
    static const mjl_mls_kem_kdf kdf = {0x0020, crypto_auth_hmacsha256_BYTES,
                                        mjl_mls_sha256_extract, mjl_mls_sha256_expand};
    uint8_t secret[crypto_auth_hmacsha256_BYTES];
    mjl_mls_kem_derive_begin(&kdf, ikm, secret);
    mjl_mls_kem_derive_expand(&kdf, secret, "sk", mjl_bytes_of(NULL, 0), private_key,
                              crypto_scalarmult_curve25519_SCALARBYTES);
    sodium_memzero(secret, sizeof secret);
    return mjl_mls_x25519_public_of(private_key, public_key);
}

/* libsodium refuses low-order points and an outcome of all zeroes (RFC 9180 §7.1.4). */
mjl_result mjl_mls_x25519_dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    const int done = crypto_scalarmult_curve25519(shared, private_key, public_key);
    return done == 0 ? MJL_OK : MJL_BAD_KEY;
}

/* Any 32 bytes are a point of the curve or its twist; those of low order show by an all-zero
   outcome with any private key, for private keys are multiples of the cofactor. */
mjl_result mjl_mls_x25519_check(mjl_bytes public_key)
{
    static const uint8_t any[crypto_scalarmult_curve25519_SCALARBYTES] = {8};
    uint8_t shared[crypto_scalarmult_curve25519_BYTES];
    if (public_key.size != crypto_scalarmult_curve25519_BYTES) return MJL_BAD_KEY;
    return mjl_mls_x25519_dh(any, public_key.data, shared);
}

mjl_result mjl_mls_ed25519_key_pair(mjl_random random, uint8_t *key, uint8_t *seed)
{
    uint8_t fresh[crypto_sign_ed25519_SEEDBYTES];
    const mjl_result result = random.fill(random.context, fresh, sizeof fresh);
    if (result == MJL_OK) crypto_sign_ed25519_seed_keypair(key, seed, fresh);
    sodium_memzero(fresh, sizeof fresh);
    return result;
}

mjl_result mjl_mls_ed25519_import(mjl_bytes private_key, uint8_t *key, uint8_t *seed)
{
    if (private_key.size != crypto_sign_ed25519_SEEDBYTES) return MJL_BAD_KEY;
    crypto_sign_ed25519_seed_keypair(key, seed, private_key.data);
    return MJL_OK;
}

mjl_result mjl_mls_ed25519_sign(const uint8_t *seed, mjl_bytes message, uint8_t *signature,
                                size_t *size)
{
    *size = crypto_sign_ed25519_BYTES;
    crypto_sign_ed25519_detached(signature, NULL, message.data, message.size, seed);
    return MJL_OK;
}

/* libsodium compares the encoded R, so it accepts one encoding of it, and refuses S beyond the
   order, keys that are not canonical and keys of low order. */
mjl_result mjl_mls_ed25519_verify(mjl_bytes key, mjl_bytes message, mjl_bytes signature)
{
    if (key.size != crypto_sign_ed25519_PUBLICKEYBYTES) return MJL_BAD_SIGNATURE;
    if (signature.size != crypto_sign_ed25519_BYTES) return MJL_BAD_SIGNATURE;
    const int verified =
        crypto_sign_ed25519_verify_detached(signature.data, message.data, message.size, key.data);
    return verified == 0 ? MJL_OK : MJL_BAD_SIGNATURE;
}

mjl_result mjl_mls_ed25519_check(mjl_bytes key)
{
    if (key.size != crypto_sign_ed25519_PUBLICKEYBYTES) return MJL_BAD_KEY;
    return crypto_core_ed25519_is_valid_point(key.data) == 1 ? MJL_OK : MJL_BAD_KEY;
}

const mjl_mls_suite mjl_mls_suite_sodium_3 = {
    .id = 0x0003,
    .hpke_kem = 0x0020,  /* DHKEM(X25519, HKDF-SHA256) */
    .hpke_kdf = 0x0001,  /* HKDF-SHA256 */
    .hpke_aead = 0x0003, /* ChaCha20Poly1305 */
    .hash_size = crypto_hash_sha256_BYTES,
    .aead_key_size = crypto_aead_chacha20poly1305_ietf_KEYBYTES,
    .aead_nonce_size = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
    .aead_tag_size = crypto_aead_chacha20poly1305_ietf_ABYTES,
    .kem_public_size = crypto_scalarmult_curve25519_BYTES,
    .kem_private_size = crypto_scalarmult_curve25519_SCALARBYTES,
    .kem_shared_size = crypto_scalarmult_curve25519_BYTES,
    .signature_key_size = crypto_sign_ed25519_PUBLICKEYBYTES,
    .signature_seed_size = crypto_sign_ed25519_SECRETKEYBYTES,
    .signature_size_max = crypto_sign_ed25519_BYTES,
    .hash = mjl_mls_sha256,
    .hmac = mjl_mls_sha256_hmac,
    .hkdf_extract = mjl_mls_sha256_extract,
    .hkdf_expand = mjl_mls_sha256_expand,
    .aead_seal = mjl_mls_chacha_seal,
    .aead_open = mjl_mls_chacha_open,
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
