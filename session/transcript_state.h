/*
 * What a transcript holds; seen by its own files alone:
 *
 *      transcript.c         the value: authors, epochs, places, what is looked up
 *      acceptance.c         which places are accepted
 *      transcript_order.c   the causal order, parents for the next place, frontiers
 *      transcript_saved.c   records
 */
#ifndef MAJLIS_SESSION_TRANSCRIPT_STATE_H
#define MAJLIS_SESSION_TRANSCRIPT_STATE_H

#include "array.h"
#include "index_table.h"
#include "transcript.h"

typedef struct mjl_line { /* The places of one author in one epoch, of seq 0, 1, 2, ... */
    uint32_t epoch, author;
    uint32_t last; /* Place; the others by `previous`. */
} mjl_line;

typedef struct mjl_epoch_entry {
    mjl_graph_epoch view;
    uint32_t *joined; /* Author indices, ascending. */
    uint32_t joined_count;
    uint32_t children_count; /* Epochs. */
    uint32_t commits_count;  /* Places here that are commits. */
    uint32_t *heads;         /* Places visible from here that nothing visible names; ascending. */
    uint32_t heads_count;
    size_t heads_room;
} mjl_epoch_entry;

/* Scratch for walks: a place is marked when its mark is the walk's number. Not part of the value.
 */
typedef struct mjl_marks {
    uint32_t *of;
    uint32_t walk;
} mjl_marks;

struct mjl_transcript {
    mjl_member_id *authors;
    mjl_epoch_entry *epochs;
    mjl_place *places;
    uint32_t *parents; /* Of all places, one after the other; see parents_at. */
    mjl_line *lines;
    uint32_t authors_count, epochs_count, places_count, parents_count, lines_count;
    size_t authors_room, epochs_room, places_room, parents_room, lines_room;
    mjl_index_table author_table, epoch_table, place_table, message_table, line_table;
    mjl_marks *marks;
    bool is_loading; /* Heads are found when all is loaded. */
};

/* A candidate whose parents were looked up. */
typedef struct mjl_resolved {
    uint32_t parents[MJL_PARENTS_MAX]; /* Places; ascending once resolved. */
    size_t parents_count;
    size_t opaque_count;
    bool follows_root;
} mjl_resolved;

uint32_t mjl_transcript_find_line(const mjl_transcript *transcript, uint32_t epoch,
                                  uint32_t author);
/* Adds a place that passed every rule. */
MJL_MUST_USE mjl_result mjl_transcript_insert(mjl_transcript *transcript,
                                              const mjl_place_candidate *candidate,
                                              const mjl_resolved *resolved, uint32_t *place);
/* A form that no place of a peer's may have: nothing to do with its epoch or parents. */
bool mjl_transcript_is_well_formed(const mjl_transcript *transcript,
                                   const mjl_place_candidate *candidate);
/* The author's place of that seq in that epoch; MJL_NONE. */
uint32_t mjl_transcript_find_seq(const mjl_transcript *transcript,
                                 const mjl_place_candidate *candidate);
/* The rules that need all parents; the others are done. */
MJL_MUST_USE mjl_result mjl_transcript_check_resolved(const mjl_transcript *transcript,
                                                      const mjl_place_candidate *candidate,
                                                      const mjl_resolved *resolved,
                                                      uint32_t *other);

/* Whether a choice between branches that lead from `ancestor` towards `epoch` is known: an author
   may have gone back to `ancestor` and written there again. */
bool mjl_transcript_may_have_gone_back(const mjl_transcript *transcript, uint32_t ancestor,
                                       uint32_t epoch);

#endif
