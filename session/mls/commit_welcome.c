/*
 * The Welcome of a commit in the making (RFC 9420 §12.4.1, §12.4.3.1).
 */
#include <stdlib.h>

#include "commit_making.h"
#include "group.h"
#include "group_info.h"
#include "welcome.h"

static mjl_result info_make(const mjl_mls_commit_making *making, mjl_buffer *group_info)
{
    const mjl_mls_commit_config *config = making->config;
    const mjl_mls_group_info_parts parts = {
        .suite = making->group->suite,
        .context = mjl_buffer_bytes(&making->start.context),
        .confirmation_tag = making->start.confirmation_tag,
        .signer = making->committer,
        .tree = config->without_ratchet_tree ? NULL : &making->applied.tree,
        .external_pub = NULL, /* It is for those who are not added. */
        .extensions = config->group_info_extensions,
        .extensions_count = config->group_info_extensions_count,
        .without_grease = config->without_grease};
    /* Newcomers verify it by the leaf in the new tree. */
    const mjl_mls_identity *signer =
        config->leaf.identity != NULL ? config->leaf.identity : config->identity;
    return mjl_mls_group_info_make(&parts, signer, group_info);
}

static mjl_mls_newcomer newcomer_of(const mjl_mls_commit_making *making,
                                    const mjl_mls_key_package *key_package, uint32_t leaf)
{
    const uint8_t level = mjl_mls_common_ancestor_level(making->committer, leaf);
    const mjl_mls_newcomer newcomer = {
        .key_package = key_package->encoded,
        .init_key = key_package->init_key,
        .path_secret =
            making->has_path ? mjl_mls_path_secrets_at(&making->path_secrets, level) : NULL};
    return newcomer;
}

static void newcomers_list(const mjl_mls_commit_making *making, mjl_mls_newcomer *newcomers)
{
    size_t count = 0;
    for (size_t i = 0; i < making->list.count; i++) {
        const mjl_mls_proposal *proposal = &making->list.items[i].proposal;
        if (proposal->type != MJL_MLS_PROPOSAL_ADD) continue;
        newcomers[count] = newcomer_of(making, &proposal->add, making->applied.added[count]);
        count++;
    }
}

/* The ids of the list's PSKs, in its order (§12.4.1). */
static mjl_result psks_list(const mjl_mls_commit_making *making, mjl_buffer *psks)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < making->list.count; i++) {
        const mjl_mls_proposal *proposal = &making->list.items[i].proposal;
        if (proposal->type == MJL_MLS_PROPOSAL_PSK)
            result = mjl_buffer_append(psks, proposal->psk.encoded);
    }
    return result;
}

static mjl_result welcome_make(const mjl_mls_commit_making *making, mjl_buffer *group_info,
                               mjl_buffer *psks, mjl_mls_newcomer *newcomers, mjl_buffer *message)
{
    newcomers_list(making, newcomers);
    mjl_result result = info_make(making, group_info);
    if (result == MJL_OK) result = psks_list(making, psks);
    if (result != MJL_OK) return result;
    const mjl_mls_welcome_parts parts = {.suite = making->group->suite,
                                         .newcomers = newcomers,
                                         .newcomers_count = making->applied.added_count,
                                         .joiner_secret = making->start.joiner_secret,
                                         .member_secret = making->start.member_secret,
                                         .psks = mjl_buffer_bytes(psks),
                                         .group_info = mjl_buffer_bytes(group_info)};
    return mjl_mls_welcome_make(&parts, making->random, message);
}

mjl_result mjl_mls_commit_make_welcome(const mjl_mls_commit_making *making, mjl_buffer *message)
{
    const size_t count = making->applied.added_count;
    if (count == 0) return MJL_OK;
    mjl_mls_newcomer *newcomers = calloc(count, sizeof *newcomers);
    if (newcomers == NULL) return MJL_OUT_OF_MEMORY;
    mjl_buffer group_info = {0}, psks = {0};
    const mjl_result result = welcome_make(making, &group_info, &psks, newcomers, message);
    mjl_buffer_clear(&group_info);
    mjl_buffer_clear(&psks);
    free(newcomers);
    return result;
}
