/*
 * Applying a received commit (RFC 9420 §12.4.2): the public mjl_mls_stage.
 *
 * Checks that all members make alike come first, those that concern this member alone (path
 * secrets, PSKs) after them: so members agree on what is no valid commit, and a member that is left
 * behind knows that it is.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "candidate.h"
#include "group.h"
#include "message.h"
#include "treekem.h"

static const mjl_mls_staging no_staging = {0};

typedef struct staged_commit {
    const mjl_mls_group *group;
    const mjl_mls_authenticated_content *content;
    const mjl_mls_staging *staging;
    mjl_mls_epoch_view view;
    uint32_t committer;
    mjl_mls_commit_view commit;
    mjl_mls_proposal_list list;
    mjl_mls_applied applied;
    bool removes_us;
    mjl_mls_private_path path;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX];
    uint8_t psk_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_epoch_start start;
} staged_commit;

static void staged_clear(staged_commit *staged)
{
    mjl_mls_proposal_list_clear(&staged->list);
    mjl_mls_applied_clear(&staged->applied);
    mjl_mls_epoch_start_clear(&staged->start);
    sodium_memzero(staged, sizeof *staged);
}

/* ---- What all members see alike ---- */

static mjl_result commit_read(staged_commit *staged)
{
    const mjl_mls_framed_content *content = &staged->content->content;
    if (content->content_type != MJL_MLS_COMMIT) return MJL_BAD_ARGUMENT;
    if (!mjl_bytes_equal(content->group_id, staged->view.group_id)) return MJL_WRONG_GROUP;
    if (content->epoch != staged->view.epoch) return MJL_WRONG_EPOCH;
    if (content->sender.type != MJL_MLS_SENDER_MEMBER) return MJL_NOT_ALLOWED;
    staged->committer = content->sender.index;
    return mjl_mls_commit_parse(content->body, &staged->commit);
}

static mjl_result proposals_apply(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    const mjl_mls_staging *staging = staged->staging;
    mjl_result result =
        mjl_mls_proposal_list_of(&staged->commit, &staged->view, staged->committer,
                                 staging->proposals, staging->proposals_count, &staged->list);
    if (result != MJL_OK) return result;
    const mjl_mls_list_rules rules = {.suite = group->suite,
                                      .tree = &group->tree,
                                      .group_id = group->context.group_id,
                                      .extensions = group->context.extensions,
                                      .committer = staged->committer};
    result = mjl_mls_proposal_list_check(&rules, &staged->list);
    if (result != MJL_OK) return result;
    /* §12.4: without a path the removed and the replaced could follow. */
    if (!staged->commit.has_path && mjl_mls_proposal_list_wants_path(&staged->list))
        return MJL_PATH_MISSING;
    return mjl_mls_proposal_list_apply(&rules, &staged->list, &staged->applied);
}

static void removal_notice(staged_commit *staged)
{
    for (size_t i = 0; i < staged->applied.removed_count; i++)
        if (staged->applied.removed[i] == staged->group->own_leaf) staged->removes_us = true;
}

static mjl_result path_merge(staged_commit *staged)
{
    if (!staged->commit.has_path) return MJL_OK;
    const mjl_mls_leaf_rules rules = {staged->group->suite, staged->group->context.group_id,
                                      staged->applied.extensions};
    return mjl_mls_update_path_merge(&rules, &staged->applied.tree, staged->committer,
                                     mjl_mls_applied_new_leaves(&staged->applied),
                                     &staged->commit.path);
}

/* ---- What concerns this member alone ---- */

/* The private key of our own Update, if the commit applies one. */
static mjl_result own_update_take(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    const mjl_mls_staging *staging = staged->staging;
    const mjl_bytes key =
        mjl_mls_ratchet_tree_leaf(&staged->applied.tree, group->own_leaf)->view.encryption_key;
    const mjl_bytes old =
        mjl_mls_ratchet_tree_leaf(&group->tree, group->own_leaf)->view.encryption_key;
    if (mjl_bytes_equal(key, old)) return MJL_OK;
    for (size_t i = 0; i < staging->updates_count; i++) {
        if (!mjl_bytes_equal(staging->update_public_keys[i], key)) continue;
        if (staging->update_private_keys[i].size != group->suite->kem_private_size)
            return MJL_BAD_ARGUMENT;
        mjl_mls_private_path_set(&staged->path, group->suite, 0,
                                 staging->update_private_keys[i].data);
        return MJL_OK;
    }
    return MJL_NO_PATH_SECRET;
}

static mjl_result path_open(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    if (!staged->commit.has_path) return MJL_OK; /* The commit secret stays zero. */
    /* An own commit is not applied from outside: its candidate holds what it leads to. */
    if (staged->committer == group->own_leaf) return MJL_NO_PATH_SECRET;
    mjl_mls_context context = group->context;
    context.epoch++;
    context.extensions = staged->applied.extensions;
    const mjl_mls_path_opener opener = {.suite = group->suite,
                                        .sender = staged->committer,
                                        .own_leaf = group->own_leaf,
                                        .added = mjl_mls_applied_new_leaves(&staged->applied),
                                        .context = &context};
    return mjl_mls_treekem_apply(&opener, &staged->applied.tree, &staged->commit.path,
                                 &staged->path, staged->commit_secret);
}

static mjl_result secrets_find(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    memcpy(&staged->path, &group->path, sizeof staged->path);
    mjl_result result = MJL_OK;
    if (staged->committer != group->own_leaf) result = own_update_take(staged);
    if (result == MJL_OK) result = path_open(staged);
    if (result != MJL_OK) return result;
    mjl_mls_private_path_forget_blank(&staged->path, &staged->applied.tree, group->own_leaf);
    const mjl_mls_known_psks known = {staged->staging->psks, staged->staging->psks_count,
                                      &staged->view};
    return mjl_mls_proposal_list_psk_secret(group->suite, &staged->list, &known,
                                            staged->psk_secret);
}

static mjl_result epoch_begin(staged_commit *staged)
{
    const mjl_mls_suite *suite = staged->group->suite;
    const mjl_mls_epoch_input input = {.tree = &staged->applied.tree,
                                       .extensions = staged->applied.extensions,
                                       .commit = staged->content,
                                       .commit_secret = staged->commit_secret,
                                       .psk_secret = staged->psk_secret};
    const mjl_result result = mjl_mls_epoch_start_of_commit(staged->group, &input, &staged->start);
    if (result != MJL_OK) return result;
    const mjl_bytes tag =
        mjl_bytes_of(staged->content->confirmation_tag, staged->content->confirmation_tag_size);
    return mjl_mls_mac_equal(suite, staged->start.confirmation_tag, tag) ? MJL_OK
                                                                         : MJL_BAD_CONFIRMATION;
}

/* ---- The outcome ---- */

static mjl_result group_begin(staged_commit *staged, mjl_mls_candidate *candidate)
{
    mjl_result result = secrets_find(staged);
    if (result == MJL_OK) result = epoch_begin(staged);
    if (result != MJL_OK) return result;
    const mjl_mls_group_parts parts = {.suite = staged->group->suite,
                                       .tree = &staged->applied.tree,
                                       .start = &staged->start,
                                       .path = &staged->path,
                                       .own_leaf = staged->group->own_leaf};
    return mjl_mls_group_make_with_ratchets(&parts, &candidate->group, &candidate->ratchets);
}

static mjl_result stage(staged_commit *staged, mjl_mls_candidate *candidate)
{
    mjl_result result = commit_read(staged);
    if (result == MJL_OK) result = proposals_apply(staged);
    if (result == MJL_OK) result = path_merge(staged);
    if (result != MJL_OK) return result;
    removal_notice(staged);
    if (!staged->removes_us) result = group_begin(staged, candidate);
    if (result != MJL_OK) return result;
    mjl_mls_candidate_take_changes(candidate, &staged->applied);
    candidate->committer = staged->committer;
    candidate->has_path = staged->commit.has_path;
    candidate->removes_us = staged->removes_us;
    return MJL_OK;
}

mjl_result mjl_mls_stage(const mjl_mls_group *group, const mjl_mls_opened *commit,
                         const mjl_mls_identity *identity, const mjl_mls_staging *staging,
                         mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    if (group->is_readable_only) return MJL_WRONG_STATE;
    if (identity != NULL) {
        const mjl_result allowed = mjl_mls_group_check_identity(group, identity);
        if (allowed != MJL_OK) return allowed;
    }
    staged_commit *staged = calloc(1, sizeof *staged); /* Large, and secret: not on the stack. */
    if (staged == NULL) return MJL_OUT_OF_MEMORY;
    staged->group = group;
    staged->content = mjl_mls_opened_content(commit);
    staged->staging = staging == NULL ? &no_staging : staging;
    mjl_mls_group_view(group, &staged->view);
    const mjl_result result = stage(staged, candidate);
    staged_clear(staged);
    free(staged);
    return result;
}
