#include "resumption.h"

#include <stdlib.h>

#include "commit_making.h"
#include "group.h"
#include "leaf_policy.h"

/* ---- The PSK ---- */

void mjl_mls_resumption_write(mjl_mls_writer *writer, const mjl_mls_resumption *resumption,
                              const mjl_mls_suite *suite, mjl_random random)
{
    uint8_t nonce[MJL_MLS_HASH_SIZE_MAX];
    const mjl_result result = random.fill(random.context, nonce, suite->hash_size);
    if (result != MJL_OK) mjl_mls_writer_fail(writer, result);
    const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_RESUMPTION,
                               .usage = resumption->usage,
                               .group_id = resumption->old->context.group_id,
                               .epoch = resumption->old->context.epoch,
                               .nonce = mjl_bytes_of(nonce, suite->hash_size)};
    mjl_mls_proposal_psk_write(writer, &id);
}

bool mjl_mls_resumption_is(const mjl_mls_resumption *resumption, const mjl_mls_psk_id *id)
{
    const mjl_mls_context *old = &resumption->old->context;
    return id->type == MJL_MLS_PSK_RESUMPTION && id->usage == resumption->usage &&
           id->epoch == old->epoch && mjl_bytes_equal(id->group_id, old->group_id);
}

/* ---- What the new group must have of the old ---- */

static mjl_result reinit_of(const mjl_mls_group *group, mjl_mls_reinit *reinit)
{
    if (!mjl_mls_group_has_reinit(group)) return MJL_NOT_FOUND;
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&group->reinit));
    mjl_mls_reinit_read(&reader, reinit);
    return mjl_mls_reader_end(&reader);
}

mjl_result mjl_mls_group_reinit(const mjl_mls_group *group, mjl_mls_proposal_view *view)
{
    mjl_mls_proposal proposal = {.type = MJL_MLS_PROPOSAL_REINIT};
    const mjl_result result = reinit_of(group, &proposal.reinit);
    if (result == MJL_OK) mjl_mls_proposal_show(&proposal, view);
    return result;
}

static bool tree_has(const mjl_mls_leaf_policy *policy, const mjl_mls_ratchet_tree *tree,
                     const mjl_mls_leaf_node *leaf)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(tree, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(tree, i + 1)) {
        const mjl_mls_leaf_node other =
            mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(tree, i));
        if (mjl_mls_leaf_policy_is_same(policy, &other, leaf)) return true;
    }
    return false;
}

/* Whether each member of `some` is in `all`. */
static bool is_subset(const mjl_mls_leaf_policy *policy, const mjl_mls_ratchet_tree *some,
                      const mjl_mls_ratchet_tree *all)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(some);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(some, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(some, i + 1)) {
        const mjl_mls_leaf_node leaf =
            mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(some, i));
        if (!tree_has(policy, all, &leaf)) return false;
    }
    return true;
}

/* §11.2: the same members, and the parameters that were proposed. */
static mjl_result reinit_check(const mjl_mls_resumption *resumption, const mjl_mls_context *context,
                               const mjl_mls_ratchet_tree *tree)
{
    mjl_mls_reinit reinit;
    if (reinit_of(resumption->old, &reinit) != MJL_OK) return MJL_REINIT_DIFFERS;
    const bool is_as_proposed = reinit.version == MJL_MLS_VERSION_10 &&
                                reinit.suite == context->suite &&
                                mjl_bytes_equal(reinit.group_id, context->group_id) &&
                                mjl_bytes_equal(reinit.extensions, context->extensions);
    if (!is_as_proposed) return MJL_REINIT_DIFFERS;
    const bool same_members = is_subset(resumption->policy, &resumption->old->tree, tree) &&
                              is_subset(resumption->policy, tree, &resumption->old->tree);
    return same_members ? MJL_OK : MJL_REINIT_MEMBERS;
}

/* §11.3: some of the members, and the same suite. */
static mjl_result branch_check(const mjl_mls_resumption *resumption, const mjl_mls_context *context,
                               const mjl_mls_ratchet_tree *tree)
{
    if (resumption->old->context.suite != context->suite) return MJL_BRANCH_DIFFERS;
    return is_subset(resumption->policy, tree, &resumption->old->tree) ? MJL_OK
                                                                       : MJL_BRANCH_MEMBERS;
}

mjl_result mjl_mls_resumption_check(const mjl_mls_resumption *resumption,
                                    const mjl_mls_context *context,
                                    const mjl_mls_ratchet_tree *tree)
{
    if (context->epoch != 1) return MJL_RESUMED_EPOCH;
    return resumption->usage == MJL_MLS_PSK_REINIT ? reinit_check(resumption, context, tree)
                                                   : branch_check(resumption, context, tree);
}

/* ---- Making the new group ---- */

/* The whole extensions of a context, as a config wants them. */
static mjl_result extensions_list(mjl_bytes encoded,
                                  mjl_mls_extension list[MJL_MLS_EXTENSIONS_COUNT_MAX],
                                  size_t *count)
{
    *count = 0;
    while (*count < MJL_MLS_EXTENSIONS_COUNT_MAX &&
           mjl_mls_extensions_next(&encoded, &list[*count]))
        ++*count;
    return encoded.size == 0 ? MJL_OK : MJL_TOO_LARGE;
}

/* The first commit: everyone is added at once, and the PSK of the old group is in it. */
static mjl_result first_commit(const mjl_mls_resumption *resumption,
                               const mjl_mls_resume_config *config, const mjl_mls_group *first,
                               const mjl_mls_ratchets *ratchets, mjl_random random,
                               mjl_mls_candidate *candidate)
{
    const mjl_mls_commit_config commit = {
        .identity = config->identity,
        .add_key_packages = config->key_packages,
        .add_count = config->key_packages_count,
        .force_path = true,
        .public_message = true, /* Nobody but us is there to read it. */
        .group_info_extensions = config->group_info_extensions,
        .group_info_extensions_count = config->group_info_extensions_count,
        .without_ratchet_tree = config->without_ratchet_tree,
        .policy = config->policy};
    mjl_mls_commit_making *making = calloc(1, sizeof *making);
    if (making == NULL) return MJL_OUT_OF_MEMORY;
    making->group = first;
    making->config = &commit;
    making->random = random;
    making->resumption = resumption;
    mjl_result result = mjl_mls_commit_make(making, ratchets, candidate);
    free(making);
    if (result == MJL_OK)
        result = mjl_mls_resumption_check(resumption, &candidate->group->context,
                                          &candidate->group->tree);
    if (result != MJL_OK) mjl_mls_candidate_clear(candidate);
    return result;
}

static mjl_result resume(const mjl_mls_resumption *resumption, const mjl_mls_resume_config *config,
                         const mjl_mls_create_config *create, mjl_random random,
                         mjl_mls_candidate *candidate)
{
    const mjl_mls_group *first;
    mjl_mls_ratchets *ratchets;
    mjl_result result = mjl_mls_group_create(create, random, &first, &ratchets);
    if (result != MJL_OK) return result;
    result = first_commit(resumption, config, first, ratchets, random, candidate);
    mjl_mls_group_release(first);
    mjl_mls_ratchets_free(ratchets);
    return result;
}

static mjl_mls_create_config create_config(const mjl_mls_resume_config *config, mjl_bytes group_id,
                                           const mjl_mls_extension *extensions, size_t count)
{
    const mjl_mls_create_config create = {.identity = config->identity,
                                          .capabilities = config->capabilities,
                                          .not_before = config->not_before,
                                          .not_after = config->not_after,
                                          .group_id = group_id,
                                          .context_extensions = extensions,
                                          .context_extensions_count = count};
    return create;
}

mjl_result mjl_mls_reinit_group(const mjl_mls_group *old, const mjl_mls_resume_config *config,
                                mjl_random random, mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    const mjl_mls_resumption resumption = {old, MJL_MLS_PSK_REINIT, config->policy};
    mjl_mls_reinit reinit;
    mjl_mls_extension extensions[MJL_MLS_EXTENSIONS_COUNT_MAX];
    size_t count;
    mjl_result result = reinit_of(old, &reinit);
    if (result == MJL_NOT_FOUND) return MJL_WRONG_STATE;
    if (result == MJL_OK) result = extensions_list(reinit.extensions, extensions, &count);
    if (result != MJL_OK) return result;
    const mjl_mls_create_config create = create_config(config, reinit.group_id, extensions, count);
    return resume(&resumption, config, &create, random, candidate);
}

mjl_result mjl_mls_branch_group(const mjl_mls_group *old, mjl_bytes group_id,
                                const mjl_mls_resume_config *config, mjl_random random,
                                mjl_mls_candidate *candidate)
{
    *candidate = (mjl_mls_candidate){0};
    const mjl_mls_resumption resumption = {old, MJL_MLS_PSK_BRANCH, config->policy};
    mjl_mls_extension extensions[MJL_MLS_EXTENSIONS_COUNT_MAX];
    size_t count;
    const mjl_result result = extensions_list(old->context.extensions, extensions, &count);
    if (result != MJL_OK) return result;
    const mjl_mls_create_config create = create_config(config, group_id, extensions, count);
    return resume(&resumption, config, &create, random, candidate);
}
