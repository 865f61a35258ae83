#include "bucket.h"

#include <assert.h>

void mjl_bucket_init(mjl_bucket *bucket, uint64_t bytes_per_second, uint64_t burst, int64_t now)
{
    assert(bytes_per_second > 0);
    bucket->bytes_per_second = bytes_per_second;
    bucket->burst = burst;
    bucket->level = burst * 1000;
    bucket->last = now;
}

static void fill(mjl_bucket *bucket, int64_t now)
{
    if (now <= bucket->last) return;
    const uint64_t passed = (uint64_t)(now - bucket->last);
    const uint64_t room = bucket->burst * 1000 - bucket->level;
    bucket->last = now;
    /* One byte per second is one thousandth of a byte per millisecond. */
    if (passed >= room / bucket->bytes_per_second + 1) {
        bucket->level = bucket->burst * 1000;
    } else {
        bucket->level += passed * bucket->bytes_per_second;
    }
}

bool mjl_bucket_take(mjl_bucket *bucket, int64_t now, size_t size)
{
    assert(size <= bucket->burst);
    fill(bucket, now);
    if (bucket->level < (uint64_t)size * 1000) return false;
    bucket->level -= (uint64_t)size * 1000;
    return true;
}

int64_t mjl_bucket_wait_ms(mjl_bucket *bucket, int64_t now, size_t size)
{
    fill(bucket, now);
    const uint64_t need = (uint64_t)size * 1000;
    if (bucket->level >= need) return 0;
    const uint64_t rate = bucket->bytes_per_second;
    return (int64_t)((need - bucket->level + rate - 1) / rate);
}
