/*
 * The small records that lie in the head itself: what nearly every transaction writes anew, and
 * what is gone again with the next one. They cost no seal of their own.
 *
 *     plain    [ counter 8 | count 8 | salt 32 | set 32 | item | item | ... ]     record_bundle.h
 *
 * The head counts as a bundle that stands on no shelf, is not in the set, and is made again by each
 * transaction: nothing in it is stale, there are no marks. The item that was written longest ago
 * comes first, and is the first to leave when there is no room for all. Entries are borrowed.
 * Secrets: the plaintext; wiped.
 */
#ifndef MJL_STORE_RECORD_HELD_H
#define MJL_STORE_RECORD_HELD_H

#include "record_index.h"

enum { MJL_HELD_VALUE_SIZE_MAX = 1024 }; /* Of one: the head has room for several. */

typedef struct mjl_record_held {
    mjl_record_bundle bundle; /* In its place: what entries refer to. */
    mjl_buffer plain;
    mjl_record_entry **entries; /* Of the items, in their order. */
    size_t count, room;
} mjl_record_held;

void mjl_record_held_clear(mjl_record_held *held);
/* Of one that is zero: the numbers, room for `size` bytes of items and for `count` of them.
 * OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_held_begin(mjl_record_held *held, size_t size, size_t count);
/* Room for so many items in all. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_held_reserve(mjl_record_held *held, size_t count);
/* An item behind the others; answers where it is. Room was reserved for it. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_held_add(mjl_record_held *held, mjl_record_entry *entry,
                                            mjl_bytes value, size_t *at);

/* Of an entry whose value lies there; borrowed. */
static inline mjl_bytes mjl_record_held_value(const mjl_record_held *held,
                                              const mjl_record_entry *entry)
{
    const size_t before = MJL_BUNDLE_ITEM_OVERHEAD + entry->key_size;
    return mjl_bytes_of(held->plain.data + entry->item.at + before, entry->item.size - before);
}

static inline bool mjl_record_is_held(const mjl_record_entry *entry, const mjl_record_held *held)
{
    return entry->bundle == &held->bundle;
}

#endif
