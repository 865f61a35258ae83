/*
 * Which bytes are secret, by valgrind's knowledge of what is undefined: a secret is marked as such
 * where it comes in (random draws, store keys, what is said) and memcheck then reports every jump
 * and every index that depends on it, or on anything computed from it.
 *
 *     random draw, store key, body ──marked──> library ──> sealed, signed, public keys: not secret
 *                                                 │            │
 *                                          a jump: reported    └─opened─> as it was before sealing
 *
 * What is made public stands in one list, `tainted_reasons`, each entry with its reason. The wraps
 * (the linker's --wrap) are at libsodium's functions and at a few of our own: the library has no
 * part in it.
 */
#ifndef MJL_TESTS_MEMORY_TAINTED_H
#define MJL_TESTS_MEMORY_TAINTED_H

#include "majlis/bytes.h"

typedef enum tainted_reason {
    TAINTED_SEALED,
    TAINTED_SIGNATURE,
    TAINTED_PUBLIC_KEY,
    TAINTED_DH_REFUSED,
    TAINTED_COMPARED,
    TAINTED_OPENED,
    TAINTED_VERIFIED,
    TAINTED_NONCE,
    TAINTED_ID,
    TAINTED_GROUP_ID,
    TAINTED_BRANCH_TAG,
    TAINTED_GREASE,
    TAINTED_ROOM_MAC,
    TAINTED_TOLD,
    TAINTED_JITTER,
    TAINTED_RECORD_CONTENT,
    TAINTED_RECORD_PLACE,
    TAINTED_REASONS_COUNT
} tainted_reason;

/* Why it may be made public; how often it was met. */
typedef struct tainted_entry {
    const char *what, *why;
    unsigned long count;
} tainted_entry;

extern tainted_entry tainted_reasons[TAINTED_REASONS_COUNT];

void tainted_mark(void *bytes, size_t size);
/* The same of a random draw, unless it is one of those that are no secret. */
void tainted_mark_drawn(uint8_t *bytes, size_t size);
void tainted_allow(tainted_reason reason, const void *bytes, size_t size);
/* What the test itself looks at. */
void tainted_show(void *bytes, size_t size);
/* Whether the program runs under valgrind at all. */
bool tainted_is_watched(void);
/* Reports of memcheck so far. */
unsigned long tainted_reports(void);
void tainted_clear(void);

#endif
