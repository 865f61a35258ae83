/*
 * An UpdatePath (RFC 9420 §7.6): a committer's new leaf, and new keys for its filtered direct path
 * with their secrets encrypted to everybody else. Here: its encoding, its rules, and what it does
 * to the public tree. Its secrets are treekem's.
 */
#ifndef MJL_MLS_UPDATE_PATH_H
#define MJL_MLS_UPDATE_PATH_H

#include "resolution.h"
#include "tree_validation.h"
#include "wire.h"

typedef struct mjl_mls_hpke_ciphertext { /* HPKECiphertext; borrowed. */
    mjl_bytes kem_output, ciphertext;
} mjl_mls_hpke_ciphertext;

void mjl_mls_hpke_ciphertext_read(mjl_mls_reader *reader, mjl_mls_hpke_ciphertext *ciphertext);
void mjl_mls_hpke_ciphertext_write(mjl_mls_writer *writer,
                                   const mjl_mls_hpke_ciphertext *ciphertext);

typedef struct mjl_mls_update_path_node { /* UpdatePathNode; borrowed. */
    mjl_bytes encryption_key;
    mjl_bytes secrets; /* Contents of the list of HPKECiphertext. */
    uint32_t secrets_count;
} mjl_mls_update_path_node;

typedef struct mjl_mls_update_path { /* Borrowed. */
    mjl_mls_leaf_node leaf;
    uint8_t count;
    mjl_mls_update_path_node nodes[MJL_MLS_TREE_DEPTH_MAX];
} mjl_mls_update_path;

/* Structure only. TOO_LARGE over the deepest tree's path. */
void mjl_mls_update_path_read(mjl_mls_reader *reader, mjl_mls_update_path *path);

/* The new members of a commit, who get path secrets by Welcome and not by the path (§7.6). */
typedef struct mjl_mls_leaf_list {
    const uint32_t *leaves;
    size_t count;
} mjl_mls_leaf_list;

/* The resolution that a node of the path at `level` is encrypted to. Clear it. */
MJL_MUST_USE mjl_result mjl_mls_update_path_recipients(const mjl_mls_ratchet_tree *tree,
                                                       uint32_t sender, uint8_t level,
                                                       mjl_mls_leaf_list added,
                                                       mjl_mls_resolution *resolution);

/*
 * Blanks the sender's direct path, then sets new keys and parent hashes on its filtered path
 * (§7.5), one key for each level of it. Answers what the leaf's parent hash must be: empty if the
 * path is.
 */
MJL_MUST_USE mjl_result mjl_mls_update_path_set(const mjl_mls_suite *suite,
                                                mjl_mls_ratchet_tree *tree, uint32_t sender,
                                                const mjl_mls_filtered_path *filtered,
                                                const mjl_bytes *keys,
                                                uint8_t parent_hash[MJL_MLS_HASH_SIZE_MAX],
                                                size_t *parent_hash_size);

/*
 * Checks a received path against the tree after the commit's proposals (§12.4.2) and merges it.
 * PATH_LENGTH, PATH_CIPHERTEXTS, PATH_KEY, PATH_KEY_TWICE, PATH_KEEPS_LEAF_KEY, PATH_PARENT_HASH;
 * LEAF_SOURCE_NOT_COMMIT, SIGNATURE_KEY_TWICE, CREDENTIAL_IN_USE and all of `mjl_mls_leaf_fits` for
 * the leaf. Where it fails the tree may be changed.
 */
MJL_MUST_USE mjl_result mjl_mls_update_path_merge(const mjl_mls_leaf_rules *rules,
                                                  mjl_mls_ratchet_tree *tree, uint32_t sender,
                                                  mjl_mls_leaf_list added,
                                                  const mjl_mls_update_path *path);

#endif
