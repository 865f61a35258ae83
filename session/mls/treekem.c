#include "treekem.h"

#include <assert.h>
#include <sodium.h>

#include "labels.h"
#include "new_leaf.h"
#include "tree_hash.h"
#include "tree_validation.h"

static const char label[] = "UpdatePathNode";

/* The context that path secrets are encrypted in: with the tree hash of the tree that holds the
   path. */
static mjl_result context_encode(const mjl_mls_suite *suite, const mjl_mls_context *context,
                                 const mjl_mls_ratchet_tree *tree, mjl_buffer *out)
{
    mjl_mls_context provisional = *context;
    uint8_t tree_hash[MJL_MLS_HASH_SIZE_MAX];
    provisional.tree_hash = mjl_mls_tree_hash_of_root(suite, tree, tree_hash);
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    mjl_mls_context_write(&writer, &provisional);
    return mjl_mls_writer_end(&writer);
}

static mjl_bytes key_of(mjl_mls_tree_place place)
{
    return mjl_mls_tree_node_encryption_key(place.node);
}

/* ---- Making ---- */

static uint8_t index_of_level(const mjl_mls_filtered_path *path, uint8_t level)
{
    uint8_t i = 0;
    while (i < path->count && path->level[i] != level)
        i++;
    assert(i <
           path->count); /* A filled leaf is below the copath child: the level is in the path. */
    return i;
}

const uint8_t *mjl_mls_path_secrets_at(const mjl_mls_path_secrets *secrets, uint8_t level)
{
    return secrets->secret[index_of_level(&secrets->path, level)];
}

/* The chain of path secrets, the private keys and the public ones. */
static mjl_result secrets_new(const mjl_mls_path_maker *maker, mjl_mls_path_secrets *secrets,
                              uint8_t public_keys[][MJL_MLS_KEM_PUBLIC_SIZE_MAX],
                              mjl_mls_private_path *private_path, uint8_t *commit_secret)
{
    const mjl_mls_suite *suite = maker->suite;
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX];
    mjl_result result = maker->random.fill(maker->random.context, commit_secret, suite->hash_size);
    for (uint8_t i = 0; result == MJL_OK && i < secrets->path.count; i++) {
        memcpy(secrets->secret[i], commit_secret, suite->hash_size);
        result = mjl_mls_path_secret_key_pair(suite, commit_secret, private_key, public_keys[i]);
        mjl_mls_private_path_set(private_path, suite, secrets->path.level[i], private_key);
        mjl_mls_path_secret_next(suite, commit_secret);
    }
    sodium_memzero(private_key, sizeof private_key);
    return result;
}

/* The new leaf: as the old one but for key, source and parent hash. */
static mjl_result leaf_set(const mjl_mls_path_maker *maker, mjl_mls_ratchet_tree *tree,
                           mjl_bytes parent_hash, mjl_mls_private_path *private_path)
{
    const mjl_mls_suite *suite = maker->suite;
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_result result = mjl_mls_kem_generate(suite, maker->random, private_path->leaf, public_key);
    if (result != MJL_OK) return result;
    const mjl_mls_leaf_node old =
        mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(tree, maker->leaf));
    if (mjl_bytes_equal(old.encryption_key, mjl_bytes_of(public_key, suite->kem_public_size)))
        return MJL_NO_RANDOM; /* It repeats itself: all would refuse the commit (§12.4.2). */
    mjl_mls_leaf_parts parts = mjl_mls_leaf_parts_of(&old);
    parts.encryption_key = mjl_bytes_of(public_key, suite->kem_public_size);
    parts.source = MJL_MLS_LEAF_COMMIT;
    parts.parent_hash = parent_hash;
    parts.place = (mjl_mls_leaf_place){maker->context->group_id, maker->leaf};
    mjl_buffer encoded = {0};
    mjl_mls_leaf_content *leaf = NULL;
    result = mjl_mls_changed_leaf_sign(suite, maker->change, maker->identity, parts, &encoded);
    if (result == MJL_OK) result = mjl_mls_leaf_content_new(mjl_buffer_bytes(&encoded), &leaf);
    if (result == MJL_OK) result = mjl_mls_ratchet_tree_set_leaf(tree, maker->leaf, leaf);
    mjl_buffer_clear(&encoded);
    return result;
}

static mjl_result secret_write(const mjl_mls_path_maker *maker, mjl_mls_writer *writer,
                               const mjl_mls_hpke_context *context, mjl_bytes key,
                               const uint8_t *path_secret)
{
    const mjl_mls_suite *suite = maker->suite;
    uint8_t kem_output[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer ciphertext = {0};
    const mjl_result result = mjl_mls_hpke_seal_in(suite, key, context, mjl_bytes_of(NULL, 0),
                                                   mjl_bytes_of(path_secret, suite->hash_size),
                                                   maker->random, kem_output, &ciphertext);
    if (result == MJL_OK) {
        const mjl_mls_hpke_ciphertext written = {mjl_bytes_of(kem_output, suite->kem_public_size),
                                                 mjl_buffer_bytes(&ciphertext)};
        mjl_mls_hpke_ciphertext_write(writer, &written);
    }
    mjl_buffer_clear(&ciphertext);
    return result;
}

static mjl_result node_write(const mjl_mls_path_maker *maker, const mjl_mls_ratchet_tree *tree,
                             const mjl_mls_path_secrets *secrets, uint8_t i,
                             const mjl_mls_hpke_context *context, mjl_mls_writer *writer)
{
    const uint8_t level = secrets->path.level[i];
    const mjl_mls_parent_content *parent = mjl_mls_ratchet_tree_parent(tree, maker->leaf, level);
    mjl_mls_write_vector(writer, mjl_mls_parent_content_key(parent));
    mjl_mls_resolution recipients;
    mjl_result result =
        mjl_mls_update_path_recipients(tree, maker->leaf, level, maker->added, &recipients);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    for (uint32_t j = 0; result == MJL_OK && j < recipients.count; j++)
        result =
            secret_write(maker, writer, context, key_of(recipients.places[j]), secrets->secret[i]);
    mjl_mls_write_vector_end(writer, begin);
    mjl_mls_resolution_clear(&recipients);
    return result;
}

static mjl_result path_write(const mjl_mls_path_maker *maker, const mjl_mls_ratchet_tree *tree,
                             const mjl_mls_path_secrets *secrets, mjl_bytes context,
                             mjl_buffer *update_path)
{
    mjl_mls_writer writer = mjl_mls_writer_to(update_path);
    mjl_mls_write_fixed(&writer,
                        mjl_mls_leaf_content_encoded(mjl_mls_ratchet_tree_leaf(tree, maker->leaf)));
    mjl_mls_hpke_context prepared; /* One for all recipients. */
    mjl_mls_encrypt_context(maker->suite, label, context, &prepared);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    for (uint8_t i = 0; i < secrets->path.count; i++) {
        const mjl_result result = node_write(maker, tree, secrets, i, &prepared, &writer);
        if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    }
    mjl_mls_write_vector_end(&writer, begin);
    return mjl_mls_writer_end(&writer);
}

mjl_result mjl_mls_treekem_make(const mjl_mls_path_maker *maker, mjl_mls_ratchet_tree *tree,
                                mjl_mls_private_path *private_path, mjl_mls_path_secrets *secrets,
                                uint8_t *commit_secret, mjl_buffer *update_path)
{
    uint8_t public_keys[MJL_MLS_TREE_DEPTH_MAX][MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_bytes keys[MJL_MLS_TREE_DEPTH_MAX];
    secrets->path = mjl_mls_filtered_path_of(tree, maker->leaf);
    mjl_mls_private_path_forget_from(private_path, 1);
    mjl_result result = secrets_new(maker, secrets, public_keys, private_path, commit_secret);
    if (result != MJL_OK) return result;
    for (uint8_t i = 0; i < secrets->path.count; i++)
        keys[i] = mjl_bytes_of(public_keys[i], maker->suite->kem_public_size);
    if (mjl_mls_tree_has_any_key(tree, keys, secrets->path.count)) return MJL_NO_RANDOM;

    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    size_t hash_size;
    result = mjl_mls_update_path_set(maker->suite, tree, maker->leaf, &secrets->path, keys, hash,
                                     &hash_size);
    if (result == MJL_OK)
        result = leaf_set(maker, tree, mjl_bytes_of(hash, hash_size), private_path);
    mjl_buffer context = {0};
    if (result == MJL_OK) result = context_encode(maker->suite, maker->context, tree, &context);
    if (result == MJL_OK)
        result = path_write(maker, tree, secrets, mjl_buffer_bytes(&context), update_path);
    mjl_buffer_clear(&context);
    return result;
}

/* ---- Opening ---- */

/* Which of the recipients we are: the first whose private key we know. Without one for none. */
static mjl_mls_key_pair own_recipient(const mjl_mls_path_opener *opener,
                                      const mjl_mls_resolution *recipients,
                                      const mjl_mls_private_path *private_path, uint32_t *index)
{
    for (uint32_t i = 0; i < recipients->count; i++) {
        const mjl_mls_tree_place place = recipients->places[i];
        const uint8_t level = place.node->level;
        if (opener->own_leaf >> level != place.first >> level) continue;
        *index = i;
        if (mjl_mls_private_path_knows(private_path, level))
            return (mjl_mls_key_pair){mjl_mls_private_path_at(private_path, level),
                                      key_of(place).data};
    }
    return (mjl_mls_key_pair){NULL, NULL};
}

static mjl_mls_hpke_ciphertext secret_at(const mjl_mls_update_path_node *node, uint32_t index)
{
    assert(index < node->secrets_count);
    mjl_mls_reader reader = mjl_mls_reader_of(node->secrets);
    mjl_mls_hpke_ciphertext ciphertext;
    for (uint32_t i = 0; i <= index; i++)
        mjl_mls_hpke_ciphertext_read(&reader, &ciphertext);
    return ciphertext;
}

/* A ciphertext that does not open concerns us alone: others may have been given a good one. */
static mjl_result decrypt(const mjl_mls_path_opener *opener, mjl_mls_key_pair own,
                          const mjl_mls_hpke_ciphertext *ciphertext, mjl_bytes context,
                          uint8_t *path_secret)
{
    mjl_buffer plain = {0};
    mjl_result result = mjl_mls_decrypt_with_key_pair(
        opener->suite, own, label, context, ciphertext->kem_output, ciphertext->ciphertext, &plain);
    if (result != MJL_OK && result != MJL_OUT_OF_MEMORY) result = MJL_NO_PATH_SECRET;
    if (result == MJL_OK && plain.size != opener->suite->hash_size) result = MJL_NO_PATH_SECRET;
    if (result == MJL_OK) memcpy(path_secret, plain.data, plain.size);
    mjl_buffer_clear(&plain);
    return result;
}

mjl_result mjl_mls_treekem_open(const mjl_mls_path_opener *opener, const mjl_mls_ratchet_tree *tree,
                                const mjl_mls_update_path *update_path,
                                const mjl_mls_private_path *private_path, uint8_t *path_secret)
{
    const uint8_t level = mjl_mls_common_ancestor_level(opener->sender, opener->own_leaf);
    const mjl_mls_filtered_path filtered = mjl_mls_filtered_path_of(tree, opener->sender);
    const mjl_mls_update_path_node *node = &update_path->nodes[index_of_level(&filtered, level)];
    mjl_mls_resolution recipients;
    uint32_t index = 0;
    mjl_mls_key_pair own = {NULL, NULL};
    mjl_result result =
        mjl_mls_update_path_recipients(tree, opener->sender, level, opener->added, &recipients);
    if (result == MJL_OK) {
        own = own_recipient(opener, &recipients, private_path, &index);
        if (own.private_key == NULL) result = MJL_NO_PATH_SECRET;
    }
    mjl_mls_resolution_clear(&recipients);
    if (result != MJL_OK) return result;

    mjl_buffer context = {0};
    result = context_encode(opener->suite, opener->context, tree, &context);
    if (result == MJL_OK) {
        const mjl_mls_hpke_ciphertext ciphertext = secret_at(node, index);
        result = decrypt(opener, own, &ciphertext, mjl_buffer_bytes(&context), path_secret);
    }
    mjl_buffer_clear(&context);
    return result;
}

mjl_result mjl_mls_treekem_apply(const mjl_mls_path_opener *opener,
                                 const mjl_mls_ratchet_tree *tree,
                                 const mjl_mls_update_path *update_path,
                                 mjl_mls_private_path *private_path, uint8_t *commit_secret)
{
    const mjl_result result =
        mjl_mls_treekem_open(opener, tree, update_path, private_path, commit_secret);
    if (result != MJL_OK) return result;
    const uint8_t level = mjl_mls_common_ancestor_level(opener->sender, opener->own_leaf);
    mjl_mls_private_path_forget_from(private_path, level);
    return mjl_mls_path_secret_climb(opener->suite, tree, opener->sender, level, commit_secret,
                                     private_path);
}
