/*
 * The saved form of a group: mjl_mls_group_save, mjl_mls_group_load.
 *
 *     format | suite | own leaf | GroupContext | interim hash | epoch secrets | private path |
 *     ReInit if ended | tree
 *
 * In the encoding of the wire, so it is canonical for the same reasons. The tree is the only part
 * that grows with the group, and it is saved as it travels: without hashes, which are computed.
 */
#include <sodium.h>

#include "group.h"
#include "proposal.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "tree_validation.h"

/* The second is of a group without fork keys: the same fields, init secret and private path zero.
 */
enum { FORMAT = 1, FORMAT_READABLE_ONLY = 2 };
/* Beside either: a group that was ended, with its ReInit in a vector before the tree. */
enum { FORMAT_ENDED = 0x80 };

/* In this order, also on the disk. */
enum { SECRETS_COUNT = 8 };

static void secrets_list(mjl_mls_epoch_secrets *secrets, uint8_t *list[SECRETS_COUNT])
{
    uint8_t *const all[SECRETS_COUNT] = {secrets->sender_data,
                                         secrets->exporter,
                                         secrets->external,
                                         secrets->confirmation_key,
                                         secrets->membership_key,
                                         secrets->resumption_psk,
                                         secrets->epoch_authenticator,
                                         secrets->init};
    memcpy(list, all, sizeof all);
}

/* ---- Saving ---- */

static void path_write(mjl_mls_writer *writer, const mjl_mls_suite *suite,
                       const mjl_mls_private_path *path)
{
    mjl_mls_write_u32(writer, path->known);
    for (uint8_t level = 0; level <= MJL_MLS_TREE_DEPTH_MAX; level++) {
        const uint8_t *private_key = mjl_mls_private_path_at(path, level);
        if (private_key != NULL)
            mjl_mls_write_fixed(writer, mjl_bytes_of(private_key, suite->kem_private_size));
    }
}

mjl_result mjl_mls_group_save(const mjl_mls_group *group, mjl_buffer *out)
{
    const mjl_mls_suite *suite = group->suite;
    uint8_t *secrets[SECRETS_COUNT];
    secrets_list((mjl_mls_epoch_secrets *)&group->secrets, secrets); /* Only read. */
    mjl_mls_writer writer = mjl_mls_writer_to(out);
    const uint8_t format = group->is_readable_only ? FORMAT_READABLE_ONLY : FORMAT;
    const bool is_ended = group->reinit.size != 0;
    mjl_mls_write_u8(&writer, (uint8_t)(is_ended ? format | FORMAT_ENDED : format));
    mjl_mls_write_u16(&writer, suite->id);
    mjl_mls_write_u32(&writer, group->own_leaf);
    mjl_mls_write_fixed(&writer, mjl_buffer_bytes(&group->context_bytes));
    mjl_mls_write_fixed(&writer, mjl_bytes_of(group->interim_hash, suite->hash_size));
    for (size_t i = 0; i < SECRETS_COUNT; i++)
        mjl_mls_write_fixed(&writer, mjl_bytes_of(secrets[i], suite->hash_size));
    path_write(&writer, suite, &group->path);
    if (is_ended) mjl_mls_write_vector(&writer, mjl_buffer_bytes(&group->reinit));
    mjl_mls_ratchet_tree_write(&writer, &group->tree);
    return mjl_mls_writer_end(&writer);
}

/* ---- Loading ---- */

typedef struct group_loading {
    const mjl_mls_suite *suite;
    uint32_t own_leaf;
    mjl_mls_context context;
    mjl_mls_epoch_start
        start; /* Secrets, interim hash and context: all that a group needs of it. */
    mjl_mls_private_path path;
    mjl_mls_ratchet_tree tree;
    bool is_readable_only;
    mjl_bytes reinit;
} group_loading;

static void secret_read(mjl_mls_reader *reader, size_t size, uint8_t *out)
{
    const mjl_bytes bytes = mjl_mls_read_fixed(reader, size);
    if (reader->result == MJL_OK) memcpy(out, bytes.data, bytes.size);
}

static void path_read(mjl_mls_reader *reader, group_loading *loading)
{
    const uint32_t known = mjl_mls_read_u32(reader);
    if (known >> MJL_MLS_TREE_DEPTH_MAX != 0) mjl_mls_reader_fail(reader, MJL_MALFORMED);
    for (uint8_t level = 0; level <= MJL_MLS_TREE_DEPTH_MAX; level++) {
        if (level != 0 && (known >> (level - 1) & 1) == 0) continue;
        const mjl_bytes key = mjl_mls_read_fixed(reader, loading->suite->kem_private_size);
        if (reader->result == MJL_OK)
            mjl_mls_private_path_set(&loading->path, loading->suite, level, key.data);
    }
}

static void reinit_read(mjl_mls_reader *reader, group_loading *loading)
{
    mjl_mls_reader body = mjl_mls_read_list(reader, MJL_MLS_BODY_SIZE_MAX);
    const uint8_t *mark = body.at;
    mjl_mls_reinit reinit;
    mjl_mls_reinit_read(&body, &reinit);
    loading->reinit = mjl_mls_read_since(&body, mark);
    mjl_mls_read_list_end(reader, &body);
}

static mjl_result fields_read(mjl_mls_reader *reader, const mjl_mls_suites *suites,
                              group_loading *loading)
{
    const uint8_t byte = mjl_mls_read_u8(reader);
    const bool is_ended = (byte & FORMAT_ENDED) != 0;
    const uint8_t format = byte & (uint8_t)~FORMAT_ENDED;
    loading->is_readable_only = format == FORMAT_READABLE_ONLY;
    if (format != FORMAT && format != FORMAT_READABLE_ONLY)
        mjl_mls_reader_fail(reader, MJL_UNKNOWN_VERSION);
    loading->suite = mjl_mls_suite_find(suites, mjl_mls_read_u16(reader));
    if (reader->result != MJL_OK) return reader->result;
    if (loading->suite == NULL) return MJL_WRONG_SUITE;
    const size_t hash_size = loading->suite->hash_size;
    loading->own_leaf = mjl_mls_read_u32(reader);
    mjl_mls_context_read(reader, &loading->context);
    secret_read(reader, hash_size, loading->start.interim_hash);
    uint8_t *secrets[SECRETS_COUNT];
    secrets_list(&loading->start.secrets, secrets);
    for (size_t i = 0; i < SECRETS_COUNT; i++)
        secret_read(reader, hash_size, secrets[i]);
    path_read(reader, loading);
    if (is_ended) reinit_read(reader, loading);
    return reader->result;
}

/* What has no fork keys must not bring any: equal values, equal bytes. */
static mjl_result check_has_no_forks(const group_loading *loading)
{
    if (mjl_mls_ratchet_tree_leaf(&loading->tree, loading->own_leaf) == NULL) return MJL_BAD_KEY;
    const bool is_clean =
        loading->path.known == 0 && sodium_is_zero(loading->path.leaf, sizeof loading->path.leaf) &&
        sodium_is_zero(loading->start.secrets.init, sizeof loading->start.secrets.init);
    return is_clean ? MJL_OK : MJL_NOT_CANONICAL;
}

/* What a disk could have changed; of signatures only that they were verified when they came. */
static mjl_result check(const group_loading *loading)
{
    const mjl_mls_suite *suite = loading->suite;
    const mjl_mls_context *context = &loading->context;
    if (context->suite != suite->id) return MJL_WRONG_SUITE;
    const size_t confirmed_size = context->confirmed_transcript_hash.size;
    if (confirmed_size != suite->hash_size && (confirmed_size != 0 || context->epoch != 0))
        return MJL_MALFORMED;
    mjl_result result = mjl_mls_tree_check_unmerged(&loading->tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_keys_unique(&loading->tree);
    if (result != MJL_OK) return result;
    uint8_t room[MJL_MLS_HASH_SIZE_MAX];
    const mjl_bytes hash = mjl_mls_tree_hash_of_root(suite, &loading->tree, room);
    if (!mjl_bytes_equal(hash, context->tree_hash)) return MJL_BAD_TREE;
    if (loading->is_readable_only) return check_has_no_forks(loading);
    return mjl_mls_private_path_check(&loading->path, suite, &loading->tree, loading->own_leaf);
}

static mjl_result load(mjl_bytes saved, const mjl_mls_suites *suites, group_loading *loading,
                       const mjl_mls_group **group)
{
    mjl_mls_reader reader = mjl_mls_reader_of(saved);
    mjl_result result = fields_read(&reader, suites, loading);
    if (result != MJL_OK) return result;
    result = mjl_mls_ratchet_tree_parse(
        loading->suite, mjl_bytes_of(reader.at, mjl_mls_reader_left(&reader)), &loading->tree);
    if (result == MJL_OK) result = check(loading);
    if (result == MJL_OK)
        result = mjl_buffer_append(&loading->start.context, loading->context.encoded);
    if (result != MJL_OK) return result;
    const mjl_mls_group_parts parts = {.suite = loading->suite,
                                       .tree = &loading->tree,
                                       .start = &loading->start,
                                       .path = &loading->path,
                                       .own_leaf = loading->own_leaf,
                                       .reinit = loading->reinit};
    result = mjl_mls_group_make(&parts, group);
    if (result == MJL_OK) {
        ((mjl_mls_group *)*group)->is_readable_only = loading->is_readable_only;
    }
    return result;
}

mjl_result mjl_mls_group_load(mjl_bytes saved, const mjl_mls_suites *suites,
                              const mjl_mls_group **group)
{
    group_loading loading = {0};
    const mjl_result result = load(saved, suites, &loading, group);
    mjl_mls_epoch_start_clear(&loading.start);
    mjl_mls_private_path_wipe(&loading.path);
    mjl_mls_ratchet_tree_clear(&loading.tree);
    return result;
}
