#include "reassembly.h"

#include <assert.h>

#include "checksum.h"

struct mjl_reassembly_item {
    mjl_source source;
    uint64_t check;
    uint32_t size;
    size_t missing_count;
    int64_t last_new;
    uint8_t has[(MJL_FRAGMENTS_MAX + 7) / 8];
    uint8_t bytes[];
};

void mjl_reassembly_init(mjl_reassembly *reassembly)
{
    memset(reassembly, 0, sizeof *reassembly);
}

/* Takes the item out of the list, which keeps its order. */
static mjl_reassembly_item *take_item(mjl_reassembly *reassembly, size_t i)
{
    mjl_reassembly_item *item = reassembly->items[i];
    reassembly->bytes -= item->size;
    reassembly->items_count--;
    for (; i < reassembly->items_count; i++)
        reassembly->items[i] = reassembly->items[i + 1];
    return item;
}

static void drop_item(mjl_reassembly *reassembly, size_t i)
{
    free(take_item(reassembly, i));
    reassembly->dropped_count++;
}

void mjl_reassembly_clear(mjl_reassembly *reassembly)
{
    for (size_t i = 0; i < reassembly->items_count; i++)
        free(reassembly->items[i]);
    free(reassembly->done);
    mjl_reassembly_init(reassembly);
}

void mjl_reassembly_expire(mjl_reassembly *reassembly, int64_t now)
{
    while (reassembly->items_count > 0 &&
           now - reassembly->items[0]->last_new >= MJL_REASSEMBLY_MS_MAX)
        drop_item(reassembly, 0);
}

static bool is_same_source(const mjl_source *a, const mjl_source *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static size_t bytes_of_source(const mjl_reassembly *reassembly, const mjl_source *source)
{
    size_t bytes = 0;
    for (size_t i = 0; i < reassembly->items_count; i++)
        if (is_same_source(&reassembly->items[i]->source, source))
            bytes += reassembly->items[i]->size;
    return bytes;
}

static void drop_oldest_of(mjl_reassembly *reassembly, const mjl_source *source)
{
    for (size_t i = 0; i < reassembly->items_count; i++) {
        if (!is_same_source(&reassembly->items[i]->source, source)) continue;
        drop_item(reassembly, i);
        return;
    }
    assert(false); /* A source that holds bytes has an item. */
}

/* Bytes and one slot both count: many tiny beginnings are as bad as a few large ones. */
static size_t weight_of_source(const mjl_reassembly *reassembly, const mjl_source *source)
{
    const size_t slot = MJL_REASSEMBLY_BYTES_MAX / MJL_REASSEMBLY_ITEMS_MAX;
    size_t weight = 0;
    for (size_t i = 0; i < reassembly->items_count; i++)
        if (is_same_source(&reassembly->items[i]->source, source))
            weight += slot + reassembly->items[i]->size;
    return weight;
}

static void drop_from_heaviest(mjl_reassembly *reassembly)
{
    size_t heaviest = 0, weight_max = 0;
    for (size_t i = 0; i < reassembly->items_count; i++) {
        const size_t weight = weight_of_source(reassembly, &reassembly->items[i]->source);
        if (weight > weight_max) {
            weight_max = weight;
            heaviest = i;
        }
    }
    drop_item(reassembly, heaviest); /* The first of that source is its oldest. */
}

static mjl_result begin_item(mjl_reassembly *reassembly, const mjl_source *source,
                             const mjl_fragment *fragment)
{
    const size_t size = fragment->packet_size;
    while (bytes_of_source(reassembly, source) + size > MJL_REASSEMBLY_SOURCE_BYTES_MAX)
        drop_oldest_of(reassembly, source);
    while (reassembly->items_count == MJL_REASSEMBLY_ITEMS_MAX ||
           reassembly->bytes + size > MJL_REASSEMBLY_BYTES_MAX)
        drop_from_heaviest(reassembly);

    mjl_reassembly_item *item = malloc(sizeof *item + size);
    if (item == NULL) return MJL_OUT_OF_MEMORY;
    memset(item, 0, sizeof *item);
    item->source = *source;
    item->check = fragment->check;
    item->size = fragment->packet_size;
    item->missing_count = mjl_fragment_count(size);
    reassembly->items[reassembly->items_count++] = item;
    reassembly->bytes += size;
    return MJL_OK;
}

static bool find_item(const mjl_reassembly *reassembly, const mjl_source *source,
                      const mjl_fragment *fragment, size_t *found)
{
    for (size_t i = 0; i < reassembly->items_count; i++) {
        const mjl_reassembly_item *item = reassembly->items[i];
        if (item->check == fragment->check && item->size == fragment->packet_size &&
            is_same_source(&item->source, source)) {
            *found = i;
            return true;
        }
    }
    return false;
}

/* The item whose part came last goes to the end: the list stays ordered by that instant. */
static mjl_reassembly_item *move_to_end(mjl_reassembly *reassembly, size_t i)
{
    mjl_reassembly_item *item = take_item(reassembly, i);
    reassembly->items[reassembly->items_count++] = item;
    reassembly->bytes += item->size;
    return item;
}

static mjl_result finish_last(mjl_reassembly *reassembly, mjl_bytes *packet)
{
    mjl_reassembly_item *item = take_item(reassembly, reassembly->items_count - 1);
    const mjl_bytes whole = mjl_bytes_of(item->bytes, item->size);
    if (mjl_checksum(whole) != item->check) {
        free(item);
        reassembly->wrong_count++;
        return MJL_MALFORMED;
    }
    reassembly->done = item;
    *packet = whole;
    return MJL_OK;
}

mjl_result mjl_reassembly_add(mjl_reassembly *reassembly, int64_t now, const mjl_source *source,
                              const mjl_fragment *fragment, mjl_bytes *packet)
{
    free(reassembly->done);
    reassembly->done = NULL;
    mjl_reassembly_expire(reassembly, now);

    size_t found = reassembly->items_count;
    if (!find_item(reassembly, source, fragment, &found)) {
        const mjl_result result = begin_item(reassembly, source, fragment);
        if (result != MJL_OK) return result;
        found = reassembly->items_count - 1;
    }
    uint8_t *has = &reassembly->items[found]->has[fragment->index / 8];
    const uint8_t bit = (uint8_t)(1u << (fragment->index % 8));
    if ((*has & bit) != 0) return MJL_DUPLICATE;

    mjl_reassembly_item *item = move_to_end(reassembly, found);
    *has = (uint8_t)(*has | bit);
    item->last_new = now;
    item->missing_count--;
    memcpy(item->bytes + (size_t)fragment->index * MJL_FRAGMENT_PART_SIZE, fragment->part.data,
           fragment->part.size);
    return item->missing_count == 0 ? finish_last(reassembly, packet) : MJL_EMPTY;
}
