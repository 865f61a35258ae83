/*
 * Several records sealed as one: what one transaction wrote of the kinds that lie on a shelf.
 *
 *     bundle   [ item | item | ... ]
 *     item     [ session 4 | kind 2 | key size 1 | value size 4 | key | value ]
 *     mark     an item without a value, its key size plus 128: the record was deleted
 *
 * A bundle is never changed. The bundle with the highest number that has an item of a place says
 * what is stored there; what stands in older ones is stale. A shelf lets its oldest bundle go once
 * nothing in it is live, or moves what is live to the youngest when too much of the shelf is stale.
 * Ownership: bundles belong to their shelf. Order: ascending by number on each shelf.
 */
#ifndef MJL_STORE_RECORD_BUNDLE_H
#define MJL_STORE_RECORD_BUNDLE_H

#include "record_seal.h"

enum {
    MJL_BUNDLE_KEY_SIZE = 8 + 1, /* Number, shelf. */
    MJL_BUNDLE_ITEM_OVERHEAD = 4 + 2 + 1 + 4,
    MJL_BUNDLED_VALUE_SIZE_MAX = 4096,   /* Larger ones are worth a seal of their own. */
    MJL_BUNDLE_SIZE_FULL = 256 << 10,    /* Then the next one begins. */
    MJL_BUNDLE_STALE_SIZE_MIN = 32 << 10 /* Less is not worth moving anything. */
};

typedef struct mjl_record_bundle {
    struct mjl_record_bundle *younger;
    uint64_t number : 62;
    uint64_t shelf : 2;
    uint32_t size;      /* Of the plaintext. */
    uint32_t live_size; /* Of its items that say what is stored. */
    uint8_t element[MJL_RECORD_ELEMENT_SIZE];
} mjl_record_bundle;

typedef struct mjl_record_shelf_bundles {
    mjl_record_bundle *oldest;
    mjl_record_bundle *youngest;
    size_t size; /* Of all of them. */
    size_t live_size;
} mjl_record_shelf_bundles;

/* Beyond any number of transactions that can be. */
static const uint64_t MJL_BUNDLE_NUMBER_MAX = ((uint64_t)1 << 62) - 2;

/* A new one that is on no shelf. NULL without memory. */
mjl_record_bundle *mjl_record_bundle_new(uint64_t number, uint8_t shelf);
/* Its key is written to `key`, and borrowed from there. */
mjl_store_place mjl_record_bundle_place(const mjl_record_bundle *bundle,
                                        uint8_t key[MJL_BUNDLE_KEY_SIZE]);
bool mjl_record_bundle_is_at(mjl_store_place place); /* By the place alone; the head's is none. */
uint64_t mjl_record_bundle_number_at(mjl_store_place place);
uint8_t mjl_record_bundle_shelf_at(mjl_store_place place);

void mjl_record_shelf_add(mjl_record_shelf_bundles *shelf, mjl_record_bundle *bundle);
void mjl_record_shelf_drop_oldest(mjl_record_shelf_bundles *shelf);
void mjl_record_shelf_clear(mjl_record_shelf_bundles *shelf);

typedef struct mjl_bundle_item {
    mjl_store_place place;
    mjl_bytes value;
    bool is_mark;
    size_t at; /* Where the item begins. */
} mjl_bundle_item;

static inline size_t mjl_bundle_item_size(size_t key_size, size_t value_size)
{
    return MJL_BUNDLE_ITEM_OVERHEAD + key_size + value_size;
}

/* OUT_OF_MEMORY, and then nothing is appended. */
MJL_MUST_USE mjl_result mjl_bundle_append(mjl_buffer *plain, mjl_store_place place,
                                          mjl_bytes value);
MJL_MUST_USE mjl_result mjl_bundle_append_mark(mjl_buffer *plain, mjl_store_place place);
/* The item that begins at `*at`, which moves on; it points into `plain`. EMPTY, STORE_DAMAGED. */
MJL_MUST_USE mjl_result mjl_bundle_next(mjl_bytes plain, size_t *at, mjl_bundle_item *item);

#endif
