/*
 * Who reads what: the readers of a place are the roster of its epoch less its author, less those
 * that were dropped.
 *
 *      roster ──removed──> dropped: no reader of what stands in the epochs before
 *         │                   └──the removal was undone──> a reader of what comes from then on
 *         └──unread, on a line that lost──> no reader of anything in that epoch
 *
 * Who is dropped owes nothing: messages may be full by that. Errors: a refusal changes nothing.
 * Saved: with the acks.
 */
#ifndef MAJLIS_SESSION_ACKS_READERS_H
#define MAJLIS_SESSION_ACKS_READERS_H

#include "acks.h"

/* The roster of the next epoch, in the order of the transcript's epochs, before any place of it.
   Any order of authors; MJL_NONE is skipped (blank leaves). */
MJL_MUST_USE mjl_result mjl_acks_add_roster(mjl_acks *acks, const uint32_t *authors, size_t count);

/* The first reader from `from` on that the roster of that epoch has; MJL_NONE: there is none. */
uint32_t mjl_acks_next_in_roster(const mjl_acks *acks, uint32_t epoch, uint32_t from);

/* Its removal was applied: of the first `epochs` epochs it is no reader any more. A rival of the
   epoch that removed it, or a later one, may have it. */
MJL_MUST_USE mjl_result mjl_acks_drop_reader(mjl_acks *acks, const mjl_transcript *transcript,
                                             uint32_t reader, uint32_t epochs,
                                             mjl_acks_changes *changes);
/* Its removal was undone: it is a reader again of what is accepted from now on. */
void mjl_acks_take_back(mjl_acks *acks, uint32_t reader);
/* Is it no reader of what is still to come in that epoch? */
bool mjl_acks_is_dropped_from(const mjl_acks *acks, uint32_t reader, uint32_t epoch);
/* The first author from `from` on that would be a reader of the place, had it not been dropped;
   MJL_NONE: there is none. */
uint32_t mjl_acks_next_dropped(const mjl_acks *acks, const mjl_transcript *transcript,
                               uint32_t place, uint32_t from);

/* Nothing that stands in that epoch is for that reader, nor what is accepted there from now on. The
   roster's record is to be saved again if it has one. */
MJL_MUST_USE mjl_result mjl_acks_unread(mjl_acks *acks, const mjl_transcript *transcript,
                                        uint32_t epoch, uint32_t reader, mjl_acks_changes *changes);

/* Of the message of that place: on the roster of its first one, and neither its author nor dropped.
 */
bool mjl_acks_is_reader(const mjl_acks *acks, const mjl_transcript *transcript, uint32_t place,
                        uint32_t author);
uint32_t mjl_acks_readers_count(const mjl_acks *acks, const mjl_transcript *transcript,
                                uint32_t place);

#endif
