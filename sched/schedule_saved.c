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
    TASK_SIZE_FIXED = 1 + 9 + 9 + 3 + 3,
    HEADER_SIZE_MAX = 64,
    LOOKOUT = 16 /* Tasks fetched ahead of the one that is written. */
};

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
static mjl_result reserve_out(const mjl_schedule *schedule, mjl_buffer *out)
{
    const size_t count = mjl_schedule_count(schedule);
    const size_t near_size = count * (TASK_SIZE_FIXED + MJL_TASK_ARGS_INLINE);
    return mjl_buffer_reserve(out, HEADER_SIZE_MAX + near_size + schedule->tasks.far_size);
}

/* Slots in the order of ids, some steps ahead: what they carry is fetched meanwhile. */
typedef struct lookout {
    mjl_ids_walk walk;
    uint32_t slots[LOOKOUT];
    size_t at;
} lookout;

/* Looks one slot further, and returns the one that was seen LOOKOUT steps ago. */
static uint32_t look_ahead(const mjl_schedule *schedule, lookout *look)
{
    const uint32_t seen = look->slots[look->at];
    const uint32_t place = mjl_ids_next(&schedule->ids, &look->walk);
    const uint32_t slot = place & ~SLOT_FAR;
    if (place != SLOT_NONE) {
        __builtin_prefetch(mjl_tasks_stamp(&schedule->tasks, slot));
        __builtin_prefetch(mjl_tasks_cargo(&schedule->tasks, slot));
    }
    look->slots[look->at] = slot;
    look->at = (look->at + 1) % LOOKOUT;
    return seen;
}

static void pack_tasks(const mjl_schedule *schedule, mjl_pack *pack)
{
    lookout look = {0};
    for (size_t i = 0; i < LOOKOUT; i++)
        look_ahead(schedule, &look);
    const size_t count = mjl_schedule_count(schedule);
    mjl_pack_array(pack, count);
    for (size_t i = 0; i < count && pack->result == MJL_OK; i++) {
        const mjl_task task = mjl_schedule_show(schedule, look_ahead(schedule, &look));
        pack_task(&task, pack);
    }
}

mjl_result mjl_schedule_save(const mjl_schedule *schedule, mjl_buffer *out)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    const size_t size_before = out->size;
    mjl_pack pack = {out, reserve_out(schedule, out)};
    mjl_pack_array(&pack, HEADER_FIELDS + 1);
    pack_header_fields(schedule, &pack);
    pack_tasks(schedule, &pack);
    return finish(&pack, size_before);
}

void mjl_schedule_ids(const mjl_schedule *schedule, uint64_t *ids)
{
    mjl_ids_walk walk = {0};
    for (size_t i = 0; i < schedule->wheel.count; i++) {
        const uint32_t slot = mjl_ids_next(&schedule->ids, &walk) & ~SLOT_FAR;
        ids[i] = mjl_tasks_stamp(&schedule->tasks, slot)->id;
    }
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
    if (count > MJL_TASKS_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++)
        unpack_task(schedule, unpack);
    if (unpack->result == MJL_OK) mjl_schedule_journal_clear(schedule);
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
    if (mjl_schedule_count(schedule) != tasks_count) return MJL_TRUNCATED;
    mjl_schedule_journal_clear(schedule);
    schedule->is_restoring = false;
    return MJL_OK;
}
