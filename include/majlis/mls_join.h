/*
 * MLS: coming into a group by Welcome (RFC 9420 §12.4.3.1) or from outside (§12.4.3.2), and groups
 * that continue another (§11.2, §11.3). `majlis/mls.h` says what all of these headers share.
 */
#ifndef MAJLIS_MLS_JOIN_H
#define MAJLIS_MLS_JOIN_H

#include "majlis/mls_commit.h"

MJL_BEGIN_DECLS

/* ---- Joining (§12.4.3.1) ---- */

/* References of the key packages a Welcome is for. NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_welcome_reference(mjl_bytes welcome, size_t i,
                                                          mjl_bytes *reference);

typedef struct mjl_mls_join_config {
    const mjl_mls_identity *identity;
    mjl_bytes key_package_secret; /* From mjl_mls_key_package_new. */
    mjl_bytes ratchet_tree;       /* When the Welcome brings none; else empty. */
    const mjl_mls_psk *psks;
    size_t psks_count;
    /* The group that the new one continues, at the epoch whose PSK is used: after a ReInit (§11.2)
       or when branching (§11.3). Without it such a Welcome is UNKNOWN_PSK. */
    const mjl_mls_group *resumes;
    const mjl_bytes *groups; /* Ids of groups we are in: GROUP_ID_IN_USE for another of them. */
    size_t groups_count;
    const mjl_mls_leaf_policy *policy; /* For all leaves of the tree. NULL: none. */
} mjl_mls_join_config;

typedef struct mjl_mls_joined {
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mjl_buffer group_info_extensions; /* Encoded list, for mjl_mls_extensions_find. */
    uint32_t signer;                  /* Leaf index of the inviter. */
    bool resumes;                     /* It continues `resumes` of the config, which was checked. */
} mjl_mls_joined;

MJL_API void mjl_mls_joined_clear(mjl_mls_joined *joined);
/* All checks of §12.4.3.1: signature, tree, parent hashes, leaves, confirmation tag. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_join(mjl_bytes welcome, const mjl_mls_join_config *config,
                                             mjl_mls_joined *joined);

/* ---- Joining from outside (§12.4.3.2) ---- */

typedef struct mjl_mls_group_info_config {
    const mjl_mls_identity *identity;
    bool without_external_pub; /* With it, whoever has the GroupInfo can try to commit itself in. */
    bool without_ratchet_tree; /* The newcomer then needs it from elsewhere. */
    const mjl_mls_extension *extensions; /* Others. */
    size_t extensions_count;
    bool without_grease; /* Else an extension that means nothing is among them (§13.5). */
} mjl_mls_group_info_config;

/* Makes a signed GroupInfo of the epoch, to be published: an MLSMessage. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_info_new(const mjl_mls_group *group,
                                                       const mjl_mls_group_info_config *config,
                                                       mjl_buffer *message);

typedef struct mjl_mls_group_info_view { /* Borrowed. */
    uint16_t suite;
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_bytes context_extensions, extensions; /* For mjl_mls_extensions_find. */
    uint32_t signer;
    bool has_external_pub, has_ratchet_tree;
} mjl_mls_group_info_view;

/* Parses only: nothing is verified. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_group_info_peek(mjl_bytes message,
                                                        mjl_mls_group_info_view *view);

/* For `resync_leaf`: the leaf with our signature key. */
enum { MJL_MLS_LEAF_OF_OUR_KEY = 0x7fffffff };

typedef struct mjl_mls_external_commit_config {
    const mjl_mls_identity *identity;
    mjl_mls_capabilities capabilities;
    mjl_bytes ratchet_tree; /* When the GroupInfo brings none; else empty. */
    mjl_bytes authenticated_data;
    bool resync; /* Removes an old appearance of ours: without it, its keys are in the way. */
    uint32_t resync_leaf;
    const mjl_mls_change *changes; /* PSKs alone. */
    size_t changes_count;
    const mjl_mls_psk *psks; /* Their secrets. */
    size_t psks_count;
    const mjl_mls_leaf_policy *policy; /* For all leaves of the tree. NULL: none. */
} mjl_mls_external_commit_config;

/* Joins by a commit of one's own, a PublicMessage to be sent to the group, which must still be at
   the epoch of the GroupInfo. The GroupInfo and the tree are checked as when joining by Welcome,
   but for the confirmation tag, which only members can check: a forged one leads nowhere. */
MJL_MUST_USE MJL_API mjl_result
mjl_mls_external_commit(mjl_bytes group_info, const mjl_mls_external_commit_config *config,
                        mjl_random random, mjl_mls_candidate *candidate);

/* One of the external_senders extension (§12.1.8.1). Borrowed. */
typedef struct mjl_mls_external_sender {
    mjl_bytes signature_key;
    mjl_bytes credential; /* Encoded; empty: a BasicCredential of `identity`. */
    mjl_bytes identity;
} mjl_mls_external_sender;

enum { MJL_MLS_EXTERNAL_SENDERS_TYPE = 5 }; /* The extension's number. */

/* Appends the extension's data. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_external_senders_encode(
    const mjl_mls_external_sender *senders, size_t count, mjl_buffer *out);

typedef struct mjl_mls_outside_config {
    const mjl_mls_identity *identity; /* An external sender's, or that of the key package. */
    mjl_bytes group_id;
    uint64_t epoch;
    mjl_mls_sender_type sender; /* EXTERNAL, or NEW_MEMBER_PROPOSAL with an ADD of ourselves. */
    uint32_t sender_index;      /* EXTERNAL: which of the extension's senders. */
    mjl_mls_change change;      /* EXTERNAL: ADD, REMOVE, PSK, REINIT, CONTEXT_EXTENSIONS. */
    mjl_bytes authenticated_data;
} mjl_mls_outside_config;

/* Makes a proposal as one who is not in the group: a PublicMessage. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_propose_from_outside(const mjl_mls_outside_config *config,
                                                             mjl_random random,
                                                             mjl_buffer *message);

/* ---- A group that continues another (§11.2, §11.3) ---- */

typedef struct mjl_mls_resume_config {
    const mjl_mls_identity *identity; /* Of the new group's suite. */
    mjl_mls_capabilities capabilities;
    uint64_t not_before, not_after;
    const mjl_bytes *key_packages; /* MLSMessages: of all others who are to be in it. */
    size_t key_packages_count;
    const mjl_mls_extension *group_info_extensions;
    size_t group_info_extensions_count;
    bool without_ratchet_tree;
    const mjl_mls_leaf_policy *policy; /* Also says who is the same client. NULL: none. */
} mjl_mls_resume_config;

/* Makes the group that the old one's ReInit asks for, at epoch 1, with all its members; anyone of
   them may. The Welcome is for all others; the candidate's commit is of no use to anybody.
   WRONG_STATE unless `old` was ended by a ReInit; REINIT_MEMBERS. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_reinit_group(const mjl_mls_group *old,
                                                     const mjl_mls_resume_config *config,
                                                     mjl_random random,
                                                     mjl_mls_candidate *candidate);
/* The same for a subgroup, with the old group's suite and extensions; the old one goes on.
   BRANCH_MEMBERS for a key package of none of its members. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_branch_group(const mjl_mls_group *old, mjl_bytes group_id,
                                                     const mjl_mls_resume_config *config,
                                                     mjl_random random,
                                                     mjl_mls_candidate *candidate);

MJL_END_DECLS

#endif
