/* Vectors of trees: tree-validation, treekem, tree-operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proposal_list.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "tree_math.h"
#include "tree_validation.h"
#include "treekem.h"
#include "vector_cases.h"

static const mjl_mls_suite *suite; /* Of the case. */

static mjl_mls_ratchet_tree tree_of(vectors *file, const cJSON *one, const char *name)
{
    mjl_mls_ratchet_tree tree;
    assert_int_equal(mjl_mls_ratchet_tree_parse(suite, vectors_bytes(file, one, name), &tree),
                     MJL_OK);
    assert_int_equal(mjl_mls_tree_check_unmerged(&tree), MJL_OK);
    return tree;
}

static bool encodes_as(const mjl_mls_ratchet_tree *tree, mjl_bytes expected)
{
    mjl_buffer encoded = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_ratchet_tree_write(&writer, tree);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    const bool same = vectors_same("encoded tree", expected, mjl_buffer_bytes(&encoded));
    mjl_buffer_clear(&encoded);
    return same;
}

/* ---- tree-validation ---- */

static bool hash_is(const mjl_mls_ratchet_tree *tree, uint32_t node, mjl_bytes expected)
{
    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_tree_hash_at(suite, tree, mjl_mls_tree_first_leaf(node),
                         (uint8_t)mjl_mls_tree_level(node), hash);
    return vectors_same("tree hash", expected, mjl_bytes_of(hash, suite->hash_size));
}

static uint32_t index_of(mjl_mls_tree_place place)
{
    return 2 * place.first + (UINT32_C(1) << place.node->level) - 1;
}

static bool resolution_is(const mjl_mls_ratchet_tree *tree, uint32_t node, const cJSON *expected)
{
    const uint8_t level = (uint8_t)mjl_mls_tree_level(node);
    const uint32_t first = mjl_mls_tree_first_leaf(node);
    const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(tree, first, level), first};
    mjl_mls_resolution resolution = {0};
    assert_int_equal(mjl_mls_resolution_append(tree, place, &resolution), MJL_OK);
    bool same = resolution.count == (uint32_t)cJSON_GetArraySize(expected);
    for (uint32_t i = 0; same && i < resolution.count; i++)
        same = index_of(resolution.places[i]) ==
               (uint32_t)cJSON_GetNumberValue(cJSON_GetArrayItem(expected, (int)i));
    mjl_mls_resolution_clear(&resolution);
    return same;
}

bool tree_validation_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    mjl_mls_ratchet_tree tree = tree_of(file, one, "tree");
    const uint32_t count = mjl_mls_tree_node_count(mjl_mls_ratchet_tree_width(&tree));
    const cJSON *hashes = vectors_array(one, "tree_hashes");
    const cJSON *resolutions = vectors_array(one, "resolutions");
    bool passes = cJSON_GetArraySize(hashes) == (int)count;
    for (uint32_t i = 0; passes && i < count; i++)
        passes = hash_is(&tree, i, vectors_bytes_of(file, cJSON_GetArrayItem(hashes, (int)i))) &&
                 resolution_is(&tree, i, cJSON_GetArrayItem(resolutions, (int)i));
    const mjl_mls_leaf_rules rules = {suite, vectors_bytes(file, one, "group_id"),
                                      mjl_bytes_of(NULL, 0)};
    passes = passes && mjl_mls_tree_check(&rules, &tree) == MJL_OK;
    passes = passes && encodes_as(&tree, vectors_bytes(file, one, "tree"));
    mjl_mls_ratchet_tree_clear(&tree);
    return passes;
}

/* ---- tree-operations ---- */

bool tree_operations_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    mjl_mls_ratchet_tree before = tree_of(file, one, "tree_before");
    mjl_mls_listed_proposal item = {
        .sender = {MJL_MLS_SENDER_MEMBER, (uint32_t)vectors_number(one, "proposal_sender")}};
    assert_int_equal(mjl_mls_proposal_parse(vectors_bytes(file, one, "proposal"), &item.proposal),
                     MJL_OK);
    const mjl_mls_list_rules rules = {.suite = suite, .tree = &before, .committer = UINT32_MAX};
    const mjl_mls_proposal_list list = {&item, 1};
    mjl_mls_applied applied;
    assert_int_equal(mjl_mls_proposal_list_apply(&rules, &list, &applied), MJL_OK);
    const bool passes =
        vectors_same(
            "hash before", vectors_bytes(file, one, "tree_hash_before"),
            mjl_mls_tree_hash_of_root(suite, &before, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0})) &&
        vectors_same(
            "hash after", vectors_bytes(file, one, "tree_hash_after"),
            mjl_mls_tree_hash_of_root(suite, &applied.tree, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0})) &&
        encodes_as(&applied.tree, vectors_bytes(file, one, "tree_after")) &&
        encodes_as(&before, vectors_bytes(file, one, "tree_before"));
    mjl_mls_applied_clear(&applied);
    mjl_mls_ratchet_tree_clear(&before);
    return passes;
}

/* ---- treekem ---- */

typedef struct leaf_private {
    bool known;
    mjl_mls_private_path path;
    mjl_mls_identity identity;
} leaf_private;

enum { LEAVES_MAX = 64 };

static void leaf_private_read(vectors *file, const cJSON *one, const mjl_mls_ratchet_tree *tree,
                              leaf_private *leaves)
{
    const uint32_t index = (uint32_t)vectors_number(one, "index");
    assert_true(index < LEAVES_MAX);
    leaf_private *leaf = &leaves[index];
    leaf->known = true;
    mjl_mls_private_path_set(&leaf->path, suite, 0,
                             vectors_private_key(file, one, "encryption_priv").data);
    assert_int_equal(
        mjl_mls_identity_import(suite, vectors_bytes(file, one, "signature_priv"), &leaf->identity),
        MJL_OK);
    const cJSON *secret;
    cJSON_ArrayForEach(secret, vectors_array(one, "path_secrets"))
    {
        const uint32_t node = (uint32_t)vectors_number(secret, "node");
        uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
        assert_int_equal(
            mjl_mls_path_secret_key_pair(suite, vectors_bytes(file, secret, "path_secret").data,
                                         private_key, public_key),
            MJL_OK);
        mjl_mls_private_path_set(&leaf->path, suite, (uint8_t)mjl_mls_tree_level(node),
                                 private_key);
    }
    assert_int_equal(mjl_mls_private_path_check(&leaf->path, suite, tree, index), MJL_OK);
}

static mjl_mls_context context_of(vectors *file, const cJSON *one)
{
    const mjl_mls_context context = {.suite = suite->id,
                                     .group_id = vectors_bytes(file, one, "group_id"),
                                     .epoch = vectors_number(one, "epoch"),
                                     .confirmed_transcript_hash =
                                         vectors_bytes(file, one, "confirmed_transcript_hash")};
    return context;
}

/* Everybody but the sender finds the same commit secret; `path_secrets` may be NULL. */
static bool all_open(vectors *file, const leaf_private *leaves, uint32_t sender,
                     const mjl_mls_context *context, const mjl_mls_ratchet_tree *merged,
                     const mjl_mls_update_path *path, const cJSON *path_secrets,
                     mjl_bytes commit_secret)
{
    bool passes = true;
    for (uint32_t i = 0; passes && i < LEAVES_MAX; i++) {
        if (i == sender || mjl_mls_ratchet_tree_leaf(merged, i) == NULL) continue;
        assert_true(leaves[i].known);
        const mjl_mls_path_opener opener = {
            .suite = suite, .sender = sender, .own_leaf = i, .context = context};
        uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
        mjl_mls_private_path own = leaves[i].path;
        passes = mjl_mls_treekem_open(&opener, merged, path, &own, secret) == MJL_OK;
        if (passes && path_secrets != NULL)
            passes = vectors_same("path secret",
                                  vectors_bytes_of(file, cJSON_GetArrayItem(path_secrets, (int)i)),
                                  mjl_bytes_of(secret, suite->hash_size));
        passes =
            passes && mjl_mls_treekem_apply(&opener, merged, path, &own, secret) == MJL_OK &&
            vectors_same("commit secret", commit_secret, mjl_bytes_of(secret, suite->hash_size)) &&
            mjl_mls_private_path_check(&own, suite, merged, i) == MJL_OK;
    }
    return passes;
}

static bool given_path_passes(vectors *file, const cJSON *one, const cJSON *given,
                              const leaf_private *leaves, const mjl_mls_ratchet_tree *before)
{
    const uint32_t sender = (uint32_t)vectors_number(given, "sender");
    const mjl_mls_context context = context_of(file, one);
    mjl_mls_reader reader = mjl_mls_reader_of(vectors_bytes(file, given, "update_path"));
    mjl_mls_update_path path;
    mjl_mls_update_path_read(&reader, &path);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    const mjl_mls_leaf_rules rules = {suite, context.group_id, mjl_bytes_of(NULL, 0)};
    mjl_mls_ratchet_tree tree = mjl_mls_ratchet_tree_share(before);
    bool passes =
        mjl_mls_update_path_merge(&rules, &tree, sender, (mjl_mls_leaf_list){0}, &path) == MJL_OK;
    passes =
        passes &&
        vectors_same("tree hash after", vectors_bytes(file, given, "tree_hash_after"),
                     mjl_mls_tree_hash_of_root(suite, &tree, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0}));
    passes = passes && all_open(file, leaves, sender, &context, &tree, &path,
                                vectors_array(given, "path_secrets"),
                                vectors_bytes(file, given, "commit_secret"));
    mjl_mls_ratchet_tree_clear(&tree);
    return passes;
}

/* A path of our own, from the same sender, is merged and opened by all. */
static bool own_path_passes(vectors *file, const cJSON *one, uint32_t sender,
                            const leaf_private *leaves, const mjl_mls_ratchet_tree *before)
{
    const mjl_mls_context context = context_of(file, one);
    mjl_mls_private_path own = leaves[sender].path;
    const mjl_mls_path_maker maker = {.suite = suite,
                                      .identity = &leaves[sender].identity,
                                      .leaf = sender,
                                      .context = &context,
                                      .random = vectors_random()};
    mjl_mls_path_secrets secrets;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_buffer encoded = {0};
    mjl_mls_ratchet_tree made = mjl_mls_ratchet_tree_share(before);
    mjl_mls_ratchet_tree merged = mjl_mls_ratchet_tree_share(before);
    assert_int_equal(mjl_mls_treekem_make(&maker, &made, &own, &secrets, commit_secret, &encoded),
                     MJL_OK);
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&encoded));
    mjl_mls_update_path path;
    mjl_mls_update_path_read(&reader, &path);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    const mjl_mls_leaf_rules rules = {suite, context.group_id, mjl_bytes_of(NULL, 0)};
    const bool passes =
        mjl_mls_update_path_merge(&rules, &merged, sender, (mjl_mls_leaf_list){0}, &path) ==
            MJL_OK &&
        vectors_same(
            "tree", mjl_mls_tree_hash_of_root(suite, &made, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0}),
            mjl_mls_tree_hash_of_root(suite, &merged, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0})) &&
        mjl_mls_private_path_check(&own, suite, &made, sender) == MJL_OK &&
        all_open(file, leaves, sender, &context, &merged, &path, NULL,
                 mjl_bytes_of(commit_secret, suite->hash_size));
    mjl_mls_ratchet_tree_clear(&made);
    mjl_mls_ratchet_tree_clear(&merged);
    mjl_buffer_clear(&encoded);
    return passes;
}

bool treekem_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    mjl_mls_ratchet_tree tree = tree_of(file, one, "ratchet_tree");
    leaf_private *leaves = calloc(LEAVES_MAX, sizeof *leaves);
    assert_non_null(leaves);
    const cJSON *item;
    cJSON_ArrayForEach(item, vectors_array(one, "leaves_private"))
        leaf_private_read(file, item, &tree, leaves);
    bool passes = true;
    cJSON_ArrayForEach(item, vectors_array(one, "update_paths")) passes =
        passes && given_path_passes(file, one, item, leaves, &tree) &&
        own_path_passes(file, one, (uint32_t)vectors_number(item, "sender"), leaves, &tree);
    free(leaves);
    mjl_mls_ratchet_tree_clear(&tree);
    return passes;
}
