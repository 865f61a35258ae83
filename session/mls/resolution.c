#include "resolution.h"

#include <assert.h>
#include <stdlib.h>

static mjl_result push(mjl_mls_resolution *resolution, mjl_mls_tree_place place)
{
    if (resolution->count == resolution->room) {
        const uint32_t room = resolution->room == 0 ? 8 : resolution->room * 2;
        mjl_mls_tree_place *places = realloc(resolution->places, room * sizeof *places);
        if (places == NULL) return MJL_OUT_OF_MEMORY;
        resolution->places = places;
        resolution->room = room;
    }
    resolution->places[resolution->count++] = place;
    return MJL_OK;
}

static mjl_result push_unmerged(const mjl_mls_ratchet_tree *tree,
                                const mjl_mls_parent_content *parent,
                                mjl_mls_resolution *resolution)
{
    for (uint32_t i = 0; i < parent->unmerged_count; i++) {
        const uint32_t leaf = mjl_mls_parent_content_unmerged_at(parent, i);
        const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(tree, leaf, 0), leaf};
        assert(place.node->kind == MJL_MLS_NODE_LEAF);
        const mjl_result result = push(resolution, place);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* At most MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
mjl_result mjl_mls_resolution_append(const mjl_mls_ratchet_tree *tree, mjl_mls_tree_place place,
                                     mjl_mls_resolution *resolution)
{
    const mjl_mls_tree_node *node = place.node;
    if (!node->filled) return MJL_OK;
    if (node->kind != MJL_MLS_NODE_BLANK) {
        const mjl_result result = push(resolution, place);
        if (result != MJL_OK || node->kind == MJL_MLS_NODE_LEAF) return result;
        return push_unmerged(tree, mjl_mls_tree_node_parent(node), resolution);
    }
    const mjl_mls_tree_place left = {mjl_mls_tree_node_left(node), place.first};
    const mjl_mls_tree_place right = {mjl_mls_tree_node_right(node),
                                      place.first + (UINT32_C(1) << (node->level - 1))};
    const mjl_result result = mjl_mls_resolution_append(tree, left, resolution);
    if (result != MJL_OK) return result;
    return mjl_mls_resolution_append(tree, right, resolution);
}

static int compare_leaves(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static bool contains(const uint32_t *leaves, size_t count, uint32_t leaf)
{
    return count != 0 && bsearch(&leaf, leaves, count, sizeof leaf, compare_leaves) != NULL;
}

void mjl_mls_resolution_exclude(mjl_mls_resolution *resolution, const uint32_t *leaves,
                                size_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < resolution->count; i++) {
        const mjl_mls_tree_place place = resolution->places[i];
        if (place.node->kind == MJL_MLS_NODE_LEAF && contains(leaves, count, place.first)) continue;
        resolution->places[kept++] = place;
    }
    resolution->count = kept;
}

void mjl_mls_resolution_clear(mjl_mls_resolution *resolution)
{
    free(resolution->places);
    *resolution = (mjl_mls_resolution){0};
}

mjl_mls_tree_place mjl_mls_copath_child(const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                        uint8_t level)
{
    assert(level != 0);
    const uint8_t below = (uint8_t)(level - 1);
    const uint32_t first = ((leaf >> below) ^ 1) << below;
    const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(tree, first, below), first};
    return place;
}

mjl_mls_filtered_path mjl_mls_filtered_path_of(const mjl_mls_ratchet_tree *tree, uint32_t leaf)
{
    mjl_mls_filtered_path path = {0};
    for (uint8_t level = 1; level <= tree->root->level; level++)
        if (mjl_mls_copath_child(tree, leaf, level).node->filled) path.level[path.count++] = level;
    return path;
}

uint8_t mjl_mls_common_ancestor_level(uint32_t a, uint32_t b)
{
    uint8_t level = 0;
    for (uint32_t differ = a ^ b; differ != 0; differ >>= 1)
        level++;
    return level;
}
