/*
 * Packet ids seen lately: a repeated packet is recognised before any key is touched. Only
 * authenticated packets and our own enter, so a flood of noise displaces nothing. Not saved but for
 * what the holdings bring back at load: without it a repeated packet meets its used key instead,
 * and is a duplicate all the same; a statement of ours is then none of ours but a duplicate, or too
 * old. Nothing else may follow from it.
 */
#ifndef MAJLIS_SESSION_SEEN_H
#define MAJLIS_SESSION_SEEN_H

#include "majlis/profile.h"

typedef struct mjl_seen_entry {
    mjl_id packet;
    uint32_t place; /* Index, or UINT32_MAX: a statement, a Welcome. */
    bool is_own, is_used;
} mjl_seen_entry;

typedef struct mjl_seen {
    mjl_seen_entry *table; /* Open addressing, by the id's first bytes: ids are hashes. */
    uint32_t slots, count;
} mjl_seen;

void mjl_seen_clear(mjl_seen *seen);
MJL_MUST_USE mjl_result mjl_seen_add(mjl_seen *seen, const mjl_id *packet, uint32_t place,
                                     bool is_own);
const mjl_seen_entry *mjl_seen_find(const mjl_seen *seen, const mjl_id *packet);

#endif
