#include "ratchet_tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_KEPT_FROM = 4 }; /* Level. */

/* All nodes that are not filled leaves; only from level 1 on with children and contents. */
typedef struct inner_node {
    mjl_mls_tree_node node;
    mjl_mls_tree_node *left, *right; /* Both NULL: a void subtree. */
    mjl_mls_parent_content *parent;  /* NULL if blank. */
    uint8_t hash[]; /* From level HASH_KEPT_FROM on; a filter behind it where there is one. */
} inner_node;

static inner_node *inner_of(const mjl_mls_tree_node *node)
{
    assert(node->level != 0);
    return (inner_node *)node;
}

/* ---- Nodes ---- */

static size_t node_size(uint8_t hash_size, uint8_t level)
{
    if (level == 0) return sizeof(mjl_mls_tree_node);
    if (level < HASH_KEPT_FROM) return sizeof(inner_node);
    const size_t size = sizeof(inner_node) + hash_size;
    return level == MJL_MLS_FILTER_LEVEL ? size + MJL_MLS_FILTER_SIZE : size;
}

static mjl_mls_tree_node *void_new(uint8_t hash_size, uint8_t level)
{
    mjl_mls_tree_node *node = calloc(1, node_size(hash_size, level));
    if (node == NULL) return NULL;
    node->references = 1;
    node->hash_size = hash_size;
    node->kind = MJL_MLS_NODE_BLANK;
    node->level = level;
    node->credentials_understood = MJL_MLS_CREDENTIAL_BITS;
    return node;
}

static void content_blank(inner_node *inner)
{
    mjl_mls_parent_content_release(inner->parent);
    inner->node.kind = MJL_MLS_NODE_BLANK;
    inner->parent = NULL;
}

static void content_set(inner_node *inner, mjl_mls_parent_content *content)
{
    content_blank(inner);
    inner->node.kind = MJL_MLS_NODE_PARENT;
    inner->parent = content;
}

/* At most MJL_MLS_TREE_DEPTH_MAX deep. NOLINTNEXTLINE(misc-no-recursion) */
static void node_release(mjl_mls_tree_node *node)
{
    if (node == NULL || --node->references != 0) return;
    if (node->level != 0) {
        inner_node *inner = inner_of(node);
        content_blank(inner);
        node_release(inner->left);
        node_release(inner->right);
    }
    free(node);
}

static mjl_mls_tree_node *inner_clone(const mjl_mls_tree_node *node)
{
    const size_t size = node_size(node->hash_size, node->level);
    inner_node *clone = malloc(size);
    if (clone == NULL) return NULL;
    memcpy(clone, inner_of(node), size);
    clone->node.references = 1;
    if (clone->parent != NULL) clone->parent->references++;
    if (clone->left != NULL) {
        clone->left->references++;
        clone->right->references++;
    }
    return &clone->node;
}

/* Makes the node at `place` ours alone, so that it may be changed. */
static mjl_result node_own(mjl_mls_tree_node **place)
{
    if ((*place)->references != 1) {
        mjl_mls_tree_node *clone = inner_clone(*place);
        if (clone == NULL) return MJL_OUT_OF_MEMORY;
        node_release(*place);
        *place = clone;
    }
    (*place)->hash_known = (*place)->filter_known = false;
    return MJL_OK;
}

static mjl_result inner_split_void(inner_node *inner)
{
    if (inner->left != NULL) return MJL_OK;
    const uint8_t hash_size = inner->node.hash_size, below = (uint8_t)(inner->node.level - 1);
    mjl_mls_tree_node *left = void_new(hash_size, below), *right = void_new(hash_size, below);
    if (left == NULL || right == NULL) {
        free(left);
        free(right);
        return MJL_OUT_OF_MEMORY;
    }
    inner->left = left;
    inner->right = right;
    return MJL_OK;
}

/* Recomputes what a node says of its subtree; a subtree that became empty becomes void. */
static void inner_summarise(inner_node *inner)
{
    mjl_mls_tree_node *node = &inner->node;
    const mjl_mls_tree_node *left = inner->left, *right = inner->right;
    node->members = left == NULL ? 0 : left->members + right->members;
    node->filled =
        node->kind != MJL_MLS_NODE_BLANK || (left != NULL && (left->filled || right->filled));
    node->credentials_used =
        left == NULL ? 0 : (uint8_t)(left->credentials_used | right->credentials_used);
    node->credentials_understood =
        left == NULL ? MJL_MLS_CREDENTIAL_BITS
                     : (uint8_t)(left->credentials_understood & right->credentials_understood);
    if (node->filled) return;
    node_release(inner->left);
    node_release(inner->right);
    inner->left = inner->right = NULL;
}

/* The nodes from the root down to one place, by level. */
typedef struct owned_path {
    inner_node *at[MJL_MLS_TREE_DEPTH_MAX + 1];
} owned_path;

static mjl_mls_tree_node **child_towards(inner_node *inner, uint32_t leaf)
{
    return (leaf >> (inner->node.level - 1)) & 1 ? &inner->right : &inner->left;
}

/* Down to `level`, which is that of a parent; that one has children as well. */
static mjl_result path_own(mjl_mls_ratchet_tree *tree, uint32_t leaf, uint8_t level,
                           owned_path *path)
{
    assert(leaf < mjl_mls_ratchet_tree_width(tree));
    assert(level != 0 && level <= tree->root->level);
    *path = (owned_path){.at = {NULL}};
    mjl_mls_tree_node **place = &tree->root;
    for (;;) {
        mjl_result result = node_own(place);
        if (result != MJL_OK) return result;
        inner_node *inner = inner_of(*place);
        path->at[inner->node.level] = inner;
        result = inner_split_void(inner);
        if (result != MJL_OK || inner->node.level == level) return result;
        place = child_towards(inner, leaf);
    }
}

static void path_summarise(const mjl_mls_ratchet_tree *tree, const owned_path *path, uint8_t level)
{
    for (uint8_t i = level; i <= tree->root->level; i++) {
        assert(path->at[i] != NULL);
        inner_summarise(path->at[i]);
    }
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
    while (node->level > level && inner_of(node)->left != NULL)
        node = *child_towards(inner_of(node), leaf);
    return node;
}

const mjl_mls_tree_node *mjl_mls_tree_node_left(const mjl_mls_tree_node *node)
{
    return node->level == 0 ? NULL : inner_of(node)->left;
}

const mjl_mls_tree_node *mjl_mls_tree_node_right(const mjl_mls_tree_node *node)
{
    return node->level == 0 ? NULL : inner_of(node)->right;
}

const mjl_mls_leaf_content *mjl_mls_tree_node_leaf(const mjl_mls_tree_node *node)
{
    assert(node->kind == MJL_MLS_NODE_LEAF);
    return (const mjl_mls_leaf_content *)node;
}

const mjl_mls_parent_content *mjl_mls_tree_node_parent(const mjl_mls_tree_node *node)
{
    assert(node->kind == MJL_MLS_NODE_PARENT);
    return inner_of(node)->parent;
}

mjl_bytes mjl_mls_tree_node_encryption_key(const mjl_mls_tree_node *node)
{
    return node->kind == MJL_MLS_NODE_LEAF
               ? mjl_mls_leaf_content_encryption_key(mjl_mls_tree_node_leaf(node))
               : mjl_mls_parent_content_key(mjl_mls_tree_node_parent(node));
}

uint8_t *mjl_mls_tree_node_hash(const mjl_mls_tree_node *node)
{
    return node->level < HASH_KEPT_FROM ? NULL : inner_of(node)->hash;
}

uint8_t *mjl_mls_tree_node_filter(const mjl_mls_tree_node *node)
{
    assert(node->level == MJL_MLS_FILTER_LEVEL);
    return inner_of(node)->hash + node->hash_size;
}

const mjl_mls_leaf_content *mjl_mls_ratchet_tree_leaf(const mjl_mls_ratchet_tree *tree,
                                                      uint32_t leaf)
{
    if (leaf >= mjl_mls_ratchet_tree_width(tree)) return NULL;
    const mjl_mls_tree_node *node = mjl_mls_ratchet_tree_above(tree, leaf, 0);
    return node->kind == MJL_MLS_NODE_LEAF ? mjl_mls_tree_node_leaf(node) : NULL;
}

const mjl_mls_parent_content *mjl_mls_ratchet_tree_parent(const mjl_mls_ratchet_tree *tree,
                                                          uint32_t leaf, uint8_t level)
{
    if (leaf >= mjl_mls_ratchet_tree_width(tree) || level > tree->root->level) return NULL;
    const mjl_mls_tree_node *node = mjl_mls_ratchet_tree_above(tree, leaf, level);
    const bool is_there = node->kind == MJL_MLS_NODE_PARENT && node->level == level;
    return is_there ? mjl_mls_tree_node_parent(node) : NULL;
}

uint32_t mjl_mls_ratchet_tree_next_leaf(const mjl_mls_ratchet_tree *tree, uint32_t from)
{
    const uint32_t width = mjl_mls_ratchet_tree_width(tree);
    while (from < width) {
        const mjl_mls_tree_node *node = tree->root;
        while (node->members != 0 && node->level != 0)
            node = *child_towards(inner_of(node), from);
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
    while (node->level != 0 && inner_of(node)->left != NULL) {
        const inner_node *inner = inner_of(node);
        const uint32_t half = UINT32_C(1) << (node->level - 1);
        const bool left_is_full = inner->left->members == half;
        if (left_is_full) first += half;
        node = left_is_full ? inner->right : inner->left;
    }
    return first;
}

mjl_mls_tree_walk mjl_mls_tree_walk_of(const mjl_mls_ratchet_tree *tree)
{
    return mjl_mls_tree_walk_below((mjl_mls_tree_place){tree->root, 0});
}

mjl_mls_tree_walk mjl_mls_tree_walk_below(mjl_mls_tree_place place)
{
    const mjl_mls_tree_walk walk = {.waiting = {place}, .count = 1};
    return walk;
}

bool mjl_mls_tree_walk_next(mjl_mls_tree_walk *walk, mjl_mls_tree_place *place)
{
    while (walk->count != 0) {
        const mjl_mls_tree_place here = walk->waiting[--walk->count];
        if (!here.node->filled) continue;
        if (here.node->level != 0 && inner_of(here.node)->left != NULL) {
            const inner_node *inner = inner_of(here.node);
            const uint32_t half = UINT32_C(1) << (here.node->level - 1);
            walk->waiting[walk->count++] = (mjl_mls_tree_place){inner->right, here.first + half};
            walk->waiting[walk->count++] = (mjl_mls_tree_place){inner->left, here.first};
        }
        if (here.node->kind == MJL_MLS_NODE_BLANK) continue;
        *place = here;
        return true;
    }
    return false;
}

/* ---- Editing ---- */

/* Puts a node of level 0 in the place of a leaf; takes it over, also when it fails. */
static mjl_result leaf_replace(mjl_mls_ratchet_tree *tree, uint32_t leaf, mjl_mls_tree_node *node)
{
    if (tree->root->level == 0) {
        assert(leaf == 0);
        node->hash_size = tree->root->hash_size;
        node_release(tree->root);
        tree->root = node;
        return MJL_OK;
    }
    owned_path path;
    const mjl_result result = path_own(tree, leaf, 1, &path);
    if (result != MJL_OK) {
        node_release(node);
        return result;
    }
    mjl_mls_tree_node **place = child_towards(path.at[1], leaf);
    node->hash_size = path.at[1]->node.hash_size;
    node_release(*place);
    *place = node;
    path_summarise(tree, &path, 1);
    return MJL_OK;
}

mjl_result mjl_mls_ratchet_tree_set_leaf(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                         mjl_mls_leaf_content *content)
{
    return leaf_replace(tree, leaf, &content->node);
}

mjl_result mjl_mls_ratchet_tree_set_parent(mjl_mls_ratchet_tree *tree, uint32_t leaf, uint8_t level,
                                           mjl_mls_parent_content *content)
{
    assert(level != 0);
    owned_path path;
    const mjl_result result = path_own(tree, leaf, level, &path);
    if (result != MJL_OK) {
        mjl_mls_parent_content_release(content);
        return result;
    }
    content_set(path.at[level], content);
    path_summarise(tree, &path, level);
    return MJL_OK;
}

static mjl_result blank_leaf(mjl_mls_ratchet_tree *tree, uint32_t leaf)
{
    mjl_mls_tree_node *blank = void_new(tree->root->hash_size, 0);
    return blank == NULL ? MJL_OUT_OF_MEMORY : leaf_replace(tree, leaf, blank);
}

mjl_result mjl_mls_ratchet_tree_blank_path(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                           mjl_mls_tree_blanking blanking)
{
    owned_path path;
    if (tree->root->level != 0) {
        const mjl_result result = path_own(tree, leaf, 1, &path);
        if (result != MJL_OK) return result;
        for (uint8_t i = 1; i <= tree->root->level; i++)
            content_blank(path.at[i]);
        path_summarise(tree, &path, 1);
    }
    return blanking == MJL_MLS_TREE_BLANK_LEAF ? blank_leaf(tree, leaf) : MJL_OK;
}

static mjl_result inner_unmerge(inner_node *inner, uint32_t leaf)
{
    mjl_mls_parent_content *made;
    if (mjl_mls_parent_content_has_unmerged(inner->parent, leaf)) return MJL_OK;
    const mjl_result result = mjl_mls_parent_content_unmerge(inner->parent, leaf, &made);
    if (result == MJL_OK) content_set(inner, made);
    return result;
}

mjl_result mjl_mls_ratchet_tree_unmerge(mjl_mls_ratchet_tree *tree, uint32_t leaf)
{
    if (tree->root->level == 0) return MJL_OK;
    owned_path path;
    mjl_result result = path_own(tree, leaf, 1, &path);
    for (uint8_t i = 1; result == MJL_OK && i <= tree->root->level; i++)
        if (path.at[i]->node.kind == MJL_MLS_NODE_PARENT) result = inner_unmerge(path.at[i], leaf);
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
    inner_of(root)->left = tree->root;
    inner_of(root)->right = right;
    tree->root = root;
    inner_summarise(inner_of(root));
    return MJL_OK;
}

void mjl_mls_ratchet_tree_truncate(mjl_mls_ratchet_tree *tree)
{
    /* The analyzer does not count references: the left child keeps its own. */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    while (tree->root->level != 0 && inner_of(tree->root)->left != NULL &&
           inner_of(tree->root)->right->members == 0) {
        mjl_mls_tree_node *root = tree->root;
        tree->root = inner_of(root)->left;
        tree->root->references++;
        node_release(root);
    }
}
