/*
 * A cursor is the set of counters of one writer that were read: ranges, lowest first.
 *
 *      read:   0 1 2 3 . 5 6 . . 9          ranges: [0,3] [5,6] [9,9]
 *                      ^     ^ ^            a file that appears late is still read
 *
 * A folder that is synced brings files in any order, and loses some for ever. Beyond
 * MJL_CURSOR_RANGES_MAX ranges the narrowest gap is given up, the lowest of equals: that gives up
 * the fewest files, and nobody who writes far-off counters can close the gap before the next one.
 *
 * Ownership: init/clear. Saved: as varints (LEB128, shortest form): first, length - 1, then per
 * further range gap - 1, length - 1.
 */
#ifndef MAJLIS_TRANSPORT_CURSOR_H
#define MAJLIS_TRANSPORT_CURSOR_H

#include "majlis/bytes.h"

enum { MJL_CURSOR_RANGES_MAX = 512 };

typedef struct mjl_cursor_range {
    uint64_t first, last;
} mjl_cursor_range;

typedef struct mjl_cursor {
    mjl_cursor_range *ranges;
    size_t count, room;
} mjl_cursor;

void mjl_cursor_init(mjl_cursor *cursor);
void mjl_cursor_clear(mjl_cursor *cursor);
bool mjl_cursor_has(const mjl_cursor *cursor, uint64_t counter);
/* One that is there already is OK. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_cursor_add(mjl_cursor *cursor, uint64_t counter);
/* Sorted, apart, within the bound. */
bool mjl_cursor_check(const mjl_cursor *cursor);

MJL_MUST_USE mjl_result mjl_cursor_write(const mjl_cursor *cursor, mjl_buffer *out);
/* Into an initialised, empty cursor; reads to the end of the bytes. TRUNCATED, NOT_CANONICAL,
 * TOO_LARGE, OUT_OF_MEMORY: it stays empty. */
MJL_MUST_USE mjl_result mjl_cursor_read(mjl_bytes bytes, mjl_cursor *cursor);

#endif
