#include "tasks.h"

#include "room.h"

enum { ROOM_MIN = 16, ROOM_SMALL = 1024, CHUNKS_ROOM_MIN = 4 };

void mjl_tasks_init(mjl_tasks *tasks)
{
    memset(tasks, 0, sizeof *tasks);
    tasks->idle_first = SLOT_NONE;
}

void mjl_tasks_clear(mjl_tasks *tasks)
{
    for (uint32_t slot = 0; slot < tasks->used && tasks->far_size != 0; slot++) {
        const mjl_task_link *link = mjl_tasks_link(tasks, slot);
        if (mjl_tasks_is_idle(tasks, slot) || !mjl_tasks_is_far(link)) continue;
        tasks->far_size -= link->args_size;
        free(mjl_tasks_body(tasks, slot)->far);
    }
    for (uint32_t i = 0; (uint64_t)i * TASKS_CHUNK_COUNT < tasks->room; i++)
        free(tasks->chunks[i].links);
    free(tasks->chunks);
    mjl_tasks_init(tasks);
}

static mjl_result reserve_chunk(mjl_tasks *tasks, uint32_t chunk)
{
    if (chunk < tasks->chunks_room) return MJL_OK;
    const uint32_t room = chunk < CHUNKS_ROOM_MIN ? CHUNKS_ROOM_MIN : chunk * 2;
    mjl_task_chunk *chunks = (mjl_task_chunk *)realloc(tasks->chunks, room * sizeof *chunks);
    if (chunks == NULL) return MJL_OUT_OF_MEMORY;
    tasks->chunks = chunks;
    tasks->chunks_room = room;
    return MJL_OK;
}

static mjl_result make_chunk(mjl_task_chunk *chunk, uint32_t count)
{
    chunk->links =
        (mjl_task_link *)mjl_room_new(count * (sizeof *chunk->links + sizeof *chunk->bodies));
    if (chunk->links == NULL) return MJL_OUT_OF_MEMORY;
    chunk->bodies = (mjl_task_args *)(void *)(chunk->links + count);
    return MJL_OK;
}

/* The first chunk grows, in large steps while it is small. */
static mjl_result grow_first(mjl_tasks *tasks)
{
    const uint32_t factor = tasks->room < ROOM_SMALL ? 4 : 2;
    const uint32_t room = tasks->room == 0 ? ROOM_MIN : tasks->room * factor;
    mjl_task_chunk made;
    const mjl_result result = make_chunk(&made, room);
    if (result != MJL_OK) return result;
    if (tasks->room != 0) {
        memcpy(made.links, tasks->chunks[0].links, tasks->room * sizeof *made.links);
        memcpy(made.bodies, tasks->chunks[0].bodies, tasks->room * sizeof *made.bodies);
        free(tasks->chunks[0].links);
    }
    tasks->chunks[0] = made;
    tasks->room = room;
    return MJL_OK;
}

mjl_result mjl_tasks_grow(mjl_tasks *tasks)
{
    if (tasks->used == MJL_TASKS_MAX) return MJL_FULL;
    const uint32_t chunk = tasks->room >> TASKS_CHUNK_BITS;
    mjl_result result = reserve_chunk(tasks, chunk);
    if (result != MJL_OK) return result;
    if (chunk == 0) return grow_first(tasks);
    result = make_chunk(&tasks->chunks[chunk], TASKS_CHUNK_COUNT);
    if (result == MJL_OK) tasks->room += TASKS_CHUNK_COUNT;
    return result;
}

size_t mjl_tasks_memory(const mjl_tasks *tasks)
{
    return tasks->chunks_room * sizeof *tasks->chunks +
           tasks->room * (sizeof(mjl_task_link) + sizeof(mjl_task_args)) + tasks->far_size;
}
