/*
 * Who has what: which readers of each accepted place are known to have it. Who they are:
 * `acks_readers.h`.
 *
 * The start is "nobody but us and the author"; only evidence changes that: a place by r, or a
 * statement of r, shows that r has all that it follows. Coverage follows the graph, across epochs.
 *
 * A message may have several places (placed again). Its readers are those of its first accepted
 * place; r has the message when it has any of its places. Questions take any place and answer for
 * its message, unless they say "place".
 *
 *      unacked ──all readers have it, or were dropped──> full, for ever; a place's bits go when all
 *                                                        its readers have the place itself
 *
 * Place indices are the transcript's; each accepted place is added, in order. Errors: a refusal
 * changes nothing. Saved: one record for the whole, one per epoch, one per unacked place.
 */
#ifndef MAJLIS_SESSION_ACKS_H
#define MAJLIS_SESSION_ACKS_H

#include "transcript.h"

typedef struct mjl_acks mjl_acks;

/* Messages, by their first place, of which a holder became known or an owing reader was dropped:
   ask is_full for each. Starts as zeros; each call appends, ascending, every message once. */
typedef struct mjl_acks_changes {
    uint32_t *places;
    size_t count, room;
} mjl_acks_changes;

void mjl_acks_changes_clear(mjl_acks_changes *changes); /* Frees. */

/* `self`: our own author index. What we accept we have. */
MJL_MUST_USE mjl_result mjl_acks_new(uint32_t self, mjl_acks **acks);
void mjl_acks_free(mjl_acks *acks); /* NULL is fine. */

/* The place that was just accepted. Its author has it and its past: `changes` may name others, and
   names this one if it is full at once. */
MJL_MUST_USE mjl_result mjl_acks_add(mjl_acks *acks, const mjl_transcript *transcript,
                                     uint32_t place, mjl_acks_changes *changes);
/* `reader` is known to have `place` and all its past. Cost: what is newly known. */
MJL_MUST_USE mjl_result mjl_acks_heard(mjl_acks *acks, const mjl_transcript *transcript,
                                       uint32_t place, uint32_t reader, mjl_acks_changes *changes);
/* Nobody owes this place any more, whether they have it or not: it stands on a branch that lost for
   good. Of the first place of a message the message goes with it. Who is known to have it stays
   true, and is learnt as before: it is never taken for had because it was let go. */
MJL_MUST_USE mjl_result mjl_acks_let_go(mjl_acks *acks, uint32_t place);
/* The message of that place, which is not its first, is owed again if it was let go. `is_news`: it
   was, and somebody lacks it. */
MJL_MUST_USE mjl_result mjl_acks_count_again(mjl_acks *acks, const mjl_transcript *transcript,
                                             uint32_t place, bool *is_news);

/* ---- Questions ---- */

/* Nobody owes it: everyone has it, or it was let go. */
bool mjl_acks_is_full(const mjl_acks *acks, const mjl_transcript *transcript, uint32_t place);
/* Of the place itself, whatever is known of its message: what others build on is repeated until its
 * readers have it. */
bool mjl_acks_place_is_full(const mjl_acks *acks, uint32_t place);
bool mjl_acks_place_owes(const mjl_acks *acks, uint32_t place, uint32_t author);
/* A reader known to have the message; also true of its author. */
bool mjl_acks_has(const mjl_acks *acks, const mjl_transcript *transcript, uint32_t place,
                  uint32_t author);
/* A reader that is not known to have it, unless it was let go. */
bool mjl_acks_owes(const mjl_acks *acks, const mjl_transcript *transcript, uint32_t place,
                   uint32_t author);
/* Readers that are not known to have it, also when it was let go. */
uint32_t mjl_acks_missing_count(const mjl_acks *acks, const mjl_transcript *transcript,
                                uint32_t place);
/* Messages of which this author is a reader not known to have them. */
size_t mjl_acks_owed_count(const mjl_acks *acks, uint32_t author);

/* Messages that are not full, by their first place, in order of acceptance. */
size_t mjl_acks_unacked_count(const mjl_acks *acks);
uint32_t mjl_acks_unacked_first(const mjl_acks *acks); /* MJL_NONE */
uint32_t mjl_acks_unacked_next(const mjl_acks *acks, uint32_t place);

/* How many places were added. */
uint32_t mjl_acks_places_count(const mjl_acks *acks);
/* Bytes held for unacked places, for the bench. */
size_t mjl_acks_memory(const mjl_acks *acks);

/* ---- Saved ---- */

/* The head and the rosters: these are added, and change in `unread` alone. */
MJL_MUST_USE mjl_result mjl_acks_save_head(const mjl_acks *acks, mjl_buffer *out);
uint32_t mjl_acks_rosters_count(const mjl_acks *acks);
MJL_MUST_USE mjl_result mjl_acks_save_roster(const mjl_acks *acks, uint32_t epoch, mjl_buffer *out);
/* What changed since the last clear: the head, and places (in no order that matters). A place whose
   record comes out empty is full: its record is removed. */
bool mjl_acks_head_is_dirty(const mjl_acks *acks);
size_t mjl_acks_dirty_count(const mjl_acks *acks);
uint32_t mjl_acks_dirty(const mjl_acks *acks, size_t i);
MJL_MUST_USE mjl_result mjl_acks_save_place(const mjl_acks *acks, uint32_t place, mjl_buffer *out);
void mjl_acks_dirty_clear(mjl_acks *acks); /* After the persist. */

/* Loading: head (makes the value), rosters in order, then the records of places in ascending order,
   then done, which adds all that have no record as full. STORE_DAMAGED if something does not fit.
 */
MJL_MUST_USE mjl_result mjl_acks_load_head(mjl_bytes saved, const mjl_transcript *transcript,
                                           mjl_acks **acks);
MJL_MUST_USE mjl_result mjl_acks_load_roster(mjl_acks *acks, const mjl_transcript *transcript,
                                             mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_acks_load_place(mjl_acks *acks, const mjl_transcript *transcript,
                                            uint32_t place, mjl_bytes saved);
MJL_MUST_USE mjl_result mjl_acks_load_done(mjl_acks *acks, const mjl_transcript *transcript);

/* Every invariant; false is a bug of ours. Slow: for tests. */
bool mjl_acks_check(const mjl_acks *acks, const mjl_transcript *transcript);

#endif
