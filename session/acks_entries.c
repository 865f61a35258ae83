/* The entries: one for each place that somebody lacks, in order of acceptance, gone when it is
   full; which of them are to be saved again. */
#include "acks_state.h"
#include "transcript_state.h"

#include <assert.h>

uint32_t mjl_bits_count(const uint8_t *bits, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < size; i++) {
        for (unsigned byte = bits[i]; byte != 0; byte &= byte - 1)
            count++;
    }
    return count;
}

/* ---- Dirty places ---- */

mjl_result mjl_acks_dirty_reserve(mjl_acks *acks, uint32_t more)
{
    if (acks->places_count >= acks->is_dirty_room) {
        const size_t before = acks->is_dirty_room;
        const mjl_result result =
            mjl_array_reserve(&acks->is_dirty, before, &acks->is_dirty_room,
                              acks->places_count + 1 - before, sizeof *acks->is_dirty);
        if (result != MJL_OK) return result;
        memset(acks->is_dirty + before, 0, acks->is_dirty_room - before);
    }
    return mjl_array_reserve(&acks->dirty, acks->dirty_count, &acks->dirty_room, more,
                             sizeof *acks->dirty);
}

void mjl_acks_dirty_note(mjl_acks *acks, uint32_t place)
{
    if (acks->is_dirty[place] != 0) return;
    acks->is_dirty[place] = 1;
    acks->dirty[acks->dirty_count++] = place;
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

/* ---- Slots ---- */

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

/* ---- Entries ---- */

mjl_result mjl_acks_reserve(mjl_acks *acks)
{
    mjl_result result = mjl_array_reserve(&acks->places, acks->places_count, &acks->places_room, 1,
                                          sizeof *acks->places);
    if (result == MJL_OK) {
        result = mjl_array_reserve(&acks->entries, acks->entries_count, &acks->entries_room, 1,
                                   sizeof *acks->entries);
    }
    return result;
}

void mjl_acks_append(mjl_acks *acks, const mjl_transcript *t, uint32_t slot)
{
    assert(acks->places_count < mjl_transcript_places_count(t));
    acks->places[acks->places_count++] = (mjl_acks_place){slot};
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
    if (of->first == place) mjl_acks_count_message(acks, entry);
    return slot;
}

mjl_acks_entry *mjl_acks_entry_of(const mjl_acks *acks, uint32_t place)
{
    const uint32_t slot = acks->places[place].slot;
    return slot == MJL_ACKS_FULL ? NULL : &acks->entries[slot];
}

void mjl_acks_entry_release(mjl_acks *acks, uint32_t place)
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
    mjl_acks_dirty_note(acks, place);
}
