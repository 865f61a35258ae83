/*
 * The TLS presentation language as MLS uses it (RFC 9420 §2.1): integers in network order, optional
 * values, and vectors with a variable-size length header that must be minimal.
 *
 * Errors stick: after the first one all reads answer zeroes and empty bytes, all writes do nothing,
 * and the end call tells. So a structure is read in straight lines and checked once.
 * Ownership: what is read is borrowed from the bytes being read.
 */
#ifndef MJL_MLS_WIRE_H
#define MJL_MLS_WIRE_H

#include "majlis/bytes.h"

/* ---- Reading ---- */

typedef struct mjl_mls_reader {
    const uint8_t *at;
    const uint8_t *end;
    mjl_result result; /* OK, or the first refusal. */
} mjl_mls_reader;

mjl_mls_reader mjl_mls_reader_of(mjl_bytes bytes);

/* Keeps the first refusal and moves to the end, so that loops over `mjl_mls_reader_more` stop. */
void mjl_mls_reader_fail(mjl_mls_reader *reader, mjl_result result);
bool mjl_mls_reader_more(const mjl_mls_reader *reader); /* OK and bytes are left. */
size_t mjl_mls_reader_left(const mjl_mls_reader *reader);
/* The sticky refusal; TRAILING if bytes are left. */
MJL_MUST_USE mjl_result mjl_mls_reader_end(const mjl_mls_reader *reader);

uint8_t mjl_mls_read_u8(mjl_mls_reader *reader);
uint16_t mjl_mls_read_u16(mjl_mls_reader *reader);
uint32_t mjl_mls_read_u32(mjl_mls_reader *reader);
uint64_t mjl_mls_read_u64(mjl_mls_reader *reader);
mjl_bytes mjl_mls_read_fixed(mjl_mls_reader *reader, size_t size);
/* A length header (§2.1.2). NOT_CANONICAL unless minimal, MALFORMED for the prefix 11. */
uint32_t mjl_mls_read_length(mjl_mls_reader *reader);
/* opaque x<V>: the contents. TOO_LARGE over `size_max`. */
mjl_bytes mjl_mls_read_vector(mjl_mls_reader *reader, size_t size_max);
/* The presence octet of optional<T>. MALFORMED unless 0 or 1. */
bool mjl_mls_read_optional(mjl_mls_reader *reader);

/*
 * What was read since a mark, for hashing and signing bytes as received:
 *     const uint8_t *mark = reader->at;
 *     ...
 *     mjl_bytes encoded = mjl_mls_read_since(reader, mark);
 * Empty after a refusal.
 */
mjl_bytes mjl_mls_read_since(const mjl_mls_reader *reader, const uint8_t *mark);

/*
 * A vector of structures, T x<V>: a reader of the contents alone, which is handed back when done:
 *     mjl_mls_reader list = mjl_mls_read_list(reader, MJL_..._SIZE_MAX);
 *     while (mjl_mls_reader_more(&list)) item_read(&list, ...);
 *     mjl_mls_read_list_end(reader, &list);
 * The end call carries a refusal (TRAILING included) over to the outer reader.
 */
mjl_mls_reader mjl_mls_read_list(mjl_mls_reader *reader, size_t size_max);
void mjl_mls_read_list_end(mjl_mls_reader *reader, const mjl_mls_reader *list);

/* ---- Writing ---- */

typedef struct mjl_mls_writer {
    mjl_buffer *out;
    size_t start;      /* Where this writer began: an append, what was there stays. */
    mjl_result result; /* OK, or the first refusal. */
} mjl_mls_writer;

mjl_mls_writer mjl_mls_writer_to(mjl_buffer *out);
void mjl_mls_writer_fail(mjl_mls_writer *writer, mjl_result result);
/* The sticky refusal, after which the buffer is again as the writer found it. */
MJL_MUST_USE mjl_result mjl_mls_writer_end(mjl_mls_writer *writer);

void mjl_mls_write_u8(mjl_mls_writer *writer, uint8_t value);
void mjl_mls_write_u16(mjl_mls_writer *writer, uint16_t value);
void mjl_mls_write_u32(mjl_mls_writer *writer, uint32_t value);
void mjl_mls_write_u64(mjl_mls_writer *writer, uint64_t value);
void mjl_mls_write_fixed(mjl_mls_writer *writer, mjl_bytes bytes);  /* No header. */
void mjl_mls_write_length(mjl_mls_writer *writer, size_t length);   /* A header alone. */
void mjl_mls_write_vector(mjl_mls_writer *writer, mjl_bytes bytes); /* opaque x<V> */
void mjl_mls_write_optional(mjl_mls_writer *writer, bool present);  /* The presence octet. */
/* Appends `size` zero bytes and answers where they begin, as an offset in the buffer. */
size_t mjl_mls_write_room(mjl_mls_writer *writer, size_t size);

/* A vector whose size is not known before its contents are written: between the two calls write the
   contents; the second puts the header before them. They nest. */
size_t mjl_mls_write_vector_begin(mjl_mls_writer *writer);
void mjl_mls_write_vector_end(mjl_mls_writer *writer, size_t begin);

/* The size of the length header of `length`: 1, 2 or 4. For encodings into fixed room. */
size_t mjl_mls_length_size(size_t length);
/* Writes the header to `out` and answers its size. `length` is at most MJL_MLS_VECTOR_SIZE_MAX. */
size_t mjl_mls_length_encode(size_t length, uint8_t out[4]);

#endif
