#include "acks_readers.h"

#include "acks_state.h"
#include "transcript_state.h"

/* ---- Rosters ---- */

mjl_result mjl_acks_reserve_authors(mjl_acks *acks, uint32_t count)
{
    if (count <= acks->authors_count) return MJL_OK;
    const uint32_t more = count - acks->authors_count;
    const mjl_result result = mjl_array_reserve(&acks->authors, acks->authors_count,
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
    mjl_result result = mjl_acks_reserve_authors(acks, authors_count);
    if (result == MJL_OK) {
        result = mjl_array_reserve(&acks->rosters, acks->rosters_count, &acks->rosters_room, 1,
                                   sizeof *acks->rosters);
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

uint32_t mjl_acks_next_in_roster(const mjl_acks *acks, uint32_t epoch, uint32_t from)
{
    const mjl_acks_roster *const roster = &acks->rosters[epoch];
    while (from < roster->size * 8 && !mjl_bits_have(roster->bits, roster->size, from))
        from++;
    return from < roster->size * 8 ? from : MJL_NONE;
}

/* ---- Who was dropped ---- */

mjl_result mjl_acks_drop_reader(mjl_acks *acks, const mjl_transcript *t, uint32_t reader,
                                uint32_t epochs, mjl_acks_changes *changes)
{
    mjl_result result = mjl_acks_reserve_authors(acks, reader + 1);
    if (result == MJL_OK) {
        result = mjl_array_reserve(&acks->found, 0, &acks->found_room, acks->entries_count + 1,
                                   sizeof *acks->found);
    }
    if (result == MJL_OK) result = mjl_acks_reserve_notes(acks, changes, acks->entries_count + 1);
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
    mjl_acks_settle_found(acks, t, reader, changes);
    return MJL_OK;
}

void mjl_acks_take_back(mjl_acks *acks, uint32_t reader)
{
    if (reader >= acks->authors_count || acks->authors[reader].dropped_epochs == 0) return;
    if (acks->authors[reader].dropped_places != MJL_NONE) return;
    acks->authors[reader].dropped_places = acks->places_count;
    acks->head_dirty = true;
}

bool mjl_acks_is_dropped(const mjl_acks *acks, uint32_t author, uint32_t epoch, uint32_t place)
{
    return author < acks->authors_count && epoch < acks->authors[author].dropped_epochs &&
           place < acks->authors[author].dropped_places;
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

/* ---- Who reads nothing of an epoch ---- */

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
        mjl_acks_settle_place(acks, t, place, reader, changes);
        return;
    }
    mjl_acks_entry *const entry = mjl_acks_entry_of(acks, place);
    mjl_acks_dirty_note(acks, place);
    if (--entry->missing == 0) mjl_acks_entry_release(acks, place);
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
        mjl_acks_dirty_note(acks, entry->place);
    }
    roster->size = size;
}

mjl_result mjl_acks_unread(mjl_acks *acks, const mjl_transcript *t, uint32_t epoch, uint32_t reader,
                           mjl_acks_changes *changes)
{
    const mjl_acks_roster *const roster = &acks->rosters[epoch];
    if (!mjl_bits_have(roster->bits, roster->size, reader)) return MJL_OK;
    mjl_result result = mjl_array_reserve(&acks->found, 0, &acks->found_room,
                                          acks->entries_count + 1, sizeof *acks->found);
    if (result == MJL_OK) result = mjl_acks_reserve_notes(acks, changes, acks->entries_count + 1);
    if (result != MJL_OK) return result;
    unread(acks, t, epoch, reader);
    const size_t start = changes->count;
    for (uint32_t i = 0; i < acks->found_count; i++)
        settle_unread(acks, t, acks->found[i], reader, changes);
    acks->found_count = 0;
    mjl_acks_sort_changes(changes, start);
    return MJL_OK;
}

/* ---- Readers of a place ---- */

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

bool mjl_acks_is_reader(const mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                        uint32_t author)
{
    const uint32_t number = mjl_transcript_place(t, place)->first;
    const mjl_place *first = mjl_transcript_place(t, number);
    const mjl_acks_roster *roster = &acks->rosters[first->epoch];
    return author != first->author && mjl_bits_have(roster->bits, roster->size, author) &&
           !mjl_acks_is_dropped(acks, author, first->epoch, number);
}

uint32_t mjl_acks_readers_count(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const uint32_t number = mjl_transcript_place(t, place)->first;
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
