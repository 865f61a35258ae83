/*
 * The ways in which a leaf can come (RFC 9420 §7.3): by a key package that a member is asked to
 * add, in the commits and proposals of others, and in the tree that a Welcome tells a joiner of. An
 * edited leaf is sent each of them; all should say the same.
 */
#ifndef MJL_TESTS_MLS_LEAF_WAYS_H
#define MJL_TESTS_MLS_LEAF_WAYS_H

#include "leaf_draft.h"

typedef enum leaf_way {
    OFFERED = 1,
    ADDED = 2,
    UPDATED = 4,
    COMMITTED = 8,
    TOLD_ADDED = 16,
    TOLD_UPDATED = 32,
    TOLD_COMMITTED = 64,
    NEW = OFFERED | ADDED | TOLD_ADDED, /* Of a key package. */
    PLACED = UPDATED | COMMITTED | TOLD_UPDATED,
    ALL = NEW | PLACED,
    MEMBERS = OFFERED | ADDED | UPDATED | COMMITTED
} leaf_way;

typedef struct leaf_variant {
    const char *name;
    leaf_edit *edit;
    mjl_result expected;
    unsigned ways; /* leaf_way */
} leaf_variant;

/* Sends the leaf each of its ways. */
void leaf_variant_expect(const leaf_variant *tried, mjl_result expected);

#endif
