#include "wheel.h"

#include <assert.h>

enum { HEAP_ROOM_MIN = 16 };

void mjl_wheel_init(mjl_wheel *wheel, uint64_t now)
{
    memset(wheel, 0, sizeof *wheel);
    wheel->cursor = mjl_wheel_span(now);
}

void mjl_wheel_clear(mjl_wheel *wheel)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        free(wheel->rows[level]);
    free(wheel->heap);
    mjl_wheel_init(wheel, 0);
}

/* ---- The heap of the front: the first task to run is at its root ---- */

static bool is_before(const mjl_stored_task *a, const mjl_stored_task *b)
{
    return a->key != b->key ? a->key < b->key : a->id < b->id;
}

static void put(mjl_wheel *wheel, uint32_t position, uint32_t place, mjl_stored_task *task)
{
    wheel->heap[position] = place;
    task->heap_position = position;
}

static void sift_up(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t position, uint32_t place)
{
    mjl_stored_task *const task = mjl_tasks_at(tasks, place);
    while (position > 0) {
        const uint32_t above = wheel->heap[(position - 1) / 2];
        mjl_stored_task *const parent = mjl_tasks_at(tasks, above);
        if (!is_before(task, parent)) break;
        put(wheel, position, above, parent);
        position = (position - 1) / 2;
    }
    put(wheel, position, place, task);
}

static void sift_down(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t position, uint32_t count,
                      uint32_t place)
{
    mjl_stored_task *const task = mjl_tasks_at(tasks, place);
    for (;;) {
        uint32_t child = position * 2 + 1;
        if (child >= count) break;
        mjl_stored_task *first = mjl_tasks_at(tasks, wheel->heap[child]);
        if (child + 1 < count) {
            mjl_stored_task *const other = mjl_tasks_at(tasks, wheel->heap[child + 1]);
            if (is_before(other, first)) {
                first = other;
                child++;
            }
        }
        if (!is_before(first, task)) break;
        put(wheel, position, wheel->heap[child], first);
        position = child;
    }
    put(wheel, position, place, task);
}

/* The front's last task, which is filled by now, enters the heap. */
void mjl_wheel_rise(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t place)
{
    assert(wheel->front.count <= wheel->heap_room);
    sift_up(wheel, tasks, wheel->front.count - 1, place);
}

/* The heap closes up; the front still counts the task. */
void mjl_wheel_leave_heap(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t position)
{
    const uint32_t count = wheel->front.count - 1;
    assert(position <= count);
    if (position == count) return;
    const uint32_t moved = wheel->heap[count];
    const mjl_stored_task *task = mjl_tasks_at(tasks, moved);
    const bool rises =
        position > 0 && is_before(task, mjl_tasks_at(tasks, wheel->heap[(position - 1) / 2]));
    if (rises) {
        sift_up(wheel, tasks, position, moved);
    } else {
        sift_down(wheel, tasks, position, count, moved);
    }
}

/* ---- Room ---- */

static mjl_result reserve_heap(mjl_wheel *wheel, uint32_t count)
{
    if (count <= wheel->heap_room) return MJL_OK;
    uint32_t room = wheel->heap_room < HEAP_ROOM_MIN ? HEAP_ROOM_MIN : wheel->heap_room;
    while (room < count)
        room *= 2;
    uint32_t *heap = (uint32_t *)realloc(wheel->heap, room * sizeof *heap);
    if (heap == NULL) return MJL_OUT_OF_MEMORY;
    wheel->heap = heap;
    wheel->heap_room = room;
    return MJL_OK;
}

static mjl_result reserve_row(mjl_wheel *wheel, unsigned level)
{
    if (wheel->rows[level] != NULL) return MJL_OK;
    wheel->rows[level] = (mjl_wheel_row *)calloc(1, sizeof(mjl_wheel_row));
    return wheel->rows[level] == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

mjl_result mjl_wheel_grow(mjl_wheel *wheel, uint64_t key)
{
    if (mjl_wheel_is_front(wheel, key)) return reserve_heap(wheel, wheel->front.count + 1);
    const unsigned top = mjl_wheel_level(mjl_wheel_span(key), wheel->cursor);
    for (unsigned level = 0; level <= top; level++) {
        const mjl_result result = reserve_row(wheel, level);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Moving down ---- */

static bool is_row_empty(const mjl_wheel_row *row)
{
    return (row->occupied[0] | row->occupied[1] | row->occupied[2] | row->occupied[3]) == 0;
}

void mjl_wheel_mark_empty(mjl_wheel *wheel, unsigned level, unsigned digit)
{
    mjl_wheel_row *row = wheel->rows[level];
    row->occupied[digit / 64] &= ~((uint64_t)1 << (digit % 64));
    if (is_row_empty(row)) wheel->occupied &= ~(1u << level);
}

static unsigned first_digit(const mjl_wheel_row *row)
{
    unsigned word = 0;
    while (row->occupied[word] == 0)
        word++;
    return word * 64 + (unsigned)__builtin_ctzll(row->occupied[word]);
}

/* The bucket's blocks become free one by one; but the first tasks may all go to different ones. */
static mjl_result reserve_descent(mjl_wheel *wheel, mjl_tasks *tasks, uint32_t count)
{
    const mjl_result result = reserve_heap(wheel, wheel->front.count + count);
    if (result != MJL_OK) return result;
    return mjl_tasks_reserve(tasks, (count < WHEEL_BUCKETS ? count : WHEEL_BUCKETS) + 1);
}

static void move_task(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids, uint32_t from)
{
    const mjl_stored_task *const task = mjl_tasks_at(tasks, from);
    const uint32_t to = mjl_wheel_make_place(wheel, tasks, task->key);
    mjl_stored_task *const moved = mjl_tasks_at(tasks, to);
    *moved = *task;
    mjl_ids_moved(ids, moved, to);
    if (mjl_wheel_is_front(wheel, moved->key)) mjl_wheel_rise(wheel, tasks, to);
}

static void prefetch_block(const mjl_tasks *tasks, uint32_t block)
{
    const mjl_stored_task *task = mjl_tasks_at(tasks, block * TASKS_PER_BLOCK);
    for (unsigned i = 0; i < TASKS_PER_BLOCK; i++)
        __builtin_prefetch(&task[i]);
}

/* Moves the cursor up to a span in that bucket: its tasks move down. */
static mjl_result descend(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids, unsigned level,
                          unsigned digit, uint64_t cursor)
{
    mjl_bucket *const emptied = &wheel->rows[level]->buckets[digit];
    const mjl_result result = reserve_descent(wheel, tasks, emptied->count);
    if (result != MJL_OK) return result;
    mjl_bucket bucket = *emptied;
    emptied->count = 0;
    mjl_wheel_mark_empty(wheel, level, digit);
    wheel->cursor = cursor;
    while (bucket.count > 0) {
        if (bucket.count % TASKS_PER_BLOCK == 0 && bucket.count > TASKS_PER_BLOCK)
            prefetch_block(tasks, *mjl_tasks_below(tasks, bucket.top));
        move_task(wheel, tasks, ids, mjl_bucket_last(&bucket));
        mjl_bucket_pop(&bucket, tasks);
    }
    return MJL_OK;
}

mjl_result mjl_wheel_first(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids, uint64_t limit,
                           uint32_t *place)
{
    *place = PLACE_NONE;
    while (wheel->front.count == 0 && wheel->occupied != 0) {
        const unsigned level = (unsigned)__builtin_ctz(wheel->occupied);
        const unsigned digit = first_digit(wheel->rows[level]);
        const unsigned shift = level * WHEEL_DIGIT_BITS;
        /* The digits above are the cursor's, those below 0: the first span of the bucket. */
        const uint64_t above = wheel->cursor >> shift & ~(uint64_t)(WHEEL_BUCKETS - 1);
        const uint64_t span = (above | digit) << shift;
        if (span << WHEEL_SPAN_BITS >= limit) return MJL_OK;
        const mjl_result result = descend(wheel, tasks, ids, level, digit, span);
        if (result != MJL_OK) return result;
    }
    if (wheel->front.count != 0 && mjl_tasks_at(tasks, wheel->heap[0])->key < limit)
        *place = wheel->heap[0];
    return MJL_OK;
}

void mjl_wheel_advance(mjl_wheel *wheel, mjl_tasks *tasks, mjl_ids *ids, uint64_t now)
{
    const uint64_t cursor = mjl_wheel_span(now);
    if (wheel->count == 0) wheel->cursor = cursor;
    if (cursor <= wheel->cursor) return;
    assert(wheel->front.count == 0);
    const unsigned level = mjl_wheel_level(cursor, wheel->cursor);
    const unsigned digit = mjl_wheel_digit(cursor, level);
    const mjl_wheel_row *row = wheel->rows[level];
    if (row == NULL || row->buckets[digit].count == 0) {
        wheel->cursor = cursor;
        return;
    }
    /* Without memory the cursor stays behind, which costs time later and nothing else. */
    const mjl_result result = descend(wheel, tasks, ids, level, digit, cursor);
    (void)result;
}

/* ---- Checking ---- */

static bool check_task(const mjl_wheel *wheel, const mjl_tasks *tasks, const mjl_ids *ids,
                       uint32_t place, unsigned level, unsigned digit)
{
    const mjl_stored_task *task = mjl_tasks_at(tasks, place);
    const uint64_t span = mjl_wheel_span(task->key);
    if (mjl_ids_find(ids, task->id) != place || span <= wheel->cursor) return false;
    return mjl_wheel_level(span, wheel->cursor) == level && mjl_wheel_digit(span, level) == digit;
}

/* All blocks of a bucket lie in the room that was used, and there are as many as it needs. */
static bool check_stack(const mjl_tasks *tasks, const mjl_bucket *bucket)
{
    uint32_t block = bucket->top;
    for (uint32_t left = bucket->count; left > 0;) {
        if (block >= tasks->blocks_used) return false;
        const uint32_t here = (left - 1) % TASKS_PER_BLOCK + 1;
        left -= here;
        block = *mjl_tasks_below(tasks, block);
    }
    return true;
}

static bool check_bucket(const mjl_wheel *wheel, const mjl_tasks *tasks, const mjl_ids *ids,
                         unsigned level, unsigned digit)
{
    const mjl_bucket *bucket = &wheel->rows[level]->buckets[digit];
    const bool is_marked = (wheel->rows[level]->occupied[digit / 64] >> (digit % 64) & 1) != 0;
    if (is_marked != (bucket->count != 0) || !check_stack(tasks, bucket)) return false;
    uint32_t block = bucket->top;
    for (uint32_t left = bucket->count; left > 0; block = *mjl_tasks_below(tasks, block)) {
        const uint32_t here = (left - 1) % TASKS_PER_BLOCK + 1;
        for (uint32_t i = 0; i < here; i++) {
            const uint32_t place = block * TASKS_PER_BLOCK + i;
            if (!check_task(wheel, tasks, ids, place, level, digit)) return false;
        }
        left -= here;
    }
    return true;
}

static bool check_front(const mjl_wheel *wheel, const mjl_tasks *tasks, const mjl_ids *ids)
{
    if (!check_stack(tasks, &wheel->front)) return false;
    for (uint32_t i = 0; i < wheel->front.count; i++) {
        const mjl_stored_task *task = mjl_tasks_at(tasks, wheel->heap[i]);
        if (task->heap_position != i || !mjl_wheel_is_front(wheel, task->key)) return false;
        if (mjl_ids_find(ids, task->id) != wheel->heap[i]) return false;
        if (i > 0 && is_before(task, mjl_tasks_at(tasks, wheel->heap[(i - 1) / 2]))) return false;
    }
    return true;
}

static uint32_t blocks_of(const mjl_bucket *bucket)
{
    return (bucket->count + TASKS_PER_BLOCK - 1) / TASKS_PER_BLOCK;
}

bool mjl_wheel_check(const mjl_wheel *wheel, const mjl_tasks *tasks, const mjl_ids *ids)
{
    if (!check_front(wheel, tasks, ids)) return false;
    uint64_t count = wheel->front.count;
    uint64_t blocks = blocks_of(&wheel->front) + tasks->idle_count;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        const mjl_wheel_row *row = wheel->rows[level];
        const bool is_marked = (wheel->occupied >> level & 1) != 0;
        if (is_marked != (row != NULL && !is_row_empty(row))) return false;
        for (unsigned digit = 0; row != NULL && digit < WHEEL_BUCKETS; digit++) {
            if (!check_bucket(wheel, tasks, ids, level, digit)) return false;
            count += row->buckets[digit].count;
            blocks += blocks_of(&row->buckets[digit]);
        }
    }
    return count == wheel->count && blocks == tasks->blocks_used;
}

size_t mjl_wheel_memory(const mjl_wheel *wheel)
{
    size_t size = wheel->heap_room * sizeof *wheel->heap;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        if (wheel->rows[level] != NULL) size += sizeof(mjl_wheel_row);
    }
    return size;
}
