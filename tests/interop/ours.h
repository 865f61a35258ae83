/*
 * What a member that Majlis holds consists of, for ours.c (coming in, messages) and
 * ours_handshake.c (all that starts an epoch).
 */
#ifndef MJL_TESTS_INTEROP_OURS_H
#define MJL_TESTS_INTEROP_OURS_H

#include "member.h"

enum {
    OURS_NAME_SIZE = 16,
    OURS_PADDING_MAX = 300,
    OURS_ALLOWS = MJL_MLS_ALLOW_EXTERNAL_COMMIT | MJL_MLS_ALLOW_NEW_MEMBER_PROPOSALS
};

struct ours {
    char name[OURS_NAME_SIZE];
    mjl_mls_identity identity;
    mjl_buffer certificates; /* The encoded X509Credential, if it is certified. */
    mjl_buffer secret;       /* Of the key package. */
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
    mjl_mls_opened *proposals[WISHES_MAX]; /* Of this epoch, also its own. */
    size_t proposals_count;
};

extern const mjl_mls_capabilities ours_capabilities;

struct ours *ours_of(member *who); /* Made when first asked for. */
/* Another epoch, or none: what was proposed is past. */
void ours_move(struct ours *me, const mjl_mls_group *group, mjl_mls_ratchets *ratchets);
/* The candidate's epoch is in use from here on; none if it removes this member. */
void ours_merge(struct ours *me, mjl_mls_candidate *candidate);
void ours_keep_proposal(struct ours *me, mjl_mls_opened *proposal);

/* The external PSKs in the words of mjl_mls_stage, commit and join. */
typedef struct known_psks {
    mjl_mls_psk list[PSKS_COUNT];
    mjl_buffer ids[PSKS_COUNT];
} known_psks;
void know_psks(known_psks *known, const shared_psk *psks);
void forget_psks(known_psks *known);

/* In ours_handshake.c; as in member.h. */
void ours_propose(member *who, const wish *wanted, const change *framing, mjl_buffer *message);
void ours_commit(member *who, const change *wanted, made *out);
void ours_apply(member *who, const mjl_mls_opened *commit);
void ours_group_info(member *who, bool tree_inside, made *out);
void ours_enter(member *who, const entry *by, mjl_buffer *commit);
void ours_ask(member *who, const entry *by, mjl_buffer *message);
void ours_succeed(member *who, const succession *wanted, made *out);

#endif
