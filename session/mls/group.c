#include "group.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "new_leaf.h"
#include "outside.h"
#include "tree_hash.h"
#include "tree_validation.h"

/* ---- Making and releasing ---- */

static void group_free(mjl_mls_group *group)
{
    mjl_mls_ratchet_tree_clear(&group->tree);
    mjl_buffer_clear(&group->context_bytes);
    mjl_mls_epoch_secrets_wipe(&group->secrets);
    mjl_mls_private_path_wipe(&group->path);
    mjl_buffer_clear(&group->reinit);
    free(group);
}

mjl_result mjl_mls_group_make(const mjl_mls_group_parts *parts, const mjl_mls_group **group)
{
    mjl_mls_context context;
    mjl_result result = mjl_mls_context_parse(mjl_buffer_bytes(&parts->start->context), &context);
    if (result != MJL_OK) return result;
    mjl_buffer reinit = {0};
    result = mjl_buffer_append(&reinit, parts->reinit);
    mjl_mls_group *made = result == MJL_OK ? malloc(sizeof *made) : NULL;
    if (made == NULL) {
        mjl_buffer_clear(&reinit);
        return MJL_OUT_OF_MEMORY;
    }
    made->reinit = reinit;
    made->references = 1; /* One by one: no second copy of secrets on the stack. */
    made->own_leaf = parts->own_leaf;
    made->is_readable_only = false;
    made->suite = parts->suite;
    made->tree = *parts->tree;
    made->context_bytes = parts->start->context;
    made->context = context;
    memcpy(&made->secrets, &parts->start->secrets, sizeof made->secrets);
    memcpy(&made->path, parts->path, sizeof made->path);
    memcpy(made->interim_hash, parts->start->interim_hash, sizeof made->interim_hash);
    parts->tree->root = NULL;
    parts->start->context = (mjl_buffer){0};
    *group = made;
    return MJL_OK;
}

mjl_result mjl_mls_group_make_with_ratchets(const mjl_mls_group_parts *parts,
                                            const mjl_mls_group **group,
                                            mjl_mls_ratchets **ratchets)
{
    mjl_mls_ratchets *made = NULL;
    mjl_result result =
        mjl_mls_ratchets_new(parts->suite, parts->start->encryption_secret,
                             mjl_mls_ratchet_tree_width(parts->tree), parts->own_leaf, &made);
    if (result == MJL_OK) result = mjl_mls_group_make(parts, group);
    if (result != MJL_OK) {
        mjl_mls_ratchets_free(made);
        return result;
    }
    *ratchets = made;
    return MJL_OK;
}

const mjl_mls_group *mjl_mls_group_retain(const mjl_mls_group *group)
{
    ((mjl_mls_group *)group)->references++;
    return group;
}

void mjl_mls_group_release(const mjl_mls_group *group)
{
    mjl_mls_group *mine = (mjl_mls_group *)group;
    if (mine != NULL && --mine->references == 0) group_free(mine);
}

mjl_result mjl_mls_group_without_forks(const mjl_mls_group *group, const mjl_mls_group **readable)
{
    mjl_buffer context = {0}, reinit = {0};
    mjl_result result = mjl_buffer_append(&context, mjl_buffer_bytes(&group->context_bytes));
    if (result == MJL_OK) result = mjl_buffer_append(&reinit, mjl_buffer_bytes(&group->reinit));
    mjl_mls_group *made = result == MJL_OK ? malloc(sizeof *made) : NULL;
    if (made == NULL) {
        mjl_buffer_clear(&context);
        mjl_buffer_clear(&reinit);
        return MJL_OUT_OF_MEMORY;
    }
    made->reinit = reinit;
    memset(&made->path, 0, sizeof made->path);
    result = mjl_mls_context_parse(mjl_buffer_bytes(&context), &made->context);
    assert(result == MJL_OK); /* The same bytes were parsed when the group was made. */
    made->references = 1;
    made->own_leaf = group->own_leaf;
    made->suite = group->suite;
    made->tree = mjl_mls_ratchet_tree_share(&group->tree);
    made->context_bytes = context;
    memcpy(&made->secrets, &group->secrets, sizeof made->secrets);
    sodium_memzero(made->secrets.init, sizeof made->secrets.init);
    memcpy(made->interim_hash, group->interim_hash, sizeof made->interim_hash);
    made->is_readable_only = true;
    *readable = made;
    return MJL_OK;
}

/* ---- A new group (§11) ---- */

static mjl_result first_leaf(const mjl_mls_suite *suite, const mjl_mls_create_config *config,
                             mjl_random random, mjl_mls_private_path *path,
                             mjl_mls_leaf_content **leaf)
{
    uint8_t public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    mjl_buffer encoded = {0};
    mjl_result result = mjl_mls_kem_generate(suite, random, path->leaf, public_key);
    if (result == MJL_OK) {
        const mjl_mls_new_leaf made = {.identity = config->identity,
                                       .capabilities = &config->capabilities,
                                       .encryption_key =
                                           mjl_bytes_of(public_key, suite->kem_public_size),
                                       .source = MJL_MLS_LEAF_KEY_PACKAGE,
                                       .not_before = config->not_before,
                                       .not_after = config->not_after};
        result = mjl_mls_new_leaf_sign(suite, &made, &encoded);
    }
    if (result == MJL_OK) result = mjl_mls_leaf_content_new(mjl_buffer_bytes(&encoded), leaf);
    mjl_buffer_clear(&encoded);
    return result;
}

static mjl_result first_tree(const mjl_mls_suite *suite, const mjl_mls_create_config *config,
                             mjl_random random, mjl_mls_private_path *path,
                             mjl_mls_ratchet_tree *tree)
{
    mjl_mls_leaf_content *leaf = NULL;
    mjl_result result = first_leaf(suite, config, random, path, &leaf);
    if (result == MJL_OK) result = mjl_mls_ratchet_tree_init(tree, suite, 0);
    if (result != MJL_OK) {
        mjl_mls_leaf_content_release(leaf);
        return result;
    }
    return mjl_mls_ratchet_tree_set_leaf(tree, 0, leaf);
}

/* The extensions as a checked list: the way they would be read. */
static mjl_result extensions_encode(const mjl_mls_create_config *config, mjl_buffer *out)
{
    mjl_buffer list = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&list);
    const size_t begin = mjl_mls_write_vector_begin(&writer);
    mjl_mls_extensions_write(&writer, config->context_extensions, config->context_extensions_count);
    mjl_mls_write_vector_end(&writer, begin);
    mjl_result result = mjl_mls_writer_end(&writer);
    if (result == MJL_OK) {
        mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&list));
        const mjl_bytes contents = mjl_mls_extensions_read(&reader);
        result = mjl_mls_reader_end(&reader);
        if (result == MJL_OK) result = mjl_buffer_append(out, contents);
    }
    mjl_buffer_clear(&list);
    return result;
}

static mjl_result create_from(const mjl_mls_suite *suite, const mjl_mls_create_config *config,
                              mjl_bytes extensions, mjl_mls_ratchet_tree *tree,
                              const mjl_mls_private_path *path, mjl_random random,
                              const mjl_mls_group **group, mjl_mls_ratchets **ratchets)
{
    const mjl_mls_leaf_rules rules = {suite, config->group_id, extensions};
    mjl_result result = mjl_mls_tree_check_leaves(&rules, tree, MJL_MLS_VERIFY);
    if (result != MJL_OK) return result;
    uint8_t tree_hash[MJL_MLS_HASH_SIZE_MAX];
    const mjl_mls_context context = {.suite = suite->id,
                                     .group_id = config->group_id,
                                     .tree_hash = mjl_mls_tree_hash_of_root(suite, tree, tree_hash),
                                     .extensions = extensions};
    mjl_mls_epoch_start start;
    result = mjl_mls_epoch_start_of_group(suite, &context, random, &start);
    if (result == MJL_OK) {
        const mjl_mls_group_parts parts = {
            .suite = suite, .tree = tree, .start = &start, .path = path};
        result = mjl_mls_group_make_with_ratchets(&parts, group, ratchets);
    }
    mjl_mls_epoch_start_clear(&start);
    return result;
}

mjl_result mjl_mls_group_create(const mjl_mls_create_config *config, mjl_random random,
                                const mjl_mls_group **group, mjl_mls_ratchets **ratchets)
{
    const mjl_mls_suite *suite = mjl_mls_identity_suite(config->identity);
    mjl_mls_private_path path = {0};
    mjl_mls_ratchet_tree tree = {0};
    mjl_buffer extensions = {0};
    mjl_result result = extensions_encode(config, &extensions);
    if (result == MJL_OK) result = first_tree(suite, config, random, &path, &tree);
    if (result == MJL_OK)
        result = create_from(suite, config, mjl_buffer_bytes(&extensions), &tree, &path, random,
                             group, ratchets);
    mjl_mls_ratchet_tree_clear(&tree);
    mjl_buffer_clear(&extensions);
    mjl_mls_private_path_wipe(&path);
    return result;
}

/* ---- Reading ---- */

const mjl_mls_suite *mjl_mls_group_suite(const mjl_mls_group *group)
{
    return group->suite;
}

mjl_bytes mjl_mls_group_id(const mjl_mls_group *group)
{
    return group->context.group_id;
}

uint64_t mjl_mls_group_epoch(const mjl_mls_group *group)
{
    return group->context.epoch;
}

uint32_t mjl_mls_group_own_leaf(const mjl_mls_group *group)
{
    return group->own_leaf;
}

uint32_t mjl_mls_group_leaf_count(const mjl_mls_group *group)
{
    return mjl_mls_ratchet_tree_width(&group->tree);
}

uint32_t mjl_mls_group_member_count(const mjl_mls_group *group)
{
    return group->tree.root->members;
}

mjl_bytes mjl_mls_group_context(const mjl_mls_group *group)
{
    return mjl_buffer_bytes(&group->context_bytes);
}

mjl_bytes mjl_mls_group_interim_transcript_hash(const mjl_mls_group *group)
{
    return mjl_bytes_of(group->interim_hash, group->suite->hash_size);
}

mjl_bytes mjl_mls_group_epoch_authenticator(const mjl_mls_group *group)
{
    return mjl_bytes_of(group->secrets.epoch_authenticator, group->suite->hash_size);
}

mjl_bytes mjl_mls_group_resumption_psk(const mjl_mls_group *group)
{
    return mjl_bytes_of(group->secrets.resumption_psk, group->suite->hash_size);
}

bool mjl_mls_group_has_reinit(const mjl_mls_group *group)
{
    return group->reinit.size != 0;
}

bool mjl_mls_group_is_over(const mjl_mls_group *group)
{
    return group->is_readable_only || mjl_mls_group_has_reinit(group);
}

mjl_result mjl_mls_group_extension(const mjl_mls_group *group, uint16_t type, mjl_bytes *data)
{
    return mjl_mls_extensions_find(group->context.extensions, type, data);
}

bool mjl_mls_group_member(const mjl_mls_group *group, uint32_t leaf, mjl_mls_member *member)
{
    const mjl_mls_leaf_content *content = mjl_mls_ratchet_tree_leaf(&group->tree, leaf);
    if (content == NULL) return false;
    const mjl_mls_credential credential = mjl_mls_leaf_content_credential(content);
    *member = (mjl_mls_member){.leaf = leaf,
                               .signature_key = mjl_mls_leaf_content_signature_key(content),
                               .identity = credential.identity,
                               .leaf_node = mjl_mls_leaf_content_encoded(content),
                               .credential_type = credential.type,
                               .credential = credential.encoded};
    return true;
}

mjl_result mjl_mls_group_export(const mjl_mls_group *group, const char *label, mjl_bytes context,
                                uint8_t *out, size_t size)
{
    return mjl_mls_exporter(group->suite, group->secrets.exporter, label, context, out, size);
}

mjl_result mjl_mls_group_check_identity(const mjl_mls_group *group,
                                        const mjl_mls_identity *identity)
{
    const mjl_mls_leaf_content *leaf = mjl_mls_ratchet_tree_leaf(&group->tree, group->own_leaf);
    assert(leaf != NULL);
    const mjl_bytes key = mjl_bytes_of(identity->signature_key, group->suite->signature_key_size);
    if (mjl_mls_identity_suite(identity)->id != group->suite->id) return MJL_BAD_ARGUMENT;
    return mjl_bytes_equal(mjl_mls_leaf_content_signature_key(leaf), key) ? MJL_OK
                                                                          : MJL_BAD_ARGUMENT;
}

/* ---- What framing sees ---- */

static mjl_result signature_key(const void *lookup, const mjl_mls_framed_content *content,
                                mjl_bytes *key)
{
    const mjl_mls_group *group = lookup;
    if (content->sender.type != MJL_MLS_SENDER_MEMBER)
        return mjl_mls_outside_signature_key(group->context.extensions, content, key);
    const mjl_mls_leaf_content *leaf =
        mjl_mls_ratchet_tree_leaf(&group->tree, content->sender.index);
    if (leaf == NULL) return MJL_UNKNOWN_SENDER;
    *key = mjl_mls_leaf_content_signature_key(leaf);
    return MJL_OK;
}

void mjl_mls_group_view(const mjl_mls_group *group, mjl_mls_epoch_view *view)
{
    *view = (mjl_mls_epoch_view){.suite = group->suite,
                                 .group_id = group->context.group_id,
                                 .epoch = group->context.epoch,
                                 .context = mjl_buffer_bytes(&group->context_bytes),
                                 .secrets = &group->secrets,
                                 .own_leaf = group->own_leaf,
                                 .signature_key = signature_key,
                                 .lookup = group};
}
