/*
 * Indices of the array-based tree (RFC 9420 Appendix C): leaves at even node indices, a parent
 * between its children. The width (number of leaves, blanks included) is a power of two, so all
 * arithmetic is on bits and a parent does not depend on the width, only the root does.
 *
 *              3              level 2 = root of 4 leaves
 *         1         5         level 1
 *       0   2     4   6       level 0: leaves 0 1 2 3
 */
#ifndef MJL_MLS_TREE_MATH_H
#define MJL_MLS_TREE_MATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mls_limits.h"

/* No such node: child of a leaf, parent or sibling of the root. */
enum { MJL_MLS_NODE_NONE = -1 };

bool mjl_mls_tree_width_is_valid(uint32_t leaves); /* A power of two, 1 to MJL_MLS_LEAVES_MAX. */
uint32_t mjl_mls_tree_node_count(uint32_t leaves); /* 2 * leaves - 1 */
uint32_t mjl_mls_tree_root(uint32_t leaves);
uint32_t mjl_mls_tree_level(uint32_t node); /* 0 for leaves. */
bool mjl_mls_tree_is_leaf(uint32_t node);
uint32_t mjl_mls_tree_node_of_leaf(uint32_t leaf); /* 2 * leaf */
uint32_t mjl_mls_tree_leaf_of_node(uint32_t node); /* `node` is a leaf. */

/* int64_t so that NONE has a place; asserts that `node` is in a tree of that width. */
int64_t mjl_mls_tree_left(uint32_t node);
int64_t mjl_mls_tree_right(uint32_t node);
int64_t mjl_mls_tree_parent(uint32_t node, uint32_t leaves);
int64_t mjl_mls_tree_sibling(uint32_t node, uint32_t leaves);

/* Whether `node` is in the subtree of `ancestor`, itself included. */
bool mjl_mls_tree_is_below(uint32_t node, uint32_t ancestor);
/* The lowest node above both (or one of them, if it is above the other). */
uint32_t mjl_mls_tree_common_ancestor(uint32_t a, uint32_t b);
/* The first leaf (leaf index) of the subtree, and how many leaves it has. */
uint32_t mjl_mls_tree_first_leaf(uint32_t node);
uint32_t mjl_mls_tree_leaves_below(uint32_t node);

/* Parents from `node` up to the root, `node` not included. Answers how many. */
size_t mjl_mls_tree_direct_path(uint32_t node, uint32_t leaves,
                                uint32_t path[MJL_MLS_TREE_DEPTH_MAX]);
/* Siblings of `node` and of its direct path but the root. As many as the direct path. */
size_t mjl_mls_tree_copath(uint32_t node, uint32_t leaves, uint32_t path[MJL_MLS_TREE_DEPTH_MAX]);

#endif
