/*
 * A group's public state as a GroupInfo offers it to a newcomer (RFC 9420 §12.4.3): read and
 * checked, for those who join by Welcome and those who commit themselves in.
 */
#ifndef MJL_MLS_OFFERED_STATE_H
#define MJL_MLS_OFFERED_STATE_H

#include "group_info.h"
#include "ratchet_tree.h"

typedef struct mjl_mls_offered_state { /* The tree is owned: clear it. */
    const mjl_mls_suite *suite;
    mjl_mls_group_info info; /* Borrows from the encoded GroupInfo. */
    mjl_mls_ratchet_tree tree;
} mjl_mls_offered_state;

/* Parses the GroupInfo; suite and sizes of hashes. GROUP_INFO_SUITE, CONTEXT_HASH_SIZE. */
MJL_MUST_USE mjl_result mjl_mls_offered_state_read(const mjl_mls_suite *suite, mjl_bytes encoded,
                                                   mjl_mls_offered_state *offered);
/* The tree from its extension, else the given one; that it is the one of the context, and that a
   member of it signed the GroupInfo. */
MJL_MUST_USE mjl_result mjl_mls_offered_state_verify(mjl_mls_offered_state *offered,
                                                     mjl_bytes ratchet_tree);
/* The dear part: all rules on the tree, every leaf's signature, and what the application asks. */
MJL_MUST_USE mjl_result mjl_mls_offered_state_check_tree(const mjl_mls_offered_state *offered,
                                                         const mjl_mls_leaf_policy *policy);
void mjl_mls_offered_state_clear(mjl_mls_offered_state *offered);

#endif
