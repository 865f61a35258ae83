/*
 * What joiners refuse of the encoding of a ratchet tree (RFC 9420 §12.4.3.3), and how large a one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "mls_limits.h"
#include "ratchet_tree.h"
#include "tree_ways.h"
#include "world.h"

static void nodes_end_blank(mjl_buffer *nodes)
{
    buffer_put(nodes, "\0", 1);
}
static void nodes_empty(mjl_buffer *nodes)
{
    nodes->size = 0;
}
static void nodes_all_blank(mjl_buffer *nodes)
{
    memset(nodes->data, 0, nodes->size);
    nodes->size = 11;
}
static void nodes_presence_2(mjl_buffer *nodes)
{
    nodes->data[0] = 2;
}
static void nodes_kind_0(mjl_buffer *nodes)
{
    nodes->data[1] = 0;
}
static void nodes_kind_3(mjl_buffer *nodes)
{
    nodes->data[1] = 3;
}
static void nodes_parent_at_leaf(mjl_buffer *nodes)
{
    nodes->data[1] = MJL_MLS_NODE_PARENT;
}
/* Zoe's leaf again, in place of the blank parent behind it. */
static void nodes_leaf_at_parent(mjl_buffer *nodes)
{
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(nodes));
    mjl_mls_leaf_node leaf;
    mjl_buffer changed = {0};
    mjl_mls_read_u16(&reader);
    mjl_mls_leaf_node_read(&reader, &leaf);
    assert_int_equal(reader.result, MJL_OK);
    const size_t size = 2 + leaf.encoded.size;
    assert_int_equal(nodes->data[size], 0);
    buffer_put(&changed, nodes->data, size);
    buffer_put(&changed, nodes->data, size);
    buffer_put(&changed, nodes->data + size + 1, nodes->size - size - 1);
    mjl_buffer_clear(nodes);
    *nodes = changed;
}
static void nodes_cut(mjl_buffer *nodes)
{
    nodes->size--;
}
/* More nodes than any tree has: 2^17 - 1 are too many, and so are 2^31. */
static void nodes_too_many(mjl_buffer *nodes)
{
    const size_t count = 2 * (size_t)MJL_MLS_NODES_MAX;
    assert_int_equal(mjl_buffer_reserve(nodes, count), MJL_OK);
    memset(nodes->data, 0, count);
    nodes->size = count;
    nodes->data[count - 1] = 1;
}
static void trailing(mjl_buffer *tree)
{
    buffer_put(tree, "\0", 1);
}
static void length_not_minimal(mjl_buffer *tree) /* Two bytes are enough: take four. */
{
    assert_int_equal(tree->data[0] >> 6, 1);
    buffer_put(tree, "\0\0", 2);
    memmove(tree->data + 4, tree->data + 2, tree->size - 4);
    tree->data[3] = tree->data[1];
    tree->data[2] = tree->data[0] & 0x3f;
    tree->data[0] = 0x80;
    tree->data[1] = 0;
}
static void length_huge(mjl_buffer *tree)
{
    memset(tree->data, 0xBF, 1);
    memset(tree->data + 1, 0xFF, 3);
}
static void length_prefix(mjl_buffer *tree)
{
    tree->data[0] |= 0xC0;
}

#define EDIT_NODES(name)                                                                           \
    static void edit_##name(welcome_draft *draft)                                                  \
    {                                                                                              \
        draft->tree_bytes = name;                                                                  \
    }
#define EDIT_EXTENSION(name)                                                                       \
    static void edit_##name(welcome_draft *draft)                                                  \
    {                                                                                              \
        draft->tree_extension = name;                                                              \
    }
EDIT_NODES(nodes_end_blank)
EDIT_NODES(nodes_empty)
EDIT_NODES(nodes_all_blank)
EDIT_NODES(nodes_presence_2)
EDIT_NODES(nodes_kind_0)
EDIT_NODES(nodes_kind_3)
EDIT_NODES(nodes_parent_at_leaf)
EDIT_NODES(nodes_leaf_at_parent)
EDIT_NODES(nodes_cut)
EDIT_NODES(nodes_too_many)
EDIT_EXTENSION(trailing)
EDIT_EXTENSION(length_not_minimal)
EDIT_EXTENSION(length_huge)
EDIT_EXTENSION(length_prefix)

static void encoding_of_a_tree_keeps_its_form(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"right", NULL, MJL_OK},
        {"a blank at the end", edit_nodes_end_blank, MJL_TREE_ENDS_BLANK},
        {"empty", edit_nodes_empty, MJL_TREE_ENDS_BLANK},
        {"all blank", edit_nodes_all_blank, MJL_TREE_ENDS_BLANK},
        {"presence 2", edit_nodes_presence_2, MJL_PRESENCE_OCTET},
        {"node type 0", edit_nodes_kind_0, MJL_UNKNOWN_KIND},
        {"node type 3", edit_nodes_kind_3, MJL_UNKNOWN_KIND},
        {"a parent at a leaf", edit_nodes_parent_at_leaf, MJL_TREE_NODE_PLACE},
        {"a leaf at a parent", edit_nodes_leaf_at_parent, MJL_TREE_NODE_PLACE},
        {"cut", edit_nodes_cut, MJL_TRUNCATED},
        {"too many nodes", edit_nodes_too_many, MJL_TOO_LARGE},
        {"trailing", edit_trailing, MJL_TRAILING},
        {"length not minimal", edit_length_not_minimal, MJL_NOT_CANONICAL},
        {"length huge", edit_length_huge, MJL_TOO_LARGE},
        {"length prefix", edit_length_prefix, MJL_LENGTH_PREFIX},
    };
    tree_variants_expect(variants, sizeof variants / sizeof *variants);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(encoding_of_a_tree_keeps_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
