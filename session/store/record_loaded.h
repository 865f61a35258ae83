/*
 * The plaintexts read at open, in ascending order, until the session has built its state from them.
 *
 * Secrets: every value is wiped when it is released.
 */
#ifndef MJL_STORE_RECORD_LOADED_H
#define MJL_STORE_RECORD_LOADED_H

#include "records.h"

typedef struct mjl_record_loaded_block mjl_record_loaded_block;

typedef struct mjl_record_loaded {
    mjl_record *items; /* Pointing into the blocks. */
    size_t count;
    size_t room;
    mjl_record_loaded_block *blocks;
} mjl_record_loaded;

/* Room for plaintexts, which belongs to the loaded. NULL without memory. */
uint8_t *mjl_record_loaded_room(mjl_record_loaded *loaded, size_t size);
/* A record whose key and value are in such room. In any order, until `sort`. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_loaded_add(mjl_record_loaded *loaded, const mjl_record *record);
void mjl_record_loaded_sort(mjl_record_loaded *loaded);
void mjl_record_loaded_clear(mjl_record_loaded *loaded);

/* The position of the first record at or after (session, kind). */
size_t mjl_record_loaded_from(const mjl_record_loaded *loaded, uint32_t session, uint16_t kind);

#endif
