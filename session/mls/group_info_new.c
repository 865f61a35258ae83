/*
 * Making a GroupInfo (RFC 9420 §12.4.3): for a Welcome, or to be published for those who want to
 * commit themselves in (the public mjl_mls_group_info_new).
 */
#include <sodium.h>

#include "grease.h"
#include "group.h"
#include "group_info.h"
#include "message.h"
#include "tree_encoding.h"

/* The vector of a structure as extension data. */
static void extension_write(mjl_mls_writer *writer, uint16_t type, const mjl_buffer *data)
{
    const mjl_mls_extension extension = {type, mjl_buffer_bytes(data)};
    mjl_mls_extensions_write(writer, &extension, 1);
}

static void tree_write(mjl_mls_writer *writer, const mjl_mls_ratchet_tree *tree)
{
    mjl_buffer data = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&data);
    mjl_mls_ratchet_tree_write(&inner, tree);
    const mjl_result result = mjl_mls_writer_end(&inner);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    extension_write(writer, MJL_MLS_EXTENSION_RATCHET_TREE, &data);
    mjl_buffer_clear(&data);
}

static void external_pub_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                               const uint8_t *external_pub)
{
    mjl_buffer data = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&data);
    mjl_mls_write_vector(&inner, mjl_bytes_of(external_pub, suite->kem_public_size));
    const mjl_result result = mjl_mls_writer_end(&inner);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    extension_write(writer, MJL_MLS_EXTENSION_EXTERNAL_PUB, &data);
    mjl_buffer_clear(&data);
}

/* An extension that means nothing (§13.5), unless the caller's own happen to have its number. */
static void grease_write(mjl_mls_writer *writer, const mjl_mls_group_info_parts *parts)
{
    if (parts->without_grease) return;
    const mjl_bytes tag = mjl_bytes_of(parts->confirmation_tag, parts->suite->hash_size);
    const mjl_mls_extension ignored = {mjl_mls_grease_of(tag, true).extension, {NULL, 0}};
    for (size_t i = 0; i < parts->extensions_count; i++)
        if (parts->extensions[i].type == ignored.type) return;
    mjl_mls_extensions_write(writer, &ignored, 1);
}

mjl_result mjl_mls_group_info_make(const mjl_mls_group_info_parts *parts,
                                   const mjl_mls_identity *identity, mjl_buffer *out)
{
    mjl_buffer extensions = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&extensions);
    if (parts->tree != NULL) tree_write(&writer, parts->tree);
    if (parts->external_pub != NULL) external_pub_write(&writer, parts->suite, parts->external_pub);
    mjl_mls_extensions_write(&writer, parts->extensions, parts->extensions_count);
    grease_write(&writer, parts);
    mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) {
        const mjl_mls_group_info info = {
            .extensions = mjl_buffer_bytes(&extensions),
            .confirmation_tag = mjl_bytes_of(parts->confirmation_tag, parts->suite->hash_size),
            .signer = parts->signer};
        result = mjl_mls_group_info_sign(parts->suite, parts->context, &info,
                                         identity->signature_seed, out);
    }
    mjl_buffer_clear(&extensions);
    return result;
}

/* ---- Publishing ---- */

static mjl_result publish(const mjl_mls_group *group, const mjl_mls_group_info_config *config,
                          const uint8_t *external_pub, mjl_buffer *message)
{
    uint8_t tag[MJL_MLS_HASH_SIZE_MAX]; /* Recomputed: §12.4.3. Not a secret. */
    mjl_mls_confirmation_tag(group->suite, group->secrets.confirmation_key,
                             group->context.confirmed_transcript_hash, tag);
    const mjl_mls_group_info_parts parts = {.suite = group->suite,
                                            .context = mjl_buffer_bytes(&group->context_bytes),
                                            .confirmation_tag = tag,
                                            .signer = group->own_leaf,
                                            .tree =
                                                config->without_ratchet_tree ? NULL : &group->tree,
                                            .external_pub = external_pub,
                                            .extensions = config->extensions,
                                            .extensions_count = config->extensions_count,
                                            .without_grease = config->without_grease};
    mjl_buffer info = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(message);
    mjl_mls_message_header_write(&writer, MJL_MLS_GROUP_INFO);
    const mjl_result result = mjl_mls_group_info_make(&parts, config->identity, &info);
    if (result != MJL_OK) mjl_mls_writer_fail(&writer, result);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&info));
    mjl_buffer_clear(&info);
    return mjl_mls_writer_end(&writer);
}

mjl_result mjl_mls_group_info_new(const mjl_mls_group *group,
                                  const mjl_mls_group_info_config *config, mjl_buffer *message)
{
    if (mjl_mls_group_is_over(group)) return MJL_WRONG_STATE;
    mjl_result result = mjl_mls_group_check_identity(group, config->identity);
    if (result != MJL_OK || config->without_external_pub)
        return result != MJL_OK ? result : publish(group, config, NULL, message);
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    result = mjl_mls_external_key_pair(group->suite, &group->secrets, private_key, public_key);
    sodium_memzero(private_key, sizeof private_key);
    return result != MJL_OK ? result : publish(group, config, public_key, message);
}
