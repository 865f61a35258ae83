#include "tree_math.h"

#include <assert.h>

bool mjl_mls_tree_width_is_valid(uint32_t leaves)
{
    return leaves != 0 && leaves <= MJL_MLS_LEAVES_MAX && (leaves & (leaves - 1)) == 0;
}

uint32_t mjl_mls_tree_node_count(uint32_t leaves)
{
    assert(mjl_mls_tree_width_is_valid(leaves));
    return 2 * leaves - 1;
}

uint32_t mjl_mls_tree_root(uint32_t leaves)
{
    assert(mjl_mls_tree_width_is_valid(leaves));
    return leaves - 1;
}

/* The number of trailing ones: a parent at level k has k of them below its own zero. */
uint32_t mjl_mls_tree_level(uint32_t node)
{
    uint32_t level = 0;
    while ((node >> level & 1) != 0)
        level++;
    return level;
}

bool mjl_mls_tree_is_leaf(uint32_t node)
{
    return (node & 1) == 0;
}

uint32_t mjl_mls_tree_node_of_leaf(uint32_t leaf)
{
    assert(leaf < MJL_MLS_LEAVES_MAX);
    return 2 * leaf;
}

uint32_t mjl_mls_tree_leaf_of_node(uint32_t node)
{
    assert(mjl_mls_tree_is_leaf(node));
    return node / 2;
}

int64_t mjl_mls_tree_left(uint32_t node)
{
    const uint32_t level = mjl_mls_tree_level(node);
    if (level == 0) return MJL_MLS_NODE_NONE;
    return node ^ (uint32_t)1 << (level - 1);
}

int64_t mjl_mls_tree_right(uint32_t node)
{
    const uint32_t level = mjl_mls_tree_level(node);
    if (level == 0) return MJL_MLS_NODE_NONE;
    return node ^ (uint32_t)3 << (level - 1);
}

int64_t mjl_mls_tree_parent(uint32_t node, uint32_t leaves)
{
    assert(node < mjl_mls_tree_node_count(leaves));
    if (node == mjl_mls_tree_root(leaves)) return MJL_MLS_NODE_NONE;
    const uint32_t level = mjl_mls_tree_level(node);
    return (node | (uint32_t)1 << level) & ~((uint32_t)1 << (level + 1));
}

int64_t mjl_mls_tree_sibling(uint32_t node, uint32_t leaves)
{
    const int64_t parent = mjl_mls_tree_parent(node, leaves);
    if (parent == MJL_MLS_NODE_NONE) return MJL_MLS_NODE_NONE;
    return node < parent ? mjl_mls_tree_right((uint32_t)parent)
                         : mjl_mls_tree_left((uint32_t)parent);
}

bool mjl_mls_tree_is_below(uint32_t node, uint32_t ancestor)
{
    const uint32_t reach = ((uint32_t)1 << mjl_mls_tree_level(ancestor)) - 1;
    return node >= ancestor - reach && node <= ancestor + reach;
}

uint32_t mjl_mls_tree_common_ancestor(uint32_t a, uint32_t b)
{
    while (!mjl_mls_tree_is_below(b, a)) {
        const uint32_t level = mjl_mls_tree_level(a);
        a = (a | (uint32_t)1 << level) & ~((uint32_t)1 << (level + 1));
    }
    return a;
}

uint32_t mjl_mls_tree_first_leaf(uint32_t node)
{
    return (node + 1 - ((uint32_t)1 << mjl_mls_tree_level(node))) / 2;
}

uint32_t mjl_mls_tree_leaves_below(uint32_t node)
{
    return (uint32_t)1 << mjl_mls_tree_level(node);
}

size_t mjl_mls_tree_direct_path(uint32_t node, uint32_t leaves,
                                uint32_t path[MJL_MLS_TREE_DEPTH_MAX])
{
    size_t count = 0;
    int64_t above = mjl_mls_tree_parent(node, leaves);
    while (above != MJL_MLS_NODE_NONE) {
        path[count++] = (uint32_t)above;
        above = mjl_mls_tree_parent((uint32_t)above, leaves);
    }
    return count;
}

size_t mjl_mls_tree_copath(uint32_t node, uint32_t leaves, uint32_t path[MJL_MLS_TREE_DEPTH_MAX])
{
    size_t count = 0;
    while (node != mjl_mls_tree_root(leaves)) {
        path[count++] = (uint32_t)mjl_mls_tree_sibling(node, leaves);
        node = (uint32_t)mjl_mls_tree_parent(node, leaves);
    }
    return count;
}
