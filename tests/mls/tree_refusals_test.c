/*
 * What joiners, by Welcome and from outside, refuse of a ratchet tree (RFC 9420 §7.1, §7.9,
 * §12.4.3.1): the tree of Alice's group with one thing wrong, hashed, signed and sealed as if it
 * were right. What is wrong with its leaves is in leaf_refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "group.h"
#include "tree_ways.h"
#include "world.h"

/* ---- Unmerged leaves (§7.1, §12.4.3.1) ---- */

/* A parent with other unmerged leaves: its own parent hash does not cover them. */
static void unmerged_set(welcome_draft *draft, uint32_t leaf, uint8_t level, mjl_bytes unmerged)
{
    const mjl_mls_parent_content *old = mjl_mls_ratchet_tree_parent(&draft->tree, leaf, level);
    mjl_mls_parent_content *parent;
    assert_non_null(old);
    assert_int_equal(mjl_mls_parent_content_new(mjl_mls_parent_content_key(old),
                                                mjl_mls_parent_content_hash(old), unmerged,
                                                &parent),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&draft->tree, leaf, level, parent), MJL_OK);
}
enum { ROOT = 3 };

static void yves_add(welcome_draft *draft)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    assert_true(welcome_add(draft, mjl_buffer_bytes(&leaf)));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}
static void unmerged_descend(welcome_draft *draft)
{
    static const uint8_t leaves[] = {0, 0, 0, YVES_LEAF, 0, 0, 0, ZOE_LEAF};
    yves_add(draft);
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_twice(welcome_draft *draft)
{
    static const uint8_t leaves[] = {0, 0, 0, ZOE_LEAF, 0, 0, 0, ZOE_LEAF};
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_blank(welcome_draft *draft)
{
    static const uint8_t leaves[] = {0, 0, 0, ZOE_LEAF, 0, 0, 0, 7};
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_beside(welcome_draft *draft)
{
    static const uint8_t leaves[] = {0, 0, 0, ZOE_LEAF};
    unmerged_set(draft, DAVE_LEAF, 1, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_beyond(welcome_draft *draft)
{
    static const uint8_t leaves[] = {0, 0, 0, ZOE_LEAF, 0, 0, 0, 8};
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_far_beyond(welcome_draft *draft) /* A tree of 2^31 leaves. */
{
    static const uint8_t leaves[] = {0, 0, 0, ZOE_LEAF, 0x7f, 0xff, 0xff, 0xff};
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(leaves, sizeof leaves));
}
static void unmerged_not_between(welcome_draft *draft)
{
    unmerged_set(draft, ALICE_LEAF, 2, mjl_bytes_of(NULL, 0));
}

static void unmerged_leaves_are_members_below_in_order(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"two newcomers", yves_add, MJL_OK},
        {"descending", unmerged_descend, MJL_UNMERGED_ORDER},
        {"twice", unmerged_twice, MJL_UNMERGED_ORDER},
        {"blank", unmerged_blank, MJL_UNMERGED_BLANK},
        {"beside", unmerged_beside, MJL_UNMERGED_ELSEWHERE},
        {"beyond", unmerged_beyond, MJL_UNMERGED_ELSEWHERE},
        {"far beyond", unmerged_far_beyond, MJL_UNMERGED_ELSEWHERE},
        {"not between", unmerged_not_between, MJL_UNMERGED_BETWEEN},
    };
    tree_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- Parents: their hashes and keys (§7.9.2, §12.4.3.1) ---- */

static const uint8_t any_key[32] = {9}; /* X25519's base point. */
static const uint8_t weak_key[32] = {0};
static const uint8_t any_hash[MJL_MLS_HASH_SIZE] = {5};

static void parent_put(welcome_draft *draft, uint32_t leaf, uint8_t level, mjl_bytes key,
                       mjl_bytes hash, mjl_bytes unmerged)
{
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(key, hash, unmerged, &parent), MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&draft->tree, leaf, level, parent), MJL_OK);
}
static mjl_bytes hash_at(const welcome_draft *draft, uint32_t leaf, uint8_t level)
{
    return mjl_mls_parent_content_hash(mjl_mls_ratchet_tree_parent(&draft->tree, leaf, level));
}
static mjl_bytes key_at(const welcome_draft *draft, uint32_t leaf, uint8_t level)
{
    return mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(&draft->tree, leaf, level));
}
static void parent_of_nobody(welcome_draft *draft)
{
    parent_put(draft, DAVE_LEAF, 1, mjl_bytes_of(any_key, 32), hash_at(draft, DAVE_LEAF, 1),
               mjl_bytes_of(NULL, 0));
}
static void parent_over_blanks(welcome_draft *draft)
{
    parent_put(draft, 6, 1, mjl_bytes_of(any_key, 32), mjl_bytes_of(NULL, 0),
               mjl_bytes_of(NULL, 0));
}
static void parent_over_one(welcome_draft *draft)
{
    static const uint8_t zoe[] = {0, 0, 0, ZOE_LEAF};
    parent_put(draft, ALICE_LEAF, 1, mjl_bytes_of(any_key, 32), hash_at(draft, ALICE_LEAF, 2),
               mjl_bytes_of(zoe, sizeof zoe));
}
static void parent_hash_other(welcome_draft *draft)
{
    parent_put(draft, DAVE_LEAF, 1, key_at(draft, DAVE_LEAF, 1),
               mjl_bytes_of(any_hash, sizeof any_hash), mjl_bytes_of(NULL, 0));
}
static void parent_hash_short(welcome_draft *draft)
{
    parent_put(draft, DAVE_LEAF, 1, key_at(draft, DAVE_LEAF, 1),
               mjl_bytes_of(any_hash, sizeof any_hash - 1), mjl_bytes_of(NULL, 0));
}
static void newcomer_not_unmerged(welcome_draft *draft)
{
    unmerged_set(draft, ALICE_LEAF, 2, mjl_bytes_of(NULL, 0));
    unmerged_set(draft, ALICE_LEAF, ROOT, mjl_bytes_of(NULL, 0));
}
static void leaf_write(const person *who, uint32_t at, welcome_draft *draft)
{
    leaf_draft made;
    mjl_buffer encoded = {0};
    mjl_mls_leaf_content *content;
    leaf_draft_begin(&made, who, MJL_MLS_LEAF_UPDATE,
                     (mjl_mls_leaf_place){draft->context.group_id, at});
    leaf_draft_write(&made, NULL, &encoded);
    assert_int_equal(mjl_mls_leaf_content_new(mjl_buffer_bytes(&encoded), &content), MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&draft->tree, at, content), MJL_OK);
    mjl_buffer_clear(&encoded);
}
static void foot_of_chain_replaced(welcome_draft *draft) /* Without blanking above it. */
{
    leaf_write(&us.alice, ALICE_LEAF, draft);
}
static void sibling_replaced(welcome_draft *draft) /* Alice's root covers Dave's old leaf. */
{
    leaf_write(&us.bob, BOB_LEAF, draft);
}
static void leaf_hash_other(leaf_draft *draft)
{
    draft->parts.parent_hash = mjl_bytes_of(any_hash, sizeof any_hash);
}
static void leaf_hash_empty(leaf_draft *draft)
{
    draft->parts.parent_hash.size = 0;
}
static void path_right(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){0});
}
static void path_leaf_hash_other(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.leaf = leaf_hash_other});
}
static void path_leaf_hash_empty(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.leaf = leaf_hash_empty});
}
static void root_has_a_parent(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.root_has_hash = true});
}

static void parents_were_set_by_members_below(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"a path", path_right, MJL_OK},
        {"a parent of nobody's", parent_of_nobody, MJL_PARENT_HASH},
        {"a parent over blanks", parent_over_blanks, MJL_PARENT_HASH},
        {"a parent over one member", parent_over_one, MJL_PARENT_HASH},
        {"another parent hash", parent_hash_other, MJL_PARENT_HASH},
        {"a short parent hash", parent_hash_short, MJL_PARENT_HASH},
        {"a newcomer who is not unmerged", newcomer_not_unmerged, MJL_PARENT_HASH},
        {"another foot of the chain", foot_of_chain_replaced, MJL_PARENT_HASH},
        {"another sibling", sibling_replaced, MJL_PARENT_HASH},
        {"a leaf with another parent hash", path_leaf_hash_other, MJL_PARENT_HASH},
        {"a leaf without parent hash", path_leaf_hash_empty, MJL_PARENT_HASH},
        {"a root with a parent hash", root_has_a_parent, MJL_ROOT_PARENT_HASH},
    };
    tree_variants_expect(variants, sizeof variants / sizeof *variants);
}

static void weak_first(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {mjl_bytes_of(weak_key, 32)}});
}
static void weak_root(welcome_draft *draft)
{
    const mjl_bytes weak = mjl_bytes_of(weak_key, 32);
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {{0}, {0}, weak}});
}
static void short_first(welcome_draft *draft)
{
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {mjl_bytes_of(any_key, 31)}});
}
static void key_of_another_parent(welcome_draft *draft)
{
    const mjl_mls_ratchet_tree *tree = &us.alice.group->tree;
    const mjl_bytes key =
        mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(tree, DAVE_LEAF, 1));
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {key}});
}
static void key_of_a_leaf(welcome_draft *draft)
{
    const mjl_mls_ratchet_tree *tree = &us.alice.group->tree;
    const mjl_bytes key =
        mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(tree, DAVE_LEAF));
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {{0}, key}});
}
static void key_twice_in_a_path(welcome_draft *draft)
{
    const mjl_bytes key = mjl_bytes_of(any_key, 32);
    welcome_path(draft, ALICE_LEAF, &(drafted_path){.keys = {key, key}});
}
static void leaf_twice(welcome_draft *draft)
{
    const mjl_mls_leaf_content *dave = mjl_mls_ratchet_tree_leaf(&us.alice.group->tree, DAVE_LEAF);
    assert_true(welcome_add(draft, mjl_mls_leaf_content_encoded(dave)));
}

static void keys_of_parents_are_points_and_stand_once(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"weak", weak_first, MJL_PARENT_KEY},
        {"weak root", weak_root, MJL_PARENT_KEY},
        {"short", short_first, MJL_PARENT_KEY},
        {"another parent's", key_of_another_parent, MJL_PARENT_KEY_TWICE},
        {"a leaf's", key_of_a_leaf, MJL_PARENT_KEY_TWICE},
        {"twice in a path", key_twice_in_a_path, MJL_PARENT_KEY_TWICE},
        {"a leaf twice", leaf_twice, MJL_ENCRYPTION_KEY_TWICE},
    };
    tree_variants_expect(variants, sizeof variants / sizeof *variants);
}

/* ---- Which tree it is ---- */

static void tree_of_another_hash(welcome_draft *draft)
{
    draft->context.tree_hash = mjl_bytes_of(any_hash, sizeof any_hash);
}
static void tree_hash_short(welcome_draft *draft)
{
    draft->context.tree_hash = mjl_bytes_of(any_hash, sizeof any_hash - 1);
}
static void tree_without_us(welcome_draft *draft)
{
    mjl_mls_ratchet_tree_clear(&draft->tree);
    draft->tree = mjl_mls_ratchet_tree_share(&us.alice.group->tree);
}
static void tree_with_our_other_leaf(welcome_draft *draft)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    tree_without_us(draft);
    package_draft_begin(&made, &us.zoe);
    package_draft_write(&made, NULL, &package, &leaf);
    assert_true(welcome_add(draft, mjl_buffer_bytes(&leaf)));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}
static void tree_missing(welcome_draft *draft)
{
    draft->without_tree = true;
}

static void tree_is_the_one_of_the_context_and_has_us(void **state)
{
    (void)state;
    static const welcome_variant variants[] = {
        {"another tree", tree_of_another_hash, MJL_TREE_HASH},
        {"a short hash", tree_hash_short, MJL_CONTEXT_HASH_SIZE},
        {"without us", tree_without_us, MJL_NOT_IN_THE_TREE},
        {"with another leaf of ours", tree_with_our_other_leaf, MJL_NOT_IN_THE_TREE},
        {"no tree", tree_missing, MJL_TREE_MISSING},
    };
    tree_variants_expect(variants, sizeof variants / sizeof *variants);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unmerged_leaves_are_members_below_in_order),
        TEST(parents_were_set_by_members_below),
        TEST(keys_of_parents_are_points_and_stand_once),
        TEST(tree_is_the_one_of_the_context_and_has_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
