/*
 * TreeKEM: fresh secrets for a path, one encryption of them for each subtree that must learn them
 * (RFC 9420 §7.4 to §7.6).
 */
#ifndef MJL_MLS_TREEKEM_H
#define MJL_MLS_TREEKEM_H

#include "group_context.h"
#include "path_secret.h"
#include "update_path.h"

/* What a committer keeps of a new path until its Welcome is made: the path secret at each level. */
typedef struct mjl_mls_path_secrets { /* Secret. */
    mjl_mls_filtered_path path;
    uint8_t secret[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_HASH_SIZE_MAX];
} mjl_mls_path_secrets;

/* The path secret of the node at `level`, which must be in the path. */
const uint8_t *mjl_mls_path_secrets_at(const mjl_mls_path_secrets *secrets, uint8_t level);

/* Who makes a path, and where. Borrowed. */
typedef struct mjl_mls_path_maker {
    const mjl_mls_suite *suite;
    const mjl_mls_identity *identity;
    const mjl_mls_leaf_change *change; /* Of the leaf, beside its key. NULL: nothing. */
    uint32_t leaf;
    mjl_mls_leaf_list added;
    /* The provisional GroupContext (§12.4.1) but its tree hash, which is not read. */
    const mjl_mls_context *context;
    mjl_random random;
} mjl_mls_path_maker;

/*
 * Makes a path for the maker's leaf on the tree after the commit's proposals, and merges it.
 * Appends the encoded UpdatePath; sets the private path, the commit secret and the secrets for a
 * Welcome. NO_RANDOM also when a new key stands in the tree already: the source repeats itself.
 */
MJL_MUST_USE mjl_result mjl_mls_treekem_make(const mjl_mls_path_maker *maker,
                                             mjl_mls_ratchet_tree *tree,
                                             mjl_mls_private_path *private_path,
                                             mjl_mls_path_secrets *secrets, uint8_t *commit_secret,
                                             mjl_buffer *update_path);

/* Whose path is opened, and by whom. Borrowed. */
typedef struct mjl_mls_path_opener {
    const mjl_mls_suite *suite;
    uint32_t sender, own_leaf;
    mjl_mls_leaf_list added;
    const mjl_mls_context *context; /* As above. */
} mjl_mls_path_opener;

/* Decrypts the path secret of the lowest node above both leaves. The path was merged into `tree`;
   `private_path` is as before it. NO_PATH_SECRET. */
MJL_MUST_USE mjl_result mjl_mls_treekem_open(const mjl_mls_path_opener *opener,
                                             const mjl_mls_ratchet_tree *tree,
                                             const mjl_mls_update_path *update_path,
                                             const mjl_mls_private_path *private_path,
                                             uint8_t *path_secret);

/* Opens a merged path, forgets the private keys it replaced, learns the new ones. */
MJL_MUST_USE mjl_result mjl_mls_treekem_apply(const mjl_mls_path_opener *opener,
                                              const mjl_mls_ratchet_tree *tree,
                                              const mjl_mls_update_path *update_path,
                                              mjl_mls_private_path *private_path,
                                              uint8_t *commit_secret);

#endif
