#include "tree_encoding.h"

#include "tree_math.h"

/* ---- Writing ---- */

static void node_write(mjl_mls_writer *writer, const mjl_mls_tree_node *node)
{
    mjl_mls_write_optional(writer, node->kind != MJL_MLS_NODE_BLANK);
    if (node->kind == MJL_MLS_NODE_BLANK) return;
    mjl_mls_write_u8(writer, node->kind);
    if (node->kind == MJL_MLS_NODE_LEAF) {
        mjl_mls_write_fixed(writer, mjl_mls_leaf_content_encoded(mjl_mls_tree_node_leaf(node)));
        return;
    }
    const mjl_mls_parent_content *parent = mjl_mls_tree_node_parent(node);
    mjl_mls_write_vector(writer, mjl_mls_parent_content_key(parent));
    mjl_mls_write_vector(writer, mjl_mls_parent_content_hash(parent));
    mjl_mls_write_vector(writer, mjl_mls_parent_content_unmerged(parent));
}

/* Only trailing blanks are left out, so a void subtree before a filled node is written out. */
static void blanks_write(mjl_mls_writer *writer, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        mjl_mls_write_optional(writer, false);
}

typedef enum trailing_blanks { KEEP_BLANKS, DROP_BLANKS } trailing_blanks;

/* In order, left to right. At most MJL_MLS_TREE_DEPTH_MAX deep.
   NOLINTNEXTLINE(misc-no-recursion) */
static void subtree_write(mjl_mls_writer *writer, const mjl_mls_tree_node *node,
                          trailing_blanks trailing)
{
    if (!node->filled) {
        if (trailing == KEEP_BLANKS) blanks_write(writer, (UINT32_C(2) << node->level) - 1);
        return;
    }
    if (node->level == 0) {
        node_write(writer, node);
        return;
    }
    const mjl_mls_tree_node *right = mjl_mls_tree_node_right(node);
    const bool right_is_written = trailing == KEEP_BLANKS || right->filled;
    const bool own_is_last = !right_is_written;
    const bool own_is_written = !own_is_last || node->kind != MJL_MLS_NODE_BLANK;
    subtree_write(writer, mjl_mls_tree_node_left(node), own_is_written ? KEEP_BLANKS : trailing);
    if (own_is_written) node_write(writer, node);
    if (right_is_written) subtree_write(writer, right, trailing);
}

void mjl_mls_ratchet_tree_write(mjl_mls_writer *writer, const mjl_mls_ratchet_tree *tree)
{
    const size_t begin = mjl_mls_write_vector_begin(writer);
    subtree_write(writer, tree->root, DROP_BLANKS);
    mjl_mls_write_vector_end(writer, begin);
}

/* ---- Reading ---- */

static mjl_result parent_read(const mjl_mls_suite *suite, mjl_mls_reader *reader,
                              mjl_mls_parent_content **parent)
{
    const mjl_bytes key = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    const mjl_bytes hash = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    const mjl_bytes unmerged = mjl_mls_read_vector(reader, MJL_MLS_LEAVES_MAX * sizeof(uint32_t));
    if (reader->result != MJL_OK) return reader->result;
    if (key.size != suite->kem_public_size) return MJL_PARENT_KEY;
    if (hash.size != 0 && hash.size != suite->hash_size) return MJL_PARENT_HASH;
    return mjl_mls_parent_content_new(key, hash, unmerged, parent);
}

static mjl_result leaf_read(mjl_mls_reader *reader, mjl_mls_leaf_content **leaf)
{
    mjl_mls_leaf_node view;
    const uint8_t *mark = reader->at;
    mjl_mls_leaf_node_read(reader, &view);
    if (reader->result != MJL_OK) return reader->result;
    return mjl_mls_leaf_content_new(mjl_mls_read_since(reader, mark), leaf);
}

/* Reads one filled node and sets it. Leaves stand at even indices, parents at odd ones. */
static mjl_result node_read(const mjl_mls_suite *suite, mjl_mls_reader *reader, uint32_t index,
                            mjl_mls_ratchet_tree *tree)
{
    const uint8_t kind = mjl_mls_read_u8(reader);
    if (reader->result != MJL_OK) return reader->result;
    const uint32_t first = mjl_mls_tree_first_leaf(index);
    if (kind == MJL_MLS_NODE_LEAF) {
        if (!mjl_mls_tree_is_leaf(index)) return MJL_TREE_NODE_PLACE;
        mjl_mls_leaf_content *leaf;
        const mjl_result result = leaf_read(reader, &leaf);
        return result != MJL_OK ? result : mjl_mls_ratchet_tree_set_leaf(tree, first, leaf);
    }
    if (kind != MJL_MLS_NODE_PARENT) return MJL_UNKNOWN_KIND;
    if (mjl_mls_tree_is_leaf(index)) return MJL_TREE_NODE_PLACE;
    mjl_mls_parent_content *parent;
    const mjl_result result = parent_read(suite, reader, &parent);
    if (result != MJL_OK) return result;
    return mjl_mls_ratchet_tree_set_parent(tree, first, (uint8_t)mjl_mls_tree_level(index), parent);
}

/* The width is not written: the tree grows to the least that has a place for each node. */
static mjl_result grow_to(mjl_mls_ratchet_tree *tree, uint32_t index)
{
    mjl_result result = MJL_OK;
    while (result == MJL_OK && index >= mjl_mls_tree_node_count(mjl_mls_ratchet_tree_width(tree)))
        result = mjl_mls_ratchet_tree_extend(tree);
    return result;
}

static mjl_result nodes_read(const mjl_mls_suite *suite, mjl_mls_reader *reader,
                             mjl_mls_ratchet_tree *tree)
{
    bool last_is_filled = false;
    for (uint32_t index = 0; mjl_mls_reader_more(reader); index++) {
        if (index >= MJL_MLS_NODES_MAX) return MJL_TOO_LARGE;
        last_is_filled = mjl_mls_read_optional(reader);
        if (!last_is_filled) continue;
        mjl_result result = grow_to(tree, index);
        if (result == MJL_OK) result = node_read(suite, reader, index, tree);
        if (result != MJL_OK) return result;
    }
    if (reader->result != MJL_OK) return reader->result;
    return last_is_filled ? MJL_OK : MJL_TREE_ENDS_BLANK;
}

mjl_result mjl_mls_ratchet_tree_parse(const mjl_mls_suite *suite, mjl_bytes encoded,
                                      mjl_mls_ratchet_tree *tree)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_reader list = mjl_mls_read_list(&reader, MJL_MLS_EXTENSION_SIZE_MAX);
    mjl_mls_ratchet_tree made;
    mjl_result result = mjl_mls_ratchet_tree_init(&made, suite, 0);
    if (result != MJL_OK) return result;
    result = nodes_read(suite, &list, &made);
    mjl_mls_read_list_end(&reader, &list);
    if (result == MJL_OK) result = mjl_mls_reader_end(&reader);
    if (result != MJL_OK) {
        mjl_mls_ratchet_tree_clear(&made);
        return result;
    }
    *tree = made;
    return MJL_OK;
}
