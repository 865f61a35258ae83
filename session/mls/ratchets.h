/*
 * How mjl_mls_ratchets is laid out, shared by secret_tree.c (the tree down to its leaves),
 * message_keys.c (the ratchets at the leaves) and secret_tree_saved.c. See secret_tree.h for what
 * it means.
 *
 * All three arrays are sorted, so that lookups are binary searches and the saved form is canonical:
 * the frontier by node index, derived leaves by leaf index, skipped keys by generation. Frontier
 * subtrees and derived leaves together cover each leaf of the tree exactly once.
 */
#ifndef MJL_MLS_RATCHETS_H
#define MJL_MLS_RATCHETS_H

#include "secret_tree.h"

typedef struct mjl_mls_node_secret {
    uint32_t node;
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
} mjl_mls_node_secret;

typedef struct mjl_mls_skipped_key {
    uint32_t generation;
    uint8_t key[MJL_MLS_AEAD_KEY_SIZE_MAX];
    uint8_t nonce[MJL_MLS_AEAD_NONCE_SIZE_MAX];
} mjl_mls_skipped_key;

typedef struct mjl_mls_ratchet {
    uint32_t generation; /* The next one; past MJL_MLS_GENERATION_MAX when all are used. */
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX]; /* ratchet_secret of that generation. */
    mjl_mls_skipped_key *skipped;          /* All of earlier generations. */
    uint32_t skipped_count, skipped_room;
} mjl_mls_ratchet;

typedef struct mjl_mls_leaf_ratchets {
    uint32_t leaf;
    bool is_changed; /* It is among the changed parts. */
    mjl_mls_ratchet ratchets[MJL_MLS_RATCHET_KINDS];
} mjl_mls_leaf_ratchets;

struct mjl_mls_ratchets {
    const mjl_mls_suite *suite;
    uint32_t leaves; /* Width of the tree. */
    uint32_t own_leaf;
    mjl_mls_node_secret *frontier;
    size_t frontier_count, frontier_room;
    mjl_mls_leaf_ratchets *derived; /* The own leaf is always among them. */
    size_t derived_count, derived_room;
    uint32_t *changed; /* Leaves, each once, with room for all that are derived. */
    size_t changed_count;
    bool is_trunk_changed; /* The frontier. */
    size_t skipped_total;
};

/* Makes room for `room` items in an array that holds secrets: moves it, wiping the old place. */
MJL_MUST_USE mjl_result mjl_mls_secret_array_grow(void **items, size_t item_size, size_t count,
                                                  size_t room);

/* Room to allocate for `need` items: doubling, so that growing is cheap. */
size_t mjl_mls_room_for(size_t need);

/* NULL if the leaf is not derived yet. */
mjl_mls_leaf_ratchets *mjl_mls_find_derived(const mjl_mls_ratchets *ratchets, uint32_t leaf);
/* Makes the ratchets of a leaf and erases the secrets above it (§9.2). Nothing for a derived one.
 */
MJL_MUST_USE mjl_result mjl_mls_derive_leaf(mjl_mls_ratchets *ratchets, uint32_t leaf);
/* Notes that the part of a derived leaf is to be saved again. Cannot fail: there is room. */
void mjl_mls_note_changed(mjl_mls_ratchets *ratchets, mjl_mls_leaf_ratchets *leaf);
/* Room for one more derived leaf, and for noting it. */
MJL_MUST_USE mjl_result mjl_mls_reserve_derived(mjl_mls_ratchets *ratchets, size_t need);
/* A copy of a ratchet as it is, or as it would be once its leaf is derived. Its skipped keys are
   borrowed; the caller wipes the copy. */
void mjl_mls_ratchet_copy(const mjl_mls_ratchets *ratchets, mjl_mls_key_name name,
                          mjl_mls_ratchet *copy);

#endif
