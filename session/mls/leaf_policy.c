#include "leaf_policy.h"

static mjl_mls_credential_view view_of(const mjl_mls_leaf_node *leaf)
{
    const mjl_mls_credential_view view = {.type = leaf->credential.type,
                                          .encoded = leaf->credential.encoded,
                                          .identity = leaf->credential.identity,
                                          .certificates = leaf->credential.certificates,
                                          .signature_key = leaf->signature_key};
    return view;
}

mjl_result mjl_mls_lifetime_check(uint64_t not_before, uint64_t not_after,
                                  const mjl_mls_leaf_policy *policy)
{
    if (policy->lifetime_max != 0 && not_after - not_before > policy->lifetime_max)
        return MJL_LEAF_LIFETIME_TOO_LONG;
    if (policy->now != 0 && (policy->now < not_before || policy->now > not_after))
        return MJL_LEAF_NOT_VALID_NOW;
    return MJL_OK;
}

/* Leaves of updates and commits have no lifetime (§7.2). */
mjl_result mjl_mls_leaf_policy_check(const mjl_mls_leaf_policy *policy,
                                     const mjl_mls_leaf_node *leaf)
{
    if (policy == NULL) return MJL_OK;
    mjl_result result = MJL_OK;
    if (leaf->source == MJL_MLS_LEAF_KEY_PACKAGE)
        result = mjl_mls_lifetime_check(leaf->not_before, leaf->not_after, policy);
    if (result != MJL_OK || policy->credential == NULL) return result;
    const mjl_mls_credential_view view = view_of(leaf);
    return policy->credential(policy->context, &view);
}

mjl_result mjl_mls_leaf_policy_check_tree(const mjl_mls_leaf_policy *policy,
                                          const mjl_mls_ratchet_tree *tree)
{
    if (policy == NULL) return MJL_OK;
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    mjl_result result = MJL_OK;
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(tree, 0); result == MJL_OK && i < width;
         i = mjl_mls_ratchet_tree_next_leaf(tree, i + 1)) {
        const mjl_mls_leaf_node leaf =
            mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(tree, i));
        result = mjl_mls_leaf_policy_check(policy, &leaf);
    }
    return result;
}

bool mjl_mls_leaf_policy_is_same(const mjl_mls_leaf_policy *policy, const mjl_mls_leaf_node *a,
                                 const mjl_mls_leaf_node *b)
{
    if (policy == NULL || policy->same_client == NULL)
        return mjl_bytes_equal(a->credential.encoded, b->credential.encoded);
    const mjl_mls_credential_view left = view_of(a), right = view_of(b);
    return policy->same_client(policy->context, &left, &right);
}
