/*
 * A hash table of small numbers: which entry of its owner's array bears a key. The keys stay with
 * the owner.
 *
 * It is only ever looked into, never walked: its order means nothing. Errors: only reserving can
 * fail, for memory.
 */
#ifndef MAJLIS_SESSION_INDEX_TABLE_H
#define MAJLIS_SESSION_INDEX_TABLE_H

#include "ids.h"

typedef struct mjl_index_table {
    uint32_t *slots; /* Open addressing; UINT32_MAX is free. */
    size_t room;     /* A power of two, or 0. */
    size_t count;
    const void *owner;
    uint64_t (*hash_of)(const void *owner, uint32_t value);
} mjl_index_table;

void mjl_index_table_init(mjl_index_table *table, const void *owner,
                          uint64_t (*hash_of)(const void *owner, uint32_t value));
void mjl_index_table_clear(mjl_index_table *table);

/* Makes sure that the next insert cannot fail. */
MJL_MUST_USE mjl_result mjl_index_table_reserve(mjl_index_table *table);
void mjl_index_table_insert(mjl_index_table *table, uint32_t value);
void mjl_index_table_remove(mjl_index_table *table, uint32_t value); /* It must be there. */

/* Values that may bear a key of this hash, one after the other; UINT32_MAX at the end. `at` starts
   at mjl_index_table_start. */
size_t mjl_index_table_start(const mjl_index_table *table, uint64_t hash);
uint32_t mjl_index_table_next(const mjl_index_table *table, size_t *at);

/* Ids are hashes already: their first bytes will do. Who is a member could choose ids that collide,
   and would slow the group's look-ups a little; nothing else depends on it. */
uint64_t mjl_id_hash(const mjl_id *id);

#endif
