/* What the room of waiting places holds: for pending.c and pending_saved.c alone. */
#ifndef MAJLIS_SESSION_PENDING_STATE_H
#define MAJLIS_SESSION_PENDING_STATE_H

#include "index_table.h"
#include "pending.h"

static const uint32_t MJL_NO_SLOT = UINT32_MAX;

/* The public view and what it borrows from. Entries stand in a list by serial number. */
typedef struct mjl_pending_slot {
    mjl_pending_entry view;
    mjl_place_ref *missing;
    mjl_buffer blob;
    uint32_t previous, next; /* Slots; UINT32_MAX ends. */
    uint32_t dirty_at;       /* Position in the list of changes; UINT32_MAX: not there. */
    uint32_t next_marked;    /* While marks are set: the next one to go on from. */
} mjl_pending_slot;

/* A missing place, and who waits for it, by arrival. */
typedef struct mjl_pending_gap_slot {
    mjl_place_ref place;
    uint32_t *waiters; /* Slots of entries. */
    size_t room;
    uint32_t count;
    uint32_t next_free;
} mjl_pending_gap_slot;

typedef struct mjl_pending_author { /* What one author has waiting. */
    mjl_member_id id;
    size_t count, size;
} mjl_pending_author;

struct mjl_pending {
    mjl_pending_slot *entries;
    mjl_pending_gap_slot *gaps;
    mjl_pending_author *authors;
    uint32_t *ready; /* Slots, by serial number. */
    mjl_pending_change *changes;
    size_t entries_count, gaps_count, authors_count, ready_count, changes_count;
    size_t entries_room, gaps_room, authors_room, ready_room, changes_room;
    size_t removals_count; /* Among the changes. */
    size_t count;          /* Entries in use; `entries_count` has free slots among them. */
    uint32_t first, last, free_entry, free_gap;
    mjl_index_table place_table, serial_table, gap_table;
};

/* Slots; MJL_NO_SLOT. */
uint32_t mjl_pending_find_entry(const mjl_pending *pending, const mjl_place_id *place);
uint32_t mjl_pending_find_serial(const mjl_pending *pending, uint64_t serial);
uint32_t mjl_pending_find_gap(const mjl_pending *pending, const mjl_place_id *place);
/* The number of the next entry: above all that are here. */
uint64_t mjl_pending_next_serial(const mjl_pending *pending);
/* With the serial number that the entry brings; notes no change. */
MJL_MUST_USE mjl_result mjl_pending_add_numbered(mjl_pending *pending, const mjl_pending_entry *of,
                                                 uint32_t *slot);

#endif
