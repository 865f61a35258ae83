/* Acks as records: one head, one roster per epoch, one per place that is not known to all. */
#include "acks_state.h"
#include "lists.h"
#include "transcript_state.h"

#include <assert.h>

enum { HEAD_FIELDS = 2, DROPPED_FIELDS = 3, PLACE_FIELDS = 3 };

/* ---- Writing ---- */

mjl_result mjl_acks_save_head(const mjl_acks *acks, mjl_buffer *out)
{
    size_t dropped = 0;
    for (uint32_t i = 0; i < acks->authors_count; i++)
        dropped += acks->authors[i].dropped_epochs != 0;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, HEAD_FIELDS);
    mjl_pack_uint(&pack, acks->self);
    mjl_pack_array(&pack, dropped);
    for (uint32_t i = 0; i < acks->authors_count; i++) {
        if (acks->authors[i].dropped_epochs == 0) continue;
        mjl_pack_array(&pack, DROPPED_FIELDS);
        mjl_pack_uint(&pack, i);
        mjl_pack_uint(&pack, acks->authors[i].dropped_epochs);
        mjl_pack_uint(&pack, acks->authors[i].dropped_places);
    }
    return mjl_pack_end(&pack, start);
}

uint32_t mjl_acks_rosters_count(const mjl_acks *acks)
{
    return acks->rosters_count;
}

mjl_result mjl_acks_save_roster(const mjl_acks *acks, uint32_t epoch, mjl_buffer *out)
{
    assert(epoch < acks->rosters_count);
    const mjl_acks_roster *roster = &acks->rosters[epoch];
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, roster->count);
    for (uint32_t i = 0; i < roster->size * 8; i++) {
        if (mjl_bits_have(roster->bits, roster->size, i)) mjl_pack_uint(&pack, i);
    }
    return mjl_pack_end(&pack, start);
}

static void pack_bits(mjl_pack *pack, const uint8_t *bits, uint32_t size)
{
    if (bits == NULL) {
        mjl_pack_nil(pack);
    } else {
        mjl_pack_bin(pack, mjl_bytes_of(bits, size));
    }
}

mjl_result mjl_acks_save_place(const mjl_acks *acks, uint32_t place, mjl_buffer *out)
{
    assert(place < acks->places_count);
    const uint32_t slot = acks->places[place].slot;
    if (slot == MJL_ACKS_FULL) return MJL_OK;
    const mjl_acks_entry *entry = &acks->entries[slot];

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PLACE_FIELDS);
    pack_bits(&pack, entry->owed, entry->size);
    pack_bits(&pack, entry->message_owed, mjl_acks_message_size(entry));
    mjl_pack_bool(&pack, entry->is_let_go);
    return mjl_pack_end(&pack, start);
}

/* ---- Reading ---- */

/* Only authors that there are: a damaged record takes no more room than a good one. */
static uint32_t unpack_author(mjl_unpack *unpack, const mjl_transcript *t)
{
    const uint64_t author = mjl_unpack_uint(unpack);
    if (author < mjl_transcript_authors_count(t)) return (uint32_t)author;
    mjl_unpack_fail(unpack, MJL_MALFORMED);
    return 0;
}

static mjl_result load_dropped(mjl_acks *acks, const mjl_transcript *t, mjl_unpack *unpack)
{
    const size_t count = mjl_unpack_array(unpack);
    uint32_t next = 0;
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++) {
        mjl_unpack_array_of(unpack, DROPPED_FIELDS);
        const uint32_t author = unpack_author(unpack, t);
        const uint32_t epochs = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX - 1);
        const uint32_t places = (uint32_t)mjl_unpack_uint_to(unpack, MJL_NONE);
        if (author < next || epochs == 0) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
        if (unpack->result != MJL_OK) break;
        const mjl_result result = mjl_acks_reserve_authors(acks, author + 1);
        if (result != MJL_OK) return result;
        acks->authors[author].dropped_epochs = epochs;
        acks->authors[author].dropped_places = places;
        next = author + 1;
    }
    return MJL_OK;
}

mjl_result mjl_acks_load_head(mjl_bytes saved, const mjl_transcript *t, mjl_acks **acks)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, HEAD_FIELDS);
    const uint32_t self = (uint32_t)mjl_unpack_uint_to(&unpack, UINT32_MAX);
    mjl_acks *made = NULL;
    mjl_result result = mjl_acks_new(self, &made);
    if (result != MJL_OK) return result;
    result = load_dropped(made, t, &unpack);
    if (result == MJL_OK && mjl_unpack_end(&unpack) != MJL_OK) result = MJL_STORE_DAMAGED;
    if (result != MJL_OK) {
        mjl_acks_free(made);
        return result;
    }
    made->head_dirty = false;
    *acks = made;
    return MJL_OK;
}

mjl_result mjl_acks_load_roster(mjl_acks *acks, const mjl_transcript *t, mjl_bytes saved)
{
    uint32_t authors[MJL_MEMBERS_MAX];
    mjl_unpack unpack = mjl_unpack_from(saved);
    const size_t count = mjl_unpack_array(&unpack);
    if (count > MJL_MEMBERS_MAX) return MJL_STORE_DAMAGED;
    for (size_t i = 0; i < count; i++) {
        authors[i] = unpack_author(&unpack, t);
        if (i > 0 && authors[i] <= authors[i - 1]) mjl_unpack_fail(&unpack, MJL_NOT_CANONICAL);
    }
    if (mjl_unpack_end(&unpack) != MJL_OK) return MJL_STORE_DAMAGED;
    return mjl_acks_add_roster(acks, authors, count);
}

static mjl_bytes unpack_bits(mjl_unpack *unpack)
{
    if (mjl_unpack_is_nil(unpack)) {
        mjl_unpack_nil(unpack);
        return mjl_bytes_of(NULL, 0);
    }
    const mjl_bytes bits = mjl_unpack_bin(unpack);
    if (bits.size == 0) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    return bits;
}

/* As many bytes as the roster has, and none set beyond the readers. */
static bool bits_fit(const mjl_acks *acks, mjl_bytes bits, const mjl_place *of, uint32_t place)
{
    const mjl_acks_roster *roster = &acks->rosters[of->epoch];
    if (bits.size != roster->size) return false;
    for (uint32_t i = 0; i < roster->size * 8; i++) {
        if (!mjl_bits_have(bits.data, roster->size, i)) continue;
        const bool is_dropped = mjl_acks_is_dropped(acks, i, of->epoch, place);
        if (i == of->author || i == acks->self || is_dropped) return false;
        if (!mjl_bits_have(roster->bits, roster->size, i)) return false;
    }
    return true;
}

/* Whether one of the first `count` places is another of the same message. */
static bool is_placed_again(const mjl_transcript *t, uint32_t first, uint32_t count)
{
    uint32_t place = mjl_transcript_place(t, first)->next_same;
    while (place != MJL_NONE && place >= count)
        place = mjl_transcript_place(t, place)->next_same;
    return place != MJL_NONE;
}

/* The one form each place's record can have when `count` places were added: see acks_state.h. */
static bool record_fits(const mjl_acks *acks, const mjl_transcript *t, uint32_t count,
                        uint32_t place, mjl_bytes owed, mjl_bytes message_owed)
{
    const mjl_place *of = mjl_transcript_place(t, place);
    if (!bits_fit(acks, owed, of, place)) return false;
    if (mjl_bits_count(owed.data, (uint32_t)owed.size) == 0) return false;
    if (of->first != place) return message_owed.size == 0;
    if (is_placed_again(t, place, count) != (message_owed.size != 0)) return false;
    return message_owed.size == 0 || bits_fit(acks, message_owed, of, place);
}

static uint8_t *copy_bits(mjl_bytes bits)
{
    assert(bits.data != NULL && bits.size != 0);
    uint8_t *copy = (uint8_t *)malloc(bits.size);
    if (copy != NULL) memcpy(copy, bits.data, bits.size);
    return copy;
}

/* Places that have no record are full. */
static mjl_result skip_to(mjl_acks *acks, const mjl_transcript *t, uint32_t place)
{
    while (acks->places_count < place) {
        const mjl_result result = mjl_acks_reserve(acks);
        if (result != MJL_OK) return result;
        if (mjl_transcript_place(t, acks->places_count)->epoch >= acks->rosters_count) {
            return MJL_STORE_DAMAGED;
        }
        mjl_acks_append(acks, t, MJL_ACKS_FULL);
    }
    return MJL_OK;
}

static mjl_result append_loaded(mjl_acks *acks, const mjl_transcript *t, mjl_bytes owed,
                                mjl_bytes message_owed, bool is_let_go)
{
    uint8_t *owed_copy = copy_bits(owed);
    uint8_t *message_copy = message_owed.size == 0 ? NULL : copy_bits(message_owed);
    if (owed_copy == NULL || (message_owed.size != 0 && message_copy == NULL)) {
        free(owed_copy);
        free(message_copy);
        return MJL_OUT_OF_MEMORY;
    }
    const uint32_t slot = mjl_acks_append_entry(acks, t, owed_copy, message_copy);
    if (is_let_go) mjl_acks_mark_let_go(acks, &acks->entries[slot]);
    return MJL_OK;
}

mjl_result mjl_acks_load_place(mjl_acks *acks, const mjl_transcript *t, uint32_t place,
                               mjl_bytes saved)
{
    if (place >= mjl_transcript_places_count(t) || place < acks->places_count) {
        return MJL_STORE_DAMAGED;
    }
    mjl_result result = skip_to(acks, t, place);
    if (result == MJL_OK) result = mjl_acks_reserve(acks);
    if (result != MJL_OK) return result;
    if (mjl_transcript_place(t, place)->epoch >= acks->rosters_count) return MJL_STORE_DAMAGED;

    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, PLACE_FIELDS);
    const mjl_bytes owed = unpack_bits(&unpack);
    const mjl_bytes message_owed = unpack_bits(&unpack);
    const bool is_let_go = mjl_unpack_bool(&unpack);
    if (mjl_unpack_end(&unpack) != MJL_OK) return MJL_STORE_DAMAGED;
    if (!record_fits(acks, t, mjl_transcript_places_count(t), place, owed, message_owed)) {
        return MJL_STORE_DAMAGED;
    }
    return append_loaded(acks, t, owed, message_owed, is_let_go);
}

mjl_result mjl_acks_load_done(mjl_acks *acks, const mjl_transcript *t)
{
    return skip_to(acks, t, mjl_transcript_places_count(t));
}

/* ---- Invariants ---- */

static bool entry_is_sound(const mjl_acks *acks, const mjl_transcript *t,
                           const mjl_acks_entry *entry)
{
    const mjl_place *of = mjl_transcript_place(t, entry->place);
    if (entry->missing != mjl_bits_count(entry->owed, entry->size)) return false;
    if (!record_fits(acks, t, acks->places_count, entry->place,
                     mjl_bytes_of(entry->owed, entry->size),
                     mjl_bytes_of(entry->message_owed, mjl_acks_message_size(entry)))) {
        return false;
    }
    if (of->first != entry->place || entry->is_let_go) return entry->message_missing == 0;
    const uint32_t missing = entry->message_owed == NULL
                                 ? entry->missing
                                 : mjl_bits_count(entry->message_owed, entry->size);
    return missing == entry->message_missing;
}

/* Who has a place has its past: "owes a parent" implies "owes the child". */
static bool is_closed_downwards(const mjl_acks *acks, const mjl_transcript *t,
                                const mjl_acks_entry *entry)
{
    const uint32_t *parents = mjl_transcript_parents(t, entry->place);
    const mjl_place *of = mjl_transcript_place(t, entry->place);
    const mjl_acks_roster *roster = &acks->rosters[of->epoch];
    for (uint32_t p = 0; p < of->parents_count; p++) {
        const uint32_t slot = acks->places[parents[p]].slot;
        if (slot == MJL_ACKS_FULL) continue;
        const mjl_acks_entry *parent = &acks->entries[slot];
        for (uint32_t i = 0; i < roster->size * 8; i++) {
            const bool has_child = mjl_bits_have(roster->bits, roster->size, i) &&
                                   !mjl_bits_have(entry->owed, entry->size, i);
            if (has_child && mjl_bits_have(parent->owed, parent->size, i)) return false;
        }
    }
    return true;
}

static bool owed_counts_are_sound(const mjl_acks *acks)
{
    for (uint32_t author = 0; author < acks->authors_count; author++) {
        uint32_t count = 0;
        for (uint32_t slot = acks->first; slot != MJL_NONE; slot = acks->entries[slot].next) {
            const mjl_acks_entry *entry = &acks->entries[slot];
            if (entry->message_missing == 0) continue;
            count += entry->message_owed == NULL
                         ? mjl_bits_have(entry->owed, entry->size, author)
                         : mjl_bits_have(entry->message_owed, entry->size, author);
        }
        if (count != acks->authors[author].owed_count) return false;
    }
    return true;
}

bool mjl_acks_check(const mjl_acks *acks, const mjl_transcript *t)
{
    uint32_t messages = 0, entries = 0, last = 0;
    for (uint32_t slot = acks->first; slot != MJL_NONE; slot = acks->entries[slot].next) {
        const mjl_acks_entry *entry = &acks->entries[slot];
        if (entry->place >= acks->places_count) return false;
        if (acks->places[entry->place].slot != slot) return false;
        if (entries++ > 0 && entry->place <= last) return false;
        last = entry->place;
        messages += entry->message_missing != 0;
        if (!entry_is_sound(acks, t, entry) || !is_closed_downwards(acks, t, entry)) return false;
    }
    for (uint32_t i = 0; i < acks->places_count; i++)
        entries -= acks->places[i].slot != MJL_ACKS_FULL;
    return entries == 0 && messages == acks->unacked_count && owed_counts_are_sound(acks);
}
