/* Every internal invariant of a schedule, and what it weighs: for tests and benchmarks. */
#include "majlis/schedule.h"
#include "schedule_state.h"

static bool check_task(const mjl_schedule *schedule, uint32_t place)
{
    const uint32_t slot = place & ~SLOT_FAR;
    if (slot >= schedule->tasks.used) return false;
    const mjl_task task = mjl_schedule_show(schedule, slot);
    if (task.id == MJL_TASK_ID_NONE || task.id >= schedule->next_id) return false;
    if (task.id == schedule->running.id) return false;
    if (mjl_ids_find(&schedule->ids, task.id) != place) return false;
    if (task.due < schedule->now || task.due > MJL_DUE_MAX) return false;
    if ((task.args.size > MJL_TASK_ARGS_INLINE) != (place != slot)) return false;
    return task.args.size <= MJL_TASK_ARGS_MAX && mjl_schedule_has_kind(schedule, task.kind);
}

/* Counts tasks, those that are new to the journal, and their far arguments. */
static bool check_tasks(const mjl_schedule *schedule)
{
    mjl_ids_walk walk = {0};
    uint32_t count = 0;
    uint32_t added = 0;
    size_t far_size = 0;
    uint64_t last = MJL_TASK_ID_NONE;
    for (uint32_t place = mjl_ids_next(&schedule->ids, &walk); place != SLOT_NONE;
         place = mjl_ids_next(&schedule->ids, &walk)) {
        if (!check_task(schedule, place)) return false;
        const mjl_task task = mjl_schedule_show(schedule, place & ~SLOT_FAR);
        if (task.id <= last) return false;
        if (task.id >= schedule->journal_from) added++;
        if (place != (place & ~SLOT_FAR)) far_size += task.args.size;
        last = task.id;
        count++;
    }
    return count == schedule->wheel.count && count == mjl_ids_count(&schedule->ids) &&
           added == schedule->added_count && far_size == schedule->tasks.far_size &&
           count + schedule->tasks.idle_count == schedule->tasks.used;
}

/* Whatever was persisted and is still pending may go, and has room to be noted. */
static bool check_journal(const mjl_schedule *schedule)
{
    const uint64_t old = schedule->wheel.count - schedule->added_count;
    return schedule->journal_from <= schedule->next_id &&
           schedule->removed_count + old <= schedule->removed_room;
}

bool mjl_schedule_check(const mjl_schedule *schedule)
{
    if (schedule->next_id == MJL_TASK_ID_NONE) return false;
    if (schedule->running.id >= schedule->next_id) return false;
    if (!mjl_ids_check(&schedule->ids)) return false;
    if (!mjl_wheel_check(&schedule->wheel, &schedule->tasks)) return false;
    return check_tasks(schedule) && check_journal(schedule);
}

size_t mjl_schedule_count_kind(const mjl_schedule *schedule, uint16_t kind)
{
    mjl_ids_walk walk = {0};
    size_t count = 0;
    for (uint32_t i = 0; i < schedule->wheel.count; i++) {
        const uint32_t slot = mjl_ids_next(&schedule->ids, &walk) & ~SLOT_FAR;
        count += mjl_tasks_cargo(&schedule->tasks, slot)->kind == kind;
    }
    return count;
}

size_t mjl_schedule_memory(const mjl_schedule *schedule)
{
    return sizeof *schedule + mjl_tasks_memory(&schedule->tasks) + mjl_ids_memory(&schedule->ids) +
           mjl_wheel_memory(&schedule->wheel) + schedule->removed_room * sizeof *schedule->removed;
}
