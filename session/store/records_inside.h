/*
 * The inside of the records, for the files that together are them: records.c opens and reads,
 * records_batch.c writes, records_state.c hashes.
 */
#ifndef MJL_STORE_RECORDS_INSIDE_H
#define MJL_STORE_RECORDS_INSIDE_H

#include "records.h"

#include "record_index.h"
#include "record_loaded.h"
#include "record_seal.h"
#include "store_access.h"

#include <assert.h>

struct mjl_records {
    mjl_store *store;
    mjl_random random;
    mjl_record_sealing sealing;
    mjl_record_head head;
    mjl_record_index index;
    mjl_record_loaded loaded;
    mjl_record_entry **batch; /* Entries with a change, in no order until they are persisted. */
    size_t batch_count;
    size_t batch_room;
    bool has_head; /* On disk. */
    mjl_result failure;
};

/* Whatever went wrong with the store: from now on this is what every call answers. */
mjl_result mjl_records_fail(mjl_records *records, mjl_result result);

/* Verifies that `sealed` is what was last written for `entry` (it may open and still be an old
 * one), and appends its plaintext. STORE_DAMAGED, OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_records_unseal(const mjl_records *records,
                                           const mjl_record_entry *entry, mjl_bytes sealed,
                                           mjl_buffer *value);

/* The batch in ascending order of place. */
void mjl_records_sort_batch(mjl_records *records);

static inline mjl_store_place mjl_records_place(uint32_t session, uint16_t kind, mjl_bytes key)
{
    assert(kind != MJL_RECORD_KIND_HEAD);
    assert(key.size <= MJL_STORE_KEY_SIZE_MAX);
    const mjl_store_place place = {session, kind, key};
    return place;
}

#endif
