/*
 * Keys are found where a look at every node finds them, in trees that are large enough to have
 * filters, before and after edits that share nodes.
 */
#include "key_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "group.h"
#include "people.h"
#include "tree_validation.h"

enum { LEVEL = 8, WIDTH = 1 << LEVEL, MEMBERS = 150, KEY_SIZE = 32 };

static mjl_buffer pattern_bytes; /* A real leaf. */

/* ---- Material ---- */

static void some_key(uint8_t key[KEY_SIZE])
{
    const mjl_random random = dice_random();
    assert_int_equal(random.fill(random.context, key, KEY_SIZE), MJL_OK);
}

/* The real leaf with other keys, which stand at its beginning; nobody verifies it here. */
static mjl_mls_leaf_content *some_leaf(void)
{
    mjl_buffer bytes = {0};
    mjl_mls_leaf_content *leaf;
    assert_int_equal(mjl_buffer_append(&bytes, mjl_buffer_bytes(&pattern_bytes)), MJL_OK);
    some_key(bytes.data + 1);
    some_key(bytes.data + 1 + KEY_SIZE + 1);
    assert_int_equal(mjl_mls_leaf_content_new(mjl_buffer_bytes(&bytes), &leaf), MJL_OK);
    mjl_buffer_clear(&bytes);
    return leaf;
}

static mjl_mls_parent_content *some_parent(void)
{
    uint8_t key[KEY_SIZE];
    mjl_mls_parent_content *parent;
    some_key(key);
    assert_int_equal(mjl_mls_parent_content_new(mjl_bytes_of(key, KEY_SIZE), mjl_bytes_of(NULL, 0),
                                                mjl_bytes_of(NULL, 0), &parent),
                     MJL_OK);
    return parent;
}

static mjl_mls_ratchet_tree some_tree(void)
{
    const mjl_mls_suite *suite = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    mjl_mls_ratchet_tree tree;
    assert_int_equal(mjl_mls_ratchet_tree_init(&tree, suite, LEVEL), MJL_OK);
    for (int i = 0; i < MEMBERS; i++) {
        const uint32_t leaf = dice_below(WIDTH);
        const uint8_t level = (uint8_t)(1 + dice_below(LEVEL));
        assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, leaf, some_leaf()), MJL_OK);
        assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, leaf, level, some_parent()),
                         MJL_OK);
    }
    return tree;
}

/* ---- Finding ---- */

static mjl_mls_node_kind find(const mjl_mls_ratchet_tree *tree, mjl_mls_key_use use, mjl_bytes key)
{
    return mjl_mls_tree_find_key(tree, use, key, MJL_MLS_NO_LEAF);
}

static void leaf_is_found(const mjl_mls_ratchet_tree *in, const mjl_mls_leaf_content *leaf,
                          uint32_t index, mjl_mls_node_kind kind)
{
    const mjl_bytes key = mjl_mls_leaf_content_encryption_key(leaf);
    const mjl_bytes signature_key = mjl_mls_leaf_content_signature_key(leaf);
    assert_int_equal(find(in, MJL_MLS_ENCRYPTION_KEY, key), kind);
    assert_int_equal(find(in, MJL_MLS_SIGNATURE_KEY, signature_key), kind);
    assert_int_equal(find(in, MJL_MLS_ENCRYPTION_KEY, signature_key), MJL_MLS_NODE_BLANK);
    assert_int_equal(find(in, MJL_MLS_SIGNATURE_KEY, key), MJL_MLS_NODE_BLANK);
    assert_int_equal(mjl_mls_tree_find_key(in, MJL_MLS_ENCRYPTION_KEY, key, index),
                     MJL_MLS_NODE_BLANK);
    assert_int_equal(mjl_mls_tree_find_key(in, MJL_MLS_SIGNATURE_KEY, signature_key, index),
                     MJL_MLS_NODE_BLANK);
}

static void all_nodes_are_found(const mjl_mls_ratchet_tree *of, const mjl_mls_ratchet_tree *in)
{
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(of);
    mjl_mls_tree_place place;
    while (mjl_mls_tree_walk_next(&walk, &place)) {
        if (place.node->kind == MJL_MLS_NODE_LEAF) {
            leaf_is_found(in, mjl_mls_tree_node_leaf(place.node), place.first, MJL_MLS_NODE_LEAF);
            continue;
        }
        const mjl_bytes key = mjl_mls_tree_node_encryption_key(place.node);
        assert_int_equal(find(in, MJL_MLS_ENCRYPTION_KEY, key), MJL_MLS_NODE_PARENT);
        assert_int_equal(find(in, MJL_MLS_SIGNATURE_KEY, key), MJL_MLS_NODE_BLANK);
    }
}

static void every_key_is_found_and_no_other(void **state)
{
    (void)state;
    mjl_mls_ratchet_tree tree = some_tree();
    all_nodes_are_found(&tree, &tree);
    for (int i = 0; i < 1000; i++) {
        uint8_t key[KEY_SIZE];
        some_key(key);
        assert_int_equal(find(&tree, MJL_MLS_ENCRYPTION_KEY, mjl_bytes_of(key, KEY_SIZE)),
                         MJL_MLS_NODE_BLANK);
    }
    assert_int_equal(find(&tree, MJL_MLS_ENCRYPTION_KEY, mjl_bytes_of(NULL, 0)),
                     MJL_MLS_NODE_BLANK);
    mjl_mls_ratchet_tree_clear(&tree);
}

static void edited_share_has_the_new_key_and_the_original_the_old_one(void **state)
{
    (void)state;
    mjl_mls_ratchet_tree tree = some_tree();
    all_nodes_are_found(&tree, &tree); /* All filters are there. */
    for (int i = 0; i < 20; i++) {
        const uint32_t leaf = mjl_mls_ratchet_tree_next_leaf(&tree, 0);
        mjl_mls_ratchet_tree edited = mjl_mls_ratchet_tree_share(&tree);
        assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&edited, leaf, some_leaf()), MJL_OK);
        const mjl_mls_leaf_content *before = mjl_mls_ratchet_tree_leaf(&tree, leaf);
        const mjl_mls_leaf_content *after = mjl_mls_ratchet_tree_leaf(&edited, leaf);
        leaf_is_found(&edited, after, leaf, MJL_MLS_NODE_LEAF);
        leaf_is_found(&edited, before, leaf, MJL_MLS_NODE_BLANK);
        leaf_is_found(&tree, before, leaf, MJL_MLS_NODE_LEAF);
        leaf_is_found(&tree, after, leaf, MJL_MLS_NODE_BLANK);
        assert_int_equal(mjl_mls_ratchet_tree_blank_path(&tree, leaf, MJL_MLS_TREE_BLANK_LEAF),
                         MJL_OK);
        mjl_mls_ratchet_tree_clear(&edited);
    }
    mjl_mls_ratchet_tree_clear(&tree);
}

/* ---- The rules that rest on it ---- */

static void new_leaf_with_a_known_key_breaks_the_rule_that_it_breaks(void **state)
{
    (void)state;
    mjl_mls_ratchet_tree tree = some_tree();
    const uint32_t known = mjl_mls_ratchet_tree_next_leaf(&tree, 0);
    const uint32_t leaf = mjl_mls_ratchet_tree_leftmost_blank(&tree);
    assert_int_equal(mjl_mls_tree_check_new_keys_unique(&tree, &known, 1), MJL_OK);

    mjl_mls_leaf_content *made = some_leaf();
    const mjl_bytes old =
        mjl_mls_leaf_content_signature_key(mjl_mls_ratchet_tree_leaf(&tree, known));
    memcpy(made->encoded + 1 + KEY_SIZE + 1, old.data, KEY_SIZE);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, leaf, made), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_new_keys_unique(&tree, &leaf, 1), MJL_SIGNATURE_KEY_TWICE);

    made = some_leaf();
    memcpy(made->encoded + 1,
           mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(&tree, known)).data,
           KEY_SIZE);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, leaf, made), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_new_keys_unique(&tree, &leaf, 1), MJL_ENCRYPTION_KEY_TWICE);

    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, known, 1, some_parent()), MJL_OK);
    made = some_leaf();
    memcpy(made->encoded + 1,
           mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(&tree, known, 1)).data, KEY_SIZE);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, leaf, made), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_new_keys_unique(&tree, &leaf, 1), MJL_PARENT_KEY_TWICE);
    mjl_mls_ratchet_tree_clear(&tree);
}

static int set_up(void **state)
{
    (void)state;
    dice_start(0);
    person who;
    person_init(&who, "somebody");
    person_create(&who, "nowhere");
    const mjl_mls_leaf_content *leaf = mjl_mls_ratchet_tree_leaf(&who.group->tree, 0);
    const mjl_result result = mjl_buffer_append(&pattern_bytes, mjl_mls_leaf_content_encoded(leaf));
    person_clear(&who);
    return result != MJL_OK;
}

static int tear_down(void **state)
{
    (void)state;
    mjl_buffer_clear(&pattern_bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_found_and_no_other),
        cmocka_unit_test(edited_share_has_the_new_key_and_the_original_the_old_one),
        cmocka_unit_test(new_leaf_with_a_known_key_breaks_the_rule_that_it_breaks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
