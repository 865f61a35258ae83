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

/* ---- The walk ----
 *
 *      from a place downwards, as long as the reader was not known to have what is met
 *
 * `found` is work list and log in one: what was met is never met again, since its bit is cleared,
 * and when memory runs out the bits are set again.
 */

static void meet(mjl_acks *acks, uint32_t place, uint32_t reader)
{
    mjl_acks_entry *entry = mjl_acks_entry_of(acks, place);
    if (entry == NULL || !mjl_bits_have(entry->owed, entry->size, reader)) return;
    mjl_bits_clear(entry->owed, reader);
    acks->found[acks->found_count++] = place;
}

static mjl_result meet_parents(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                               uint32_t reader)
{
    const uint32_t count = mjl_transcript_place(t, place)->parents_count;
    const mjl_result result = mjl_array_reserve(&acks->found, acks->found_count, &acks->found_room,
                                                count, sizeof *acks->found);
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
        mjl_acks_entry *entry = mjl_acks_entry_of(acks, acks->found[i]);
        if (entry != NULL) mjl_bits_set(entry->owed, reader);
    }
    acks->found_count = 0;
}

mjl_result mjl_acks_heard(mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t reader,
                          mjl_acks_changes *changes)
{
    assert(place < acks->places_count);
    acks->found_count = 0;
    mjl_result result =
        mjl_array_reserve(&acks->found, 0, &acks->found_room, 1, sizeof *acks->found);
    if (result != MJL_OK) return result;
    meet(acks, place, reader);
    result = walk_found(acks, t, reader);
    if (result == MJL_OK) result = mjl_acks_reserve_notes(acks, changes, acks->found_count);
    if (result != MJL_OK) {
        undo_walk(acks, reader);
        return result;
    }
    mjl_acks_settle_found(acks, t, reader, changes);
    return MJL_OK;
}

/* ---- Adding ---- */

typedef struct new_bits {
    uint8_t *owed;  /* Of the new place. */
    uint8_t *split; /* Of its message's first place, from now on apart. */
} new_bits;

static mjl_result prepare_bits(mjl_acks *acks, const mjl_place *of, uint32_t place, new_bits *bits)
{
    const mjl_acks_entry *first = of->first == place ? NULL : mjl_acks_entry_of(acks, of->first);
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
    mjl_acks_entry *entry = mjl_acks_entry_of(acks, first);
    entry->message_owed = bits;
    acks->bits_size += entry->size;
    mjl_acks_dirty_note(acks, first);
}

/* Takes the bits. */
static void add_prepared(mjl_acks *acks, const mjl_transcript *t, uint32_t place, new_bits bits,
                         mjl_acks_changes *changes)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    if (bits.split != NULL) split_first(acks, of->first, bits.split);
    mjl_acks_dirty_note(acks, place);
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
    if (result == MJL_OK) result = mjl_acks_reserve_notes(acks, changes, acks->found_count + 1);
    if (result == MJL_OK) result = prepare_bits(acks, of, place, &bits);
    if (result != MJL_OK) {
        free(bits.owed);
        free(bits.split);
        undo_walk(acks, of->author);
        return result;
    }
    mjl_acks_settle_found(acks, t, of->author, changes);
    add_prepared(acks, t, place, bits, changes);
    return MJL_OK;
}

/* ---- Questions ---- */

static uint32_t first_of(const mjl_transcript *t, uint32_t place)
{
    return mjl_transcript_place(t, place)->first;
}

bool mjl_acks_is_full(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, first_of(t, place));
    return entry == NULL || entry->message_missing == 0;
}

bool mjl_acks_place_is_full(const mjl_acks *acks, uint32_t place)
{
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, place);
    return entry == NULL || entry->is_let_go;
}

bool mjl_acks_place_owes(const mjl_acks *acks, uint32_t place, uint32_t author)
{
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, place);
    return entry != NULL && !entry->is_let_go && mjl_bits_have(entry->owed, entry->size, author);
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
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, first_of(t, place));
    return entry != NULL && !entry->is_let_go && lacks(entry, author);
}

bool mjl_acks_has(const mjl_acks *acks, const mjl_transcript *t, uint32_t place, uint32_t author)
{
    if (author == mjl_transcript_place(t, first_of(t, place))->author) return true;
    return mjl_acks_is_reader(acks, t, place, author) &&
           !lacks(mjl_acks_entry_of(acks, first_of(t, place)), author);
}

uint32_t mjl_acks_missing_count(const mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    const mjl_acks_entry *entry = mjl_acks_entry_of(acks, first_of(t, place));
    if (entry == NULL || !entry->is_let_go) return entry == NULL ? 0 : entry->message_missing;
    return mjl_bits_count(entry->message_owed == NULL ? entry->owed : entry->message_owed,
                          entry->size);
}
