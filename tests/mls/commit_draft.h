/*
 * Commits made by hand, by a member that holds its keys: proposals are put in and applied without
 * any check, the path is made for the tree that comes of it, and everything is hashed, signed and
 * tagged as it should be. What a draft is told to do wrong is then the one thing that is wrong.
 *
 *     commit_draft draft;
 *     commit_begin(&draft, &us.alice);
 *     commit_remove(&draft, CAROL_LEAF);
 *     commit_path(&draft, NULL);
 *     commit_finish(&draft, NULL);          draft.message: an MLSMessage
 *     commit_clear(&draft);
 */
#ifndef MJL_TESTS_MLS_COMMIT_DRAFT_H
#define MJL_TESTS_MLS_COMMIT_DRAFT_H

#include "framing.h"
#include "leaf_draft.h"
#include "proposal.h"
#include "treekem.h"

enum { DRAFT_ADDS_MAX = 4 };

typedef struct commit_draft {
    const person *author;
    const mjl_mls_group *group; /* The author's, or the one that it joins from outside. */
    uint32_t leaf;
    bool is_external;
    uint8_t init_secret[MJL_MLS_HASH_SIZE_MAX]; /* Of an external commit. */
    mjl_buffer list;                            /* Contents of the list of ProposalOrRef. */
    mjl_mls_ratchet_tree tree;
    mjl_buffer extensions; /* Of the new GroupContext. */
    uint32_t added[DRAFT_ADDS_MAX];
    size_t added_count;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX], psk_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_buffer path; /* Encoded UpdatePath; empty: none. */
    mjl_buffer message;
} commit_draft;

void commit_begin(commit_draft *draft, const person *author);
/* By one who is outside (§12.4.3.2): its path puts it at the leftmost blank leaf. */
void commit_begin_external(commit_draft *draft, const person *author, const mjl_mls_group *group);
void commit_clear(commit_draft *draft);

/* ---- Proposals ---- */

/* Any encoded Proposal, by value; it changes nothing. */
void commit_put(commit_draft *draft, mjl_bytes proposal);
/* `package`: a KeyPackage; `leaf`: the leaf in it, which goes into the tree, if it can be read. */
void commit_add(commit_draft *draft, mjl_bytes package, mjl_bytes leaf);
void commit_remove(commit_draft *draft, uint32_t leaf);
void commit_put_extensions(commit_draft *draft, mjl_bytes extensions);
void commit_put_psk(commit_draft *draft, const mjl_mls_psk_id *id);
void commit_put_external_init(commit_draft *draft);
/* By reference to a proposal's MLSMessage, by value of its sender's leaf. */
void commit_update(commit_draft *draft, mjl_bytes proposal_message, uint32_t sender,
                   mjl_bytes leaf);
/* A standalone proposal, as a PublicMessage. */
void proposal_message_write(const person *author, mjl_bytes proposal, mjl_buffer *message);

/* ---- The path (§7.5, §7.6) ---- */

typedef struct path_faults {
    leaf_edit *leaf;            /* Edits the new leaf before it is signed. */
    mjl_bytes keys[2];          /* In place of those of the first nodes. */
    int nodes;                  /* So many more or less at the end. */
    int ciphertexts;            /* Likewise for the first node. */
    mjl_bytes parent_hash;      /* In place of the leaf's. */
    mjl_bytes kem_output;       /* In place of the last node's first. */
    bool wrong_secret;          /* Encrypts another one for the last node. */
    bool short_secret;          /* One byte less. */
    size_t ciphertext_cut;      /* Bytes less at the end of those for the last node. */
    bool wrong_context;         /* Encrypts for another group context. */
    mjl_mls_leaf_source source; /* Of the leaf; 0: commit. */
} path_faults;

void commit_path(commit_draft *draft, const path_faults *faults);

/* ---- Framing (§6) ---- */

typedef struct frame_faults {
    /* Before it is signed. */
    void (*content)(mjl_mls_framed_content *content);
    /* After it is signed, before the membership tag. */
    void (*authenticated)(mjl_mls_authenticated_content *made);
    /* The bytes themselves. */
    void (*message)(mjl_buffer *message);
    bool has_tag; /* Use `tag` as the confirmation tag. */
    uint8_t tag[MJL_MLS_HASH_SIZE_MAX];
    bool private_message;
    size_t padding;
} frame_faults;

void commit_finish(commit_draft *draft, const frame_faults *faults);
/* A standalone proposal by any kind of sender, signed by `author` (§12.1.8). */
void outside_proposal_write(const person *author, const mjl_mls_group *group, mjl_mls_sender sender,
                            mjl_bytes proposal, mjl_buffer *message);
/* Frames any body. */
void frame_write(const person *author, mjl_mls_content_type type, mjl_bytes body,
                 const frame_faults *faults, mjl_buffer *message);

#endif
