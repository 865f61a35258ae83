/*
 * Where every record stands, and what is known of it without its bytes: a hash table from place to
 * entry. An entry is there while its place is stored or has a change waiting.
 *
 * Order: none; whoever iterates sorts. The hash is keyed (SipHash), since peers can choose parts of
 * keys. Ownership: entries belong to the index and keep their address until removed.
 */
#ifndef MJL_STORE_RECORD_INDEX_H
#define MJL_STORE_RECORD_INDEX_H

#include "record_seal.h"

/* A waiting write. The value is a plaintext. */
typedef struct mjl_record_change {
    size_t position; /* In the batch. */
    bool is_delete;
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    uint8_t element[MJL_RECORD_ELEMENT_SIZE]; /* Of the new sealed value, once it is sealed. */
    mjl_buffer value;
} mjl_record_change;

typedef struct mjl_record_entry {
    uint32_t session;
    uint16_t kind;
    uint8_t key_size;
    bool is_stored;
    uint8_t element[MJL_RECORD_ELEMENT_SIZE]; /* Both of the stored value. */
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    mjl_record_change *change; /* NULL: nothing waits. */
    uint8_t key[];
} mjl_record_entry;

typedef struct mjl_record_index {
    mjl_record_entry **slots;
    size_t room; /* A power of two, or 0. */
    size_t count;
    uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE];
} mjl_record_index;

void mjl_record_index_init(mjl_record_index *index,
                           const uint8_t hash_key[MJL_RECORD_INDEX_KEY_SIZE]);
void mjl_record_index_clear(mjl_record_index *index);

mjl_record_entry *mjl_record_index_find(const mjl_record_index *index, mjl_store_place place);
/* Adds a zeroed entry for a place that is not there. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_index_add(mjl_record_index *index, mjl_store_place place,
                                             mjl_record_entry **entry);
void mjl_record_index_remove(mjl_record_index *index, mjl_record_entry *entry);

static inline mjl_store_place mjl_record_entry_place(const mjl_record_entry *entry)
{
    const mjl_store_place place = {entry->session, entry->kind,
                                   mjl_bytes_of(entry->key, entry->key_size)};
    return place;
}

void mjl_record_change_free(mjl_record_change *change); /* Wipes the value. NULL is fine. */

#endif
