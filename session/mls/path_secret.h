/*
 * The secret half of a path (RFC 9420 §7.4): a chain of path secrets, a key pair from each, and the
 * private keys that a member knows of the nodes above its leaf.
 *
 *     path_secret[0] -> path_secret[1] -> ... -> commit_secret
 *          |                 |
 *       key pair          key pair
 *
 * Everything here is secret: whoever holds one wipes it.
 */
#ifndef MJL_MLS_PATH_SECRET_H
#define MJL_MLS_PATH_SECRET_H

#include "resolution.h"

/* What a member knows: its leaf's private key, and those of parents above it, by level. */
typedef struct mjl_mls_private_path {
    uint8_t leaf[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    uint32_t known; /* Bit level - 1: the parent at that level. */
    uint8_t parent[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_KEM_PRIVATE_SIZE_MAX];
} mjl_mls_private_path;

void mjl_mls_private_path_wipe(mjl_mls_private_path *path);
bool mjl_mls_private_path_knows(const mjl_mls_private_path *path, uint8_t level);
/* NULL if not known. Level 0: the leaf's. */
const uint8_t *mjl_mls_private_path_at(const mjl_mls_private_path *path, uint8_t level);
void mjl_mls_private_path_set(mjl_mls_private_path *path, const mjl_mls_suite *suite, uint8_t level,
                              const uint8_t *private_key);
/* Forgets the parents from `level` up. */
void mjl_mls_private_path_forget_from(mjl_mls_private_path *path, uint8_t level);
/* Forgets those that are blank in `tree` or above its root. */
void mjl_mls_private_path_forget_blank(mjl_mls_private_path *path, const mjl_mls_ratchet_tree *tree,
                                       uint32_t own_leaf);
/* Whether each known private key is that of the node's public key; a blank node has none. */
MJL_MUST_USE mjl_result mjl_mls_private_path_check(const mjl_mls_private_path *path,
                                                   const mjl_mls_suite *suite,
                                                   const mjl_mls_ratchet_tree *tree,
                                                   uint32_t own_leaf);

/* path_secret[n] to path_secret[n + 1], in place. */
void mjl_mls_path_secret_next(const mjl_mls_suite *suite, uint8_t *path_secret);
/* node_priv[n], node_pub[n] of path_secret[n]. */
MJL_MUST_USE mjl_result mjl_mls_path_secret_key_pair(const mjl_mls_suite *suite,
                                                     const uint8_t *path_secret,
                                                     uint8_t *private_key, uint8_t *public_key);

/*
 * Climbs: from the path secret of the node at `level` above `leaf` to all filled parents of the
 * path above it, checking that each has the public key that its secret gives, and keeping the
 * private keys in `path`. `path_secret` ends as the commit secret. NO_PATH_SECRET on a mismatch.
 */
MJL_MUST_USE mjl_result mjl_mls_path_secret_climb(const mjl_mls_suite *suite,
                                                  const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                  uint8_t level, uint8_t *path_secret,
                                                  mjl_mls_private_path *path);

#endif
