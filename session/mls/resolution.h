/*
 * Which nodes stand for a subtree (its *resolution*, RFC 9420 §4.1.1), and which parents of a leaf
 * need keys of their own (its *filtered direct path*, §4.1.2).
 *
 * Ownership: a resolution owns its list and borrows the tree's nodes. The tree must have passed
 * `mjl_mls_tree_check_unmerged`, so that every unmerged leaf is there.
 */
#ifndef MJL_MLS_RESOLUTION_H
#define MJL_MLS_RESOLUTION_H

#include "ratchet_tree.h"

typedef struct mjl_mls_resolution {
    mjl_mls_tree_place *places;
    uint32_t count, room;
} mjl_mls_resolution;

/* Appends the resolution of the node at `place` to `resolution`, which starts zeroed. */
MJL_MUST_USE mjl_result mjl_mls_resolution_append(const mjl_mls_ratchet_tree *tree,
                                                  mjl_mls_tree_place place,
                                                  mjl_mls_resolution *resolution);
/* Takes out the leaves in `leaves`, which ascend: new members of the same commit (§7.6). */
void mjl_mls_resolution_exclude(mjl_mls_resolution *resolution, const uint32_t *leaves,
                                size_t count);
void mjl_mls_resolution_clear(mjl_mls_resolution *resolution);

/* The child of the node at `level` above `leaf` that is not above `leaf`: on its copath. */
mjl_mls_tree_place mjl_mls_copath_child(const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                        uint8_t level);

/* The filtered direct path as levels, lowest first. */
typedef struct mjl_mls_filtered_path {
    uint8_t count;
    uint8_t level[MJL_MLS_TREE_DEPTH_MAX];
} mjl_mls_filtered_path;

mjl_mls_filtered_path mjl_mls_filtered_path_of(const mjl_mls_ratchet_tree *tree, uint32_t leaf);

/* The level of the lowest node above both leaves; 0 if they are the same. */
uint8_t mjl_mls_common_ancestor_level(uint32_t a, uint32_t b);

#endif
