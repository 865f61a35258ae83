/* Big-endian numbers, as the transports' formats have them. */
#ifndef MAJLIS_TRANSPORT_NUMBERS_H
#define MAJLIS_TRANSPORT_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* The `size` low bytes of the value, the highest first. */
static inline void mjl_write_number(uint8_t *out, size_t size, uint64_t value)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        out[i] = (uint8_t)(value & 0xff);
}

static inline uint64_t mjl_read_number(const uint8_t *in, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | in[i];
    return value;
}

#endif
