/*
 * What an application asks of leaves beyond the RFC's own rules (the public mjl_mls_leaf_policy):
 * their lifetime against a time that is given (RFC 9420 §7.3), and its own word on credentials
 * (§5.3.1). Without a policy nothing is asked.
 */
#ifndef MJL_MLS_LEAF_POLICY_H
#define MJL_MLS_LEAF_POLICY_H

#include "ratchet_tree.h"

/* LEAF_LIFETIME_TOO_LONG, LEAF_NOT_VALID_NOW, or what the application answers. */
MJL_MUST_USE mjl_result mjl_mls_leaf_policy_check(const mjl_mls_leaf_policy *policy,
                                                  const mjl_mls_leaf_node *leaf);
/* Every leaf of a tree. */
MJL_MUST_USE mjl_result mjl_mls_leaf_policy_check_tree(const mjl_mls_leaf_policy *policy,
                                                       const mjl_mls_ratchet_tree *tree);
/* Whether two leaves are of one client: as the application says, else by equal credentials. */
bool mjl_mls_leaf_policy_is_same(const mjl_mls_leaf_policy *policy, const mjl_mls_leaf_node *a,
                                 const mjl_mls_leaf_node *b);

#endif
