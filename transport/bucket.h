/*
 * A bucket of bytes keeps a pace: it fills evenly, up to one burst, and sending empties it.
 *
 * Time: `now` in milliseconds; going back is taken as standing still.
 */
#ifndef MAJLIS_TRANSPORT_BUCKET_H
#define MAJLIS_TRANSPORT_BUCKET_H

#include "majlis/bytes.h"

typedef struct mjl_bucket {
    uint64_t bytes_per_second;
    uint64_t burst;
    uint64_t level; /* In thousandths of bytes, so that slow paces lose nothing to rounding. */
    int64_t last;
} mjl_bucket;

/* Begins full. */
void mjl_bucket_init(mjl_bucket *bucket, uint64_t bytes_per_second, uint64_t burst, int64_t now);
/* False: wait. size <= burst. */
bool mjl_bucket_take(mjl_bucket *bucket, int64_t now, size_t size);
/* Milliseconds until that many bytes can be taken; 0: now. */
int64_t mjl_bucket_wait_ms(mjl_bucket *bucket, int64_t now, size_t size);

#endif
