/* The schedule's change journal: see majlis/schedule.h and schedule_state.h. */
#include <assert.h>

#include "majlis/schedule.h"
#include "schedule_state.h"

static void begin_cursor(const mjl_schedule *schedule, mjl_journal_cursor *cursor)
{
    cursor->is_begun = true;
    cursor->removed = schedule->removed_first;
    cursor->next_id = schedule->journal_from;
}

mjl_result mjl_schedule_journal_next(const mjl_schedule *schedule, mjl_journal_cursor *cursor,
                                     mjl_task_change *change)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    if (!cursor->is_begun) begin_cursor(schedule, cursor);
    memset(change, 0, sizeof *change);
    if (cursor->removed != SLOT_NONE) {
        const mjl_task_link link = *mjl_tasks_link(&schedule->tasks, cursor->removed);
        change->is_removed = true;
        change->task.id = link.id;
        cursor->removed = link.next;
        return MJL_OK;
    }
    while (cursor->next_id < schedule->next_id) {
        const uint32_t slot = mjl_ids_find(&schedule->ids, cursor->next_id++);
        if (slot == SLOT_NONE) continue;
        change->task = mjl_schedule_show(schedule, slot);
        return MJL_OK;
    }
    return MJL_EMPTY;
}

bool mjl_schedule_journal_is_empty(const mjl_schedule *schedule)
{
    return schedule->removed_first == SLOT_NONE && schedule->added_count == 0;
}

void mjl_schedule_journal_clear(mjl_schedule *schedule)
{
    assert(schedule->running.id == MJL_TASK_ID_NONE);
    while (schedule->removed_first != SLOT_NONE) {
        const uint32_t slot = schedule->removed_first;
        schedule->removed_first = mjl_tasks_link(&schedule->tasks, slot)->next;
        mjl_tasks_give_slot(&schedule->tasks, slot);
    }
    schedule->removed_last = SLOT_NONE;
    schedule->added_count = 0;
    schedule->journal_from = schedule->next_id;
}
