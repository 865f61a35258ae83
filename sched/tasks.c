#include "tasks.h"

#include "room.h"

enum {
    ROOM_MIN = 16,
    ROOM_SMALL = 1024,
    CHUNKS_ROOM_MIN = 4,
    TASK_SIZE = sizeof(mjl_stamp) + sizeof(mjl_task_link) + sizeof(mjl_cargo),
    WHOLE_CHUNK_SIZE = 2 << 20
};

_Static_assert((size_t)TASKS_CHUNK_COUNT *TASK_SIZE <= WHOLE_CHUNK_SIZE, "a huge page holds it");

static size_t size_of_chunk(uint32_t count)
{
    return count == TASKS_CHUNK_COUNT ? WHOLE_CHUNK_SIZE : (size_t)count * TASK_SIZE;
}

void mjl_tasks_init(mjl_tasks *tasks)
{
    memset(tasks, 0, sizeof *tasks);
    tasks->idle_first = SLOT_NONE;
}

void mjl_tasks_clear(mjl_tasks *tasks)
{
    for (uint32_t i = 0; (uint64_t)i * TASKS_CHUNK_COUNT < tasks->room; i++)
        free(tasks->chunks[i].stamps);
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
    chunk->stamps = (mjl_stamp *)mjl_room_new(size_of_chunk(count));
    if (chunk->stamps == NULL) return MJL_OUT_OF_MEMORY;
    chunk->links = (mjl_task_link *)(void *)(chunk->stamps + count);
    chunk->cargo = (mjl_cargo *)(void *)(chunk->links + count);
    return MJL_OK;
}

static void copy_chunk(mjl_task_chunk *to, const mjl_task_chunk *from, uint32_t count)
{
    memcpy(to->stamps, from->stamps, count * sizeof *to->stamps);
    memcpy(to->links, from->links, count * sizeof *to->links);
    memcpy(to->cargo, from->cargo, count * sizeof *to->cargo);
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
        copy_chunk(&made, &tasks->chunks[0], tasks->room);
        free(tasks->chunks[0].stamps);
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

uint8_t *mjl_cargo_far(const mjl_cargo *cargo)
{
    uint8_t *far = NULL;
    memcpy(&far, cargo->args, sizeof far); /* Cargo is not aligned for a pointer. */
    return far;
}

void mjl_tasks_load_far(mjl_tasks *tasks, uint32_t slot, uint16_t kind, uint8_t *far, size_t size)
{
    mjl_cargo *cargo = mjl_tasks_cargo(tasks, slot);
    cargo->kind = kind;
    cargo->args_size = (uint16_t)size;
    memcpy(cargo->args, &far, sizeof far);
    tasks->far_size += size;
}

uint8_t *mjl_tasks_unload_far(mjl_tasks *tasks, uint32_t slot)
{
    const mjl_cargo *cargo = mjl_tasks_cargo(tasks, slot);
    tasks->far_size -= cargo->args_size;
    return mjl_cargo_far(cargo);
}

size_t mjl_tasks_memory(const mjl_tasks *tasks)
{
    size_t size = tasks->chunks_room * sizeof *tasks->chunks + tasks->far_size;
    for (uint32_t left = tasks->room; left > 0;) {
        const uint32_t count = left < TASKS_CHUNK_COUNT ? left : TASKS_CHUNK_COUNT;
        size += size_of_chunk(count);
        left -= count;
    }
    return size;
}
