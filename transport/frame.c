#include "frame.h"

#include "checksum.h"
#include "numbers.h"

static const uint8_t magic[4] = {'M', 'J', 'F', '1'};

mjl_result mjl_frame_write_header(mjl_bytes packet, uint8_t out[MJL_FRAME_HEADER_SIZE])
{
    if (packet.size == 0) return MJL_BAD_ARGUMENT;
    if (packet.size > MJL_PACKET_SIZE_MAX) return MJL_TOO_LARGE;
    memcpy(out, magic, sizeof magic);
    mjl_write_number(out + 4, 4, packet.size);
    mjl_write_number(out + 8, 8, mjl_checksum(packet));
    return MJL_OK;
}

mjl_result mjl_frame_read(mjl_bytes frame, mjl_bytes *packet)
{
    const size_t magic_size = frame.size < sizeof magic ? frame.size : sizeof magic;
    if (magic_size != 0 && memcmp(frame.data, magic, magic_size) != 0) return MJL_UNKNOWN_VERSION;
    if (frame.size < MJL_FRAME_HEADER_SIZE) return MJL_TRUNCATED;
    const uint64_t size = mjl_read_number(frame.data + 4, 4);
    if (size == 0) return MJL_MALFORMED;
    if (size > MJL_PACKET_SIZE_MAX) return MJL_TOO_LARGE;
    if (frame.size - MJL_FRAME_HEADER_SIZE < size) return MJL_TRUNCATED;
    if (frame.size - MJL_FRAME_HEADER_SIZE > size) return MJL_TRAILING;
    const mjl_bytes inside = mjl_bytes_of(frame.data + MJL_FRAME_HEADER_SIZE, (size_t)size);
    if (mjl_read_number(frame.data + 8, 8) != mjl_checksum(inside)) return MJL_MALFORMED;
    *packet = inside;
    return MJL_OK;
}
