#include "acks.h"

#include "acks_state.h"
#include "transcript_state.h"

#include <assert.h>

/* ---- The value ---- */

mjl_result mjl_acks_new(uint32_t self, mjl_acks **acks)
{
    mjl_acks *made = (mjl_acks *)calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->self = self;
    made->first = made->last = made->free = MJL_NONE;
    made->head_dirty = true;
    *acks = made;
    return MJL_OK;
}

void mjl_acks_free(mjl_acks *acks)
{
    if (acks == NULL) return;
    for (uint32_t i = 0; i < acks->rosters_count; i++)
        free(acks->rosters[i].bits);
    for (uint32_t slot = acks->first; slot != MJL_NONE; slot = acks->entries[slot].next) {
        free(acks->entries[slot].owed);
        free(acks->entries[slot].message_owed);
    }
    free(acks->rosters);
    free(acks->places);
    free(acks->entries);
    free(acks->authors);
    free(acks->dirty);
    free(acks->is_dirty);
    free(acks->found);
    free(acks);
}

void mjl_acks_changes_clear(mjl_acks_changes *changes)
{
    free(changes->places);
    *changes = (mjl_acks_changes){NULL, 0, 0};
}

uint32_t mjl_bits_count(const uint8_t *bits, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++) {
        for (unsigned byte = bits[i]; byte != 0; byte &= byte - 1)
            count++;
    }
    return count;
}

/* ---- Rosters ---- */

static mjl_result reserve_authors(mjl_acks *acks, uint32_t count)
{
    if (count <= acks->authors_count) return MJL_OK;
    const uint32_t more = count - acks->authors_count;
    const mjl_result result = mjl_array_reserve((void **)&acks->authors, acks->authors_count,
                                                &acks->authors_room, more, sizeof *acks->authors);
    if (result != MJL_OK) return result;
    memset(acks->authors + acks->authors_count, 0, more * sizeof *acks->authors);
    acks->authors_count = count;
    return MJL_OK;
}

mjl_result mjl_acks_add_roster(mjl_acks *acks, const uint32_t *authors, size_t count)
{
    uint32_t authors_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (authors[i] != MJL_NONE && authors[i] >= authors_count) authors_count = authors[i] + 1;
    }
    mjl_result result = reserve_authors(acks, authors_count);
    if (result == MJL_OK) {
        result = mjl_array_reserve((void **)&acks->rosters, acks->rosters_count,
                                   &acks->rosters_room, 1, sizeof *acks->rosters);
    }
    if (result != MJL_OK) return result;
    mjl_acks_roster roster = {.size = authors_count / 8 + 1};
    roster.bits = (uint8_t *)calloc(roster.size, 1);
    if (roster.bits == NULL) return MJL_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (authors[i] != MJL_NONE) mjl_bits_set(roster.bits, authors[i]);
    }
    roster.count = mjl_bits_count(roster.bits, roster.size);
    acks->rosters[acks->rosters_count++] = roster;
    return MJL_OK;
}

bool mjl_acks_is_dropped(const mjl_acks *acks, uint32_t author, uint32_t epoch, uint32_t place)
{
    return author < acks->authors_count && epoch < acks->authors[author].dropped_epochs &&
           place < acks->authors[author].dropped_places;
}

void mjl_acks_fill_readers(const mjl_acks *acks, const mjl_place *of, uint32_t place, uint8_t *bits)
{
    const mjl_acks_roster *roster = &acks->rosters[of->epoch];
    memcpy(bits, roster->bits, roster->size);
    if (mjl_bits_have(bits, roster->size, of->author)) mjl_bits_clear(bits, of->author);
    if (mjl_bits_have(bits, roster->size, acks->self)) mjl_bits_clear(bits, acks->self);
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_acks_is_dropped(acks, i, of->epoch, place) &&
            mjl_bits_have(bits, roster->size, i)) {
            mjl_bits_clear(bits, i);
        }
    }
}

/* ---- Dirty places ---- */

static mjl_result reserve_dirty(mjl_acks *acks, uint32_t more)
{
    if (acks->places_count >= acks->is_dirty_room) {
        const uint32_t before = acks->is_dirty_room;
        const mjl_result result =
            mjl_array_reserve((void **)&acks->is_dirty, before, &acks->is_dirty_room,
                              acks->places_count + 1 - before, sizeof *acks->is_dirty);
        if (result != MJL_OK) return result;
        memset(acks->is_dirty + before, 0, acks->is_dirty_room - before);
    }
    return mjl_array_reserve((void **)&acks->dirty, acks->dirty_count, &acks->dirty_room, more,
                             sizeof *acks->dirty);
}

static void note_dirty(mjl_acks *acks, uint32_t place)
{
    if (acks->is_dirty[place] != 0) return;
    acks->is_dirty[place] = 1;
    acks->dirty[acks->dirty_count++] = place;
}

/* ---- Entries ---- */

static uint32_t take_slot(mjl_acks *acks)
{
    if (acks->free == MJL_NONE) return acks->entries_count++;
    const uint32_t slot = acks->free;
    acks->free = acks->entries[slot].next;
    return slot;
}

static void link_last(mjl_acks *acks, uint32_t slot)
{
    acks->entries[slot].previous = acks->last;
    acks->entries[slot].next = MJL_NONE;
    if (acks->last == MJL_NONE) {
        acks->first = slot;
    } else {
        acks->entries[acks->last].next = slot;
    }
    acks->last = slot;
}

static void unlink_slot(mjl_acks *acks, uint32_t slot)
{
    const mjl_acks_entry *entry = &acks->entries[slot];
    if (entry->previous == MJL_NONE) {
        acks->first = entry->next;
    } else {
        acks->entries[entry->previous].next = entry->next;
    }
    if (entry->next == MJL_NONE) {
        acks->last = entry->previous;
    } else {
        acks->entries[entry->next].previous = entry->previous;
    }
}

/* All have the place and its past: the bits go, and a walk stops here. */
static void release_entry(mjl_acks *acks, uint32_t place)
{
    const uint32_t slot = acks->places[place].slot;
    mjl_acks_entry *entry = &acks->entries[slot];
    assert(entry->missing == 0);
    acks->places[place].slot = MJL_ACKS_FULL;
    acks->bits_size -= entry->size + mjl_acks_message_size(entry);
    free(entry->owed);
    free(entry->message_owed);
    unlink_slot(acks, slot);
    *entry = (mjl_acks_entry){.place = MJL_NONE, .next = acks->free};
    acks->free = slot;
    note_dirty(acks, place);
}

static mjl_acks_entry *entry_of(const mjl_acks *acks, uint32_t place)
{
    const uint32_t slot = acks->places[place].slot;
    return slot == MJL_ACKS_FULL ? NULL : &acks->entries[slot];
}

mjl_result mjl_acks_reserve(mjl_acks *acks)
{
    mjl_result result = mjl_array_reserve((void **)&acks->places, acks->places_count,
                                          &acks->places_room, 1, sizeof *acks->places);
    if (result == MJL_OK) {
        result = mjl_array_reserve((void **)&acks->entries, acks->entries_count,
                                   &acks->entries_room, 1, sizeof *acks->entries);
    }
    return result;
}

void mjl_acks_append(mjl_acks *acks, const mjl_transcript *t, uint32_t slot)
{
    assert(acks->places_count < mjl_transcript_places_count(t));
    acks->places[acks->places_count++] = (mjl_acks_place){slot};
}

/* Counts each reader of a new message. */
static void count_owed(mjl_acks *acks, const uint8_t *bits, uint32_t size)
{
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_bits_have(bits, size, i)) acks->authors[i].owed_count++;
    }
}

uint32_t mjl_acks_append_entry(mjl_acks *acks, const mjl_transcript *t, uint8_t *owed,
                               uint8_t *message_owed)
{
    const uint32_t place = acks->places_count;
    const mjl_place *of = mjl_transcript_place(t, place);
    const uint32_t size = acks->rosters[of->epoch].size;
    const uint32_t slot = take_slot(acks);
    mjl_acks_entry *entry = &acks->entries[slot];
    *entry = (mjl_acks_entry){.place = place,
                              .missing = mjl_bits_count(owed, size),
                              .size = size & INT32_MAX,
                              .owed = owed,
                              .message_owed = message_owed};
    link_last(acks, slot);
    acks->bits_size += entry->size + mjl_acks_message_size(entry);
    mjl_acks_append(acks, t, slot);
    if (of->first != place) return slot;
    const uint8_t *message_bits = message_owed == NULL ? owed : message_owed;
    entry->message_missing = mjl_bits_count(message_bits, size);
    count_owed(acks, message_bits, size);
    acks->unacked_count += entry->message_missing != 0;
    return slot;
}

/* ---- Changes ---- */

static mjl_result reserve_changes(mjl_acks_changes *changes, size_t more)
{
    if (changes->room - changes->count >= more) return MJL_OK;
    const size_t room = (changes->count + more) * 2;
    uint32_t *places = (uint32_t *)realloc(changes->places, room * sizeof *places);
    if (places == NULL) return MJL_OUT_OF_MEMORY;
    changes->places = places;
    changes->room = room;
    return MJL_OK;
}

static int compare_places(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void sort_changes(mjl_acks_changes *changes, size_t start)
{
    if (changes->count - start < 2) return;
    qsort(changes->places + start, changes->count - start, sizeof *changes->places, compare_places);
}

/* Room for what a walk found to be noted: each place, its message's first place, and one more. */
static mjl_result reserve_notes(mjl_acks *acks, mjl_acks_changes *changes, uint32_t count)
{
    const mjl_result result = reserve_dirty(acks, count * 2 + 2);
    return result != MJL_OK ? result : reserve_changes(changes, (size_t)count + 1);
}

/* ---- The walk ----
 *
 *      from a place downwards, as long as the reader was not known to have what is met
 *
 * `found` is work list and log in one: what was met is never met again, since its bit is cleared,
 * and when memory runs out the bits are set again.
 */

static void meet(mjl_acks *acks, uint32_t place, uint32_t reader)
{
    mjl_acks_entry *entry = entry_of(acks, place);
    if (entry == NULL || !mjl_bits_have(entry->owed, entry->size, reader)) return;
    mjl_bits_clear(entry->owed, reader);
    acks->found[acks->found_count++] = place;
}

static mjl_result meet_parents(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                               uint32_t reader)
{
    const uint32_t count = mjl_transcript_place(t, place)->parents_count;
    const mjl_result result = mjl_array_reserve((void **)&acks->found, acks->found_count,
                                                &acks->found_room, count, sizeof *acks->found);
    if (result != MJL_OK) return result;
    const uint32_t *parents = mjl_transcript_parents(t, place);
    for (uint32_t i = 0; i < count; i++)
        meet(acks, parents[i], reader);
    return MJL_OK;
}

static mjl_result walk_found(mjl_acks *acks, const mjl_transcript *t, uint32_t reader)
{
    for (uint32_t i = 0; i < acks->found_count; i++) {
        const mjl_result result = meet_parents(acks, t, acks->found[i], reader);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static void undo_walk(mjl_acks *acks, uint32_t reader)
{
    for (uint32_t i = 0; i < acks->found_count; i++) {
        mjl_acks_entry *entry = entry_of(acks, acks->found[i]);
        if (entry != NULL) mjl_bits_set(entry->owed, reader);
    }
    acks->found_count = 0;
}

/* ---- What follows from a cleared bit ---- */

/* The message is full. Its places keep their own bits: one that others build on is repeated until
   its readers have the place itself. */
static void finish_message(mjl_acks *acks)
{
    acks->unacked_count--;
}

/* The reader has the message, if it is a reader of it and this was not known. */
static void settle_message(mjl_acks *acks, uint32_t first, uint32_t reader,
                           mjl_acks_changes *changes)
{
    mjl_acks_entry *entry = entry_of(acks, first);
    if (entry == NULL || (entry->message_missing == 0 && !entry->is_let_go)) return;
    if (entry->message_owed != NULL) {
        if (!mjl_bits_have(entry->message_owed, entry->size, reader)) return;
        mjl_bits_clear(entry->message_owed, reader);
    }
    note_dirty(acks, first);
    changes->places[changes->count++] = first;
    if (entry->is_let_go) return; /* It was counted no more. */
    entry->message_missing--;
    acks->authors[reader].owed_count--;
    if (entry->message_missing == 0) finish_message(acks);
}

static void settle_place(mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t reader,
                         mjl_acks_changes *changes)
{
    mjl_acks_entry *entry = entry_of(acks, place);
    assert(entry != NULL); /* A walk finds only places with bits. */
    entry->missing--;
    note_dirty(acks, place);
    settle_message(acks, mjl_transcript_place(t, place)->first, reader, changes);
    entry = entry_of(acks, place);
    if (entry != NULL && entry->missing == 0) release_entry(acks, place);
}

static void settle_walk(mjl_acks *acks, const mjl_transcript *t, uint32_t reader,
                        mjl_acks_changes *changes)
{
    const size_t start = changes->count;
    for (uint32_t i = 0; i < acks->found_count; i++)
        settle_place(acks, t, acks->found[i], reader, changes);
    acks->found_count = 0;
    sort_changes(changes, start);
}

mjl_result mjl_acks_heard(mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t reader,
                          mjl_acks_changes *changes)
{
    assert(place < acks->places_count);
    acks->found_count = 0;
    mjl_result result =
        mjl_array_reserve((void **)&acks->found, 0, &acks->found_room, 1, sizeof *acks->found);
    if (result != MJL_OK) return result;
    meet(acks, place, reader);
    result = walk_found(acks, t, reader);
    if (result == MJL_OK) result = reserve_notes(acks, changes, acks->found_count);
    if (result != MJL_OK) {
        undo_walk(acks, reader);
        return result;
    }
    settle_walk(acks, t, reader, changes);
    return MJL_OK;
}

/* ---- Adding ---- */

typedef struct new_bits {
    uint8_t *owed;  /* Of the new place. */
    uint8_t *split; /* Of its message's first place, from now on apart. */
} new_bits;

static mjl_result prepare_bits(mjl_acks *acks, const mjl_place *of, uint32_t place, new_bits *bits)
{
    const mjl_acks_entry *first = of->first == place ? NULL : entry_of(acks, of->first);
    bits->owed = (uint8_t *)malloc(acks->rosters[of->epoch].size);
    if (bits->owed == NULL) return MJL_OUT_OF_MEMORY;
    mjl_acks_fill_readers(acks, of, place, bits->owed);
    if (first == NULL || first->message_owed != NULL) return MJL_OK;
    bits->split = (uint8_t *)malloc(first->size);
    if (bits->split == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(bits->split, first->owed, first->size);
    return MJL_OK;
}

static void split_first(mjl_acks *acks, uint32_t first, uint8_t *bits)
{
    mjl_acks_entry *entry = entry_of(acks, first);
    entry->message_owed = bits;
    acks->bits_size += entry->size;
    note_dirty(acks, first);
}

/* Takes the bits. */
static void add_prepared(mjl_acks *acks, const mjl_transcript *t, uint32_t place, new_bits bits,
                         mjl_acks_changes *changes)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    if (bits.split != NULL) split_first(acks, of->first, bits.split);
    note_dirty(acks, place);
    if (mjl_bits_count(bits.owed, acks->rosters[of->epoch].size) != 0) {
        mjl_acks_append_entry(acks, t, bits.owed, NULL);
        return;
    }
    free(bits.owed);
    mjl_acks_append(acks, t, MJL_ACKS_FULL);
    if (of->first == place) changes->places[changes->count++] = place;
}

mjl_result mjl_acks_add(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                        mjl_acks_changes *changes)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    assert(place == acks->places_count);
    assert(of->epoch < acks->rosters_count);
    new_bits bits = {NULL, NULL};
    acks->found_count = 0;
    mjl_result result = mjl_acks_reserve(acks);
    if (result == MJL_OK) result = meet_parents(acks, t, place, of->author);
    if (result == MJL_OK) result = walk_found(acks, t, of->author);
    if (result == MJL_OK) result = reserve_notes(acks, changes, acks->found_count + 1);
    if (result == MJL_OK) result = prepare_bits(acks, of, place, &bits);
    if (result != MJL_OK) {
        free(bits.owed);
        free(bits.split);
        undo_walk(acks, of->author);
        return result;
    }
    settle_walk(acks, t, of->author, changes);
    add_prepared(acks, t, place, bits, changes);
    return MJL_OK;
}

/* ---- Dropping ---- */

mjl_result mjl_acks_drop_reader(mjl_acks *acks, const mjl_transcript *t, uint32_t reader,
                                uint32_t epochs, mjl_acks_changes *changes)
{
    mjl_result result = reserve_authors(acks, reader + 1);
    if (result == MJL_OK) {
        result = mjl_array_reserve((void **)&acks->found, 0, &acks->found_room,
                                   acks->entries_count + 1, sizeof *acks->found);
    }
    if (result == MJL_OK) result = reserve_notes(acks, changes, acks->entries_count + 1);
    if (result != MJL_OK) return result;

    mjl_acks_author *const author = &acks->authors[reader];
    /* Of an earlier removal that was undone the bound stays, for the places said under it: places
       since then below that bound are let go with the others, since there is one bound alone. */
    if (author->dropped_epochs < epochs) author->dropped_epochs = epochs;
    author->dropped_places = MJL_NONE;
    acks->head_dirty = true;
    acks->found_count = 0;
    for (uint32_t slot = acks->first; slot != MJL_NONE; slot = acks->entries[slot].next) {
        mjl_acks_entry *entry = &acks->entries[slot];
        if (mjl_transcript_place(t, entry->place)->epoch >= author->dropped_epochs) continue;
        if (!mjl_bits_have(entry->owed, entry->size, reader)) continue;
        mjl_bits_clear(entry->owed, reader);
        acks->found[acks->found_count++] = entry->place;
    }
    settle_walk(acks, t, reader, changes);
    return MJL_OK;
}

/* As many bytes as were made for a roster of those who are left. */
static uint32_t size_of_roster(const mjl_acks_roster *roster)
{
    uint32_t last = roster->size * 8;
    while (last > 0 && !mjl_bits_have(roster->bits, roster->size, last - 1))
        last--;
    return last / 8 + 1;
}

static void shrink_entry(mjl_acks *acks, mjl_acks_entry *entry, uint32_t size)
{
    acks->bits_size -= entry->size + mjl_acks_message_size(entry);
    entry->size = size & INT32_MAX;
    acks->bits_size += entry->size + mjl_acks_message_size(entry);
}

/* The messages of places in that epoch are its own, where these are their first ones. */
static void settle_unread(mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t reader,
                          mjl_acks_changes *changes)
{
    if (mjl_transcript_place(t, place)->first == place) {
        settle_place(acks, t, place, reader, changes);
        return;
    }
    mjl_acks_entry *const entry = entry_of(acks, place);
    note_dirty(acks, place);
    if (--entry->missing == 0) release_entry(acks, place);
}

static void unread(mjl_acks *acks, const mjl_transcript *t, uint32_t epoch, uint32_t reader)
{
    mjl_acks_roster *const roster = &acks->rosters[epoch];
    mjl_bits_clear(roster->bits, reader);
    roster->count--;
    const uint32_t size = size_of_roster(roster);
    acks->found_count = 0;
    for (uint32_t slot = acks->first; slot != MJL_NONE; slot = acks->entries[slot].next) {
        mjl_acks_entry *const entry = &acks->entries[slot];
        if (mjl_transcript_place(t, entry->place)->epoch != epoch) continue;
        if (mjl_bits_have(entry->owed, entry->size, reader)) {
            mjl_bits_clear(entry->owed, reader);
            acks->found[acks->found_count++] = entry->place;
        }
        if (size == roster->size) continue;
        shrink_entry(acks, entry, size);
        note_dirty(acks, entry->place);
    }
    roster->size = size;
}

mjl_result mjl_acks_unread(mjl_acks *acks, const mjl_transcript *t, uint32_t epoch, uint32_t reader,
                           mjl_acks_changes *changes)
{
    const mjl_acks_roster *const roster = &acks->rosters[epoch];
    if (!mjl_bits_have(roster->bits, roster->size, reader)) return MJL_OK;
    mjl_result result = mjl_array_reserve((void **)&acks->found, 0, &acks->found_room,
                                          acks->entries_count + 1, sizeof *acks->found);
    if (result == MJL_OK) result = reserve_notes(acks, changes, acks->entries_count + 1);
    if (result != MJL_OK) return result;
    unread(acks, t, epoch, reader);
    const size_t start = changes->count;
    for (uint32_t i = 0; i < acks->found_count; i++)
        settle_unread(acks, t, acks->found[i], reader, changes);
    acks->found_count = 0;
    sort_changes(changes, start);
    return MJL_OK;
}

uint32_t mjl_acks_next_in_roster(const mjl_acks *acks, uint32_t epoch, uint32_t from)
{
    const mjl_acks_roster *const roster = &acks->rosters[epoch];
    while (from < roster->size * 8 && !mjl_bits_have(roster->bits, roster->size, from))
        from++;
    return from < roster->size * 8 ? from : MJL_NONE;
}

void mjl_acks_take_back(mjl_acks *acks, uint32_t reader)
{
    if (reader >= acks->authors_count || acks->authors[reader].dropped_epochs == 0) return;
    if (acks->authors[reader].dropped_places != MJL_NONE) return;
    acks->authors[reader].dropped_places = acks->places_count;
    acks->head_dirty = true;
}

bool mjl_acks_is_dropped_from(const mjl_acks *acks, uint32_t reader, uint32_t epoch)
{
    return mjl_acks_is_dropped(acks, reader, epoch, acks->places_count);
}

uint32_t mjl_acks_next_dropped(const mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                               uint32_t from)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    const mjl_acks_roster *roster = &acks->rosters[of->epoch];
    for (uint32_t i = from; i < acks->authors_count; i++) {
        if (mjl_acks_is_dropped(acks, i, of->epoch, place) &&
            mjl_bits_have(roster->bits, roster->size, i) && i != of->author)
            return i;
    }
    return MJL_NONE;
}

/* The message is counted no more; who is known to have it stays. */
void mjl_acks_mark_let_go(mjl_acks *acks, mjl_acks_entry *entry)
{
    entry->is_let_go = true;
    if (entry->message_missing == 0) return;
    const uint8_t *bits = entry->message_owed == NULL ? entry->owed : entry->message_owed;
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_bits_have(bits, entry->size, i)) acks->authors[i].owed_count--;
    }
    entry->message_missing = 0;
    finish_message(acks);
}

mjl_result mjl_acks_let_go(mjl_acks *acks, uint32_t place)
{
    mjl_acks_entry *const entry = entry_of(acks, place);
    if (entry == NULL || entry->is_let_go) return MJL_OK;
    const mjl_result result = reserve_dirty(acks, 1);
    if (result != MJL_OK) return result;
    mjl_acks_mark_let_go(acks, entry);
    note_dirty(acks, place);
    return MJL_OK;
}

mjl_result mjl_acks_count_again(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                                bool *is_news)
{
    const uint32_t first = mjl_transcript_place(t, place)->first;
    mjl_acks_entry *const entry = entry_of(acks, first);
    *is_news = false;
    if (first == place || entry == NULL || !entry->is_let_go) return MJL_OK;
    const mjl_result result = reserve_dirty(acks, 1);
    if (result != MJL_OK) return result;
    const uint8_t *bits = entry->message_owed == NULL ? entry->owed : entry->message_owed;
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_bits_have(bits, entry->size, i)) acks->authors[i].owed_count++;
    }
    entry->is_let_go = false;
    entry->message_missing = mjl_bits_count(bits, entry->size);
    if (entry->message_missing > 0) acks->unacked_count++;
    note_dirty(acks, first);
    *is_news = entry->message_missing > 0;
    return MJL_OK;
}

/* ---- Questions ---- */

static uint32_t first_of(const mjl_transcript *t, uint32_t place)
{
    return mjl_transcript_place(t, place)->first;
}

bool mjl_acks_is_full(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const mjl_acks_entry *entry = entry_of(acks, first_of(t, place));
    return entry == NULL || entry->message_missing == 0;
}

bool mjl_acks_place_is_full(const mjl_acks *acks, uint32_t place)
{
    const mjl_acks_entry *entry = entry_of(acks, place);
    return entry == NULL || entry->is_let_go;
}

bool mjl_acks_place_owes(const mjl_acks *acks, uint32_t place, uint32_t author)
{
    const mjl_acks_entry *entry = entry_of(acks, place);
    return entry != NULL && !entry->is_let_go && mjl_bits_have(entry->owed, entry->size, author);
}

bool mjl_acks_is_reader(const mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                        uint32_t author)
{
    const uint32_t number = first_of(t, place);
    const mjl_place *first = mjl_transcript_place(t, number);
    const mjl_acks_roster *roster = &acks->rosters[first->epoch];
    return author != first->author && mjl_bits_have(roster->bits, roster->size, author) &&
           !mjl_acks_is_dropped(acks, author, first->epoch, number);
}

/* Not known to have the message, whether it is owed or was let go. */
static bool lacks(const mjl_acks_entry *entry, uint32_t author)
{
    if (entry == NULL) return false;
    return entry->message_owed == NULL ? mjl_bits_have(entry->owed, entry->size, author)
                                       : mjl_bits_have(entry->message_owed, entry->size, author);
}

bool mjl_acks_owes(const mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t author)
{
    const mjl_acks_entry *entry = entry_of(acks, first_of(t, place));
    return entry != NULL && !entry->is_let_go && lacks(entry, author);
}

bool mjl_acks_has(const mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t author)
{
    if (author == mjl_transcript_place(t, first_of(t, place))->author) return true;
    return mjl_acks_is_reader(acks, t, place, author) &&
           !lacks(entry_of(acks, first_of(t, place)), author);
}

uint32_t mjl_acks_readers_count(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const uint32_t number = first_of(t, place);
    const mjl_place *first = mjl_transcript_place(t, number);
    const mjl_acks_roster *roster = &acks->rosters[first->epoch];
    uint32_t count = roster->count;
    if (mjl_bits_have(roster->bits, roster->size, first->author)) count--;
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (i != first->author && mjl_acks_is_dropped(acks, i, first->epoch, number) &&
            mjl_bits_have(roster->bits, roster->size, i)) {
            count--;
        }
    }
    return count;
}

uint32_t mjl_acks_missing_count(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const mjl_acks_entry *entry = entry_of(acks, first_of(t, place));
    if (entry == NULL || !entry->is_let_go) return entry == NULL ? 0 : entry->message_missing;
    return mjl_bits_count(entry->message_owed == NULL ? entry->owed : entry->message_owed,
                          entry->size);
}

size_t mjl_acks_owed_count(const mjl_acks *acks, uint32_t author)
{
    return author < acks->authors_count ? acks->authors[author].owed_count : 0;
}

size_t mjl_acks_unacked_count(const mjl_acks *acks)
{
    return acks->unacked_count;
}

/* Only first places count their message's readers: the entries between are passed over. */
static uint32_t next_message(const mjl_acks *acks, uint32_t slot)
{
    while (slot != MJL_NONE && acks->entries[slot].message_missing == 0)
        slot = acks->entries[slot].next;
    return slot == MJL_NONE ? MJL_NONE : acks->entries[slot].place;
}

uint32_t mjl_acks_unacked_first(const mjl_acks *acks)
{
    return next_message(acks, acks->first);
}

uint32_t mjl_acks_unacked_next(const mjl_acks *acks, uint32_t place)
{
    const mjl_acks_entry *entry = entry_of(acks, place);
    if (entry != NULL) return next_message(acks, entry->next);
    /* It became full meanwhile: go on behind where it was. */
    uint32_t slot = acks->first;
    assert(slot == MJL_NONE || acks->entries != NULL);
    while (slot != MJL_NONE && acks->entries[slot].place < place)
        slot = acks->entries[slot].next;
    return next_message(acks, slot);
}

uint32_t mjl_acks_places_count(const mjl_acks *acks)
{
    return acks->places_count;
}

size_t mjl_acks_memory(const mjl_acks *acks)
{
    return acks->bits_size + acks->entries_count * sizeof *acks->entries +
           acks->places_count * (sizeof *acks->places + sizeof *acks->is_dirty) +
           acks->dirty_room * sizeof *acks->dirty;
}

size_t mjl_acks_dirty_count(const mjl_acks *acks)
{
    return acks->dirty_count;
}

uint32_t mjl_acks_dirty(const mjl_acks *acks, size_t i)
{
    assert(i < acks->dirty_count);
    return acks->dirty[i];
}

bool mjl_acks_head_is_dirty(const mjl_acks *acks)
{
    return acks->head_dirty;
}

void mjl_acks_dirty_clear(mjl_acks *acks)
{
    for (uint32_t i = 0; i < acks->dirty_count; i++)
        acks->is_dirty[acks->dirty[i]] = 0;
    acks->dirty_count = 0;
    acks->head_dirty = false;
}
