#include "fragment.h"

#include <assert.h>

#include "numbers.h"

static const uint8_t magic[4] = {'M', 'J', 'G', '1'};

size_t mjl_fragment_count(size_t packet_size)
{
    return (packet_size + MJL_FRAGMENT_PART_SIZE - 1) / MJL_FRAGMENT_PART_SIZE;
}

static size_t part_size(size_t packet_size, size_t index)
{
    const size_t rest = packet_size - index * MJL_FRAGMENT_PART_SIZE;
    return rest < MJL_FRAGMENT_PART_SIZE ? rest : MJL_FRAGMENT_PART_SIZE;
}

size_t mjl_fragment_write(uint64_t sender, mjl_bytes packet, uint64_t check, uint16_t index,
                          uint8_t out[MJL_DATAGRAM_SIZE_MAX])
{
    assert(packet.size > 0 && packet.size <= MJL_PACKET_SIZE_MAX);
    assert(index < mjl_fragment_count(packet.size));
    const size_t size = part_size(packet.size, index);
    memcpy(out, magic, sizeof magic);
    mjl_write_number(out + 4, 8, sender);
    mjl_write_number(out + 12, 8, check);
    mjl_write_number(out + 20, 4, packet.size);
    mjl_write_number(out + 24, 2, index);
    memcpy(out + MJL_FRAGMENT_HEADER_SIZE, packet.data + (size_t)index * MJL_FRAGMENT_PART_SIZE,
           size);
    return MJL_FRAGMENT_HEADER_SIZE + size;
}

mjl_result mjl_fragment_read(mjl_bytes datagram, mjl_fragment *fragment)
{
    const uint8_t *data = datagram.data;
    if (datagram.size < sizeof magic) return MJL_TRUNCATED;
    if (memcmp(data, magic, sizeof magic) != 0) return MJL_UNKNOWN_VERSION;
    if (datagram.size < MJL_FRAGMENT_HEADER_SIZE) return MJL_TRUNCATED;
    const uint64_t packet_size = mjl_read_number(data + 20, 4);
    const uint64_t index = mjl_read_number(data + 24, 2);
    if (packet_size == 0) return MJL_MALFORMED;
    if (packet_size > MJL_PACKET_SIZE_MAX) return MJL_TOO_LARGE;
    if (index >= mjl_fragment_count((size_t)packet_size)) return MJL_MALFORMED;
    const size_t expected = part_size((size_t)packet_size, (size_t)index);
    if (datagram.size - MJL_FRAGMENT_HEADER_SIZE < expected) return MJL_TRUNCATED;
    if (datagram.size - MJL_FRAGMENT_HEADER_SIZE > expected) return MJL_TRAILING;
    fragment->sender = mjl_read_number(data + 4, 8);
    fragment->check = mjl_read_number(data + 12, 8);
    fragment->packet_size = (uint32_t)packet_size;
    fragment->index = (uint16_t)index;
    fragment->part = mjl_bytes_of(data + MJL_FRAGMENT_HEADER_SIZE, expected);
    return MJL_OK;
}
