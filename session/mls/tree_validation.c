#include "tree_validation.h"

#include <stdlib.h>

#include "key_search.h"
#include "refusal.h"
#include "resolution.h"
#include "tree_hash.h"

/* ---- Unmerged leaves ---- */

/* One entry of one parent. The parents between are those above the leaf and below `parent`. */
static mjl_result check_unmerged(mjl_mls_tree_place parent, uint32_t leaf)
{
    if (leaf >> parent.node->level != parent.first >> parent.node->level)
        return MJL_UNMERGED_ELSEWHERE;
    const mjl_mls_tree_node *node = parent.node;
    while (mjl_mls_tree_node_left(node) != NULL) {
        if (node->kind == MJL_MLS_NODE_PARENT &&
            !mjl_mls_parent_content_has_unmerged(mjl_mls_tree_node_parent(node), leaf))
            return MJL_UNMERGED_BETWEEN;
        node = (leaf >> (node->level - 1)) & 1 ? mjl_mls_tree_node_right(node)
                                               : mjl_mls_tree_node_left(node);
    }
    return node->kind == MJL_MLS_NODE_LEAF ? MJL_OK : MJL_UNMERGED_BLANK;
}

static bool unmerged_ascend(const mjl_mls_parent_content *parent)
{
    for (uint32_t i = 1; i < parent->unmerged_count; i++)
        if (mjl_mls_parent_content_unmerged_at(parent, i - 1) >=
            mjl_mls_parent_content_unmerged_at(parent, i))
            return false;
    return true;
}

mjl_result mjl_mls_tree_check_unmerged(const mjl_mls_ratchet_tree *tree)
{
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
    mjl_mls_tree_place place;
    while (mjl_mls_tree_walk_next(&walk, &place)) {
        if (place.node->kind != MJL_MLS_NODE_PARENT) continue;
        const mjl_mls_parent_content *parent = mjl_mls_tree_node_parent(place.node);
        if (!unmerged_ascend(parent)) return MJL_UNMERGED_ORDER;
        for (uint32_t i = 0; i < parent->unmerged_count; i++) {
            const mjl_result result =
                check_unmerged(place, mjl_mls_parent_content_unmerged_at(parent, i));
            if (result != MJL_OK) return result;
        }
    }
    return MJL_OK;
}

/* ---- Parent hashes ---- */

static mjl_bytes parent_hash_of(const mjl_mls_tree_node *node)
{
    if (node->kind == MJL_MLS_NODE_PARENT)
        return mjl_mls_parent_content_hash(mjl_mls_tree_node_parent(node));
    return mjl_mls_leaf_content_view(mjl_mls_tree_node_leaf(node)).parent_hash;
}

/* The only node of a child's resolution that is not an unmerged leaf of the parent: whoever was set
   together with the parent, if anybody below that child was. NULL unless there is exactly one. */
static const mjl_mls_tree_node *set_together(const mjl_mls_resolution *resolution,
                                             const mjl_mls_parent_content *parent)
{
    const mjl_mls_tree_node *found = NULL;
    for (uint32_t i = 0; i < resolution->count; i++) {
        const mjl_mls_tree_place place = resolution->places[i];
        if (place.node->kind == MJL_MLS_NODE_LEAF &&
            mjl_mls_parent_content_has_unmerged(parent, place.first))
            continue;
        if (found != NULL) return NULL;
        found = place.node;
    }
    return found;
}

/*
 *        P          Whether P and a node D of the resolution of C were set by one UpdatePath: then
 * D /   \        holds the parent hash of P with copath child S. Unmerged leaves of P below C are
 *     C     S       all in the resolution, or P's list and C's disagree.
 *   ..D..
 */
static mjl_result chains_through(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                                 mjl_mls_tree_place parent, mjl_mls_side side, bool *chains)
{
    *chains = false;
    const mjl_mls_parent_content *content = mjl_mls_tree_node_parent(parent.node);
    const mjl_mls_tree_place child = mjl_mls_tree_child(parent, side);
    mjl_mls_resolution resolution = {0};
    mjl_result result = mjl_mls_resolution_append(tree, child, &resolution);
    if (result != MJL_OK) {
        mjl_mls_resolution_clear(&resolution);
        return result;
    }
    const uint32_t end = child.first + (UINT32_C(1) << child.node->level);
    const uint32_t unmerged = mjl_mls_parent_content_unmerged_before(content, end) -
                              mjl_mls_parent_content_unmerged_before(content, child.first);
    const mjl_mls_tree_node *node = set_together(&resolution, content);
    const bool lists_agree = resolution.count == unmerged + 1;
    mjl_mls_resolution_clear(&resolution);
    if (node == NULL || !lists_agree || parent_hash_of(node).size == 0) return MJL_OK;

    uint8_t expected[MJL_MLS_HASH_SIZE_MAX];
    const mjl_mls_side copath = side == MJL_MLS_LEFT ? MJL_MLS_RIGHT : MJL_MLS_LEFT;
    result = mjl_mls_parent_hash(suite, parent, copath, expected);
    if (result != MJL_OK) return result;
    *chains = mjl_bytes_equal(parent_hash_of(node), mjl_bytes_of(expected, suite->hash_size));
    return MJL_OK;
}

/* A node that chains to its parent is itself filled and checked in its turn: by induction each
   chain ends in a leaf. */
mjl_result mjl_mls_tree_check_parent_hashes(const mjl_mls_suite *suite,
                                            const mjl_mls_ratchet_tree *tree)
{
    const mjl_mls_tree_node *root = tree->root;
    if (root->kind == MJL_MLS_NODE_PARENT && parent_hash_of(root).size != 0)
        return MJL_ROOT_PARENT_HASH;
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
    mjl_mls_tree_place place;
    while (mjl_mls_tree_walk_next(&walk, &place)) {
        if (place.node->kind != MJL_MLS_NODE_PARENT) continue;
        bool left, right;
        mjl_result result = chains_through(suite, tree, place, MJL_MLS_LEFT, &left);
        if (result == MJL_OK) result = chains_through(suite, tree, place, MJL_MLS_RIGHT, &right);
        if (result != MJL_OK) return result;
        if (left == right) return MJL_PARENT_HASH; /* Exactly one must. */
    }
    return MJL_OK;
}

/* ---- Keys ---- */

typedef struct node_key { /* Borrowed. */
    mjl_bytes key;
    bool is_parent;
} node_key;

static int compare_keys(const void *a, const void *b)
{
    return mjl_bytes_compare(((const node_key *)a)->key, ((const node_key *)b)->key);
}

/* Of equal keys one may stand in a parent: that is another rule than leaves alone have. */
static mjl_result check_twins(node_key *keys, size_t count, mjl_result leaves_rule)
{
    mjl_result result = MJL_OK;
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (!mjl_bytes_equal(keys[i - 1].key, keys[i].key)) continue;
        if (keys[i - 1].is_parent || keys[i].is_parent) return MJL_PARENT_KEY_TWICE;
        result = leaves_rule;
    }
    return result;
}

static mjl_result check_all_twins(const mjl_mls_ratchet_tree *tree, node_key *keys,
                                  node_key *signature_keys)
{
    size_t keys_count = 0, leaves_count = 0;
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
    mjl_mls_tree_place place;
    while (mjl_mls_tree_walk_next(&walk, &place)) {
        const bool is_parent = place.node->kind == MJL_MLS_NODE_PARENT;
        keys[keys_count++] = (node_key){mjl_mls_tree_node_encryption_key(place.node), is_parent};
        if (is_parent) continue;
        signature_keys[leaves_count++].key =
            mjl_mls_leaf_content_signature_key(mjl_mls_tree_node_leaf(place.node));
    }
    const mjl_result result = check_twins(keys, keys_count, MJL_ENCRYPTION_KEY_TWICE);
    return result != MJL_OK ? result
                            : check_twins(signature_keys, leaves_count, MJL_SIGNATURE_KEY_TWICE);
}

mjl_result mjl_mls_tree_check_keys_unique(const mjl_mls_ratchet_tree *tree)
{
    const size_t leaves_max = mjl_mls_ratchet_tree_width(tree);
    node_key *keys = malloc(2 * leaves_max * sizeof *keys);
    node_key *signature_keys = calloc(leaves_max, sizeof *signature_keys);
    mjl_result result = keys == NULL || signature_keys == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    if (result == MJL_OK) result = check_all_twins(tree, keys, signature_keys);
    free(keys);
    free(signature_keys);
    return result;
}

mjl_result mjl_mls_tree_check_parent_keys(const mjl_mls_suite *suite,
                                          const mjl_mls_ratchet_tree *tree)
{
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
    mjl_mls_tree_place place;
    mjl_result result = MJL_OK;
    while (result == MJL_OK && mjl_mls_tree_walk_next(&walk, &place))
        if (place.node->kind == MJL_MLS_NODE_PARENT)
            result = mjl_mls_refusal(
                suite->kem_check_public(mjl_mls_tree_node_encryption_key(place.node)), MJL_BAD_KEY,
                MJL_PARENT_KEY);
    return result;
}

bool mjl_mls_tree_has_any_key(const mjl_mls_ratchet_tree *tree, const mjl_bytes *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (mjl_mls_tree_find_key(tree, MJL_MLS_ENCRYPTION_KEY, keys[i], MJL_MLS_NO_LEAF) !=
            MJL_MLS_NODE_BLANK)
            return true;
    return false;
}

bool mjl_mls_tree_has_signature_key(const mjl_mls_ratchet_tree *tree, mjl_bytes key,
                                    uint32_t except)
{
    return mjl_mls_tree_find_key(tree, MJL_MLS_SIGNATURE_KEY, key, except) != MJL_MLS_NODE_BLANK;
}

static mjl_result check_leaf_keys(const mjl_mls_ratchet_tree *tree, uint32_t leaf)
{
    const mjl_mls_leaf_content *content = mjl_mls_ratchet_tree_leaf(tree, leaf);
    const mjl_mls_node_kind twin = mjl_mls_tree_find_key(
        tree, MJL_MLS_ENCRYPTION_KEY, mjl_mls_leaf_content_encryption_key(content), leaf);
    if (twin == MJL_MLS_NODE_PARENT) return MJL_PARENT_KEY_TWICE;
    if (twin == MJL_MLS_NODE_LEAF) return MJL_ENCRYPTION_KEY_TWICE;
    const mjl_bytes signature_key = mjl_mls_leaf_content_signature_key(content);
    return mjl_mls_tree_has_signature_key(tree, signature_key, leaf) ? MJL_SIGNATURE_KEY_TWICE
                                                                     : MJL_OK;
}

/* Sorting all keys costs what looking up some hundred does. */
mjl_result mjl_mls_tree_check_new_keys_unique(const mjl_mls_ratchet_tree *tree,
                                              const uint32_t *leaves, size_t count)
{
    enum { ONE_BY_ONE_MAX = 64 };
    if (count > ONE_BY_ONE_MAX) return mjl_mls_tree_check_keys_unique(tree);
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < count; i++)
        result = check_leaf_keys(tree, leaves[i]);
    return result;
}

/* ---- Leaves ---- */

mjl_result mjl_mls_tree_check_credentials(const mjl_mls_ratchet_tree *tree)
{
    /* Each node knows it of its leaves. */
    const mjl_mls_tree_node *root = tree->root;
    return (root->credentials_used & ~root->credentials_understood) == 0 ? MJL_OK
                                                                         : MJL_CREDENTIAL_IN_USE;
}

static mjl_result supports_required(const mjl_mls_leaf_rules *rules, const mjl_mls_leaf_node *leaf)
{
    mjl_bytes data;
    if (mjl_mls_extensions_find(rules->extensions, MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES,
                                &data) != MJL_OK)
        return MJL_OK;
    mjl_mls_required_capabilities required;
    const mjl_result result = mjl_mls_required_capabilities_parse(data, &required);
    return result != MJL_OK ? result : mjl_mls_leaf_node_supports(leaf, &required);
}

mjl_result mjl_mls_leaf_fits(const mjl_mls_leaf_rules *rules, const mjl_mls_leaf_node *leaf)
{
    mjl_result result = mjl_mls_leaf_node_check(rules->suite, leaf);
    if (result == MJL_OK) result = supports_required(rules, leaf);
    if (result != MJL_OK) return result;
    mjl_bytes rest = rules->extensions;
    mjl_mls_extension extension;
    while (mjl_mls_extensions_next(&rest, &extension))
        if (!mjl_mls_leaf_node_supports_extension(leaf, extension.type)) return MJL_GROUP_EXTENSION;
    return MJL_OK;
}

mjl_result mjl_mls_tree_check_leaves(const mjl_mls_leaf_rules *rules,
                                     const mjl_mls_ratchet_tree *tree,
                                     mjl_mls_signatures signatures)
{
    mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
    mjl_mls_tree_place place;
    while (mjl_mls_tree_walk_next(&walk, &place)) {
        if (place.node->kind != MJL_MLS_NODE_LEAF) continue;
        const mjl_mls_leaf_node leaf =
            mjl_mls_leaf_content_view(mjl_mls_tree_node_leaf(place.node));
        mjl_result result = mjl_mls_leaf_fits(rules, &leaf);
        const mjl_mls_leaf_place where = {rules->group_id, place.first};
        if (result == MJL_OK && signatures == MJL_MLS_VERIFY)
            result = mjl_mls_leaf_node_verify(rules->suite, &leaf, &where);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* Cheap checks first: signatures are verified only on a tree that is otherwise right. */
mjl_result mjl_mls_tree_check(const mjl_mls_leaf_rules *rules, const mjl_mls_ratchet_tree *tree)
{
    mjl_result result = mjl_mls_tree_check_unmerged(tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_keys_unique(tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_parent_hashes(rules->suite, tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_parent_keys(rules->suite, tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_leaves(rules, tree, MJL_MLS_VERIFY);
    /* Last, for a leaf that does not list its own credential type is at fault alone. */
    if (result == MJL_OK) result = mjl_mls_tree_check_credentials(tree);
    return result;
}
