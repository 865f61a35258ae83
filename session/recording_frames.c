#include "recording_frames.h"

#include <sodium.h>

enum { LENGTH_SIZE = 4, LENGTH_CHECK_SIZE = 4 };

mjl_bytes mjl_log_mark(void)
{
    return mjl_bytes_text("majlis recording");
}

static void check_of(const mjl_log_frame_chain *chain, mjl_bytes bytes, uint8_t check[])
{
    uint8_t key[crypto_shorthash_KEYBYTES] = {0};
    memcpy(key, chain->check, MJL_LOG_FRAME_CHECK_SIZE);
    crypto_shorthash(check, bytes.data, bytes.size, key);
}

/* ---- Writing ---- */

mjl_result mjl_log_frame_close(mjl_log_frame_chain *chain, mjl_buffer *frame)
{
    const size_t size = frame->size - MJL_LOG_FRAME_HEAD_SIZE;
    if (size > MJL_ENTRY_SIZE_MAX) return MJL_TOO_LARGE;
    const mjl_result result = mjl_buffer_reserve(frame, MJL_LOG_FRAME_CHECK_SIZE);
    if (result != MJL_OK) return result;
    uint8_t check[MJL_LOG_FRAME_CHECK_SIZE];
    for (size_t i = 0; i < LENGTH_SIZE; i++)
        frame->data[i] = (uint8_t)(size >> (24 - 8 * i));
    check_of(chain, mjl_bytes_of(frame->data, LENGTH_SIZE), check);
    memcpy(frame->data + LENGTH_SIZE, check, LENGTH_CHECK_SIZE);
    check_of(chain, mjl_bytes_of(frame->data + MJL_LOG_FRAME_HEAD_SIZE, size), check);
    memcpy(frame->data + frame->size, check, MJL_LOG_FRAME_CHECK_SIZE);
    frame->size += MJL_LOG_FRAME_CHECK_SIZE;
    memcpy(chain->check, check, MJL_LOG_FRAME_CHECK_SIZE);
    return MJL_OK;
}

/* ---- Reading ---- */

/* As much of `room` as there is. */
static mjl_result read_up_to(mjl_log_frame_reader *reader, uint8_t *out, size_t room, size_t *size)
{
    *size = 0;
    while (*size < room) {
        size_t more = 0;
        const mjl_result result = reader->read(reader->context, out + *size, room - *size, &more);
        if (result != MJL_OK) return result;
        if (more > room - *size) return MJL_BAD_ARGUMENT;
        if (more == 0) break;
        *size += more;
    }
    return MJL_OK;
}

mjl_result mjl_log_frame_reader_begin(mjl_log_frame_reader *reader)
{
    uint8_t head[32];
    const mjl_bytes mark = mjl_log_mark();
    size_t size;
    const mjl_result result = read_up_to(reader, head, mark.size, &size);
    if (result != MJL_OK) return result;
    if (size > 0 && memcmp(head, mark.data, size) != 0) return MJL_MALFORMED;
    if (size < mark.size) return MJL_TRUNCATED;
    reader->at = mark.size;
    return MJL_OK;
}

static mjl_result read_length(mjl_log_frame_reader *reader, size_t *length)
{
    uint8_t head[MJL_LOG_FRAME_HEAD_SIZE];
    uint8_t check[MJL_LOG_FRAME_CHECK_SIZE];
    size_t size;
    const mjl_result result = read_up_to(reader, head, sizeof head, &size);
    if (result != MJL_OK) return result;
    if (size == 0) return MJL_EMPTY;
    if (size < sizeof head) return MJL_TRUNCATED;
    check_of(&reader->chain, mjl_bytes_of(head, LENGTH_SIZE), check);
    if (memcmp(check, head + LENGTH_SIZE, LENGTH_CHECK_SIZE) != 0) return MJL_MALFORMED;
    *length = 0;
    for (size_t i = 0; i < LENGTH_SIZE; i++)
        *length = *length << 8 | head[i];
    return *length > MJL_ENTRY_SIZE_MAX ? MJL_TOO_LARGE : MJL_OK;
}

mjl_result mjl_log_frame_read(mjl_log_frame_reader *reader, mjl_bytes *entry)
{
    size_t length;
    mjl_result result = read_length(reader, &length);
    if (result != MJL_OK) return result;
    sodium_memzero(reader->body.data, reader->body.size);
    reader->body.size = 0;
    result = mjl_buffer_reserve(&reader->body, length + MJL_LOG_FRAME_CHECK_SIZE);
    if (result != MJL_OK) return result;
    result = read_up_to(reader, reader->body.data, length + MJL_LOG_FRAME_CHECK_SIZE,
                        &reader->body.size);
    if (result != MJL_OK) return result;
    if (reader->body.size < length + MJL_LOG_FRAME_CHECK_SIZE) return MJL_TRUNCATED;
    uint8_t check[MJL_LOG_FRAME_CHECK_SIZE];
    *entry = mjl_bytes_of(reader->body.data, length);
    check_of(&reader->chain, *entry, check);
    if (memcmp(check, reader->body.data + length, sizeof check) != 0) return MJL_MALFORMED;
    memcpy(reader->chain.check, check, sizeof check);
    reader->at += MJL_LOG_FRAME_HEAD_SIZE + length + MJL_LOG_FRAME_CHECK_SIZE;
    return MJL_OK;
}

void mjl_log_frame_reader_clear(mjl_log_frame_reader *reader)
{
    mjl_buffer_clear(&reader->body);
}
