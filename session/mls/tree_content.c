#include "tree_content.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

enum {
    UNMERGED_SIZE = 4, /* uint32 */
    /* What fits the bit fields: the sizes are checked before. */
    COUNT_MASK = 2 * MJL_MLS_LEAVES_MAX - 1,
    HASH_SIZE_MASK = 0x7f
};

/* ---- Leaves ---- */

static uint8_t credentials_understood(const mjl_mls_leaf_node *leaf)
{
    uint8_t bits = 0;
    if (mjl_mls_leaf_node_supports_credential(leaf, MJL_MLS_CREDENTIAL_BASIC))
        bits |= MJL_MLS_BASIC_BIT;
    if (mjl_mls_leaf_node_supports_credential(leaf, MJL_MLS_CREDENTIAL_X509))
        bits |= MJL_MLS_X509_BIT;
    return bits;
}

mjl_result mjl_mls_leaf_content_new(mjl_bytes encoded, mjl_mls_leaf_content **leaf)
{
    mjl_mls_leaf_node view;
    if (encoded.size > UINT32_MAX) return MJL_TOO_LARGE;
    const mjl_result result = mjl_mls_leaf_node_parse(encoded, &view);
    if (result != MJL_OK) return result;
    mjl_mls_leaf_content *made = malloc(sizeof *made + encoded.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    const bool is_basic = view.credential.type == MJL_MLS_CREDENTIAL_BASIC;
    made->node =
        (mjl_mls_tree_node){.references = 1,
                            .kind = MJL_MLS_NODE_LEAF,
                            .filled = true,
                            .members = 1,
                            .credentials_used = is_basic ? MJL_MLS_BASIC_BIT : MJL_MLS_X509_BIT,
                            .credentials_understood = credentials_understood(&view)};
    made->encoded_size = (uint32_t)encoded.size;
    memcpy(made->encoded, encoded.data, encoded.size);
    *leaf = made;
    return MJL_OK;
}

mjl_bytes mjl_mls_leaf_content_encoded(const mjl_mls_leaf_content *leaf)
{
    return mjl_bytes_of(leaf->encoded, leaf->encoded_size);
}

mjl_mls_leaf_node mjl_mls_leaf_content_view(const mjl_mls_leaf_content *leaf)
{
    mjl_mls_leaf_node view;
    const mjl_result result = mjl_mls_leaf_node_parse(mjl_mls_leaf_content_encoded(leaf), &view);
    assert(result == MJL_OK); /* The same bytes were parsed when it was made. */
    (void)result;
    return view;
}

mjl_bytes mjl_mls_leaf_content_encryption_key(const mjl_mls_leaf_content *leaf)
{
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_mls_leaf_content_encoded(leaf));
    return mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
}

mjl_bytes mjl_mls_leaf_content_signature_key(const mjl_mls_leaf_content *leaf)
{
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_mls_leaf_content_encoded(leaf));
    mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    return mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
}

mjl_mls_credential mjl_mls_leaf_content_credential(const mjl_mls_leaf_content *leaf)
{
    mjl_mls_credential credential;
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_mls_leaf_content_encoded(leaf));
    mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* encryption_key */
    mjl_mls_read_vector(&reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX); /* signature_key */
    mjl_mls_credential_read(&reader, &credential);
    assert(reader.result == MJL_OK); /* The same bytes were parsed when it was made. */
    return credential;
}

void mjl_mls_leaf_content_release(mjl_mls_leaf_content *leaf)
{
    if (leaf != NULL && --leaf->node.references == 0) free(leaf);
}

/* ---- Parents ---- */

static uint8_t *copy(uint8_t *to, mjl_bytes from)
{
    if (from.size != 0) memcpy(to, from.data, from.size);
    return to + from.size;
}

mjl_result mjl_mls_parent_content_new(mjl_bytes encryption_key, mjl_bytes parent_hash,
                                      mjl_bytes unmerged, mjl_mls_parent_content **parent)
{
    if (encryption_key.size > MJL_MLS_KEM_PUBLIC_SIZE_MAX) return MJL_TOO_LARGE;
    if (parent_hash.size > MJL_MLS_HASH_SIZE_MAX) return MJL_TOO_LARGE;
    if (unmerged.size % UNMERGED_SIZE != 0) return MJL_MALFORMED;
    if (unmerged.size / UNMERGED_SIZE > MJL_MLS_LEAVES_MAX) return MJL_TOO_LARGE;
    mjl_mls_parent_content *made =
        malloc(sizeof *made + unmerged.size + encryption_key.size + parent_hash.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->references = 1;
    made->unmerged_count = (unmerged.size / UNMERGED_SIZE) & COUNT_MASK;
    made->encryption_key_size = (uint8_t)encryption_key.size;
    made->parent_hash_size = parent_hash.size & HASH_SIZE_MASK;
    copy(copy(copy(made->bytes, unmerged), encryption_key), parent_hash);
    *parent = made;
    return MJL_OK;
}

void mjl_mls_parent_content_release(mjl_mls_parent_content *parent)
{
    if (parent != NULL && --parent->references == 0) free(parent);
}

mjl_bytes mjl_mls_parent_content_key(const mjl_mls_parent_content *parent)
{
    return mjl_bytes_of(parent->bytes + (size_t)parent->unmerged_count * UNMERGED_SIZE,
                        parent->encryption_key_size);
}

mjl_bytes mjl_mls_parent_content_hash(const mjl_mls_parent_content *parent)
{
    const mjl_bytes key = mjl_mls_parent_content_key(parent);
    return mjl_bytes_of(key.data + key.size, parent->parent_hash_size);
}

mjl_bytes mjl_mls_parent_content_unmerged(const mjl_mls_parent_content *parent)
{
    return mjl_bytes_of(parent->bytes, (size_t)parent->unmerged_count * UNMERGED_SIZE);
}

uint32_t mjl_mls_parent_content_unmerged_at(const mjl_mls_parent_content *parent, uint32_t i)
{
    assert(i < parent->unmerged_count);
    const uint8_t *at = parent->bytes + (size_t)i * UNMERGED_SIZE;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t mjl_mls_parent_content_unmerged_before(const mjl_mls_parent_content *parent, uint32_t leaf)
{
    uint32_t low = 0, high = parent->unmerged_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (mjl_mls_parent_content_unmerged_at(parent, middle) < leaf) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mjl_mls_parent_content_has_unmerged(const mjl_mls_parent_content *parent, uint32_t leaf)
{
    const uint32_t at = mjl_mls_parent_content_unmerged_before(parent, leaf);
    return at < parent->unmerged_count && mjl_mls_parent_content_unmerged_at(parent, at) == leaf;
}

mjl_result mjl_mls_parent_content_unmerge(const mjl_mls_parent_content *old, uint32_t leaf,
                                          mjl_mls_parent_content **parent)
{
    const size_t size = mjl_mls_parent_content_unmerged(old).size + old->encryption_key_size +
                        old->parent_hash_size;
    mjl_mls_parent_content *made = malloc(sizeof *made + size + UNMERGED_SIZE);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    *made = *old;
    made->references = 1;
    made->unmerged_count++;
    const size_t before = (size_t)mjl_mls_parent_content_unmerged_before(old, leaf) * UNMERGED_SIZE;
    memcpy(made->bytes, old->bytes, before);
    const uint8_t encoded[UNMERGED_SIZE] = {(uint8_t)(leaf >> 24), (uint8_t)(leaf >> 16),
                                            (uint8_t)(leaf >> 8), (uint8_t)leaf};
    memcpy(made->bytes + before, encoded, UNMERGED_SIZE);
    memcpy(made->bytes + before + UNMERGED_SIZE, old->bytes + before, size - before);
    *parent = made;
    return MJL_OK;
}
