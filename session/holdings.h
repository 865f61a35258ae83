/*
 * What is kept of each place beside the graph, and when the place is looked at again.
 *
 *      holdings    [ 0 | 1 | 2 | ... ]      index = place index in the transcript
 *      due         [ 7, 3, 9, ... ]         places with a time, the earliest first (a binary heap)
 *
 * A place has two times: its next repetition, and by when everyone should have it. They are no
 * tasks of the schedule, and no expectations: of ten thousand places that wait for a thousand
 * members each would cost as much memory as who is missing, and five records more. Order is due
 * time, then place.
 *
 * A packet lies in memory until it is saved; then it is read from its record when it is sent again.
 *
 * Errors: without memory nothing is changed. Saved: one record per holding, its packet and its
 * content beside it.
 */
#ifndef MAJLIS_SESSION_HOLDINGS_H
#define MAJLIS_SESSION_HOLDINGS_H

#include "ids.h"
#include "majlis/session.h"

#define MJL_NEVER INT64_MAX

typedef struct mjl_holding {
    uint32_t type; /* Payload type; MJL_PLACE_COMMIT for commits. */
    bool is_own;
    uint32_t packet_size; /* As first sent; 0 once nobody needs it. */
    mjl_buffer packet;    /* Until it is saved. */
    mjl_buffer content;   /* Encoded content of a message; empty for commits. */
    mjl_id packet_id;
    mjl_time accepted_at;
    mjl_time last_on_wire; /* When this member last sent or saw it. */
    uint32_t resends;      /* By this member. */
    uint64_t outgoing;     /* Number of its latest packet in the outbox; 0: none. */
    uint32_t wire_count;   /* Repetitions by anyone. */
    uint32_t step;         /* Of the back-off. */
    mjl_time resend_at;    /* The next turn, or MJL_NEVER. */
    mjl_time overdue_at;   /* When everyone should have it; MJL_NEVER: nobody waits for that. */
    bool is_overdue;       /* That time passed. */
    uint32_t due_position; /* One more than that in the heap; 0: it is not there. */
    uint64_t warning;      /* Number of the raised warning; 0: none. */
    uint32_t shown_state, shown_held, shown_readers; /* What the application was last told. */
    mjl_time held_at; /* When the last of those who have it was learnt; 0: none was. */
    uint32_t if_grown;
    uint32_t generation;       /* Of an own place: its payload can be told again. */
    bool tells_removed;        /* A commit that somebody removed since was not known to have. */
    bool is_superseded;        /* Placed again: the newer place is repeated instead. */
    uint32_t delivered_number; /* Position in the order of delivery, from 1; 0: not a first content
                                  place. */
    uint32_t
        roster_epoch; /* Index of the epoch whose roster were the readers of the first place. */
    bool record_dirty, packet_dirty, content_dirty;
    bool was_resend_pending, was_deadline_pending; /* When the profile was opened. Not saved. */
} mjl_holding;

typedef struct mjl_holdings {
    mjl_holding *entries; /* Index = place index in the transcript. */
    uint32_t *due;        /* With room for all that there are. */
    size_t room, due_room;
    uint32_t count, due_count;
    uint32_t *dirty; /* Indices with anything to save. */
    uint32_t dirty_count;
    size_t dirty_room;
    uint32_t delivered_count;
} mjl_holdings;

void mjl_holdings_clear(mjl_holdings *holdings); /* Wipes. */
/* The holding of the place with that index, which must be the next; when it is due is set
   afterwards. Takes its buffers. */
MJL_MUST_USE mjl_result mjl_holdings_add(mjl_holdings *holdings, mjl_holding *taken);
/* Marks it as changed: its record is written with the next persist. */
MJL_MUST_USE mjl_result mjl_holdings_touch(mjl_holdings *holdings, uint32_t place);
/* Nobody needs its packet any more. The caller touches it. */
void mjl_holding_drop_packet(mjl_holding *holding);
/* It is on the disk, and so is its packet. */
void mjl_holding_saved(mjl_holding *holding);

/* ---- Times. MJL_NEVER takes one back. ---- */

typedef enum mjl_due_kind { MJL_DUE_DEADLINE = 0, MJL_DUE_RESEND } mjl_due_kind;

typedef struct mjl_due {
    mjl_time at;
    uint32_t place;
    mjl_due_kind kind; /* A deadline comes before a repetition of the same tick. */
} mjl_due;

void mjl_holdings_resend_at(mjl_holdings *holdings, uint32_t place, mjl_time at);
void mjl_holdings_overdue_at(mjl_holdings *holdings, uint32_t place, mjl_time at);
/* The deadline passed: it stays overdue until its time is taken back. */
void mjl_holdings_deadline_passed(mjl_holdings *holdings, uint32_t place);
/* The earliest; false if nothing is due ever. */
bool mjl_holdings_next_due(const mjl_holdings *holdings, mjl_due *due);

/* All of them, in no order; `out` has room for two of each place that is due. Answers how many. */
size_t mjl_holdings_times(const mjl_holdings *holdings, mjl_due *out);

/* Every invariant of the heap. Slow: for tests. */
bool mjl_holdings_check(const mjl_holdings *holdings);

#endif
