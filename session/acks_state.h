/*
 * What acks hold; seen by its own files alone:
 *
 *      acks.c            the value; what is learnt: places, and who was heard to have them
 *      acks_readers.c    who reads what
 *      acks_messages.c   when nobody owes a message any more, or again
 *      acks_entries.c    the entries, in order of acceptance
 *      acks_saved.c      records
 *
 * Each accepted place has a slot number:
 *
 *      an entry ──its last reader has it──> MJL_ACKS_FULL      a walk stops here
 *
 * An entry's bits are the readers of the *place* not known to have it and its past. Only the first
 * place of a message that was placed again has, beside them, the readers of the *message* not known
 * to have any of its places.
 */
#ifndef MAJLIS_SESSION_ACKS_STATE_H
#define MAJLIS_SESSION_ACKS_STATE_H

#include "acks_readers.h"
#include "array.h"

static const uint32_t MJL_ACKS_FULL = UINT32_MAX;

typedef struct mjl_acks_roster {
    uint8_t *bits; /* By author index. */
    uint32_t size; /* Bytes. */
    uint32_t count;
} mjl_acks_roster;

typedef struct mjl_acks_entry {
    uint32_t place;          /* MJL_NONE: the slot is free, `next` is the next free one. */
    uint32_t previous, next; /* Slots by ascending place. */
    uint32_t missing, message_missing;
    uint32_t size : 31;     /* Bytes of `owed`, and of `message_owed` where it is. */
    uint32_t is_let_go : 1; /* Nobody owes it; the bits still say who is not known to have it. */
    uint8_t *owed;
    uint8_t *message_owed; /* NULL: the same as `owed`. */
} mjl_acks_entry;

/* Bytes of `message_owed`. */
static inline uint32_t mjl_acks_message_size(const mjl_acks_entry *entry)
{
    return entry->message_owed == NULL ? 0 : entry->size;
}

typedef struct mjl_acks_place {
    uint32_t slot;
} mjl_acks_place;

typedef struct mjl_acks_author {
    uint32_t dropped_epochs; /* No reader in epochs below this one, */
    uint32_t dropped_places; /* of places below this one. MJL_NONE: of any. */
    uint32_t owed_count;     /* Messages. */
} mjl_acks_author;

struct mjl_acks {
    uint32_t self;
    mjl_acks_roster *rosters;
    mjl_acks_place *places;
    mjl_acks_entry *entries;
    mjl_acks_author *authors;
    uint32_t rosters_count, places_count, entries_count, authors_count;
    size_t rosters_room, places_room, entries_room, authors_room;
    uint32_t first, last, free; /* Slots. */
    uint32_t unacked_count;     /* Messages. */
    uint32_t *dirty;            /* Places. */
    uint8_t *is_dirty;          /* By place. */
    uint32_t dirty_count;
    size_t dirty_room, is_dirty_room;
    bool head_dirty;
    size_t bits_size; /* Bytes of all entries' bits. */
    uint32_t *found;  /* Scratch. */
    uint32_t found_count;
    size_t found_room;
};

static inline bool mjl_bits_have(const uint8_t *bits, uint32_t size, uint32_t i)
{
    return i / 8 < size && (bits[i / 8] >> (i % 8) & 1) != 0;
}

static inline void mjl_bits_clear(uint8_t *bits, uint32_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] & ~(1U << (i % 8)));
}

static inline void mjl_bits_set(uint8_t *bits, uint32_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1U << (i % 8));
}

uint32_t mjl_bits_count(const uint8_t *bits, uint32_t size);

/* ---- acks_readers.c ---- */

/* So many authors at least: of new ones nothing is known yet. */
MJL_MUST_USE mjl_result mjl_acks_reserve_authors(mjl_acks *acks, uint32_t count);
bool mjl_acks_is_dropped(const mjl_acks *acks, uint32_t author, uint32_t epoch, uint32_t place);
/* Readers of a place of that epoch and author: the roster less both of us and who was dropped. */
void mjl_acks_fill_readers(const mjl_acks *acks, const mjl_place *of, uint32_t place,
                           uint8_t *bits);

/* ---- acks_entries.c ---- */

/* Room for `more` places to be noted, beside the next one. */
MJL_MUST_USE mjl_result mjl_acks_dirty_reserve(mjl_acks *acks, uint32_t more);
void mjl_acks_dirty_note(mjl_acks *acks, uint32_t place);
/* NULL: the place is full. */
mjl_acks_entry *mjl_acks_entry_of(const mjl_acks *acks, uint32_t place);
/* All have the place and its past: the bits go, and a walk stops here. */
void mjl_acks_entry_release(mjl_acks *acks, uint32_t place);
/* Room for the next place and its entry. */
MJL_MUST_USE mjl_result mjl_acks_reserve(mjl_acks *acks);
/* The next place with a slot: MJL_ACKS_FULL or an entry that takes the bits and is
   counted. Room was reserved. */
void mjl_acks_append(mjl_acks *acks, const mjl_transcript *transcript, uint32_t slot);
uint32_t mjl_acks_append_entry(mjl_acks *acks, const mjl_transcript *transcript, uint8_t *owed,
                               uint8_t *message_owed);

/* ---- acks_messages.c ---- */

/* Who owes the message of that first place is counted from now on. */
void mjl_acks_count_message(mjl_acks *acks, mjl_acks_entry *entry);
/* The message is counted no more; who is known to have it stays. */
void mjl_acks_mark_let_go(mjl_acks *acks, mjl_acks_entry *entry);
/* Room for what is found to be noted: each place, its message's first place, and one more. */
MJL_MUST_USE mjl_result mjl_acks_reserve_notes(mjl_acks *acks, mjl_acks_changes *changes,
                                               uint32_t count);
/* The reader's bit of that place was cleared: it has the message too, or never needs to. */
void mjl_acks_settle_place(mjl_acks *acks, const mjl_transcript *transcript, uint32_t place,
                           uint32_t reader, mjl_acks_changes *changes);
/* The same of all places in `found`, which is empty then. */
void mjl_acks_settle_found(mjl_acks *acks, const mjl_transcript *transcript, uint32_t reader,
                           mjl_acks_changes *changes);
void mjl_acks_sort_changes(mjl_acks_changes *changes, size_t start); /* Those from `start` on. */

#endif
