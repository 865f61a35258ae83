#include "new_leaf.h"

#include "grease.h"
#include "mls_limits.h"

/* ---- Credential (§5.3) ---- */

void mjl_mls_identity_credential_write(mjl_mls_writer *writer, const mjl_mls_identity *identity)
{
    if (identity->credential.size != 0) {
        mjl_mls_write_fixed(writer, identity->credential);
    } else {
        mjl_mls_credential_write_basic(writer, identity->identity);
    }
}

/* ---- Capabilities (§7.2) ---- */

/* One list: what is always in it (0: nothing), what the application says, and a value that is to be
   ignored (0: none). */
static void list_write(mjl_mls_writer *writer, uint16_t first, const uint16_t *values, size_t count,
                       uint16_t grease)
{
    if (count > MJL_MLS_CAPABILITIES_SIZE_MAX / sizeof(uint16_t) - 2)
        mjl_mls_writer_fail(writer, MJL_BAD_ARGUMENT);
    const size_t begin = mjl_mls_write_vector_begin(writer);
    if (first != 0) mjl_mls_write_u16(writer, first);
    for (size_t i = 0; writer->result == MJL_OK && i < count; i++)
        mjl_mls_write_u16(writer, values[i]);
    if (grease != 0) mjl_mls_write_u16(writer, grease);
    mjl_mls_write_vector_end(writer, begin);
}

static void capabilities_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                               const mjl_mls_capabilities *capabilities,
                               const mjl_mls_grease *grease)
{
    list_write(writer, MJL_MLS_VERSION_10, NULL, 0, 0);
    list_write(writer, suite->id, NULL, 0, grease->suite);
    list_write(writer, 0, capabilities->extensions, capabilities->extensions_count,
               grease->extension);
    list_write(writer, 0, capabilities->proposals, capabilities->proposals_count, grease->proposal);
    list_write(writer, MJL_MLS_CREDENTIAL_BASIC, capabilities->credentials,
               capabilities->credentials_count, grease->credential);
}

static void extensions_write(mjl_mls_writer *writer, const mjl_mls_capabilities *capabilities,
                             const mjl_mls_grease *grease)
{
    mjl_mls_extensions_write(writer, capabilities->leaf_extensions,
                             capabilities->leaf_extensions_count);
    const mjl_mls_extension ignored = {grease->extension, {NULL, 0}};
    for (size_t i = 0; i < capabilities->leaf_extensions_count; i++)
        if (capabilities->leaf_extensions[i].type == ignored.type) return;
    if (grease->extension != 0) mjl_mls_extensions_write(writer, &ignored, 1);
}

/* ---- The leaf ---- */

/* The pieces that a leaf keeps as long as its member does. */
typedef struct leaf_pieces {
    mjl_buffer credential, capabilities, extensions;
} leaf_pieces;

static mjl_result credential_make(const mjl_mls_identity *identity, leaf_pieces *pieces)
{
    mjl_mls_writer writer = mjl_mls_writer_to(&pieces->credential);
    mjl_mls_identity_credential_write(&writer, identity);
    return mjl_mls_writer_end(&writer);
}

static mjl_result abilities_make(const mjl_mls_suite *suite,
                                 const mjl_mls_capabilities *capabilities, mjl_bytes encryption_key,
                                 leaf_pieces *pieces)
{
    const mjl_mls_grease grease = mjl_mls_grease_of(encryption_key, !capabilities->without_grease);
    mjl_mls_writer writer = mjl_mls_writer_to(&pieces->capabilities);
    capabilities_write(&writer, suite, capabilities, &grease);
    const mjl_result result = mjl_mls_writer_end(&writer);
    if (result != MJL_OK) return result;
    mjl_mls_writer extensions = mjl_mls_writer_to(&pieces->extensions);
    extensions_write(&extensions, capabilities, &grease);
    return mjl_mls_writer_end(&extensions);
}

static void pieces_clear(leaf_pieces *pieces)
{
    mjl_buffer_clear(&pieces->credential);
    mjl_buffer_clear(&pieces->capabilities);
    mjl_buffer_clear(&pieces->extensions);
}

/* Reads it back: what we cannot read, or contradicts itself, nobody else would take. */
static mjl_result leaf_check(mjl_bytes encoded)
{
    mjl_mls_leaf_node leaf;
    if (mjl_mls_leaf_node_parse(encoded, &leaf) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (!mjl_mls_leaf_node_supports_credential(&leaf, leaf.credential.type))
        return MJL_BAD_ARGUMENT;
    mjl_bytes rest = leaf.extensions;
    mjl_mls_extension extension;
    while (mjl_mls_extensions_next(&rest, &extension))
        if (!mjl_mls_leaf_node_supports_extension(&leaf, extension.type)) return MJL_BAD_ARGUMENT;
    return MJL_OK;
}

static mjl_result sign_checked(const mjl_mls_suite *suite, const mjl_mls_leaf_parts *parts,
                               const mjl_mls_identity *signer, mjl_buffer *out)
{
    const size_t before = out->size;
    mjl_result result = mjl_mls_leaf_node_sign(suite, parts, signer->signature_seed, out);
    if (result == MJL_OK) result = leaf_check(mjl_bytes_of(out->data + before, out->size - before));
    if (result != MJL_OK) out->size = before;
    return result;
}

mjl_result mjl_mls_new_leaf_sign(const mjl_mls_suite *suite, const mjl_mls_new_leaf *leaf,
                                 mjl_buffer *out)
{
    if (leaf->not_before > leaf->not_after) return MJL_BAD_ARGUMENT;
    leaf_pieces pieces = {0};
    mjl_result result = credential_make(leaf->identity, &pieces);
    if (result == MJL_OK)
        result = abilities_make(suite, leaf->capabilities, leaf->encryption_key, &pieces);
    if (result == MJL_OK) {
        const mjl_mls_leaf_parts parts = {
            .encryption_key = leaf->encryption_key,
            .signature_key = mjl_bytes_of(leaf->identity->signature_key, suite->signature_key_size),
            .credential = mjl_buffer_bytes(&pieces.credential),
            .capabilities = mjl_buffer_bytes(&pieces.capabilities),
            .source = leaf->source,
            .not_before = leaf->not_before,
            .not_after = leaf->not_after,
            .extensions = mjl_buffer_bytes(&pieces.extensions)};
        result = sign_checked(suite, &parts, leaf->identity, out);
    }
    pieces_clear(&pieces);
    return result;
}

mjl_result mjl_mls_changed_leaf_sign(const mjl_mls_suite *suite, const mjl_mls_leaf_change *change,
                                     const mjl_mls_identity *signer, mjl_mls_leaf_parts parts,
                                     mjl_buffer *out)
{
    if (change == NULL || (change->identity == NULL && change->capabilities == NULL))
        return mjl_mls_leaf_node_sign(suite, &parts, signer->signature_seed, out);
    leaf_pieces pieces = {0};
    mjl_result result = MJL_OK;
    if (change->identity != NULL) {
        signer = change->identity;
        if (mjl_mls_identity_suite(signer)->id != suite->id) return MJL_BAD_ARGUMENT;
        result = credential_make(signer, &pieces);
        parts.signature_key = mjl_bytes_of(signer->signature_key, suite->signature_key_size);
        parts.credential = mjl_buffer_bytes(&pieces.credential);
    }
    if (result == MJL_OK && change->capabilities != NULL) {
        result = abilities_make(suite, change->capabilities, parts.encryption_key, &pieces);
        parts.capabilities = mjl_buffer_bytes(&pieces.capabilities);
        parts.extensions = mjl_buffer_bytes(&pieces.extensions);
    }
    if (result == MJL_OK) result = sign_checked(suite, &parts, signer, out);
    pieces_clear(&pieces);
    return result;
}
