#include "tasks.h"

#include "room.h"

enum {
    ROOM_MIN = 16,
    ROOM_FACTOR = 4, /* By which the first chunk grows. */
    CHUNKS_ROOM_MIN = 8,
    GROUP = 8, /* Chunks made together, once there are as many. */
    CHUNK_SIZE = 256 << 10,
    TASK_SIZE = sizeof(mjl_stamp) + sizeof(mjl_task_link) + sizeof(mjl_cargo)
};

_Static_assert((size_t)TASKS_CHUNK_COUNT *TASK_SIZE <= CHUNK_SIZE, "eight in a huge page");

void mjl_tasks_init(mjl_tasks *tasks)
{
    memset(tasks, 0, sizeof *tasks);
    tasks->idle_first = SLOT_NONE;
}

void mjl_tasks_clear(mjl_tasks *tasks)
{
    for (uint32_t i = 0; i < tasks->chunks_count; i++) {
        if (i < GROUP || i % GROUP == 0) free(tasks->chunks[i].stamps);
    }
    free(tasks->chunks);
    mjl_tasks_init(tasks);
}

static mjl_result reserve_chunks(mjl_tasks *tasks)
{
    const uint32_t need = tasks->chunks_count + GROUP;
    if (need <= tasks->chunks_room) return MJL_OK;
    const uint32_t room = need < CHUNKS_ROOM_MIN ? CHUNKS_ROOM_MIN : need + need / 2;
    mjl_task_chunk *chunks = (mjl_task_chunk *)realloc(tasks->chunks, room * sizeof *chunks);
    if (chunks == NULL) return MJL_OUT_OF_MEMORY;
    tasks->chunks = chunks;
    tasks->chunks_room = room;
    return MJL_OK;
}

/* A chunk for `count` tasks in memory of its own or of its group. */
static mjl_task_chunk lay_out(uint8_t *memory, uint32_t count)
{
    mjl_task_chunk chunk;
    chunk.stamps = (mjl_stamp *)(void *)memory;
    chunk.links = (mjl_task_link *)(void *)(chunk.stamps + count);
    chunk.cargo = (mjl_cargo *)(void *)(chunk.links + count);
    return chunk;
}

static void copy_chunk(const mjl_task_chunk *to, const mjl_task_chunk *from, uint32_t count)
{
    memcpy(to->stamps, from->stamps, count * sizeof *to->stamps);
    memcpy(to->links, from->links, count * sizeof *to->links);
    memcpy(to->cargo, from->cargo, count * sizeof *to->cargo);
}

/* The first chunk grows until it is whole. */
static mjl_result grow_first(mjl_tasks *tasks)
{
    const uint32_t room = tasks->room == 0 ? ROOM_MIN : tasks->room * ROOM_FACTOR;
    uint8_t *memory = (uint8_t *)mjl_room_new((size_t)room * TASK_SIZE);
    if (memory == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_task_chunk made = lay_out(memory, room);
    if (tasks->room != 0) {
        copy_chunk(&made, &tasks->chunks[0], tasks->room);
        free(tasks->chunks[0].stamps);
    }
    tasks->chunks[0] = made;
    tasks->chunks_count = 1;
    tasks->room = room;
    return MJL_OK;
}

static mjl_result add_chunks(mjl_tasks *tasks, uint32_t count)
{
    uint8_t *memory = (uint8_t *)mjl_room_new((size_t)count * CHUNK_SIZE);
    if (memory == NULL) return MJL_OUT_OF_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        tasks->chunks[tasks->chunks_count++] =
            lay_out(memory + (size_t)i * CHUNK_SIZE, TASKS_CHUNK_COUNT);
    }
    tasks->room += count * TASKS_CHUNK_COUNT;
    return MJL_OK;
}

mjl_result mjl_tasks_grow(mjl_tasks *tasks)
{
    if (tasks->used == MJL_TASKS_MAX) return MJL_FULL;
    const mjl_result result = reserve_chunks(tasks);
    if (result != MJL_OK) return result;
    if (tasks->room < TASKS_CHUNK_COUNT) return grow_first(tasks);
    return add_chunks(tasks, tasks->chunks_count < GROUP ? 1 : GROUP);
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
    const bool is_whole = tasks->room >= TASKS_CHUNK_COUNT;
    const size_t first = (size_t)(is_whole ? TASKS_CHUNK_COUNT : tasks->room) * TASK_SIZE;
    const size_t others = tasks->chunks_count > 1 ? (tasks->chunks_count - 1) * CHUNK_SIZE : 0;
    return tasks->chunks_room * sizeof *tasks->chunks + first + others + tasks->far_size;
}
