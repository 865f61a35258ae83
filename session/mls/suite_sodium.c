/*
 * Suite 0x0003, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, on libsodium. None of the
 * functions used here needs sodium_init (it picks faster code and seeds libsodium's own random
 * source, which is not used).
 */
#include "suite_sodium.h"

#include <sodium.h>

#include "kem_derive.h"
#include "suite_parts.h"
#include "suite_sha256.h"

enum { FIELD_SIZE = 32 }; /* Of an encoded element of the field of 2^255 - 19. */

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

/* Below 2^255 - 19, the highest bit aside. */
static bool is_canonical(const uint8_t *key)
{
    if ((key[FIELD_SIZE - 1] & 0x7f) != 0x7f || key[0] < 0xed) return true;
    for (size_t i = 1; i < FIELD_SIZE - 1; i++)
        if (key[i] != 0xff) return true;
    return false;
}

/* RFC 7748 would reduce what is not canonical; then one key had several encodings, and the rule
   that a key stands in one place (RFC 9420 §7.3) could be dodged. Nobody makes such points. */
static bool is_canonical_point(const uint8_t *key)
{
    return (key[FIELD_SIZE - 1] & 0x80) == 0 && is_canonical(key);
}

/* libsodium refuses low-order points and an outcome of all zeroes (RFC 9180 §7.1.4). */
mjl_result mjl_mls_x25519_dh(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared)
{
    if (!is_canonical_point(public_key)) return MJL_BAD_KEY;
    const int done = crypto_scalarmult_curve25519(shared, private_key, public_key);
    return done == 0 ? MJL_OK : MJL_BAD_KEY;
}

/* Whether the bytes are one of the listed encodings, the highest bit aside. */
static bool is_listed(const uint8_t list[][FIELD_SIZE], size_t count, const uint8_t *key)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(list[i], key, FIELD_SIZE - 1) == 0 &&
            list[i][FIELD_SIZE - 1] == (key[FIELD_SIZE - 1] & 0x7f))
            return true;
    return false;
}

/* Any element of the field is a point of the curve or its twist. Those of low order are few and are
   looked up; a scalar multiplication would find them too, at the cost of using the key. */
mjl_result mjl_mls_x25519_check(mjl_bytes public_key)
{
    static const uint8_t low_order[][FIELD_SIZE] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
         0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
         0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
        {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
         0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
         0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};
    if (public_key.size != FIELD_SIZE) return MJL_BAD_KEY;
    const size_t count = sizeof low_order / sizeof *low_order;
    if (!is_canonical_point(public_key.data)) return MJL_BAD_KEY;
    return is_listed(low_order, count, public_key.data) ? MJL_BAD_KEY : MJL_OK;
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

/* Keys of low order verify signatures nobody made. A key with a part of low order beside one of the
   main group does not, and finding it costs as much as verifying: it is let in. What is no point
   at all fails at the signature that comes with every key. */
mjl_result mjl_mls_ed25519_check(mjl_bytes key)
{
    static const uint8_t low_order[][FIELD_SIZE] = {
        {0}, /* Order 4. */
        {1}, /* The neutral element. */
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};
    if (key.size != FIELD_SIZE || !is_canonical(key.data)) return MJL_BAD_KEY;
    const size_t count = sizeof low_order / sizeof *low_order;
    return is_listed(low_order, count, key.data) ? MJL_BAD_KEY : MJL_OK;
}

const mjl_mls_suite mjl_mls_suite_sodium_3 = {
    .id = 0x0003,
    MJL_MLS_PART_X25519,
    MJL_MLS_PART_CHACHA,
    MJL_MLS_PART_SHA256,
    MJL_MLS_PART_ED25519,
};
