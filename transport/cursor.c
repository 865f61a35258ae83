#include "cursor.h"

#include <assert.h>

void mjl_cursor_init(mjl_cursor *cursor)
{
    memset(cursor, 0, sizeof *cursor);
}

void mjl_cursor_clear(mjl_cursor *cursor)
{
    free(cursor->ranges);
    mjl_cursor_init(cursor);
}

/* The first range that does not end before the counter. */
static size_t position_of(const mjl_cursor *cursor, uint64_t counter)
{
    size_t low = 0, high = cursor->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (cursor->ranges[middle].last < counter) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mjl_cursor_has(const mjl_cursor *cursor, uint64_t counter)
{
    const size_t i = position_of(cursor, counter);
    return i < cursor->count && cursor->ranges[i].first <= counter;
}

static void remove_range(mjl_cursor *cursor, size_t i)
{
    cursor->count--;
    memmove(&cursor->ranges[i], &cursor->ranges[i + 1],
            (cursor->count - i) * sizeof(mjl_cursor_range));
}

static void close_narrowest_gap(mjl_cursor *cursor)
{
    size_t narrowest = 1;
    uint64_t gap_min = UINT64_MAX;
    for (size_t i = 1; i < cursor->count; i++) {
        const uint64_t gap = cursor->ranges[i].first - cursor->ranges[i - 1].last;
        if (gap < gap_min) {
            gap_min = gap;
            narrowest = i;
        }
    }
    cursor->ranges[narrowest - 1].last = cursor->ranges[narrowest].last;
    remove_range(cursor, narrowest);
}

static mjl_result reserve_one(mjl_cursor *cursor)
{
    if (cursor->count < cursor->room) return MJL_OK;
    const size_t room = cursor->room == 0 ? 4 : cursor->room * 2;
    mjl_cursor_range *ranges = realloc(cursor->ranges, room * sizeof *ranges);
    if (ranges == NULL) return MJL_OUT_OF_MEMORY;
    cursor->ranges = ranges;
    cursor->room = room;
    return MJL_OK;
}

mjl_result mjl_cursor_add(mjl_cursor *cursor, uint64_t counter)
{
    const size_t i = position_of(cursor, counter);
    if (i < cursor->count && cursor->ranges[i].first <= counter) return MJL_OK;

    const bool joins_left = i > 0 && cursor->ranges[i - 1].last + 1 == counter;
    const bool joins_right = i < cursor->count && cursor->ranges[i].first - 1 == counter;
    if (joins_left && joins_right) {
        cursor->ranges[i - 1].last = cursor->ranges[i].last;
        remove_range(cursor, i);
    } else if (joins_left) {
        cursor->ranges[i - 1].last = counter;
    } else if (joins_right) {
        cursor->ranges[i].first = counter;
    } else {
        const mjl_result result = reserve_one(cursor);
        if (result != MJL_OK) return result;
        memmove(&cursor->ranges[i + 1], &cursor->ranges[i],
                (cursor->count - i) * sizeof(mjl_cursor_range));
        cursor->ranges[i] = (mjl_cursor_range){counter, counter};
        cursor->count++;
        if (cursor->count > MJL_CURSOR_RANGES_MAX) close_narrowest_gap(cursor);
    }
    return MJL_OK;
}

bool mjl_cursor_check(const mjl_cursor *cursor)
{
    if (cursor->count > MJL_CURSOR_RANGES_MAX) return false;
    for (size_t i = 0; i < cursor->count; i++) {
        const mjl_cursor_range *range = &cursor->ranges[i];
        if (range->first > range->last) return false;
        if (i == 0) continue;
        const uint64_t before = cursor->ranges[i - 1].last;
        if (range->first <= before || range->first - before < 2) return false;
    }
    return true;
}

static mjl_result write_varint(mjl_buffer *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return mjl_buffer_append(out, mjl_bytes_of(bytes, size));
}

mjl_result mjl_cursor_write(const mjl_cursor *cursor, mjl_buffer *out)
{
    uint64_t from = 0; /* The lowest that the next range can begin with. */
    for (size_t i = 0; i < cursor->count; i++) {
        const mjl_cursor_range *range = &cursor->ranges[i];
        mjl_result result = write_varint(out, range->first - from);
        if (result != MJL_OK) return result;
        result = write_varint(out, range->last - range->first);
        if (result != MJL_OK) return result;
        from = range->last + 2;
    }
    return MJL_OK;
}

static mjl_result read_varint(mjl_bytes *in, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0;; i++) {
        if (i == in->size) return MJL_TRUNCATED;
        const uint8_t byte = in->data[i];
        if (i == 9 && byte > 1) return MJL_TOO_LARGE;
        sum |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) != 0) continue;
        if (byte == 0 && i > 0) return MJL_NOT_CANONICAL;
        in->data += i + 1;
        in->size -= i + 1;
        *value = sum;
        return MJL_OK;
    }
}

static mjl_result read_range(mjl_bytes *in, mjl_cursor *cursor)
{
    uint64_t gap, length;
    mjl_result result = read_varint(in, &gap);
    if (result != MJL_OK) return result;
    result = read_varint(in, &length);
    if (result != MJL_OK) return result;
    if (cursor->count == MJL_CURSOR_RANGES_MAX) return MJL_TOO_LARGE;

    uint64_t from = 0;
    if (cursor->count > 0) {
        const uint64_t before = cursor->ranges[cursor->count - 1].last;
        if (before > UINT64_MAX - 2) return MJL_TOO_LARGE;
        from = before + 2;
    }
    if (gap > UINT64_MAX - from || length > UINT64_MAX - from - gap) return MJL_TOO_LARGE;
    result = reserve_one(cursor);
    if (result != MJL_OK) return result;
    cursor->ranges[cursor->count++] = (mjl_cursor_range){from + gap, from + gap + length};
    return MJL_OK;
}

mjl_result mjl_cursor_read(mjl_bytes bytes, mjl_cursor *cursor)
{
    assert(cursor->count == 0);
    while (bytes.size > 0) {
        const mjl_result result = read_range(&bytes, cursor);
        if (result != MJL_OK) {
            mjl_cursor_clear(cursor);
            return result;
        }
    }
    return MJL_OK;
}
