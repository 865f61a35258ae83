#include "grease.h"

#include <assert.h>

/* 0x0A0A, 0x1A1A, ... 0xEAEA (§13.5). */
static uint16_t value(uint8_t octet)
{
    enum { VALUES_COUNT = 15, FIRST = 0x0A0A, STEP = 0x1010 };
    return (uint16_t)(FIRST + STEP * (octet % VALUES_COUNT));
}

mjl_mls_grease mjl_mls_grease_of(mjl_bytes random, bool is_wanted)
{
    /* Behind the first octet, which in a key of a NIST curve says how a point is encoded. */
    assert(random.size > 4);
    mjl_mls_grease grease = {0};
    if (!is_wanted) return grease;
    grease.suite = value(random.data[1]);
    grease.extension = value(random.data[2]);
    grease.proposal = value(random.data[3]);
    grease.credential = value(random.data[4]);
    return grease;
}
