/*
 * The plaintexts read at open, in ascending order, until the session has built its state from them.
 *
 * Secrets: every value is wiped when it is released.
 */
#ifndef MJL_STORE_RECORD_LOADED_H
#define MJL_STORE_RECORD_LOADED_H

#include "records.h"

typedef struct mjl_record_loaded_item mjl_record_loaded_item;

typedef struct mjl_record_loaded {
    mjl_record_loaded_item **items;
    size_t count;
    size_t room;
} mjl_record_loaded;

/* Appends a place, which must come after the last one, with room for its value. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_record_loaded_append(mjl_record_loaded *loaded, mjl_store_place place,
                                                 size_t value_size, uint8_t **value);
void mjl_record_loaded_clear(mjl_record_loaded *loaded);

mjl_record mjl_record_loaded_at(const mjl_record_loaded *loaded, size_t position);
/* The position of the first record at or after (session, kind). */
size_t mjl_record_loaded_from(const mjl_record_loaded *loaded, uint32_t session, uint16_t kind);

#endif
