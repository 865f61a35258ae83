/* Every internal invariant of a schedule, and what it weighs: for tests and benchmarks. */
#include "majlis/schedule.h"
#include "schedule_state.h"

/* The task in a slot agrees with the ids and with the bounds. */
static bool check_slot(const mjl_schedule *schedule, uint32_t slot)
{
    const mjl_task_link *link = mjl_tasks_link(&schedule->tasks, slot);
    const mjl_time due = mjl_time_of(link->key);
    if (link->id >= schedule->next_id || link->id == schedule->running.id) return false;
    if (mjl_ids_find(&schedule->ids, link->id) != slot) return false;
    if (due < schedule->now || due > MJL_DUE_MAX) return false;
    if (link->args_size > MJL_TASK_ARGS_MAX) return false;
    return mjl_schedule_has_kind(schedule, link->kind);
}

/* Counts pending tasks, those that are new to the journal, and their far arguments. */
static bool check_slots(const mjl_schedule *schedule)
{
    uint32_t pending = 0;
    uint32_t added = 0;
    size_t far_size = 0;
    for (uint32_t slot = 0; slot < schedule->tasks.used; slot++) {
        const mjl_task_link *link = mjl_tasks_link(&schedule->tasks, slot);
        if (mjl_tasks_is_idle(&schedule->tasks, slot)) continue;
        if (!check_slot(schedule, slot)) return false;
        pending++;
        if (link->id >= schedule->journal_from) added++;
        if (link->args_size > MJL_TASK_ARGS_INLINE) far_size += link->args_size;
    }
    return pending == schedule->wheel.count &&
           pending == schedule->ids.window_live + schedule->ids.elders_live &&
           added == schedule->added_count && far_size == schedule->tasks.far_size;
}

/* Slots that hold no task are free or the journal's, each once. */
static bool check_idle_slots(const mjl_schedule *schedule)
{
    const mjl_tasks *tasks = &schedule->tasks;
    uint32_t idle = 0;
    for (uint32_t slot = tasks->idle_first; slot != SLOT_NONE;
         slot = mjl_tasks_link(tasks, slot)->next) {
        if (slot >= tasks->used || idle++ == tasks->used) return false;
        if (!mjl_tasks_is_idle(tasks, slot)) return false;
    }
    uint32_t last = SLOT_NONE;
    for (uint32_t slot = schedule->removed_first; slot != SLOT_NONE;
         slot = mjl_tasks_link(tasks, slot)->next) {
        if (slot >= tasks->used || idle++ == tasks->used) return false;
        if (!mjl_tasks_is_idle(tasks, slot)) return false;
        if (mjl_tasks_link(tasks, slot)->id >= schedule->journal_from) return false;
        last = slot;
    }
    return last == schedule->removed_last && idle + schedule->wheel.count == tasks->used;
}

bool mjl_schedule_check(const mjl_schedule *schedule)
{
    if (schedule->next_id == MJL_TASK_ID_NONE) return false;
    if (schedule->journal_from > schedule->next_id) return false;
    if (schedule->running.id >= schedule->next_id) return false;
    if (!mjl_wheel_check(&schedule->wheel, &schedule->tasks)) return false;
    if (!mjl_ids_check(&schedule->ids)) return false;
    return check_slots(schedule) && check_idle_slots(schedule);
}

size_t mjl_schedule_count_kind(const mjl_schedule *schedule, uint16_t kind)
{
    size_t count = 0;
    for (uint32_t slot = 0; slot < schedule->tasks.used; slot++) {
        if (mjl_tasks_is_idle(&schedule->tasks, slot)) continue;
        count += mjl_tasks_link(&schedule->tasks, slot)->kind == kind;
    }
    return count;
}

size_t mjl_schedule_memory(const mjl_schedule *schedule)
{
    return sizeof *schedule + mjl_tasks_memory(&schedule->tasks) + mjl_ids_memory(&schedule->ids) +
           mjl_wheel_memory(&schedule->wheel);
}
