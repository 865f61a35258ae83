/*
 * The tree of epochs this member knows, and the choice of the one to live in.
 *
 *          P ── c1 ── c2 ── tip         children of one epoch are siblings: commits that raced
 *           └── r1                      the path is the line from the root to the tip
 *
 * For now the choice between siblings is: a decided child, else one whose committer is not removed
 * on the line of another (if there is one), else removal > add > refresh, else the least rank of
 * the committer, else the least commit id. It reads no clock and no arrival order. membership.md's
 * rule replaces `beats` and `is_decided`; nothing outside this room knows how a child wins,
 * but for `yielding`, which asks which of two.
 *
 * An epoch is *decided* when the commit that starts it is known to be held by all its readers, each
 * was heard on its line, and nothing is known to be missing; the fork keys of its parent go then
 * (group values without their fork keys stay for late messages).
 *
 * Ownership: groups and ratchets belong to their epoch. Epoch indices equal the transcript's.
 * Saved: one record per epoch, its group, its ratchets and its Welcome (persist.c).
 */
#ifndef MAJLIS_SESSION_BRANCHES_H
#define MAJLIS_SESSION_BRANCHES_H

#include "majlis/mls.h"
#include "majlis/profile.h"

enum { MJL_TAG_SIZE = 8, MJL_HEADER_KEY_SIZE = 32 };
static const uint32_t MJL_NO_INDEX = UINT32_MAX; /* More than an enum of ISO C holds. */

typedef enum mjl_commit_class { /* Higher wins. */
                                MJL_CLASS_REFRESH = 1,
                                MJL_CLASS_ADD = 2,
                                MJL_CLASS_REMOVAL = 3
} mjl_commit_class;

typedef enum mjl_welcome_state {
    MJL_WELCOME_NONE = 0,
    MJL_WELCOME_HELD, /* Waits until the commit is held by all, or FA_INTV passed without a rival.
                       */
    MJL_WELCOME_SENT, /* Repeated until every joiner was heard. */
    MJL_WELCOME_DONE
} mjl_welcome_state;

typedef struct mjl_epoch {
    mjl_branch_id branch;
    uint64_t number;
    uint32_t parent; /* Index, or MJL_NO_INDEX for a root. */
    uint8_t tag[MJL_TAG_SIZE];
    uint8_t header_key[MJL_HEADER_KEY_SIZE];
    const mjl_mls_group *group; /* NULL: the commit removed us, or the epoch was forgotten. */
    mjl_mls_ratchets *ratchets; /* NULL likewise. */
    uint32_t ratchets_parts;    /* Beyond every part of them that was ever saved. */
    uint32_t *roster;           /* Author index per leaf; MJL_NO_INDEX where blank. */
    uint32_t leaf_count;
    uint32_t *leaf_of; /* The same by author: leaf, or MJL_NO_INDEX. Not saved. */
    uint32_t authors_count, members_count;
    uint32_t committer_leaf; /* In the parent's tree; the creator's in epoch 0. */
    uint32_t committer;      /* Author index. */
    mjl_commit_class commit_class;
    mjl_time entered_at;
    bool is_own;
    bool removes_us;
    bool is_void;    /* Its commit was refused as a place: never chosen. */
    bool is_stalled; /* What its commit follows does not come: not chosen meanwhile. */
    bool is_left;    /* All others live on a rival (`yielding`): the same. Not saved: asked anew. */
    bool is_decided;
    bool has_fork_keys; /* Its children can still be applied. */
    mjl_welcome_state welcome_state;
    mjl_buffer welcome;
    uint32_t welcome_resends;
    uint64_t welcome_task; /* 0: none. */
    uint64_t welcome_warning;
    bool is_welcome_overdue; /* FA_INTV after it was first sent passed. */
    bool record_dirty, group_dirty, ratchets_dirty, welcome_dirty;
} mjl_epoch;

typedef struct mjl_branches {
    mjl_epoch *epochs; /* A parent stands before its children. */
    uint32_t count, room;
    uint32_t tip;      /* MJL_NO_INDEX before the first. */
    uint32_t root;     /* Where the choice starts: one without a parent (roots.h). */
    bool is_root_open; /* It may still start from another one. */
} mjl_branches;

void mjl_branches_init(mjl_branches *branches);
void mjl_branches_clear(mjl_branches *branches);

/* Makes sure that the next add cannot fail. */
MJL_MUST_USE mjl_result mjl_branches_reserve(mjl_branches *branches);
/* Takes the epoch with all it owns. Room must have been reserved. Does not move the tip. */
uint32_t mjl_branches_add(mjl_branches *branches, mjl_epoch *taken);

uint32_t mjl_branches_find(const mjl_branches *branches, const mjl_branch_id *branch);
bool mjl_branches_is_on_path(const mjl_branches *branches, uint32_t epoch, uint32_t tip);
/* The epoch itself if it is on the path of the tip, else where its line left the path. */
uint32_t mjl_branches_shared(const mjl_branches *branches, uint32_t epoch);
uint32_t mjl_branches_children_count(const mjl_branches *branches, uint32_t parent);
/* The first of the epoch's line that is here. */
uint32_t mjl_branches_root_of(const mjl_branches *branches, uint32_t epoch);
/* The epoch, or its nearest ancestor, that is decided; the first of its line if none is. */
uint32_t mjl_branches_last_decided(const mjl_branches *branches, uint32_t epoch);
/* Off the path of the tip, and a decided epoch or a settled root is why: it will not come back. */
bool mjl_branches_is_lost(const mjl_branches *branches, uint32_t epoch);
/* Rank of a leaf in an epoch (DESIGN section 14): 1 is next, the committer comes last. */
uint32_t mjl_branches_rank(const mjl_epoch *epoch, uint32_t leaf);
/* The epoch that the choice leads to from `root`. */
uint32_t mjl_branches_choose(const mjl_branches *branches);
/* The same from another epoch, whether or not anybody could live there. */
uint32_t mjl_branches_end_of(const mjl_branches *branches, uint32_t from);
/* Of two children of one epoch: does the first win where nothing else is known? */
bool mjl_branches_beats(const mjl_branches *branches, uint32_t child, uint32_t other);
/* Epochs on the path whose commit is not decided. */
size_t mjl_branches_undecided_count(const mjl_branches *branches);

/* What the roster says by author, once it is whole: each question is one look then. Fails with
   MJL_STORE_DAMAGED on an author that the transcript, with so many, does not know. */
MJL_MUST_USE mjl_result mjl_epoch_index_roster(mjl_epoch *epoch, uint32_t authors_count);
bool mjl_epoch_has_author(const mjl_epoch *epoch, uint32_t author);
uint32_t mjl_epoch_leaf_of(const mjl_epoch *epoch, uint32_t author); /* MJL_NO_INDEX. */
size_t mjl_epoch_members_count(const mjl_epoch *epoch);
/* Wipes what opens and applies; the skeleton stays, since later epochs stand on it. */
void mjl_epoch_forget(mjl_epoch *epoch);
/* Wipes only what applies its children: it is decided. Late messages of it still open. */
void mjl_epoch_forget_forks(mjl_epoch *epoch);
void mjl_epoch_clear(mjl_epoch *epoch);

#endif
