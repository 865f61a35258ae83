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

typedef struct mjl_record_entry {
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    bool is_stored;
    bool knows_content; /* Else it was written once, and nothing was compared with it yet. */
    uint8_t stale_on; /* The shelf whose older bundles may hold older values of this place, or 0. */
    mjl_record_bundle *bundle; /* In which the stored value lies; NULL: sealed by itself. */
    union {
        uint8_t element[MJL_RECORD_ELEMENT_SIZE]; /* Of a value sealed by itself. */
        struct {
            uint32_t at; /* The item in the bundle, and its size. */
            uint32_t size;
            uint32_t loaded; /* While the records are opened: its position in what was read. */
        } item;
    };
    uint8_t content[MJL_RECORD_CONTENT_SIZE]; /* Of the stored value. */
    uint32_t change; /* One more than its position in the batch; 0: none. */
    uint64_t hash;   /* Of the place. */
    uint8_t key[];
} mjl_record_entry;

/* Most searches end at the hash, without a look at the entry. */
typedef struct mjl_record_slot {
    uint64_t hash;
    mjl_record_entry *entry; /* NULL: free. */
} mjl_record_slot;

typedef struct mjl_record_index {
    mjl_record_slot *slots;
    size_t room; /* A power of two, or 0. */
    size_t count;
    uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE];
} mjl_record_index;

void mjl_record_index_init(mjl_record_index *index,
                           const uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE]);
void mjl_record_index_clear(mjl_record_index *index);

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
