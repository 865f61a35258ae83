#include "ratchet_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { UNMERGED_SIZE = 4 }; /* uint32 */

/* ---- Contents ---- */

mjl_result mjl_mls_leaf_content_new(mjl_bytes encoded, mjl_mls_leaf_content **leaf)
{
    mjl_mls_leaf_content *made = malloc(sizeof *made + encoded.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    uint8_t *room = (uint8_t *)(made + 1);
    if (encoded.size != 0) memcpy(room, encoded.data, encoded.size);
    made->references = 1;
    made->encoded = mjl_bytes_of(room, encoded.size);
    const mjl_result result = mjl_mls_leaf_node_parse(made->encoded, &made->view);
    if (result != MJL_OK) {
        free(made);
        return result;
    }
    *leaf = made;
    return MJL_OK;
}

static uint8_t *copy(uint8_t *to, mjl_bytes from)
{
    if (from.size != 0) memcpy(to, from.data, from.size);
    return to + from.size;
}

mjl_result mjl_mls_parent_content_new(mjl_bytes encryption_key, mjl_bytes parent_hash,
                                      mjl_bytes unmerged, mjl_mls_parent_content **parent)
{
    if (encryption_key.size > MJL_MLS_KEM_PUBLIC_SIZE_MAX) return MJL_TOO_LARGE;
    if (parent_hash.size > MJL_MLS_HASH_SIZE_MAX) return MJL_TOO_LARGE;
    if (unmerged.size % UNMERGED_SIZE != 0) return MJL_MALFORMED;
    if (unmerged.size / UNMERGED_SIZE > MJL_MLS_LEAVES_MAX) return MJL_TOO_LARGE;
    mjl_mls_parent_content *made =
        malloc(sizeof *made + unmerged.size + encryption_key.size + parent_hash.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->references = 1;
    made->unmerged_count = (uint32_t)(unmerged.size / UNMERGED_SIZE);
    made->encryption_key_size = (uint8_t)encryption_key.size;
    made->parent_hash_size = (uint8_t)parent_hash.size;
    copy(copy(copy(made->bytes, unmerged), encryption_key), parent_hash);
    *parent = made;
    return MJL_OK;
}

void mjl_mls_leaf_content_release(mjl_mls_leaf_content *leaf)
{
    if (leaf != NULL && --leaf->references == 0) free(leaf);
}

void mjl_mls_parent_content_release(mjl_mls_parent_content *parent)
{
    if (parent != NULL && --parent->references == 0) free(parent);
}

static void content_retain(const mjl_mls_tree_node *node)
{
    if (node->kind == MJL_MLS_NODE_LEAF) node->content.leaf->references++;
    if (node->kind == MJL_MLS_NODE_PARENT) node->content.parent->references++;
}

static void content_blank(mjl_mls_tree_node *node)
{
    if (node->kind == MJL_MLS_NODE_LEAF) mjl_mls_leaf_content_release(node->content.leaf);
    if (node->kind == MJL_MLS_NODE_PARENT) mjl_mls_parent_content_release(node->content.parent);
    node->kind = MJL_MLS_NODE_BLANK;
    node->content.leaf = NULL;
}

/* ---- Nodes ---- */

static mjl_mls_tree_node *void_new(uint8_t hash_size, uint8_t level)
{
    mjl_mls_tree_node *node = calloc(1, sizeof *node + hash_size);
    if (node == NULL) return NULL;
    node->references = 1;
    node->hash_size = hash_size;
    node->kind = MJL_MLS_NODE_BLANK;
    node->level = level;
    return node;
}

/* At most MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
static void node_release(mjl_mls_tree_node *node)
{
    if (node == NULL || --node->references != 0) return;
    content_blank(node);
    node_release(node->left);
    node_release(node->right);
    free(node);
}

static mjl_mls_tree_node *node_clone(const mjl_mls_tree_node *node)
{
    const size_t size = sizeof *node + node->hash_size;
    mjl_mls_tree_node *clone = malloc(size);
    if (clone == NULL) return NULL;
    memcpy(clone, node, size);
    clone->references = 1;
    content_retain(clone);
    if (clone->left != NULL) {
        clone->left->references++;
        clone->right->references++;
    }
    return clone;
}

/* Makes the node at `place` ours alone, so that it may be changed. */
static mjl_result node_own(mjl_mls_tree_node **place)
{
    if ((*place)->references != 1) {
        mjl_mls_tree_node *clone = node_clone(*place);
        if (clone == NULL) return MJL_OUT_OF_MEMORY;
        node_release(*place);
        *place = clone;
    }
    (*place)->hash_known = false;
    return MJL_OK;
}

static mjl_result node_split_void(mjl_mls_tree_node *node)
{
    if (node->left != NULL) return MJL_OK;
    mjl_mls_tree_node *left = void_new(node->hash_size, (uint8_t)(node->level - 1));
    mjl_mls_tree_node *right = void_new(node->hash_size, (uint8_t)(node->level - 1));
    if (left == NULL || right == NULL) {
        free(left);
        free(right);
        return MJL_OUT_OF_MEMORY;
    }
    node->left = left;
    node->right = right;
    return MJL_OK;
}

/* Recomputes what a node says of its subtree; a subtree that became empty becomes void. */
static void node_summarise(mjl_mls_tree_node *node)
{
    const bool own = node->kind != MJL_MLS_NODE_BLANK;
    if (node->level == 0) {
        node->members = own ? 1 : 0;
        node->filled = own;
        return;
    }
    const mjl_mls_tree_node *left = node->left, *right = node->right;
    node->members = left == NULL ? 0 : left->members + right->members;
    node->filled = own || (left != NULL && (left->filled || right->filled));
    if (node->filled) return;
    node_release(node->left);
    node_release(node->right);
    node->left = node->right = NULL;
}

/* The nodes from the root down to one place, by level. */
typedef struct owned_path {
    mjl_mls_tree_node *at[MJL_MLS_TREE_DEPTH_MAX + 1];
} owned_path;

static mjl_result path_own(mjl_mls_ratchet_tree *tree, uint32_t leaf, uint8_t level,
                           owned_path *path)
{
    assert(leaf < mjl_mls_ratchet_tree_width(tree));
    assert(level <= tree->root->level);
    mjl_mls_tree_node **place = &tree->root;
    for (;;) {
        mjl_result result = node_own(place);
        if (result != MJL_OK) return result;
        mjl_mls_tree_node *node = *place;
        path->at[node->level] = node;
        if (node->level == level) return MJL_OK;
        result = node_split_void(node);
        if (result != MJL_OK) return result;
        place = (leaf >> (node->level - 1)) & 1 ? &node->right : &node->left;
    }
}

static void path_summarise(const mjl_mls_ratchet_tree *tree, const owned_path *path, uint8_t level)
{
    for (uint8_t i = level; i <= tree->root->level; i++)
        node_summarise(path->at[i]);
}

/* ---- Making and sharing ---- */

mjl_result mjl_mls_ratchet_tree_init(mjl_mls_ratchet_tree *tree, const mjl_mls_suite *suite,
                                     uint8_t level)
{
    assert(level <= MJL_MLS_TREE_DEPTH_MAX);
    tree->root = void_new((uint8_t)suite->hash_size, level);
    return tree->root == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

mjl_mls_ratchet_tree mjl_mls_ratchet_tree_share(const mjl_mls_ratchet_tree *tree)
{
    tree->root->references++;
    return *tree;
}

void mjl_mls_ratchet_tree_clear(mjl_mls_ratchet_tree *tree)
{
    node_release(tree->root);
    tree->root = NULL;
}

/* ---- Reading ---- */

uint32_t mjl_mls_ratchet_tree_width(const mjl_mls_ratchet_tree *tree)
{
    return UINT32_C(1) << tree->root->level;
}

const mjl_mls_tree_node *mjl_mls_ratchet_tree_above(const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                    uint8_t level)
{
    assert(leaf < mjl_mls_ratchet_tree_width(tree));
    assert(level <= tree->root->level);
    const mjl_mls_tree_node *node = tree->root;
    while (node->level > level && node->left != NULL)
        node = (leaf >> (node->level - 1)) & 1 ? node->right : node->left;
    return node;
}

const mjl_mls_leaf_content *mjl_mls_ratchet_tree_leaf(const mjl_mls_ratchet_tree *tree,
                                                      uint32_t leaf)
{
    if (leaf >= mjl_mls_ratchet_tree_width(tree)) return NULL;
    const mjl_mls_tree_node *node = mjl_mls_ratchet_tree_above(tree, leaf, 0);
    return node->kind == MJL_MLS_NODE_LEAF ? node->content.leaf : NULL;
}

const mjl_mls_parent_content *mjl_mls_ratchet_tree_parent(const mjl_mls_ratchet_tree *tree,
                                                          uint32_t leaf, uint8_t level)
{
    if (leaf >= mjl_mls_ratchet_tree_width(tree) || level > tree->root->level) return NULL;
    const mjl_mls_tree_node *node = mjl_mls_ratchet_tree_above(tree, leaf, level);
    return node->kind == MJL_MLS_NODE_PARENT && node->level == level ? node->content.parent : NULL;
}

uint32_t mjl_mls_ratchet_tree_next_leaf(const mjl_mls_ratchet_tree *tree, uint32_t from)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    while (from < width) {
        const mjl_mls_tree_node *node = tree->root;
        while (node->members != 0 && node->level != 0)
            node = (from >> (node->level - 1)) & 1 ? node->right : node->left;
        if (node->members != 0) return from;
        from = ((from >> node->level) + 1) << node->level;
    }
    return width;
}

uint32_t mjl_mls_ratchet_tree_leftmost_blank(const mjl_mls_ratchet_tree *tree)
{
    const mjl_mls_tree_node *node = tree->root;
    if (node->members == mjl_mls_ratchet_tree_width(tree)) return mjl_mls_ratchet_tree_width(tree);
    uint32_t first = 0;
    while (node->left != NULL) {
        const uint32_t half = UINT32_C(1) << (node->level - 1);
        const bool left_is_full = node->left->members == half;
        if (left_is_full) first += half;
        node = left_is_full ? node->right : node->left;
    }
    return first;
}

mjl_bytes mjl_mls_parent_content_key(const mjl_mls_parent_content *parent)
{
    return mjl_bytes_of(parent->bytes + (size_t)parent->unmerged_count * UNMERGED_SIZE,
                        parent->encryption_key_size);
}

mjl_bytes mjl_mls_parent_content_hash(const mjl_mls_parent_content *parent)
{
    const mjl_bytes key = mjl_mls_parent_content_key(parent);
    return mjl_bytes_of(key.data + key.size, parent->parent_hash_size);
}

mjl_bytes mjl_mls_parent_content_unmerged(const mjl_mls_parent_content *parent)
{
    return mjl_bytes_of(parent->bytes, (size_t)parent->unmerged_count * UNMERGED_SIZE);
}

uint32_t mjl_mls_parent_content_unmerged_at(const mjl_mls_parent_content *parent, uint32_t i)
{
    assert(i < parent->unmerged_count);
    const uint8_t *at = parent->bytes + (size_t)i * UNMERGED_SIZE;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t mjl_mls_parent_content_unmerged_before(const mjl_mls_parent_content *parent, uint32_t leaf)
{
    uint32_t low = 0, high = parent->unmerged_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (mjl_mls_parent_content_unmerged_at(parent, middle) < leaf) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mjl_mls_parent_content_has_unmerged(const mjl_mls_parent_content *parent, uint32_t leaf)
{
    const uint32_t at = mjl_mls_parent_content_unmerged_before(parent, leaf);
    return at < parent->unmerged_count && mjl_mls_parent_content_unmerged_at(parent, at) == leaf;
}

mjl_mls_tree_walk mjl_mls_tree_walk_of(const mjl_mls_ratchet_tree *tree)
{
    mjl_mls_tree_walk walk = {.waiting = {{tree->root, 0}}, .count = 1};
    return walk;
}

bool mjl_mls_tree_walk_next(mjl_mls_tree_walk *walk, mjl_mls_tree_place *place)
{
    while (walk->count != 0) {
        const mjl_mls_tree_place here = walk->waiting[--walk->count];
        if (!here.node->filled) continue;
        if (here.node->left != NULL) {
            const uint32_t half = UINT32_C(1) << (here.node->level - 1);
            walk->waiting[walk->count++] =
                (mjl_mls_tree_place){here.node->right, here.first + half};
            walk->waiting[walk->count++] = (mjl_mls_tree_place){here.node->left, here.first};
        }
        if (here.node->kind == MJL_MLS_NODE_BLANK) continue;
        *place = here;
        return true;
    }
    return false;
}

/* ---- Editing ---- */

mjl_result mjl_mls_ratchet_tree_set_leaf(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                         mjl_mls_leaf_content *content)
{
    owned_path path;
    const mjl_result result = path_own(tree, leaf, 0, &path);
    if (result != MJL_OK) {
        mjl_mls_leaf_content_release(content);
        return result;
    }
    content_blank(path.at[0]);
    path.at[0]->kind = MJL_MLS_NODE_LEAF;
    path.at[0]->content.leaf = content;
    path_summarise(tree, &path, 0);
    return MJL_OK;
}

mjl_result mjl_mls_ratchet_tree_set_parent(mjl_mls_ratchet_tree *tree, uint32_t leaf, uint8_t level,
                                           mjl_mls_parent_content *content)
{
    assert(level != 0);
    owned_path path;
    mjl_result result = path_own(tree, leaf, level, &path);
    if (result == MJL_OK) result = node_split_void(path.at[level]); /* Filled: has children. */
    if (result != MJL_OK) {
        mjl_mls_parent_content_release(content);
        return result;
    }
    content_blank(path.at[level]);
    path.at[level]->kind = MJL_MLS_NODE_PARENT;
    path.at[level]->content.parent = content;
    path_summarise(tree, &path, level);
    return MJL_OK;
}

mjl_result mjl_mls_ratchet_tree_blank_path(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                           mjl_mls_tree_blanking blanking)
{
    const uint8_t lowest = blanking == MJL_MLS_TREE_BLANK_LEAF ? 0 : 1;
    if (lowest > tree->root->level) return MJL_OK;
    owned_path path;
    const mjl_result result = path_own(tree, leaf, lowest, &path);
    if (result != MJL_OK) return result;
    for (uint8_t i = lowest; i <= tree->root->level; i++)
        content_blank(path.at[i]);
    path_summarise(tree, &path, lowest);
    return MJL_OK;
}

static mjl_result parent_unmerge(mjl_mls_tree_node *node, uint32_t leaf)
{
    const mjl_mls_parent_content *old = node->content.parent;
    if (mjl_mls_parent_content_has_unmerged(old, leaf)) return MJL_OK;
    const size_t size = mjl_mls_parent_content_unmerged(old).size + old->encryption_key_size +
                        old->parent_hash_size;
    mjl_mls_parent_content *made = malloc(sizeof *made + size + UNMERGED_SIZE);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    *made = *old;
    made->references = 1;
    made->unmerged_count++;
    const size_t before = (size_t)mjl_mls_parent_content_unmerged_before(old, leaf) * UNMERGED_SIZE;
    memcpy(made->bytes, old->bytes, before);
    const uint8_t encoded[UNMERGED_SIZE] = {(uint8_t)(leaf >> 24), (uint8_t)(leaf >> 16),
                                            (uint8_t)(leaf >> 8), (uint8_t)leaf};
    memcpy(made->bytes + before, encoded, UNMERGED_SIZE);
    memcpy(made->bytes + before + UNMERGED_SIZE, old->bytes + before, size - before);
    content_blank(node);
    node->kind = MJL_MLS_NODE_PARENT;
    node->content.parent = made;
    return MJL_OK;
}

mjl_result mjl_mls_ratchet_tree_unmerge(mjl_mls_ratchet_tree *tree, uint32_t leaf)
{
    if (tree->root->level == 0) return MJL_OK;
    owned_path path;
    mjl_result result = path_own(tree, leaf, 1, &path);
    for (uint8_t i = 1; result == MJL_OK && i <= tree->root->level; i++)
        if (path.at[i]->kind == MJL_MLS_NODE_PARENT) result = parent_unmerge(path.at[i], leaf);
    if (result == MJL_OK) path_summarise(tree, &path, 1);
    return result;
}

mjl_result mjl_mls_ratchet_tree_extend(mjl_mls_ratchet_tree *tree)
{
    if (tree->root->level == MJL_MLS_TREE_DEPTH_MAX) return MJL_TOO_LARGE;
    mjl_mls_tree_node *root = void_new(tree->root->hash_size, (uint8_t)(tree->root->level + 1));
    mjl_mls_tree_node *right = void_new(tree->root->hash_size, tree->root->level);
    if (root == NULL || right == NULL) {
        free(root);
        free(right);
        return MJL_OUT_OF_MEMORY;
    }
    root->left = tree->root;
    root->right = right;
    tree->root = root;
    node_summarise(root);
    return MJL_OK;
}

void mjl_mls_ratchet_tree_truncate(mjl_mls_ratchet_tree *tree)
{
    /* The analyzer does not count references: the left child keeps its own. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    while (tree->root->left != NULL && tree->root->right->members == 0) {
        mjl_mls_tree_node *root = tree->root;
        tree->root = root->left;
        tree->root->references++;
        node_release(root);
    }
}
