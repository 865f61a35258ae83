/*
 * The inside of the records, for the files that together are them: records.c opens, records_read.c
 * reads one, records_batch.c collects, records_plan.c and records_persist.c write, records_state.c
 * hashes.
 */
#ifndef MJL_STORE_RECORDS_INSIDE_H
#define MJL_STORE_RECORDS_INSIDE_H

#include "records.h"

#include "record_bundle.h"
#include "record_held.h"
#include "record_index.h"
#include "record_loaded.h"
#include "record_seal.h"
#include "store_access.h"

#include <assert.h>

/* A waiting write. The plaintext lies among the staged values. */
typedef struct mjl_record_change {
    mjl_record_entry *entry;
    bool is_delete;
    uint8_t content[MJL_RECORD_CONTENT_SIZE];
    size_t at; /* Of the value. */
    size_t size;
    /* Where it will be, once a transaction is made: in a bundle, in the head, which counts as one,
       or sealed by itself. */
    mjl_record_bundle *bundle;
    size_t bundle_at;
    uint8_t *element; /* Owned; the latter. NULL until a transaction is made. */
} mjl_record_change;

struct mjl_records {
    mjl_store *store;
    mjl_random random;
    mjl_record_sealing sealing;
    mjl_record_head head;
    mjl_record_index index;
    mjl_record_loaded loaded;
    uint64_t loaded_count; /* Sealed records seen while opening. */
    mjl_buffer read;      /* The bundle read last, since the next question is often about it too. */
    uint64_t read_number; /* Of that one. */
    mjl_record_shelf_bundles shelves[MJL_SHELVES_COUNT]; /* The first one stays empty. */
    uint64_t next_bundle;
    mjl_record_held held;
    mjl_record_shelf shelf_of[MJL_SHELVED_KINDS_MAX];
    bool is_held[MJL_SHELVED_KINDS_MAX]; /* Kinds whose small values lie in the head. */
    mjl_record_change *batch;            /* In no order. */
    size_t batch_count;
    size_t batch_room;
    mjl_buffer staged; /* Values of the batch, also of changes that were changed again. */
    /* Rooms of the last transaction, empty, for the next one: most are alike. */
    mjl_buffer work, held_room, filling_rooms[MJL_SHELVES_COUNT];
    bool is_sweeping; /* The next transaction moves everything that passes. */
    bool has_head;    /* On disk. */
    mjl_result failure;
};

/* Whatever went wrong with the store: from now on this is what every call answers. */
mjl_result mjl_records_fail(mjl_records *records, mjl_result result);

/* Verifies that `sealed` is what was last written at `place`, of which only the element is known
 * (it may open and still be an old one), and appends its plaintext. STORE_DAMAGED, OUT_OF_MEMORY.
 */
MJL_MUST_USE mjl_result mjl_records_unseal(const mjl_records *records, mjl_store_place place,
                                           const uint8_t element[MJL_RECORD_ELEMENT_SIZE],
                                           mjl_bytes sealed, mjl_buffer *value);
/* The same from the store; `plain` is replaced. Does not fail the records. */
MJL_MUST_USE mjl_result mjl_records_read_bundle(const mjl_records *records,
                                                const mjl_record_bundle *bundle, mjl_buffer *plain);
/* The value of an item in its bundle. STORE_DAMAGED when it is not the entry's. */
MJL_MUST_USE mjl_result mjl_records_find_item(const mjl_record_entry *entry, mjl_bytes plain,
                                              mjl_bytes *value);

void mjl_records_unstage(mjl_records *records); /* The batch is empty: wipes what was staged. */

/* The change that waits for the entry; NULL: none. */
static inline mjl_record_change *mjl_records_change(const mjl_records *records,
                                                    const mjl_record_entry *entry)
{
    return entry->change == 0 ? NULL : &records->batch[entry->change - 1];
}

static inline mjl_bytes mjl_records_staged(const mjl_records *records,
                                           const mjl_record_change *change)
{
    if (change->size == 0) return mjl_bytes_of(NULL, 0); /* Perhaps there is nothing staged. */
    return mjl_bytes_of(records->staged.data + change->at, change->size);
}

static inline mjl_store_place mjl_records_place(uint32_t session, uint16_t kind, mjl_bytes key)
{
    assert(kind != MJL_RECORD_KIND_HEAD);
    assert(key.size <= MJL_STORE_KEY_SIZE_MAX);
    const mjl_store_place place = {session, kind, key};
    return place;
}

#endif
