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
#include "external_init.h"
#include "group.h"
#include "leaf_policy.h"
#include "message.h"
#include "treekem.h"

static const mjl_mls_staging no_staging = {0};

typedef struct staged_commit {
    const mjl_mls_group *group;
    const mjl_mls_authenticated_content *content;
    const mjl_mls_staging *staging;
    mjl_mls_epoch_view view;
    bool is_external;
    uint32_t committer; /* From outside: its new leaf, once the list is applied. */
    mjl_mls_commit_view commit;
    mjl_mls_proposal_list list;
    mjl_mls_applied applied;
    bool removes_us;
    mjl_mls_private_path path;
    uint8_t init_secret[MJL_MLS_HASH_SIZE_MAX]; /* From outside (§8.3). */
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
    staged->is_external = content->sender.type == MJL_MLS_SENDER_NEW_MEMBER_COMMIT;
    if (!mjl_mls_sender_is_allowed(staged->staging->allowed, content->sender.type))
        return MJL_NOT_ALLOWED;
    staged->committer = staged->is_external ? MJL_MLS_NO_LEAF : content->sender.index;
    const mjl_result result = mjl_mls_commit_parse(content->body, &staged->commit);
    if (result != MJL_OK) return result;
    return staged->is_external && !staged->commit.has_path ? MJL_EXTERNAL_NO_PATH : MJL_OK;
}

static mjl_result proposals_apply(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    const mjl_mls_staging *staging = staged->staging;
    mjl_result result =
        mjl_mls_proposal_list_of(&staged->commit, &staged->view, staged->content->content.sender,
                                 staging->proposals, staging->proposals_count, &staged->list);
    if (result != MJL_OK) return result;
    mjl_mls_list_rules rules = mjl_mls_list_rules_of(group);
    rules.committer = staged->committer;
    rules.is_external = staged->is_external;
    rules.allowed = staging->allowed;
    rules.policy = staging->policy;
    result = mjl_mls_proposal_list_check(&rules, &staged->list);
    if (result != MJL_OK) return result;
    /* §12.4: without a path the removed and the replaced could follow. */
    if (!staged->commit.has_path && mjl_mls_proposal_list_wants_path(&staged->list))
        return MJL_PATH_MISSING;
    result = mjl_mls_proposal_list_apply(&rules, &staged->list, &staged->applied);
    if (result != MJL_OK || !staged->is_external) return result;
    return mjl_mls_applied_seat(&staged->applied, &staged->committer);
}

/* §12.2: who takes the place of an old appearance has to be the same client, with another key. */
static mjl_result replaced_check(const staged_commit *staged)
{
    const mjl_mls_leaf_node *leaf = &staged->commit.path.leaf;
    for (size_t i = 0; i < staged->applied.removed_count; i++) {
        const mjl_mls_leaf_node old = mjl_mls_leaf_content_view(
            mjl_mls_ratchet_tree_leaf(&staged->group->tree, staged->applied.removed[i]));
        if (mjl_bytes_equal(old.encryption_key, leaf->encryption_key))
            return MJL_PATH_KEEPS_LEAF_KEY;
        if (!mjl_mls_leaf_policy_is_same(staged->staging->policy, &old, leaf))
            return MJL_CREDENTIAL_REFUSED;
    }
    return MJL_OK;
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
    mjl_result result = staged->is_external ? replaced_check(staged) : MJL_OK;
    if (result == MJL_OK)
        result = mjl_mls_leaf_policy_check(staged->staging->policy, &staged->commit.path.leaf);
    if (result != MJL_OK) return result;
    return mjl_mls_update_path_merge(&rules, &staged->applied.tree, staged->committer,
                                     mjl_mls_applied_new_leaves(&staged->applied),
                                     &staged->commit.path);
}

/* ---- What concerns this member alone ---- */

/* Our own Update knows its private key, if it comes as mjl_mls_propose made it. */
static const uint8_t *own_update_key(const staged_commit *staged, mjl_bytes public_key)
{
    for (size_t i = 0; i < staged->list.count; i++) {
        const mjl_mls_listed_proposal *item = &staged->list.items[i];
        if (item->proposal.type == MJL_MLS_PROPOSAL_UPDATE && item->opened != NULL &&
            mjl_bytes_equal(item->proposal.update.encryption_key, public_key))
            return mjl_mls_opened_update_key(item->opened);
    }
    return NULL;
}

/* The private key of our own Update, if the commit applies one. */
static mjl_result own_update_take(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    const mjl_mls_staging *staging = staged->staging;
    const mjl_bytes key = mjl_mls_leaf_content_encryption_key(
        mjl_mls_ratchet_tree_leaf(&staged->applied.tree, group->own_leaf));
    const mjl_bytes old = mjl_mls_leaf_content_encryption_key(
        mjl_mls_ratchet_tree_leaf(&group->tree, group->own_leaf));
    if (mjl_bytes_equal(key, old)) return MJL_OK;
    const uint8_t *own_key = own_update_key(staged, key);
    if (own_key != NULL) {
        mjl_mls_private_path_set(&staged->path, group->suite, 0, own_key);
        return MJL_OK;
    }
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

static mjl_result external_init_open(staged_commit *staged)
{
    for (size_t i = 0; i < staged->list.count; i++) {
        const mjl_mls_proposal *proposal = &staged->list.items[i].proposal;
        if (proposal->type != MJL_MLS_PROPOSAL_EXTERNAL_INIT) continue;
        return mjl_mls_external_init_receive(staged->group->suite, &staged->group->secrets,
                                             proposal->external_init, staged->init_secret);
    }
    return MJL_EXTERNAL_INIT_COUNT;
}

static mjl_result secrets_find(staged_commit *staged)
{
    const mjl_mls_group *group = staged->group;
    memcpy(&staged->path, &group->path, sizeof staged->path);
    mjl_result result = staged->is_external ? external_init_open(staged) : MJL_OK;
    if (result == MJL_OK && staged->committer != group->own_leaf) result = own_update_take(staged);
    if (result == MJL_OK) result = path_open(staged);
    if (result != MJL_OK) return result;
    mjl_mls_private_path_forget_blank(&staged->path, &staged->applied.tree, group->own_leaf);
    const mjl_mls_known_psks known = {.psks = staged->staging->psks,
                                      .count = staged->staging->psks_count,
                                      .epoch = &staged->view};
    return mjl_mls_proposal_list_psk_secret(group->suite, &staged->list, &known,
                                            staged->psk_secret);
}

static mjl_result epoch_begin(staged_commit *staged)
{
    const mjl_mls_suite *suite = staged->group->suite;
    const mjl_mls_epoch_input input = {.tree = &staged->applied.tree,
                                       .extensions = staged->applied.extensions,
                                       .commit = staged->content,
                                       .init_secret =
                                           staged->is_external ? staged->init_secret : NULL,
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
                                       .own_leaf = staged->group->own_leaf,
                                       .reinit = staged->applied.reinit};
    return mjl_mls_group_make_with_ratchets(&parts, &candidate->group, &candidate->ratchets);
}

static mjl_result stage(staged_commit *staged, mjl_mls_candidate *candidate)
{
    mjl_result result = commit_read(staged);
    if (result == MJL_OK) result = proposals_apply(staged);
    if (result == MJL_OK) result = path_merge(staged);
    if (result != MJL_OK) return result;
    removal_notice(staged);
    result = mjl_mls_candidate_copy_custom(candidate, &staged->list);
    if (result == MJL_OK && !staged->removes_us) result = group_begin(staged, candidate);
    if (result != MJL_OK) return result;
    mjl_mls_candidate_take_changes(candidate, &staged->applied);
    candidate->committer = staged->committer;
    candidate->is_external = staged->is_external;
    candidate->has_path = staged->commit.has_path;
    candidate->removes_us = staged->removes_us;
    return MJL_OK;
}

mjl_result mjl_mls_stage(const mjl_mls_group *group, const mjl_mls_opened *commit,
                         const mjl_mls_identity *identity, const mjl_mls_staging *staging,
                         mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    if (mjl_mls_group_is_over(group)) return MJL_WRONG_STATE;
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
    if (result != MJL_OK) mjl_mls_candidate_clear(candidate);
    return result;
}
