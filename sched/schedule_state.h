/* What a schedule is made of; seen by schedule.c, which runs it, and by those that save it. */
#ifndef SCHED_SCHEDULE_STATE_H
#define SCHED_SCHEDULE_STATE_H

#include "ids.h"
#include "tasks.h"
#include "wheel.h"

struct mjl_schedule {
    mjl_task_kinds kinds;
    mjl_time now;
    uint64_t next_id;
    uint64_t generator;

    mjl_tasks tasks;
    mjl_ids ids;
    mjl_wheel wheel;

    /* The journal. Tasks never change, so all it has to know is where new ids begin, and which of
     * the old tasks are gone. Room for all that can go is made when a task is added, so that
     * neither cancelling nor clearing the journal can fail. */
    uint64_t journal_from; /* Ids below were there at the last persist. */
    uint32_t added_count;  /* Pending tasks with ids from there on. */
    uint32_t removed_count;
    uint32_t removed_room;
    uint64_t *removed;

    mjl_task running; /* Its id is MJL_TASK_ID_NONE when none is. */
    uint8_t running_near[MJL_TASK_ARGS_INLINE];
    uint8_t *running_far;

    bool is_restoring; /* Between restore and finish. */
    uint64_t restored_id;
};

/* An empty schedule, to be filled. */
MJL_MUST_USE mjl_result mjl_schedule_make(mjl_task_kinds kinds, mjl_schedule **schedule);
bool mjl_schedule_has_kind(const mjl_schedule *schedule, uint16_t kind);
/* Adds a pending task; all but memory has been checked. */
MJL_MUST_USE mjl_result mjl_schedule_insert(mjl_schedule *schedule, const mjl_task *task);
/* Room in the journal for so many tasks that go. */
MJL_MUST_USE mjl_result mjl_schedule_reserve_journal(mjl_schedule *schedule, uint32_t count);
/* How many pending tasks are of that kind. Looks at all of them. */
size_t mjl_schedule_count_kind(const mjl_schedule *schedule, uint16_t kind);
/* The pending task in a slot. */
mjl_task mjl_schedule_show(const mjl_schedule *schedule, uint32_t slot);

#endif
