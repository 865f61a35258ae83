/*
 * The secret tree of one epoch and the ratchets at its leaves (RFC 9420 §9): mjl_mls_ratchets.
 *
 * Node secrets are derived when a leaf is first needed and erased when consumed: what is kept is
 * the frontier, the highest secrets not yet used, and for each derived leaf two ratchets
 * (handshake, application) with the keys that were skipped.
 *
 *     G derives B:   G gone, kept: F, A, and B's two ratchets
 *        G
 *      E   F
 *     A B C D
 *
 * Two phases: `peek` answers a key and changes nothing, `consume` erases it. The own leaf is
 * derived from the start and is a ratchet like the others: an echo of ours that was never sent by
 * this copy opens, one that was is KEY_USED.
 */
#ifndef MJL_MLS_SECRET_TREE_H
#define MJL_MLS_SECRET_TREE_H

#include "mls_limits.h"
#include "suite.h"

typedef enum mjl_mls_ratchet_kind {
    MJL_MLS_RATCHET_HANDSHAKE = 0,
    MJL_MLS_RATCHET_APPLICATION = 1
} mjl_mls_ratchet_kind;

enum { MJL_MLS_RATCHET_KINDS = 2 };

/* APPLICATION for application data, HANDSHAKE for proposals and commits (§6.3.1). */
mjl_mls_ratchet_kind mjl_mls_ratchet_kind_of(mjl_mls_content_type type);

/* Names one key of the tree. */
typedef struct mjl_mls_key_name {
    uint32_t leaf;
    mjl_mls_ratchet_kind kind;
    uint32_t generation;
} mjl_mls_key_name;

typedef struct mjl_mls_message_key { /* Secret; whoever holds one wipes it. */
    mjl_mls_key_name name;
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX];
    uint8_t nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
} mjl_mls_message_key;

void mjl_mls_message_key_wipe(mjl_mls_message_key *key);

/* `leaves` is the width of the tree. Wiping `encryption_secret` stays with the caller. */
MJL_MUST_USE mjl_result mjl_mls_ratchets_new(const mjl_mls_suite *suite,
                                             const uint8_t *encryption_secret, uint32_t leaves,
                                             uint32_t own_leaf, mjl_mls_ratchets **ratchets);

/* More than MJL_MLS_GENERATIONS_AHEAD_MAX ahead of what was used of that ratchet? */
bool mjl_mls_ratchets_is_far(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name);
/* Would erasing that key now let skipped ones go, of this ratchet or another? */
bool mjl_mls_ratchets_forgets(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name);
/* UNKNOWN_SENDER beyond the tree, KEY_USED, TOO_FAR_AHEAD: of application keys beyond
   MJL_MLS_GENERATIONS_FAR_MAX. */
MJL_MUST_USE mjl_result mjl_mls_ratchets_peek(const mjl_mls_ratchets *ratchets,
                                              mjl_mls_key_name name, mjl_mls_message_key *key);
/* Erases the key, keeps the last MJL_MLS_SKIPPED_MAX of those skipped on the way. KEY_USED when it
   is gone already; the other refusals as for peek, and OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_mls_ratchets_erase(mjl_mls_ratchets *ratchets, mjl_mls_key_name name);

/* Erases skipped keys from before that one, the oldest, until MJL_MLS_SKIPPED_SETTLED_MAX are left
   of the ratchet. */
void mjl_mls_ratchets_settle(mjl_mls_ratchets *ratchets, mjl_mls_key_name name);

/* The next key of the own leaf. FULL when its generations are all used. */
MJL_MUST_USE mjl_result mjl_mls_ratchets_peek_own(const mjl_mls_ratchets *ratchets,
                                                  mjl_mls_ratchet_kind kind,
                                                  mjl_mls_message_key *key);
/* Erases that key: the last step of sending. Cannot fail after a successful peek_own. */
void mjl_mls_ratchets_advance_own(mjl_mls_ratchets *ratchets, mjl_mls_ratchet_kind kind);

uint32_t mjl_mls_ratchets_own_leaf(const mjl_mls_ratchets *ratchets);
size_t mjl_mls_ratchets_skipped_count(const mjl_mls_ratchets *ratchets);

#endif
