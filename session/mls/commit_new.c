/*
 * Making a commit (RFC 9420 §12.4.1): the public mjl_mls_commit.
 *
 * Own proposals go through the same checks as those of others. The ratchets move as the last step,
 * which cannot fail.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "commit_making.h"
#include "group.h"
#include "message.h"

static void making_clear(mjl_mls_commit_making *making)
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

static mjl_mls_sender sender_of(const mjl_mls_commit_making *making)
{
    if (making->outsider != NULL) return (mjl_mls_sender){.type = MJL_MLS_SENDER_NEW_MEMBER_COMMIT};
    return (mjl_mls_sender){MJL_MLS_SENDER_MEMBER, making->group->own_leaf};
}

static mjl_result commit_write(mjl_mls_commit_making *making)
{
    making->encoded.size = 0;
    mjl_mls_writer writer = mjl_mls_writer_to(&making->encoded);
    mjl_mls_commit_write(&writer, mjl_buffer_bytes(&making->proposals),
                         mjl_buffer_bytes(&making->update_path));
    return mjl_mls_writer_end(&writer);
}

/* Reads back what was written, as a receiver will. */
static mjl_result proposals_read(mjl_mls_commit_making *making)
{
    mjl_result result = commit_write(making);
    if (result != MJL_OK) return result;
    mjl_mls_commit_view commit;
    result = mjl_mls_commit_parse(mjl_buffer_bytes(&making->encoded), &commit);
    if (result != MJL_OK) return result;
    commit.proposals = mjl_buffer_bytes(&making->proposals); /* These stay where they are. */
    mjl_mls_epoch_view view;
    mjl_mls_group_view(making->group, &view);
    return mjl_mls_proposal_list_of(&commit, &view, sender_of(making), making->config->proposals,
                                    making->config->proposals_count, &making->list);
}

/* A newcomer that commits itself in takes its seat: the path is made for a leaf that is there. */
static mjl_result outsider_seat(mjl_mls_commit_making *making)
{
    mjl_mls_leaf_content *leaf;
    mjl_result result = mjl_mls_applied_seat(&making->applied, &making->committer);
    if (result == MJL_OK) result = mjl_mls_leaf_content_new(making->outsider->leaf, &leaf);
    if (result != MJL_OK) return result;
    return mjl_mls_ratchet_tree_set_leaf(&making->applied.tree, making->committer, leaf);
}

static mjl_result proposals_apply(mjl_mls_commit_making *making)
{
    mjl_mls_list_rules rules = mjl_mls_list_rules_of(making->group);
    rules.is_external = making->outsider != NULL;
    rules.allowed = making->config->allowed;
    rules.policy = making->config->policy;
    rules.resumption = making->resumption;
    mjl_result result = mjl_mls_proposal_list_check(&rules, &making->list);
    if (result == MJL_OK)
        result = mjl_mls_proposal_list_apply(&rules, &making->list, &making->applied);
    if (result != MJL_OK) return result;
    making->committer = making->group->own_leaf;
    return making->outsider != NULL ? outsider_seat(making) : MJL_OK;
}

static mjl_result psks_find(mjl_mls_commit_making *making)
{
    mjl_mls_epoch_view view;
    mjl_mls_group_view(making->group, &view);
    const mjl_mls_known_psks known = {.psks = making->config->psks,
                                      .count = making->config->psks_count,
                                      .epoch = making->outsider == NULL ? &view : NULL,
                                      .resumption = making->resumption};
    return mjl_mls_proposal_list_psk_secret(making->group->suite, &making->list, &known,
                                            making->psk_secret);
}

/* ---- Path ---- */

static bool wants_path(const mjl_mls_commit_making *making)
{
    return making->config->force_path || making->outsider != NULL ||
           mjl_mls_proposal_list_wants_path(&making->list);
}

/* What a receiver checks of a path's leaf, and may be new: when it comes from outside, or changes
   more than its key (§7.3). */
static mjl_result new_leaf_check(const mjl_mls_commit_making *making)
{
    const mjl_mls_leaf_change *change = &making->config->leaf;
    const bool is_changed = change->identity != NULL || change->capabilities != NULL;
    if (making->outsider == NULL && !is_changed) return MJL_OK;
    const mjl_mls_leaf_rules rules = {making->group->suite, making->group->context.group_id,
                                      making->applied.extensions};
    const mjl_mls_ratchet_tree *tree = &making->applied.tree;
    const mjl_mls_leaf_node leaf =
        mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(tree, making->committer));
    mjl_result result = mjl_mls_leaf_fits(&rules, &leaf);
    if (result == MJL_OK) result = mjl_mls_tree_check_keys_unique(tree);
    if (result == MJL_OK) result = mjl_mls_tree_check_credentials(tree);
    return result;
}

static mjl_result path_make(mjl_mls_commit_making *making)
{
    const mjl_mls_group *group = making->group;
    memcpy(&making->path, &group->path, sizeof making->path);
    making->has_path = wants_path(making);
    if (!making->has_path) return MJL_OK; /* The commit secret stays zero (§12.4.1). */
    mjl_mls_context context = group->context;
    context.epoch++;
    context.extensions = making->applied.extensions;
    const mjl_mls_path_maker maker = {.suite = group->suite,
                                      .identity = making->config->identity,
                                      .change = &making->config->leaf,
                                      .leaf = making->committer,
                                      .added = mjl_mls_applied_new_leaves(&making->applied),
                                      .context = &context,
                                      .random = making->random};
    const mjl_result result =
        mjl_mls_treekem_make(&maker, &making->applied.tree, &making->path, &making->path_secrets,
                             making->commit_secret, &making->update_path);
    return result != MJL_OK ? result : new_leaf_check(making);
}

/* ---- The commit itself ---- */

static uint16_t wire_format_of(const mjl_mls_commit_config *config)
{
    return config->public_message ? MJL_MLS_PUBLIC_MESSAGE : MJL_MLS_PRIVATE_MESSAGE;
}

static mjl_result content_sign(mjl_mls_commit_making *making)
{
    mjl_result result = commit_write(making);
    if (result != MJL_OK) return result;
    const mjl_mls_group *group = making->group;
    const mjl_mls_framed_content content = {.group_id = group->context.group_id,
                                            .epoch = group->context.epoch,
                                            .sender = sender_of(making),
                                            .authenticated_data =
                                                making->config->authenticated_data,
                                            .content_type = MJL_MLS_COMMIT,
                                            .body = mjl_buffer_bytes(&making->encoded)};
    return mjl_mls_content_sign(group->suite, wire_format_of(making->config), &content,
                                mjl_buffer_bytes(&group->context_bytes),
                                making->config->identity->signature_seed, &making->content);
}

static mjl_result epoch_begin(mjl_mls_commit_making *making)
{
    const mjl_mls_epoch_input input = {
        .tree = &making->applied.tree,
        .extensions = making->applied.extensions,
        .commit = &making->content,
        .init_secret = making->outsider != NULL ? making->outsider->init_secret : NULL,
        .commit_secret = making->commit_secret,
        .psk_secret = making->psk_secret};
    const mjl_result result = mjl_mls_epoch_start_of_commit(making->group, &input, &making->start);
    if (result != MJL_OK) return result;
    mjl_mls_content_set_tag(making->group->suite, &making->content, making->start.confirmation_tag);
    return MJL_OK;
}

static mjl_result protect(const mjl_mls_commit_making *making, const mjl_mls_ratchets *ratchets,
                          mjl_buffer *message)
{
    return mjl_mls_message_protect(making->group, ratchets, &making->content,
                                   making->config->padding_size, making->random, message);
}

/* ---- The outcome ---- */

static mjl_result candidate_fill(mjl_mls_commit_making *making, mjl_mls_candidate *candidate)
{
    const mjl_mls_group_parts parts = {.suite = making->group->suite,
                                       .tree = &making->applied.tree,
                                       .start = &making->start,
                                       .path = &making->path,
                                       .own_leaf = making->committer,
                                       .reinit = making->applied.reinit};
    mjl_result result = mjl_mls_candidate_copy_custom(candidate, &making->list);
    if (result == MJL_OK)
        result = mjl_mls_group_make_with_ratchets(&parts, &candidate->group, &candidate->ratchets);
    if (result != MJL_OK) return result;
    mjl_mls_candidate_take_changes(candidate, &making->applied);
    candidate->committer = making->committer;
    candidate->has_path = making->has_path;
    candidate->is_external = making->outsider != NULL;
    return MJL_OK;
}

static mjl_result make(mjl_mls_commit_making *making, const mjl_mls_ratchets *ratchets,
                       mjl_mls_candidate *candidate)
{
    mjl_result result = mjl_mls_commit_write_proposals(making);
    if (result == MJL_OK) result = proposals_read(making);
    if (result == MJL_OK) result = proposals_apply(making);
    if (result == MJL_OK) result = psks_find(making);
    if (result == MJL_OK) result = path_make(making);
    if (result == MJL_OK) result = content_sign(making);
    if (result == MJL_OK) result = epoch_begin(making);
    if (result == MJL_OK) result = protect(making, ratchets, &candidate->commit);
    if (result == MJL_OK) result = mjl_mls_commit_make_welcome(making, &candidate->welcome);
    if (result == MJL_OK) result = candidate_fill(making, candidate);
    return result;
}

mjl_result mjl_mls_commit_make(mjl_mls_commit_making *making, const mjl_mls_ratchets *ratchets,
                               mjl_mls_candidate *candidate)
{
    assert(ratchets != NULL || making->config->public_message);
    *candidate = (mjl_mls_candidate){0};
    const mjl_result result = make(making, ratchets, candidate);
    making_clear(making);
    if (result != MJL_OK) mjl_mls_candidate_clear(candidate);
    return result;
}

mjl_result mjl_mls_commit(const mjl_mls_group *group, mjl_mls_ratchets *ratchets,
                          const mjl_mls_commit_config *config, mjl_random random,
                          mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    if (mjl_mls_group_is_over(group)) return MJL_WRONG_STATE;
    mjl_result result = mjl_mls_group_check_identity(group, config->identity);
    if (result != MJL_OK) return result;
    mjl_mls_commit_making *making =
        calloc(1, sizeof *making); /* Large, and secret: not on the stack. */
    if (making == NULL) return MJL_OUT_OF_MEMORY;
    making->group = group;
    making->config = config;
    making->random = random;
    result = mjl_mls_commit_make(making, ratchets, candidate);
    free(making);
    if (result == MJL_OK && !config->public_message)
        mjl_mls_ratchets_advance_own(ratchets, MJL_MLS_RATCHET_HANDSHAKE);
    return result;
}
