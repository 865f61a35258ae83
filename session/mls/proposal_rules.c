/*
 * Whether a list of proposals may be committed (RFC 9420 §12.1, §12.2): what can be said before it
 * is applied. Each rule is one function.
 */
#include <stdlib.h>

#include "leaf_policy.h"
#include "outside.h"
#include "proposal_list.h"

/* ---- Rules for one proposal (§12.1) ---- */

/* §12.1.1, §10.1 */
static mjl_result check_add(const mjl_mls_list_rules *rules, const mjl_mls_leaf_rules *leaf_rules,
                            const mjl_mls_proposal *proposal)
{
    mjl_result result = mjl_mls_key_package_check(leaf_rules->suite, &proposal->add);
    if (result == MJL_OK) result = mjl_mls_leaf_fits(leaf_rules, &proposal->add.leaf);
    if (result == MJL_OK) result = mjl_mls_leaf_policy_check(rules->policy, &proposal->add.leaf);
    return result;
}

/* §12.1.2, §7.3 */
static mjl_result check_update(const mjl_mls_list_rules *rules,
                               const mjl_mls_leaf_rules *leaf_rules,
                               const mjl_mls_listed_proposal *item)
{
    const mjl_mls_leaf_node *leaf = &item->proposal.update;
    const uint32_t index = item->sender.index;
    if (index == rules->committer) return MJL_UPDATE_BY_COMMITTER; /* §12.2 */
    const mjl_mls_leaf_content *old = mjl_mls_ratchet_tree_leaf(rules->tree, index);
    if (old == NULL) return MJL_UNKNOWN_SENDER;
    if (leaf->source != MJL_MLS_LEAF_UPDATE) return MJL_LEAF_SOURCE_NOT_UPDATE;
    if (mjl_bytes_equal(mjl_mls_leaf_content_encryption_key(old), leaf->encryption_key))
        return MJL_UPDATE_KEEPS_KEY;
    mjl_result result = mjl_mls_leaf_fits(leaf_rules, leaf);
    const mjl_mls_leaf_place place = {rules->group_id, index};
    if (result == MJL_OK) result = mjl_mls_leaf_node_verify(rules->suite, leaf, &place);
    return result != MJL_OK ? result : mjl_mls_leaf_policy_check(rules->policy, leaf);
}

/* §12.1.3, and nobody removes itself (§12.2). */
static mjl_result check_remove(const mjl_mls_list_rules *rules, uint32_t leaf)
{
    if (leaf == rules->committer) return MJL_REMOVE_OF_COMMITTER;
    return mjl_mls_ratchet_tree_leaf(rules->tree, leaf) == NULL ? MJL_REMOVE_OF_NOBODY : MJL_OK;
}

/* §12.1.4: outside of re-initialisation and branching, which bring their own Welcome. */
static mjl_result check_psk(const mjl_mls_list_rules *rules, const mjl_mls_psk_id *id)
{
    if (id->nonce.size != rules->suite->hash_size) return MJL_PSK_NONCE;
    if (id->type != MJL_MLS_PSK_RESUMPTION) return MJL_OK;
    if (rules->resumption != NULL && mjl_mls_resumption_is(rules->resumption, id)) return MJL_OK;
    if (id->usage == MJL_MLS_PSK_REINIT) return MJL_PSK_OF_REINIT;
    return id->usage == MJL_MLS_PSK_BRANCH ? MJL_PSK_OF_BRANCH : MJL_OK;
}

/* §12.1.7: it must parse; that all members support it is seen on the tree after the list. */
static mjl_result check_extensions(mjl_bytes extensions)
{
    mjl_bytes data;
    if (mjl_mls_extensions_find(extensions, MJL_MLS_EXTENSION_REQUIRED_CAPABILITIES, &data) !=
        MJL_OK)
        return MJL_OK;
    mjl_mls_required_capabilities required;
    const mjl_result result = mjl_mls_required_capabilities_parse(data, &required);
    return result;
}

/* §12.1.5 */
static mjl_result check_reinit(const mjl_mls_reinit *reinit)
{
    return reinit->version < MJL_MLS_VERSION_10 ? MJL_REINIT_VERSION : MJL_OK;
}

static bool is_removed(const mjl_mls_proposal_list *list, uint32_t leaf)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].proposal.type == MJL_MLS_PROPOSAL_REMOVE &&
            list->items[i].proposal.remove == leaf)
            return true;
    return false;
}

/* §12.2: whoever processes the commit supports its custom types; who leaves or comes need not. */
static mjl_result check_custom(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list,
                               uint16_t type)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(rules->tree);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(rules->tree, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(rules->tree, i + 1)) {
        const mjl_mls_leaf_node leaf =
            mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(rules->tree, i));
        if (mjl_mls_leaf_node_supports_proposal(&leaf, type)) continue;
        if (!is_removed(list, i)) return MJL_PROPOSAL_UNSUPPORTED;
    }
    return MJL_OK;
}

/* §12.1.8: whoever may not open a message to us may not have one in a commit either. */
static mjl_result check_sender(const mjl_mls_list_rules *rules, const mjl_mls_listed_proposal *item)
{
    if (!item->by_reference) return MJL_OK; /* The committer, who was let in. */
    if (!mjl_mls_sender_is_allowed(rules->allowed, item->sender.type)) return MJL_NOT_ALLOWED;
    return mjl_mls_outside_may_propose(item->sender.type, item->proposal.type);
}

static mjl_result check_one(const mjl_mls_list_rules *rules, const mjl_mls_leaf_rules *leaf_rules,
                            const mjl_mls_proposal_list *list, const mjl_mls_listed_proposal *item)
{
    const mjl_mls_proposal *proposal = &item->proposal;
    const mjl_result allowed = check_sender(rules, item);
    if (allowed != MJL_OK) return allowed;
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
        return check_add(rules, leaf_rules, proposal);
    case MJL_MLS_PROPOSAL_UPDATE:
        return check_update(rules, leaf_rules, item);
    case MJL_MLS_PROPOSAL_REMOVE:
        return check_remove(rules, proposal->remove);
    case MJL_MLS_PROPOSAL_PSK:
        return check_psk(rules, &proposal->psk);
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        return check_extensions(proposal->extensions);
    case MJL_MLS_PROPOSAL_REINIT:
        return check_reinit(&proposal->reinit);
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT: /* §12.2: only in external commits. */
        return rules->is_external ? MJL_OK : MJL_EXTERNAL_INIT_INSIDE;
    default:
        return check_custom(rules, list, proposal->type);
    }
}

/* ---- Rules for the list (§12.2) ---- */

static mjl_result check_counts(const mjl_mls_proposal_list *list)
{
    if (mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS) > 1)
        return MJL_CONTEXT_EXTENSIONS_TWICE;
    if (mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_REINIT) != 0 && list->count > 1)
        return MJL_REINIT_NOT_ALONE;
    return MJL_OK;
}

/* Which leaf an Update or Remove is about. */
static bool targets(const mjl_mls_listed_proposal *item, uint32_t *leaf)
{
    if (item->proposal.type == MJL_MLS_PROPOSAL_UPDATE) {
        *leaf = item->sender.index;
        return true;
    }
    if (item->proposal.type == MJL_MLS_PROPOSAL_REMOVE) {
        *leaf = item->proposal.remove;
        return true;
    }
    return false;
}

/* At most one Update or Remove for each leaf. A leaf that stands in the tree bounds the bits. */
static mjl_result check_targets(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(rules->tree);
    bool *seen = calloc(width, sizeof *seen);
    if (seen == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < list->count; i++) {
        uint32_t leaf;
        if (!targets(&list->items[i], &leaf)) continue;
        if (leaf >= width) continue; /* There is nobody: refused by its own rule. */
        if (seen[leaf]) result = MJL_LEAF_CHANGED_TWICE;
        seen[leaf] = true;
    }
    free(seen);
    return result;
}

/* No PreSharedKeyID twice. Their number is bounded. */
static mjl_result check_psks(const mjl_mls_proposal_list *list)
{
    if (mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_PSK) > MJL_MLS_PSKS_COUNT_MAX)
        return MJL_TOO_LARGE;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].proposal.type != MJL_MLS_PROPOSAL_PSK) continue;
        for (size_t j = i + 1; j < list->count; j++)
            if (list->items[j].proposal.type == MJL_MLS_PROPOSAL_PSK &&
                mjl_bytes_equal(list->items[i].proposal.psk.encoded,
                                list->items[j].proposal.psk.encoded))
                return MJL_PSK_TWICE;
    }
    return MJL_OK;
}

/* Whether a client is a member and stays one. */
static bool is_member(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list,
                      const mjl_mls_leaf_node *client)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(rules->tree);
    for (uint32_t i = mjl_mls_ratchet_tree_next_leaf(rules->tree, 0); i < width;
         i = mjl_mls_ratchet_tree_next_leaf(rules->tree, i + 1)) {
        const mjl_mls_leaf_node leaf =
            mjl_mls_leaf_content_view(mjl_mls_ratchet_tree_leaf(rules->tree, i));
        if (!is_removed(list, i) && mjl_mls_leaf_policy_is_same(rules->policy, &leaf, client))
            return true;
    }
    return false;
}

/* Nobody is added twice or again, as the application tells clients apart. Without its word they are
   told apart by their keys, on the tree after the list. */
static mjl_result check_clients(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list)
{
    if (rules->policy == NULL || rules->policy->same_client == NULL) return MJL_OK;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].proposal.type != MJL_MLS_PROPOSAL_ADD) continue;
        const mjl_mls_leaf_node *client = &list->items[i].proposal.add.leaf;
        if (is_member(rules, list, client)) return MJL_MEMBER_ADDED;
        for (size_t j = 0; j < i; j++)
            if (list->items[j].proposal.type == MJL_MLS_PROPOSAL_ADD &&
                mjl_mls_leaf_policy_is_same(rules->policy, &list->items[j].proposal.add.leaf,
                                            client))
                return MJL_ADDED_TWICE;
    }
    return MJL_OK;
}

/* §12.2, §12.4.3.2: what a newcomer's commit may hold. It names none by reference: proposal_list.c
   reads none. */
static mjl_result check_external(const mjl_mls_proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const uint16_t type = list->items[i].proposal.type;
        if (type != MJL_MLS_PROPOSAL_EXTERNAL_INIT && type != MJL_MLS_PROPOSAL_REMOVE &&
            type != MJL_MLS_PROPOSAL_PSK)
            return MJL_EXTERNAL_PROPOSAL;
    }
    if (mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_EXTERNAL_INIT) != 1)
        return MJL_EXTERNAL_INIT_COUNT;
    if (mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_REMOVE) > 1)
        return MJL_EXTERNAL_REMOVES_TWO;
    return MJL_OK;
}

mjl_result mjl_mls_proposal_list_check(const mjl_mls_list_rules *rules,
                                       const mjl_mls_proposal_list *list)
{
    mjl_result result = rules->is_external ? check_external(list) : MJL_OK;
    if (result == MJL_OK) result = check_counts(list);
    if (result == MJL_OK) result = check_targets(rules, list);
    if (result == MJL_OK) result = check_psks(list);
    if (result == MJL_OK) result = check_clients(rules, list);
    const mjl_mls_leaf_rules leaf_rules = {rules->suite, rules->group_id,
                                           mjl_mls_proposal_list_extensions(rules, list)};
    for (size_t i = 0; result == MJL_OK && i < list->count; i++)
        result = check_one(rules, &leaf_rules, list, &list->items[i]);
    return result;
}
