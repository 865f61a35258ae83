#include "grease.h"

#include <assert.h>

/* 0x0A0A, 0x1A1A, ... 0xEAEA (§13.5). */
static uint16_t value(uint8_t random)
{
    enum { VALUES_COUNT = 15, FIRST = 0x0A0A, STEP = 0x1010 };
    return (uint16_t)(FIRST + STEP * (random % VALUES_COUNT));
}

mjl_mls_grease mjl_mls_grease_of(mjl_bytes public_key, bool is_wanted)
{
    /* Behind the first octet, which for the NIST curves says how a point is compressed. */
    assert(public_key.size > 4);
    const uint8_t *random = public_key.data + 1;
    mjl_mls_grease grease = {0};
    if (!is_wanted) return grease;
    grease.suite = value(random[0]);
    grease.extension = value(random[1]);
    grease.proposal = value(random[2]);
    grease.credential = value(random[3]);
    return grease;
}
