#include "record_index.h"

#include <assert.h>
#include <sodium.h>
#include <stddef.h>

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
    if (entry != NULL && entry->bundle == NULL) free(entry->element);
    free(entry);
}

void mjl_record_index_clear(mjl_record_index *index)
{
    for (size_t i = 0; i < index->room; i++)
        entry_free(index->entries[i]);
    free(index->entries);
    free(index->hashes);
    sodium_memzero(index, sizeof *index);
}

void mjl_record_entry_take(mjl_record_entry *entry, uint8_t *element)
{
    if (entry->bundle == NULL) free(entry->element);
    entry->bundle = NULL;
    entry->element = element;
}

void mjl_record_entry_move(mjl_record_entry *entry, mjl_record_bundle *bundle, size_t at,
                           size_t size)
{
    mjl_record_entry_take(entry, NULL);
    entry->bundle = bundle;
    entry->item.at = (uint32_t)at;
    entry->item.size = (uint32_t)size;
}

static uint32_t hash_of(const mjl_record_index *index, mjl_store_place place)
{
    assert(place.key.size <= MJL_STORE_KEY_SIZE_MAX);
    uint8_t bytes[6 + MJL_STORE_KEY_SIZE_MAX];
    memcpy(bytes, &place.session, 4); /* Never leaves this process, so byte order is free. */
    memcpy(bytes + 4, &place.kind, 2);
    if (place.key.size != 0) memcpy(bytes + 6, place.key.data, place.key.size);
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, bytes, 6 + place.key.size, index->hash_key);
    uint32_t number = 0; /* As many bits as a table can have, and then some. */
    memcpy(&number, hash, sizeof number);
    return number;
}

static bool is_at(const mjl_record_entry *entry, mjl_store_place place)
{
    return entry->session == place.session && entry->kind == place.kind &&
           mjl_bytes_equal(mjl_bytes_of(entry->key, entry->key_size), place.key);
}

/* Where a search begins, in a table of any size: hashes are spread over all numbers. */
static size_t home_of(const mjl_record_index *index, uint32_t hash)
{
    return (size_t)((uint64_t)hash * index->room >> 32);
}

static size_t behind(const mjl_record_index *index, size_t at)
{
    return at + 1 == index->room ? 0 : at + 1;
}

/* How far it is from one slot to another, forwards. */
static size_t distance(const mjl_record_index *index, size_t from, size_t to)
{
    return to >= from ? to - from : to + index->room - from;
}

/* The slot of `place`, or the free one where it belongs. The table is never full. */
static size_t slot_of(const mjl_record_index *index, uint32_t hash, mjl_store_place place)
{
    for (size_t at = home_of(index, hash);; at = behind(index, at)) {
        if (index->entries[at] == NULL) return at;
        if (index->hashes[at] == hash && is_at(index->entries[at], place)) return at;
    }
}

mjl_record_entry *mjl_record_index_find(const mjl_record_index *index, mjl_store_place place)
{
    return index->room == 0 ? NULL : index->entries[slot_of(index, hash_of(index, place), place)];
}

static void move_to(mjl_record_index *wider, mjl_record_entry *entry, uint32_t hash)
{
    size_t at = home_of(wider, hash);
    while (wider->entries[at] != NULL)
        at = behind(wider, at);
    wider->entries[at] = entry;
    wider->hashes[at] = hash;
}

static mjl_result grow(mjl_record_index *index)
{
    if (index->count < index->room / 4 * 3) return MJL_OK;
    mjl_record_index wider = *index;
    wider.room = index->room == 0 ? ROOM_FIRST : index->room / 2 * 3;
    if (wider.room > (size_t)1 << 31) return MJL_OUT_OF_MEMORY;
    wider.entries = calloc(wider.room, sizeof *wider.entries);
    wider.hashes = malloc(wider.room * sizeof *wider.hashes);
    if (wider.entries == NULL || wider.hashes == NULL) {
        free(wider.entries);
        free(wider.hashes);
        return MJL_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < index->room; i++) {
        if (index->entries[i] != NULL) move_to(&wider, index->entries[i], index->hashes[i]);
    }
    free(index->entries);
    free(index->hashes);
    index->entries = wider.entries;
    index->hashes = wider.hashes;
    index->room = wider.room;
    return MJL_OK;
}

mjl_result mjl_record_index_find_or_add(mjl_record_index *index, mjl_store_place place,
                                        mjl_record_entry **entry)
{
    if (grow(index) != MJL_OK) return MJL_OUT_OF_MEMORY;
    const uint32_t hash = hash_of(index, place);
    const size_t slot = slot_of(index, hash, place);
    *entry = index->entries[slot];
    if (*entry != NULL) return MJL_OK;
    mjl_record_entry *made = calloc(1, offsetof(mjl_record_entry, key) + place.key.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->session = place.session;
    made->kind = place.kind;
    made->key_size = (uint8_t)place.key.size;
    if (place.key.size != 0) memcpy(made->key, place.key.data, place.key.size);
    index->hashes[slot] = hash;
    index->entries[slot] = made;
    index->count++;
    *entry = made;
    return MJL_OK;
}

void mjl_record_index_remove(mjl_record_index *index, mjl_record_entry *entry)
{
    size_t hole = home_of(index, hash_of(index, mjl_record_entry_place(entry)));
    while (index->entries[hole] != entry)
        hole = behind(index, hole);
    index->entries[hole] = NULL;
    index->count--;
    /* Entries after the hole move back when their own slot is at or before it, so that no search
       stops early (linear probing without tombstones). */
    for (size_t at = behind(index, hole); index->entries[at] != NULL; at = behind(index, at)) {
        const size_t home = home_of(index, index->hashes[at]);
        if (distance(index, home, at) < distance(index, hole, at)) continue;
        index->entries[hole] = index->entries[at];
        index->hashes[hole] = index->hashes[at];
        index->entries[at] = NULL;
        hole = at;
    }
    entry_free(entry);
}
