/*
 * Where every record stands, and what is known of it without its bytes: a hash table from place to
 * entry. An entry is there while its place is stored or has a change waiting.
 *
 * Order: none; whoever iterates sorts. The hash is keyed (SipHash), since peers can choose parts of
 * keys. Ownership: entries belong to the index and keep their address until removed.
 */
#ifndef MJL_STORE_RECORD_INDEX_H
#define MJL_STORE_RECORD_INDEX_H

#include "record_bundle.h"

/* A conversation has several of them for each of its messages: with a number for a key it takes one
   piece of 64 bytes from the allocator. */
typedef struct mjl_record_entry {
    mjl_record_bundle *bundle; /* In which the stored value lies; NULL: sealed by itself. */
    union {
        uint8_t *element; /* Of a value sealed by itself; owned. NULL: nothing is stored. */
        struct {
            uint32_t at; /* The item in the bundle, and its size. */
            uint32_t size;
        } item;
    };
    uint8_t content[MJL_RECORD_CONTENT_SIZE]; /* Of the stored value. */
    uint32_t session;
    uint32_t change; /* One more than its position in the batch; 0: none. While the records are
                        opened, of an item: its position in what was read. */
    uint16_t kind;
    uint8_t key_size;
    bool is_stored : 1;
    uint8_t stale_on : 2; /* The shelf whose older bundles may hold older values of this place, or
                             0. */
    uint8_t key[];
} mjl_record_entry;

typedef struct mjl_record_index {
    mjl_record_entry **entries; /* NULL: free. */
    uint32_t *hashes;           /* Of each: most searches end here, without a look at the entry. */
    size_t room, count;
    uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE];
} mjl_record_index;

void mjl_record_index_init(mjl_record_index *index,
                           const uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE]);
void mjl_record_index_clear(mjl_record_index *index);

/* Takes `element`, which the entry had not; what it had is freed. Its value is sealed by itself. */
void mjl_record_entry_take(mjl_record_entry *entry, uint8_t *element);
/* Its value lies in that bundle. */
void mjl_record_entry_move(mjl_record_entry *entry, mjl_record_bundle *bundle, size_t at,
                           size_t size);

mjl_record_entry *mjl_record_index_find(const mjl_record_index *index, mjl_store_place place);
/* The same, but a zeroed entry is added when it is not there. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_index_find_or_add(mjl_record_index *index, mjl_store_place place,
                                                     mjl_record_entry **entry);
void mjl_record_index_remove(mjl_record_index *index, mjl_record_entry *entry);

static inline mjl_store_place mjl_record_entry_place(const mjl_record_entry *entry)
{
    const mjl_store_place place = {entry->session, entry->kind,
                                   mjl_bytes_of(entry->key, entry->key_size)};
    return place;
}

#endif
