#include "wire.h"

#include <assert.h>

#include "mls_limits.h"

mjl_mls_reader mjl_mls_reader_of(mjl_bytes bytes)
{
    /* An empty string may have no address; pointer arithmetic wants one. */
    static const uint8_t nothing[1] = {0};
    const uint8_t *at = bytes.size == 0 ? nothing : bytes.data;
    const mjl_mls_reader reader = {at, at + bytes.size, MJL_OK};
    return reader;
}

void mjl_mls_reader_fail(mjl_mls_reader *reader, mjl_result result)
{
    assert(result != MJL_OK);
    if (reader->result == MJL_OK) reader->result = result;
    reader->at = reader->end;
}

bool mjl_mls_reader_more(const mjl_mls_reader *reader)
{
    return reader->result == MJL_OK && reader->at != reader->end;
}

size_t mjl_mls_reader_left(const mjl_mls_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

mjl_result mjl_mls_reader_end(const mjl_mls_reader *reader)
{
    if (reader->result != MJL_OK) return reader->result;
    return reader->at == reader->end ? MJL_OK : MJL_TRAILING;
}

/* NULL after a refusal. */
static const uint8_t *take(mjl_mls_reader *reader, size_t size)
{
    if (reader->result != MJL_OK) return NULL;
    if (size > mjl_mls_reader_left(reader)) {
        mjl_mls_reader_fail(reader, MJL_TRUNCATED);
        return NULL;
    }
    const uint8_t *taken = reader->at;
    reader->at += size;
    return taken;
}

static uint64_t read_integer(mjl_mls_reader *reader, size_t size)
{
    const uint8_t *bytes = take(reader, size);
    if (bytes == NULL) return 0;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t mjl_mls_read_u8(mjl_mls_reader *reader)
{
    return (uint8_t)read_integer(reader, 1);
}

uint16_t mjl_mls_read_u16(mjl_mls_reader *reader)
{
    return (uint16_t)read_integer(reader, 2);
}

uint32_t mjl_mls_read_u32(mjl_mls_reader *reader)
{
    return (uint32_t)read_integer(reader, 4);
}

uint64_t mjl_mls_read_u64(mjl_mls_reader *reader)
{
    return read_integer(reader, 8);
}

mjl_bytes mjl_mls_read_fixed(mjl_mls_reader *reader, size_t size)
{
    const uint8_t *bytes = take(reader, size);
    return bytes == NULL ? mjl_bytes_of(NULL, 0) : mjl_bytes_of(bytes, size);
}

uint32_t mjl_mls_read_length(mjl_mls_reader *reader)
{
    if (reader->result == MJL_OK && reader->at == reader->end) {
        mjl_mls_reader_fail(reader, MJL_TRUNCATED);
    }
    if (reader->result != MJL_OK) return 0;
    const unsigned prefix = *reader->at >> 6;
    if (prefix == 3) {
        mjl_mls_reader_fail(reader, MJL_LENGTH_PREFIX);
        return 0;
    }
    const size_t size = (size_t)1 << prefix;
    const uint64_t bits = ((uint64_t)1 << (8 * size - 2)) - 1;
    const uint32_t length = (uint32_t)(read_integer(reader, size) & bits);
    if (reader->result == MJL_OK && mjl_mls_length_size(length) != size) {
        mjl_mls_reader_fail(reader, MJL_NOT_CANONICAL);
    }
    return reader->result == MJL_OK ? length : 0;
}

mjl_bytes mjl_mls_read_vector(mjl_mls_reader *reader, size_t size_max)
{
    const size_t size = mjl_mls_read_length(reader);
    if (size > size_max) mjl_mls_reader_fail(reader, MJL_TOO_LARGE);
    return mjl_mls_read_fixed(reader, size);
}

bool mjl_mls_read_optional(mjl_mls_reader *reader)
{
    const uint8_t present = mjl_mls_read_u8(reader);
    if (present > 1) mjl_mls_reader_fail(reader, MJL_PRESENCE_OCTET);
    return reader->result == MJL_OK && present == 1;
}

mjl_bytes mjl_mls_read_since(const mjl_mls_reader *reader, const uint8_t *mark)
{
    if (reader->result != MJL_OK) return mjl_bytes_of(NULL, 0);
    return mjl_bytes_of(mark, (size_t)(reader->at - mark));
}

mjl_mls_reader mjl_mls_read_list(mjl_mls_reader *reader, size_t size_max)
{
    const mjl_bytes contents = mjl_mls_read_vector(reader, size_max);
    mjl_mls_reader list = mjl_mls_reader_of(contents);
    list.result = reader->result;
    return list;
}

void mjl_mls_read_list_end(mjl_mls_reader *reader, const mjl_mls_reader *list)
{
    const mjl_result result = mjl_mls_reader_end(list);
    if (result != MJL_OK) mjl_mls_reader_fail(reader, result);
}

/* ---- Writing ---- */

mjl_mls_writer mjl_mls_writer_to(mjl_buffer *out)
{
    const mjl_mls_writer writer = {out, out->size, MJL_OK};
    return writer;
}

void mjl_mls_writer_fail(mjl_mls_writer *writer, mjl_result result)
{
    assert(result != MJL_OK);
    if (writer->result == MJL_OK) writer->result = result;
}

/* What was written may be secret and must not stay behind the buffer's end. */
static void unwrite(mjl_mls_writer *writer)
{
    volatile uint8_t *data = writer->out->data;
    for (size_t i = writer->start; i < writer->out->size; i++)
        data[i] = 0;
    writer->out->size = writer->start;
}

mjl_result mjl_mls_writer_end(mjl_mls_writer *writer)
{
    if (writer->result != MJL_OK) unwrite(writer);
    return writer->result;
}

static void write_integer(mjl_mls_writer *writer, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    mjl_mls_write_fixed(writer, mjl_bytes_of(bytes, size));
}

void mjl_mls_write_u8(mjl_mls_writer *writer, uint8_t value)
{
    write_integer(writer, value, 1);
}

void mjl_mls_write_u16(mjl_mls_writer *writer, uint16_t value)
{
    write_integer(writer, value, 2);
}

void mjl_mls_write_u32(mjl_mls_writer *writer, uint32_t value)
{
    write_integer(writer, value, 4);
}

void mjl_mls_write_u64(mjl_mls_writer *writer, uint64_t value)
{
    write_integer(writer, value, 8);
}

void mjl_mls_write_fixed(mjl_mls_writer *writer, mjl_bytes bytes)
{
    if (writer->result != MJL_OK) return;
    writer->result = mjl_buffer_append(writer->out, bytes);
}

void mjl_mls_write_length(mjl_mls_writer *writer, size_t length)
{
    if (length > MJL_MLS_VECTOR_SIZE_MAX) {
        mjl_mls_writer_fail(writer, MJL_TOO_LARGE);
        return;
    }
    uint8_t header[4];
    const size_t size = mjl_mls_length_encode(length, header);
    mjl_mls_write_fixed(writer, mjl_bytes_of(header, size));
}

void mjl_mls_write_vector(mjl_mls_writer *writer, mjl_bytes bytes)
{
    mjl_mls_write_length(writer, bytes.size);
    mjl_mls_write_fixed(writer, bytes);
}

void mjl_mls_write_optional(mjl_mls_writer *writer, bool present)
{
    mjl_mls_write_u8(writer, present ? 1 : 0);
}

size_t mjl_mls_write_room(mjl_mls_writer *writer, size_t size)
{
    const size_t at = writer->out->size;
    if (writer->result == MJL_OK) writer->result = mjl_buffer_reserve(writer->out, size);
    if (writer->result != MJL_OK || size == 0) return at;
    memset(writer->out->data + at, 0, size);
    writer->out->size += size;
    return at;
}

size_t mjl_mls_write_vector_begin(mjl_mls_writer *writer)
{
    return writer->out->size;
}

/* The header's size depends on the contents', so it is put before them when they are there. */
void mjl_mls_write_vector_end(mjl_mls_writer *writer, size_t begin)
{
    const size_t size = writer->out->size - begin;
    mjl_mls_write_length(writer, size);
    if (writer->result != MJL_OK) return;
    uint8_t header[4];
    const size_t header_size = mjl_mls_length_encode(size, header);
    memmove(writer->out->data + begin + header_size, writer->out->data + begin, size);
    memcpy(writer->out->data + begin, header, header_size);
}

size_t mjl_mls_length_size(size_t length)
{
    if (length < 64) return 1;
    return length < 16384 ? 2 : 4;
}

size_t mjl_mls_length_encode(size_t length, uint8_t out[4])
{
    assert(length <= MJL_MLS_VECTOR_SIZE_MAX);
    const size_t size = mjl_mls_length_size(length);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(length >> (8 * (size - 1 - i)));
    if (size == 2) out[0] |= 0x40;
    if (size == 4) out[0] |= 0x80;
    return size;
}
