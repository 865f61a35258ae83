/*
 * The queue of events that wait for the application: numbered, bounded, persisted, handed out until
 * settled.
 *
 * The bound is kept at the door: near it inputs are refused and timers wait (they may use a
 * reserve). What was let in is told whole: one statement may ack thousands of messages, and half of
 * its effects would be none.
 *
 * Ownership: an event pushed is copied with its bytes. Saved (events_saved.c): what one step told
 * as one record, or several, kind MJL_RECORD_EVENT, key = the number of the first; it goes when the
 * last of them is settled. How far is settled stands in the profile's record.
 */
#ifndef MAJLIS_SESSION_EVENTS_H
#define MAJLIS_SESSION_EVENTS_H

#include "majlis/event.h"
#include "majlis/limits.h"
#include "records.h"

/* An event with the bytes it points at, in one piece. */
struct mjl_stored_event {
    mjl_event event;
    uint64_t record; /* Where it is saved; 0: not yet. */
    uint8_t *bytes;  /* name, media_type, body, missing: one after the other. */
};

typedef struct mjl_events {
    struct mjl_stored_event *entries; /* Ascending numbers, from `first`. */
    size_t first, count, room;
    size_t handed; /* Entries from `first` on that were handed out since open. */
    uint64_t next_number;
    uint64_t settled;                            /* All numbers up to here are settled. */
    uint64_t persisted_below;                    /* Numbers below this are in the store. */
    bool in_timer;                               /* The reserve may be used. */
    mjl_event late[MJL_LATE_TASKS_REPORTED_MAX]; /* TASK_LATE: told once, number 0, never saved. */
    size_t late_count, late_handed;
} mjl_events;

void mjl_events_init(mjl_events *events);
void mjl_events_clear(mjl_events *events);

/* True if `more` events fit; inputs ask before they change anything. */
bool mjl_events_have_room(const mjl_events *events, size_t more);
/* Takes a copy; gives it the next number. */
MJL_MUST_USE mjl_result mjl_events_push(mjl_events *events, const mjl_event *event);
/* Beside the queue and the state; the first MJL_LATE_TASKS_REPORTED_MAX since open. */
void mjl_events_tell_late(mjl_events *events, const mjl_event *event);
/* The next persisted one that was not handed out. EMPTY, or UNPERSISTED. */
mjl_result mjl_events_next(mjl_events *events, mjl_event *event);
/* The one handed out last comes again. */
void mjl_events_put_back(mjl_events *events);
mjl_result mjl_events_settle(mjl_events *events, uint64_t number);

/* Puts what changed since the last persist into the batch; `persisted` follows when the transaction
 * is durable. */
MJL_MUST_USE mjl_result mjl_events_save(mjl_events *events, mjl_records *records);
void mjl_events_persisted(mjl_events *events);
/* All of a record that are not settled, which is known by now. */
MJL_MUST_USE mjl_result mjl_events_load(mjl_events *events, mjl_bytes key, mjl_bytes value);
/* Behind the last one, with its number, saved in that record. Takes a copy. */
MJL_MUST_USE mjl_result mjl_events_restore(mjl_events *events, const mjl_event *event,
                                           uint64_t record);

#endif
