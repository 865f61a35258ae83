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

static void entry_free(mjl_record_entry *entry)
{
    if (entry == NULL) return;
    free(entry->change);
    free(entry);
}

void mjl_record_index_clear(mjl_record_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        entry_free(index->slots[i]);
    free(index->slots);
    sodium_memzero(index, sizeof *index);
}

static size_t hash_of(const mjl_record_index *index, mjl_store_place place)
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
    return (size_t)number & (index->room - 1);
}

static bool is_at(const mjl_record_entry *entry, mjl_store_place place)
{
    return entry->session == place.session && entry->kind == place.kind &&
           mjl_bytes_equal(mjl_bytes_of(entry->key, entry->key_size), place.key);
}

/* The slot of `place`, or the free one where it belongs. The table is never full. */
static size_t slot_of(const mjl_record_index *index, mjl_store_place place)
{
    size_t slot = hash_of(index, place);
    while (index->slots[slot] != NULL && !is_at(index->slots[slot], place))
        slot = (slot + 1) & (index->room - 1);
    return slot;
}

mjl_record_entry *mjl_record_index_find(const mjl_record_index *index, mjl_store_place place)
{
    return index->room == 0 ? NULL : index->slots[slot_of(index, place)];
}

static mjl_result grow(mjl_record_index *index)
{
    if (index->count < index->room / 4 * 3) return MJL_OK;
    mjl_record_index larger = *index;
    larger.room = index->room == 0 ? ROOM_FIRST : index->room * 2;
    larger.slots = calloc(larger.room, sizeof(mjl_record_entry *));
    if (larger.slots == NULL) return MJL_OUT_OF_MEMORY;
    for (size_t i = 0; i < index->room; i++) {
        mjl_record_entry *entry = index->slots[i];
        if (entry == NULL) continue;
        larger.slots[slot_of(&larger, mjl_record_entry_place(entry))] = entry;
    }
    free(index->slots);
    *index = larger;
    return MJL_OK;
}

mjl_result mjl_record_index_add(mjl_record_index *index, mjl_store_place place,
                                mjl_record_entry **entry)
{
    assert(mjl_record_index_find(index, place) == NULL);
    if (grow(index) != MJL_OK) return MJL_OUT_OF_MEMORY;
    mjl_record_entry *made = calloc(1, sizeof *made + place.key.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = place.session;
    made->kind = place.kind;
    made->key_size = (uint8_t)place.key.size;
    if (place.key.size != 0) memcpy(made->key, place.key.data, place.key.size);
    index->slots[slot_of(index, place)] = made;
    index->count++;
    *entry = made;
    return MJL_OK;
}

void mjl_record_index_remove(mjl_record_index *index, mjl_record_entry *entry)
{
    const size_t mask = index->room - 1;
    size_t hole = slot_of(index, mjl_record_entry_place(entry));
    assert(index->slots[hole] == entry);
    entry_free(entry);
    index->slots[hole] = NULL;
    index->count--;
    /* Entries after the hole move back when their own slot is at or before it, so that no search
       stops early (linear probing without tombstones). */
    for (size_t slot = (hole + 1) & mask; index->slots[slot] != NULL; slot = (slot + 1) & mask) {
        const size_t home = hash_of(index, mjl_record_entry_place(index->slots[slot]));
        if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
        index->slots[hole] = index->slots[slot];
        index->slots[slot] = NULL;
        hole = slot;
    }
}
