/*
 * The proposals of one commit, together: whether they may be committed (RFC 9420 §12.2) and what
 * they change (§12.3).
 */
#ifndef MJL_MLS_PROPOSAL_LIST_H
#define MJL_MLS_PROPOSAL_LIST_H

#include "commit.h"
#include "framing.h"
#include "resumption.h"
#include "tree_validation.h"

typedef struct mjl_mls_listed_proposal { /* Borrowed. */
    mjl_mls_proposal proposal;
    mjl_mls_sender sender;
    bool by_reference;
    const mjl_mls_opened *opened; /* By reference. */
} mjl_mls_listed_proposal;

typedef struct mjl_mls_proposal_list { /* Owns the list, borrows the proposals. */
    mjl_mls_listed_proposal *items;
    size_t count;
} mjl_mls_proposal_list;

/* Reads the proposals of a commit and looks references up among opened standalone proposals.
   UNKNOWN_PROPOSAL; EXTERNAL_REFERENCE in a commit from outside. `committer` is who sends those by
   value. */
MJL_MUST_USE mjl_result mjl_mls_proposal_list_of(const mjl_mls_commit_view *commit,
                                                 const mjl_mls_epoch_view *epoch,
                                                 mjl_mls_sender committer,
                                                 const mjl_mls_opened *const *opened,
                                                 size_t opened_count, mjl_mls_proposal_list *list);
void mjl_mls_proposal_list_clear(mjl_mls_proposal_list *list);

/* Whether the commit must have a path (§12.4): empty lists and all types but add, psk, reinit. */
bool mjl_mls_proposal_list_wants_path(const mjl_mls_proposal_list *list);

/* How many there are of a type. */
size_t mjl_mls_proposal_list_count(const mjl_mls_proposal_list *list, uint16_t type);

/* The epoch that the list is for. Borrowed. */
typedef struct mjl_mls_list_rules {
    const mjl_mls_suite *suite;
    const mjl_mls_ratchet_tree *tree;
    mjl_bytes group_id;
    mjl_bytes extensions; /* Of the GroupContext, before the list. */
    uint32_t committer;   /* MJL_MLS_NO_LEAF when it is none of them. */
    bool is_external;     /* The committer comes from outside (§12.4.3.2). */
    unsigned allowed;     /* Whose proposals from outside may be in it: MJL_MLS_ALLOW_... */
    const mjl_mls_leaf_policy *policy;    /* NULL: none. */
    const mjl_mls_resumption *resumption; /* Whose PSK the list may have; NULL: none. */
} mjl_mls_list_rules;

/* Those of a group, with ourselves as committer. */
mjl_mls_list_rules mjl_mls_list_rules_of(const mjl_mls_group *group);

/* The extensions of the GroupContext after the list (§12.1.7). */
mjl_bytes mjl_mls_proposal_list_extensions(const mjl_mls_list_rules *rules,
                                           const mjl_mls_proposal_list *list);

/*
 * All of §12.1 and §12.2 that can be said before the list is applied, each rule by its own code.
 */
MJL_MUST_USE mjl_result mjl_mls_proposal_list_check(const mjl_mls_list_rules *rules,
                                                    const mjl_mls_proposal_list *list);

/* What a list changes. Owned: clear it. */
typedef struct mjl_mls_applied {
    mjl_mls_ratchet_tree tree;
    mjl_bytes extensions; /* Of the new GroupContext; borrowed from the list or the rules. */
    uint32_t *added;      /* In order of proposal, which is ascending. */
    size_t added_count;
    uint32_t *removed; /* Ascending. */
    size_t removed_count;
    uint32_t *updated; /* Ascending. */
    size_t updated_count;
    mjl_bytes reinit; /* The ReInit, if there is one; borrowed from the list. */
} mjl_mls_applied;

/* Applies a checked list to a share of the tree, then checks the outcome (§12.2, last rule): keys
   unique (`mjl_mls_tree_check_keys_unique`), credential types and new extensions supported by all.
 */
MJL_MUST_USE mjl_result mjl_mls_proposal_list_apply(const mjl_mls_list_rules *rules,
                                                    const mjl_mls_proposal_list *list,
                                                    mjl_mls_applied *applied);
void mjl_mls_applied_clear(mjl_mls_applied *applied);
/* The leaf of a newcomer that commits itself in: the leftmost blank one (§12.4.3.2), for which the
   tree is widened if there is none. */
MJL_MUST_USE mjl_result mjl_mls_applied_seat(mjl_mls_applied *applied, uint32_t *leaf);
mjl_mls_leaf_list mjl_mls_applied_new_leaves(const mjl_mls_applied *applied);

/* The PSKs that can be looked up. Borrowed. */
typedef struct mjl_mls_known_psks {
    const mjl_mls_psk *psks;
    size_t count;
    const mjl_mls_resumption *resumption; /* Whose PSK is known as well; NULL for none. */
    const mjl_mls_epoch_view *epoch; /* Whose own resumption PSK is known as well; NULL for none. */
} mjl_mls_known_psks;

/* UNKNOWN_PSK. */
MJL_MUST_USE mjl_result mjl_mls_psk_look_up(const mjl_mls_known_psks *known,
                                            const mjl_mls_psk_id *id, mjl_bytes *secret);
/* The PSK secret of the list (§8.4), of all zeroes if it names none. UNKNOWN_PSK. */
MJL_MUST_USE mjl_result mjl_mls_proposal_list_psk_secret(const mjl_mls_suite *suite,
                                                         const mjl_mls_proposal_list *list,
                                                         const mjl_mls_known_psks *known,
                                                         uint8_t *psk_secret);

#endif
