/*
 * A hash over the saved state, with one beside it for each kind of records: so that two states that
 * differ can say where.
 */
#ifndef MAJLIS_SESSION_STATE_DIGEST_H
#define MAJLIS_SESSION_STATE_DIGEST_H

#include "majlis/profile.h"
#include "pack.h"
#include "records_state.h"

enum { MJL_STATE_KIND_HASH_SIZE = 16 };

typedef struct mjl_state_kind {
    uint32_t session;
    uint16_t kind;
    uint64_t count;
    uint8_t hash[MJL_STATE_KIND_HASH_SIZE];
} mjl_state_kind;

typedef struct mjl_state_digest {
    mjl_id hash;           /* That of mjl_profile_state_hash. */
    mjl_state_kind *kinds; /* Ascending. */
    size_t count, room;
    crypto_generichash_state all, kind; /* While it is made. */
} mjl_state_digest;

void mjl_state_digest_init(mjl_state_digest *digest);
void mjl_state_digest_clear(mjl_state_digest *digest);

/* An mjl_records_visit on a digest: records in ascending order, then `finish`. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_state_digest_add(void *digest, mjl_store_place place, mjl_bytes value);
void mjl_state_digest_finish(mjl_state_digest *digest);

/* As one value. Reading makes a digest anew: MALFORMED, OUT_OF_MEMORY. */
void mjl_state_digest_pack(const mjl_state_digest *digest, mjl_pack *pack);
MJL_MUST_USE mjl_result mjl_state_digest_read(mjl_state_digest *digest, mjl_bytes packed);

/* "place"; "" for a number that has no name here. */
const char *mjl_state_kind_name(uint16_t kind);

#endif
