#include "tree_hash.h"

#include <assert.h>
#include <string.h>

#include "wire.h"

/* ---- The pieces of a TreeHashInput (§7.8) ---- */

static void leaf_hash(const mjl_mls_suite *suite, const mjl_mls_leaf_content *leaf, uint32_t index,
                      uint8_t *out)
{
    const uint8_t header[6] = {MJL_MLS_NODE_LEAF,      (uint8_t)(index >> 24),
                               (uint8_t)(index >> 16), (uint8_t)(index >> 8),
                               (uint8_t)index,         leaf == NULL ? 0 : 1};
    const mjl_bytes parts[] = {mjl_bytes_of(header, sizeof header),
                               leaf == NULL ? mjl_bytes_of(NULL, 0)
                                            : mjl_mls_leaf_content_encoded(leaf)};
    suite->hash((mjl_mls_parts){parts, 2}, out);
}

/* A vector as two parts, header and contents. */
typedef struct vector_parts {
    uint8_t header[4];
} vector_parts;

static size_t vector_push(vector_parts *room, mjl_bytes contents, mjl_bytes *parts, size_t count)
{
    const size_t size = mjl_mls_length_encode(contents.size, room->header);
    parts[count] = mjl_bytes_of(room->header, size);
    parts[count + 1] = contents;
    return count + 2;
}

/* `unmerged` stands for the parent's own list, which the original tree hash shortens. */
static void parent_node_hash(const mjl_mls_suite *suite, const mjl_mls_parent_content *parent,
                             mjl_bytes unmerged, const uint8_t *left, const uint8_t *right,
                             uint8_t *out)
{
    const uint8_t header[2] = {MJL_MLS_NODE_PARENT, parent == NULL ? 0 : 1};
    vector_parts room[5];
    mjl_bytes parts[11] = {{header, sizeof header}};
    size_t count = 1;
    if (parent != NULL) {
        count = vector_push(&room[0], mjl_mls_parent_content_key(parent), parts, count);
        count = vector_push(&room[1], mjl_mls_parent_content_hash(parent), parts, count);
        count = vector_push(&room[2], unmerged, parts, count);
    }
    count = vector_push(&room[3], mjl_bytes_of(left, suite->hash_size), parts, count);
    count = vector_push(&room[4], mjl_bytes_of(right, suite->hash_size), parts, count);
    suite->hash((mjl_mls_parts){parts, count}, out);
}

/* A subtree of blanks. At most MJL_MLS_TREE_DEPTH_MAX deep.
   NOLINTNEXTLINE(misc-no-recursion) */
static void void_hash(const mjl_mls_suite *suite, uint32_t first, uint8_t level, uint8_t *out)
{
    if (level == 0) {
        leaf_hash(suite, NULL, first, out);
        return;
    }
    const uint8_t below = (uint8_t)(level - 1);
    uint8_t left[MJL_MLS_HASH_SIZE_MAX], right[MJL_MLS_HASH_SIZE_MAX];
    void_hash(suite, first, below, left);
    void_hash(suite, first + (UINT32_C(1) << below), below, right);
    parent_node_hash(suite, NULL, mjl_bytes_of(NULL, 0), left, right, out);
}

/* ---- Tree hash ---- */

static const mjl_mls_parent_content *parent_of(const mjl_mls_tree_node *node)
{
    return node->kind == MJL_MLS_NODE_PARENT ? mjl_mls_tree_node_parent(node) : NULL;
}

static mjl_bytes unmerged_of(const mjl_mls_parent_content *parent)
{
    return parent == NULL ? mjl_bytes_of(NULL, 0) : mjl_mls_parent_content_unmerged(parent);
}

mjl_mls_tree_place mjl_mls_tree_child(mjl_mls_tree_place place, mjl_mls_side side)
{
    assert(mjl_mls_tree_node_left(place.node) != NULL);
    const uint32_t half = UINT32_C(1) << (place.node->level - 1);
    const mjl_mls_tree_place left = {mjl_mls_tree_node_left(place.node), place.first};
    const mjl_mls_tree_place right = {mjl_mls_tree_node_right(place.node), place.first + half};
    return side == MJL_MLS_LEFT ? left : right;
}

/* At most MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
static void compute(const mjl_mls_suite *suite, mjl_mls_tree_place place, uint8_t *out)
{
    const mjl_mls_tree_node *node = place.node;
    if (node->level == 0) {
        leaf_hash(suite, node->kind == MJL_MLS_NODE_LEAF ? mjl_mls_tree_node_leaf(node) : NULL,
                  place.first, out);
        return;
    }
    if (mjl_mls_tree_node_left(node) == NULL) {
        void_hash(suite, place.first, node->level, out);
        return;
    }
    uint8_t left[MJL_MLS_HASH_SIZE_MAX], right[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_tree_hash(suite, mjl_mls_tree_child(place, MJL_MLS_LEFT), left);
    mjl_mls_tree_hash(suite, mjl_mls_tree_child(place, MJL_MLS_RIGHT), right);
    parent_node_hash(suite, parent_of(node), unmerged_of(parent_of(node)), left, right, out);
}

/* At most MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
void mjl_mls_tree_hash(const mjl_mls_suite *suite, mjl_mls_tree_place place, uint8_t *out)
{
    /* A cache in a value that is otherwise constant: it says nothing that was not true before. */
    mjl_mls_tree_node *node = (mjl_mls_tree_node *)place.node;
    uint8_t *kept = mjl_mls_tree_node_hash(node);
    if (node->hash_known && kept != NULL) {
        memcpy(out, kept, suite->hash_size);
        return;
    }
    compute(suite, place, out);
    if (kept == NULL) return;
    assert(node->hash_size == suite->hash_size);
    memcpy(kept, out, suite->hash_size);
    node->hash_known = true;
}

mjl_bytes mjl_mls_tree_hash_of_root(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                                    uint8_t room[MJL_MLS_HASH_SIZE_MAX])
{
    mjl_mls_tree_hash(suite, (mjl_mls_tree_place){tree->root, 0}, room);
    return mjl_bytes_of(room, suite->hash_size);
}

void mjl_mls_tree_hash_at(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                          uint32_t leaf, uint8_t level, uint8_t *out)
{
    const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(tree, leaf, level), (leaf >> level)
                                                                                         << level};
    if (place.node->level == level) {
        mjl_mls_tree_hash(suite, place, out);
    } else {
        void_hash(suite, place.first, level, out);
    }
}

/* ---- Parent hash (§7.9) ---- */

/* The unmerged leaves of `parent` that are not unmerged leaves of `above`. */
static mjl_result unmerged_without(const mjl_mls_parent_content *parent,
                                   const mjl_mls_parent_content *above, mjl_buffer *left)
{
    const mjl_bytes all = mjl_mls_parent_content_unmerged(parent);
    for (uint32_t i = 0; i < parent->unmerged_count; i++) {
        if (mjl_mls_parent_content_has_unmerged(above,
                                                mjl_mls_parent_content_unmerged_at(parent, i)))
            continue;
        const mjl_result result = mjl_buffer_append(
            left, mjl_bytes_of(all.data + (size_t)i * sizeof(uint32_t), sizeof(uint32_t)));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static bool any_unmerged_below(const mjl_mls_parent_content *parent, mjl_mls_tree_place place)
{
    const uint32_t end = place.first + (UINT32_C(1) << place.node->level);
    return mjl_mls_parent_content_unmerged_before(parent, place.first) !=
           mjl_mls_parent_content_unmerged_before(parent, end);
}

/* original_sibling_tree_hash: the tree hash as it was before the unmerged leaves of `above` came.
   Without any of them below it is the tree hash that is kept. At most
   MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
static mjl_result original_hash(const mjl_mls_suite *suite, mjl_mls_tree_place place,
                                const mjl_mls_parent_content *above, uint8_t *out)
{
    const mjl_mls_tree_node *node = place.node;
    if (!any_unmerged_below(above, place)) {
        mjl_mls_tree_hash(suite, place, out);
        return MJL_OK;
    }
    if (mjl_mls_tree_node_left(node) == NULL) {
        void_hash(suite, place.first, node->level, out);
        return MJL_OK;
    }
    uint8_t left[MJL_MLS_HASH_SIZE_MAX], right[MJL_MLS_HASH_SIZE_MAX];
    mjl_result result = original_hash(suite, mjl_mls_tree_child(place, MJL_MLS_LEFT), above, left);
    if (result != MJL_OK) return result;
    result = original_hash(suite, mjl_mls_tree_child(place, MJL_MLS_RIGHT), above, right);
    if (result != MJL_OK) return result;
    const mjl_mls_parent_content *parent = parent_of(node);
    mjl_buffer unmerged = {0};
    if (parent != NULL) result = unmerged_without(parent, above, &unmerged);
    if (result == MJL_OK) {
        parent_node_hash(suite, parent, mjl_buffer_bytes(&unmerged), left, right, out);
    }
    mjl_buffer_clear(&unmerged);
    return result;
}

mjl_result mjl_mls_parent_hash(const mjl_mls_suite *suite, mjl_mls_tree_place parent,
                               mjl_mls_side copath, uint8_t *out)
{
    assert(parent.node->kind == MJL_MLS_NODE_PARENT);
    const mjl_mls_parent_content *content = mjl_mls_tree_node_parent(parent.node);
    uint8_t sibling[MJL_MLS_HASH_SIZE_MAX];
    const mjl_result result =
        original_hash(suite, mjl_mls_tree_child(parent, copath), content, sibling);
    if (result != MJL_OK) return result;

    vector_parts room[3];
    mjl_bytes parts[6];
    size_t count = vector_push(&room[0], mjl_mls_parent_content_key(content), parts, 0);
    count = vector_push(&room[1], mjl_mls_parent_content_hash(content), parts, count);
    count = vector_push(&room[2], mjl_bytes_of(sibling, suite->hash_size), parts, count);
    suite->hash((mjl_mls_parts){parts, count}, out);
    return MJL_OK;
}
