/*
 * The ratchet tree (RFC 9420 §4, §7) as a value that shares: nodes are reference-counted and never
 * change once two trees hold them, so the tree of a sibling epoch costs its path, not a copy.
 *
 *            root            A tree is one pointer to its root. Its width is 2^level of the root. A
 *           /    \           subtree without any filled node is *void*: one blank node without
 *          P      void       children, at whatever level. Child pointers never depend on the
 *         / \                position, and a node never moves (RFC 9420 §7.7 extends and truncates
 *        A   B               at the right), so whatever a node caches stays true.
 *
 * Ownership: a tree owns one reference to its root; `share` makes another tree of the same nodes.
 * What is read from a node is borrowed from the tree. Errors: an edit that fails for memory leaves
 * a tree that is good only for clearing; edit a share, and keep the original. Threads: one at a
 * time for all trees that share nodes.
 */
#ifndef MJL_MLS_RATCHET_TREE_H
#define MJL_MLS_RATCHET_TREE_H

#include "leaf_node.h"
#include "mls_limits.h"

typedef enum mjl_mls_node_kind {
    MJL_MLS_NODE_BLANK = 0,
    MJL_MLS_NODE_LEAF = 1,  /* NodeType (§7.8) */
    MJL_MLS_NODE_PARENT = 2 /* Likewise. */
} mjl_mls_node_kind;

/* A filled parent (§7.1). */
typedef struct mjl_mls_parent_content {
    uint32_t references;
    uint32_t unmerged_count : 17; /* At most MJL_MLS_LEAVES_MAX. */
    uint32_t encryption_key_size : 8;
    uint32_t parent_hash_size : 7; /* 0 at the top of a path, else the hash size. */
    /* The unmerged leaves, ascending, as on the wire, which is what is hashed; then the key; then
       the parent hash. */
    uint8_t bytes[];
} mjl_mls_parent_content;

/* What every node has. A leaf goes on with its contents, a parent with its children: there are so
   many of them that each byte counts. */
typedef struct mjl_mls_tree_node {
    uint32_t references;
    uint32_t members; /* Filled leaves in this subtree. */
    uint8_t kind;     /* mjl_mls_node_kind */
    uint8_t level;    /* 0: leaf */
    bool filled;      /* Any filled node in this subtree, this one included. */
    bool hash_known, filter_known;
    uint8_t hash_size; /* Of the tree's suite. */
    /* Bits of mjl_mls_credential_bits: of any leaf in this subtree, and of all of them. */
    uint8_t credentials_used, credentials_understood;
} mjl_mls_tree_node;

/* The nodes that keep a filter of the keys below them: see key_search.h. */
enum { MJL_MLS_FILTER_LEVEL = 6, MJL_MLS_FILTER_SIZE = 256 };

typedef enum mjl_mls_credential_bits {
    MJL_MLS_BASIC_BIT = 1,
    MJL_MLS_X509_BIT = 2,
    MJL_MLS_CREDENTIAL_BITS = 3
} mjl_mls_credential_bits;

/* A filled leaf: the encoded LeafNode. It is a node by itself. */
typedef struct mjl_mls_leaf_content {
    mjl_mls_tree_node node;
    uint32_t encoded_size;
    uint8_t encoded[];
} mjl_mls_leaf_content;

typedef struct mjl_mls_ratchet_tree {
    mjl_mls_tree_node *root; /* NULL only before init and after clear. */
} mjl_mls_ratchet_tree;

/* A node and where it is: index as in RFC 9420 appendix C, `first` the leftmost leaf below it. */
typedef struct mjl_mls_tree_place {
    const mjl_mls_tree_node *node;
    uint32_t first;
} mjl_mls_tree_place;

/* ---- Contents ---- */

/* Copies and parses an encoded LeafNode. */
MJL_MUST_USE mjl_result mjl_mls_leaf_content_new(mjl_bytes encoded, mjl_mls_leaf_content **leaf);
/* `unmerged`: ascending leaf indices as on the wire. TOO_LARGE for a key, hash or list longer than
   any tree's, MALFORMED for a list that is no list of uint32. */
MJL_MUST_USE mjl_result mjl_mls_parent_content_new(mjl_bytes encryption_key, mjl_bytes parent_hash,
                                                   mjl_bytes unmerged,
                                                   mjl_mls_parent_content **parent);
/* Borrows from the leaf. Parses again what was parsed when the leaf was made. */
mjl_mls_leaf_node mjl_mls_leaf_content_view(const mjl_mls_leaf_content *leaf);
mjl_bytes mjl_mls_leaf_content_encoded(const mjl_mls_leaf_content *leaf);
/* The two keys alone, for who walks the whole tree. */
mjl_bytes mjl_mls_leaf_content_encryption_key(const mjl_mls_leaf_content *leaf);
mjl_bytes mjl_mls_leaf_content_signature_key(const mjl_mls_leaf_content *leaf);
void mjl_mls_leaf_content_release(mjl_mls_leaf_content *leaf);
void mjl_mls_parent_content_release(mjl_mls_parent_content *parent);

/* ---- Making and sharing ---- */

/* A tree of 2^level blank leaves. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_init(mjl_mls_ratchet_tree *tree,
                                                  const mjl_mls_suite *suite, uint8_t level);
mjl_mls_ratchet_tree mjl_mls_ratchet_tree_share(const mjl_mls_ratchet_tree *tree);
void mjl_mls_ratchet_tree_clear(mjl_mls_ratchet_tree *tree);

/* ---- Reading ---- */

uint32_t mjl_mls_ratchet_tree_width(const mjl_mls_ratchet_tree *tree);
/* NULL for leaves and void subtrees. */
const mjl_mls_tree_node *mjl_mls_tree_node_left(const mjl_mls_tree_node *node);
const mjl_mls_tree_node *mjl_mls_tree_node_right(const mjl_mls_tree_node *node);
/* Of a node of that kind. */
const mjl_mls_leaf_content *mjl_mls_tree_node_leaf(const mjl_mls_tree_node *node);
const mjl_mls_parent_content *mjl_mls_tree_node_parent(const mjl_mls_tree_node *node);
/* Of a filled node. */
mjl_bytes mjl_mls_tree_node_encryption_key(const mjl_mls_tree_node *node);
/* Where the tree hash (§7.8) of a node is kept, good if hash_known. NULL near the leaves, where it
   is computed in less time than it takes room. */
uint8_t *mjl_mls_tree_node_hash(const mjl_mls_tree_node *node);
/* MJL_MLS_FILTER_SIZE bytes of a node at MJL_MLS_FILTER_LEVEL, good if filter_known. */
uint8_t *mjl_mls_tree_node_filter(const mjl_mls_tree_node *node);
/* The node at `level` above `leaf`. Inside a void subtree: that void node, which is higher. Both
   must lie inside the tree. */
const mjl_mls_tree_node *mjl_mls_ratchet_tree_above(const mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                    uint8_t level);
/* NULL if it is blank or outside the tree. */
const mjl_mls_leaf_content *mjl_mls_ratchet_tree_leaf(const mjl_mls_ratchet_tree *tree,
                                                      uint32_t leaf);
/* NULL if it is blank or outside the tree. */
const mjl_mls_parent_content *mjl_mls_ratchet_tree_parent(const mjl_mls_ratchet_tree *tree,
                                                          uint32_t leaf, uint8_t level);
/* The filled leaf at or after `from`; the width if there is none. */
uint32_t mjl_mls_ratchet_tree_next_leaf(const mjl_mls_ratchet_tree *tree, uint32_t from);
/* The leftmost blank leaf; the width if there is none (§12.1.1). */
uint32_t mjl_mls_ratchet_tree_leftmost_blank(const mjl_mls_ratchet_tree *tree);
mjl_bytes mjl_mls_parent_content_key(const mjl_mls_parent_content *parent);
mjl_bytes mjl_mls_parent_content_hash(const mjl_mls_parent_content *parent);
mjl_bytes mjl_mls_parent_content_unmerged(const mjl_mls_parent_content *parent); /* Encoded. */
uint32_t mjl_mls_parent_content_unmerged_at(const mjl_mls_parent_content *parent, uint32_t i);
/* How many unmerged leaves are before `leaf`. */
uint32_t mjl_mls_parent_content_unmerged_before(const mjl_mls_parent_content *parent,
                                                uint32_t leaf);
bool mjl_mls_parent_content_has_unmerged(const mjl_mls_parent_content *parent, uint32_t leaf);

/* Visits the filled nodes, each before those below it, left to right:
       mjl_mls_tree_walk walk = mjl_mls_tree_walk_of(tree);
       mjl_mls_tree_place place;
       while (mjl_mls_tree_walk_next(&walk, &place)) ...  */
typedef struct mjl_mls_tree_walk {
    mjl_mls_tree_place waiting[MJL_MLS_TREE_DEPTH_MAX + 1];
    uint8_t count;
} mjl_mls_tree_walk;

mjl_mls_tree_walk mjl_mls_tree_walk_of(const mjl_mls_ratchet_tree *tree);
mjl_mls_tree_walk mjl_mls_tree_walk_below(mjl_mls_tree_place place);
bool mjl_mls_tree_walk_next(mjl_mls_tree_walk *walk, mjl_mls_tree_place *place);

/* ---- Editing ---- */

/* Each takes over the caller's reference to the content, also when it fails. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_set_leaf(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                      mjl_mls_leaf_content *content);
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_set_parent(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                        uint8_t level,
                                                        mjl_mls_parent_content *content);
/* Blanks every parent above `leaf`, and the leaf too where asked. */
typedef enum mjl_mls_tree_blanking {
    MJL_MLS_TREE_KEEP_LEAF,
    MJL_MLS_TREE_BLANK_LEAF
} mjl_mls_tree_blanking;
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_blank_path(mjl_mls_ratchet_tree *tree, uint32_t leaf,
                                                        mjl_mls_tree_blanking blanking);
/* Adds `leaf` to the unmerged leaves of every filled parent above it (§12.1.1). */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_unmerge(mjl_mls_ratchet_tree *tree, uint32_t leaf);
/* Doubles the width (§7.7). TOO_LARGE at the bound. */
MJL_MUST_USE mjl_result mjl_mls_ratchet_tree_extend(mjl_mls_ratchet_tree *tree);
/* Halves the width while the right half has no member (§12.1.3). */
void mjl_mls_ratchet_tree_truncate(mjl_mls_ratchet_tree *tree);

#endif
