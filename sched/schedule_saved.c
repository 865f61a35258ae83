/*
 * A schedule as bytes.
 *
 *     schedule = [1, now, next id, generator, running = nil, [task, ...]]    tasks ascending by id
 *     header   = [1, now, next id, generator, running = nil]
 *     task     = [id, due, kind, args]
 *
 * Ids ascend in the order of scheduling, so a schedule that is filled in the order of ids has every
 * bucket in the right order.
 */
#include <assert.h>

#include "majlis/schedule.h"
#include "pack.h"
#include "schedule_state.h"

enum {
    FORMAT = 1,
    HEADER_FIELDS = 5,
    TASK_FIELDS = 4,
    TASK_SIZE_MIN = 5, /* An array of four values of a byte each; an empty bin takes two. */
    TASK_SIZE_FIXED = 1 + 9 + 9 + 3 + 3,
    HEADER_SIZE_MAX = 64
};

/* ---- Order by id ---- */

typedef struct entry {
    uint64_t id;
    uint32_t slot;
} entry;

enum { RADIX_BITS = 11, RADIX_COUNT = 1 << RADIX_BITS };

/* All pending tasks in the order of slots; returns whether that is the order of ids too. */
static bool gather(const mjl_schedule *schedule, entry *entries, uint64_t *id_min, uint64_t *id_max)
{
    size_t count = 0;
    bool is_sorted = true;
    *id_min = UINT64_MAX;
    *id_max = 0;
    for (uint32_t slot = 0; slot < schedule->tasks.used; slot++) {
        if (mjl_tasks_is_idle(&schedule->tasks, slot)) continue;
        const uint64_t id = mjl_tasks_link(&schedule->tasks, slot)->id;
        if (id < *id_max) is_sorted = false;
        if (id > *id_max) *id_max = id;
        if (id < *id_min) *id_min = id;
        entries[count].id = id;
        entries[count++].slot = slot;
    }
    assert(count == schedule->wheel.count);
    return is_sorted;
}

/* One pass of a stable sort by the digit at `shift`. */
static void sort_by_digit(const entry *from, entry *to, size_t count, uint64_t id_min,
                          unsigned shift)
{
    size_t starts[RADIX_COUNT + 1] = {0};
    for (size_t i = 0; i < count; i++)
        starts[((from[i].id - id_min) >> shift & (RADIX_COUNT - 1)) + 1]++;
    for (size_t digit = 1; digit < RADIX_COUNT; digit++)
        starts[digit] += starts[digit - 1];
    for (size_t i = 0; i < count; i++)
        to[starts[(from[i].id - id_min) >> shift & (RADIX_COUNT - 1)]++] = from[i];
}

/* All pending tasks in the order of ids; the caller frees. */
static mjl_result sorted_entries(const mjl_schedule *schedule, entry **sorted)
{
    const size_t count = schedule->wheel.count;
    entry *entries = (entry *)malloc((count + 1) * sizeof *entries);
    entry *other = NULL;
    *sorted = NULL;
    if (entries == NULL) return MJL_OUT_OF_MEMORY;
    uint64_t id_min = 0;
    uint64_t id_max = 0;
    if (!gather(schedule, entries, &id_min, &id_max)) {
        other = (entry *)malloc(count * sizeof *other);
        if (other == NULL) {
            free(entries);
            return MJL_OUT_OF_MEMORY;
        }
        for (unsigned shift = 0; shift < 64 && (id_max - id_min) >> shift != 0;
             shift += RADIX_BITS) {
            sort_by_digit(entries, other, count, id_min, shift);
            entry *swapped = entries;
            entries = other;
            other = swapped;
        }
    }
    free(other);
    *sorted = entries;
    return MJL_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void mjl_schedule_ids(const mjl_schedule *schedule, uint64_t *ids)
{
    size_t count = 0;
    for (uint32_t slot = 0; slot < schedule->tasks.used; slot++) {
        if (!mjl_tasks_is_idle(&schedule->tasks, slot))
            ids[count++] = mjl_tasks_link(&schedule->tasks, slot)->id;
    }
    if (count != 0) qsort(ids, count, sizeof *ids, compare_ids);
}

/* ---- Writing ---- */

static void pack_header_fields(const mjl_schedule *schedule, mjl_pack *pack)
{
    mjl_pack_uint(pack, FORMAT);
    mjl_pack_int(pack, schedule->now);
    mjl_pack_uint(pack, schedule->next_id);
    mjl_pack_uint(pack, schedule->generator);
    mjl_pack_nil(pack);
}

static void pack_task(const mjl_task *task, mjl_pack *pack)
{
    mjl_pack_array(pack, TASK_FIELDS);
    mjl_pack_uint(pack, task->id);
    mjl_pack_int(pack, task->due);
    mjl_pack_uint(pack, task->kind);
    mjl_pack_bin(pack, task->args);
}

/* Nothing was written unless all was. */
static mjl_result finish(const mjl_pack *pack, size_t size_before)
{
    if (pack->result != MJL_OK) pack->out->size = size_before;
    return pack->result;
}

mjl_result mjl_schedule_record(const mjl_task *task, mjl_buffer *out)
{
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    pack_task(task, &pack);
    return finish(&pack, size_before);
}

mjl_result mjl_schedule_header(const mjl_schedule *schedule, mjl_buffer *out)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, HEADER_FIELDS);
    pack_header_fields(schedule, &pack);
    return finish(&pack, size_before);
}

/* All room at once: growing would copy, and wipe, what was written so far. */
static mjl_result reserve_out(const mjl_schedule *schedule, const entry *entries, mjl_buffer *out)
{
    size_t size = HEADER_SIZE_MAX;
    for (size_t i = 0; i < schedule->wheel.count; i++)
        size += TASK_SIZE_FIXED + mjl_tasks_link(&schedule->tasks, entries[i].slot)->args_size;
    return mjl_buffer_reserve(out, size);
}

mjl_result mjl_schedule_save(const mjl_schedule *schedule, mjl_buffer *out)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    const size_t size_before = out->size;
    entry *entries = NULL;
    mjl_result result = sorted_entries(schedule, &entries);
    if (result == MJL_OK) result = reserve_out(schedule, entries, out);
    mjl_pack pack = {out, result};
    mjl_pack_array(&pack, HEADER_FIELDS + 1);
    pack_header_fields(schedule, &pack);
    mjl_pack_array(&pack, schedule->wheel.count);
    for (size_t i = 0; i < schedule->wheel.count && pack.result == MJL_OK; i++) {
        const mjl_task task = mjl_schedule_show(schedule, entries[i].slot);
        pack_task(&task, &pack);
    }
    free(entries);
    return finish(&pack, size_before);
}

/* ---- Reading ---- */

static void unpack_header_fields(mjl_schedule *schedule, mjl_unpack *unpack)
{
    if (mjl_unpack_uint(unpack) != FORMAT) mjl_unpack_fail(unpack, MJL_UNKNOWN_VERSION);
    schedule->now = mjl_unpack_int(unpack);
    schedule->next_id = mjl_unpack_uint(unpack);
    schedule->generator = mjl_unpack_uint(unpack);
    const bool is_cut_off = unpack->at == unpack->bytes.size;
    if (!is_cut_off && !mjl_unpack_is_nil(unpack)) mjl_unpack_fail(unpack, MJL_SAVED_RUNNING);
    mjl_unpack_nil(unpack);
    if (schedule->next_id == MJL_TASK_ID_NONE) mjl_unpack_fail(unpack, MJL_MALFORMED);
    mjl_wheel_init(&schedule->wheel, mjl_key_of(schedule->now));
    /* What is read is what was persisted. */
    schedule->journal_from = schedule->next_id;
    schedule->is_restoring = true;
}

static mjl_result check_task(const mjl_schedule *schedule, const mjl_task *task)
{
    if (task->id == MJL_TASK_ID_NONE) return MJL_MALFORMED;
    if (task->id >= schedule->next_id) return MJL_SAVED_ID_TOO_HIGH;
    if (task->id == schedule->restored_id) return MJL_SAVED_DUPLICATE_ID;
    if (task->id < schedule->restored_id) return MJL_SAVED_ORDER;
    if (task->due < schedule->now) return MJL_SAVED_IN_THE_PAST;
    if (task->due > MJL_DUE_MAX) return MJL_TOO_LARGE;
    if (!mjl_schedule_has_kind(schedule, task->kind)) return MJL_UNKNOWN_KIND;
    return MJL_OK;
}

static void unpack_task(mjl_schedule *schedule, mjl_unpack *unpack)
{
    mjl_unpack_array_of(unpack, TASK_FIELDS);
    mjl_task task = {.id = mjl_unpack_uint(unpack)};
    task.due = mjl_unpack_int(unpack);
    task.kind = (uint16_t)mjl_unpack_uint_to(unpack, UINT16_MAX);
    task.args = mjl_unpack_bin_to(unpack, MJL_TASK_ARGS_MAX);
    if (unpack->result != MJL_OK) return;
    mjl_result result = check_task(schedule, &task);
    if (result == MJL_OK) result = mjl_schedule_insert(schedule, &task);
    schedule->restored_id = task.id;
    mjl_unpack_fail(unpack, result);
}

static void unpack_tasks(mjl_schedule *schedule, mjl_unpack *unpack)
{
    const size_t count = mjl_unpack_array(unpack);
    /* Before anything is allocated by it: so many cannot follow. */
    if (count > (unpack->bytes.size - unpack->at) / TASK_SIZE_MIN)
        mjl_unpack_fail(unpack, MJL_TRUNCATED);
    if (count > MJL_TASKS_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++)
        unpack_task(schedule, unpack);
}

/* Ends the making of a schedule: it is given out or freed. */
static mjl_result hand_over(mjl_schedule *made, mjl_result result, mjl_schedule **schedule)
{
    if (result == MJL_OK) {
        *schedule = made;
    } else {
        mjl_schedule_free(made);
    }
    return result;
}

mjl_result mjl_schedule_load(mjl_task_kinds kinds, mjl_bytes saved, mjl_schedule **schedule)
{
    mjl_schedule *made = NULL;
    const mjl_result result = mjl_schedule_make(kinds, &made);
    if (result != MJL_OK) return result;
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, HEADER_FIELDS + 1);
    unpack_header_fields(made, &unpack);
    unpack_tasks(made, &unpack);
    made->is_restoring = false;
    return hand_over(made, mjl_unpack_end(&unpack), schedule);
}

mjl_result mjl_schedule_restore(mjl_task_kinds kinds, mjl_bytes header, mjl_schedule **schedule)
{
    mjl_schedule *made = NULL;
    const mjl_result result = mjl_schedule_make(kinds, &made);
    if (result != MJL_OK) return result;
    mjl_unpack unpack = mjl_unpack_from(header);
    mjl_unpack_array_of(&unpack, HEADER_FIELDS);
    unpack_header_fields(made, &unpack);
    return hand_over(made, mjl_unpack_end(&unpack), schedule);
}

mjl_result mjl_schedule_restore_task(mjl_schedule *schedule, mjl_bytes record)
{
    assert(schedule->is_restoring);
    mjl_unpack unpack = mjl_unpack_from(record);
    unpack_task(schedule, &unpack);
    return mjl_unpack_end(&unpack);
}

mjl_result mjl_schedule_restore_finish(mjl_schedule *schedule, size_t tasks_count)
{
    assert(schedule->is_restoring);
    if (schedule->wheel.count != tasks_count) return MJL_TRUNCATED;
    schedule->is_restoring = false;
    return MJL_OK;
}
