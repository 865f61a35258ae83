/*
 * What is refused of a commit's path (RFC 9420 §7.5, §7.6, §12.4, §12.4.2): made by hand by Alice,
 * right but for one thing, and tagged for the tree that it leads to. Bob, next to her, learns the
 * secret of a lower node; Erin, in the other half, that of the root. What is wrong with the leaf in
 * a path is in leaf_refusals_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "commit_draft.h"
#include "group.h"
#include "mls_limits.h"
#include "world.h"

static const mjl_bytes nothing = {0};

/* What Bob and Erin say of a path. */
typedef struct verdicts {
    mjl_result bob, erin;
} verdicts;

static verdicts verdicts_of(const path_faults *faults, const frame_faults *frame)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    commit_path(&draft, faults);
    commit_finish(&draft, frame);
    const mjl_bytes commit = mjl_buffer_bytes(&draft.message);
    const verdicts said = {world_member_takes(&us.bob, nothing, commit),
                           world_member_takes(&us.erin, nothing, commit)};
    commit_clear(&draft);
    return said;
}

static void expect_both(const char *name, path_faults faults, mjl_result bob, mjl_result erin)
{
    const verdicts said = verdicts_of(&faults, NULL);
    if (said.bob != bob || said.erin != erin)
        fail_msg("%s: %s and %s, not %s and %s", name, result_name(said.bob),
                 result_name(said.erin), result_name(bob), result_name(erin));
}

static void expect(const char *name, path_faults faults, mjl_result expected)
{
    expect_both(name, faults, expected, expected);
}

static void path_without_a_fault_is_taken(void **state)
{
    (void)state;
    expect("right", (path_faults){0}, MJL_OK);
}

/* ---- Its form (§7.5, §7.6) ---- */

static void path_has_a_node_and_a_ciphertext_for_each_that_needs_one(void **state)
{
    (void)state;
    expect("a node less", (path_faults){.nodes = -1}, MJL_PATH_LENGTH);
    expect("no node", (path_faults){.nodes = -2}, MJL_PATH_LENGTH);
    expect("a node more", (path_faults){.nodes = 1}, MJL_PATH_LENGTH);
    expect("as many nodes as can be", (path_faults){.nodes = MJL_MLS_TREE_DEPTH_MAX - 2},
           MJL_PATH_LENGTH);
    expect("more nodes than can be", (path_faults){.nodes = MJL_MLS_TREE_DEPTH_MAX - 1},
           MJL_TOO_LARGE);
    expect("far more nodes", (path_faults){.nodes = 1000}, MJL_TOO_LARGE);
    expect("a ciphertext less", (path_faults){.ciphertexts = -1}, MJL_PATH_CIPHERTEXTS);
    expect("a ciphertext more", (path_faults){.ciphertexts = 1}, MJL_PATH_CIPHERTEXTS);
    expect("far more ciphertexts", (path_faults){.ciphertexts = 200}, MJL_PATH_CIPHERTEXTS);
}

/* A newcomer of the same commit is left out of the resolution (§7.5). */
static void path_has_no_ciphertext_for_a_newcomer(void **state)
{
    (void)state;
    for (int for_newcomer = 0; for_newcomer <= 1; for_newcomer++) {
        package_draft made;
        mjl_buffer package = {0}, leaf = {0};
        commit_draft draft;
        package_draft_begin(&made, &us.yves);
        package_draft_write(&made, NULL, &package, &leaf);
        commit_begin(&draft, &us.alice);
        commit_add(&draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
        const size_t added = draft.added_count;
        if (for_newcomer) draft.added_count = 0;
        commit_path(&draft, NULL);
        draft.added_count = added;
        commit_finish(&draft, NULL);
        world_members_say(nothing, mjl_buffer_bytes(&draft.message),
                          for_newcomer ? MJL_PATH_CIPHERTEXTS : MJL_OK);
        commit_clear(&draft);
        mjl_buffer_clear(&package);
        mjl_buffer_clear(&leaf);
    }
}

/* ---- Its keys (§12.4.2) ---- */

static void path_brings_new_keys(void **state)
{
    (void)state;
    static const uint8_t weak[32] = {0}, any[32] = {9};
    const mjl_mls_ratchet_tree *tree = &us.alice.group->tree;
    const mjl_bytes of_dave =
        mjl_mls_leaf_content_encryption_key(mjl_mls_ratchet_tree_leaf(tree, DAVE_LEAF));
    const mjl_bytes of_parent =
        mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(tree, DAVE_LEAF, 1));
    const mjl_bytes of_old_path =
        mjl_mls_parent_content_key(mjl_mls_ratchet_tree_parent(tree, ALICE_LEAF, 2));
    const mjl_bytes same = mjl_bytes_of(any, 32);
    expect("weak", (path_faults){.keys = {mjl_bytes_of(weak, 32)}}, MJL_PATH_KEY);
    expect("weak root", (path_faults){.keys = {nothing, mjl_bytes_of(weak, 32)}}, MJL_PATH_KEY);
    expect("short", (path_faults){.keys = {mjl_bytes_of(any, 31)}}, MJL_PATH_KEY);
    expect("long", (path_faults){.keys = {mjl_bytes_of(us.alice.identity.signature_seed, 33)}},
           MJL_PATH_KEY);
    expect("a leaf's", (path_faults){.keys = {of_dave}}, MJL_PATH_KEY_TWICE);
    expect("a parent's", (path_faults){.keys = {nothing, of_parent}}, MJL_PATH_KEY_TWICE);
    expect("of the old path", (path_faults){.keys = {of_old_path}}, MJL_PATH_KEY_TWICE);
    expect("twice", (path_faults){.keys = {same, same}}, MJL_PATH_KEY_TWICE);
}

static mjl_bytes node_key;
static void leaf_has_the_key_of_a_node(leaf_draft *draft)
{
    draft->parts.encryption_key = node_key;
}

static void leaf_and_node_of_a_path_differ(void **state)
{
    (void)state;
    static const uint8_t any[32] = {9};
    node_key = mjl_bytes_of(any, 32);
    expect("the leaf's", (path_faults){.keys = {node_key}, .leaf = leaf_has_the_key_of_a_node},
           MJL_PATH_KEY_TWICE);
}

static void leaf_of_a_path_hashes_the_path(void **state)
{
    (void)state;
    static const uint8_t other[MJL_MLS_HASH_SIZE] = {5};
    expect("another", (path_faults){.parent_hash = mjl_bytes_of(other, sizeof other)},
           MJL_PATH_PARENT_HASH);
    expect("short", (path_faults){.parent_hash = mjl_bytes_of(other, sizeof other - 1)},
           MJL_PATH_PARENT_HASH);
    const mjl_bytes old =
        mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(&us.alice.group->tree, ALICE_LEAF))
            .parent_hash;
    expect("the old one", (path_faults){.parent_hash = old}, MJL_PATH_PARENT_HASH);
}

/* ---- Its secrets (§7.5): who is given a bad one is left behind alone ---- */

static void secret_that_does_not_open_concerns_its_reader_alone(void **state)
{
    (void)state;
    static const uint8_t weak[32] = {0};
    const mjl_result lost = MJL_NO_PATH_SECRET;
    expect_both("another", (path_faults){.wrong_secret = true}, MJL_OK, lost);
    expect_both("short", (path_faults){.short_secret = true}, MJL_OK, lost);
    expect_both("weak", (path_faults){.kem_output = mjl_bytes_of(weak, 32)}, MJL_OK, lost);
    expect_both("for another context", (path_faults){.wrong_context = true}, lost, lost);
    enum { CIPHERTEXT = MJL_MLS_HASH_SIZE + 16 };
    for (size_t cut = 1; cut <= CIPHERTEXT; cut++)
        expect_both("cut", (path_faults){.ciphertext_cut = cut}, MJL_OK, lost);
    for (size_t size = 1; size < 32; size++)
        expect_both("short", (path_faults){.kem_output = mjl_bytes_of(weak, size)}, MJL_OK, lost);
}

/* ---- When there must be one (§12.4) ---- */

typedef void filling(commit_draft *draft);

static void expect_without_path(const char *name, filling *fill, mjl_result expected)
{
    commit_draft draft;
    commit_begin(&draft, &us.alice);
    fill(&draft);
    commit_finish(&draft, NULL);
    const mjl_result result =
        world_member_takes(&us.bob, nothing, mjl_buffer_bytes(&draft.message));
    commit_clear(&draft);
    if (result != expected)
        fail_msg("%s: %s, not %s", name, result_name(result), result_name(expected));
}
static void no_proposal(commit_draft *draft)
{
    (void)draft;
}
static void a_remove(commit_draft *draft)
{
    commit_remove(draft, CAROL_LEAF);
}
static void extensions(commit_draft *draft)
{
    const mjl_buffer same = draft->extensions;
    draft->extensions = (mjl_buffer){0};
    commit_put_extensions(draft, mjl_buffer_bytes(&same));
    mjl_buffer_clear((mjl_buffer *)&same);
}
static void an_add(commit_draft *draft)
{
    package_draft made;
    mjl_buffer package = {0}, leaf = {0};
    package_draft_begin(&made, &us.yves);
    package_draft_write(&made, NULL, &package, &leaf);
    commit_add(draft, mjl_buffer_bytes(&package), mjl_buffer_bytes(&leaf));
    mjl_buffer_clear(&package);
    mjl_buffer_clear(&leaf);
}
static void an_add_and_a_remove(commit_draft *draft)
{
    a_remove(draft);
    an_add(draft);
}

static void path_is_there_when_it_must_be(void **state)
{
    (void)state;
    expect_without_path("an Add", an_add, MJL_OK);
    expect_without_path("empty", no_proposal, MJL_PATH_MISSING);
    expect_without_path("a Remove", a_remove, MJL_PATH_MISSING);
    expect_without_path("an Add and a Remove", an_add_and_a_remove, MJL_PATH_MISSING);
    expect_without_path("extensions", extensions, MJL_PATH_MISSING);
}

/* ---- The confirmation tag (§6.1) ---- */

static void commit_is_confirmed_by_its_tag(void **state)
{
    (void)state;
    const frame_faults zero_tag = {.has_tag = true};
    const verdicts said = verdicts_of(&(path_faults){0}, &zero_tag);
    assert_int_equal(said.bob, MJL_BAD_CONFIRMATION);
    assert_int_equal(said.erin, MJL_BAD_CONFIRMATION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_meet, world_part)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(path_without_a_fault_is_taken),
        TEST(path_has_a_node_and_a_ciphertext_for_each_that_needs_one),
        TEST(path_has_no_ciphertext_for_a_newcomer),
        TEST(path_brings_new_keys),
        TEST(leaf_and_node_of_a_path_differ),
        TEST(leaf_of_a_path_hashes_the_path),
        TEST(secret_that_does_not_open_concerns_its_reader_alone),
        TEST(path_is_there_when_it_must_be),
        TEST(commit_is_confirmed_by_its_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
