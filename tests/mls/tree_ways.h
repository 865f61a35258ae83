/*
 * The ways in which a tree can come: in a Welcome (RFC 9420 §12.4.3.1) and in a GroupInfo that is
 * published to be joined by (§12.4.3.2). An edited tree is sent both; both should say the same.
 */
#ifndef MJL_TESTS_MLS_TREE_WAYS_H
#define MJL_TESTS_MLS_TREE_WAYS_H

#include "variants.h"

void tree_variants_expect(const welcome_variant *variants, size_t count);

#endif
