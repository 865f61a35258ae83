/*
 * When a ratchet tree is one that members made together: the checks of a joiner (RFC 9420
 * §12.4.3.1) and of leaves that come with a commit (§7.3), each as one function.
 *
 * Order matters: `_check_unmerged` comes first, since the others look unmerged leaves up. All may
 * answer OUT_OF_MEMORY.
 */
#ifndef MJL_MLS_TREE_VALIDATION_H
#define MJL_MLS_TREE_VALIDATION_H

#include "ratchet_tree.h"

/* What a group asks of every leaf. Borrowed. */
typedef struct mjl_mls_leaf_rules {
    const mjl_mls_suite *suite;
    mjl_bytes group_id;
    mjl_bytes extensions; /* Of the GroupContext: contents of the list. */
} mjl_mls_leaf_rules;

/* Unmerged leaves ascend, are filled leaves below their parent, and are unmerged at every filled
   parent in between: UNMERGED_ORDER, _BLANK, _ELSEWHERE, _BETWEEN. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_unmerged(const mjl_mls_ratchet_tree *tree);
/* Each filled parent was set together with one node below it, down to a leaf (§7.9.2): PARENT_HASH.
   The root has no parent (§7.9): ROOT_PARENT_HASH. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_parent_hashes(const mjl_mls_suite *suite,
                                                         const mjl_mls_ratchet_tree *tree);
/* No encryption key stands in two nodes, no signature key in two leaves: PARENT_KEY_TWICE,
   ENCRYPTION_KEY_TWICE, SIGNATURE_KEY_TWICE. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_keys_unique(const mjl_mls_ratchet_tree *tree);
/* The same for a tree whose keys were unique before these leaves came or changed. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_new_keys_unique(const mjl_mls_ratchet_tree *tree,
                                                           const uint32_t *leaves, size_t count);
/* The parents' keys are valid points: PARENT_KEY. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_parent_keys(const mjl_mls_suite *suite,
                                                       const mjl_mls_ratchet_tree *tree);
/* Every leaf supports the credential types of all (§7.3): CREDENTIAL_IN_USE. */
MJL_MUST_USE mjl_result mjl_mls_tree_check_credentials(const mjl_mls_ratchet_tree *tree);
/* `mjl_mls_leaf_fits` for every leaf, and where asked its signature: LEAF_SIGNATURE. */
typedef enum mjl_mls_signatures { MJL_MLS_VERIFY, MJL_MLS_TRUST } mjl_mls_signatures;
MJL_MUST_USE mjl_result mjl_mls_tree_check_leaves(const mjl_mls_leaf_rules *rules,
                                                  const mjl_mls_ratchet_tree *tree,
                                                  mjl_mls_signatures signatures);

/* §7.3 for one leaf but signature and source: `mjl_mls_leaf_node_check`, the required capabilities
   (`mjl_mls_leaf_node_supports`), and every extension of the GroupContext (§13.4):
   GROUP_EXTENSION. */
MJL_MUST_USE mjl_result mjl_mls_leaf_fits(const mjl_mls_leaf_rules *rules,
                                          const mjl_mls_leaf_node *leaf);
/* Whether any of `keys` is the encryption key of a node (§12.4.2). */
bool mjl_mls_tree_has_any_key(const mjl_mls_ratchet_tree *tree, const mjl_bytes *keys,
                              size_t count);
/* Whether a leaf other than `except` has the signature key (§7.3). */
bool mjl_mls_tree_has_signature_key(const mjl_mls_ratchet_tree *tree, mjl_bytes key,
                                    uint32_t except);

/* All of them, as for a joiner. */
MJL_MUST_USE mjl_result mjl_mls_tree_check(const mjl_mls_leaf_rules *rules,
                                           const mjl_mls_ratchet_tree *tree);

#endif
