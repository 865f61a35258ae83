/*
 * What the nodes of a ratchet tree hold (RFC 9420 §7.1, §7.2): never changed once made, counted,
 * and small, for a large group has thousands of them.
 *
 * A leaf is kept as it was encoded and parsed when it is looked at. Ownership: who makes one has
 * one reference; what is read from it is borrowed.
 */
#ifndef MJL_MLS_TREE_CONTENT_H
#define MJL_MLS_TREE_CONTENT_H

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
/* These alone, for who walks the whole tree: they stand first, and all the rest is not parsed. */
mjl_bytes mjl_mls_leaf_content_encryption_key(const mjl_mls_leaf_content *leaf);
mjl_bytes mjl_mls_leaf_content_signature_key(const mjl_mls_leaf_content *leaf);
mjl_mls_credential mjl_mls_leaf_content_credential(const mjl_mls_leaf_content *leaf);
void mjl_mls_leaf_content_release(mjl_mls_leaf_content *leaf);
void mjl_mls_parent_content_release(mjl_mls_parent_content *parent);

mjl_bytes mjl_mls_parent_content_key(const mjl_mls_parent_content *parent);
mjl_bytes mjl_mls_parent_content_hash(const mjl_mls_parent_content *parent);
mjl_bytes mjl_mls_parent_content_unmerged(const mjl_mls_parent_content *parent); /* Encoded. */
uint32_t mjl_mls_parent_content_unmerged_at(const mjl_mls_parent_content *parent, uint32_t i);
/* How many unmerged leaves are before `leaf`. */
uint32_t mjl_mls_parent_content_unmerged_before(const mjl_mls_parent_content *parent,
                                                uint32_t leaf);
bool mjl_mls_parent_content_has_unmerged(const mjl_mls_parent_content *parent, uint32_t leaf);
/* The same parent with one more unmerged leaf, which it has not yet. */
MJL_MUST_USE mjl_result mjl_mls_parent_content_unmerge(const mjl_mls_parent_content *old,
                                                       uint32_t leaf,
                                                       mjl_mls_parent_content **parent);

#endif
