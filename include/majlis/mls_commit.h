/*
 * MLS: commits (RFC 9420 §12.4), made and staged. `majlis/mls.h` says what all of these headers
 * share.
 */
#ifndef MAJLIS_MLS_COMMIT_H
#define MAJLIS_MLS_COMMIT_H

#include "majlis/mls_proposal.h"

MJL_BEGIN_DECLS

/* ---- Commits (§12.4) ---- */

typedef struct mjl_mls_commit_config {
    const mjl_mls_identity *identity;
    mjl_bytes authenticated_data;
    const mjl_bytes *add_key_packages; /* MLSMessages holding KeyPackages. */
    size_t add_count;
    const uint32_t *remove_leaves;
    size_t remove_count;
    const mjl_mls_extension
        *context_extensions; /* With `replace_context_extensions`: the new list. */
    size_t context_extensions_count;
    bool replace_context_extensions;
    bool force_path; /* A path is always made when the RFC requires one; true: also when it need not
                        be. */
    bool public_message; /* Frame the commit as a PublicMessage. */
    size_t padding_size;
    const mjl_mls_extension
        *group_info_extensions; /* For the Welcome's GroupInfo, beside the ratchet tree. */
    size_t group_info_extensions_count;
    bool without_ratchet_tree; /* Leave the tree out of the Welcome. */
    bool without_grease; /* Else its GroupInfo has an extension that means nothing (§13.5). */
    /* Opened standalone proposals of this epoch, covered by reference; they come first in the list.
       All of them: a list that breaks a rule together is refused (§12.2), never trimmed. */
    const mjl_mls_opened *const *proposals;
    size_t proposals_count;
    const mjl_mls_change *changes; /* Any type but UPDATE and EXTERNAL_INIT; they come last. */
    size_t changes_count;
    const mjl_mls_psk *psks; /* The secrets of PSKs that proposals name. */
    size_t psks_count;
    unsigned allowed; /* From outside: whose of `proposals` may be among them (MJL_MLS_ALLOW_...).
                       */
    const mjl_mls_leaf_policy *policy; /* For leaves that come in. NULL: none. */
    mjl_mls_leaf_change leaf;          /* Wants force_path, if nothing else wants a path. */
} mjl_mls_commit_config;

/* A proposal of a type that MLS does not know, as it was committed: what it means is for the
   application (§12.1). */
typedef struct mjl_mls_custom_proposal {
    uint16_t type;
    mjl_bytes data; /* Owned by the candidate. */
    mjl_mls_sender_type sender_type;
    uint32_t sender; /* MEMBER: leaf index in the parent. */
} mjl_mls_custom_proposal;

typedef struct mjl_mls_candidate {
    const mjl_mls_group *group; /* The epoch that the commit starts. NULL if it removes us. */
    mjl_mls_ratchets *ratchets;
    mjl_buffer commit;  /* Own commits: the MLSMessage. */
    mjl_buffer welcome; /* Own commits that add: the MLSMessage. */
    uint32_t *removed;  /* Leaf indices, ascending. */
    size_t removed_count;
    uint32_t *added; /* Leaf indices of the new group, in order of proposal. */
    size_t added_count;
    uint32_t *updated; /* Leaf indices of Update proposals, ascending. */
    size_t updated_count;
    mjl_mls_custom_proposal *custom; /* In order of proposal. */
    size_t custom_count;
    mjl_buffer custom_data; /* What they borrow. */
    uint32_t committer;     /* Leaf index in the parent; of the new group if it is external. */
    bool is_external;       /* The committer came from outside (§12.4.3.2). */
    bool has_path;
    bool removes_us;
    bool is_reinit; /* The group is over (§12.1.5): it commits, proposes and encrypts no more. */
} mjl_mls_candidate;

MJL_API void mjl_mls_candidate_clear(
    mjl_mls_candidate *candidate); /* Wipes; what was moved out must be set NULL. */

/* Makes a commit. Consumes one handshake generation of `ratchets` (the parent's), unless as a
   PublicMessage. UNKNOWN_PSK when a secret is missing. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_commit(const mjl_mls_group *group,
                                               mjl_mls_ratchets *ratchets,
                                               const mjl_mls_commit_config *config,
                                               mjl_random random, mjl_mls_candidate *candidate);

/* What a receiver may need beside the group to apply a commit (§12.4.2). All borrowed. */
typedef struct mjl_mls_staging {
    const mjl_mls_opened *const
        *proposals; /* Opened standalone proposals of this epoch, for references. */
    size_t proposals_count;
    const mjl_mls_psk *psks;
    size_t psks_count;
    /* Own Update proposals that are not among `proposals` as mjl_mls_propose gave them: the private
       leaf key (HPKE) of each, by encoded public key. */
    const mjl_bytes *update_public_keys, *update_private_keys;
    size_t updates_count;
    unsigned allowed; /* Who may commit and propose from outside: MJL_MLS_ALLOW_... */
    const mjl_mls_leaf_policy *policy; /* For leaves that come in. NULL: none. */
} mjl_mls_staging;

/* Stages a received commit: a new value; `group` stays as it is. `staging` may be NULL. A commit
   that removes us is checked as far as possible and answers OK with removes_us. NO_PATH_SECRET,
   UNKNOWN_PSK and UNKNOWN_PROPOSAL are the refusals that concern this member alone. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_stage(const mjl_mls_group *group,
                                              const mjl_mls_opened *commit,
                                              const mjl_mls_identity *identity,
                                              const mjl_mls_staging *staging,
                                              mjl_mls_candidate *candidate);

MJL_END_DECLS

#endif
