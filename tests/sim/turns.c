#include "turns.h"

static const sim_turn_listener *listening;
static uint64_t count;

void sim_turns_listen(const sim_turn_listener *listener)
{
    listening = listener;
}

uint64_t sim_turns_count(void)
{
    return count;
}

/* Names that the linker makes. NOLINTBEGIN(bugprone-reserved-identifier) */
mjl_result __real_mjl_schedule_take(mjl_schedule *schedule, mjl_time until, mjl_task *task);
mjl_result __wrap_mjl_schedule_take(mjl_schedule *schedule, mjl_time until, mjl_task *task);

mjl_result __wrap_mjl_schedule_take(mjl_schedule *schedule, mjl_time until, mjl_task *task)
{
    const mjl_result result = __real_mjl_schedule_take(schedule, until, task);
    count += result == MJL_OK;
    if (result == MJL_OK && listening != NULL) {
        listening->taken(listening->context, schedule, until, task);
    }
    return result;
}
/* NOLINTEND(bugprone-reserved-identifier) */
