#include "tasks.h"

#include <assert.h>

enum { ROOM_MIN = 16, CHUNKS_ROOM_MIN = 4 };

void mjl_tasks_init(mjl_tasks *tasks)
{
    memset(tasks, 0, sizeof *tasks);
    tasks->free_first = SLOT_NONE;
}

void mjl_tasks_clear(mjl_tasks *tasks)
{
    for (uint32_t slot = 0; slot < tasks->used; slot++) {
        mjl_task_store *body = mjl_tasks_body(tasks, slot);
        if (body->id != MJL_TASK_ID_NONE && body->args_size > MJL_TASK_ARGS_INLINE)
            free(body->args.far);
    }
    for (uint32_t i = 0; (uint64_t)i * TASKS_CHUNK_COUNT < tasks->bodies_room; i++)
        free(tasks->chunks[i]);
    free(tasks->chunks);
    free(tasks->links);
    mjl_tasks_init(tasks);
}

static mjl_result reserve_link(mjl_tasks *tasks)
{
    if (tasks->used < tasks->links_room) return MJL_OK;
    /* By half, since doubling would leave up to 16 idle bytes per task. */
    const size_t room =
        tasks->links_room < ROOM_MIN ? ROOM_MIN : (size_t)tasks->links_room + tasks->links_room / 2;
    mjl_task_link *links = (mjl_task_link *)realloc(tasks->links, room * sizeof *links);
    if (links == NULL) return MJL_OUT_OF_MEMORY;
    tasks->links = links;
    tasks->links_room = (uint32_t)room;
    return MJL_OK;
}

static mjl_result reserve_chunk_pointer(mjl_tasks *tasks, uint32_t chunk)
{
    if (chunk < tasks->chunks_room) return MJL_OK;
    const uint32_t room = chunk < CHUNKS_ROOM_MIN ? CHUNKS_ROOM_MIN : chunk * 2;
    mjl_task_store **chunks =
        (mjl_task_store **)realloc(tasks->chunks, (size_t)room * sizeof *chunks);
    if (chunks == NULL) return MJL_OUT_OF_MEMORY;
    tasks->chunks = chunks;
    tasks->chunks_room = room;
    return MJL_OK;
}

/* The first chunk grows, since most schedules are small; the others are born whole. */
static mjl_result reserve_body(mjl_tasks *tasks)
{
    if (tasks->used < tasks->bodies_room) return MJL_OK;
    const uint32_t chunk = tasks->used >> TASKS_CHUNK_BITS;
    const mjl_result result = reserve_chunk_pointer(tasks, chunk);
    if (result != MJL_OK) return result;
    const bool is_whole = chunk != 0;
    uint32_t room = tasks->bodies_room == 0 ? ROOM_MIN : tasks->bodies_room * 2;
    if (is_whole) room = TASKS_CHUNK_COUNT;
    void *old = is_whole || tasks->bodies_room == 0 ? NULL : tasks->chunks[0];
    mjl_task_store *bodies = (mjl_task_store *)realloc(old, room * sizeof *bodies);
    if (bodies == NULL) return MJL_OUT_OF_MEMORY;
    tasks->chunks[chunk] = bodies;
    tasks->bodies_room = (chunk << TASKS_CHUNK_BITS) + room;
    return MJL_OK;
}

mjl_result mjl_tasks_reserve(mjl_tasks *tasks)
{
    if (tasks->free_first != SLOT_NONE) return MJL_OK;
    if (tasks->used == MJL_TASKS_MAX) return MJL_FULL;
    const mjl_result result = reserve_link(tasks);
    return result != MJL_OK ? result : reserve_body(tasks);
}

uint32_t mjl_tasks_take_slot(mjl_tasks *tasks)
{
    const uint32_t slot = tasks->free_first;
    if (slot == SLOT_NONE) {
        assert(tasks->used < tasks->links_room);
        assert(tasks->used < tasks->bodies_room);
        return tasks->used++;
    }
    tasks->free_first = tasks->links[slot].next;
    return slot;
}

void mjl_tasks_give_slot(mjl_tasks *tasks, uint32_t slot)
{
    tasks->links[slot].next = tasks->free_first;
    tasks->free_first = slot;
}

size_t mjl_tasks_memory(const mjl_tasks *tasks)
{
    return tasks->links_room * sizeof *tasks->links + tasks->chunks_room * sizeof *tasks->chunks +
           tasks->bodies_room * sizeof(mjl_task_store) + tasks->far_size;
}
