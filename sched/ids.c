#include "ids.h"

#include <assert.h>

#include "room.h"

enum { WINDOW_MIN = 16, ELDERS_MIN = 16 };

void mjl_ids_init(mjl_ids *ids)
{
    memset(ids, 0, sizeof *ids);
}

void mjl_ids_clear(mjl_ids *ids)
{
    free(ids->window);
    free(ids->elder_ids);
    free(ids->elder_places);
    mjl_ids_init(ids);
}

/* ---- Elders ---- */

static mjl_result reserve_elders(mjl_ids *ids, uint32_t more)
{
    const uint64_t need = (uint64_t)ids->elders_count + more;
    if (need <= ids->elders_room) return MJL_OK;
    uint64_t room = ids->elders_room + ids->elders_room / 2;
    if (room < ELDERS_MIN) room = ELDERS_MIN;
    if (room < need) room = need;
    uint64_t *elder_ids = (uint64_t *)realloc(ids->elder_ids, room * sizeof *elder_ids);
    if (elder_ids == NULL) return MJL_OUT_OF_MEMORY;
    ids->elder_ids = elder_ids;
    uint32_t *places = (uint32_t *)realloc(ids->elder_places, room * sizeof *places);
    if (places == NULL) return MJL_OUT_OF_MEMORY;
    ids->elder_places = places;
    ids->elders_room = (uint32_t)room;
    return MJL_OK;
}

static void put_elder(mjl_ids *ids, const mjl_tasks *tasks, uint32_t elder, uint64_t id,
                      uint32_t place)
{
    ids->elder_ids[elder] = id;
    ids->elder_places[elder] = place;
    mjl_tasks_at(tasks, place)->elder = elder + 1;
}

uint32_t mjl_ids_find_elder(const mjl_ids *ids, uint64_t id)
{
    const uint64_t *first = ids->elder_ids;
    size_t count = ids->elders_count;
    if (count == 0) return PLACE_NONE;
    /* Without a branch in the loop: which half it is cannot be guessed. */
    while (count > 1) {
        const size_t half = count / 2;
        first += first[half] <= id ? half : 0;
        count -= half;
    }
    return *first == id ? ids->elder_places[first - ids->elder_ids] : PLACE_NONE;
}

/* Closes the gaps when a quarter is gone, so that memory follows what lives. */
static void close_gaps(mjl_ids *ids, const mjl_tasks *tasks)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ids->elders_count; i++) {
        if (ids->elder_places[i] == PLACE_NONE) continue;
        put_elder(ids, tasks, count++, ids->elder_ids[i], ids->elder_places[i]);
    }
    ids->elders_count = count;
}

void mjl_ids_remove_elder(mjl_ids *ids, const mjl_tasks *tasks, uint32_t elder)
{
    ids->elder_places[elder] = PLACE_NONE;
    ids->elders_live--;
    if (ids->elders_count < ELDERS_MIN) return;
    if (ids->elders_live <= ids->elders_count / 4 * 3) close_gaps(ids, tasks);
}

/* ---- The window ---- */

/* How many ids of [base, base + count) are alive. */
static uint32_t count_live(const mjl_ids *ids, uint32_t count)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < count; i++)
        live += *mjl_ids_in_window(ids, ids->base + i) != PLACE_NONE;
    return live;
}

/* The oldest `count` ids leave the window. */
static mjl_result retire(mjl_ids *ids, const mjl_tasks *tasks, uint32_t count)
{
    const mjl_result result = reserve_elders(ids, count_live(ids, count));
    if (result != MJL_OK) return result;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *place = mjl_ids_in_window(ids, ids->base + i);
        if (*place == PLACE_NONE) continue;
        put_elder(ids, tasks, ids->elders_count++, ids->base + i, *place);
        ids->elders_live++;
        *place = PLACE_NONE;
        ids->window_live--;
    }
    ids->base += count;
    return MJL_OK;
}

/* The same ids, from base on, in a window of that room. */
static mjl_result resize(mjl_ids *ids, uint32_t room)
{
    uint32_t *window = (uint32_t *)mjl_room_new(room * sizeof *window);
    if (window == NULL) return MJL_OUT_OF_MEMORY;
    memset(window, 0xff, room * sizeof *window);
    const uint32_t kept = room < ids->window_room ? room : ids->window_room;
    for (uint32_t i = 0; i < kept; i++) {
        const uint64_t id = ids->base + i;
        window[id & (room - 1)] = *mjl_ids_in_window(ids, id);
    }
    free(ids->window);
    ids->window = window;
    ids->window_room = room;
    return MJL_OK;
}

/* Makes the window smaller if it is nearly empty: otherwise ids with large gaps, as in a saved
 * schedule, would cost a walk over all of it again and again. */
static mjl_result shrink(mjl_ids *ids, const mjl_tasks *tasks)
{
    const uint32_t room = ids->window_room / 2;
    if (room < WINDOW_MIN || ids->window_live > room / 4) return MJL_OK;
    const mjl_result result = retire(ids, tasks, room);
    return result != MJL_OK ? result : resize(ids, room);
}

/* One step towards a window that holds the id. */
static mjl_result move_window(mjl_ids *ids, const mjl_tasks *tasks, uint64_t id)
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
    const mjl_result result = retire(ids, tasks, ids->window_room / 2);
    return result != MJL_OK ? result : shrink(ids, tasks);
}

mjl_result mjl_ids_grow(mjl_ids *ids, const mjl_tasks *tasks, uint64_t id)
{
    assert(id >= ids->base);
    while (!mjl_ids_is_recent(ids, id)) {
        const mjl_result result = move_window(ids, tasks, id);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Walking and checking ---- */

uint32_t mjl_ids_next(const mjl_ids *ids, mjl_ids_walk *walk)
{
    while (walk->elder < ids->elders_count) {
        const uint32_t place = ids->elder_places[walk->elder++];
        if (place != PLACE_NONE) return place;
    }
    while (walk->recent < ids->window_room) {
        const uint32_t place = *mjl_ids_in_window(ids, ids->base + walk->recent++);
        if (place != PLACE_NONE) return place;
    }
    return PLACE_NONE;
}

bool mjl_ids_check(const mjl_ids *ids, const mjl_tasks *tasks)
{
    if (count_live(ids, ids->window_room) != ids->window_live) return false;
    uint32_t live = 0;
    for (uint32_t i = 0; i < ids->elders_count; i++) {
        if (ids->elder_ids[i] >= ids->base) return false;
        if (i > 0 && ids->elder_ids[i] <= ids->elder_ids[i - 1]) return false;
        if (ids->elder_places[i] == PLACE_NONE) continue;
        const mjl_stored_task *task = mjl_tasks_at(tasks, ids->elder_places[i]);
        if (task->elder != i + 1 || task->id != ids->elder_ids[i]) return false;
        live++;
    }
    for (uint32_t i = 0; i < ids->window_room; i++) {
        const uint32_t place = *mjl_ids_in_window(ids, ids->base + i);
        if (place == PLACE_NONE) continue;
        const mjl_stored_task *task = mjl_tasks_at(tasks, place);
        if (task->elder != 0 || task->id != ids->base + i) return false;
    }
    return live == ids->elders_live;
}

size_t mjl_ids_memory(const mjl_ids *ids)
{
    return ids->window_room * sizeof *ids->window +
           ids->elders_room * (sizeof *ids->elder_ids + sizeof *ids->elder_places);
}
