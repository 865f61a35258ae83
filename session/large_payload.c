/* The bodies of a large message: its parts, and the content that names them all. */
#include "payload.h"

#include "lists.h"
#include "names.h"

enum { PART_FIELDS = 4, LARGE_FIELDS = 5 };

size_t mjl_parts_count(uint64_t size)
{
    return (size_t)((size + MJL_PART_SIZE - 1) / MJL_PART_SIZE);
}

/* ---- A part ---- */

static bool part_fits(const mjl_part_body *part)
{
    if (part->count < 2 || part->count > MJL_PARTS_MAX || part->index >= part->count) return false;
    if (part->index + 1 < part->count) return part->bytes.size == MJL_PART_SIZE;
    return part->bytes.size >= 1 && part->bytes.size <= MJL_PART_SIZE;
}

mjl_result mjl_part_encode(const mjl_part_body *part, mjl_buffer *out)
{
    if (!part_fits(part)) return MJL_BAD_ARGUMENT;
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, PART_FIELDS);
    mjl_pack_bin(&pack, mjl_bytes_of(part->of, sizeof part->of));
    mjl_pack_uint(&pack, part->index);
    mjl_pack_uint(&pack, part->count);
    mjl_pack_bin(&pack, part->bytes);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_part_decode(mjl_bytes body, mjl_part_body *part)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, PART_FIELDS);
    mjl_unpack_fixed(&unpack, part->of, sizeof part->of);
    part->index = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    part->count = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_PARTS_MAX);
    part->bytes = mjl_unpack_bin_to(&unpack, MJL_PART_SIZE);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return part_fits(part) ? MJL_OK : MJL_BAD_PAYLOAD;
}

/* ---- The whole ---- */

static bool large_fits(const mjl_large_body *large)
{
    return large->size <= MJL_SAY_SIZE_MAX && large->parts_count >= 2 &&
           large->parts_count == mjl_parts_count(large->size);
}

mjl_result mjl_large_encode(const mjl_large_body *large, mjl_buffer *out)
{
    if (mjl_media_type_check(large->media_type) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (large->size > MJL_SAY_SIZE_MAX) return MJL_TOO_LARGE;
    if (!large_fits(large)) return MJL_BAD_ARGUMENT;
    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, LARGE_FIELDS);
    mjl_pack_text(&pack, large->media_type);
    if (large->has_reply_to) {
        mjl_pack_id(&pack, &large->reply_to);
    } else {
        mjl_pack_nil(&pack);
    }
    mjl_pack_bin(&pack, mjl_bytes_of(large->of, sizeof large->of));
    mjl_pack_uint(&pack, large->size);
    mjl_pack_array(&pack, large->parts_count);
    for (size_t i = 0; i < large->parts_count; i++)
        mjl_pack_id(&pack, &large->parts[i]);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_large_decode(mjl_bytes body, mjl_large_body *large)
{
    memset(large, 0, sizeof *large);
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, LARGE_FIELDS);
    large->media_type = mjl_unpack_text(&unpack);
    large->has_reply_to = !mjl_unpack_is_nil(&unpack);
    if (large->has_reply_to) {
        large->reply_to = mjl_unpack_id(&unpack);
    } else {
        mjl_unpack_nil(&unpack);
    }
    mjl_unpack_fixed(&unpack, large->of, sizeof large->of);
    large->size = mjl_unpack_uint_to(&unpack, MJL_SAY_SIZE_MAX);
    large->parts_count = mjl_unpack_array(&unpack);
    if (unpack.result == MJL_OK && !large_fits(large)) return MJL_BAD_PAYLOAD;
    for (size_t i = 0; unpack.result == MJL_OK && i < large->parts_count; i++)
        large->parts[i] = mjl_unpack_id(&unpack);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return mjl_media_type_check(large->media_type) == MJL_OK ? MJL_OK : MJL_BAD_PAYLOAD;
}
