/*
 * Ratchet trees as shared values: edits change one tree and no other, encodings are canonical, and
 * each rule on trees (RFC 9420 §7.9.2, §12.4.3.1) refuses a tree that breaks it alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "group.h"
#include "people.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "tree_validation.h"

static const mjl_mls_suite *suite;

/* ---- Material ---- */

/* A leaf of a member of no group. */
static mjl_mls_leaf_content *some_leaf(void)
{
    person who;
    person_init(&who, "somebody");
    person_create(&who, "nowhere");
    mjl_mls_leaf_content *leaf;
    assert_int_equal(
        mjl_mls_leaf_content_new(
            mjl_mls_leaf_content_encoded(mjl_mls_ratchet_tree_leaf(&who.group->tree, 0)), &leaf),
        MJL_OK);
    person_clear(&who);
    return leaf;
}

static mjl_mls_parent_content *some_parent(void)
{
    uint8_t private_key[32], public_key[32];
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_kem_generate(suite, dice_random(), private_key, public_key), MJL_OK);
    assert_int_equal(mjl_mls_parent_content_new(mjl_bytes_of(public_key, 32), mjl_bytes_of(NULL, 0),
                                                mjl_bytes_of(NULL, 0), &parent),
                     MJL_OK);
    return parent;
}

static void encode(const mjl_mls_ratchet_tree *tree, mjl_buffer *out)
{
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_ratchet_tree_write(&writer, tree);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
}

/* ---- Sharing ---- */

static bool holds(const mjl_mls_tree_node *node, const mjl_mls_tree_node *wanted)
{
    if (node == NULL) return false;
    return node == wanted || holds(mjl_mls_tree_node_left(node), wanted) ||
           holds(mjl_mls_tree_node_right(node), wanted);
}

/* Nodes of `node` that are not nodes of `other`. */
static size_t count_new(const mjl_mls_tree_node *node, const mjl_mls_ratchet_tree *other)
{
    if (node == NULL || holds(other->root, node)) return 0;
    return 1 + count_new(mjl_mls_tree_node_left(node), other) +
           count_new(mjl_mls_tree_node_right(node), other);
}

static void edit_of_a_share_costs_its_path(void **state)
{
    (void)state;
    dice_start(1);
    mjl_mls_ratchet_tree tree;
    assert_int_equal(mjl_mls_ratchet_tree_init(&tree, suite, 6), MJL_OK);
    for (uint32_t i = 0; i < 64; i++)
        assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, i, some_leaf()), MJL_OK);
    mjl_buffer before = {0}, after = {0};
    encode(&tree, &before);
    mjl_mls_ratchet_tree other = mjl_mls_ratchet_tree_share(&tree);
    assert_int_equal(count_new(other.root, &tree), 0);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&other, 17, some_leaf()), MJL_OK);
    assert_int_equal(count_new(other.root, &tree), 7);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&other, 17, 3, some_parent()), MJL_OK);
    assert_int_equal(count_new(other.root, &tree), 7); /* Its own nodes are changed in place. */
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&other, 18, MJL_MLS_TREE_BLANK_LEAF), MJL_OK);
    assert_int_equal(count_new(other.root, &tree), 9);
    encode(&tree, &after);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&before), mjl_buffer_bytes(&after)));
    mjl_mls_ratchet_tree_clear(&tree);
    assert_null(mjl_mls_ratchet_tree_leaf(&other, 18)); /* Outlives the tree it shared with. */
    assert_non_null(mjl_mls_ratchet_tree_leaf(&other, 19));
    mjl_mls_ratchet_tree_clear(&other);
    mjl_buffer_clear(&before);
    mjl_buffer_clear(&after);
}

/* ---- Against a plain array ---- */

enum { MODEL_WIDTH = 32 };

/* Which nodes are filled, by index as in RFC 9420 appendix C. */
typedef struct model {
    bool filled[2 * MODEL_WIDTH - 1];
} model;

static uint32_t index_of(uint32_t leaf, uint8_t level)
{
    return ((leaf >> level) << (level + 1)) + (UINT32_C(1) << level) - 1;
}

static void expect_like(const mjl_mls_ratchet_tree *tree, const model *expected)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    uint32_t blank = width, members = 0, next = width;
    for (uint32_t leaf = width; leaf-- != 0;) {
        const bool filled = expected->filled[index_of(leaf, 0)];
        assert_int_equal(mjl_mls_ratchet_tree_leaf(tree, leaf) != NULL, filled);
        if (filled) members++;
        if (!filled) blank = leaf;
        if (filled) next = leaf;
        assert_int_equal(mjl_mls_ratchet_tree_next_leaf(tree, leaf), next);
        for (uint8_t level = 1; level <= tree->root->level; level++)
            assert_int_equal(mjl_mls_ratchet_tree_parent(tree, leaf, level) != NULL,
                             expected->filled[index_of(leaf, level)]);
    }
    assert_int_equal(mjl_mls_ratchet_tree_leftmost_blank(tree), blank);
    assert_int_equal(tree->root->members, members);
    for (uint32_t leaf = width; leaf < MODEL_WIDTH; leaf++)
        assert_null(mjl_mls_ratchet_tree_leaf(tree, leaf));
}

static void model_blank(model *expected, uint8_t top, uint32_t leaf, bool with_leaf)
{
    for (uint8_t level = with_leaf ? 0 : 1; level <= top; level++)
        expected->filled[index_of(leaf, level)] = false;
}

static void edit_both(mjl_mls_ratchet_tree *tree, model *expected)
{
    const uint8_t top = tree->root->level;
    const uint32_t leaf = dice_below(mjl_mls_ratchet_tree_width(tree));
    switch (dice_below(5)) {
    case 0:
        assert_int_equal(mjl_mls_ratchet_tree_set_leaf(tree, leaf, some_leaf()), MJL_OK);
        expected->filled[index_of(leaf, 0)] = true;
        return;
    case 1:
        if (top == 0) return;
        const uint8_t level = (uint8_t)(1 + dice_below(top));
        assert_int_equal(mjl_mls_ratchet_tree_set_parent(tree, leaf, level, some_parent()), MJL_OK);
        expected->filled[index_of(leaf, level)] = true;
        return;
    case 2:
        assert_int_equal(mjl_mls_ratchet_tree_blank_path(tree, leaf, MJL_MLS_TREE_BLANK_LEAF),
                         MJL_OK);
        model_blank(expected, top, leaf, true);
        return;
    case 3:
        if (top < 5) assert_int_equal(mjl_mls_ratchet_tree_extend(tree), MJL_OK);
        return;
    default:
        mjl_mls_ratchet_tree_truncate(tree);
        for (uint32_t i = mjl_mls_ratchet_tree_width(tree) * 2 - 1; i < 2 * MODEL_WIDTH - 1; i++)
            expected->filled[i] = false;
    }
}

/* A tree that was built in another order has the same hash and bytes. */
static void expect_canonical(const mjl_mls_ratchet_tree *tree)
{
    if (!tree->root->filled) return;
    mjl_buffer encoded = {0}, again = {0};
    encode(tree, &encoded);
    mjl_mls_ratchet_tree parsed;
    assert_int_equal(mjl_mls_ratchet_tree_parse(suite, mjl_buffer_bytes(&encoded), &parsed),
                     MJL_OK);
    encode(&parsed, &again);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&encoded), mjl_buffer_bytes(&again)));
    if (parsed.root->level == tree->root->level)
        assert_true(mjl_bytes_equal(
            mjl_mls_tree_hash_of_root(suite, &parsed, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0}),
            mjl_mls_tree_hash_of_root(suite, tree, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0})));
    mjl_mls_ratchet_tree_clear(&parsed);
    mjl_buffer_clear(&encoded);
    mjl_buffer_clear(&again);
}

static void random_edits_do_what_they_do_to_an_array(void **state)
{
    (void)state;
    const uint64_t seed = (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)seed);
    dice_start(seed);
    mjl_mls_ratchet_tree tree, kept;
    model expected = {0}, expected_kept = {0};
    assert_int_equal(mjl_mls_ratchet_tree_init(&tree, suite, 0), MJL_OK);
    kept = mjl_mls_ratchet_tree_share(&tree);
    for (int i = 0; i < 600; i++) {
        edit_both(&tree, &expected);
        expect_like(&tree, &expected);
        expect_like(&kept, &expected_kept);
        if (i % 10 == 0) expect_canonical(&tree);
        if (dice_below(8) == 0) { /* Sometimes the share goes on, sometimes the original. */
            mjl_mls_ratchet_tree_clear(&kept);
            kept = mjl_mls_ratchet_tree_share(&tree);
            expected_kept = expected;
        }
    }
    mjl_mls_ratchet_tree_clear(&tree);
    mjl_mls_ratchet_tree_clear(&kept);
}

static void width_has_its_bound(void **state)
{
    (void)state;
    mjl_mls_ratchet_tree tree;
    assert_int_equal(mjl_mls_ratchet_tree_init(&tree, suite, MJL_MLS_TREE_DEPTH_MAX), MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_extend(&tree), MJL_TOO_LARGE);
    assert_int_equal(mjl_mls_ratchet_tree_width(&tree), MJL_MLS_LEAVES_MAX);
    mjl_mls_ratchet_tree_clear(&tree);
}

/* ---- A tree that members made ---- */

enum { MADE_OF = 5 };

/* Five members; parents filled by commits of two of them, and one unmerged newcomer. */
static mjl_mls_ratchet_tree made_tree(void)
{
    person people[MADE_OF];
    for (int i = 0; i < MADE_OF; i++)
        person_init(&people[i], "member");
    person_create(&people[0], "room");
    const person *const first[] = {&people[1], &people[2], &people[3]};
    const person *const last[] = {&people[4]};
    mjl_mls_candidate candidate;
    assert_int_equal(person_commit(&people[0],
                                   &(change){.add = first, .add_count = 3, .refresh = true},
                                   &candidate),
                     MJL_OK);
    person_merge(&people[0], &candidate);
    assert_int_equal(person_join(&people[2], mjl_buffer_bytes(&candidate.welcome)), MJL_OK);
    mjl_mls_candidate_clear(&candidate);
    assert_int_equal(person_commit(&people[2], &(change){.refresh = true}, &candidate), MJL_OK);
    person_merge(&people[2], &candidate);
    mjl_mls_candidate_clear(&candidate);
    assert_int_equal(person_commit(&people[2],
                                   &(change){.add = last, .add_count = 1, .refresh = true},
                                   &candidate),
                     MJL_OK);
    person_merge(&people[2], &candidate);
    mjl_mls_candidate_clear(&candidate);
    mjl_mls_ratchet_tree tree = mjl_mls_ratchet_tree_share(&people[2].group->tree);
    for (int i = 0; i < MADE_OF; i++)
        person_clear(&people[i]);
    return tree;
}

static mjl_mls_leaf_rules rules(void)
{
    return (mjl_mls_leaf_rules){suite, mjl_bytes_text("room"), mjl_bytes_of(NULL, 0)};
}

static void expect_verdict(mjl_mls_ratchet_tree *tree, mjl_result expected)
{
    const mjl_mls_leaf_rules all = rules();
    assert_int_equal(mjl_mls_tree_check(&all, tree), expected);
    mjl_mls_ratchet_tree_clear(tree);
}

static void made_tree_passes_all_checks(void **state)
{
    (void)state;
    dice_start(2);
    mjl_mls_ratchet_tree tree = made_tree();
    expect_verdict(&tree, MJL_OK);
}

/* Sets the unmerged leaves of the parent above `leaf` at `level`. */
static mjl_mls_ratchet_tree with_unmerged(uint32_t leaf, uint8_t level, const uint8_t *unmerged,
                                          size_t size)
{
    mjl_mls_ratchet_tree tree = made_tree();
    const mjl_mls_parent_content *old = mjl_mls_ratchet_tree_parent(&tree, leaf, level);
    assert_non_null(old);
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(mjl_mls_parent_content_key(old),
                                                mjl_mls_parent_content_hash(old),
                                                mjl_bytes_of(unmerged, size), &parent),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, leaf, level, parent), MJL_OK);
    return tree;
}

static void expect_unmerged(uint32_t leaf, uint8_t level, const uint8_t *unmerged, size_t size,
                            mjl_result expected)
{
    mjl_mls_ratchet_tree tree = with_unmerged(leaf, level, unmerged, size);
    assert_int_equal(mjl_mls_tree_check_unmerged(&tree), expected);
    expect_verdict(&tree, expected);
}

static void unmerged_leaves_are_members_below_and_ascend(void **state)
{
    (void)state;
    dice_start(3);
    static const uint8_t descending[] = {0, 0, 0, 1, 0, 0, 0, 0};
    static const uint8_t twice[] = {0, 0, 0, 4, 0, 0, 0, 4};
    static const uint8_t blank[] = {0, 0, 0, 5};
    static const uint8_t elsewhere[] = {0, 0, 0, 0};
    static const uint8_t outside[] = {0, 0, 0, 8};
    static const uint8_t far_outside[] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t not_in_between[] = {0, 0, 0, 3}; /* The parent of 2 and 3 is filled. */
    expect_unmerged(2, 3, descending, sizeof descending, MJL_UNMERGED_ORDER);
    expect_unmerged(2, 3, twice, sizeof twice, MJL_UNMERGED_ORDER);
    expect_unmerged(2, 3, blank, sizeof blank, MJL_UNMERGED_BLANK);
    expect_unmerged(2, 1, elsewhere, sizeof elsewhere, MJL_UNMERGED_ELSEWHERE);
    expect_unmerged(2, 3, outside, sizeof outside, MJL_UNMERGED_ELSEWHERE);
    expect_unmerged(2, 3, far_outside, sizeof far_outside, MJL_UNMERGED_ELSEWHERE);
    expect_unmerged(2, 3, not_in_between, sizeof not_in_between, MJL_UNMERGED_BETWEEN);
}

/* Unmerged leaves that are possible but were not there when the parent was set: the hash differs or
   the lists of parent and child disagree. */
static void parent_hash_covers_who_was_there(void **state)
{
    (void)state;
    dice_start(4);
    static const uint8_t newcomer[] = {0, 0, 0, 4};
    static const uint8_t elder[] = {0, 0, 0, 1};
    mjl_mls_ratchet_tree tree = with_unmerged(2, 3, newcomer, sizeof newcomer);
    assert_int_equal(mjl_mls_tree_check_unmerged(&tree), MJL_OK);
    expect_verdict(&tree, MJL_PARENT_HASH);
    tree = with_unmerged(2, 3, elder, sizeof elder);
    expect_verdict(&tree, MJL_UNMERGED_BETWEEN);
}

static void parent_that_nobody_set_is_refused(void **state)
{
    (void)state;
    dice_start(5);
    mjl_mls_ratchet_tree tree = made_tree();
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, 2, 2, some_parent()), MJL_OK);
    expect_verdict(&tree, MJL_PARENT_HASH); /* Another key. */
    tree = made_tree();
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, 6, 1, some_parent()), MJL_OK);
    expect_verdict(&tree, MJL_PARENT_HASH); /* Over no members. */
    tree = made_tree();
    assert_null(mjl_mls_ratchet_tree_parent(&tree, 4, 2));
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, 4, 2, some_parent()), MJL_OK);
    expect_verdict(&tree, MJL_PARENT_HASH); /* Over a member that never committed. */
}

static void blanked_parent_breaks_the_chain(void **state)
{
    (void)state;
    dice_start(6);
    mjl_mls_ratchet_tree tree = made_tree();
    assert_non_null(mjl_mls_ratchet_tree_parent(&tree, 2, 1));
    assert_int_equal(mjl_mls_ratchet_tree_blank_path(&tree, 2, MJL_MLS_TREE_BLANK_LEAF), MJL_OK);
    expect_verdict(&tree, MJL_OK); /* A removal without more is a tree that can be. */
    tree = made_tree();
    mjl_mls_leaf_content *leaf = some_leaf();
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, 2, leaf), MJL_OK);
    expect_verdict(&tree, MJL_PARENT_HASH); /* The leaf at the foot of the chain is another's. */
}

static void no_key_stands_twice(void **state)
{
    (void)state;
    dice_start(7);
    mjl_mls_ratchet_tree tree = made_tree();
    mjl_mls_leaf_content *leaf;
    assert_int_equal(mjl_mls_leaf_content_new(
                         mjl_mls_leaf_content_encoded(mjl_mls_ratchet_tree_leaf(&tree, 4)), &leaf),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, 5, leaf), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_keys_unique(&tree), MJL_ENCRYPTION_KEY_TWICE);
    expect_verdict(&tree, MJL_ENCRYPTION_KEY_TWICE);

    tree = made_tree();
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(
                         mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(&tree, 4)),
                         mjl_bytes_of(NULL, 0), mjl_bytes_of(NULL, 0), &parent),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, 4, 1, parent), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_keys_unique(&tree), MJL_PARENT_KEY_TWICE);
    mjl_mls_ratchet_tree_clear(&tree);
}

static void parent_key_is_a_point(void **state)
{
    (void)state;
    dice_start(8);
    mjl_mls_ratchet_tree tree = made_tree();
    static const uint8_t low_order[32] = {0};
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(mjl_bytes_of(low_order, 32), mjl_bytes_of(NULL, 0),
                                                mjl_bytes_of(NULL, 0), &parent),
                     MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_parent(&tree, 4, 1, parent), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_parent_keys(suite, &tree), MJL_PARENT_KEY);
    mjl_mls_ratchet_tree_clear(&tree);
}

/* A leaf with an X.509 credential among members that know none. */
static void all_members_know_all_credential_types(void **state)
{
    (void)state;
    dice_start(9);
    static const uint8_t x509[] = {0, 2, 1, 0}; /* An empty chain. */
    static const uint8_t capabilities[] = {2, 0, 1, 2, 0, 3, 0, 0, 4, 0, 1, 0, 2}; /* Both types. */
    mjl_mls_ratchet_tree tree = made_tree();
    const mjl_mls_leaf_node old = mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(&tree, 4));
    mjl_mls_leaf_parts parts = mjl_mls_leaf_parts_of(&old);
    parts.credential = mjl_bytes_of(x509, sizeof x509);
    parts.capabilities = mjl_bytes_of(capabilities, sizeof capabilities);
    uint8_t seed[64] = {0};
    mjl_buffer encoded = {0};
    mjl_mls_leaf_content *leaf;
    assert_int_equal(mjl_mls_leaf_node_sign(suite, &parts, seed, &encoded), MJL_OK);
    assert_int_equal(mjl_mls_leaf_content_new(mjl_buffer_bytes(&encoded), &leaf), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_credentials(&tree), MJL_OK);
    assert_int_equal(mjl_mls_ratchet_tree_set_leaf(&tree, 4, leaf), MJL_OK);
    assert_int_equal(mjl_mls_tree_check_credentials(&tree), MJL_CREDENTIAL_IN_USE);
    mjl_mls_ratchet_tree_clear(&tree);
    mjl_buffer_clear(&encoded);
}

static void leaf_signature_names_its_group_and_place(void **state)
{
    (void)state;
    dice_start(10);
    mjl_mls_ratchet_tree tree = made_tree();
    const mjl_mls_leaf_rules elsewhere = {suite, mjl_bytes_text("mooR"), mjl_bytes_of(NULL, 0)};
    assert_int_equal(mjl_mls_tree_check_leaves(&elsewhere, &tree, MJL_MLS_VERIFY),
                     MJL_LEAF_SIGNATURE);
    assert_int_equal(mjl_mls_tree_check_leaves(&elsewhere, &tree, MJL_MLS_TRUST), MJL_OK);
    mjl_mls_ratchet_tree_clear(&tree);
}

/* ---- Encodings from elsewhere ---- */

static void damaged_encoding_is_refused_or_another_tree(void **state)
{
    (void)state;
    dice_start(11);
    mjl_mls_ratchet_tree tree = made_tree(), parsed;
    mjl_buffer encoded = {0}, again = {0};
    encode(&tree, &encoded);
    for (size_t i = 0; i < encoded.size; i++) {
        assert_int_not_equal(
            mjl_mls_ratchet_tree_parse(suite, mjl_bytes_of(encoded.data, i), &parsed), MJL_OK);
        const uint8_t kept = encoded.data[i];
        encoded.data[i] ^= (uint8_t)(1 + dice_below(255));
        if (mjl_mls_ratchet_tree_parse(suite, mjl_buffer_bytes(&encoded), &parsed) == MJL_OK) {
            mjl_buffer_clear(&again);
            encode(&parsed, &again);
            assert_true(mjl_bytes_equal(mjl_buffer_bytes(&encoded), mjl_buffer_bytes(&again)));
            const mjl_mls_leaf_rules all = rules();
            assert_int_not_equal(mjl_mls_tree_check(&all, &parsed), MJL_OK);
            mjl_mls_ratchet_tree_clear(&parsed);
        }
        encoded.data[i] = kept;
    }
    mjl_mls_ratchet_tree_clear(&tree);
    mjl_buffer_clear(&encoded);
    mjl_buffer_clear(&again);
}

static void expect_parse(const uint8_t *encoded, size_t size, mjl_result expected)
{
    mjl_mls_ratchet_tree tree;
    assert_int_equal(mjl_mls_ratchet_tree_parse(suite, mjl_bytes_of(encoded, size), &tree),
                     expected);
}

static void encoding_keeps_its_form(void **state)
{
    (void)state;
    static const uint8_t empty[] = {0};
    static const uint8_t blank[] = {1, 0};
    static const uint8_t parent_at_leaf[] = {2, 1, 2};
    static const uint8_t leaf_at_parent[] = {3, 0, 1, 1};
    static const uint8_t no_kind[] = {2, 1, 3};
    static const uint8_t not_optional[] = {1, 2};
    static const uint8_t trailing[] = {1, 0, 0};
    static const uint8_t claims_much[] = {0xbf, 0xff, 0xff, 0xff, 0};
    static const uint8_t short_key[] = {8, 0, 1, 2, 1, 7, 0, 0, 0};
    static const uint8_t short_hash[40] = {39, 0, 1, 2, 32, [37] = 1, [38] = 7};
    expect_parse(short_hash, sizeof short_hash, MJL_PARENT_HASH);
    expect_parse(short_key, sizeof short_key, MJL_PARENT_KEY);
    expect_parse(empty, sizeof empty, MJL_TREE_ENDS_BLANK);
    expect_parse(blank, sizeof blank, MJL_TREE_ENDS_BLANK);
    expect_parse(parent_at_leaf, sizeof parent_at_leaf, MJL_TREE_NODE_PLACE);
    expect_parse(leaf_at_parent, sizeof leaf_at_parent, MJL_TREE_NODE_PLACE);
    expect_parse(no_kind, sizeof no_kind, MJL_UNKNOWN_KIND);
    expect_parse(not_optional, sizeof not_optional, MJL_PRESENCE_OCTET);
    expect_parse(trailing, sizeof trailing, MJL_TREE_ENDS_BLANK);
    expect_parse(claims_much, sizeof claims_much, MJL_TOO_LARGE);
    expect_parse(NULL, 0, MJL_TRUNCATED);
}

static void parent_of_wrong_sizes_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeroes[MJL_MLS_KEM_PUBLIC_SIZE_MAX + 1] = {0};
    const mjl_bytes none = {0}, one = {zeroes, 1}, much = {zeroes, sizeof zeroes};
    mjl_mls_parent_content *parent;
    assert_int_equal(mjl_mls_parent_content_new(much, none, none, &parent), MJL_TOO_LARGE);
    assert_int_equal(mjl_mls_parent_content_new(none, much, none, &parent), MJL_TOO_LARGE);
    assert_int_equal(mjl_mls_parent_content_new(none, none, one, &parent), MJL_MALFORMED);
    uint8_t *many = calloc(MJL_MLS_LEAVES_MAX + 1, 4);
    assert_non_null(many);
    assert_int_equal(
        mjl_mls_parent_content_new(
            none, none, mjl_bytes_of(many, 4 * ((size_t)MJL_MLS_LEAVES_MAX + 1)), &parent),
        MJL_TOO_LARGE);
    free(many);
}

static void tree_of_too_many_nodes_is_refused(void **state)
{
    (void)state;
    mjl_buffer encoded = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    mjl_mls_write_room(&writer, MJL_MLS_NODES_MAX + 1); /* Blanks. */
    mjl_mls_write_vector_end(&writer, begin);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    expect_parse(encoded.data, encoded.size, MJL_TOO_LARGE);
    mjl_buffer_clear(&encoded);
}

static int set_up(void **state)
{
    (void)state;
    dice_start(0);
    suite = mjl_mls_suite_find(NULL, MJL_MLS_SUITE_DEFAULT);
    return suite == NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edit_of_a_share_costs_its_path),
        cmocka_unit_test(random_edits_do_what_they_do_to_an_array),
        cmocka_unit_test(width_has_its_bound),
        cmocka_unit_test(made_tree_passes_all_checks),
        cmocka_unit_test(unmerged_leaves_are_members_below_and_ascend),
        cmocka_unit_test(parent_hash_covers_who_was_there),
        cmocka_unit_test(parent_that_nobody_set_is_refused),
        cmocka_unit_test(blanked_parent_breaks_the_chain),
        cmocka_unit_test(no_key_stands_twice),
        cmocka_unit_test(parent_key_is_a_point),
        cmocka_unit_test(all_members_know_all_credential_types),
        cmocka_unit_test(leaf_signature_names_its_group_and_place),
        cmocka_unit_test(damaged_encoding_is_refused_or_another_tree),
        cmocka_unit_test(encoding_keeps_its_form),
        cmocka_unit_test(parent_of_wrong_sizes_is_refused),
        cmocka_unit_test(tree_of_too_many_nodes_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
