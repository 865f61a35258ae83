#include "payload.h"

#include "lists.h"

enum { FRONTIER_FIELDS = 6 };

static int compare_nonces(const void *a, const void *b)
{
    return mjl_id_compare(&((const mjl_nonce_heard *)a)->member,
                          &((const mjl_nonce_heard *)b)->member);
}

void mjl_nonces_sort(mjl_nonce_heard *heard, size_t count)
{
    if (count > 1) qsort(heard, count, sizeof *heard, compare_nonces);
}

static int compare_ends(const mjl_control_end *a, const mjl_control_end *b)
{
    const int order = mjl_id_compare(&a->branch, &b->branch);
    return order != 0 ? order : mjl_id_compare(&a->control, &b->control);
}

/* ---- Writing ---- */

static bool is_within_bounds(const mjl_frontier *frontier)
{
    return frontier->places_count <= MJL_FRONTIER_PLACES_MAX &&
           frontier->control_ends_count <= MJL_FRONTIER_MEMBERS_MAX &&
           frontier->waited_count <= MJL_FRONTIER_MEMBERS_MAX &&
           frontier->heard_count <= MJL_FRONTIER_MEMBERS_MAX;
}

/* The two lists of pairs; those of places and ids are refused by their writers. */
static bool is_ascending(const mjl_frontier *frontier)
{
    for (size_t i = 1; i < frontier->control_ends_count; i++) {
        if (compare_ends(&frontier->control_ends[i - 1], &frontier->control_ends[i]) >= 0) {
            return false;
        }
    }
    for (size_t i = 1; i < frontier->heard_count; i++) {
        if (compare_nonces(&frontier->heard[i - 1], &frontier->heard[i]) >= 0) return false;
    }
    return true;
}

mjl_result mjl_frontier_encode(const mjl_frontier *frontier, mjl_buffer *out)
{
    if (!is_within_bounds(frontier)) return MJL_TOO_LARGE;
    if (!is_ascending(frontier)) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, FRONTIER_FIELDS);
    mjl_pack_uint(&pack, frontier->counter);
    mjl_pack_bin(&pack, mjl_bytes_of(frontier->nonce, MJL_STATEMENT_NONCE_SIZE));
    mjl_pack_place_refs(&pack, frontier->places, frontier->places_count);
    mjl_pack_array(&pack, frontier->control_ends_count);
    for (size_t i = 0; i < frontier->control_ends_count; i++) {
        mjl_pack_array(&pack, 2);
        mjl_pack_id(&pack, &frontier->control_ends[i].branch);
        mjl_pack_id(&pack, &frontier->control_ends[i].control);
    }
    mjl_pack_ids(&pack, frontier->waited, frontier->waited_count);
    mjl_pack_array(&pack, frontier->heard_count);
    for (size_t i = 0; i < frontier->heard_count; i++) {
        mjl_pack_array(&pack, 2);
        mjl_pack_id(&pack, &frontier->heard[i].member);
        mjl_pack_bin(&pack,
                     mjl_bytes_of(frontier->heard[i].nonce, sizeof frontier->heard[i].nonce));
    }
    return mjl_pack_end(&pack, start);
}

/* ---- Reading ---- */

static size_t unpack_pairs_count(mjl_unpack *unpack)
{
    const size_t count = mjl_unpack_array(unpack);
    if (count > MJL_FRONTIER_MEMBERS_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    return unpack->result == MJL_OK ? count : 0;
}

static void unpack_ends(mjl_unpack *unpack, mjl_frontier *frontier)
{
    const size_t count = unpack_pairs_count(unpack);
    for (size_t i = 0; i < count; i++) {
        mjl_unpack_array_of(unpack, 2);
        frontier->control_ends[i].branch = mjl_unpack_id(unpack);
        frontier->control_ends[i].control = mjl_unpack_id(unpack);
    }
    frontier->control_ends_count = count;
}

static void unpack_heard(mjl_unpack *unpack, mjl_frontier *frontier)
{
    const size_t count = unpack_pairs_count(unpack);
    for (size_t i = 0; i < count; i++) {
        mjl_unpack_array_of(unpack, 2);
        frontier->heard[i].member = mjl_unpack_id(unpack);
        mjl_unpack_fixed(unpack, frontier->heard[i].nonce, sizeof frontier->heard[i].nonce);
    }
    frontier->heard_count = count;
}

mjl_result mjl_frontier_decode(mjl_bytes body, mjl_frontier *frontier)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, FRONTIER_FIELDS);
    frontier->counter = mjl_unpack_uint(&unpack);
    mjl_unpack_fixed(&unpack, frontier->nonce, MJL_STATEMENT_NONCE_SIZE);
    frontier->places_count =
        mjl_unpack_place_refs(&unpack, frontier->places, MJL_FRONTIER_PLACES_MAX);
    unpack_ends(&unpack, frontier);
    frontier->waited_count = mjl_unpack_ids(&unpack, frontier->waited, MJL_FRONTIER_MEMBERS_MAX);
    unpack_heard(&unpack, frontier);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return is_ascending(frontier) ? MJL_OK : MJL_NOT_CANONICAL;
}
