/*
 * Bytes that are borrowed, bytes that are owned, time, and the injected random source: the only
 * four things besides plain numbers that cross a function border.
 *
 * Ownership: `mjl_bytes` borrows until the call returns (or until the moment the call names).
 * `mjl_buffer` owns room from malloc, grows as it is appended to, and is released by its owner. A
 * buffer that may hold secrets is released with the wiping release of the layer that fills it.
 * Threads: values, no sharing.
 */
#ifndef MAJLIS_BYTES_H
#define MAJLIS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "majlis/api.h"
#include "majlis/result.h"

MJL_BEGIN_DECLS

/* Unix time in milliseconds, kept monotonic by the host (`majlis/clock.h`). */
typedef int64_t mjl_time;

/* The range of a profile's time, 73 million years each way: sums and differences in it always fit.
 */
#define MJL_TIME_MAX (INT64_MAX / 4)
#define MJL_TIME_MIN (-MJL_TIME_MAX)

typedef struct mjl_bytes {
    const uint8_t *data; /* May be NULL when size is 0. */
    size_t size;
} mjl_bytes;

typedef struct mjl_buffer {
    uint8_t *data;
    size_t size; /* In use. */
    size_t room; /* Allocated. */
} mjl_buffer;

/*
 * The one source of randomness. It must be fit for keys. A refusal (`MJL_NO_RANDOM`) makes the call
 * that needed it fail without effect.
 */
typedef struct mjl_random {
    void *context;
    mjl_result (*fill)(void *context, uint8_t *out, size_t size);
} mjl_random;

static inline mjl_bytes mjl_bytes_of(const void *data, size_t size)
{
    mjl_bytes bytes = {(const uint8_t *)data, size};
    return bytes;
}

static inline mjl_bytes mjl_bytes_text(const char *text)
{
    return mjl_bytes_of(text, strlen(text));
}

static inline mjl_bytes mjl_buffer_bytes(const mjl_buffer *buffer)
{
    return mjl_bytes_of(buffer->data, buffer->size);
}

/* Not in constant time: for public bytes only. */
static inline bool mjl_bytes_equal(mjl_bytes a, mjl_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Total order (as memcmp, the shorter first when one begins with the other): what canonical
 * encodings sort by. */
static inline int mjl_bytes_compare(mjl_bytes a, mjl_bytes b)
{
    const size_t shared = a.size < b.size ? a.size : b.size;
    const int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0) return order;
    return (a.size > b.size) - (a.size < b.size);
}

/* Zeroes memory that may have held secrets. The barrier keeps the compiler from leaving it out. */
static inline void mjl_bytes_wipe(void *data, size_t size)
{
    if (size == 0) return;
    memset(data, 0, size);
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

/* Makes room for `more` bytes beyond what is in use. The contents stay; on failure nothing changes.
 */
static inline mjl_result mjl_buffer_reserve(mjl_buffer *buffer, size_t more)
{
    if (more > SIZE_MAX - buffer->size) return MJL_OUT_OF_MEMORY;
    const size_t need = buffer->size + more;
    if (need == 0 || (buffer->data != NULL && need <= buffer->room)) return MJL_OK;
    size_t room = buffer->room < 64 ? 64 : buffer->room;
    while (room < need)
        room = room > SIZE_MAX / 2 ? need : room * 2;
    uint8_t *data = (uint8_t *)malloc(room);
    if (data == NULL) return MJL_OUT_OF_MEMORY;
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->size);
        mjl_bytes_wipe(buffer->data, buffer->room);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->room = room;
    return MJL_OK;
}

static inline mjl_result mjl_buffer_append(mjl_buffer *buffer, mjl_bytes bytes)
{
    const mjl_result result = mjl_buffer_reserve(buffer, bytes.size);
    if (result != MJL_OK) return result;
    if (bytes.size != 0) memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    return MJL_OK;
}

/* Releases the room and leaves an empty buffer. Wipes first, all of the room, for more may have
 * been in use before: whoever passes a buffer on need not know what was in it. */
static inline void mjl_buffer_clear(mjl_buffer *buffer)
{
    mjl_bytes_wipe(buffer->data, buffer->room);
    free(buffer->data);
    buffer->data = NULL;
    buffer->size = 0;
    buffer->room = 0;
}

MJL_END_DECLS

#endif
