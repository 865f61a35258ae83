/*
 * The bytes of a log: frames behind a mark, each bound to all before it.
 *
 *     log    "majlis recording" || frame ...
 *     frame  length u32 || check of the length, 4 || entry, `length` bytes || check of the entry, 8
 *
 * Integers are big-endian. The checks are SipHash-2-4 with the key "check of the entry before || 0"
 * (zeros at first): they find damage, not forgery, and tell a bit that flipped from a log that ends
 * early: a length that is wrong is seen before it is believed.
 */
#ifndef MAJLIS_SESSION_RECORDING_FRAMES_H
#define MAJLIS_SESSION_RECORDING_FRAMES_H

#include "majlis/limits.h"
#include "majlis/record.h"

enum {
    MJL_LOG_FRAME_CHECK_SIZE = 8,
    MJL_LOG_FRAME_HEAD_SIZE = 8,
    MJL_ENTRY_SIZE_MAX = MJL_SAY_SIZE_MAX + (1 << 20) /* The largest body, or record, with room. */
};

typedef struct mjl_log_frame_chain {
    uint8_t check[MJL_LOG_FRAME_CHECK_SIZE];
} mjl_log_frame_chain;

mjl_bytes mjl_log_mark(void);

/* `frame` holds MJL_LOG_FRAME_HEAD_SIZE bytes of anything and the entry: fills the head and appends
 * the check. TOO_LARGE, OUT_OF_MEMORY. */
MJL_MUST_USE mjl_result mjl_log_frame_close(mjl_log_frame_chain *chain, mjl_buffer *frame);

typedef struct mjl_log_frame_reader {
    void *context;
    mjl_result (*read)(void *context, uint8_t *out, size_t room, size_t *size);
    mjl_log_frame_chain chain;
    uint64_t at;     /* Bytes read. */
    mjl_buffer body; /* The latest entry with its check. */
} mjl_log_frame_reader;

/* Reads the mark. MALFORMED: no log. TRUNCATED. What `read` answered. */
MJL_MUST_USE mjl_result mjl_log_frame_reader_begin(mjl_log_frame_reader *reader);
/* The entry lives until the next call. EMPTY: the log ends between frames. TRUNCATED: within one.
 * MALFORMED, TOO_LARGE: damaged; `at` is left before the frame. */
MJL_MUST_USE mjl_result mjl_log_frame_read(mjl_log_frame_reader *reader, mjl_bytes *entry);
void mjl_log_frame_reader_clear(mjl_log_frame_reader *reader);

#endif
