#include "leaf_node.h"

#include "labels.h"
#include "mls_limits.h"
#include "refusal.h"

/* The default proposals, add to group_context_extensions, need not be listed (§7.2). */
enum { DEFAULT_PROPOSAL_FIRST = 1, DEFAULT_PROPOSAL_LAST = 7 };

static const char leaf_label[] = "LeafNodeTBS";

/* ---- Reading ---- */

static void read_capabilities(mjl_mls_reader *reader, mjl_mls_capabilities_view *view)
{
    const uint8_t *mark = reader->at;
    view->versions = mjl_mls_u16_list_read(reader);
    view->suites = mjl_mls_u16_list_read(reader);
    view->extensions = mjl_mls_u16_list_read(reader);
    view->proposals = mjl_mls_u16_list_read(reader);
    view->credentials = mjl_mls_u16_list_read(reader);
    view->encoded = mjl_mls_read_since(reader, mark);
}

static void read_source(mjl_mls_reader *reader, mjl_mls_leaf_node *leaf)
{
    leaf->source = mjl_mls_read_u8(reader);
    switch (leaf->source) {
    case MJL_MLS_LEAF_KEY_PACKAGE:
        leaf->not_before = mjl_mls_read_u64(reader);
        leaf->not_after = mjl_mls_read_u64(reader);
        break;
    case MJL_MLS_LEAF_UPDATE:
        break;
    case MJL_MLS_LEAF_COMMIT:
        leaf->parent_hash = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
        break;
    default:
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_KIND);
    }
}

void mjl_mls_leaf_node_read(mjl_mls_reader *reader, mjl_mls_leaf_node *leaf)
{
    const uint8_t *mark = reader->at;
    memset(leaf, 0, sizeof *leaf);
    leaf->encryption_key = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    leaf->signature_key = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    mjl_mls_credential_read(reader, &leaf->credential);
    read_capabilities(reader, &leaf->capabilities);
    read_source(reader, leaf);
    leaf->extensions = mjl_mls_extensions_read(reader);
    leaf->covered = mjl_mls_read_since(reader, mark);
    leaf->signature = mjl_mls_read_vector(reader, MJL_MLS_PUBLIC_KEY_SIZE_MAX);
    leaf->encoded = mjl_mls_read_since(reader, mark);
}

mjl_result mjl_mls_leaf_node_parse(mjl_bytes encoded, mjl_mls_leaf_node *leaf)
{
    mjl_mls_reader reader = mjl_mls_reader_of(encoded);
    mjl_mls_leaf_node_read(&reader, leaf);
    return mjl_mls_reader_end(&reader);
}

/* ---- Making ---- */

mjl_mls_leaf_parts mjl_mls_leaf_parts_of(const mjl_mls_leaf_node *leaf)
{
    const mjl_mls_leaf_parts parts = {
        .encryption_key = leaf->encryption_key,
        .signature_key = leaf->signature_key,
        .credential = leaf->credential.encoded,
        .capabilities = leaf->capabilities.encoded,
        .source = leaf->source,
        .not_before = leaf->not_before,
        .not_after = leaf->not_after,
        .parent_hash = leaf->parent_hash,
        .extensions = leaf->extensions,
    };
    return parts;
}

static void write_covered(mjl_mls_writer *writer, const mjl_mls_leaf_parts *parts)
{
    mjl_mls_write_vector(writer, parts->encryption_key);
    mjl_mls_write_vector(writer, parts->signature_key);
    mjl_mls_write_fixed(writer, parts->credential);
    mjl_mls_write_fixed(writer, parts->capabilities);
    mjl_mls_write_u8(writer, parts->source);
    if (parts->source == MJL_MLS_LEAF_KEY_PACKAGE) {
        mjl_mls_write_u64(writer, parts->not_before);
        mjl_mls_write_u64(writer, parts->not_after);
    }
    if (parts->source == MJL_MLS_LEAF_COMMIT) mjl_mls_write_vector(writer, parts->parent_hash);
    mjl_mls_write_vector(writer, parts->extensions);
}

/* What LeafNodeTBS has behind the fields of the leaf itself. */
static void write_place(mjl_mls_writer *writer, uint8_t source, const mjl_mls_leaf_place *place)
{
    if (source == MJL_MLS_LEAF_KEY_PACKAGE) return;
    mjl_mls_write_vector(writer, place->group_id);
    mjl_mls_write_u32(writer, place->leaf);
}

mjl_result mjl_mls_leaf_node_sign(const mjl_mls_suite *suite, const mjl_mls_leaf_parts *parts,
                                  const uint8_t *signature_seed, mjl_buffer *out)
{
    uint8_t signature[MJL_MLS_SIGNATURE_SIZE_MAX];
    size_t signature_size = 0;
    mjl_buffer tbs = {0};
    mjl_mls_writer content = mjl_mls_writer_to(&tbs);
    write_covered(&content, parts);
    const size_t covered = tbs.size;
    write_place(&content, parts->source, &parts->place);
    mjl_result result = mjl_mls_writer_end(&content);
    if (result == MJL_OK) {
        result = mjl_mls_sign_with_label(suite, signature_seed, leaf_label, mjl_buffer_bytes(&tbs),
                                         signature, &signature_size);
    }
    if (result == MJL_OK) {
        mjl_mls_writer writer = mjl_mls_writer_to(out);
        mjl_mls_write_fixed(&writer, mjl_bytes_of(tbs.data, covered));
        mjl_mls_write_vector(&writer, mjl_bytes_of(signature, signature_size));
        result = mjl_mls_writer_end(&writer);
    }
    mjl_buffer_clear(&tbs);
    return result;
}

/* ---- Checking ---- */

mjl_result mjl_mls_leaf_node_verify(const mjl_mls_suite *suite, const mjl_mls_leaf_node *leaf,
                                    const mjl_mls_leaf_place *place)
{
    if (leaf->source == MJL_MLS_LEAF_KEY_PACKAGE) {
        return mjl_mls_refusal(mjl_mls_verify_with_label(suite, leaf->signature_key, leaf_label,
                                                         leaf->covered, leaf->signature),
                               MJL_BAD_SIGNATURE, MJL_LEAF_SIGNATURE);
    }
    mjl_buffer tbs = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&tbs);
    mjl_mls_write_fixed(&writer, leaf->covered);
    write_place(&writer, leaf->source, place);
    mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) {
        result = mjl_mls_verify_with_label(suite, leaf->signature_key, leaf_label,
                                           mjl_buffer_bytes(&tbs), leaf->signature);
    }
    mjl_buffer_clear(&tbs);
    return mjl_mls_refusal(result, MJL_BAD_SIGNATURE, MJL_LEAF_SIGNATURE);
}

static mjl_result check_keys(const mjl_mls_suite *suite, const mjl_mls_leaf_node *leaf)
{
    const mjl_result result = mjl_mls_refusal(suite->kem_check_public(leaf->encryption_key),
                                              MJL_BAD_KEY, MJL_LEAF_ENCRYPTION_KEY);
    if (result != MJL_OK) return result;
    return mjl_mls_refusal(suite->signature_check_public(leaf->signature_key), MJL_BAD_KEY,
                           MJL_LEAF_SIGNATURE_KEY);
}

mjl_result mjl_mls_leaf_node_check(const mjl_mls_suite *suite, const mjl_mls_leaf_node *leaf)
{
    const mjl_result result = check_keys(suite, leaf);
    if (result != MJL_OK) return result;

    const mjl_mls_capabilities_view *capabilities = &leaf->capabilities;
    if (!mjl_mls_u16_list_has(capabilities->versions, MJL_MLS_VERSION_10)) return MJL_LEAF_VERSION;
    if (!mjl_mls_leaf_node_supports_credential(leaf, leaf->credential.type))
        return MJL_LEAF_CREDENTIAL;
    if (leaf->not_before > leaf->not_after) return MJL_LEAF_LIFETIME;
    mjl_bytes rest = leaf->extensions;
    mjl_mls_extension extension;
    while (mjl_mls_extensions_next(&rest, &extension))
        if (!mjl_mls_leaf_node_supports_extension(leaf, extension.type)) return MJL_LEAF_EXTENSION;
    return MJL_OK;
}

bool mjl_mls_leaf_node_supports_extension(const mjl_mls_leaf_node *leaf, uint16_t type)
{
    return mjl_mls_extension_is_default(type) ||
           mjl_mls_u16_list_has(leaf->capabilities.extensions, type);
}

bool mjl_mls_leaf_node_supports_proposal(const mjl_mls_leaf_node *leaf, uint16_t type)
{
    return (type >= DEFAULT_PROPOSAL_FIRST && type <= DEFAULT_PROPOSAL_LAST) ||
           mjl_mls_u16_list_has(leaf->capabilities.proposals, type);
}

bool mjl_mls_leaf_node_supports_credential(const mjl_mls_leaf_node *leaf, uint16_t type)
{
    return mjl_mls_u16_list_has(leaf->capabilities.credentials, type);
}

static bool supports_all(const mjl_mls_leaf_node *leaf, mjl_bytes types,
                         bool (*supports)(const mjl_mls_leaf_node *leaf, uint16_t type))
{
    for (size_t i = 0; i + 1 < types.size; i += 2)
        if (!supports(leaf, (uint16_t)(types.data[i] << 8 | types.data[i + 1]))) return false;
    return true;
}

mjl_result mjl_mls_leaf_node_supports(const mjl_mls_leaf_node *leaf,
                                      const mjl_mls_required_capabilities *required)
{
    if (!supports_all(leaf, required->extensions, mjl_mls_leaf_node_supports_extension))
        return MJL_REQUIRED_EXTENSION;
    if (!supports_all(leaf, required->proposals, mjl_mls_leaf_node_supports_proposal))
        return MJL_REQUIRED_PROPOSAL;
    if (!supports_all(leaf, required->credentials, mjl_mls_leaf_node_supports_credential))
        return MJL_REQUIRED_CREDENTIAL;
    return MJL_OK;
}
