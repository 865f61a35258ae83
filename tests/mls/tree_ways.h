/*
 * The ways in which a tree can come: in a Welcome (RFC 9420 §12.4.3.1) and in a GroupInfo that is
 * published to be joined by (§12.4.3.2). An edited tree is sent both; both should say the same.
 */
#ifndef MJL_TESTS_MLS_TREE_WAYS_H
#define MJL_TESTS_MLS_TREE_WAYS_H

#include "welcome_draft.h"

typedef struct tree_variant {
    const char *name;
    void (*edit)(welcome_draft *draft);
    mjl_result expected;
} tree_variant;

void tree_variants_expect(const tree_variant *variants, size_t count);

#endif
