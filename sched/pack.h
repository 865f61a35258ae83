/*
 * Canonical msgpack, the only room that names msgpack: a writer over a buffer, and a strict reader
 * that borrows from its input.
 *
 * Canonical means: one encoding per value. Integers and lengths in their shortest form, text is
 * valid UTF-8, no floats, no extensions, no maps. What the writer writes the reader takes, and what
 * the reader takes the writer would have written.
 *
 * Errors stick: after the first, writing does nothing and reading gives zeros, so a caller checks
 * `result` once at the end (and before it trusts a count). The reader allocates nothing, and a
 * count it gives is never more than the bytes that are left.
 */
#ifndef SCHED_PACK_H
#define SCHED_PACK_H

#include "majlis/bytes.h"

enum {
    MJL_PACK_DEPTH_MAX = 8 /* Arrays within arrays that mjl_unpack_any will skip. */
};

/* ---- Writing ---- */

typedef struct mjl_pack {
    mjl_buffer *out; /* Appended to. After an error its tail is not to be used. */
    mjl_result result;
} mjl_pack;

static inline mjl_pack mjl_pack_to(mjl_buffer *out)
{
    mjl_pack pack = {out, MJL_OK};
    return pack;
}

void mjl_pack_array(mjl_pack *pack, size_t count); /* `count` values follow. */
void mjl_pack_uint(mjl_pack *pack, uint64_t value);
void mjl_pack_int(mjl_pack *pack, int64_t value);
void mjl_pack_bin(mjl_pack *pack, mjl_bytes bytes);
void mjl_pack_text(mjl_pack *pack, mjl_bytes text); /* NOT_CANONICAL if not UTF-8. */
void mjl_pack_nil(mjl_pack *pack);
void mjl_pack_bool(mjl_pack *pack, bool value);
/* Bytes that are one canonical value already. */
void mjl_pack_raw(mjl_pack *pack, mjl_bytes value);

/* ---- Reading ---- */

typedef struct mjl_unpack {
    mjl_bytes bytes;
    size_t at;
    mjl_result result; /* TRUNCATED, NOT_CANONICAL, MALFORMED, TOO_LARGE, TRAILING. */
} mjl_unpack;

static inline mjl_unpack mjl_unpack_from(mjl_bytes bytes)
{
    mjl_unpack unpack = {bytes, 0, MJL_OK};
    return unpack;
}

/* How many values follow; at most the bytes left. */
size_t mjl_unpack_array(mjl_unpack *unpack);
/* An array of exactly `count` values, else MALFORMED. */
void mjl_unpack_array_of(mjl_unpack *unpack, size_t count);
uint64_t mjl_unpack_uint(mjl_unpack *unpack);
uint64_t mjl_unpack_uint_to(mjl_unpack *unpack, uint64_t max); /* TOO_LARGE above max. */
int64_t mjl_unpack_int(mjl_unpack *unpack);
mjl_bytes mjl_unpack_bin(mjl_unpack *unpack);
mjl_bytes mjl_unpack_bin_to(mjl_unpack *unpack, size_t max); /* TOO_LARGE above max. */
/* Copies a bin of exactly `size` bytes, else MALFORMED and zeros. */
void mjl_unpack_fixed(mjl_unpack *unpack, uint8_t *out, size_t size);
mjl_bytes mjl_unpack_text(mjl_unpack *unpack); /* NOT_CANONICAL if not UTF-8. */
void mjl_unpack_nil(mjl_unpack *unpack);
bool mjl_unpack_is_nil(const mjl_unpack *unpack); /* Peeks; false at the end. */
bool mjl_unpack_bool(mjl_unpack *unpack);
/* Skips one canonical value of any kind and gives its bytes. */
mjl_bytes mjl_unpack_any(mjl_unpack *unpack);
/* Nothing may follow, else TRAILING. Returns the result of the whole. */
MJL_MUST_USE mjl_result mjl_unpack_end(mjl_unpack *unpack);
/* For a caller's own check: sets the result unless an earlier error stands. */
void mjl_unpack_fail(mjl_unpack *unpack, mjl_result result);

/* RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool mjl_text_is_valid(mjl_bytes text);

#endif
