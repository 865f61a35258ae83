/*
 * Opened and verified places that wait for their parents, bounded per author: one author's excess
 * never displaces another's.
 *
 *      add ──missing parents──> waiting ──last one accepted──> ready ──take──> the caller
 *
 * Time: `since` is an argument and only kept. Order: arrival. Errors: a refusal changes nothing.
 * Ownership: the blob is copied in and moved out. Saved: one record per entry, by its serial
 * number.
 */
#ifndef MAJLIS_SESSION_PENDING_H
#define MAJLIS_SESSION_PENDING_H

#include "ids.h"
#include "majlis/limits.h"

typedef struct mjl_pending mjl_pending;

typedef struct mjl_pending_entry {
    uint64_t serial; /* Given by add: behind all that wait. The key of the record. */
    mjl_id packet;
    mjl_place_id place;
    mjl_branch_id branch; /* Of the epoch in which it was written. */
    mjl_member_id author;
    uint64_t seq;
    mjl_time since;
    const mjl_place_ref *missing; /* Not accepted yet; in wire order. */
    size_t missing_count;
    mjl_bytes blob; /* Whatever the caller needs to go on. */
    bool is_marked; /* As mjl_pending_mark_behind or _before left it. */
} mjl_pending_entry;

MJL_MUST_USE mjl_result mjl_pending_new(mjl_pending **pending);
void mjl_pending_free(mjl_pending *pending); /* NULL is fine. */

/* Copies. FULL: the author has MJL_PENDING_PER_AUTHOR_MAX entries or
   MJL_PENDING_BYTES_PER_AUTHOR_MAX bytes waiting; DUPLICATE: that place waits already. */
MJL_MUST_USE mjl_result mjl_pending_add(mjl_pending *pending, const mjl_pending_entry *entry);

/* A place was accepted, or will never be waited for again: entries that lack nothing else are
 * ready. */
void mjl_pending_accepted(mjl_pending *pending, const mjl_place_id *place);
/* The next ready entry by arrival, and its blob; EMPTY. The entry's `missing` is empty, its `blob`
   lies in `blob`, which the caller releases. */
MJL_MUST_USE mjl_result mjl_pending_take_ready(mjl_pending *pending, mjl_pending_entry *entry,
                                               mjl_buffer *blob);
/* Forgets all entries of an epoch whose places will not be accepted any more. */
void mjl_pending_drop_branch(mjl_pending *pending, const mjl_branch_id *branch);

/* Marks what waits for the place, also by way of others that wait; and nothing else. */
void mjl_pending_mark_behind(mjl_pending *pending, const mjl_place_id *place);
/* Marks those of the places that wait, and what they wait for that waits as well; nothing else. */
void mjl_pending_mark_before(mjl_pending *pending, const mjl_place_ref *places, size_t count);
size_t mjl_pending_count(const mjl_pending *pending);
bool mjl_pending_has(const mjl_pending *pending, const mjl_place_id *place);
/* By arrival the one that came after `entry`, of NULL the first; NULL past the end. Lives until the
   next change. */
const mjl_pending_entry *mjl_pending_next(const mjl_pending *pending,
                                          const mjl_pending_entry *entry);

typedef struct mjl_gap {
    mjl_place_ref place; /* What is missing. May itself be waiting here. */
    mjl_time since;      /* Since the oldest entry that waits for it. */
    size_t waiting_count;
    const mjl_pending_entry *oldest; /* That entry; NULL: before the first gap. */
    size_t position;                 /* In what that one misses. */
} mjl_gap;

/* The gap behind this one, which starts as zeros: the longest missing first. NOT_FOUND past the
   end. Between changes. */
MJL_MUST_USE mjl_result mjl_pending_next_gap(const mjl_pending *pending, mjl_gap *gap);

/* ---- Saved ---- */

typedef struct mjl_pending_change {
    uint64_t serial;
    bool is_removed;
} mjl_pending_change;

/* What changed since the last clear; in no order that matters. */
size_t mjl_pending_dirty_count(const mjl_pending *pending);
mjl_pending_change mjl_pending_dirty(const mjl_pending *pending, size_t i);
MJL_MUST_USE mjl_result mjl_pending_save(const mjl_pending *pending, uint64_t serial,
                                         mjl_buffer *out);
void mjl_pending_dirty_clear(mjl_pending *pending);
/* In ascending order of serials. STORE_DAMAGED if it does not fit. */
MJL_MUST_USE mjl_result mjl_pending_load(mjl_pending *pending, mjl_bytes saved);

/* Every invariant; false is a bug of ours. */
bool mjl_pending_check(const mjl_pending *pending);

#endif
