/* What must be true of a set of expectations: of what was read, and of the whole at any time. */
#include "expect_state.h"
#include "majlis/expect.h"

/* ---- Of one value, also while reading ---- */

/* The deadline and its task agree with each other and with the schedule. */
mjl_result mjl_wait_check_deadline(const mjl_expectations *set, const mjl_schedule *schedule,
                                   const mjl_wait *wait, bool has_deadline)
{
    const bool has_task = wait->task != MJL_TASK_ID_NONE;
    if (has_task != (has_deadline && !wait->is_overdue)) return MJL_MALFORMED;
    if (wait->is_overdue && !has_deadline) return MJL_MALFORMED;
    if (!has_task) return MJL_OK;
    uint8_t args[MJL_WAIT_ARGS_MAX];
    mjl_task task;
    if (mjl_schedule_status(schedule, wait->task, &task) == MJL_TASK_NOT_PENDING)
        return MJL_SAVED_DANGLING;
    const bool is_ours = task.kind == set->kinds.deadline && task.due == wait->deadline &&
                         mjl_bytes_equal(task.args, mjl_wait_args(wait->id, args));
    return is_ours ? MJL_OK : MJL_SAVED_DANGLING;
}

mjl_result mjl_wait_check_monitor(const mjl_expectations *set, const mjl_wait *wait)
{
    uint8_t args[MJL_WAIT_ARGS_MAX];
    const mjl_bytes expected = mjl_wait_args(wait->id, args);
    const mjl_bytes found = mjl_bytes_of(wait->monitor->args, wait->monitor->args_size);
    const bool is_ours =
        wait->monitor->kind == set->kinds.try_again && mjl_bytes_equal(found, expected);
    return is_ours ? MJL_OK : MJL_SAVED_DANGLING;
}

mjl_result mjl_expect_name_check(const mjl_name *name, bool has_result)
{
    const bool is_settled = name->state == MJL_EXPECT_SETTLED;
    if (is_settled != has_result) return MJL_MALFORMED;
    if (is_settled && (name->rule != 0 || name->wait_first != NONE)) return MJL_MALFORMED;
    if (!is_settled && name->rule == 0 && name->wait_first == NONE) return MJL_MALFORMED;
    return MJL_OK;
}

/* ---- Of all of them ---- */

static bool check_wait(const mjl_expectations *set, const mjl_schedule *schedule, uint32_t index)
{
    const mjl_wait *wait = &set->waits[index];
    uint8_t key[MJL_WAIT_KEY_SIZE];
    if (wait->id >= set->next_id) return false;
    if (mjl_index_find(&set->by_id, mjl_wait_key(wait->id, key)) != index) return false;
    if (wait->is_edge) {
        const mjl_name *target = &set->names[wait->target];
        return target->state == MJL_EXPECT_WAITING && target->rule != 0;
    }
    const bool has_deadline = wait->task != MJL_TASK_ID_NONE || wait->is_overdue;
    if (mjl_wait_check_deadline(set, schedule, wait, has_deadline) != MJL_OK) return false;
    if (wait->monitor == NULL) return true;
    return mjl_wait_check_monitor(set, wait) == MJL_OK &&
           mjl_monitor_check(wait->monitor, schedule);
}

/* Returns how many wait for the name, or SIZE_MAX if something is wrong. */
static size_t check_waits(const mjl_expectations *set, const mjl_schedule *schedule, uint32_t name)
{
    size_t count = 0;
    uint32_t before = NONE;
    for (uint32_t i = set->names[name].wait_first; i != NONE; i = set->waits[i].next) {
        const mjl_wait *wait = &set->waits[i];
        if (i >= set->waits_used || count++ == set->by_id.count) return SIZE_MAX;
        if (wait->name != name || wait->prev != before) return SIZE_MAX;
        if (before != NONE && set->waits[before].id >= wait->id) return SIZE_MAX;
        if (!check_wait(set, schedule, i)) return SIZE_MAX;
        before = i;
    }
    return before == set->names[name].wait_last ? count : SIZE_MAX;
}

bool mjl_expectations_check(const mjl_expectations *set, const mjl_schedule *schedule)
{
    size_t names = 0;
    size_t waits = 0;
    mjl_bytes bytes = mjl_bytes_of(NULL, 0);
    uint32_t index = mjl_index_after(&set->by_name, bytes, &bytes);
    for (; index != NONE; index = mjl_index_after(&set->by_name, bytes, &bytes)) {
        const mjl_name *name = &set->names[index];
        if (index >= set->names_used || !mjl_bytes_equal(mjl_name_bytes(name), bytes)) return false;
        const size_t count = check_waits(set, schedule, index);
        if (count == SIZE_MAX) return false;
        if (mjl_expect_name_check(name, name->state == MJL_EXPECT_SETTLED) != MJL_OK) return false;
        if ((name->edge_first != NONE) != (name->rule != 0)) return false;
        waits += count;
        names++;
    }
    return names == set->by_name.count && waits == set->by_id.count;
}
