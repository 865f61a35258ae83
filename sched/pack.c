#include "pack.h"

#include <msgpack/pack.h>

/* The first byte of each kind of value (the msgpack specification, "Formats"). */
enum {
    FIXINT_MAX = 0x7f,
    FIXARRAY = 0x90,
    FIXTEXT = 0xa0,
    NIL = 0xc0,
    FALSE_ = 0xc2,
    TRUE_ = 0xc3,
    BIN8 = 0xc4,
    BIN16 = 0xc5,
    BIN32 = 0xc6,
    UINT8 = 0xcc,
    UINT64 = 0xcf,
    INT8 = 0xd0,
    INT64 = 0xd3,
    TEXT8 = 0xd9,
    TEXT16 = 0xda,
    TEXT32 = 0xdb,
    ARRAY16 = 0xdc,
    ARRAY32 = 0xdd,
    NEGATIVE_FIXINT = 0xe0
};

/* ---- Writing: what is written most is written here, the rest by msgpack-c ---- */

/* Room for `size` bytes more; NULL when something failed. */
static uint8_t *room_for(mjl_pack *pack, size_t size)
{
    if (pack->result != MJL_OK) return NULL;
    pack->result = mjl_buffer_reserve(pack->out, size);
    return pack->result == MJL_OK ? pack->out->data + pack->out->size : NULL;
}

/* A type that comes in sizes, and `value` in the least one that holds it. */
static void write_sized(mjl_pack *pack, uint8_t type, uint64_t value)
{
    const unsigned power = value <= UINT8_MAX    ? 0
                           : value <= UINT16_MAX ? 1
                           : value <= UINT32_MAX ? 2
                                                 : 3;
    const unsigned size = 1u << power;
    uint8_t *at = room_for(pack, 1 + size);
    if (at == NULL) return;
    *at++ = (uint8_t)(type + power);
    for (unsigned i = 0; i < size; i++)
        *at++ = (uint8_t)(value >> (8 * (size - 1 - i)));
    pack->out->size += 1 + size;
}

static int append(void *data, const char *bytes, size_t size)
{
    mjl_pack *pack = (mjl_pack *)data;
    if (pack->result != MJL_OK) return -1;
    pack->result = mjl_buffer_append(pack->out, mjl_bytes_of(bytes, size));
    return pack->result == MJL_OK ? 0 : -1;
}

static msgpack_packer packer(mjl_pack *pack)
{
    msgpack_packer made;
    msgpack_packer_init(&made, pack, append);
    return made;
}

void mjl_pack_array(mjl_pack *pack, size_t count)
{
    if (count > UINT32_MAX && pack->result == MJL_OK) pack->result = MJL_TOO_LARGE;
    msgpack_packer to = packer(pack);
    msgpack_pack_array(&to, count);
}

void mjl_pack_uint(mjl_pack *pack, uint64_t value)
{
    if (value > FIXINT_MAX) {
        write_sized(pack, UINT8, value);
        return;
    }
    uint8_t *at = room_for(pack, 1);
    if (at == NULL) return;
    *at = (uint8_t)value;
    pack->out->size++;
}

void mjl_pack_int(mjl_pack *pack, int64_t value)
{
    if (value >= 0) {
        mjl_pack_uint(pack, (uint64_t)value);
        return;
    }
    msgpack_packer to = packer(pack);
    msgpack_pack_int64(&to, value);
}

void mjl_pack_bin(mjl_pack *pack, mjl_bytes bytes)
{
    if (bytes.size > UINT32_MAX && pack->result == MJL_OK) pack->result = MJL_TOO_LARGE;
    write_sized(pack, BIN8, bytes.size);
    append(pack, (const char *)bytes.data, bytes.size);
}

void mjl_pack_text(mjl_pack *pack, mjl_bytes text)
{
    if (pack->result != MJL_OK) return;
    if (text.size > UINT32_MAX) pack->result = MJL_TOO_LARGE;
    if (!mjl_text_is_valid(text)) pack->result = MJL_NOT_CANONICAL;
    msgpack_packer to = packer(pack);
    msgpack_pack_str(&to, text.size);
    msgpack_pack_str_body(&to, text.data, text.size);
}

void mjl_pack_nil(mjl_pack *pack)
{
    msgpack_packer to = packer(pack);
    msgpack_pack_nil(&to);
}

void mjl_pack_bool(mjl_pack *pack, bool value)
{
    msgpack_packer to = packer(pack);
    if (value) {
        msgpack_pack_true(&to);
    } else {
        msgpack_pack_false(&to);
    }
}

void mjl_pack_raw(mjl_pack *pack, mjl_bytes value)
{
    append(pack, (const char *)value.data, value.size);
}

/* ---- Reading: our own, since msgpack-c takes long forms and trusts counts ---- */

void mjl_unpack_fail(mjl_unpack *unpack, mjl_result result)
{
    if (unpack->result == MJL_OK) unpack->result = result;
}

static size_t left(const mjl_unpack *unpack)
{
    return unpack->bytes.size - unpack->at;
}

/* The first byte of the next value, taken; NIL when there is none (with an error). */
static uint8_t take_first(mjl_unpack *unpack)
{
    if (unpack->result != MJL_OK) return NIL;
    if (left(unpack) == 0) {
        unpack->result = MJL_TRUNCATED;
        return NIL;
    }
    return unpack->bytes.data[unpack->at++];
}

static uint64_t take_big_endian(mjl_unpack *unpack, size_t size)
{
    if (left(unpack) < size) {
        mjl_unpack_fail(unpack, MJL_TRUNCATED);
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | unpack->bytes.data[unpack->at + i];
    unpack->at += size;
    return value;
}

/* A number in 2^power bytes that would not have fitted half of them, nor below `least`. */
static uint64_t take_wide(mjl_unpack *unpack, unsigned power, uint64_t least)
{
    const size_t size = (size_t)1 << power;
    const uint64_t value = take_big_endian(unpack, size);
    const uint64_t narrower = power == 0 ? least : (uint64_t)1 << (size * 4);
    if (unpack->result == MJL_OK && value < narrower) unpack->result = MJL_NOT_CANONICAL;
    return unpack->result == MJL_OK ? value : 0;
}

static uint64_t take_uint(mjl_unpack *unpack, uint8_t first)
{
    if (first <= FIXINT_MAX) return first;
    if (first < UINT8 || first > UINT64) {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
        return 0;
    }
    return take_wide(unpack, (unsigned)(first - UINT8), FIXINT_MAX + 1);
}

uint64_t mjl_unpack_uint(mjl_unpack *unpack)
{
    return take_uint(unpack, take_first(unpack));
}

uint64_t mjl_unpack_uint_to(mjl_unpack *unpack, uint64_t max)
{
    const uint64_t value = mjl_unpack_uint(unpack);
    if (value <= max) return value;
    mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    return 0;
}

/* Two's complement in 2^power bytes; canonical only if negative and too low for half of them. */
static int64_t take_negative(mjl_unpack *unpack, unsigned power)
{
    static const int64_t above[] = {-32, INT8_MIN, INT16_MIN, INT32_MIN};
    const unsigned bits = 8u << power;
    uint64_t raw = take_big_endian(unpack, (size_t)1 << power);
    if (unpack->result != MJL_OK) return 0;
    const bool is_negative = (raw >> (bits - 1) & 1) != 0;
    if (is_negative && bits < 64) raw |= UINT64_MAX << bits;
    const int64_t value = (int64_t)raw;
    if (is_negative && value < above[power]) return value;
    unpack->result = MJL_NOT_CANONICAL;
    return 0;
}

int64_t mjl_unpack_int(mjl_unpack *unpack)
{
    const uint8_t first = take_first(unpack);
    if (first >= NEGATIVE_FIXINT) return (int64_t)first - 256;
    if (first >= INT8 && first <= INT64) return take_negative(unpack, (unsigned)(first - INT8));
    const uint64_t value = take_uint(unpack, first);
    if (value <= INT64_MAX) return (int64_t)value;
    mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    return 0;
}

/* `size` bytes that follow, borrowed. */
static mjl_bytes take_bytes(mjl_unpack *unpack, uint64_t size)
{
    if (unpack->result == MJL_OK && size > left(unpack)) unpack->result = MJL_TRUNCATED;
    if (unpack->result != MJL_OK) return mjl_bytes_of(NULL, 0);
    const mjl_bytes bytes = mjl_bytes_of(unpack->bytes.data + unpack->at, (size_t)size);
    unpack->at += bytes.size;
    return bytes;
}

static mjl_bytes take_bin(mjl_unpack *unpack, uint8_t first)
{
    if (first < BIN8 || first > BIN32) {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
        return mjl_bytes_of(NULL, 0);
    }
    return take_bytes(unpack, take_wide(unpack, (unsigned)(first - BIN8), 0));
}

mjl_bytes mjl_unpack_bin(mjl_unpack *unpack)
{
    return take_bin(unpack, take_first(unpack));
}

mjl_bytes mjl_unpack_bin_to(mjl_unpack *unpack, size_t max)
{
    const mjl_bytes bytes = mjl_unpack_bin(unpack);
    if (bytes.size <= max) return bytes;
    mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    return mjl_bytes_of(NULL, 0);
}

void mjl_unpack_fixed(mjl_unpack *unpack, uint8_t *out, size_t size)
{
    const mjl_bytes bytes = mjl_unpack_bin(unpack);
    if (bytes.size != size) mjl_unpack_fail(unpack, MJL_MALFORMED);
    if (size == 0) return;
    if (unpack->result == MJL_OK) {
        memcpy(out, bytes.data, size);
    } else {
        memset(out, 0, size);
    }
}

static mjl_bytes take_text(mjl_unpack *unpack, uint8_t first)
{
    uint64_t size = 0;
    if (first >= FIXTEXT && first < NIL) {
        size = first - FIXTEXT;
    } else if (first >= TEXT8 && first <= TEXT32) {
        size = take_wide(unpack, (unsigned)(first - TEXT8), NIL - FIXTEXT);
    } else {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
    }
    const mjl_bytes text = take_bytes(unpack, size);
    if (mjl_text_is_valid(text)) return text;
    mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    return mjl_bytes_of(NULL, 0);
}

mjl_bytes mjl_unpack_text(mjl_unpack *unpack)
{
    return take_text(unpack, take_first(unpack));
}

static size_t take_array(mjl_unpack *unpack, uint8_t first)
{
    uint64_t count = 0;
    if (first >= FIXARRAY && first < FIXTEXT) {
        count = first - FIXARRAY;
    } else if (first == ARRAY16) {
        count = take_big_endian(unpack, sizeof(uint16_t)); /* There is no array8. */
        if (count < FIXTEXT - FIXARRAY) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    } else if (first == ARRAY32) {
        count = take_wide(unpack, 2, 0);
    } else {
        mjl_unpack_fail(unpack, MJL_MALFORMED);
    }
    /* Each value takes a byte at least: whoever allocates by this count is safe. */
    if (count > left(unpack)) mjl_unpack_fail(unpack, MJL_TRUNCATED);
    return unpack->result == MJL_OK ? (size_t)count : 0;
}

size_t mjl_unpack_array(mjl_unpack *unpack)
{
    return take_array(unpack, take_first(unpack));
}

void mjl_unpack_array_of(mjl_unpack *unpack, size_t count)
{
    const size_t found = mjl_unpack_array(unpack);
    if (found != count) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

void mjl_unpack_nil(mjl_unpack *unpack)
{
    if (take_first(unpack) != NIL) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

bool mjl_unpack_is_nil(const mjl_unpack *unpack)
{
    return unpack->result == MJL_OK && left(unpack) != 0 && unpack->bytes.data[unpack->at] == NIL;
}

bool mjl_unpack_bool(mjl_unpack *unpack)
{
    const uint8_t first = take_first(unpack);
    if (first != FALSE_ && first != TRUE_) mjl_unpack_fail(unpack, MJL_MALFORMED);
    return first == TRUE_;
}

/* Skips one value that is not an array. */
static void skip_leaf(mjl_unpack *unpack, uint8_t first)
{
    if (first == NIL || first == FALSE_ || first == TRUE_) return;
    if ((first >= FIXTEXT && first < NIL) || (first >= TEXT8 && first <= TEXT32)) {
        take_text(unpack, first);
    } else if (first >= BIN8 && first <= BIN32) {
        take_bin(unpack, first);
    } else if (first >= INT8 && first <= INT64) {
        take_negative(unpack, (unsigned)(first - INT8));
    } else if (first < NEGATIVE_FIXINT) {
        take_uint(unpack, first);
    }
}

mjl_bytes mjl_unpack_any(mjl_unpack *unpack)
{
    const size_t begin = unpack->at;
    size_t owed[MJL_PACK_DEPTH_MAX + 1] = {1}; /* Values still to come, by depth. */
    size_t depth = 0;
    while (unpack->result == MJL_OK) {
        if (owed[depth] == 0) {
            if (depth == 0) return mjl_bytes_of(unpack->bytes.data + begin, unpack->at - begin);
            depth--;
            continue;
        }
        owed[depth]--;
        const uint8_t first = take_first(unpack);
        const bool is_array =
            (first >= FIXARRAY && first < FIXTEXT) || first == ARRAY16 || first == ARRAY32;
        if (!is_array) {
            skip_leaf(unpack, first);
        } else if (depth == MJL_PACK_DEPTH_MAX) {
            mjl_unpack_fail(unpack, MJL_TOO_LARGE);
        } else {
            owed[++depth] = take_array(unpack, first);
        }
    }
    return mjl_bytes_of(NULL, 0);
}

mjl_result mjl_unpack_end(mjl_unpack *unpack)
{
    if (unpack->result == MJL_OK && left(unpack) != 0) unpack->result = MJL_TRAILING;
    return unpack->result;
}

/* ---- Text ---- */

/* The size of the valid sequence that `text` begins with; 0 if there is none. */
static size_t sequence_size(const uint8_t *text, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t lead = text[0];
    if (lead < 0x80) return 1;
    const size_t count = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (count == 0 || count > size) return 0;
    uint32_t point = lead & (0x7fu >> count);
    for (size_t i = 1; i < count; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (text[i] & 0x3f);
    }
    const bool is_surrogate = point >= 0xd800 && point < 0xe000;
    return point < least[count] || is_surrogate || point > 0x10ffff ? 0 : count;
}

bool mjl_text_is_valid(mjl_bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        const size_t size = sequence_size(text.data + at, text.size - at);
        if (size == 0) return false;
        at += size;
    }
    return true;
}
