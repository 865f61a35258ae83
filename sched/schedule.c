#include "majlis/schedule.h"

#include <assert.h>

#include "schedule_state.h"

/* What runs a million times: calls and reloads would be half of it. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* ---- Kinds ---- */

/* The table is ascending; usually without holes, so the first guess is right. */
static const mjl_task_kind *find_kind(mjl_task_kinds kinds, uint16_t number)
{
    if (kinds.count == 0 || number < kinds.kinds[0].number) return NULL;
    const size_t guess = (size_t)(number - kinds.kinds[0].number);
    if (guess < kinds.count && kinds.kinds[guess].number == number) return &kinds.kinds[guess];
    size_t low = 0;
    size_t high = kinds.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (kinds.kinds[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool is_found = low < kinds.count && kinds.kinds[low].number == number;
    return is_found ? &kinds.kinds[low] : NULL;
}

bool mjl_schedule_has_kind(const mjl_schedule *schedule, uint16_t kind)
{
    return find_kind(schedule->kinds, kind) != NULL;
}

const char *mjl_schedule_kind_name(const mjl_schedule *schedule, uint16_t kind)
{
    const mjl_task_kind *found = find_kind(schedule->kinds, kind);
    return found == NULL ? NULL : found->name;
}

/* ---- Life ---- */

mjl_result mjl_schedule_make(mjl_task_kinds kinds, mjl_schedule **schedule)
{
    for (size_t i = 1; i < kinds.count; i++)
        assert(kinds.kinds[i - 1].number < kinds.kinds[i].number);
    mjl_schedule *made = (mjl_schedule *)calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->kinds = kinds;
    mjl_tasks_init(&made->tasks);
    *schedule = made;
    return MJL_OK;
}

mjl_result mjl_schedule_new(mjl_task_kinds kinds, mjl_time now, uint64_t seed,
                            mjl_schedule **schedule)
{
    const mjl_result result = mjl_schedule_make(kinds, schedule);
    if (result != MJL_OK) return result;
    (*schedule)->now = now;
    (*schedule)->next_id = MJL_TASK_ID_NONE + 1;
    (*schedule)->generator = seed;
    mjl_wheel_init(&(*schedule)->wheel, mjl_key_of(now));
    return MJL_OK;
}

static void free_far_args(mjl_schedule *schedule)
{
    mjl_ids_walk walk = {0};
    while (schedule->tasks.far_size != 0) {
        const uint32_t slot = mjl_ids_next(&schedule->ids, &walk);
        assert(slot != SLOT_NONE);
        if ((slot & SLOT_FAR) != 0) free(mjl_tasks_unload_far(&schedule->tasks, slot & ~SLOT_FAR));
    }
}

void mjl_schedule_free(mjl_schedule *schedule)
{
    if (schedule == NULL) return;
    free_far_args(schedule);
    free(schedule->running_far);
    free(schedule->removed);
    mjl_wheel_clear(&schedule->wheel);
    mjl_ids_clear(&schedule->ids);
    mjl_tasks_clear(&schedule->tasks);
    free(schedule);
}

/* ---- Tasks ---- */

mjl_task mjl_schedule_show(const mjl_schedule *schedule, uint32_t slot)
{
    const mjl_tasks *tasks = &schedule->tasks;
    const mjl_cargo *cargo = mjl_tasks_cargo(tasks, slot);
    const mjl_stamp stamp = *mjl_tasks_stamp(tasks, slot);
    const mjl_time due = mjl_time_of(stamp.key);
    const mjl_task task = {stamp.id, due, due, cargo->kind, mjl_cargo_args(cargo)};
    return task;
}

/* The task is pending from now on. The place is its slot, marked if its arguments are far; the spot
 * is where the stamp's key belongs. */
static ALWAYS_INLINE void enlist(mjl_schedule *schedule, uint32_t place, mjl_stamp stamp,
                                 mjl_spot spot)
{
    const uint32_t slot = place & ~SLOT_FAR;
    *mjl_tasks_stamp(&schedule->tasks, slot) = stamp;
    mjl_ids_add(&schedule->ids, stamp.id, place);
    mjl_wheel_put(&schedule->wheel, &schedule->tasks, slot, spot);
}

/* The task is not pending any more; its slot is the caller's. */
static ALWAYS_INLINE void strike(mjl_schedule *schedule, uint32_t place, uint64_t id)
{
    mjl_ids_remove(&schedule->ids, id);
    mjl_wheel_pull(&schedule->wheel, &schedule->tasks, place & ~SLOT_FAR);
}

static inline void note_added(mjl_schedule *schedule, uint64_t id)
{
    schedule->wheel.count++;
    schedule->added_count += id >= schedule->journal_from;
}

static inline void note_removed(mjl_schedule *schedule, uint64_t id)
{
    schedule->wheel.count--;
    if (id >= schedule->journal_from) {
        schedule->added_count--;
    } else {
        assert(schedule->removed_count < schedule->removed_room);
        schedule->removed[schedule->removed_count++] = id;
    }
}

/* Room for one more task, in all three structures and in the journal once it is cleared. */
static ALWAYS_INLINE mjl_result reserve(mjl_schedule *schedule, mjl_stamp stamp, mjl_spot *spot)
{
    if (schedule->wheel.count == 0)
        mjl_wheel_advance(&schedule->wheel, &schedule->tasks, mjl_key_of(schedule->now));
    mjl_result result = mjl_tasks_reserve(&schedule->tasks);
    if (result == MJL_OK) result = mjl_ids_reserve(&schedule->ids, stamp.id);
    if (result == MJL_OK) result = mjl_wheel_reserve(&schedule->wheel, stamp.key, spot);
    if (result == MJL_OK && schedule->wheel.count >= schedule->removed_room) {
        result = mjl_schedule_reserve_journal(schedule, schedule->wheel.count + 1);
    }
    return result;
}

/* A slot that carries far arguments. */
static mjl_result load_far(mjl_schedule *schedule, const mjl_task *task, uint32_t *place)
{
    uint8_t *far = (uint8_t *)malloc(task->args.size);
    if (far == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(far, task->args.data, task->args.size);
    const uint32_t slot = mjl_tasks_take_slot(&schedule->tasks);
    mjl_tasks_load_far(&schedule->tasks, slot, task->kind, far, task->args.size);
    *place = slot | SLOT_FAR;
    return MJL_OK;
}

static ALWAYS_INLINE mjl_result insert(mjl_schedule *schedule, const mjl_task *task)
{
    const mjl_stamp stamp = {mjl_key_of(task->due), task->id};
    mjl_spot spot;
    uint32_t place = SLOT_NONE;
    mjl_result result = reserve(schedule, stamp, &spot);
    if (result != MJL_OK) return result;
    if (task->args.size <= MJL_TASK_ARGS_INLINE) {
        place = mjl_tasks_take_slot(&schedule->tasks);
        mjl_tasks_load_near(&schedule->tasks, place, task->kind, task->args);
    } else {
        result = load_far(schedule, task, &place);
        if (result != MJL_OK) return result;
    }
    enlist(schedule, place, stamp, spot);
    note_added(schedule, task->id);
    return MJL_OK;
}

mjl_result mjl_schedule_insert(mjl_schedule *schedule, const mjl_task *task)
{
    return insert(schedule, task);
}

/* When a task `delta` from now is due; false if that is out of range. */
static inline bool due_after(const mjl_schedule *schedule, int64_t delta, mjl_time *due)
{
    if (delta < 0 || schedule->now > MJL_DUE_MAX - delta) return false;
    *due = schedule->now + delta;
    return true;
}

mjl_result mjl_schedule_after(mjl_schedule *schedule, int64_t delta, uint16_t kind, mjl_bytes args,
                              uint64_t *id)
{
    assert(!schedule->is_restoring);
    mjl_task task = {.id = schedule->next_id, .kind = kind, .args = args};
    if (!due_after(schedule, delta, &task.due)) return MJL_BAD_ARGUMENT;
    if (!mjl_schedule_has_kind(schedule, kind)) return MJL_UNKNOWN_KIND;
    if (args.size > MJL_TASK_ARGS_MAX) return MJL_TOO_LARGE;
    if (schedule->next_id == UINT64_MAX) return MJL_FULL;
    const mjl_result result = insert(schedule, &task);
    if (result != MJL_OK) return result;
    schedule->next_id++;
    if (id != NULL) *id = task.id;
    return MJL_OK;
}

bool mjl_schedule_cancel(mjl_schedule *schedule, uint64_t id)
{
    assert(!schedule->is_restoring);
    const uint32_t place = mjl_ids_find(&schedule->ids, id);
    if (place == SLOT_NONE) return false;
    const uint32_t slot = place & ~SLOT_FAR;
    strike(schedule, place, id);
    note_removed(schedule, id);
    if (place != slot) free(mjl_tasks_unload_far(&schedule->tasks, slot));
    mjl_tasks_give_slot(&schedule->tasks, slot);
    return true;
}

mjl_result mjl_schedule_renew(mjl_schedule *schedule, uint64_t id, int64_t delta, uint64_t *id_new)
{
    assert(!schedule->is_restoring);
    const uint32_t place = mjl_ids_find(&schedule->ids, id);
    if (place == SLOT_NONE) return MJL_NOT_FOUND;
    mjl_time due = 0;
    if (!due_after(schedule, delta, &due)) return MJL_BAD_ARGUMENT;
    if (schedule->next_id == UINT64_MAX) return MJL_FULL;
    const mjl_stamp stamp = {mjl_key_of(due), schedule->next_id};
    mjl_spot spot;
    mjl_result result = mjl_ids_reserve(&schedule->ids, stamp.id);
    if (result == MJL_OK) result = mjl_wheel_reserve(&schedule->wheel, stamp.key, &spot);
    if (result != MJL_OK) return result;

    strike(schedule, place, id);
    enlist(schedule, place, stamp, spot);
    schedule->next_id++;
    if (id < schedule->journal_from) {
        note_removed(schedule, id);
        note_added(schedule, stamp.id);
    }
    if (id_new != NULL) *id_new = stamp.id;
    return MJL_OK;
}

mjl_task_state mjl_schedule_status(const mjl_schedule *schedule, uint64_t id, mjl_task *task)
{
    if (id == MJL_TASK_ID_NONE) return MJL_TASK_NOT_PENDING;
    if (id == schedule->running.id) {
        if (task != NULL) *task = schedule->running;
        return MJL_TASK_RUNNING;
    }
    const uint32_t place = mjl_ids_find(&schedule->ids, id);
    if (place == SLOT_NONE) return MJL_TASK_NOT_PENDING;
    if (task != NULL) *task = mjl_schedule_show(schedule, place & ~SLOT_FAR);
    return MJL_TASK_PENDING;
}

size_t mjl_schedule_count(const mjl_schedule *schedule)
{
    return schedule->wheel.count;
}

/* ---- Time ---- */

mjl_time mjl_schedule_now(const mjl_schedule *schedule)
{
    return schedule->now;
}

mjl_result mjl_schedule_next_due(mjl_schedule *schedule, mjl_time *next_due)
{
    const uint32_t slot = mjl_wheel_first(&schedule->wheel, &schedule->tasks, UINT64_MAX);
    if (slot == SLOT_NONE) return MJL_EMPTY;
    /* `until` is exclusive. No task is due later than MJL_DUE_MAX, so this fits. */
    *next_due = mjl_time_of(mjl_tasks_stamp(&schedule->tasks, slot)->key) + 1;
    return MJL_OK;
}

/* Arguments move out of the slot, since what the task schedules may come to lie there. */
static ALWAYS_INLINE mjl_bytes move_args_out(mjl_schedule *schedule, uint32_t slot)
{
    const mjl_cargo *cargo = mjl_tasks_cargo(&schedule->tasks, slot);
    const size_t size = cargo->args_size;
    if (mjl_cargo_is_far(cargo)) {
        schedule->running_far = mjl_tasks_unload_far(&schedule->tasks, slot);
        return mjl_bytes_of(schedule->running_far, size);
    }
    memcpy(schedule->running_near, cargo->args, sizeof schedule->running_near);
    return mjl_bytes_of(schedule->running_near, size);
}

/* Makes the pending task in the slot the running one. Field by field: a structure that is copied
 * right after it was written waits for its writes to reach the cache. */
static ALWAYS_INLINE void begin(mjl_schedule *schedule, uint32_t slot, mjl_time until,
                                mjl_task *task)
{
    const mjl_stamp stamp = *mjl_tasks_stamp(&schedule->tasks, slot);
    const uint16_t kind = mjl_tasks_cargo(&schedule->tasks, slot)->kind;
    const mjl_bytes args = move_args_out(schedule, slot);
    schedule->now = mjl_time_of(stamp.key);
    schedule->running.id = task->id = stamp.id;
    schedule->running.due = task->due = schedule->now;
    schedule->running.until = task->until = until;
    schedule->running.kind = task->kind = kind;
    schedule->running.args.data = task->args.data = args.data;
    schedule->running.args.size = task->args.size = args.size;
    strike(schedule, slot, stamp.id);
    note_removed(schedule, stamp.id);
    mjl_tasks_give_slot(&schedule->tasks, slot);
}

/* Nothing is due before `until`. */
static void come_to(mjl_schedule *schedule, mjl_time until)
{
    schedule->now = until;
    mjl_wheel_advance(&schedule->wheel, &schedule->tasks, mjl_key_of(until));
}

mjl_result mjl_schedule_take(mjl_schedule *schedule, mjl_time until, mjl_task *task)
{
    assert(!schedule->is_restoring);
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    if (until < schedule->now) return MJL_TIME_WENT_BACK;
    const uint32_t slot = mjl_wheel_first(&schedule->wheel, &schedule->tasks, mjl_key_of(until));
    if (slot == SLOT_NONE) {
        come_to(schedule, until);
        return MJL_EMPTY;
    }
    begin(schedule, slot, until, task);
    return MJL_OK;
}

void mjl_schedule_done(mjl_schedule *schedule)
{
    if (schedule->running_far != NULL) {
        free(schedule->running_far);
        schedule->running_far = NULL;
    }
    schedule->running.id = MJL_TASK_ID_NONE;
}

/* The budget is spent. If nothing more is due, the time still comes. */
static mjl_result finish_within_budget(mjl_schedule *schedule, mjl_time until)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    if (until < schedule->now) return MJL_TIME_WENT_BACK;
    if (mjl_wheel_first(&schedule->wheel, &schedule->tasks, mjl_key_of(until)) != SLOT_NONE)
        return MJL_BUDGET_SPENT;
    come_to(schedule, until);
    return MJL_OK;
}

mjl_result mjl_schedule_run_to(mjl_schedule *schedule, mjl_time until, size_t budget,
                               mjl_task_body body, void *context)
{
    for (size_t ran = 0; ran < budget; ran++) {
        mjl_task task;
        const mjl_result result = mjl_schedule_take(schedule, until, &task);
        if (result != MJL_OK) return result == MJL_EMPTY ? MJL_OK : result;
        body(context, schedule, &task);
        mjl_schedule_done(schedule);
    }
    return finish_within_budget(schedule, until);
}

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any state is good. */
static uint64_t next_random(mjl_schedule *schedule)
{
    schedule->generator += 0x9e3779b97f4a7c15;
    uint64_t mixed = schedule->generator;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

uint64_t mjl_schedule_jitter(mjl_schedule *schedule, uint64_t max)
{
    if (max == UINT64_MAX) return next_random(schedule);
    const uint64_t count = max + 1;
    /* Values below 2^64 mod count would make small results likelier; fewer than half are. */
    const uint64_t unfair = (UINT64_MAX - count + 1) % count;
    uint64_t random = next_random(schedule);
    while (random < unfair)
        random = next_random(schedule);
    return random % count;
}
