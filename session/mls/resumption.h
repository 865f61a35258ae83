/*
 * A new group that continues an old one (RFC 9420 §11.2 re-initialisation, §11.3 branching): the
 * PSK that links them, and what the new one must have of the old. The public mjl_mls_reinit_group
 * and mjl_mls_branch_group are in resumption.c, mjl_mls_group_reinit as well.
 */
#ifndef MJL_MLS_RESUMPTION_H
#define MJL_MLS_RESUMPTION_H

#include "group_context.h"
#include "psk.h"
#include "ratchet_tree.h"

typedef struct mjl_mls_resumption {    /* Borrowed. */
    const mjl_mls_group *old;          /* At the epoch whose PSK is used. */
    uint8_t usage;                     /* MJL_MLS_PSK_REINIT or MJL_MLS_PSK_BRANCH */
    const mjl_mls_leaf_policy *policy; /* Says which members are the same; NULL: as credentials. */
} mjl_mls_resumption;

/* Writes the PreSharedKey proposal, with a fresh nonce of the new group's suite. */
void mjl_mls_resumption_write(mjl_mls_writer *writer, const mjl_mls_resumption *resumption,
                              const mjl_mls_suite *suite, mjl_random random);
/* Whether the id names its PSK. */
bool mjl_mls_resumption_is(const mjl_mls_resumption *resumption, const mjl_mls_psk_id *id);
/* Whether a new group, given by its first shared state, is one that may continue the old
   (§12.4.3.1, last step): RESUMED_EPOCH; REINIT_DIFFERS, REINIT_MEMBERS; BRANCH_DIFFERS,
   BRANCH_MEMBERS. */
MJL_MUST_USE mjl_result mjl_mls_resumption_check(const mjl_mls_resumption *resumption,
                                                 const mjl_mls_context *context,
                                                 const mjl_mls_ratchet_tree *tree);

#endif
