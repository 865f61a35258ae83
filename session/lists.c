#include "lists.h"

mjl_result mjl_pack_end(mjl_pack *pack, size_t start)
{
    if (pack->result != MJL_OK) pack->out->size = start;
    return pack->result;
}

/* A list that its reader would refuse is never written. */
static void refuse(mjl_pack *pack)
{
    if (pack->result == MJL_OK) pack->result = MJL_BAD_ARGUMENT;
}

void mjl_pack_id(mjl_pack *pack, const mjl_id *id)
{
    mjl_pack_bin(pack, mjl_id_bytes(id));
}

void mjl_pack_ids(mjl_pack *pack, const mjl_id *ids, size_t count)
{
    mjl_pack_array(pack, count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && mjl_id_compare(&ids[i - 1], &ids[i]) >= 0) refuse(pack);
        mjl_pack_id(pack, &ids[i]);
    }
}

void mjl_pack_place_refs(mjl_pack *pack, const mjl_place_ref *refs, size_t count)
{
    if (!mjl_place_refs_are_list(refs, count)) refuse(pack);
    mjl_pack_array(pack, count);
    for (size_t i = 0; i < count; i++) {
        mjl_pack_array(pack, 2);
        mjl_pack_uint(pack, refs[i].epoch);
        mjl_pack_id(pack, &refs[i].id);
    }
}

mjl_id mjl_unpack_id(mjl_unpack *unpack)
{
    mjl_id id;
    mjl_unpack_fixed(unpack, id.bytes, sizeof id.bytes);
    return id;
}

/* How many entries follow: at most `max`. */
static size_t unpack_count(mjl_unpack *unpack, size_t max)
{
    const size_t count = mjl_unpack_array(unpack);
    if (count > max) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    return unpack->result == MJL_OK ? count : 0;
}

size_t mjl_unpack_ids(mjl_unpack *unpack, mjl_id *out, size_t max)
{
    const size_t count = unpack_count(unpack, max);
    for (size_t i = 0; i < count; i++) {
        out[i] = mjl_unpack_id(unpack);
        if (i > 0 && mjl_id_compare(&out[i - 1], &out[i]) >= 0) {
            mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
        }
    }
    return unpack->result == MJL_OK ? count : 0;
}

size_t mjl_unpack_place_refs(mjl_unpack *unpack, mjl_place_ref *out, size_t max)
{
    const size_t count = unpack_count(unpack, max);
    for (size_t i = 0; i < count; i++) {
        mjl_unpack_array_of(unpack, 2);
        out[i].epoch = mjl_unpack_uint(unpack);
        out[i].id = mjl_unpack_id(unpack);
    }
    if (unpack->result == MJL_OK && !mjl_place_refs_are_list(out, count))
        mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    return unpack->result == MJL_OK ? count : 0;
}
