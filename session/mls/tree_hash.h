/*
 * The two hashes of a ratchet tree: the tree hash says what a subtree is (RFC 9420 §7.8), the
 * parent hash how the keys above a leaf came to be (§7.9).
 *
 * A tree hash is kept in its shared node once computed: after a commit only the nodes that changed
 * are hashed, also for a sibling epoch.
 */
#ifndef MJL_MLS_TREE_HASH_H
#define MJL_MLS_TREE_HASH_H

#include "ratchet_tree.h"

/* Of the node at `place`. Borrowed from the node for a node as such; see _root for a tree. */
void mjl_mls_tree_hash(const mjl_mls_suite *suite, mjl_mls_tree_place place, uint8_t *out);
/* The answer is in `room`. */
mjl_bytes mjl_mls_tree_hash_of_root(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                                    uint8_t room[MJL_MLS_HASH_SIZE_MAX]);
/* Of the node at `level` above `leaf`, wherever it is: also inside a void subtree. Copied to `out`.
 */
void mjl_mls_tree_hash_at(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                          uint32_t leaf, uint8_t level, uint8_t *out);

/* Which child of a parent (§7.9): the one on the copath of the path that set the parent. */
typedef enum mjl_mls_side { MJL_MLS_LEFT = 0, MJL_MLS_RIGHT = 1 } mjl_mls_side;

/* The parent hash of the filled parent at `parent` with the copath child on that side. */
MJL_MUST_USE mjl_result mjl_mls_parent_hash(const mjl_mls_suite *suite, mjl_mls_tree_place parent,
                                            mjl_mls_side copath, uint8_t *out);

/* The child on a side. `place` is a parent that is not void. */
mjl_mls_tree_place mjl_mls_tree_child(mjl_mls_tree_place place, mjl_mls_side side);

#endif
