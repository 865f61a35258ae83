/* The schedule's change journal: see majlis/schedule.h and schedule_state.h. */
#include <assert.h>

#include "majlis/schedule.h"
#include "schedule_state.h"

mjl_result mjl_schedule_journal_next(const mjl_schedule *schedule, mjl_journal_cursor *cursor,
                                     mjl_task_change *change)
{
    if (schedule->running.id != MJL_TASK_ID_NONE) return MJL_BUSY;
    if (!cursor->is_begun) cursor->next_id = schedule->journal_from;
    cursor->is_begun = true;
    memset(change, 0, sizeof *change);
    if (cursor->removed < schedule->removed_count) {
        change->is_removed = true;
        change->task.id = schedule->removed[cursor->removed++];
        return MJL_OK;
    }
    while (cursor->next_id < schedule->next_id) {
        const uint32_t place = mjl_ids_find(&schedule->ids, cursor->next_id++);
        if (place == SLOT_NONE) continue;
        change->task = mjl_schedule_show(schedule, place & ~SLOT_FAR);
        return MJL_OK;
    }
    return MJL_EMPTY;
}

bool mjl_schedule_journal_is_empty(const mjl_schedule *schedule)
{
    return schedule->removed_count == 0 && schedule->added_count == 0;
}

mjl_result mjl_schedule_reserve_journal(mjl_schedule *schedule, uint32_t count)
{
    enum { ROOM_MIN = 8 };
    if (count <= schedule->removed_room) return MJL_OK;
    const size_t room = (size_t)count + count / 4 + ROOM_MIN;
    uint64_t *removed = (uint64_t *)realloc(schedule->removed, room * sizeof *removed);
    if (removed == NULL) return MJL_OUT_OF_MEMORY;
    schedule->removed = removed;
    schedule->removed_room = (uint32_t)room;
    return MJL_OK;
}

void mjl_schedule_journal_clear(mjl_schedule *schedule)
{
    assert(schedule->running.id == MJL_TASK_ID_NONE);
    assert(schedule->wheel.count <= schedule->removed_room);
    schedule->removed_count = 0;
    schedule->added_count = 0;
    schedule->journal_from = schedule->next_id;
}
