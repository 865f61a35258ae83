/*
 * The ratchet tree (RFC 9420 §4, §7) as a value that shares: nodes are reference-counted and never
 * change once two trees hold them, so the tree of a sibling epoch costs its path, not a copy.
 *
 *            root            A tree is one pointer to its root. Its width is 2^level of the root. A
 *           /    \           subtree without any filled node is *void*: one blank node without
 *          P      void       children, at whatever level. Child pointers never depend on the
 *         / \                position, and a node never moves (RFC 9420 §7.7 extends and truncates
 *        A   B               at the right), so whatever a node caches stays true.
 *
 * Ownership: a tree owns one reference to its root; `share` makes another tree of the same nodes.
 * What is read from a node is borrowed from the tree. Errors: an edit that fails for memory leaves
 * a tree that is good only for clearing; edit a share, and keep the original. Threads: one at a
 * time for all trees that share nodes.
 */
#ifndef MJL_MLS_RATCHET_TREE_H
#define MJL_MLS_RATCHET_TREE_H

#include "tree_content.h"

typedef struct mjl_mls_ratchet_tree {
    mjl_mls_tree_node *root; /* NULL only before init and after clear. */
} mjl_mls_ratchet_tree;

/* A node and where it is: index as in RFC 9420 appendix C, `first` the leftmost leaf below it. */
typedef struct mjl_mls_tree_place {
    const mjl_mls_tree_node *node;
    uint32_t first;
} mjl_mls_tree_place;

/* ---- Making and sharing ---- */

/* A tree of 2^level blank leaves. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_init(mjl_mls_ratchet_tree *tree,
                                                  const mjl_mls_suite *suite, uint8_t level);
mjl_mls_ratchet_tree mjl_mls_ratchet_tree_share(const mjl_mls_ratchet_tree *tree);
void mjl_mls_ratchet_tree_clear(mjl_mls_ratchet_tree *tree);

/* ---- Reading ---- */

uint32_t mjl_mls_ratchet_tree_width(const mjl_mls_ratchet_tree *tree);
/* NULL for leaves and void subtrees. */
const mjl_mls_tree_node *mjl_mls_tree_node_left(const mjl_mls_tree_node *node);
const mjl_mls_tree_node *mjl_mls_tree_node_right(const mjl_mls_tree_node *node);
/* Of a node of that kind. */
const mjl_mls_leaf_content *mjl_mls_tree_node_leaf(const mjl_mls_tree_node *node);
const mjl_mls_parent_content *mjl_mls_tree_node_parent(const mjl_mls_tree_node *node);
/* Of a filled node. */
mjl_bytes mjl_mls_tree_node_encryption_key(const mjl_mls_tree_node *node);
/* Where the tree hash (§7.8) of a node is kept, good if hash_known. NULL near the leaves, where it
   is computed in less time than it takes room. */
uint8_t *mjl_mls_tree_node_hash(const mjl_mls_tree_node *node);
/* MJL_MLS_FILTER_SIZE bytes of a node at MJL_MLS_FILTER_LEVEL, good if filter_known. */
uint8_t *mjl_mls_tree_node_filter(const mjl_mls_tree_node *node);
/* The node at `level` above `leaf`. Inside a void subtree: that void node, which is higher. Both
   must lie inside the tree. */
const mjl_mls_tree_node *mjl_mls_ratchet_tree_above(const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                    uint8_t level);
/* NULL if it is blank or outside the tree. */
const mjl_mls_leaf_content *mjl_mls_ratchet_tree_leaf(const mjl_mls_ratchet_tree *tree,
                                                      uint32_t leaf);
/* NULL if it is blank or outside the tree. */
const mjl_mls_parent_content *mjl_mls_ratchet_tree_parent(const mjl_mls_ratchet_tree *tree,
                                                          uint32_t leaf, uint8_t level);
/* The filled leaf at or after `from`; the width if there is none. */
uint32_t mjl_mls_ratchet_tree_next_leaf(const mjl_mls_ratchet_tree *tree, uint32_t from);
/* The leftmost blank leaf; the width if there is none (§12.1.1). */
uint32_t mjl_mls_ratchet_tree_leftmost_blank(const mjl_mls_ratchet_tree *tree);
/* Visits the filled nodes, each before those below it, left to right:
       mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
       mjl_mls_tree_place place;
       while (mjl_mls_tree_walk_next(&walk, &place)) ...  */
typedef struct mjl_mls_tree_walk {
    mjl_mls_tree_place waiting[MJL_MLS_TREE_DEPTH_MAX + 1];
    uint8_t count;
} mjl_mls_tree_walk;

mjl_mls_tree_walk mjl_mls_tree_walk_of(const mjl_mls_ratchet_tree *tree);
mjl_mls_tree_walk mjl_mls_tree_walk_below(mjl_mls_tree_place place);
bool mjl_mls_tree_walk_next(mjl_mls_tree_walk *walk, mjl_mls_tree_place *place);

/* ---- Editing ---- */

/* Each takes over the caller's reference to the content, also when it fails. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_set_leaf(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                      mjl_mls_leaf_content *content);
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_set_parent(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                        uint8_t level,
                                                        mjl_mls_parent_content *content);
/* Blanks every parent above `leaf`, and the leaf too where asked. */
typedef enum mjl_mls_tree_blanking {
    MJL_MLS_TREE_KEEP_LEAF,
    MJL_MLS_TREE_BLANK_LEAF
} mjl_mls_tree_blanking;
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_blank_path(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                        mjl_mls_tree_blanking blanking);
/* Adds `leaf` to the unmerged leaves of every filled parent above it (§12.1.1). */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_unmerge(mjl_mls_ratchet_tree *tree, uint32_t leaf);
/* Doubles the width (§7.7). TOO_LARGE at the bound. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_extend(mjl_mls_ratchet_tree *tree);
/* Halves the width while the right half has no member (§12.1.3). */
void mjl_mls_ratchet_tree_truncate(mjl_mls_ratchet_tree *tree);

#endif
