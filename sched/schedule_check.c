/* Every internal invariant of a schedule, and what it weighs: for tests and benchmarks. */
#include "majlis/schedule.h"
#include "schedule_state.h"

static bool check_task(const mjl_schedule *schedule, const mjl_stored_task *task)
{
    const mjl_time due = mjl_time_of(task->key);
    if (task->id == MJL_TASK_ID_NONE || task->id >= schedule->next_id) return false;
    if (task->id == schedule->running.id) return false;
    if (due < schedule->now || due > MJL_DUE_MAX) return false;
    if (task->args_size > MJL_TASK_ARGS_MAX) return false;
    return mjl_schedule_has_kind(schedule, task->kind);
}

/* Counts tasks, those that are new to the journal, and their far arguments. */
static bool check_tasks(const mjl_schedule *schedule)
{
    mjl_ids_walk walk = {0};
    uint32_t added = 0;
    size_t far_size = 0;
    uint64_t last = MJL_TASK_ID_NONE;
    for (uint32_t i = 0; i < schedule->wheel.count; i++) {
        const uint32_t place = mjl_ids_next(&schedule->ids, &walk);
        if (place == PLACE_NONE) return false;
        const mjl_stored_task *task = mjl_tasks_at(&schedule->tasks, place);
        if (!check_task(schedule, task) || task->id <= last) return false;
        if (task->id >= schedule->journal_from) added++;
        if (mjl_task_is_far(task)) far_size += task->args_size;
        last = task->id;
    }
    return mjl_ids_next(&schedule->ids, &walk) == PLACE_NONE && added == schedule->added_count &&
           far_size == schedule->tasks.far_size;
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
    if (!mjl_ids_check(&schedule->ids, &schedule->tasks)) return false;
    if (!mjl_wheel_check(&schedule->wheel, &schedule->tasks, &schedule->ids)) return false;
    return check_tasks(schedule) && check_journal(schedule);
}

size_t mjl_schedule_count_kind(const mjl_schedule *schedule, uint16_t kind)
{
    mjl_ids_walk walk = {0};
    size_t count = 0;
    for (uint32_t i = 0; i < schedule->wheel.count; i++) {
        const uint32_t place = mjl_ids_next(&schedule->ids, &walk);
        count += mjl_tasks_at(&schedule->tasks, place)->kind == kind;
    }
    return count;
}

size_t mjl_schedule_memory(const mjl_schedule *schedule)
{
    return sizeof *schedule + mjl_tasks_memory(&schedule->tasks) + mjl_ids_memory(&schedule->ids) +
           mjl_wheel_memory(&schedule->wheel) + schedule->removed_room * sizeof *schedule->removed;
}
