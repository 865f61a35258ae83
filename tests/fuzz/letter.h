/*
 * A PrivateMessage of the weak suite, taken apart and put together again: what it says can be
 * changed, and who reads it finds it signed and encrypted as it should be.
 *
 *      header | sender data: leaf, generation | body | signature | confirmation tag | padding
 */
#ifndef TESTS_FUZZ_LETTER_H
#define TESTS_FUZZ_LETTER_H

#include "fuzz.h"

typedef struct letter { /* Owned: clear it. */
    mjl_buffer group_id, authenticated_data, body, signature, tag;
    uint64_t epoch;
    uint8_t content_type;
    uint32_t leaf, generation;
} letter;

/* False: it is none. */
bool letter_read(mjl_bytes packet, letter *out);
/* Appends the packet; the reuse guard is zero, and there is no padding. */
void letter_write(const letter *of, mjl_buffer *packet);
void letter_clear(letter *of);

#endif
