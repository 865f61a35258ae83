#include "update_path.h"

#include <assert.h>

#include "refusal.h"
#include "tree_hash.h"

/* ---- Encoding ---- */

void mjl_mls_hpke_ciphertext_read(mjl_mls_reader *reader, mjl_mls_hpke_ciphertext *ciphertext)
{
    ciphertext->kem_output = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    ciphertext->ciphertext = mjl_mls_read_vector(reader, MJL_MLS_CIPHERTEXT_SIZE_MAX);
}

void mjl_mls_hpke_ciphertext_write(mjl_mls_writer *writer,
                                   const mjl_mls_hpke_ciphertext *ciphertext)
{
    mjl_mls_write_vector(writer, ciphertext->kem_output);
    mjl_mls_write_vector(writer, ciphertext->ciphertext);
}

static void node_read(mjl_mls_reader *reader, mjl_mls_update_path_node *node)
{
    node->encryption_key = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_BODY_SIZE_MAX);
    const uint8_t *mark = list.at;
    node->secrets_count = 0;
    while (mjl_mls_reader_more(&list)) {
        mjl_mls_hpke_ciphertext ciphertext;
        mjl_mls_hpke_ciphertext_read(&list, &ciphertext);
        node->secrets_count++;
    }
    node->secrets = mjl_mls_read_since(&list, mark);
    mjl_mls_read_list_end(reader, &list);
}

void mjl_mls_update_path_read(mjl_mls_reader *reader, mjl_mls_update_path *path)
{
    mjl_mls_leaf_node_read(reader, &path->leaf);
    mjl_mls_reader list = mjl_mls_read_list(reader, MJL_MLS_BODY_SIZE_MAX);
    path->count = 0;
    while (mjl_mls_reader_more(&list)) {
        if (path->count == MJL_MLS_TREE_DEPTH_MAX) {
            mjl_mls_reader_fail(&list, MJL_TOO_LARGE);
            break;
        }
        node_read(&list, &path->nodes[path->count++]);
    }
    mjl_mls_read_list_end(reader, &list);
}

/* ---- The public tree ---- */

mjl_result mjl_mls_update_path_recipients(const mjl_mls_ratchet_tree *tree, uint32_t sender,
                                          uint8_t level, mjl_mls_leaf_list added,
                                          mjl_mls_resolution *resolution)
{
    *resolution = (mjl_mls_resolution){0};
    const mjl_result result =
        mjl_mls_resolution_append(tree, mjl_mls_copath_child(tree, sender, level), resolution);
    if (result == MJL_OK) mjl_mls_resolution_exclude(resolution, added.leaves, added.count);
    return result;
}

/* The parent hash of the sender's parent at `level`, with its copath child. */
static mjl_result hash_above(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                             uint32_t sender, uint8_t level, uint8_t *hash)
{
    const mjl_mls_tree_place place = {mjl_mls_ratchet_tree_above(tree, sender, level),
                                      (sender >> level) << level};
    const bool sender_is_right = (sender >> (level - 1)) & 1;
    return mjl_mls_parent_hash(suite, place, sender_is_right ? MJL_MLS_LEFT : MJL_MLS_RIGHT, hash);
}

mjl_result mjl_mls_update_path_set(const mjl_mls_suite *suite, mjl_mls_ratchet_tree *tree,
                                   uint32_t sender, const mjl_mls_filtered_path *filtered,
                                   const mjl_bytes *keys,
                                   uint8_t parent_hash[MJL_MLS_HASH_SIZE_MAX],
                                   size_t *parent_hash_size)
{
    mjl_result result = mjl_mls_ratchet_tree_blank_path(tree, sender, MJL_MLS_TREE_KEEP_LEAF);
    if (result != MJL_OK) return result;
    *parent_hash_size = 0; /* The top has none above it. */
    for (uint8_t i = filtered->count;
         i-- != 0;) { /* From the root down: each covers those above. */
        mjl_mls_parent_content *parent;
        result = mjl_mls_parent_content_new(keys[i], mjl_bytes_of(parent_hash, *parent_hash_size),
                                            mjl_bytes_of(NULL, 0), &parent);
        if (result != MJL_OK) return result;
        result = mjl_mls_ratchet_tree_set_parent(tree, sender, filtered->level[i], parent);
        if (result != MJL_OK) return result;
        result = hash_above(suite, tree, sender, filtered->level[i], parent_hash);
        if (result != MJL_OK) return result;
        *parent_hash_size = suite->hash_size;
    }
    return MJL_OK;
}

/* ---- Rules of a received path (§12.4.2, §7.6) ---- */

static mjl_result check_shape(const mjl_mls_ratchet_tree *tree, uint32_t sender,
                              mjl_mls_leaf_list added, const mjl_mls_filtered_path *filtered,
                              const mjl_mls_update_path *path)
{
    if (path->count != filtered->count) return MJL_PATH_LENGTH;
    for (uint8_t i = 0; i < path->count; i++) {
        mjl_mls_resolution recipients;
        const mjl_result result =
            mjl_mls_update_path_recipients(tree, sender, filtered->level[i], added, &recipients);
        const uint32_t count = recipients.count;
        mjl_mls_resolution_clear(&recipients);
        if (result != MJL_OK) return result;
        if (path->nodes[i].secrets_count != count) return MJL_PATH_CIPHERTEXTS;
    }
    return MJL_OK;
}

/* §7.3 as for an Update, with source commit. */
static mjl_result check_leaf(const mjl_mls_leaf_rules *rules, const mjl_mls_ratchet_tree *tree,
                             uint32_t sender, const mjl_mls_leaf_node *leaf)
{
    if (leaf->source != MJL_MLS_LEAF_COMMIT) return MJL_LEAF_SOURCE_NOT_COMMIT;
    const mjl_result result = mjl_mls_leaf_fits(rules, leaf);
    if (result != MJL_OK) return result;
    if (mjl_mls_tree_has_signature_key(tree, leaf->signature_key, sender))
        return MJL_SIGNATURE_KEY_TWICE;
    const mjl_mls_leaf_place place = {rules->group_id, sender};
    return mjl_mls_leaf_node_verify(rules->suite, leaf, &place);
}

/* No key of the path stands in a node of the new tree; that the old leaf of the sender keeps its
   own is a rule apart (§12.4.2). */
static mjl_result check_keys(const mjl_mls_suite *suite, const mjl_mls_ratchet_tree *tree,
                             uint32_t sender, const mjl_mls_update_path *path)
{
    const mjl_mls_leaf_content *old = mjl_mls_ratchet_tree_leaf(tree, sender);
    if (old != NULL && /* Who comes from outside has none. */
        mjl_bytes_equal(mjl_mls_leaf_content_encryption_key(old), path->leaf.encryption_key))
        return MJL_PATH_KEEPS_LEAF_KEY;
    mjl_bytes keys[MJL_MLS_TREE_DEPTH_MAX + 1];
    size_t count = 0;
    keys[count++] = path->leaf.encryption_key;
    for (uint8_t i = 0; i < path->count; i++) {
        const mjl_bytes key = path->nodes[i].encryption_key;
        const mjl_result result =
            mjl_mls_refusal(suite->kem_check_public(key), MJL_BAD_KEY, MJL_PATH_KEY);
        if (result != MJL_OK) return result;
        for (size_t j = 0; j < count; j++)
            if (mjl_bytes_equal(keys[j], key)) return MJL_PATH_KEY_TWICE;
        keys[count++] = key;
    }
    return mjl_mls_tree_has_any_key(tree, keys, count) ? MJL_PATH_KEY_TWICE : MJL_OK;
}

static mjl_result merge(const mjl_mls_suite *suite, mjl_mls_ratchet_tree *tree, uint32_t sender,
                        const mjl_mls_filtered_path *filtered, const mjl_mls_update_path *path)
{
    mjl_bytes keys[MJL_MLS_TREE_DEPTH_MAX];
    for (uint8_t i = 0; i < path->count; i++)
        keys[i] = path->nodes[i].encryption_key;
    uint8_t hash[MJL_MLS_HASH_SIZE_MAX];
    size_t hash_size;
    mjl_result result =
        mjl_mls_update_path_set(suite, tree, sender, filtered, keys, hash, &hash_size);
    if (result != MJL_OK) return result;
    if (!mjl_bytes_equal(path->leaf.parent_hash, mjl_bytes_of(hash, hash_size)))
        return MJL_PATH_PARENT_HASH;
    mjl_mls_leaf_content *leaf;
    result = mjl_mls_leaf_content_new(path->leaf.encoded, &leaf);
    return result != MJL_OK ? result : mjl_mls_ratchet_tree_set_leaf(tree, sender, leaf);
}

mjl_result mjl_mls_update_path_merge(const mjl_mls_leaf_rules *rules, mjl_mls_ratchet_tree *tree,
                                     uint32_t sender, mjl_mls_leaf_list added,
                                     const mjl_mls_update_path *path)
{
    assert(sender < mjl_mls_ratchet_tree_width(tree)); /* Blank when it comes from outside. */
    const mjl_mls_filtered_path filtered = mjl_mls_filtered_path_of(tree, sender);
    mjl_result result = check_shape(tree, sender, added, &filtered, path);
    if (result == MJL_OK) result = check_keys(rules->suite, tree, sender, path);
    if (result == MJL_OK) result = check_leaf(rules, tree, sender, &path->leaf);
    if (result == MJL_OK) result = merge(rules->suite, tree, sender, &filtered, path);
    if (result == MJL_OK) result = mjl_mls_tree_check_credentials(tree);
    return result;
}
