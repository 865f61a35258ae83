/*
 * Sealing one record: encrypted and bound to its profile and place; and the head record, which
 * counts all others.
 *
 *     record   [ nonce 24 | ciphertext | tag 16 ]
 *     head     [ format 1 | nonce 24 | ciphertext of (counter 8, count 8, salt 32, set 32, items) |
 * tag 16 ] bound to [ format 1 | profile salt 32 | session 4 | kind 2 | key ]     (salt 0 for the
 * head). Its items: record_held.h.
 *
 * Integers are big-endian. XChaCha20-Poly1305; the subkeys come from the store key by crypto_kdf
 * (BLAKE2b). Secrets: the sealing is one and is wiped by `clear`.
 */
#ifndef MJL_STORE_RECORD_SEAL_H
#define MJL_STORE_RECORD_SEAL_H

#include "majlis/store.h"

enum {
    MJL_RECORD_FORMAT = 3,
    MJL_RECORD_SALT_SIZE = 32,
    MJL_RECORD_ELEMENT_SIZE = 32,
    MJL_RECORD_CONTENT_SIZE = 16,
    MJL_RECORD_NONCE_SIZE = 24,
    MJL_RECORD_TAG_SIZE = 16,
    MJL_RECORD_OVERHEAD = MJL_RECORD_NONCE_SIZE + MJL_RECORD_TAG_SIZE,
    MJL_RECORD_HEAD_PLAIN_SIZE = 8 + 8 + MJL_RECORD_SALT_SIZE + MJL_RECORD_ELEMENT_SIZE,
    MJL_RECORD_HEAD_OVERHEAD = 1 + MJL_RECORD_OVERHEAD,
    MJL_RECORD_INDEX_KEY_SIZE = 16,
    MJL_HELD_SIZE_MAX = 2048 /* Of all items in the head: it is written with every transaction. */
};

typedef struct mjl_record_sealing {
    uint8_t seal_key[32];
    uint8_t nonce_key[16];
    uint8_t set_keys[2][16];
    uint8_t content_key[16];
    uint8_t index_key[MJL_RECORD_INDEX_KEY_SIZE];
    uint8_t salt[MJL_RECORD_SALT_SIZE];
} mjl_record_sealing;

/* `set` is the hash over all records: their elements, combined by exclusive or. */
typedef struct mjl_record_head {
    uint64_t counter; /* Transactions so far. */
    uint64_t count;   /* Records besides the head. */
    uint8_t set[MJL_RECORD_ELEMENT_SIZE];
} mjl_record_head;

/* Derives the keys; the salt stays 0 until a head is opened or a new profile draws one. */
void mjl_record_sealing_init(mjl_record_sealing *sealing,
                             const uint8_t key[MJL_STORE_SEALING_KEY_SIZE]);
void mjl_record_sealing_clear(mjl_record_sealing *sealing);

/* What is written: a value, its content hash, and random bytes for its nonce alone. */
typedef struct mjl_record_sealed_value {
    mjl_bytes value;
    const uint8_t *content; /* MJL_RECORD_CONTENT_SIZE */
    const uint8_t *drawn;   /* MJL_RECORD_NONCE_SIZE */
} mjl_record_sealed_value;

/* `sealed` has room for value.size + MJL_RECORD_OVERHEAD. */
void mjl_record_seal(const mjl_record_sealing *sealing, mjl_store_place place,
                     const mjl_record_sealed_value *of, uint8_t *sealed);
/* `value` has room for sealed.size - MJL_RECORD_OVERHEAD. STORE_DAMAGED. */
MJL_MUST_USE mjl_result mjl_record_unseal(const mjl_record_sealing *sealing, mjl_store_place place,
                                          mjl_bytes sealed, uint8_t *value);

/* Writes the head's numbers to the first MJL_RECORD_HEAD_PLAIN_SIZE bytes of `plain`, whose items
 * stand behind them, and seals it. `sealed` has room for plain->size + MJL_RECORD_HEAD_OVERHEAD. */
void mjl_record_head_seal(const mjl_record_sealing *sealing, const mjl_record_head *head,
                          const uint8_t drawn[MJL_RECORD_NONCE_SIZE], mjl_buffer *plain,
                          uint8_t *sealed);
/* Takes the profile's salt into `sealing`, and all of the plaintext into `plain`, which is empty.
 * STORE_WRONG_KEY, STORE_DAMAGED, UNKNOWN_VERSION, OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_head_unseal(mjl_record_sealing *sealing, mjl_bytes sealed,
                                               mjl_record_head *head, mjl_buffer *plain);
mjl_store_place mjl_record_head_place(void);

/*
 * What one sealed record adds to the set hash: a pseudorandom function of its place, nonce and tag,
 * SipHash-2-4 of 128 bits under two keys side by side (a hash that is meant for such short inputs;
 * keyed BLAKE2b takes as long for them as sealing a small record).
 *
 * This is MSet-XOR-Hash of D. Clarke, S. Devadas, M. van Dijk, B. Gassend and G. E. Suh,
 * "Incremental Multiset Hash Functions and Their Application to Memory Integrity Checking",
 * ASIACRYPT 2003, so a change costs as much as what changed. Its conditions hold here. It resists
 * collisions of multisets up to parity: a place stands once (the order is checked on load), so we
 * hash sets. Whoever forges must not see sums of elements: there, a random mask hides them; here,
 * the set hash is only ever stored inside the sealed head. Its count of members is the head's.
 * Nonce and tag name the bytes of the record: who cannot seal cannot make other bytes that open
 * with them.
 */
void mjl_record_element(const mjl_record_sealing *sealing, mjl_store_place place, mjl_bytes sealed,
                        uint8_t element[MJL_RECORD_ELEMENT_SIZE]);
void mjl_record_set_toggle(uint8_t set[MJL_RECORD_ELEMENT_SIZE],
                           const uint8_t element[MJL_RECORD_ELEMENT_SIZE]);

/* A keyed hash of a plaintext (SipHash-2-4 of 128 bits, a pseudorandom function), to know a write
   that would change nothing, and for the nonce. Never stored. */
void mjl_record_content(const mjl_record_sealing *sealing, mjl_bytes value,
                        uint8_t content[MJL_RECORD_CONTENT_SIZE]);

#endif
