/*
 * What a list of proposals changes (RFC 9420 §12.3), and whether the outcome is a group.
 */
#include <stdlib.h>

#include "proposal_list.h"

static mjl_result leaf_put(mjl_mls_ratchet_tree *tree, uint32_t leaf, mjl_bytes encoded)
{
    mjl_mls_leaf_content *content;
    const mjl_result result = mjl_mls_leaf_content_new(encoded, &content);
    return result != MJL_OK ? result : mjl_mls_ratchet_tree_set_leaf(tree, leaf, content);
}

static mjl_result apply_update(mjl_mls_applied *applied, const mjl_mls_listed_proposal *item)
{
    const uint32_t leaf = item->sender.index;
    applied->updated[applied->updated_count++] = leaf;
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

static void leaves_sort(uint32_t *leaves, size_t count)
{
    if (count > 1) qsort(leaves, count, sizeof *leaves, compare_leaves);
}

static mjl_bytes reinit_of(const mjl_mls_proposal_list *list)
{
    enum { TYPE_SIZE = 2 };
    for (size_t i = 0; i < list->count; i++) {
        const mjl_mls_proposal *proposal = &list->items[i].proposal;
        if (proposal->type != MJL_MLS_PROPOSAL_REINIT) continue;
        return mjl_bytes_of(proposal->encoded.data + TYPE_SIZE, proposal->encoded.size - TYPE_SIZE);
    }
    return mjl_bytes_of(NULL, 0);
}

static mjl_result apply_in_order(mjl_mls_applied *applied, const mjl_mls_proposal_list *list)
{
    mjl_result result = apply_all(applied, list, MJL_MLS_PROPOSAL_UPDATE, apply_update);
    if (result == MJL_OK) result = apply_all(applied, list, MJL_MLS_PROPOSAL_REMOVE, apply_remove);
    if (result != MJL_OK) return result;
    leaves_sort(applied->removed, applied->removed_count);
    leaves_sort(applied->updated, applied->updated_count);
    mjl_mls_ratchet_tree_truncate(&applied->tree);
    return apply_all(applied, list, MJL_MLS_PROPOSAL_ADD, apply_add);
}

/* Only what the list changed is looked at; the tree before it was right. */
static mjl_result check_outcome(const mjl_mls_list_rules *rules, const mjl_mls_proposal_list *list,
                                const mjl_mls_applied *applied)
{
    mjl_result result = mjl_mls_tree_check_new_keys_unique(&applied->tree, applied->updated,
                                                           applied->updated_count);
    if (result == MJL_OK)
        result = mjl_mls_tree_check_new_keys_unique(&applied->tree, applied->added,
                                                    applied->added_count);
    if (result == MJL_OK) result = mjl_mls_tree_check_credentials(&applied->tree);
    if (result == MJL_OK &&
        mjl_mls_proposal_list_count(list, MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS) != 0) {
        const mjl_mls_leaf_rules leaf_rules = {rules->suite, rules->group_id, applied->extensions};
        result = mjl_mls_tree_check_leaves(&leaf_rules, &applied->tree, MJL_MLS_TRUST);
    }
    return result;
}

mjl_result mjl_mls_proposal_list_apply(const mjl_mls_list_rules *rules,
                                       const mjl_mls_proposal_list *list, mjl_mls_applied *applied)
{
    *applied = (mjl_mls_applied){.tree = mjl_mls_ratchet_tree_share(rules->tree),
                                 .extensions = mjl_mls_proposal_list_extensions(rules, list),
                                 .reinit = reinit_of(list)};
    applied->added = malloc((list->count + 1) * sizeof *applied->added);
    applied->removed = malloc((list->count + 1) * sizeof *applied->removed);
    applied->updated = malloc((list->count + 1) * sizeof *applied->updated);
    const bool has_room =
        applied->added != NULL && applied->removed != NULL && applied->updated != NULL;
    mjl_result result = has_room ? MJL_OK : MJL_OUT_OF_MEMORY;
    if (result == MJL_OK) result = apply_in_order(applied, list);
    if (result == MJL_OK) result = check_outcome(rules, list, applied);
    if (result != MJL_OK) mjl_mls_applied_clear(applied);
    return result;
}

mjl_result mjl_mls_applied_seat(mjl_mls_applied *applied, uint32_t *leaf)
{
    *leaf = mjl_mls_ratchet_tree_leftmost_blank(&applied->tree);
    if (*leaf != mjl_mls_ratchet_tree_width(&applied->tree)) return MJL_OK;
    return mjl_mls_ratchet_tree_extend(&applied->tree);
}

void mjl_mls_applied_clear(mjl_mls_applied *applied)
{
    mjl_mls_ratchet_tree_clear(&applied->tree);
    free(applied->added);
    free(applied->removed);
    free(applied->updated);
    *applied = (mjl_mls_applied){0};
}

mjl_mls_leaf_list mjl_mls_applied_new_leaves(const mjl_mls_applied *applied)
{
    const mjl_mls_leaf_list list = {applied->added, applied->added_count};
    return list;
}
