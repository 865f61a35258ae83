/*
 * A cipher suite (RFC 9420 §5.1) as a table of sizes and functions: the only place where MLS meets
 * a crypto library. All above it is written against this table, so bringing one's own suite, or
 * another implementation of a known one, is filling a table and naming it where a suite is chosen:
 *
 *     identity ──> its suite ──> key packages, groups created and joined with that identity
 *     stored and received bytes name their suite by id ──> found in an mjl_mls_suites
 *
 * There is no registry: nothing here is global, and what is not named is one of those built in.
 *
 * A provider promises: the table and what it points to live as long as anything made with it; no
 * state; no allocation that outlives a call; no randomness but what is passed in (signatures may
 * need a nonce: see `sign`); wiped temporaries; the same answers everywhere. Hash, HMAC and HKDF
 * cannot fail, so a provider that could fail there must not be used; the others answer a result.
 * Sizes are the suite's and are not passed; none is larger than its ..._SIZE_MAX.
 *
 * Input in pieces (`mjl_mls_parts`) is read in order as if it were one string: the hot paths then
 * need no buffer to put a label before its content.
 *
 * Threads: the functions of a table may be called by any thread.
 */
#ifndef MAJLIS_SUITE_H
#define MAJLIS_SUITE_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

/* The largest sizes a suite may have: room on the stack and in structures. */
enum {
    MJL_MLS_HASH_SIZE_MAX = 64, /* SHA-512 */
    MJL_MLS_AEAD_KEY_SIZE_MAX = 32,
    MJL_MLS_AEAD_NONCE_SIZE_MAX = 12,
    MJL_MLS_AEAD_TAG_SIZE_MAX = 16,
    MJL_MLS_KEM_PUBLIC_SIZE_MAX = 133, /* P-521, uncompressed */
    MJL_MLS_KEM_PRIVATE_SIZE_MAX = 66,
    MJL_MLS_KEM_SHARED_SIZE_MAX = 66,
    MJL_MLS_SIGNATURE_KEY_SIZE_MAX = 133,
    MJL_MLS_SIGNATURE_SEED_SIZE_MAX = 66,
    MJL_MLS_SIGNATURE_SIZE_MAX = 139 /* ECDSA over P-521, DER */
};

typedef struct mjl_mls_parts {
    const mjl_bytes *parts;
    size_t count;
} mjl_mls_parts;

typedef struct mjl_mls_suite {
    uint16_t id; /* RFC 9420 §17.1; 0xF000 and up are for private use. */
    uint16_t hpke_kem, hpke_kdf, hpke_aead; /* RFC 9180 §7 */

    size_t hash_size; /* KDF.Nh as well. */
    size_t aead_key_size, aead_nonce_size, aead_tag_size;
    size_t kem_public_size;                   /* Npk; the encapsulation (Nenc) has the same size. */
    size_t kem_private_size, kem_shared_size; /* Nsk, Ndh */
    size_t signature_key_size;                /* Public. */
    size_t signature_seed_size; /* Secret, in the form that `sign` wants: the provider's own. */
    size_t signature_size_max;

    void (*hash)(mjl_mls_parts input, uint8_t *out);
    void (*hmac)(mjl_bytes key, mjl_mls_parts input, uint8_t *out);
    /* HKDF (RFC 5869). An empty salt is Nh zeroes. `size` is at most 255 hash sizes. `out` may be
       the secret's own place. */
    void (*hkdf_extract)(mjl_bytes salt, mjl_mls_parts input, uint8_t *out);
    void (*hkdf_expand)(mjl_bytes secret, mjl_mls_parts info, uint8_t *out, size_t size);

    /* `out` may be the plaintext's (the ciphertext's) own place; the tag stands behind. seal writes
       plaintext.size + tag, open ciphertext.size - tag; a ciphertext is at least a tag long. open:
       CANNOT_OPEN, `out` then holds nothing of the plaintext. */
    mjl_result (*aead_seal)(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes plaintext, uint8_t *out);
    mjl_result (*aead_open)(const uint8_t *key, const uint8_t *nonce, mjl_bytes aad,
                            mjl_bytes ciphertext, uint8_t *out);

    /* DHKEM's parts (RFC 9180 §4.1, §7.1.3). `ikm` has at least the private key's size. */
    mjl_result (*kem_derive_key_pair)(mjl_bytes ikm, uint8_t *private_key, uint8_t *public_key);
    /* BAD_KEY if the private key is none. */
    mjl_result (*kem_public_of)(const uint8_t *private_key, uint8_t *public_key);
    /* BAD_KEY if the public key is no valid point or the outcome is all zero. */
    mjl_result (*kem_dh)(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared);
    /* Whether the public key may be used at all, BAD_KEY: its size; canonical; on the curve; no low
       order. */
    mjl_result (*kem_check_public)(mjl_bytes public_key);

    mjl_result (*signature_key_pair)(mjl_random random, uint8_t *key, uint8_t *seed);
    /* From a private key in the form its scheme has for interchange: the 32 or 57 bytes of RFC 8032
       for EdDSA, a big-endian scalar for ECDSA, whose leading zeroes may be missing. BAD_KEY. */
    mjl_result (*signature_key_import)(mjl_bytes private_key, uint8_t *key, uint8_t *seed);
    /* `signature` has room for signature_size_max. A scheme that needs a nonce takes it from its
       library's own random source. */
    mjl_result (*sign)(const uint8_t *seed, mjl_bytes message, uint8_t *signature, size_t *size);
    /* BAD_SIGNATURE, as strict as the scheme allows: one encoding of each signature. Both lengths
       are the peer's. */
    mjl_result (*verify)(mjl_bytes key, mjl_bytes message, mjl_bytes signature);
    /* BAD_KEY unless canonical and not of low order. For keys that enter a tree, each with a
       signature by itself: that it is on the curve may be left to `verify`. */
    mjl_result (*signature_check_public)(mjl_bytes key);
} mjl_mls_suite;

/* Suites in addition to those built in, and before them: an own 0x0003 is then the one used.
   Borrowed for the call; what was made keeps its suite's table. Where one is asked for, NULL means
   those built in alone. */
typedef struct mjl_mls_suites {
    const mjl_mls_suite *const *list;
    size_t count;
} mjl_mls_suites;

/* NULL if neither `suites` (may be NULL) nor those built in have it. Built in: 0x0003; with
   OpenSSL's libcrypto 0x0001 to 0x0007 (0x0002, 0x0005 and 0x0007 sign with ECDSA, whose nonces
   come from libcrypto's own random source). */
MJL_API const mjl_mls_suite *mjl_mls_suite_find(const mjl_mls_suites *suites, uint16_t id);

MJL_END_DECLS

#endif
