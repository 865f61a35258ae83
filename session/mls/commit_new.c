/*
 * Making a commit and its Welcome (RFC 9420 §12.4.1): the public mjl_mls_commit.
 *
 *     config -> proposals -> checked -> applied -> path -> signed -> epoch start -> protected
 *                                                                        └-> Welcome
 *
 * Own proposals go through the same checks as those of others. The ratchets move as the last step,
 * which cannot fail.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "candidate.h"
#include "group.h"
#include "group_info.h"
#include "message.h"
#include "proposal_list.h"
#include "tree_encoding.h"
#include "treekem.h"
#include "welcome.h"

/* A commit in the making: everything it owns, in the order it comes to be. */
typedef struct commit_making {
    const mjl_mls_group *group;
    const mjl_mls_commit_config *config;
    mjl_random random;
    mjl_buffer proposals; /* Contents of the list of ProposalOrRef. */
    mjl_buffer encoded;   /* The Commit. */
    mjl_mls_proposal_list list;
    mjl_mls_applied applied;
    bool has_path;
    mjl_mls_private_path path;
    mjl_mls_path_secrets path_secrets;
    mjl_buffer update_path;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_authenticated_content content;
    mjl_mls_epoch_start start;
} commit_making;

static void making_clear(commit_making *making)
{
    mjl_buffer_clear(&making->proposals);
    mjl_buffer_clear(&making->encoded);
    mjl_buffer_clear(&making->update_path);
    mjl_mls_proposal_list_clear(&making->list);
    mjl_mls_applied_clear(&making->applied);
    mjl_mls_authenticated_content_clear(&making->content);
    mjl_mls_epoch_start_clear(&making->start);
    sodium_memzero(making, sizeof *making);
}

/* ---- Proposals ---- */

static void add_write(mjl_mls_writer *writer, mjl_bytes message)
{
    mjl_bytes key_package;
    const mjl_result result = mjl_mls_message_body(message, MJL_MLS_KEY_PACKAGE, &key_package);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    mjl_mls_proposal_by_value_write(writer);
    mjl_mls_proposal_add_write(writer, key_package);
}

static void extensions_proposal_write(mjl_mls_writer *writer, const mjl_mls_commit_config *config)
{
    mjl_buffer list = {0};
    mjl_mls_writer inner = mjl_mls_writer_to(&list);
    mjl_mls_extensions_write(&inner, config->context_extensions, config->context_extensions_count);
    const mjl_result result = mjl_mls_writer_end(&inner);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    mjl_mls_proposal_by_value_write(writer);
    mjl_mls_proposal_extensions_write(writer, mjl_buffer_bytes(&list));
    mjl_buffer_clear(&list);
}

static mjl_result proposals_write(commit_making *making)
{
    const mjl_mls_commit_config *config = making->config;
    mjl_mls_writer writer = mjl_mls_writer_to(&making->proposals);
    for (size_t i = 0; i < config->remove_count; i++) {
        if (config->remove_leaves[i] == making->group->own_leaf)
            mjl_mls_writer_fail(&writer, MJL_CANNOT_REMOVE_SELF);
        mjl_mls_proposal_by_value_write(&writer);
        mjl_mls_proposal_remove_write(&writer, config->remove_leaves[i]);
    }
    for (size_t i = 0; i < config->add_count; i++)
        add_write(&writer, config->add_key_packages[i]);
    if (config->replace_context_extensions) extensions_proposal_write(&writer, config);
    return mjl_mls_writer_end(&writer);
}

static mjl_result commit_write(commit_making *making)
{
    making->encoded.size = 0;
    mjl_mls_writer writer = mjl_mls_writer_to(&making->encoded);
    mjl_mls_commit_write(&writer, mjl_buffer_bytes(&making->proposals),
                         mjl_buffer_bytes(&making->update_path));
    return mjl_mls_writer_end(&writer);
}

/* Reads back what was written, as a receiver will. */
static mjl_result proposals_read(commit_making *making)
{
    mjl_result result = commit_write(making);
    if (result != MJL_OK) return result;
    mjl_mls_commit_view commit;
    result = mjl_mls_commit_parse(mjl_buffer_bytes(&making->encoded), &commit);
    if (result != MJL_OK) return result;
    commit.proposals = mjl_buffer_bytes(&making->proposals); /* These stay where they are. */
    mjl_mls_epoch_view view;
    mjl_mls_group_view(making->group, &view);
    return mjl_mls_proposal_list_of(&commit, &view, making->group->own_leaf, NULL, 0,
                                    &making->list);
}

static mjl_result proposals_apply(commit_making *making)
{
    const mjl_mls_group *group = making->group;
    const mjl_mls_list_rules rules = {.suite = group->suite,
                                      .tree = &group->tree,
                                      .group_id = group->context.group_id,
                                      .extensions = group->context.extensions,
                                      .committer = group->own_leaf};
    const mjl_result result = mjl_mls_proposal_list_check(&rules, &making->list);
    if (result != MJL_OK) return result;
    return mjl_mls_proposal_list_apply(&rules, &making->list, &making->applied);
}

/* ---- Path ---- */

static mjl_result path_make(commit_making *making)
{
    const mjl_mls_group *group = making->group;
    memcpy(&making->path, &group->path, sizeof making->path);
    making->has_path =
        making->config->force_path || mjl_mls_proposal_list_wants_path(&making->list);
    if (!making->has_path) return MJL_OK; /* The commit secret stays zero (§12.4.1). */
    mjl_mls_context context = group->context;
    context.epoch++;
    context.extensions = making->applied.extensions;
    const mjl_mls_path_maker maker = {.suite = group->suite,
                                      .identity = making->config->identity,
                                      .leaf = group->own_leaf,
                                      .added = mjl_mls_applied_new_leaves(&making->applied),
                                      .context = &context,
                                      .random = making->random};
    return mjl_mls_treekem_make(&maker, &making->applied.tree, &making->path, &making->path_secrets,
                                making->commit_secret, &making->update_path);
}

/* ---- The commit itself ---- */

static uint16_t wire_format_of(const mjl_mls_commit_config *config)
{
    return config->public_message ? MJL_MLS_PUBLIC_MESSAGE : MJL_MLS_PRIVATE_MESSAGE;
}

static mjl_result content_sign(commit_making *making)
{
    mjl_result result = commit_write(making);
    if (result != MJL_OK) return result;
    const mjl_mls_group *group = making->group;
    const mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                            .epoch = group->context.epoch,
                                            .sender = {MJL_MLS_SENDER_MEMBER, group->own_leaf},
                                            .authenticated_data =
                                                making->config->authenticated_data,
                                            .content_type = MJL_MLS_COMMIT,
                                            .body = mjl_buffer_bytes(&making->encoded)};
    return mjl_mls_content_sign(group->suite, wire_format_of(making->config), &content,
                                mjl_buffer_bytes(&group->context_bytes),
                                making->config->identity->signature_seed, &making->content);
}

static mjl_result epoch_begin(commit_making *making)
{
    static const uint8_t no_psk[MJL_MLS_HASH_SIZE_MAX] = {0};
    const mjl_mls_epoch_input input = {.tree = &making->applied.tree,
                                       .extensions = making->applied.extensions,
                                       .commit = &making->content,
                                       .commit_secret = making->commit_secret,
                                       .psk_secret = no_psk};
    const mjl_result result = mjl_mls_epoch_start_of_commit(making->group, &input, &making->start);
    if (result != MJL_OK) return result;
    mjl_mls_content_set_tag(making->group->suite, &making->content, making->start.confirmation_tag);
    return MJL_OK;
}

static mjl_result protect(const commit_making *making, const mjl_mls_ratchets *ratchets,
                          mjl_buffer *message)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(making->group, &view);
    if (making->config->public_message)
        return mjl_mls_public_message_protect(&view, &making->content, message);
    return mjl_mls_private_message_protect(&view, ratchets, &making->content,
                                           making->config->padding_size, making->random, message);
}

/* ---- The Welcome (§12.4.3.1) ---- */

static mjl_result tree_extension(const commit_making *making, mjl_buffer *data)
{
    mjl_mls_writer writer = mjl_mls_writer_to(data);
    mjl_mls_ratchet_tree_write(&writer, &making->applied.tree);
    return mjl_mls_writer_end(&writer);
}

static mjl_result info_extensions(const commit_making *making, mjl_buffer *extensions)
{
    const mjl_mls_commit_config *config = making->config;
    mjl_buffer tree = {0};
    mjl_result result = MJL_OK;
    if (!config->without_ratchet_tree) result = tree_extension(making, &tree);
    if (result == MJL_OK) {
        const mjl_mls_extension extension = {MJL_MLS_EXTENSION_RATCHET_TREE,
                                             mjl_buffer_bytes(&tree)};
        mjl_mls_writer writer = mjl_mls_writer_to(extensions);
        if (!config->without_ratchet_tree) mjl_mls_extensions_write(&writer, &extension, 1);
        mjl_mls_extensions_write(&writer, config->group_info_extensions,
                                 config->group_info_extensions_count);
        result = mjl_mls_writer_end(&writer);
    }
    mjl_buffer_clear(&tree);
    return result;
}

static mjl_result info_make(const commit_making *making, mjl_buffer *group_info)
{
    const mjl_mls_suite *suite = making->group->suite;
    mjl_buffer extensions = {0};
    mjl_result result = info_extensions(making, &extensions);
    if (result == MJL_OK) {
        const mjl_mls_group_info info = {
            .extensions = mjl_buffer_bytes(&extensions),
            .confirmation_tag = mjl_bytes_of(making->start.confirmation_tag, suite->hash_size),
            .signer = making->group->own_leaf};
        result = mjl_mls_group_info_sign(suite, mjl_buffer_bytes(&making->start.context), &info,
                                         making->config->identity->signature_seed, group_info);
    }
    mjl_buffer_clear(&extensions);
    return result;
}

static mjl_mls_newcomer newcomer_of(const commit_making *making,
                                    const mjl_mls_key_package *key_package, uint32_t leaf)
{
    const uint8_t level = mjl_mls_common_ancestor_level(making->group->own_leaf, leaf);
    const mjl_mls_newcomer newcomer = {
        .key_package = key_package->encoded,
        .init_key = key_package->init_key,
        .path_secret =
            making->has_path ? mjl_mls_path_secrets_at(&making->path_secrets, level) : NULL};
    return newcomer;
}

static void newcomers_list(const commit_making *making, mjl_mls_newcomer *newcomers)
{
    size_t count = 0;
    for (size_t i = 0; i < making->list.count; i++) {
        const mjl_mls_proposal *proposal = &making->list.items[i].proposal;
        if (proposal->type != MJL_MLS_PROPOSAL_ADD) continue;
        newcomers[count] = newcomer_of(making, &proposal->add, making->applied.added[count]);
        count++;
    }
    assert(count == making->applied.added_count);
}

static mjl_result welcome_make(const commit_making *making, mjl_buffer *message)
{
    const size_t count = making->applied.added_count;
    if (count == 0) return MJL_OK;
    mjl_mls_newcomer *newcomers = calloc(count, sizeof *newcomers);
    if (newcomers == NULL) return MJL_OUT_OF_MEMORY;
    newcomers_list(making, newcomers);
    mjl_buffer group_info = {0};
    mjl_result result = info_make(making, &group_info);
    if (result == MJL_OK) {
        const mjl_mls_welcome_parts parts = {.suite = making->group->suite,
                                             .newcomers = newcomers,
                                             .newcomers_count = count,
                                             .joiner_secret = making->start.joiner_secret,
                                             .member_secret = making->start.member_secret,
                                             .group_info = mjl_buffer_bytes(&group_info)};
        result = mjl_mls_welcome_make(&parts, making->random, message);
    }
    mjl_buffer_clear(&group_info);
    free(newcomers);
    return result;
}

/* ---- The outcome ---- */

static mjl_result candidate_fill(commit_making *making, mjl_mls_candidate *candidate)
{
    const mjl_mls_group_parts parts = {.suite = making->group->suite,
                                       .tree = &making->applied.tree,
                                       .start = &making->start,
                                       .path = &making->path,
                                       .own_leaf = making->group->own_leaf};
    const mjl_result result =
        mjl_mls_group_make_with_ratchets(&parts, &candidate->group, &candidate->ratchets);
    if (result != MJL_OK) return result;
    mjl_mls_candidate_take_changes(candidate, &making->applied);
    candidate->committer = making->group->own_leaf;
    candidate->has_path = making->has_path;
    return MJL_OK;
}

static mjl_result make(commit_making *making, const mjl_mls_ratchets *ratchets,
                       mjl_mls_candidate *candidate)
{
    mjl_result result = proposals_write(making);
    if (result == MJL_OK) result = proposals_read(making);
    if (result == MJL_OK) result = proposals_apply(making);
    if (result == MJL_OK) result = path_make(making);
    if (result == MJL_OK) result = content_sign(making);
    if (result == MJL_OK) result = epoch_begin(making);
    if (result == MJL_OK) result = protect(making, ratchets, &candidate->commit);
    if (result == MJL_OK) result = welcome_make(making, &candidate->welcome);
    if (result == MJL_OK) result = candidate_fill(making, candidate);
    return result;
}

mjl_result mjl_mls_commit(const mjl_mls_group *group, mjl_mls_ratchets *ratchets,
                          const mjl_mls_commit_config *config, mjl_random random,
                          mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    if (group->is_readable_only) return MJL_WRONG_STATE;
    const mjl_result allowed = mjl_mls_group_check_identity(group, config->identity);
    if (allowed != MJL_OK) return allowed;
    commit_making *making = calloc(1, sizeof *making); /* Large, and secret: not on the stack. */
    if (making == NULL) return MJL_OUT_OF_MEMORY;
    making->group = group;
    making->config = config;
    making->random = random;
    const mjl_result result = make(making, ratchets, candidate);
    making_clear(making);
    free(making);
    if (result != MJL_OK) {
        mjl_mls_candidate_clear(candidate);
        return result;
    }
    if (!config->public_message) {
        mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_HANDSHAKE);
    }
    return MJL_OK;
}
