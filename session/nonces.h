/*
 * The nonces of our last statements, and when each was made. Whoever echoes one has heard us since
 * then: where much is lost many ask at once, and statements follow each other faster than their
 * echoes come back, so more than the last one must count.
 *
 * Time: passed in. Saved: in the session's record.
 */
#ifndef MAJLIS_SESSION_NONCES_H
#define MAJLIS_SESSION_NONCES_H

#include "majlis/bytes.h"
#include "pack.h"
#include "payload.h"

enum {
    MJL_NONCES_KEPT = 16, /* An echo of an older one counts for nothing. */
    MJL_NONCES_FIELDS = 2 + MJL_NONCES_KEPT
};

typedef struct mjl_nonces {
    uint64_t count; /* Ever made: that many statements were. */
    uint8_t nonces[MJL_NONCES_KEPT]
                  [MJL_STATEMENT_NONCE_SIZE]; /* Nonce n, from 0, stands at n % KEPT. */
    mjl_time made[MJL_NONCES_KEPT];
} mjl_nonces;

void mjl_nonces_add(mjl_nonces *nonces, const uint8_t nonce[MJL_STATEMENT_NONCE_SIZE],
                    mjl_time now);
/* Is it one of those that are kept? Then `*next` is when the one after it was made; 0: it is the
   last. */
bool mjl_nonces_find(const mjl_nonces *nonces, const uint8_t nonce[MJL_STATEMENT_NONCE_SIZE],
                     mjl_time *next);

/* MJL_NONCES_FIELDS values. */
void mjl_nonces_pack(mjl_pack *pack, const mjl_nonces *nonces);
void mjl_nonces_unpack(mjl_unpack *unpack, mjl_nonces *nonces);

#endif
