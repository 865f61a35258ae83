#include "names.h"

#include "majlis/limits.h"
#include "pack.h"

/* The code point that begins at `at` in valid UTF-8; moves `at` behind it. */
static uint32_t take_code_point(mjl_bytes text, size_t *at)
{
    const uint8_t first = text.data[(*at)++];
    if (first < 0x80) return first;
    const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    uint32_t point = first & (0x3fU >> more);
    for (size_t i = 0; i < more; i++)
        point = point << 6 | (text.data[(*at)++] & 0x3fU);
    return point;
}

/* What could break a line of a terminal or make one name look like another's text. Marks that right
   to left scripts need inside a word (U+200E, U+200F, joiners) are fine. */
static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029 ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

mjl_result mjl_name_check(mjl_bytes name)
{
    if (name.size == 0 || name.size > MJL_NAME_SIZE_MAX) return MJL_MALFORMED;
    if (!mjl_text_is_valid(name)) return MJL_MALFORMED;
    for (size_t at = 0; at < name.size;) {
        if (is_control(take_code_point(name, &at))) return MJL_MALFORMED;
    }
    return MJL_OK;
}

mjl_result mjl_media_type_check(mjl_bytes media_type)
{
    if (media_type.size == 0 || media_type.size > MJL_MEDIA_TYPE_SIZE_MAX) return MJL_MALFORMED;
    for (size_t i = 0; i < media_type.size; i++) {
        if (media_type.data[i] < 0x20 || media_type.data[i] > 0x7e) return MJL_MALFORMED;
    }
    return MJL_OK;
}
