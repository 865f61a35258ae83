/* Messages, counted at their first places: when nobody owes one any more, and when one is owed
   again. What becomes known goes to the changes. */
#include "acks_state.h"
#include "transcript_state.h"

#include <assert.h>

/* ---- Changes ---- */

void mjl_acks_changes_clear(mjl_acks_changes *changes)
{
    free(changes->places);
    *changes = (mjl_acks_changes){NULL, 0, 0};
}

static mjl_result reserve_changes(mjl_acks_changes *changes, size_t more)
{
    return mjl_array_reserve(&changes->places, changes->count, &changes->room, more,
                             sizeof *changes->places);
}

static int compare_places(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void mjl_acks_sort_changes(mjl_acks_changes *changes, size_t start)
{
    if (changes->count - start < 2) return;
    qsort(changes->places + start, changes->count - start, sizeof *changes->places, compare_places);
}

mjl_result mjl_acks_reserve_notes(mjl_acks *acks, mjl_acks_changes *changes, uint32_t count)
{
    const mjl_result result = mjl_acks_dirty_reserve(acks, count * 2 + 2);
    return result != MJL_OK ? result : reserve_changes(changes, (size_t)count + 1);
}

/* ---- Counting ---- */

static const uint8_t *message_bits(const mjl_acks_entry *entry)
{
    return entry->message_owed == NULL ? entry->owed : entry->message_owed;
}

void mjl_acks_count_message(mjl_acks *acks, mjl_acks_entry *entry)
{
    const uint8_t *const bits = message_bits(entry);
    entry->message_missing = mjl_bits_count(bits, entry->size);
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_bits_have(bits, entry->size, i)) acks->authors[i].owed_count++;
    }
    acks->unacked_count += entry->message_missing != 0;
}

/* The message is full. Its places keep their own bits: one that others build on is repeated until
   its readers have the place itself. */
static void finish_message(mjl_acks *acks)
{
    acks->unacked_count--;
}

void mjl_acks_mark_let_go(mjl_acks *acks, mjl_acks_entry *entry)
{
    entry->is_let_go = true;
    if (entry->message_missing == 0) return;
    const uint8_t *const bits = message_bits(entry);
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (mjl_bits_have(bits, entry->size, i)) acks->authors[i].owed_count--;
    }
    entry->message_missing = 0;
    finish_message(acks);
}

mjl_result mjl_acks_let_go(mjl_acks *acks, uint32_t place)
{
    mjl_acks_entry *const entry = mjl_acks_entry_of(acks, place);
    if (entry == NULL || entry->is_let_go) return MJL_OK;
    const mjl_result result = mjl_acks_dirty_reserve(acks, 1);
    if (result != MJL_OK) return result;
    mjl_acks_mark_let_go(acks, entry);
    mjl_acks_dirty_note(acks, place);
    return MJL_OK;
}

mjl_result mjl_acks_count_again(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                                bool *is_news)
{
    const uint32_t first = mjl_transcript_place(t, place)->first;
    mjl_acks_entry *const entry = mjl_acks_entry_of(acks, first);
    *is_news = false;
    if (first == place || entry == NULL || !entry->is_let_go) return MJL_OK;
    const mjl_result result = mjl_acks_dirty_reserve(acks, 1);
    if (result != MJL_OK) return result;
    entry->is_let_go = false;
    mjl_acks_count_message(acks, entry);
    mjl_acks_dirty_note(acks, first);
    *is_news = entry->message_missing > 0;
    return MJL_OK;
}

/* ---- What follows from a cleared bit ---- */

/* The reader has the message, if it is a reader of it and this was not known. */
static void settle_message(mjl_acks *acks, uint32_t first, uint32_t reader,
                           mjl_acks_changes *changes)
{
    mjl_acks_entry *entry = mjl_acks_entry_of(acks, first);
    if (entry == NULL || (entry->message_missing == 0 && !entry->is_let_go)) return;
    if (entry->message_owed != NULL) {
        if (!mjl_bits_have(entry->message_owed, entry->size, reader)) return;
        mjl_bits_clear(entry->message_owed, reader);
    }
    mjl_acks_dirty_note(acks, first);
    changes->places[changes->count++] = first;
    if (entry->is_let_go) return; /* It was counted no more. */
    entry->message_missing--;
    acks->authors[reader].owed_count--;
    if (entry->message_missing == 0) finish_message(acks);
}

void mjl_acks_settle_place(mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t reader,
                           mjl_acks_changes *changes)
{
    mjl_acks_entry *entry = mjl_acks_entry_of(acks, place);
    assert(entry != NULL); /* A walk finds only places with bits. */
    entry->missing--;
    mjl_acks_dirty_note(acks, place);
    settle_message(acks, mjl_transcript_place(t, place)->first, reader, changes);
    entry = mjl_acks_entry_of(acks, place);
    if (entry != NULL && entry->missing == 0) mjl_acks_entry_release(acks, place);
}

void mjl_acks_settle_found(mjl_acks *acks, const mjl_transcript *t, uint32_t reader,
                           mjl_acks_changes *changes)
{
    const size_t start = changes->count;
    for (uint32_t i = 0; i < acks->found_count; i++)
        mjl_acks_settle_place(acks, t, acks->found[i], reader, changes);
    acks->found_count = 0;
    mjl_acks_sort_changes(changes, start);
}

/* ---- Questions ---- */

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
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, place);
    if (entry != NULL) return next_message(acks, entry->next);
    /* It became full meanwhile: go on behind where it was. */
    uint32_t slot = acks->first;
    assert(slot == MJL_NONE || acks->entries != NULL);
    while (slot != MJL_NONE && acks->entries[slot].place < place)
        slot = acks->entries[slot].next;
    return next_message(acks, slot);
}
