/*
 * The transcript: the causal graph of places as this member accepted them, append only.
 *
 *      epoch 0 (root) ──commit──> epoch 1 ──commit──> epoch 2
 *        place <── place <────────── place
 *                    ^────────────── place       (opaque to who joined at epoch 1)
 *
 * A commit is a place of its parent epoch, with the id of the branch it starts, also when it loses.
 * Authors, epochs and places are numbered from 0 in the order in which they were added; what is
 * added never changes, so a caller persists records from the count it persisted so far. A place's
 * parents are earlier places: acceptance order is delivery order. Below a joiner's root parents are
 * *opaque*: named, never expected.
 *
 * Time: `accepted_at` is an argument and only kept. Errors: a refusal changes nothing. Ownership:
 * pointers handed out live until the next add. Saved: one record per author, epoch and place, to be
 * loaded in that order.
 */
#ifndef MAJLIS_SESSION_TRANSCRIPT_H
#define MAJLIS_SESSION_TRANSCRIPT_H

#include "ids.h"
#include "majlis/limits.h"

/* No place, no epoch, no author. */
static const uint32_t MJL_NONE = UINT32_MAX;

enum { MJL_PLACE_COMMIT = 1000 /* The type of a commit's place: beyond every payload type. */ };

typedef struct mjl_transcript mjl_transcript;

MJL_MUST_USE mjl_result mjl_transcript_new(mjl_transcript **transcript);
void mjl_transcript_free(mjl_transcript *transcript); /* NULL is fine. */

/* ---- Authors ---- */

/* The author's index; adds it if it is new. */
MJL_MUST_USE mjl_result mjl_transcript_author(mjl_transcript *transcript, const mjl_member_id *id,
                                              uint32_t *author);
uint32_t mjl_transcript_find_author(const mjl_transcript *transcript, const mjl_member_id *id);
const mjl_member_id *mjl_transcript_author_id(const mjl_transcript *transcript, uint32_t author);
uint32_t mjl_transcript_authors_count(const mjl_transcript *transcript);

/* ---- Epochs ---- */

typedef struct mjl_epoch_start {
    mjl_branch_id branch;
    uint64_t number;
    uint32_t parent; /* Index; MJL_NONE for a root: epoch 0 of the creator, or where we joined. */
    /* Authors whose present leaf begins here: their `seq` 0 follows nothing earlier. Any order; may
       hold MJL_NONE, which is skipped. Not needed for a root. */
    const uint32_t *joined;
    size_t joined_count;
} mjl_epoch_start;

typedef struct mjl_graph_epoch {
    mjl_branch_id branch;
    uint64_t number;
    uint32_t parent;
    uint32_t root;   /* Index of the root of its line. */
    uint32_t commit; /* Its commit's place; MJL_NONE: not accepted yet, or a root. */
    bool is_open;    /* Takes places. The last MJL_EPOCHS_MAX epochs are open. */
} mjl_graph_epoch;

/* Indices are given in order, without gaps. BAD_ARGUMENT: number or parent do not fit; DUPLICATE:
   the branch is there; WRONG_EPOCH: the parent is closed. */
MJL_MUST_USE mjl_result mjl_transcript_add_epoch(mjl_transcript *transcript,
                                                 const mjl_epoch_start *start, uint32_t *epoch);
uint32_t mjl_transcript_find_epoch(const mjl_transcript *transcript, const mjl_branch_id *branch);
const mjl_graph_epoch *mjl_transcript_epoch(const mjl_transcript *transcript, uint32_t epoch);
uint32_t mjl_transcript_epochs_count(const mjl_transcript *transcript);
/* `a` is `b`, or an ancestor of it. */
bool mjl_transcript_epoch_is_on_path(const mjl_transcript *transcript, uint32_t a, uint32_t b);

/* ---- Places ---- */

typedef struct mjl_place {
    mjl_place_id id;
    mjl_message_id message; /* Of a commit: its id again. */
    uint64_t seq;
    mjl_time accepted_at;
    uint32_t epoch, author; /* Indices. */
    uint32_t type;          /* Payload type, or MJL_PLACE_COMMIT. */
    uint32_t first;      /* The first accepted place of the same message; itself if it is that. */
    uint32_t next_same;  /* The next place of the same message; MJL_NONE. */
    uint32_t previous;   /* The author's previous place in this epoch; MJL_NONE. */
    uint32_t parents_at; /* For mjl_transcript_parents. */
    uint16_t parents_count; /* Without the opaque ones. */
    uint16_t opaque_count;
    bool follows_root; /* Names the commit of its root: one of the opaque ones. */
} mjl_place;

const mjl_place *mjl_transcript_place(const mjl_transcript *transcript, uint32_t place);
const uint32_t *mjl_transcript_parents(const mjl_transcript *transcript, uint32_t place);
uint32_t mjl_transcript_places_count(const mjl_transcript *transcript);
uint32_t mjl_transcript_find_place(const mjl_transcript *transcript, const mjl_place_id *id);
/* The first accepted place of a message. */
uint32_t mjl_transcript_find_message(const mjl_transcript *transcript, const mjl_message_id *id);
/* How the place is named on the wire. */
mjl_place_ref mjl_transcript_ref(const mjl_transcript *transcript, uint32_t place);

/* ---- Accepting (DESIGN section 8) ---- */

typedef struct mjl_place_candidate {
    mjl_place_id id;
    mjl_message_id message; /* Of a commit: its id again. */
    uint32_t epoch;  /* Index of the epoch in which it was written: of a commit, the parent. */
    uint32_t author; /* Index. */
    uint64_t seq;
    uint32_t type;
    const mjl_place_ref *parents; /* Ascending. Borrowed. */
    size_t parents_count;
    mjl_time accepted_at;
} mjl_place_candidate;

typedef struct mjl_findings {
    uint32_t other; /* Of DUPLICATE and EQUIVOCATION: the place that is there. */
    size_t missing_count;
    mjl_place_ref missing[MJL_PARENTS_MAX]; /* Of PARENT_UNKNOWN: what is not accepted yet. */
} mjl_findings;

/*
 * Whether the place may be accepted now. The roster is the caller's: that the author may write in
 * the epoch is checked before. In this order:
 *
 *   DUPLICATE               the place is there
 *   WRONG_EPOCH             the epoch is closed
 *   EQUIVOCATION            the author has another place of this seq in this epoch
 *   PARENT_NOT_OF_BRANCH    a parent is of a sibling or later epoch, or named with a wrong number
 *   PARENT_UNKNOWN          hold it back until `missing` are accepted; may be refused then
 *   SEQ_NOT_NEXT            a gap in the author's line
 *   PARENTS_NOT_ANTICHAIN   a parent follows another, or two have one author
 *   NO_PARENT_IN_EPOCH      no parent is the epoch's commit or of the epoch
 *   EQUIVOCATION            seq > 0 and the author's previous place is not before it
 *   OWN_PLACE_NOT_FOLLOWED  seq 0 and its last place in the nearest ancestor epoch is not before it
 */
MJL_MUST_USE mjl_result mjl_transcript_check(const mjl_transcript *transcript,
                                             const mjl_place_candidate *candidate,
                                             mjl_findings *findings);
/* Adds what check answered OK for. Cannot fail but for memory. */
MJL_MUST_USE mjl_result mjl_transcript_accept(mjl_transcript *transcript,
                                              const mjl_place_candidate *candidate,
                                              uint32_t *place);

/* ---- The causal order ---- */

/* `a` is `b` or in its past. Cost: the places accepted between the two. */
bool mjl_transcript_is_before_or_equal(const mjl_transcript *transcript, uint32_t a, uint32_t b);
/* Marks all that is in the past of these places (themselves only if others follow them), down to
   `floor`. The marks live until the next question about the order. */
void mjl_transcript_mark_past(const mjl_transcript *transcript, const uint32_t *places,
                              size_t count, uint32_t floor);
bool mjl_transcript_is_marked(const mjl_transcript *transcript, uint32_t place);
uint64_t mjl_transcript_next_seq(const mjl_transcript *transcript, uint32_t author, uint32_t epoch);
/* The author's last place visible from an epoch: there, else in the nearest ancestor where its
   present leaf wrote; MJL_NONE. */
uint32_t mjl_transcript_last_of_author(const mjl_transcript *transcript, uint32_t author,
                                       uint32_t epoch);

/* Parents for the next place of `author` in `epoch`, in wire order: at most MJL_PARENTS_MAX, and
   such that check accepts them. Commits made on the epoch by others are left out (what stands on
   them could not be followed from within the epochs they start). PARENT_UNKNOWN: the epoch's commit
   was not accepted yet. OWN_PLACE_NOT_FOLLOWED: no such set exists yet; somebody else must write
   first. */
MJL_MUST_USE mjl_result mjl_transcript_heads(mjl_transcript *transcript, uint32_t epoch,
                                             uint32_t author, mjl_place_ref *parents,
                                             size_t *count);
/* What a statement says: the places visible from `epoch` that nothing visible follows, from the
   `skip`-th on by order of acceptance, at most `max`, in wire order. For a joiner that accepted
   nothing yet: its root's commit. */
size_t mjl_transcript_frontier(const mjl_transcript *transcript, uint32_t epoch, size_t skip,
                               mjl_place_ref *out, size_t max);

/* ---- Saved ---- */

MJL_MUST_USE mjl_result mjl_transcript_save_author(const mjl_transcript *transcript,
                                                   uint32_t author, mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_transcript_save_epoch(const mjl_transcript *transcript, uint32_t epoch,
                                                  mjl_buffer *out);
MJL_MUST_USE mjl_result mjl_transcript_save_place(const mjl_transcript *transcript, uint32_t place,
                                                  mjl_buffer *out);
/* Into a new transcript: all authors, then all epochs, then all places, then done. Each appends the
   next one, under the same rules as when it was first added. STORE_DAMAGED if it does not fit. */
MJL_MUST_USE mjl_result mjl_transcript_load_author(mjl_transcript *transcript, mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_transcript_load_epoch(mjl_transcript *transcript, mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_transcript_load_place(mjl_transcript *transcript, mjl_bytes saved);
/* Before anything else is asked of a transcript that was loaded, also if it is empty. */
MJL_MUST_USE mjl_result mjl_transcript_load_done(mjl_transcript *transcript);

/* Every invariant; false is a bug of ours. Slow: for tests. */
bool mjl_transcript_check_all(mjl_transcript *transcript);

#endif
