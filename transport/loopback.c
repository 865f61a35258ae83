#include "majlis/loopback.h"

#include <assert.h>

enum { CHANCES = 1000, REORDER_FACTOR = 8, FLIPS_MAX = 8 };

/* Bytes shared by all copies of one packet. */
typedef struct content {
    uint32_t uses;
    size_t size;
    uint8_t bytes[];
} content;

typedef struct flying {
    mjl_time at;
    uint64_t serial;
    uint32_t from, to;
    bool is_damaged;
    content *packet;
} flying;

struct mjl_network {
    uint64_t random;
    uint32_t nodes_count;
    mjl_network_link usual;  /* Of every link that was not set by itself. */
    mjl_network_link **rows; /* [from][to]; NULL: all of them as usual, but the one to itself. */
    uint32_t *sides;
    bool is_partitioned;
    mjl_time clogged_until;
    flying *heap; /* Least (at, serial) first. */
    size_t flying_count, flying_room;
    uint64_t serial;
    content *heard[MJL_NETWORK_REPLAY_MAX];
    size_t heard_count, heard_next;
    content *taken;
    mjl_network_counters counters;
};

/* ---- Chance: splitmix64. For simulations only. ---- */

static uint64_t next_random(mjl_network *network)
{
    uint64_t z = network->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 .. bound - 1. The tiny bias of the remainder does not matter here. */
static uint64_t random_below(mjl_network *network, uint64_t bound)
{
    return next_random(network) % bound;
}

static bool happens(mjl_network *network, uint32_t thousandths)
{
    return thousandths > 0 && random_below(network, CHANCES) < thousandths;
}

/* ---- Contents ---- */

static content *new_content(mjl_bytes bytes)
{
    content *made = malloc(sizeof *made + bytes.size);
    if (made == NULL) return NULL;
    made->uses = 1;
    made->size = bytes.size;
    if (bytes.size > 0) memcpy(made->bytes, bytes.data, bytes.size);
    return made;
}

static content *use(content *of)
{
    of->uses++;
    return of;
}

static void release(content *of)
{
    if (of != NULL && --of->uses == 0) free(of);
}

/* ---- The heap ---- */

static bool is_earlier(const flying *a, const flying *b)
{
    if (a->at != b->at) return a->at < b->at;
    return a->serial < b->serial;
}

static void swap_flying(flying *a, flying *b)
{
    const flying other = *a;
    *a = *b;
    *b = other;
}

static void sift_up(flying *heap, size_t i)
{
    while (i > 0 && is_earlier(&heap[i], &heap[(i - 1) / 2])) {
        swap_flying(&heap[i], &heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static void sift_down(flying *heap, size_t count, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (is_earlier(&heap[child], &heap[least])) least = child;
        if (least == i) return;
        swap_flying(&heap[i], &heap[least]);
        i = least;
    }
}

static mjl_result reserve_one(mjl_network *network)
{
    if (network->flying_count < network->flying_room) return MJL_OK;
    const size_t room = network->flying_room == 0 ? 64 : network->flying_room * 2;
    flying *heap = realloc(network->heap, room * sizeof *heap);
    if (heap == NULL) return MJL_OUT_OF_MEMORY;
    network->heap = heap;
    network->flying_room = room;
    return MJL_OK;
}

/* Takes the content, also when it fails. */
static mjl_result put(mjl_network *network, const flying *packet)
{
    if (network->flying_count == MJL_NETWORK_FLYING_MAX) {
        network->counters.lost++;
        release(packet->packet);
        return MJL_OK;
    }
    const mjl_result result = reserve_one(network);
    if (result != MJL_OK) {
        release(packet->packet);
        return result;
    }
    network->heap[network->flying_count] = *packet;
    network->heap[network->flying_count].serial = network->serial++;
    network->flying_count++;
    network->counters.copies++;
    sift_up(network->heap, network->flying_count - 1);
    return MJL_OK;
}

/* ---- Damage ---- */

static void flip_bits(mjl_network *network, content *packet)
{
    const uint64_t flips = 1 + random_below(network, FLIPS_MAX);
    for (uint64_t i = 0; i < flips && packet->size > 0; i++) {
        const uint64_t bit = random_below(network, (uint64_t)packet->size * 8);
        packet->bytes[bit / 8] = (uint8_t)(packet->bytes[bit / 8] ^ (1u << (bit % 8)));
    }
}

static void splice_end(mjl_network *network, content *packet)
{
    if (network->heard_count == 0 || packet->size == 0) return;
    const content *other = network->heard[random_below(network, network->heard_count)];
    const size_t from = (size_t)random_below(network, packet->size);
    for (size_t i = from; i < packet->size && i < other->size; i++)
        packet->bytes[i] = other->bytes[i];
}

/* Answers the same content, or a damaged copy in its stead. */
static mjl_result damage(mjl_network *network, const mjl_network_link *link, content **packet,
                         bool *is_damaged)
{
    const bool is_corrupt = happens(network, link->corrupt);
    const bool is_truncated = happens(network, link->truncate);
    const bool is_spliced = happens(network, link->splice);
    *is_damaged = is_corrupt || is_truncated || is_spliced;
    if (!*is_damaged) return MJL_OK;
    content *copy = new_content(mjl_bytes_of((*packet)->bytes, (*packet)->size));
    release(*packet);
    *packet = copy;
    if (copy == NULL) return MJL_OUT_OF_MEMORY;
    if (is_spliced) splice_end(network, copy);
    if (is_corrupt) flip_bits(network, copy);
    if (is_truncated && copy->size > 0) copy->size = (size_t)random_below(network, copy->size);
    network->counters.damaged++;
    return MJL_OK;
}

/* ---- Sending ---- */

static const mjl_network_link *link_of(const mjl_network *network, uint32_t from, uint32_t to)
{
    static const mjl_network_link to_itself = {.is_cut = true};
    assert(from < network->nodes_count && to < network->nodes_count);
    if (network->rows[from] != NULL) return &network->rows[from][to];
    return from == to ? &to_itself : &network->usual;
}

static bool is_reachable(const mjl_network *network, uint32_t from, uint32_t to)
{
    if (link_of(network, from, to)->is_cut) return false;
    return !network->is_partitioned || (network->sides[from] & network->sides[to]) != 0;
}

static mjl_time arrival_time(mjl_network *network, mjl_time now, const mjl_network_link *link)
{
    assert(link->delay_ms_min <= link->delay_ms_max);
    const uint64_t spread = link->delay_ms_max - link->delay_ms_min;
    uint64_t delay = link->delay_ms_min + random_below(network, spread + 1);
    if (happens(network, link->reorder)) {
        network->counters.reordered++;
        delay += random_below(network, REORDER_FACTOR * link->delay_ms_max + 1);
    }
    const mjl_time at = now + (mjl_time)delay;
    return at < network->clogged_until ? network->clogged_until : at;
}

/* One copy along one link. */
static mjl_result send_copy(mjl_network *network, mjl_time now, uint32_t from, uint32_t to,
                            content *packet)
{
    const mjl_network_link *link = link_of(network, from, to);
    flying copy = {.from = from, .to = to, .packet = use(packet)};
    copy.at = arrival_time(network, now, link);
    const mjl_result result = damage(network, link, &copy.packet, &copy.is_damaged);
    if (result != MJL_OK) return result;
    return put(network, &copy);
}

static mjl_result send_along(mjl_network *network, mjl_time now, uint32_t from, uint32_t to,
                             content *packet)
{
    const mjl_network_link *link = link_of(network, from, to);
    mjl_result result = MJL_OK;
    if (!is_reachable(network, from, to)) {
        network->counters.cut += from != to;
        return MJL_OK;
    }
    if (happens(network, link->loss)) {
        network->counters.lost++;
    } else {
        result = send_copy(network, now, from, to, packet);
    }
    if (result == MJL_OK && happens(network, link->duplicate)) {
        network->counters.duplicated++;
        result = send_copy(network, now, from, to, packet);
    }
    if (result == MJL_OK && network->heard_count > 0 && happens(network, link->replay)) {
        network->counters.replayed++;
        result = send_copy(network, now, from, to,
                           network->heard[random_below(network, network->heard_count)]);
    }
    return result;
}

/* Latest packets, for replays and splices; a ring. */
static void remember(mjl_network *network, content *packet)
{
    release(network->heard[network->heard_next]);
    network->heard[network->heard_next] = use(packet);
    network->heard_next = (network->heard_next + 1) % MJL_NETWORK_REPLAY_MAX;
    if (network->heard_count < MJL_NETWORK_REPLAY_MAX) network->heard_count++;
}

mjl_result mjl_network_send(mjl_network *network, mjl_time now, uint32_t from, mjl_bytes packet)
{
    if (from >= network->nodes_count) return MJL_BAD_ARGUMENT;
    content *shared = new_content(packet);
    if (shared == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = MJL_OK;
    network->counters.sent++;
    for (uint32_t to = 0; to < network->nodes_count && result == MJL_OK; to++)
        result = send_along(network, now, from, to, shared);
    remember(network, shared);
    release(shared);
    return result;
}

/* ---- Arriving ---- */

mjl_result mjl_network_next_due(const mjl_network *network, mjl_time *due)
{
    if (network->flying_count == 0) return MJL_EMPTY;
    *due = network->heap[0].at;
    return MJL_OK;
}

mjl_result mjl_network_take(mjl_network *network, mjl_time now, mjl_network_arrival *arrival)
{
    release(network->taken);
    network->taken = NULL;
    if (network->flying_count == 0 || network->heap[0].at > now) return MJL_EMPTY;
    const flying first = network->heap[0];
    network->heap[0] = network->heap[--network->flying_count];
    sift_down(network->heap, network->flying_count, 0);
    network->taken = first.packet;
    network->counters.delivered++;
    *arrival = (mjl_network_arrival){first.at, first.from, first.to, first.is_damaged,
                                     mjl_bytes_of(first.packet->bytes, first.packet->size)};
    return MJL_OK;
}

/* ---- What the links do ---- */

/* The links of one node, each by itself from now on. NULL: no memory. */
static mjl_network_link *row_of(mjl_network *network, uint32_t from)
{
    if (network->rows[from] != NULL) return network->rows[from];
    mjl_network_link *row = malloc(network->nodes_count * sizeof *row);
    if (row == NULL) return NULL;
    for (uint32_t to = 0; to < network->nodes_count; to++)
        row[to] = *link_of(network, from, to);
    network->rows[from] = row;
    return row;
}

mjl_result mjl_network_new(uint64_t seed, uint32_t nodes_count, mjl_network **network)
{
    if (nodes_count == 0 || nodes_count > MJL_NETWORK_NODES_MAX) return MJL_BAD_ARGUMENT;
    mjl_network *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->random = seed;
    made->nodes_count = nodes_count;
    made->clogged_until = INT64_MIN;
    made->rows = calloc(nodes_count, sizeof *made->rows);
    made->sides = calloc(nodes_count, sizeof *made->sides);
    if (made->rows == NULL || made->sides == NULL) {
        mjl_network_free(made);
        return MJL_OUT_OF_MEMORY;
    }
    *network = made;
    return MJL_OK;
}

void mjl_network_free(mjl_network *network)
{
    if (network == NULL) return;
    mjl_network_drop_flying(network);
    for (size_t i = 0; i < network->heard_count; i++)
        release(network->heard[i]);
    release(network->taken);
    free(network->heap);
    for (uint32_t i = 0; network->rows != NULL && i < network->nodes_count; i++)
        free(network->rows[i]);
    free(network->rows);
    free(network->sides);
    free(network);
}

mjl_result mjl_network_set_link(mjl_network *network, uint32_t from, uint32_t to,
                                const mjl_network_link *link)
{
    assert(from < network->nodes_count && to < network->nodes_count);
    assert(link->delay_ms_min <= link->delay_ms_max);
    mjl_network_link *row = row_of(network, from);
    if (row == NULL) return MJL_OUT_OF_MEMORY;
    row[to] = *link;
    return MJL_OK;
}

void mjl_network_set_all_links(mjl_network *network, const mjl_network_link *link)
{
    assert(link->delay_ms_min <= link->delay_ms_max);
    network->usual = *link;
    for (uint32_t from = 0; from < network->nodes_count; from++) {
        for (uint32_t to = 0; network->rows[from] != NULL && to < network->nodes_count; to++)
            if (from != to) network->rows[from][to] = *link;
    }
}

mjl_network_link mjl_network_get_link(const mjl_network *network, uint32_t from, uint32_t to)
{
    return *link_of(network, from, to);
}

void mjl_network_partition(mjl_network *network, const uint32_t *sides)
{
    network->is_partitioned = sides != NULL;
    if (sides != NULL) memcpy(network->sides, sides, network->nodes_count * sizeof *sides);
}

void mjl_network_clog(mjl_network *network, mjl_time until)
{
    network->clogged_until = until;
    for (size_t i = 0; i < network->flying_count; i++)
        if (network->heap[i].at < until) network->heap[i].at = until;
    for (size_t i = network->flying_count; i-- > 0;)
        sift_down(network->heap, network->flying_count, i);
}

void mjl_network_drop_flying(mjl_network *network)
{
    for (size_t i = 0; i < network->flying_count; i++)
        release(network->heap[i].packet);
    network->counters.lost += network->flying_count;
    network->flying_count = 0;
}

void mjl_network_get_counters(const mjl_network *network, mjl_network_counters *counters)
{
    *counters = network->counters;
    counters->flying = network->flying_count;
}
