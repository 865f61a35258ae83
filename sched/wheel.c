#include "wheel.h"

#include "array.h"

#include <assert.h>

static uint64_t without_lowest_digit(uint64_t key)
{
    return key & ~(uint64_t)WHEEL_DIGIT_MASK;
}

void mjl_wheel_init(mjl_wheel *wheel, uint64_t now)
{
    memset(wheel, 0, sizeof *wheel);
    wheel->cursor = without_lowest_digit(now);
}

void mjl_wheel_clear(mjl_wheel *wheel)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++)
        free(wheel->levels[level]);
    free(wheel->early);
    mjl_wheel_init(wheel, 0);
}

/* ---- Early tasks: a binary heap of slots; each link's `prev` is its position ---- */

static bool is_before(const mjl_tasks *tasks, uint32_t a, uint32_t b)
{
    const mjl_stamp stamp_a = *mjl_tasks_stamp(tasks, a);
    const mjl_stamp stamp_b = *mjl_tasks_stamp(tasks, b);
    return stamp_a.key != stamp_b.key ? stamp_a.key < stamp_b.key : stamp_a.id < stamp_b.id;
}

static void put_early(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t at, uint32_t slot)
{
    wheel->early[at] = slot;
    mjl_tasks_link(tasks, slot)->prev = at;
}

static void sift_up(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t at, uint32_t slot)
{
    while (at > 0 && is_before(tasks, slot, wheel->early[(at - 1) / 2])) {
        put_early(wheel, tasks, at, wheel->early[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put_early(wheel, tasks, at, slot);
}

static void sift_down(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t at, uint32_t slot)
{
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child >= wheel->early_count) break;
        const uint32_t other = child + 1;
        if (other < wheel->early_count &&
            is_before(tasks, wheel->early[other], wheel->early[child]))
            child = other;
        if (!is_before(tasks, wheel->early[child], slot)) break;
        put_early(wheel, tasks, at, wheel->early[child]);
        at = child;
    }
    put_early(wheel, tasks, at, slot);
}

void mjl_wheel_add_early(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot)
{
    assert(wheel->early_count < wheel->early_room);
    mjl_tasks_link(tasks, slot)->next = SLOT_EARLY;
    sift_up(wheel, tasks, wheel->early_count++, slot);
}

void mjl_wheel_remove_early(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot)
{
    const uint32_t at = mjl_tasks_link(tasks, slot)->prev;
    assert(at < wheel->early_count);
    assert(wheel->early[at] == slot);
    const uint32_t moved = wheel->early[--wheel->early_count];
    if (moved == slot) return;
    if (at > 0 && is_before(tasks, moved, wheel->early[(at - 1) / 2])) {
        sift_up(wheel, tasks, at, moved);
    } else {
        sift_down(wheel, tasks, at, moved);
    }
}

/* ---- Buckets ---- */

static bool is_row_empty(const mjl_wheel_row *row)
{
    return (row->occupied[0] | row->occupied[1] | row->occupied[2] | row->occupied[3]) == 0;
}

static void mark_empty(mjl_wheel *wheel, unsigned level, unsigned digit)
{
    mjl_wheel_row *row = wheel->levels[level];
    row->occupied[digit / 64] &= ~((uint64_t)1 << (digit % 64));
    if (is_row_empty(row)) wheel->occupied &= ~(1u << level);
}

void mjl_wheel_unlink_end(mjl_wheel *wheel, const mjl_tasks *tasks, uint32_t slot)
{
    const mjl_task_link link = *mjl_tasks_link(tasks, slot);
    const mjl_spot spot = mjl_wheel_spot(wheel, mjl_tasks_stamp(tasks, slot)->key);
    assert(spot.row != NULL);
    assert(spot.row != NULL); /* Early tasks stand in no bucket. */
    mjl_bucket *const bucket = &spot.row->buckets[spot.digit];
    if (link.prev == SLOT_NONE) {
        bucket->first = link.next;
    } else {
        mjl_tasks_link(tasks, link.prev)->next = link.next;
    }
    if (link.next == SLOT_NONE) {
        bucket->last = link.prev;
    } else {
        mjl_tasks_link(tasks, link.next)->prev = link.prev;
    }
    if (link.prev == SLOT_NONE && link.next == SLOT_NONE) mark_empty(wheel, spot.level, spot.digit);
}

static unsigned first_digit(const mjl_wheel_row *row)
{
    const unsigned low = row->occupied[0] != 0 ? 0 : 1;
    const unsigned high = row->occupied[2] != 0 ? 2 : 3;
    const unsigned word = (row->occupied[0] | row->occupied[1]) != 0 ? low : high;
    return word * 64 + (unsigned)__builtin_ctzll(row->occupied[word]);
}

/* Moves the cursor up to a key in that bucket: its tasks move down, in their order. */
static void descend(mjl_wheel *wheel, const mjl_tasks *tasks, unsigned level, unsigned digit,
                    uint64_t cursor)
{
    uint32_t slot = wheel->levels[level]->buckets[digit].first;
    mark_empty(wheel, level, digit);
    wheel->cursor = cursor;
    while (slot != SLOT_NONE) {
        const uint32_t next = mjl_tasks_link(tasks, slot)->next;
        if (level == 1) __builtin_prefetch(mjl_tasks_cargo(tasks, slot)); /* It runs soon. */
        const uint64_t key = mjl_tasks_stamp(tasks, slot)->key;
        mjl_wheel_append(wheel, tasks, slot, mjl_wheel_spot(wheel, key));
        slot = next;
    }
}

/* ---- The order ---- */

static mjl_result reserve_level(mjl_wheel *wheel, unsigned level)
{
    if (wheel->levels[level] != NULL) return MJL_OK;
    wheel->levels[level] = (mjl_wheel_row *)calloc(1, sizeof(mjl_wheel_row));
    return wheel->levels[level] == NULL ? MJL_OUT_OF_MEMORY : MJL_OK;
}

static mjl_result reserve_early(mjl_wheel *wheel)
{
    return mjl_array_reserve(&wheel->early, wheel->early_count, &wheel->early_room, 1,
                             sizeof *wheel->early);
}

mjl_result mjl_wheel_grow(mjl_wheel *wheel, uint64_t key, mjl_spot *spot)
{
    if (key < wheel->cursor) return reserve_early(wheel);
    const unsigned top = mjl_wheel_level(key, wheel->cursor);
    for (unsigned level = 0; level <= top; level++) {
        const mjl_result result = reserve_level(wheel, level);
        if (result != MJL_OK) return result;
    }
    *spot = mjl_wheel_spot(wheel, key);
    return MJL_OK;
}

uint32_t mjl_wheel_first(mjl_wheel *wheel, const mjl_tasks *tasks, uint64_t limit)
{
    if (wheel->early_count != 0) {
        const uint32_t slot = wheel->early[0];
        return mjl_tasks_stamp(tasks, slot)->key < limit ? slot : SLOT_NONE;
    }
    while (wheel->occupied != 0) {
        const unsigned level = (unsigned)__builtin_ctz(wheel->occupied);
        const mjl_wheel_row *row = wheel->levels[level];
        const unsigned digit = first_digit(row);
        const unsigned shift = level * WHEEL_DIGIT_BITS;
        /* The digits above are the cursor's, those below 0: the start of the bucket. */
        const uint64_t start = ((wheel->cursor >> shift & ~(uint64_t)WHEEL_DIGIT_MASK) | digit)
                               << shift;
        if (start >= limit) return SLOT_NONE;
        const mjl_bucket bucket = row->buckets[digit];
        if (level == 0) return bucket.first;
        /* A single task is the first wherever it lives: no need to move it. */
        if (bucket.first == bucket.last)
            return mjl_tasks_stamp(tasks, bucket.first)->key < limit ? bucket.first : SLOT_NONE;
        descend(wheel, tasks, level, digit, start);
    }
    return SLOT_NONE;
}

void mjl_wheel_advance(mjl_wheel *wheel, const mjl_tasks *tasks, uint64_t now)
{
    const uint64_t cursor = without_lowest_digit(now);
    if (wheel->count == 0) {
        wheel->cursor = cursor;
        return;
    }
    if (cursor <= wheel->cursor) return;
    assert(wheel->early_count == 0);
    const unsigned level = mjl_wheel_level(cursor, wheel->cursor);
    const unsigned digit = mjl_wheel_digit(cursor, level);
    const mjl_wheel_row *row = wheel->levels[level];
    if (row != NULL && (row->occupied[digit / 64] >> (digit % 64) & 1) != 0) {
        descend(wheel, tasks, level, digit, cursor);
    } else {
        wheel->cursor = cursor;
    }
}

/* ---- Checking ---- */

/* Returns how many tasks the bucket holds, or SLOT_NONE if something is wrong with it. */
static uint32_t check_bucket(const mjl_wheel *wheel, const mjl_tasks *tasks, unsigned level,
                             unsigned digit)
{
    const mjl_bucket bucket = wheel->levels[level]->buckets[digit];
    uint32_t count = 0;
    uint32_t before = SLOT_NONE;
    for (uint32_t slot = bucket.first; slot != SLOT_NONE;
         slot = mjl_tasks_link(tasks, slot)->next) {
        if (slot >= tasks->used || count++ == wheel->count) return SLOT_NONE;
        const uint64_t key = mjl_tasks_stamp(tasks, slot)->key;
        if (mjl_tasks_link(tasks, slot)->prev != before || key < wheel->cursor) return SLOT_NONE;
        if (mjl_wheel_level(key, wheel->cursor) != level) return SLOT_NONE;
        if (mjl_wheel_digit(key, level) != digit) return SLOT_NONE;
        before = slot;
    }
    return count == 0 || bucket.last != before ? SLOT_NONE : count;
}

static bool check_early(const mjl_wheel *wheel, const mjl_tasks *tasks)
{
    for (uint32_t at = 0; at < wheel->early_count; at++) {
        const uint32_t slot = wheel->early[at];
        if (slot >= tasks->used || mjl_tasks_link(tasks, slot)->prev != at) return false;
        if (mjl_tasks_link(tasks, slot)->next != SLOT_EARLY) return false;
        if (mjl_tasks_stamp(tasks, slot)->key >= wheel->cursor) return false;
        if (at > 0 && is_before(tasks, slot, wheel->early[(at - 1) / 2])) return false;
    }
    return true;
}

bool mjl_wheel_check(const mjl_wheel *wheel, const mjl_tasks *tasks)
{
    if (mjl_wheel_digit(wheel->cursor, 0) != 0 || !check_early(wheel, tasks)) return false;
    uint64_t count = wheel->early_count;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        const mjl_wheel_row *row = wheel->levels[level];
        const bool is_marked = (wheel->occupied >> level & 1) != 0;
        if (is_marked != (row != NULL && !is_row_empty(row))) return false;
        for (unsigned digit = 0; row != NULL && digit < WHEEL_BUCKETS; digit++) {
            if ((row->occupied[digit / 64] >> (digit % 64) & 1) == 0) continue;
            const uint32_t found = check_bucket(wheel, tasks, level, digit);
            if (found == SLOT_NONE) return false;
            count += found;
        }
    }
    return count == wheel->count;
}

size_t mjl_wheel_memory(const mjl_wheel *wheel)
{
    size_t size = wheel->early_room * sizeof *wheel->early;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        if (wheel->levels[level] != NULL) size += sizeof(mjl_wheel_row);
    }
    return size;
}
