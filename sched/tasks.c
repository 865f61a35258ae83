#include "tasks.h"

#include "room.h"

void mjl_tasks_init(mjl_tasks *tasks)
{
    memset(tasks, 0, sizeof *tasks);
    tasks->idle_first = BLOCK_NONE;
}

void mjl_tasks_clear(mjl_tasks *tasks)
{
    for (uint32_t i = 0; i < tasks->chunks_count; i++)
        free(tasks->chunks[i].tasks);
    mjl_tasks_init(tasks);
}

static uint32_t tasks_in_chunk(uint32_t chunk)
{
    return 1u << (TASKS_CHUNK_BITS_MIN + chunk / 4);
}

static size_t size_of_chunk(uint32_t chunk)
{
    const size_t count = tasks_in_chunk(chunk);
    return count * sizeof(mjl_stored_task) + count / TASKS_PER_BLOCK * sizeof(uint32_t);
}

static mjl_result add_chunk(mjl_tasks *tasks)
{
    const uint32_t chunk = tasks->chunks_count;
    const uint32_t count = tasks_in_chunk(chunk);
    /* Buckets that are nearly empty hold some places that no task has. */
    if (tasks->blocks_room >= MJL_TASKS_MAX / TASKS_PER_BLOCK * 2) return MJL_FULL;
    mjl_stored_task *made = (mjl_stored_task *)mjl_room_new(size_of_chunk(chunk));
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    tasks->chunks[chunk].tasks = made;
    tasks->chunks[chunk].below = (uint32_t *)(void *)(made + count);
    tasks->chunks_count++;
    tasks->blocks_room += count / TASKS_PER_BLOCK;
    return MJL_OK;
}

mjl_result mjl_tasks_grow(mjl_tasks *tasks, uint32_t blocks)
{
    while (tasks->idle_count + (tasks->blocks_room - tasks->blocks_used) < blocks) {
        const mjl_result result = add_chunk(tasks);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

size_t mjl_tasks_memory(const mjl_tasks *tasks)
{
    size_t size = tasks->far_size;
    for (uint32_t i = 0; i < tasks->chunks_count; i++)
        size += size_of_chunk(i);
    return size;
}
