#include "mls_members.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "key_package.h"
#include "tree_hash.h"
#include "tree_math.h"
#include "update_path.h"

enum { NOT_AFTER = 2000000000 };

void must(mjl_result result, const char *what)
{
    if (result == MJL_OK) return;
    fprintf(stderr, "mls_bench: %s: result %d\n", what, (int)result);
    exit(1);
}

static void *must_allocate(size_t count, size_t size)
{
    void *made = calloc(count, size);
    if (made == NULL) must(MJL_OUT_OF_MEMORY, "calloc");
    return made;
}

static mjl_result fill(void *context, uint8_t *out, size_t size)
{
    (void)context;
    randombytes_buf(out, size);
    return MJL_OK;
}

const mjl_random chance = {NULL, fill};

/* ---- Members ---- */

mls_member *members_new(uint32_t count)
{
    mls_member *members = must_allocate(count, sizeof *members);
    for (uint32_t i = 0; i < count; i++) {
        mls_member *one = &members[i];
        must(mjl_mls_identity_generate(NULL, chance, &one->identity), "identity");
        snprintf(one->name, sizeof one->name, "member-%05u@example.org", i);
        one->identity.identity = mjl_bytes_text(one->name);
        const mjl_mls_key_package_config config = {.identity = &one->identity,
                                                   .not_after = NOT_AFTER};
        must(mjl_mls_key_package_new(&config, chance, &one->key_package, &one->secret),
             "key package");
    }
    return members;
}

void members_free(mls_member *members, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mjl_buffer_clear(&members[i].key_package);
        mjl_buffer_clear(&members[i].secret);
    }
    free(members);
}

/* ---- Groups of them ---- */

mls_side side_create(const mls_member *first)
{
    mls_side side = {.member = first};
    const mjl_mls_create_config config = {.identity = &first->identity,
                                          .not_after = NOT_AFTER,
                                          .group_id = mjl_bytes_text("a group to measure")};
    must(mjl_mls_group_create(&config, chance, &side.group, &side.ratchets), "create");
    return side;
}

mls_side side_join(const mls_member *member, mjl_bytes welcome)
{
    mls_side side = {.member = member};
    mjl_mls_joined joined;
    const mjl_mls_join_config config = {.identity = &member->identity,
                                        .key_package_secret = mjl_buffer_bytes(&member->secret)};
    must(mjl_mls_join(welcome, &config, &joined), "join");
    side.group = joined.group;
    side.ratchets = joined.ratchets;
    joined.group = NULL;
    joined.ratchets = NULL;
    mjl_mls_joined_clear(&joined);
    return side;
}

void side_clear(mls_side *side)
{
    mjl_mls_group_release(side->group);
    mjl_mls_ratchets_free(side->ratchets);
    side->group = NULL;
    side->ratchets = NULL;
}

/* ---- A warm one ---- */

static uint32_t node_index(uint32_t leaf, uint8_t level)
{
    return ((leaf >> level) << (level + 1)) + (UINT32_C(1) << level) - 1;
}

/* The leaf of a member after its commit. */
static void leaf_renew(warm_group *warm, uint32_t leaf, mjl_bytes parent_hash)
{
    const mjl_mls_suite *suite = warm->fresh->suite;
    const mjl_mls_identity *identity = &warm->members[leaf].identity;
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer encoded = {0};
    mjl_mls_leaf_content *content;
    must(mjl_mls_kem_generate(suite, chance, warm->leaf_keys[leaf], public_key), "leaf key");
    const mjl_mls_leaf_content *old = mjl_mls_ratchet_tree_leaf(&warm->tree, leaf);
    const mjl_mls_leaf_node view = mjl_mls_leaf_content_view(old);
    mjl_mls_leaf_parts parts = mjl_mls_leaf_parts_of(&view);
    parts.encryption_key = mjl_bytes_of(public_key, suite->kem_public_size);
    parts.source = MJL_MLS_LEAF_COMMIT;
    parts.parent_hash = parent_hash;
    parts.place = (mjl_mls_leaf_place){warm->context.group_id, leaf};
    must(mjl_mls_leaf_node_sign(suite, &parts, identity->signature_seed, &encoded), "leaf");
    must(mjl_mls_leaf_content_new(mjl_buffer_bytes(&encoded), &content), "leaf");
    must(mjl_mls_ratchet_tree_set_leaf(&warm->tree, leaf, content), "leaf");
    mjl_buffer_clear(&encoded);
}

static void path_renew(warm_group *warm, uint32_t leaf)
{
    const mjl_mls_suite *suite = warm->fresh->suite;
    const mjl_mls_filtered_path path = mjl_mls_filtered_path_of(&warm->tree, leaf);
    uint8_t public_keys[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_bytes keys[MJL_MLS_TREE_DEPTH_MAX];
    for (uint8_t i = 0; i < path.count; i++) {
        uint8_t *private_key = warm->parent_keys[node_index(leaf, path.level[i])];
        must(mjl_mls_kem_generate(suite, chance, private_key, public_keys[i]), "path key");
        keys[i] = mjl_bytes_of(public_keys[i], suite->kem_public_size);
    }
    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    size_t hash_size;
    must(mjl_mls_update_path_set(suite, &warm->tree, leaf, &path, keys, hash, &hash_size), "path");
    leaf_renew(warm, leaf, mjl_bytes_of(hash, hash_size));
}

/* The leaf keys of those that never commit are in their key packages. */
static void leaf_keys_collect(warm_group *warm)
{
    for (uint32_t i = 1; i < warm->count; i += 2) {
        mjl_mls_key_package_secret secret;
        must(mjl_mls_key_package_secret_parse(warm->fresh->suite,
                                              mjl_buffer_bytes(&warm->members[i].secret), &secret),
             "key package secret");
        memcpy(warm->leaf_keys[i], secret.leaf_private, warm->fresh->suite->kem_private_size);
    }
}

void warm_group_make(const mls_member *members, uint32_t count, const mjl_mls_group *fresh,
                     warm_group *warm)
{
    *warm = (warm_group){.members = members,
                         .count = count,
                         .tree = mjl_mls_ratchet_tree_share(&fresh->tree),
                         .context = fresh->context,
                         .fresh = mjl_mls_group_retain(fresh)};
    const uint32_t width = mjl_mls_ratchet_tree_width(&warm->tree);
    warm->leaf_keys = must_allocate(width, sizeof *warm->leaf_keys);
    warm->parent_keys = must_allocate(2 * (size_t)width, sizeof *warm->parent_keys);
    leaf_keys_collect(warm);
    for (uint32_t leaf = 0; leaf < count; leaf += 2)
        path_renew(warm, leaf);
}

/* The secrets of a warm epoch need only be the same for all. */
static mjl_result fill_alike(void *context, uint8_t *out, size_t size)
{
    (void)context;
    memset(out, 7, size);
    return MJL_OK;
}

mls_side warm_group_side(const warm_group *warm, uint32_t leaf)
{
    const mjl_mls_suite *suite = warm->fresh->suite;
    const mjl_random alike = {NULL, fill_alike};
    mjl_mls_ratchet_tree tree = mjl_mls_ratchet_tree_share(&warm->tree);
    mjl_mls_context context = warm->context;
    context.tree_hash =
        mjl_mls_tree_hash_of_root(suite, &tree, (uint8_t[MJL_MLS_HASH_SIZE_MAX]){0});
    mjl_mls_private_path path = {.known = 0};
    mjl_mls_private_path_set(&path, suite, 0, warm->leaf_keys[leaf]);
    for (uint8_t level = 1; level <= tree.root->level; level++)
        if (mjl_mls_ratchet_tree_parent(&tree, leaf, level) != NULL)
            mjl_mls_private_path_set(&path, suite, level,
                                     warm->parent_keys[node_index(leaf, level)]);
    mjl_mls_epoch_start start;
    must(mjl_mls_epoch_start_of_group(suite, &context, alike, &start), "epoch");
    const mjl_mls_group_parts parts = {
        .suite = suite, .tree = &tree, .start = &start, .path = &path, .own_leaf = leaf};
    mls_side side = {.member = &warm->members[leaf]};
    must(mjl_mls_group_make_with_ratchets(&parts, &side.group, &side.ratchets), "warm group");
    mjl_mls_epoch_start_clear(&start);
    return side;
}

void warm_group_clear(warm_group *warm)
{
    mjl_mls_ratchet_tree_clear(&warm->tree);
    mjl_mls_group_release(warm->fresh);
    free(warm->leaf_keys);
    free(warm->parent_keys);
}
