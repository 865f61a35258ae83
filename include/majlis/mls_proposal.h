/*
 * MLS: proposals (RFC 9420 §12.1) and pre-shared keys (§8.4). `majlis/mls.h` says what all of these
 * headers share.
 */
#ifndef MAJLIS_MLS_PROPOSAL_H
#define MAJLIS_MLS_PROPOSAL_H

#include "majlis/mls_group.h"

MJL_BEGIN_DECLS

/* ---- Proposals (§12.1) ---- */

typedef enum mjl_mls_proposal_type { /* RFC 9420 §17.4; any other number is a custom type. */
                                     MJL_MLS_PROPOSAL_ADD = 1,
                                     MJL_MLS_PROPOSAL_UPDATE = 2,
                                     MJL_MLS_PROPOSAL_REMOVE = 3,
                                     MJL_MLS_PROPOSAL_PSK = 4,
                                     MJL_MLS_PROPOSAL_REINIT = 5,
                                     MJL_MLS_PROPOSAL_EXTERNAL_INIT = 6,
                                     MJL_MLS_PROPOSAL_CONTEXT_EXTENSIONS = 7
} mjl_mls_proposal_type;

typedef enum mjl_mls_sender_type { /* RFC 9420 §6 */
                                   MJL_MLS_SENDER_MEMBER = 1,
                                   MJL_MLS_SENDER_EXTERNAL = 2,
                                   MJL_MLS_SENDER_NEW_MEMBER_PROPOSAL = 3,
                                   MJL_MLS_SENDER_NEW_MEMBER_COMMIT = 4
} mjl_mls_sender_type;

/* One change as an application words it. Fields of other types are not read. Borrowed. */
typedef struct mjl_mls_change {
    uint16_t type;                       /* mjl_mls_proposal_type, or a custom one. */
    mjl_bytes key_package;               /* ADD: an MLSMessage holding a KeyPackage. */
    uint32_t leaf;                       /* REMOVE */
    mjl_bytes psk_id;                    /* PSK: as mjl_mls_psk.id. A fresh nonce is drawn. */
    mjl_bytes group_id;                  /* REINIT: of the group to come, */
    uint16_t suite;                      /* and its cipher suite. */
    const mjl_mls_extension *extensions; /* CONTEXT_EXTENSIONS, REINIT: the whole new list. */
    size_t extensions_count;
    mjl_bytes data; /* A custom type: its body, which travels as opaque<V>. */
} mjl_mls_change;

typedef struct mjl_mls_propose_config {
    const mjl_mls_identity *identity;
    mjl_mls_change change;    /* Not EXTERNAL_INIT. UPDATE: a fresh key for the own leaf, */
    mjl_mls_leaf_change leaf; /* and this. */
    mjl_bytes authenticated_data;
    bool public_message; /* Frame it as a PublicMessage. */
    size_t padding_size;
} mjl_mls_propose_config;

/* Makes a standalone proposal. `message` goes to the others; `proposal` is the same as if it had
   been opened, for mjl_mls_commit and mjl_mls_stage: a member cannot open what it sent itself. The
   private key of an own Update lives in `proposal` alone: keep (or save) it until the epoch ends.
   Consumes one handshake generation, unless as a PublicMessage. A change that no list of proposals
   could hold is refused (as mjl_mls_commit would). */
MJL_MUST_USE MJL_API mjl_result mjl_mls_propose(const mjl_mls_group *group,
                                                mjl_mls_ratchets *ratchets,
                                                const mjl_mls_propose_config *config,
                                                mjl_random random, mjl_buffer *message,
                                                mjl_mls_opened **proposal);

/* What a proposal says: by type, as in mjl_mls_change. Borrowed. */
struct mjl_mls_proposal_view {
    uint16_t type;
    mjl_bytes key_package; /* ADD: the KeyPackage, without MLSMessage's header. */
    mjl_bytes leaf_node;   /* UPDATE */
    uint32_t leaf;         /* REMOVE */
    mjl_bytes psk_id;      /* PSK: without its nonce. */
    mjl_bytes group_id;    /* REINIT */
    uint16_t version, suite;
    mjl_bytes extensions; /* CONTEXT_EXTENSIONS, REINIT: for mjl_mls_extensions_find. */
    mjl_bytes data;       /* A custom type. */
};

/* BAD_ARGUMENT unless a proposal was opened. Borrows from `opened`. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_opened_proposal(const mjl_mls_opened *opened,
                                                        mjl_mls_proposal_view *view);
MJL_API mjl_mls_sender_type mjl_mls_opened_sender_type(const mjl_mls_opened *opened);

/* A proposal that waits for its commit, to be kept beside the saved group and ratchets: canonical,
   and secret if it is an own Update. It loads into its own epoch alone: WRONG_EPOCH, WRONG_GROUP.
   What was verified when it was opened is not verified again. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_proposal_save(const mjl_mls_group *group,
                                                      const mjl_mls_opened *proposal,
                                                      mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_proposal_load(mjl_bytes saved, const mjl_mls_group *group,
                                                      mjl_mls_opened **proposal);

/* ---- Pre-shared keys (§8.4) ---- */

/* A PSK that can be looked up. Borrowed. */
typedef struct mjl_mls_psk {
    mjl_bytes
        id; /* Encoded PreSharedKeyID without its nonce: psktype and what follows it (§8.4). */
    mjl_bytes secret;
} mjl_mls_psk;

/* Append such an id: of a key from elsewhere, and of an epoch's resumption PSK for use by the
   application. */
MJL_MUST_USE MJL_API mjl_result mjl_mls_psk_id_external(mjl_bytes id, mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_mls_psk_id_resumption(mjl_bytes group_id, uint64_t epoch,
                                                          mjl_buffer *out);
/* The resumption PSK of the epoch (§8.6): secret, borrowed from the group. The one of the epoch
   that a commit is made in is always known; older ones are the caller's to keep, with a bound. */
MJL_API mjl_bytes mjl_mls_group_resumption_psk(const mjl_mls_group *group);

MJL_END_DECLS

#endif
