/*
 * A group at one epoch, as a value (RFC 9420 §4 "state"): tree, context, secrets, our private path.
 * Nothing of it changes while it lives but the count of its references and hashes kept in tree
 * nodes, so a commit is staged beside it and a refusal has nothing to take back.
 *
 *     group ──> tree (nodes shared with sibling epochs)
 *       │──> context (encoded, and the view of it)
 *       └──> secrets, private path: ours alone, wiped with the last reference
 */
#ifndef MJL_MLS_GROUP_H
#define MJL_MLS_GROUP_H

#include "epoch_start.h"
#include "path_secret.h"
#include "secret_tree.h"

struct mjl_mls_group {
    uint32_t references;
    uint32_t own_leaf;
    const mjl_mls_suite *suite;
    mjl_mls_ratchet_tree tree;
    mjl_buffer context_bytes;
    mjl_mls_context context; /* Borrows from `context_bytes`. */
    mjl_mls_epoch_secrets secrets;
    uint8_t interim_hash[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_private_path path;
    mjl_buffer reinit;     /* The ReInit that ended the group (§12.1.5); empty while it goes on. */
    bool is_readable_only; /* Without init secret and private path: opens messages, stages nothing.
                            */
};

/* What a group is made of. */
typedef struct mjl_mls_group_parts {
    const mjl_mls_suite *suite;
    mjl_mls_ratchet_tree *tree; /* Taken over, on success alone. */
    mjl_mls_epoch_start *start; /* Its context is taken over, on success alone. */
    const mjl_mls_private_path *path;
    uint32_t own_leaf;
    mjl_bytes reinit; /* Encoded; empty for none. */
} mjl_mls_group_parts;

MJL_MUST_USE mjl_result mjl_mls_group_make(const mjl_mls_group_parts *parts,
                                           const mjl_mls_group **group);
/* The same, with the epoch's ratchets. */
MJL_MUST_USE mjl_result mjl_mls_group_make_with_ratchets(const mjl_mls_group_parts *parts,
                                                         const mjl_mls_group **group,
                                                         mjl_mls_ratchets **ratchets);

/* Whether nothing may be sent in it any more: without forks, or ended by a ReInit. */
bool mjl_mls_group_is_over(const mjl_mls_group *group);
/* BAD_ARGUMENT unless the identity is that of the own leaf. */
MJL_MUST_USE mjl_result mjl_mls_group_check_identity(const mjl_mls_group *group,
                                                     const mjl_mls_identity *identity);

#endif
