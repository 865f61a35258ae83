#include "payload.h"

#include "lists.h"

enum { WANT_FIELDS = 4 };

static int compare_held(const void *a, const void *b)
{
    return memcmp(((const mjl_held *)a)->start, ((const mjl_held *)b)->start, MJL_HELD_SIZE);
}

void mjl_want_sort(mjl_want *want)
{
    mjl_place_refs_sort(want->accepted, want->accepted_count);
    mjl_place_refs_sort(want->missing, want->missing_count);
    mjl_place_refs_sort(want->again, want->again_count);
    if (want->held_count < 2) return;
    qsort(want->held, want->held_count, sizeof *want->held, compare_held);
    size_t kept = 1;
    for (size_t i = 1; i < want->held_count; i++) {
        if (compare_held(&want->held[kept - 1], &want->held[i]) == 0) continue;
        want->held[kept++] = want->held[i];
    }
    want->held_count = kept;
}

bool mjl_want_holds(const mjl_want *want, const mjl_place_id *place)
{
    size_t low = 0;
    size_t high = want->held_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = memcmp(want->held[middle].start, place->bytes, MJL_HELD_SIZE);
        if (order == 0) return true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool held_are_ascending(const mjl_want *want)
{
    for (size_t i = 1; i < want->held_count; i++) {
        if (compare_held(&want->held[i - 1], &want->held[i]) >= 0) return false;
    }
    return true;
}

mjl_result mjl_want_encode(const mjl_want *want, mjl_buffer *out)
{
    if (want->accepted_count > MJL_FRONTIER_PLACES_MAX ||
        want->missing_count > MJL_FRONTIER_PLACES_MAX ||
        want->again_count > MJL_FRONTIER_PLACES_MAX || want->held_count > MJL_WANT_HELD_MAX) {
        return MJL_TOO_LARGE;
    }
    if (!held_are_ascending(want)) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, WANT_FIELDS);
    mjl_pack_place_refs(&pack, want->accepted, want->accepted_count);
    mjl_pack_place_refs(&pack, want->missing, want->missing_count);
    mjl_pack_bin(&pack, mjl_bytes_of(want->held, want->held_count * sizeof *want->held));
    mjl_pack_place_refs(&pack, want->again, want->again_count);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_want_decode(mjl_bytes body, mjl_want *want)
{
    mjl_unpack unpack = mjl_unpack_from(body);
    mjl_unpack_array_of(&unpack, WANT_FIELDS);
    want->accepted_count = mjl_unpack_place_refs(&unpack, want->accepted, MJL_FRONTIER_PLACES_MAX);
    want->missing_count = mjl_unpack_place_refs(&unpack, want->missing, MJL_FRONTIER_PLACES_MAX);
    const mjl_bytes held = mjl_unpack_bin_to(&unpack, sizeof want->held);
    want->again_count = mjl_unpack_place_refs(&unpack, want->again, MJL_FRONTIER_PLACES_MAX);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    if (held.size % MJL_HELD_SIZE != 0) return MJL_BAD_PAYLOAD;
    want->held_count = held.size / MJL_HELD_SIZE;
    if (held.size > 0) memcpy(want->held, held.data, held.size);
    return held_are_ascending(want) ? MJL_OK : MJL_NOT_CANONICAL;
}
