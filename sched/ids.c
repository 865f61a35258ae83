#include "ids.h"

#include <assert.h>

#include "room.h"

enum { WINDOW_MIN = 16, ELDERS_MIN = 16 };

void mjl_ids_clear(mjl_ids *ids)
{
    free(ids->window_slots);
    free(ids->elder_ids);
    free(ids->elder_slots);
    memset(ids, 0, sizeof *ids);
}

/* ---- Elders ---- */

/* The array with room for more, or NULL; the old one is kept then. */
static bool stretch(void *array, size_t size)
{
    void **pointer = (void **)array;
    void *stretched = realloc(*pointer, size);
    if (stretched == NULL) return false;
    *pointer = stretched;
    return true;
}

static mjl_result reserve_elders(mjl_ids *ids, uint32_t more)
{
    const size_t need = (size_t)ids->elders_count + more;
    if (need <= ids->elders_room) return MJL_OK;
    size_t room = (size_t)ids->elders_room + ids->elders_room / 2;
    if (room < ELDERS_MIN) room = ELDERS_MIN;
    if (room < need) room = need;
    if (!stretch(&ids->elder_ids, room * sizeof *ids->elder_ids)) return MJL_OUT_OF_MEMORY;
    if (!stretch(&ids->elder_slots, room * sizeof *ids->elder_slots)) return MJL_OUT_OF_MEMORY;
    ids->elders_room = (uint32_t)room;
    return MJL_OK;
}

/* Where the id is among the elders, or would be next to; `count` must not be 0. */
static size_t search(const mjl_ids *ids, uint64_t id)
{
    const uint64_t *first = ids->elder_ids;
    size_t count = ids->elders_count;
    /* Without a branch in the loop: which half it is cannot be guessed. */
    while (count > 1) {
        const size_t half = count / 2;
        first += first[half] <= id ? half : 0;
        count -= half;
    }
    return (size_t)(first - ids->elder_ids);
}

uint32_t mjl_ids_find_elder(const mjl_ids *ids, uint64_t id)
{
    if (ids->elders_count == 0) return SLOT_NONE;
    const size_t at = search(ids, id);
    return ids->elder_ids[at] == id ? ids->elder_slots[at] : SLOT_NONE;
}

static void move_elder(mjl_ids *ids, uint32_t from, uint32_t to)
{
    ids->elder_ids[to] = ids->elder_ids[from];
    ids->elder_slots[to] = ids->elder_slots[from];
}

/* Closes the gaps when a quarter is gone, so that memory follows what lives. */
void mjl_ids_remove_elder(mjl_ids *ids, uint64_t id)
{
    const size_t at = search(ids, id);
    assert(ids->elder_ids[at] == id);
    ids->elder_slots[at] = SLOT_NONE;
    ids->elders_live--;
    if (ids->elders_count < ELDERS_MIN || ids->elders_live > ids->elders_count / 4 * 3) return;
    uint32_t count = 0;
    for (uint32_t i = 0; i < ids->elders_count; i++) {
        if (ids->elder_slots[i] != SLOT_NONE) move_elder(ids, i, count++);
    }
    ids->elders_count = count;
}

/* ---- The window ---- */

/* How many ids of [base, base + count) are alive. */
static uint32_t count_live(const mjl_ids *ids, uint32_t count)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < count; i++)
        live += ids->window_slots[mjl_ids_ring(ids, ids->base + i)] != SLOT_NONE;
    return live;
}

/* The oldest `count` ids leave the window. */
static mjl_result retire(mjl_ids *ids, uint32_t count)
{
    const mjl_result result = reserve_elders(ids, count_live(ids, count));
    if (result != MJL_OK) return result;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = mjl_ids_ring(ids, ids->base + i);
        if (ids->window_slots[at] == SLOT_NONE) continue;
        ids->elder_ids[ids->elders_count] = ids->base + i;
        ids->elder_slots[ids->elders_count++] = ids->window_slots[at];
        ids->elders_live++;
        ids->window_slots[at] = SLOT_NONE;
        ids->window_live--;
    }
    ids->base += count;
    return MJL_OK;
}

/* The same ids, from base on, in a window of that room. */
static mjl_result resize(mjl_ids *ids, uint32_t room)
{
    uint32_t *slots = (uint32_t *)mjl_room_new(room * sizeof *slots);
    if (slots == NULL) return MJL_OUT_OF_MEMORY;
    memset(slots, 0xff, room * sizeof *slots);
    const uint32_t kept = room < ids->window_room ? room : ids->window_room;
    for (uint32_t i = 0; i < kept; i++) {
        const uint64_t id = ids->base + i;
        slots[(uint32_t)id & (room - 1)] = ids->window_slots[mjl_ids_ring(ids, id)];
    }
    free(ids->window_slots);
    ids->window_slots = slots;
    ids->window_room = room;
    return MJL_OK;
}

/* Makes the window smaller if it is nearly empty: otherwise ids with large gaps, as in a saved
 * schedule, would cost a walk over all of it again and again. */
static mjl_result shrink(mjl_ids *ids)
{
    const uint32_t room = ids->window_room / 2;
    if (room < WINDOW_MIN || ids->window_live > room / 4) return MJL_OK;
    const mjl_result result = retire(ids, room);
    return result != MJL_OK ? result : resize(ids, room);
}

/* One step towards a window that holds the id. */
static mjl_result move_window(mjl_ids *ids, uint64_t id)
{
    if (ids->window_room == 0) {
        ids->base = id;
        return resize(ids, WINDOW_MIN);
    }
    if (ids->window_live > ids->window_room / 2) return resize(ids, ids->window_room * 2);
    if (ids->window_live == 0) {
        ids->base = id;
        return MJL_OK;
    }
    const mjl_result result = retire(ids, ids->window_room / 2);
    return result != MJL_OK ? result : shrink(ids);
}

mjl_result mjl_ids_grow(mjl_ids *ids, uint64_t id)
{
    assert(id >= ids->base);
    while (!mjl_ids_is_recent(ids, id)) {
        const mjl_result result = move_window(ids, id);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Walking and checking ---- */

uint32_t mjl_ids_next(const mjl_ids *ids, mjl_ids_walk *walk)
{
    while (walk->elder < ids->elders_count) {
        const uint32_t slot = ids->elder_slots[walk->elder++];
        if (slot != SLOT_NONE) return slot;
    }
    while (walk->recent < ids->window_room) {
        const uint32_t slot = ids->window_slots[mjl_ids_ring(ids, ids->base + walk->recent++)];
        if (slot != SLOT_NONE) return slot;
    }
    return SLOT_NONE;
}

bool mjl_ids_check(const mjl_ids *ids)
{
    if (count_live(ids, ids->window_room) != ids->window_live) return false;
    uint32_t live = 0;
    for (uint32_t i = 0; i < ids->elders_count; i++) {
        if (ids->elder_ids[i] >= ids->base) return false;
        if (i > 0 && ids->elder_ids[i] <= ids->elder_ids[i - 1]) return false;
        live += ids->elder_slots[i] != SLOT_NONE;
    }
    return live == ids->elders_live;
}

size_t mjl_ids_memory(const mjl_ids *ids)
{
    return ids->window_room * sizeof *ids->window_slots +
           ids->elders_room * (sizeof *ids->elder_ids + sizeof *ids->elder_slots);
}
