/*
 * Reassembly puts packets together again from fragments, within bounds that no source can exceed.
 *
 *      fragment ──> its packet, by (source, check, size) ──all parts──> check ──> packet
 *                       │ bounds: per source, in total, by time: the oldest of that source goes
 *
 * A flood from one source pushes out only that source's own beginnings, unless all room is used up;
 * then the source that uses most gives way. What is dropped is sent again by the session.
 *
 * Time: `now` in milliseconds. Ownership: init/clear; a packet handed out lives until the next
 * call. Saved: nothing.
 */
#ifndef MAJLIS_TRANSPORT_REASSEMBLY_H
#define MAJLIS_TRANSPORT_REASSEMBLY_H

#include "fragment.h"

enum {
    MJL_REASSEMBLY_SOURCE_BYTES_MAX = 4 << 20, /* Of one address: four of the largest packets. */
    MJL_REASSEMBLY_BYTES_MAX = 16 << 20,
    MJL_REASSEMBLY_ITEMS_MAX = 256,
    /* Since the last new part. Longer than the slowest usual repetition (8 times BC_LAT), so that
     * it can fill the holes. */
    MJL_REASSEMBLY_MS_MAX = 60000
};

/* An address, IPv4 as mapped into IPv6. Not the port: who is flooded chooses by machine. */
typedef struct mjl_source {
    uint8_t bytes[16];
} mjl_source;

typedef struct mjl_reassembly_item mjl_reassembly_item;

typedef struct mjl_reassembly {
    mjl_reassembly_item *items[MJL_REASSEMBLY_ITEMS_MAX]; /* By the instant of the last new part. */
    size_t items_count;
    size_t bytes; /* Charged: the whole size of each packet begun. */
    mjl_reassembly_item *done;
    uint64_t dropped_count; /* Begun and never finished. */
    uint64_t wrong_count;   /* All parts there, and the check differs. */
} mjl_reassembly;

void mjl_reassembly_init(mjl_reassembly *reassembly);
void mjl_reassembly_clear(mjl_reassembly *reassembly);

/* OK: `packet` is whole. EMPTY: parts are missing. DUPLICATE: that part was there. MALFORMED: it
 * was the last part, and the check differs. OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_reassembly_add(mjl_reassembly *reassembly, int64_t now,
                                           const mjl_source *source, const mjl_fragment *fragment,
                                           mjl_bytes *packet);
void mjl_reassembly_expire(mjl_reassembly *reassembly, int64_t now);

#endif
