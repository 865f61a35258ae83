#include "proposal_list.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "message.h"

/* ---- From a commit ---- */

static mjl_result look_up(const mjl_mls_epoch_view *epoch, const mjl_mls_opened *const *opened,
                          size_t opened_count, mjl_bytes reference, mjl_mls_listed_proposal *item)
{
    for (size_t i = 0; i < opened_count; i++) {
        const mjl_mls_authenticated_content *content = mjl_mls_opened_content(opened[i]);
        if (content->content.content_type != MJL_MLS_PROPOSAL) continue;
        if (content->content.epoch != epoch->epoch ||
            !mjl_bytes_equal(content->content.group_id, epoch->group_id))
            continue;
        uint8_t found[MJL_MLS_HASH_SIZE_MAX];
        const mjl_result result = mjl_mls_proposal_reference(epoch->suite, content, found);
        if (result != MJL_OK) return result;
        if (!mjl_bytes_equal(reference, mjl_bytes_of(found, epoch->suite->hash_size))) continue;
        item->sender = content->content.sender;
        return mjl_mls_proposal_parse(content->content.body, &item->proposal);
    }
    return MJL_UNKNOWN_PROPOSAL;
}

static mjl_result item_of(const mjl_mls_proposal_or_ref *read, const mjl_mls_epoch_view *epoch,
                          uint32_t committer, const mjl_mls_opened *const *opened,
                          size_t opened_count, mjl_mls_listed_proposal *item)
{
    if (read->is_reference) return look_up(epoch, opened, opened_count, read->reference, item);
    item->proposal = read->proposal;
    item->sender = (mjl_mls_sender){MJL_MLS_SENDER_MEMBER, committer};
    return MJL_OK;
}

mjl_result mjl_mls_proposal_list_of(const mjl_mls_commit_view *commit,
                                    const mjl_mls_epoch_view *epoch, uint32_t committer,
                                    const mjl_mls_opened *const *opened, size_t opened_count,
                                    mjl_mls_proposal_list *list)
{
    *list = (mjl_mls_proposal_list){0};
    if (commit->proposals_count == 0) return MJL_OK;
    list->items = calloc(commit->proposals_count, sizeof *list->items);
    if (list->items == NULL) return MJL_OUT_OF_MEMORY;
    mjl_mls_reader reader = mjl_mls_reader_of(commit->proposals);
    mjl_result result = MJL_OK;
    while (result == MJL_OK && list->count < commit->proposals_count) {
        mjl_mls_proposal_or_ref read;
        mjl_mls_proposal_or_ref_read(&reader, &read);
        assert(reader.result == MJL_OK); /* The commit was read before. */
        result = item_of(&read, epoch, committer, opened, opened_count, &list->items[list->count]);
        list->count++;
    }
    if (result != MJL_OK) mjl_mls_proposal_list_clear(list);
    return result;
}

void mjl_mls_proposal_list_clear(mjl_mls_proposal_list *list)
{
    free(list->items);
    *list = (mjl_mls_proposal_list){0};
}

bool mjl_mls_proposal_list_wants_path(const mjl_mls_proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const uint16_t type = list->items[i].proposal.type;
        if (type != MJL_MLS_PROPOSAL_ADD && type != MJL_MLS_PROPOSAL_PSK &&
            type != MJL_MLS_PROPOSAL_REINIT)
            return true;
    }
    return list->count == 0;
}

/* ---- Rules for one proposal (§12.1) ---- */

static mjl_bytes extensions_after(const mjl_mls_list_rules *rules,
                                  const mjl_mls_proposal_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].proposal.type == MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS)
            return list->items[i].proposal.extensions;
    return rules->extensions;
}

/* §12.1.1, §10.1 */
static mjl_result check_add(const mjl_mls_leaf_rules *leaf_rules, const mjl_mls_proposal *proposal)
{
    const mjl_result result = mjl_mls_key_package_check(leaf_rules->suite, &proposal->add);
    return result != MJL_OK ? result : mjl_mls_leaf_fits(leaf_rules, &proposal->add.leaf);
}

/* §12.1.2, §7.3 */
static mjl_result check_update(const mjl_mls_list_rules *rules,
                               const mjl_mls_leaf_rules *leaf_rules,
                               const mjl_mls_listed_proposal *item)
{
    const mjl_mls_leaf_node *leaf = &item->proposal.update;
    const uint32_t index = item->sender.index;
    if (index == rules->committer) return MJL_BAD_PROPOSALS; /* §12.2 */
    const mjl_mls_leaf_content *old = mjl_mls_ratchet_tree_leaf(rules->tree, index);
    if (old == NULL) return MJL_BAD_PROPOSALS;
    if (leaf->source != MJL_MLS_LEAF_UPDATE) return MJL_BAD_LEAF;
    if (mjl_bytes_equal(old->view.encryption_key, leaf->encryption_key)) return MJL_BAD_LEAF;
    const mjl_result result = mjl_mls_leaf_fits(leaf_rules, leaf);
    const mjl_mls_leaf_place place = {rules->group_id, index};
    return result != MJL_OK ? result : mjl_mls_leaf_node_verify(rules->suite, leaf, &place);
}

/* §12.1.3, and nobody removes itself (§12.2). */
static mjl_result check_remove(const mjl_mls_list_rules *rules, uint32_t leaf)
{
    if (leaf == rules->committer) return MJL_BAD_PROPOSALS;
    return mjl_mls_ratchet_tree_leaf(rules->tree, leaf) == NULL ? MJL_BAD_PROPOSALS : MJL_OK;
}

/* §12.1.4: outside of re-initialisation and branching, which bring their own Welcome. */
static mjl_result check_psk(const mjl_mls_list_rules *rules, const mjl_mls_psk_id *id)
{
    if (id->nonce.size != rules->suite->hash_size) return MJL_BAD_PROPOSALS;
    const bool is_plain = id->type == MJL_MLS_PSK_EXTERNAL || id->usage == MJL_MLS_PSK_APPLICATION;
    return is_plain ? MJL_OK : MJL_BAD_PROPOSALS;
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

static mjl_result check_one(const mjl_mls_list_rules *rules, const mjl_mls_leaf_rules *leaf_rules,
                            const mjl_mls_listed_proposal *item)
{
    const mjl_mls_proposal *proposal = &item->proposal;
    if (item->sender.type != MJL_MLS_SENDER_MEMBER) return MJL_NOT_ALLOWED;
    switch (proposal->type) {
    case MJL_MLS_PROPOSAL_ADD:
        return check_add(leaf_rules, proposal);
    case MJL_MLS_PROPOSAL_UPDATE:
        return check_update(rules, leaf_rules, item);
    case MJL_MLS_PROPOSAL_REMOVE:
        return check_remove(rules, proposal->remove);
    case MJL_MLS_PROPOSAL_PSK:
        return check_psk(rules, &proposal->psk);
    case MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS:
        return check_extensions(proposal->extensions);
    case MJL_MLS_PROPOSAL_REINIT:
        return MJL_UNSUPPORTED;
    case MJL_MLS_PROPOSAL_EXTERNAL_INIT: /* §12.2: only in external commits. */
        return MJL_BAD_PROPOSALS;
    default:
        return MJL_UNSUPPORTED;
    }
}

/* ---- Rules for the list (§12.2) ---- */

static size_t count_of(const mjl_mls_proposal_list *list, uint16_t type)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].proposal.type == type) count++;
    return count;
}

static mjl_result check_counts(const mjl_mls_proposal_list *list)
{
    if (count_of(list, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS) > 1) return MJL_BAD_PROPOSALS;
    if (count_of(list, MJL_MLS_PROPOSAL_REINIT) != 0 && list->count > 1) return MJL_BAD_PROPOSALS;
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
        if (leaf >= width || seen[leaf]) {
            result = MJL_BAD_PROPOSALS;
        } else {
            seen[leaf] = true;
        }
    }
    free(seen);
    return result;
}

/* No PreSharedKeyID twice. Their number is bounded. */
static mjl_result check_psks(const mjl_mls_proposal_list *list)
{
    if (count_of(list, MJL_MLS_PROPOSAL_PSK) > MJL_MLS_PSKS_COUNT_MAX) return MJL_TOO_LARGE;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].proposal.type != MJL_MLS_PROPOSAL_PSK) continue;
        for (size_t j = i + 1; j < list->count; j++)
            if (list->items[j].proposal.type == MJL_MLS_PROPOSAL_PSK &&
                mjl_bytes_equal(list->items[i].proposal.psk.encoded,
                                list->items[j].proposal.psk.encoded))
                return MJL_BAD_PROPOSALS;
    }
    return MJL_OK;
}

mjl_result mjl_mls_proposal_list_check(const mjl_mls_list_rules *rules,
                                       const mjl_mls_proposal_list *list)
{
    mjl_result result = check_counts(list);
    if (result == MJL_OK) result = check_targets(rules, list);
    if (result == MJL_OK) result = check_psks(list);
    const mjl_mls_leaf_rules leaf_rules = {rules->suite, rules->group_id,
                                           extensions_after(rules, list)};
    for (size_t i = 0; result == MJL_OK && i < list->count; i++)
        result = check_one(rules, &leaf_rules, &list->items[i]);
    return result;
}

/* ---- Applying (§12.3) ---- */

static mjl_result leaf_put(mjl_mls_ratchet_tree *tree, uint32_t leaf, mjl_bytes encoded)
{
    mjl_mls_leaf_content *content;
    const mjl_result result = mjl_mls_leaf_content_new(encoded, &content);
    return result != MJL_OK ? result : mjl_mls_ratchet_tree_set_leaf(tree, leaf, content);
}

static mjl_result apply_update(mjl_mls_applied *applied, const mjl_mls_listed_proposal *item)
{
    const uint32_t leaf = item->sender.index;
    const mjl_result result =
        mjl_mls_ratchet_tree_blank_path(&applied->tree, leaf, MJL_MLS_TREE_KEEP_LEAF);
    if (result != MJL_OK) return result;
    return leaf_put(&applied->tree, leaf, item->proposal.update.encoded);
}

static mjl_result apply_remove(mjl_mls_applied *applied, const mjl_mls_listed_proposal *item)
{
    applied->removed[applied->removed_count++] = item->proposal.remove;
    return mjl_mls_ratchet_tree_blank_path(&applied->tree, item->proposal.remove,
                                           MJL_MLS_TREE_BLANK_LEAF);
}

static mjl_result apply_add(mjl_mls_applied *applied, const mjl_mls_listed_proposal *item)
{
    mjl_mls_ratchet_tree *tree = &applied->tree;
    const uint32_t leaf = mjl_mls_ratchet_tree_leftmost_blank(tree);
    mjl_result result = MJL_OK;
    if (leaf == mjl_mls_ratchet_tree_width(tree)) result = mjl_mls_ratchet_tree_extend(tree);
    if (result == MJL_OK) result = mjl_mls_ratchet_tree_unmerge(tree, leaf);
    if (result != MJL_OK) return result;
    applied->added[applied->added_count++] = leaf;
    return leaf_put(tree, leaf, item->proposal.add.leaf.encoded);
}

typedef mjl_result apply_function(mjl_mls_applied *applied, const mjl_mls_listed_proposal *item);

static mjl_result apply_all(mjl_mls_applied *applied, const mjl_mls_proposal_list *list,
                            uint16_t type, apply_function *apply)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < list->count; i++)
        if (list->items[i].proposal.type == type) result = apply(applied, &list->items[i]);
    return result;
}

static int compare_leaves(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static mjl_result apply_in_order(mjl_mls_applied *applied, const mjl_mls_proposal_list *list)
{
    mjl_result result = apply_all(applied, list, MJL_MLS_PROPOSAL_UPDATE, apply_update);
    if (result == MJL_OK) result = apply_all(applied, list, MJL_MLS_PROPOSAL_REMOVE, apply_remove);
    if (result != MJL_OK) return result;
    if (applied->removed_count > 1)
        qsort(applied->removed, applied->removed_count, sizeof(uint32_t), compare_leaves);
    mjl_mls_ratchet_tree_truncate(&applied->tree);
    return apply_all(applied, list, MJL_MLS_PROPOSAL_ADD, apply_add);
}

/* Only what the list changed is looked at; the tree before it was right. */
static mjl_result check_outcome(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list,
                                const mjl_mls_applied *applied)
{
    mjl_result result = MJL_OK;
    const bool has_new_leaves =
        applied->added_count != 0 || count_of(list, MJL_MLS_PROPOSAL_UPDATE) != 0;
    if (has_new_leaves) {
        result = mjl_mls_tree_check_keys_unique(&applied->tree);
        if (result == MJL_BAD_TREE) result = MJL_BAD_PROPOSALS;
        if (result == MJL_OK) result = mjl_mls_tree_check_credentials(&applied->tree);
    }
    if (result == MJL_OK && count_of(list, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS) != 0) {
        const mjl_mls_leaf_rules leaf_rules = {rules->suite, rules->group_id, applied->extensions};
        result = mjl_mls_tree_check_leaves(&leaf_rules, &applied->tree, MJL_MLS_TRUST);
    }
    return result;
}

mjl_result mjl_mls_proposal_list_apply(const mjl_mls_list_rules *rules,
                                       const mjl_mls_proposal_list *list, mjl_mls_applied *applied)
{
    *applied = (mjl_mls_applied){.tree = mjl_mls_ratchet_tree_share(rules->tree),
                                 .extensions = extensions_after(rules, list)};
    applied->added = malloc((list->count + 1) * sizeof *applied->added);
    applied->removed = malloc((list->count + 1) * sizeof *applied->removed);
    mjl_result result =
        applied->added == NULL || applied->removed == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
    if (result == MJL_OK) result = apply_in_order(applied, list);
    if (result == MJL_OK) result = check_outcome(rules, list, applied);
    if (result != MJL_OK) mjl_mls_applied_clear(applied);
    return result;
}

void mjl_mls_applied_clear(mjl_mls_applied *applied)
{
    mjl_mls_ratchet_tree_clear(&applied->tree);
    free(applied->added);
    free(applied->removed);
    *applied = (mjl_mls_applied){0};
}

mjl_mls_leaf_list mjl_mls_applied_new_leaves(const mjl_mls_applied *applied)
{
    const mjl_mls_leaf_list list = {applied->added, applied->added_count};
    return list;
}

/* ---- PSKs ---- */

static bool is_of_epoch(const mjl_mls_psk_id *id, const mjl_mls_epoch_view *epoch)
{
    return epoch != NULL && id->type == MJL_MLS_PSK_RESUMPTION && id->epoch == epoch->epoch &&
           mjl_bytes_equal(id->group_id, epoch->group_id);
}

mjl_result mjl_mls_psk_look_up(const mjl_mls_known_psks *known, const mjl_mls_psk_id *id,
                               mjl_bytes *secret)
{
    if (is_of_epoch(id, known->epoch)) {
        *secret =
            mjl_bytes_of(known->epoch->secrets->resumption_psk, known->epoch->suite->hash_size);
        return MJL_OK;
    }
    for (size_t i = 0; i < known->count; i++) {
        if (!mjl_bytes_equal(known->psks[i].id, id->encoded_without_nonce)) continue;
        *secret = known->psks[i].secret;
        return MJL_OK;
    }
    return MJL_UNKNOWN_PSK;
}

mjl_result mjl_mls_proposal_list_psk_secret(const mjl_mls_suite *suite,
                                            const mjl_mls_proposal_list *list,
                                            const mjl_mls_known_psks *known, uint8_t *psk_secret)
{
    mjl_mls_psk_input inputs[MJL_MLS_PSKS_COUNT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].proposal.type != MJL_MLS_PROPOSAL_PSK) continue;
        const mjl_mls_psk_id *id = &list->items[i].proposal.psk;
        assert(count < MJL_MLS_PSKS_COUNT_MAX); /* The list was checked. */
        inputs[count].id = id->encoded;
        const mjl_result result = mjl_mls_psk_look_up(known, id, &inputs[count++].secret);
        if (result != MJL_OK) return result;
    }
    return mjl_mls_psk_secret(suite, inputs, count, psk_secret);
}
