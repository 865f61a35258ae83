#include "checksum.h"

uint64_t mjl_checksum(mjl_bytes bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes.size; i++) {
        hash ^= bytes.data[i];
        hash *= UINT64_C(0x100000001b3);
    }
    return hash;
}
