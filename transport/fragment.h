/*
 * A fragment is the part of a packet that fits one datagram.
 *
 *      0        4                 12                20       24     26
 *      | "MJG1" | sender          | check           | size   | index| part |
 *
 * `sender` is random per opened socket: it tells one's own datagrams from others' and names nobody.
 * `check` (mjl_checksum) and `size` are those of the whole packet, so a repetition of the same
 * packet fills the holes of the first. Every part but the last has MJL_FRAGMENT_PART_SIZE bytes,
 * part i begins at i times that: parts cannot overlap. Numbers are big-endian.
 */
#ifndef MAJLIS_TRANSPORT_FRAGMENT_H
#define MAJLIS_TRANSPORT_FRAGMENT_H

#include "majlis/bytes.h"
#include "majlis/limits.h"

enum {
    MJL_DATAGRAM_SIZE_MAX = 1200, /* Passes every path that carries IPv6 (RFC 8200: 1280). */
    MJL_FRAGMENT_HEADER_SIZE = 26,
    MJL_FRAGMENT_PART_SIZE = MJL_DATAGRAM_SIZE_MAX - MJL_FRAGMENT_HEADER_SIZE,
    MJL_FRAGMENTS_MAX = (MJL_PACKET_SIZE_MAX + MJL_FRAGMENT_PART_SIZE - 1) / MJL_FRAGMENT_PART_SIZE
};

typedef struct mjl_fragment {
    uint64_t sender;
    uint64_t check;
    uint32_t packet_size;
    uint16_t index;
    mjl_bytes part;
} mjl_fragment;

/* Of a packet of that size, 1..MJL_PACKET_SIZE_MAX. */
size_t mjl_fragment_count(size_t packet_size);

/* Answers the datagram's size. index < mjl_fragment_count. */
size_t mjl_fragment_write(uint64_t sender, mjl_bytes packet, uint64_t check, uint16_t index,
                          uint8_t out[MJL_DATAGRAM_SIZE_MAX]);

/* The part lies inside `datagram`. TRUNCATED, TRAILING, TOO_LARGE, UNKNOWN_VERSION, MALFORMED. */
MJL_MUST_USE mjl_result mjl_fragment_read(mjl_bytes datagram, mjl_fragment *fragment);

#endif
