/*
 * Arrays that grow: room for more entries behind those that are there.
 *
 *      pointer ──> [ 0 | 1 | 2 | .. | count - 1 |      free      ]
 *                    `─────────────── room ─────────────────────´
 *
 * Not for secrets: where the entries move, what they leave behind is not wiped.
 *
 * Ownership: the caller's, with free(). Errors: OUT_OF_MEMORY, also where a size is more than there
 * can be; the array and its room are as they were.
 */
#ifndef SCHED_ARRAY_H
#define SCHED_ARRAY_H

#include "majlis/bytes.h"

/* How much room an array has next that had so much and is full. */
size_t mjl_array_grown(size_t room);
/* Makes sure of room for `more` entries of `size` bytes behind `count`. `array` points to the
   pointer, which is NULL while there is no room. All that lies in the old room stays. Fewer than
   UINT32_MAX entries in all, so that an index may say "none". */
MJL_MUST_USE mjl_result mjl_array_reserve(void *array, size_t count, size_t *room, size_t more,
                                          size_t size);

#endif
