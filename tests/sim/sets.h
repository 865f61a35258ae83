/*
 * Growing sets of small numbers, and a table from 32-byte ids to numbers.
 *
 * Out of memory ends the simulator: nothing of it is under test.
 */
#ifndef SIM_SETS_H
#define SIM_SETS_H

#include "majlis/profile.h"

enum { SIM_NONE = 0x7fffffff }; /* No number. */

/* As malloc and realloc, but they never answer NULL; the new part is zero. */
void *sim_zeroed(size_t count, size_t size);
/* Room for one more of `size` bytes in a list that doubles. */
void *sim_grown(void *list, size_t count, size_t *room, size_t size);

typedef struct sim_set {
    uint64_t *words;
    uint32_t words_count;
} sim_set;

void sim_set_clear(sim_set *set); /* Frees. */
void sim_set_add(sim_set *set, uint32_t number);
void sim_set_remove(sim_set *set, uint32_t number);
bool sim_set_has(const sim_set *set, uint32_t number);
bool sim_set_meets(const sim_set *a, const sim_set *b); /* They share one. */
sim_set sim_set_copy(const sim_set *set);
bool sim_set_equal(const sim_set *a, const sim_set *b);
uint32_t sim_set_count(const sim_set *set);
/* The least number that is in `a` and not in `b`, from `from` on; SIM_NONE. */
uint32_t sim_set_first_missing(const sim_set *a, const sim_set *b, uint32_t from);

/* Ids, or hashes of the same size, to numbers. */
typedef struct sim_table {
    struct sim_table_entry {
        mjl_id id;
        uint32_t number;
        bool is_used;
    } * entries;
    size_t count, room;
} sim_table;

void sim_table_clear(sim_table *table);
uint32_t sim_table_find(const sim_table *table, const mjl_id *id); /* SIM_NONE */
void sim_table_put(sim_table *table, const mjl_id *id, uint32_t number);

/* A fast hash of bytes, for tables: not against enemies. */
mjl_id sim_hash(mjl_bytes bytes);

#endif
