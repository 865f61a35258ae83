#include "offered_state.h"

#include "leaf_policy.h"
#include "tree_encoding.h"
#include "tree_hash.h"
#include "tree_validation.h"

static mjl_result info_check(const mjl_mls_offered_state *offered)
{
    const mjl_mls_context *context = &offered->info.context;
    const size_t hash_size = offered->suite->hash_size;
    if (context->suite != offered->suite->id) return MJL_GROUP_INFO_SUITE;
    if (context->tree_hash.size != hash_size) return MJL_CONTEXT_HASH_SIZE;
    /* At epoch 0 no commit was confirmed yet (§11). */
    const bool has_confirmed = context->confirmed_transcript_hash.size == hash_size;
    const bool is_new = context->epoch == 0 && context->confirmed_transcript_hash.size == 0;
    if (!has_confirmed && !is_new) return MJL_CONTEXT_HASH_SIZE;
    if (offered->info.confirmation_tag.size != hash_size) return MJL_BAD_CONFIRMATION;
    return MJL_OK;
}

mjl_result mjl_mls_offered_state_read(const mjl_mls_suite *suite, mjl_bytes encoded,
                                      mjl_mls_offered_state *offered)
{
    offered->suite = suite;
    const mjl_result result = mjl_mls_group_info_parse(encoded, &offered->info);
    return result != MJL_OK ? result : info_check(offered);
}

static mjl_result tree_read(mjl_mls_offered_state *offered, mjl_bytes ratchet_tree)
{
    mjl_bytes encoded;
    if (mjl_mls_extensions_find(offered->info.extensions, MJL_MLS_EXTENSION_RATCHET_TREE,
                                &encoded) != MJL_OK)
        encoded = ratchet_tree;
    if (encoded.size == 0) return MJL_TREE_MISSING;
    const mjl_result result = mjl_mls_ratchet_tree_parse(offered->suite, encoded, &offered->tree);
    if (result != MJL_OK) return result;
    uint8_t room[MJL_MLS_HASH_SIZE_MAX];
    const mjl_bytes hash = mjl_mls_tree_hash_of_root(offered->suite, &offered->tree, room);
    return mjl_bytes_equal(hash, offered->info.context.tree_hash) ? MJL_OK : MJL_TREE_HASH;
}

static mjl_result signer_check(const mjl_mls_offered_state *offered)
{
    const mjl_mls_leaf_content *signer =
        mjl_mls_ratchet_tree_leaf(&offered->tree, offered->info.signer);
    if (signer == NULL) return MJL_GROUP_INFO_SIGNER;
    return mjl_mls_group_info_verify(offered->suite, &offered->info,
                                     mjl_mls_leaf_content_signature_key(signer));
}

mjl_result mjl_mls_offered_state_verify(mjl_mls_offered_state *offered, mjl_bytes ratchet_tree)
{
    const mjl_result result = tree_read(offered, ratchet_tree);
    return result != MJL_OK ? result : signer_check(offered);
}

mjl_result mjl_mls_offered_state_check_tree(const mjl_mls_offered_state *offered,
                                            const mjl_mls_leaf_policy *policy)
{
    const mjl_mls_leaf_rules rules = {offered->suite, offered->info.context.group_id,
                                      offered->info.context.extensions};
    const mjl_result result = mjl_mls_tree_check(&rules, &offered->tree);
    return result != MJL_OK ? result : mjl_mls_leaf_policy_check_tree(policy, &offered->tree);
}

void mjl_mls_offered_state_clear(mjl_mls_offered_state *offered)
{
    mjl_mls_ratchet_tree_clear(&offered->tree);
}
