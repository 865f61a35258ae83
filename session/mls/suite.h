/*
 * A cipher suite (RFC 9420 §5.1) as a table of sizes and functions: the only place where MLS meets
 * a crypto library. Everything above (labels, HPKE, key schedule) is written against this table, so
 * a second provider is one more file that fills it for more suite ids.
 *
 * A provider promises: no state, no allocation that outlives a call, no randomness of its own, and
 * wiped temporaries. Hash, HMAC and HKDF cannot fail (a provider that could fail there must not be
 * listed); the others answer a result.
 *
 * Input that comes in pieces is given as `mjl_mls_parts`, read in order as if it were one string:
 * the hot paths then need no buffer to put a label before its content.
 */
#ifndef MJL_MLS_SUITE_H
#define MJL_MLS_SUITE_H

#include "majlis/bytes.h"
#include "majlis/mls.h"

/* The largest sizes of the suites built in: room on the stack and in structures. They grow when a
   provider with larger ones comes (SHA-512: 64, P-521: 133 and 66). */
enum {
    MJL_MLS_HASH_SIZE_MAX = 32,
    MJL_MLS_AEAD_KEY_SIZE_MAX = 32,
    MJL_MLS_AEAD_NONCE_SIZE_MAX = 12,
    MJL_MLS_AEAD_TAG_SIZE_MAX = 16,
    MJL_MLS_KEM_PUBLIC_SIZE_MAX = 32,
    MJL_MLS_KEM_PRIVATE_SIZE_MAX = 32,
    MJL_MLS_SIGNATURE_SIZE_MAX = 64
};

/* Protocol version mls10 (§6), the only one. */
enum { MJL_MLS_VERSION_10 = 1 };

typedef struct mjl_mls_parts {
    const mjl_bytes *parts;
    size_t count;
} mjl_mls_parts;

typedef struct mjl_mls_suite {
    uint16_t id;
    uint16_t hpke_kem, hpke_kdf, hpke_aead; /* RFC 9180 §7 */

    size_t hash_size; /* KDF.Nh as well. */
    size_t aead_key_size, aead_nonce_size, aead_tag_size;
    size_t kem_public_size;                   /* Npk; the encapsulation (Nenc) has the same size. */
    size_t kem_private_size, kem_shared_size; /* Nsk, Ndh */
    size_t signature_key_size, signature_seed_size, signature_size;

    void (*hash)(mjl_mls_parts input, uint8_t *out);
    void (*hmac)(mjl_bytes key, mjl_mls_parts input, uint8_t *out);
    /* HKDF (RFC 5869). An empty salt is Nh zeroes. `size` is at most 255 hash sizes. */
    void (*hkdf_extract)(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
    void (*hkdf_expand)(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);

    /* `out` may be the plaintext's (the ciphertext's) own place; the tag stands behind. seal writes
       plaintext.size + tag, open ciphertext.size - tag. open: CANNOT_OPEN, `out` then holds
       nothing. */
    mjl_result (*aead_seal)(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes plaintext, uint8_t *out);
    mjl_result (*aead_open)(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes ciphertext, uint8_t *out);

    /* DHKEM's parts (RFC 9180 §4.1, §7.1.3). */
    mjl_result (*kem_derive_key_pair)(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key);
    mjl_result (*kem_public_of)(const uint8_t *private_key, uint8_t *public_key);
    /* BAD_KEY if the public key is no valid point or the outcome is all zero. */
    mjl_result (*kem_dh)(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared);
    /* Whether the public key may be used at all: size, and no low-order point. */
    mjl_result (*kem_check_public)(mjl_bytes public_key);

    mjl_result (*signature_key_pair)(mjl_random random, uint8_t *key, uint8_t *seed);
    mjl_result (*sign)(const uint8_t *seed, mjl_bytes message, uint8_t *signature);
    /* BAD_SIGNATURE. Strict: only the canonical signature by a canonical key of the main group. */
    mjl_result (*verify)(mjl_bytes key, mjl_bytes message, mjl_bytes signature);
    /* BAD_KEY unless canonical and of the main group. For keys that enter a tree: `verify` checks
       what is cheap, this all. */
    mjl_result (*signature_check_public)(mjl_bytes key);
} mjl_mls_suite;

/* NULL if no provider here has it. */
const mjl_mls_suite *mjl_mls_suite_find(uint16_t id);

/* A fresh key pair: kem_derive_key_pair of random bytes. The private key is the caller's to wipe.
 */
MJL_MUST_USE mjl_result mjl_mls_kem_generate(const mjl_mls_suite *suite, mjl_random random,
                                             uint8_t *private_key, uint8_t *public_key);
/* hash() of one piece. */
void mjl_mls_hash(const mjl_mls_suite *suite, mjl_bytes input, uint8_t *out);
/* hmac() of one piece: MAC of §6.1. */
void mjl_mls_mac(const mjl_mls_suite *suite, const uint8_t *key, mjl_bytes input, uint8_t *out);
/* Whether two secrets or tags of hash size are equal, in constant time. */
bool mjl_mls_mac_equal(const mjl_mls_suite *suite, const uint8_t *expected, mjl_bytes tag);

/* The libsodium provider: suite 0x0003. */
extern const mjl_mls_suite mjl_mls_suite_sodium_3;

#endif
