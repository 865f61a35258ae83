/*
 * A frame is one packet as it lies in a file, or in a stream of bytes: it can be told when a part
 * of it is missing.
 *
 *      0        4        8                 16
 *      | "MJF1" | size   | check           | packet: `size` bytes |
 *
 * Numbers are big-endian; check is mjl_checksum of the packet. 1 <= size <= MJL_PACKET_SIZE_MAX.
 */
#ifndef MAJLIS_TRANSPORT_FRAME_H
#define MAJLIS_TRANSPORT_FRAME_H

#include "majlis/bytes.h"
#include "majlis/limits.h"

enum {
    MJL_FRAME_HEADER_SIZE = 16,
    MJL_FRAME_SIZE_MAX = MJL_FRAME_HEADER_SIZE + MJL_PACKET_SIZE_MAX
};

/* BAD_ARGUMENT: no bytes. TOO_LARGE. */
MJL_MUST_USE mjl_result mjl_frame_write_header(mjl_bytes packet,
                                               uint8_t out[MJL_FRAME_HEADER_SIZE]);

/* The packet lies inside `frame`. TRUNCATED (what is there may be the beginning of a frame),
 * TRAILING, TOO_LARGE, UNKNOWN_VERSION (not our magic), MALFORMED (the check differs, or it is
 * empty). */
MJL_MUST_USE mjl_result mjl_frame_read(mjl_bytes frame, mjl_bytes *packet);

#endif
