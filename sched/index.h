/*
 * An ordered map from short byte strings to numbers: a crit-bit tree (Bernstein; Morrison's
 * PATRICIA, 1968). A search looks at no more bits than the key has, whoever chose the keys: nobody
 * can make it slow, as they could with a hash table without a secret.
 *
 *            bit 9                 inner nodes name the bit in which their two sides differ
 *           /     \
 *       "mark"   bit 20
 *               /      \
 *           "sara"    "sarb"
 *
 * Order: by size, then by bytes.
 */
#ifndef SCHED_INDEX_H
#define SCHED_INDEX_H

#include "majlis/bytes.h"

enum { MJL_INDEX_KEY_MAX = 64 };

#define INDEX_NONE UINT32_MAX

typedef struct mjl_index {
    void *root;
    size_t count;
} mjl_index;

void mjl_index_clear(mjl_index *index);
/* INDEX_NONE if the key is not there. */
uint32_t mjl_index_find(const mjl_index *index, mjl_bytes key);
/* The key is not there yet. */
MJL_MUST_USE mjl_result mjl_index_add(mjl_index *index, mjl_bytes key, uint32_t value);
/* The key is there. */
void mjl_index_remove(mjl_index *index, mjl_bytes key);
/* The value of the least key above `key`, and that key; INDEX_NONE at the end. `above` may be NULL.
 * An empty `key` is below all. */
uint32_t mjl_index_after(const mjl_index *index, mjl_bytes key, mjl_bytes *above);

#endif
