#include "memory_tree.h"

static int compare(const mjl_memory_record *record, mjl_store_place place)
{
    return mjl_store_place_compare(mjl_memory_record_place(record), place);
}

/* xorshift64: fit for the shape of a tree, for no key. */
static uint64_t next_rank(mjl_memory_tree *tree)
{
    tree->chance ^= tree->chance << 13;
    tree->chance ^= tree->chance >> 7;
    tree->chance ^= tree->chance << 17;
    return tree->chance;
}

mjl_memory_record *mjl_memory_tree_find(const mjl_memory_tree *tree, mjl_store_place place)
{
    mjl_memory_record *at = tree->root;
    while (at != NULL) {
        const int order = compare(at, place);
        if (order == 0) break;
        at = order < 0 ? at->right : at->left;
    }
    return at;
}

/* What is below `place` to `left`, what is above it to `right`. */
static void split(mjl_memory_record *root, mjl_store_place place, mjl_memory_record **left,
                  mjl_memory_record **right)
{
    while (root != NULL) {
        if (compare(root, place) < 0) {
            *left = root;
            left = &root->right;
            root = root->right;
        } else {
            *right = root;
            right = &root->left;
            root = root->left;
        }
    }
    *left = *right = NULL;
}

/* One tree of both; all of `left` is below all of `right`. */
static mjl_memory_record *merge(mjl_memory_record *left, mjl_memory_record *right)
{
    mjl_memory_record *root = NULL;
    mjl_memory_record **at = &root;
    while (left != NULL && right != NULL) {
        if (left->rank > right->rank) {
            *at = left;
            at = &left->right;
            left = left->right;
        } else {
            *at = right;
            at = &right->left;
            right = right->left;
        }
    }
    *at = left != NULL ? left : right;
    return root;
}

/* The link to what stands at the place, or to nothing where it belongs. */
static mjl_memory_record **link_to(mjl_memory_tree *tree, mjl_store_place place)
{
    mjl_memory_record **at = &tree->root;
    while (*at != NULL) {
        const int order = compare(*at, place);
        if (order == 0) break;
        at = order < 0 ? &(*at)->right : &(*at)->left;
    }
    return at;
}

static void insert(mjl_memory_tree *tree, mjl_memory_record *record)
{
    const mjl_store_place place = mjl_memory_record_place(record);
    mjl_memory_record **at = &tree->root;
    record->rank = next_rank(tree);
    while (*at != NULL && (*at)->rank >= record->rank)
        at = compare(*at, place) < 0 ? &(*at)->right : &(*at)->left;
    split(*at, place, &record->left, &record->right);
    *at = record;
}

mjl_memory_record *mjl_memory_tree_put(mjl_memory_tree *tree, mjl_memory_record *record)
{
    mjl_memory_record **const at = link_to(tree, mjl_memory_record_place(record));
    mjl_memory_record *const found = *at;
    if (found == NULL) {
        insert(tree, record);
        return NULL;
    }
    record->rank = found->rank;
    record->left = found->left;
    record->right = found->right;
    *at = record;
    return found;
}

mjl_memory_record *mjl_memory_tree_take(mjl_memory_tree *tree, mjl_store_place place)
{
    mjl_memory_record **const at = link_to(tree, place);
    mjl_memory_record *const found = *at;
    if (found != NULL) *at = merge(found->left, found->right);
    return found;
}

/* The depth is logarithmic whatever the keys: twice the ideal one, and unlikely more. */
static mjl_result walk(const mjl_memory_record *at, // NOLINT(misc-no-recursion)
                       mjl_result (*visit)(void *visitor, const mjl_memory_record *record),
                       void *visitor)
{
    if (at == NULL) return MJL_OK;
    mjl_result result = walk(at->left, visit, visitor);
    if (result == MJL_OK) result = visit(visitor, at);
    return result != MJL_OK ? result : walk(at->right, visit, visitor);
}

mjl_result mjl_memory_tree_walk(const mjl_memory_tree *tree,
                                mjl_result (*visit)(void *visitor, const mjl_memory_record *record),
                                void *visitor)
{
    return walk(tree->root, visit, visitor);
}

void mjl_memory_tree_free_records(mjl_memory_tree *tree)
{
    while (tree->root != NULL) {
        mjl_memory_record *const root = tree->root;
        tree->root = merge(root->left, root->right);
        free(root);
    }
}
