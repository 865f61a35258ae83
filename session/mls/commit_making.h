/*
 * A commit in the making (RFC 9420 §12.4.1): what commit_new.c, commit_welcome.c and those who make
 * special commits (external_commit.c, resumption.c) share.
 *
 *     config -> proposals -> checked -> applied -> path -> signed -> epoch start -> protected
 *                                                                        └-> Welcome
 */
#ifndef MJL_MLS_COMMIT_MAKING_H
#define MJL_MLS_COMMIT_MAKING_H

#include "candidate.h"
#include "epoch_start.h"
#include "resumption.h"
#include "treekem.h"

/* Who commits from outside (§12.4.3.2), and what it brings. Borrowed. */
typedef struct mjl_mls_outsider {
    mjl_bytes leaf;       /* A LeafNode as the new one is to be, but for key and signature. */
    mjl_bytes kem_output; /* ExternalInit */
    const uint8_t *init_secret;
} mjl_mls_outsider;

/* Everything it owns, in the order it comes to be. Secret. The first five are the maker's to set,
   all else is zero. */
typedef struct mjl_mls_commit_making {
    const mjl_mls_group *group; /* The parent; from outside, what can be known of it. */
    const mjl_mls_commit_config *config;
    mjl_random random;
    const mjl_mls_outsider *outsider;     /* NULL: a member commits. */
    const mjl_mls_resumption *resumption; /* NULL: the group continues no other. */
    uint32_t committer;
    mjl_buffer proposals; /* Contents of the list of ProposalOrRef. */
    mjl_buffer encoded;   /* The Commit. */
    mjl_mls_proposal_list list;
    mjl_mls_applied applied;
    bool has_path;
    mjl_mls_private_path path;
    mjl_mls_path_secrets path_secrets;
    mjl_buffer update_path;
    uint8_t commit_secret[MJL_MLS_HASH_SIZE_MAX];
    uint8_t psk_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_authenticated_content content;
    mjl_mls_epoch_start start;
} mjl_mls_commit_making;

/* All steps. `ratchets` are read alone; NULL from outside. After a refusal the candidate is empty.
   The making is wiped in any case. */
MJL_MUST_USE mjl_result mjl_mls_commit_make(mjl_mls_commit_making *making,
                                            const mjl_mls_ratchets *ratchets,
                                            mjl_mls_candidate *candidate);

/* Writes the proposals that the config asks for: references, removes, adds, extensions, changes. */
MJL_MUST_USE mjl_result mjl_mls_commit_write_proposals(mjl_mls_commit_making *making);
/* Appends the Welcome for those added; nothing if there are none. */
MJL_MUST_USE mjl_result mjl_mls_commit_make_welcome(const mjl_mls_commit_making *making,
                                                    mjl_buffer *message);

#endif
