#include "record_index.h"

#include <assert.h>
#include <sodium.h>

static_assert(MJL_RECORD_INDEX_KEY_SIZE == crypto_shorthash_KEYBYTES, "hash key size");

enum { ROOM_FIRST = 64 };

void mjl_record_index_init(mjl_record_index *index,
                           const uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE])
{
    memset(index, 0, sizeof *index);
    memcpy(index->hash_key, hash_key, sizeof index->hash_key);
}

void mjl_record_index_clear(mjl_record_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        free(index->slots[i].entry);
    free(index->slots);
    sodium_memzero(index, sizeof *index);
}

static uint64_t hash_of(const mjl_record_index *index, mjl_store_place place)
{
    assert(place.key.size <= MJL_STORE_KEY_SIZE_MAX);
    uint8_t bytes[6 + MJL_STORE_KEY_SIZE_MAX];
    memcpy(bytes, &place.session, 4); /* Never leaves this process, so byte order is free. */
    memcpy(bytes + 4, &place.kind, 2);
    if (place.key.size != 0) memcpy(bytes + 6, place.key.data, place.key.size);
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, bytes, 6 + place.key.size, index->hash_key);
    uint64_t number = 0;
    memcpy(&number, hash, sizeof number);
    return number;
}

static bool is_at(const mjl_record_entry *entry, mjl_store_place place)
{
    return entry->session == place.session && entry->kind == place.kind &&
           mjl_bytes_equal(mjl_bytes_of(entry->key, entry->key_size), place.key);
}

/* The slot of `place`, or the free one where it belongs. The table is never full. */
static mjl_record_slot *slot_of(const mjl_record_index *index, uint64_t hash, mjl_store_place place)
{
    const size_t mask = index->room - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        mjl_record_slot *slot = &index->slots[at];
        if (slot->entry == NULL) return slot;
        if (slot->hash == hash && is_at(slot->entry, place)) return slot;
    }
}

mjl_record_entry *mjl_record_index_find(const mjl_record_index *index, mjl_store_place place)
{
    return index->room == 0 ? NULL : slot_of(index, hash_of(index, place), place)->entry;
}

static mjl_result grow(mjl_record_index *index)
{
    if (index->count < index->room / 4 * 3) return MJL_OK;
    const size_t room = index->room == 0 ? ROOM_FIRST : index->room * 2;
    mjl_record_slot *slots = calloc(room, sizeof *slots);
    if (slots == NULL) return MJL_OUT_OF_MEMORY;
    for (size_t i = 0; i < index->room; i++) {
        const mjl_record_slot *slot = &index->slots[i];
        if (slot->entry == NULL) continue;
        size_t at = (size_t)slot->hash & (room - 1);
        while (slots[at].entry != NULL)
            at = (at + 1) & (room - 1);
        slots[at] = *slot;
    }
    free(index->slots);
    index->slots = slots;
    index->room = room;
    return MJL_OK;
}

mjl_result mjl_record_index_find_or_add(mjl_record_index *index, mjl_store_place place,
                                        mjl_record_entry **entry)
{
    if (grow(index) != MJL_OK) return MJL_OUT_OF_MEMORY;
    const uint64_t hash = hash_of(index, place);
    mjl_record_slot *slot = slot_of(index, hash, place);
    *entry = slot->entry;
    if (slot->entry != NULL) return MJL_OK;
    mjl_record_entry *made = calloc(1, sizeof *made + place.key.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = place.session;
    made->kind = place.kind;
    made->key_size = (uint8_t)place.key.size;
    made->hash = hash;
    if (place.key.size != 0) memcpy(made->key, place.key.data, place.key.size);
    slot->hash = hash;
    slot->entry = made;
    index->count++;
    *entry = made;
    return MJL_OK;
}

void mjl_record_index_remove(mjl_record_index *index, mjl_record_entry *entry)
{
    const size_t mask = index->room - 1;
    size_t hole = (size_t)entry->hash & mask;
    while (index->slots[hole].entry != entry)
        hole = (hole + 1) & mask;
    free(entry);
    index->slots[hole].entry = NULL;
    index->count--;
    /* Entries after the hole move back when their own slot is at or before it, so that no search
       stops early (linear probing without tombstones). */
    for (size_t at = (hole + 1) & mask; index->slots[at].entry != NULL; at = (at + 1) & mask) {
        const size_t home = (size_t)index->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        index->slots[hole] = index->slots[at];
        index->slots[at].entry = NULL;
        hole = at;
    }
}
