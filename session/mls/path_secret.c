#include "path_secret.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"

static uint32_t bit_of(uint8_t level)
{
    assert(level >= 1 && level <= MJL_MLS_TREE_DEPTH_MAX);
    return UINT32_C(1) << (level - 1);
}

void mjl_mls_private_path_wipe(mjl_mls_private_path *path)
{
    sodium_memzero(path, sizeof *path);
}

bool mjl_mls_private_path_knows(const mjl_mls_private_path *path, uint8_t level)
{
    return level == 0 || (path->known & bit_of(level)) != 0;
}

const uint8_t *mjl_mls_private_path_at(const mjl_mls_private_path *path, uint8_t level)
{
    if (level == 0) return path->leaf;
    return mjl_mls_private_path_knows(path, level) ? path->parent[level - 1] : NULL;
}

void mjl_mls_private_path_set(mjl_mls_private_path *path, const mjl_mls_suite *suite, uint8_t level,
                              const uint8_t *private_key)
{
    uint8_t *place = level == 0 ? path->leaf : path->parent[level - 1];
    memcpy(place, private_key, suite->kem_private_size);
    if (level != 0) path->known |= bit_of(level);
}

static void forget(mjl_mls_private_path *path, uint8_t level)
{
    path->known &= ~bit_of(level);
    sodium_memzero(path->parent[level - 1], sizeof path->parent[level - 1]);
}

void mjl_mls_private_path_forget_from(mjl_mls_private_path *path, uint8_t level)
{
    for (uint8_t i = level; i <= MJL_MLS_TREE_DEPTH_MAX; i++)
        forget(path, i);
}

void mjl_mls_private_path_forget_blank(mjl_mls_private_path *path, const mjl_mls_ratchet_tree *tree,
                                       uint32_t own_leaf)
{
    for (uint8_t i = 1; i <= MJL_MLS_TREE_DEPTH_MAX; i++)
        if (mjl_mls_ratchet_tree_parent(tree, own_leaf, i) == NULL) forget(path, i);
}

static mjl_result is_pair(const mjl_mls_suite *suite, const uint8_t *private_key, mjl_bytes key)
{
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    const mjl_result result = suite->kem_public_of(private_key, public_key);
    if (result != MJL_OK) return result;
    const bool same = mjl_bytes_equal(key, mjl_bytes_of(public_key, suite->kem_public_size));
    return same ? MJL_OK : MJL_BAD_KEY;
}

mjl_result mjl_mls_private_path_check(const mjl_mls_private_path *path, const mjl_mls_suite *suite,
                                      const mjl_mls_ratchet_tree *tree, uint32_t own_leaf)
{
    const mjl_mls_leaf_content *leaf = mjl_mls_ratchet_tree_leaf(tree, own_leaf);
    if (leaf == NULL) return MJL_BAD_KEY;
    mjl_result result = is_pair(suite, path->leaf, mjl_mls_leaf_content_encryption_key(leaf));
    for (uint8_t i = 1; result == MJL_OK && i <= MJL_MLS_TREE_DEPTH_MAX; i++) {
        const uint8_t *private_key = mjl_mls_private_path_at(path, i);
        if (private_key == NULL) continue;
        const mjl_mls_parent_content *parent = mjl_mls_ratchet_tree_parent(tree, own_leaf, i);
        if (parent == NULL) return MJL_BAD_KEY;
        result = is_pair(suite, private_key, mjl_mls_parent_content_key(parent));
    }
    return result;
}

void mjl_mls_path_secret_next(const mjl_mls_suite *suite, uint8_t *path_secret)
{
    mjl_mls_derive_secret(suite, path_secret, "path", path_secret);
}

mjl_result mjl_mls_path_secret_key_pair(const mjl_mls_suite *suite, const uint8_t *path_secret,
                                        uint8_t *private_key, uint8_t *public_key)
{
    uint8_t node_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_derive_secret(suite, path_secret, "node", node_secret);
    const mjl_result result = suite->kem_derive_key_pair(
        mjl_bytes_of(node_secret, suite->hash_size), private_key, public_key);
    sodium_memzero(node_secret, sizeof node_secret);
    return result;
}

static mjl_result climb_step(const mjl_mls_suite *suite, const mjl_mls_parent_content *parent,
                             uint8_t level, const uint8_t *path_secret, mjl_mls_private_path *path)
{
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result = mjl_mls_path_secret_key_pair(suite, path_secret, private_key, public_key);
    if (result == MJL_OK && !mjl_bytes_equal(mjl_mls_parent_content_key(parent),
                                             mjl_bytes_of(public_key, suite->kem_public_size)))
        result = MJL_NO_PATH_SECRET;
    if (result == MJL_OK) mjl_mls_private_path_set(path, suite, level, private_key);
    sodium_memzero(private_key, sizeof private_key);
    return result;
}

mjl_result mjl_mls_path_secret_climb(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                                     uint32_t leaf, uint8_t level, uint8_t *path_secret,
                                     mjl_mls_private_path *path)
{
    for (uint8_t i = level; i <= tree->root->level; i++) {
        const mjl_mls_parent_content *parent = mjl_mls_ratchet_tree_parent(tree, leaf, i);
        if (parent == NULL) continue; /* Not in the filtered path (§4.1.2). */
        const mjl_result result = climb_step(suite, parent, i, path_secret, path);
        if (result != MJL_OK) return result;
        mjl_mls_path_secret_next(suite, path_secret);
    }
    return MJL_OK;
}
