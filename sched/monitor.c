#include "majlis/monitor.h"

#include <assert.h>

#include "monitor_pack.h"
#include "schedule_state.h"

enum { JITTER_PERMILLE_MAX = 1000 };

/* ---- Intervals ---- */

mjl_intervals mjl_intervals_constant(int64_t interval)
{
    const mjl_intervals intervals = {.shape = MJL_INTERVALS_CONSTANT, .first = interval};
    return intervals;
}

mjl_intervals mjl_intervals_exponential(int64_t first, int64_t cap)
{
    const mjl_intervals intervals = {
        .shape = MJL_INTERVALS_EXPONENTIAL, .first = first, .cap = cap};
    return intervals;
}

mjl_intervals mjl_intervals_list(const int64_t *list, size_t count)
{
    assert(count <= MJL_INTERVALS_LIST_MAX);
    mjl_intervals intervals = {.shape = MJL_INTERVALS_LIST, .list_count = (uint8_t)count};
    for (size_t i = 0; i < count; i++)
        intervals.list[i] = list[i];
    return intervals;
}

static bool is_interval(int64_t interval)
{
    return interval >= 1 && interval <= MJL_INTERVAL_MAX;
}

static bool is_list_good(const mjl_intervals *intervals)
{
    if (intervals->list_count > MJL_INTERVALS_LIST_MAX) return false;
    for (size_t i = 0; i < MJL_INTERVALS_LIST_MAX; i++) {
        const bool is_used = i < intervals->list_count;
        if (is_used ? !is_interval(intervals->list[i]) : intervals->list[i] != 0) return false;
    }
    return true;
}

/* Fields that a shape does not use are 0: one value, one form. */
bool mjl_intervals_are_good(const mjl_intervals *intervals)
{
    if (intervals->jitter_permille > JITTER_PERMILLE_MAX) return false;
    if (intervals->lateness != MJL_LATE_COALESCE && intervals->lateness != MJL_LATE_EACH)
        return false;
    if (!is_list_good(intervals)) return false;
    switch (intervals->shape) {
    case MJL_INTERVALS_CONSTANT:
        return is_interval(intervals->first) && intervals->cap == 0 && intervals->list_count == 0;
    case MJL_INTERVALS_EXPONENTIAL:
        return is_interval(intervals->first) && is_interval(intervals->cap) &&
               intervals->cap >= intervals->first && intervals->list_count == 0;
    case MJL_INTERVALS_LIST:
        return intervals->first == 0 && intervals->cap == 0 && intervals->count_max == 0;
    default:
        return false;
    }
}

/* Interval number `taken`; 0 when there is none any more. */
static int64_t interval_at(const mjl_intervals *intervals, uint32_t taken)
{
    if (intervals->shape == MJL_INTERVALS_LIST)
        return taken < intervals->list_count ? intervals->list[taken] : 0;
    if (intervals->count_max != 0 && taken >= intervals->count_max) return 0;
    if (intervals->shape == MJL_INTERVALS_CONSTANT) return intervals->first;
    const bool is_capped = taken >= 63 || intervals->first > intervals->cap >> taken;
    return is_capped ? intervals->cap : intervals->first << taken;
}

static int64_t with_jitter(mjl_schedule *schedule, int64_t interval, uint16_t permille)
{
    if (permille == 0) return interval;
    const uint64_t max = (uint64_t)interval * permille / 1000;
    return interval + (int64_t)mjl_schedule_jitter(schedule, max);
}

/* ---- The value ---- */

static mjl_bytes args_of(const mjl_monitor *monitor)
{
    return mjl_bytes_of(monitor->args, monitor->args_size);
}

static void to_rest(mjl_monitor *monitor, mjl_monitor_state state)
{
    monitor->state = state;
    monitor->task = MJL_TASK_ID_NONE;
}

/* By how much a firing is so late that the next one, too, would be due before `until`. */
static int64_t lateness_of(const mjl_monitor *monitor, const mjl_task *task, int64_t interval)
{
    if (monitor->intervals.lateness == MJL_LATE_EACH) return 0;
    const uint64_t behind = (uint64_t)task->until - (uint64_t)task->due;
    return behind > (uint64_t)interval && behind <= INT64_MAX ? (int64_t)behind : 0;
}

/* Takes the next interval and schedules the firing at its end; without one the monitor stops.
 * `fired` is the firing that it follows, or NULL. On failure neither monitor nor generator moved.
 */
static mjl_result arm(mjl_monitor *monitor, mjl_schedule *schedule, const mjl_task *fired)
{
    const int64_t interval = interval_at(&monitor->intervals, monitor->taken);
    if (interval == 0) {
        to_rest(monitor, MJL_MONITOR_STOPPED);
        return MJL_OK;
    }
    const uint64_t generator = schedule->generator;
    const int64_t delta = with_jitter(schedule, interval, monitor->intervals.jitter_permille);
    const int64_t late = fired == NULL ? 0 : lateness_of(monitor, fired, delta);
    uint64_t id = MJL_TASK_ID_NONE;
    const mjl_result result =
        late > INT64_MAX - delta
            ? MJL_BAD_ARGUMENT
            : mjl_schedule_after(schedule, late + delta, monitor->kind, args_of(monitor), &id);
    if (result != MJL_OK) {
        schedule->generator = generator;
        return result;
    }
    monitor->state = MJL_MONITOR_RUNNING;
    monitor->task = id;
    monitor->missed += (uint64_t)(late / delta);
    if (monitor->taken < UINT32_MAX) monitor->taken++;
    return MJL_OK;
}

mjl_result mjl_monitor_start(mjl_monitor *monitor, mjl_schedule *schedule,
                             const mjl_intervals *intervals, uint16_t kind, mjl_bytes args)
{
    if (!mjl_intervals_are_good(intervals) || args.size > MJL_MONITOR_ARGS_MAX)
        return MJL_BAD_ARGUMENT;
    if (!mjl_schedule_has_kind(schedule, kind)) return MJL_UNKNOWN_KIND;
    mjl_monitor made = {.intervals = *intervals, .kind = kind, .args_size = (uint8_t)args.size};
    if (args.size != 0) memcpy(made.args, args.data, args.size);
    const mjl_result result = arm(&made, schedule, NULL);
    if (result == MJL_OK) *monitor = made;
    return result;
}

mjl_result mjl_monitor_fired(mjl_monitor *monitor, mjl_schedule *schedule, const mjl_task *task)
{
    if (monitor->state != MJL_MONITOR_RUNNING || monitor->task != task->id) return MJL_NOT_FOUND;
    const mjl_result result = arm(monitor, schedule, task);
    /* Its task is gone, so it cannot stay as it was. */
    if (result != MJL_OK) to_rest(monitor, MJL_MONITOR_PAUSED);
    return result;
}

bool mjl_monitor_stop(mjl_monitor *monitor, mjl_schedule *schedule)
{
    if (monitor->state == MJL_MONITOR_STOPPED) return false;
    mjl_schedule_cancel(schedule, monitor->task);
    to_rest(monitor, MJL_MONITOR_STOPPED);
    return true;
}

mjl_result mjl_monitor_pause(mjl_monitor *monitor, mjl_schedule *schedule)
{
    if (monitor->state != MJL_MONITOR_RUNNING) return MJL_WRONG_STATE;
    mjl_schedule_cancel(schedule, monitor->task);
    to_rest(monitor, MJL_MONITOR_PAUSED);
    return MJL_OK;
}

mjl_result mjl_monitor_resume(mjl_monitor *monitor, mjl_schedule *schedule)
{
    if (monitor->state != MJL_MONITOR_PAUSED) return MJL_WRONG_STATE;
    return arm(monitor, schedule, NULL);
}

mjl_result mjl_monitor_reset(mjl_monitor *monitor, mjl_schedule *schedule,
                             const mjl_intervals *intervals)
{
    mjl_monitor made = *monitor;
    if (intervals != NULL) made.intervals = *intervals;
    if (!mjl_intervals_are_good(&made.intervals)) return MJL_BAD_ARGUMENT;
    made.taken = 0;
    made.missed = 0;
    const mjl_result result = arm(&made, schedule, NULL);
    if (result != MJL_OK) return result;
    /* Of the running task this is a no-op, and its number is not the monitor's any more. */
    mjl_schedule_cancel(schedule, monitor->task);
    *monitor = made;
    return MJL_OK;
}

mjl_result mjl_monitor_poke(mjl_monitor *monitor, mjl_schedule *schedule)
{
    if (monitor->state != MJL_MONITOR_RUNNING) return MJL_WRONG_STATE;
    return mjl_schedule_renew(schedule, monitor->task, 0, &monitor->task);
}

/* ---- Saved: [state, intervals, taken, task, missed, kind, args]
 * intervals = [shape, lateness, first, cap, count_max, jitter_permille, [interval, ...]] ---- */

enum { MONITOR_FIELDS = 7, INTERVALS_FIELDS = 7 };

static void pack_intervals(const mjl_intervals *intervals, mjl_pack *pack)
{
    mjl_pack_array(pack, INTERVALS_FIELDS);
    mjl_pack_uint(pack, intervals->shape);
    mjl_pack_uint(pack, intervals->lateness);
    mjl_pack_int(pack, intervals->first);
    mjl_pack_int(pack, intervals->cap);
    mjl_pack_uint(pack, intervals->count_max);
    mjl_pack_uint(pack, intervals->jitter_permille);
    mjl_pack_array(pack, intervals->list_count);
    for (size_t i = 0; i < intervals->list_count; i++)
        mjl_pack_int(pack, intervals->list[i]);
}

void mjl_monitor_pack(const mjl_monitor *monitor, mjl_pack *pack)
{
    mjl_pack_array(pack, MONITOR_FIELDS);
    mjl_pack_uint(pack, monitor->state);
    pack_intervals(&monitor->intervals, pack);
    mjl_pack_uint(pack, monitor->taken);
    mjl_pack_uint(pack, monitor->task);
    mjl_pack_uint(pack, monitor->missed);
    mjl_pack_uint(pack, monitor->kind);
    mjl_pack_bin(pack, args_of(monitor));
}

static void unpack_intervals(mjl_intervals *intervals, mjl_unpack *unpack)
{
    mjl_unpack_array_of(unpack, INTERVALS_FIELDS);
    intervals->shape = (mjl_intervals_shape)mjl_unpack_uint_to(unpack, MJL_INTERVALS_LIST);
    intervals->lateness = (mjl_lateness)mjl_unpack_uint_to(unpack, MJL_LATE_EACH);
    intervals->first = mjl_unpack_int(unpack);
    intervals->cap = mjl_unpack_int(unpack);
    intervals->count_max = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    intervals->jitter_permille = (uint16_t)mjl_unpack_uint_to(unpack, UINT16_MAX);
    const size_t count = mjl_unpack_array(unpack);
    if (count > MJL_INTERVALS_LIST_MAX) mjl_unpack_fail(unpack, MJL_TOO_LARGE);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++)
        intervals->list[i] = mjl_unpack_int(unpack);
    intervals->list_count = (uint8_t)count;
}

/* The state and the task agree, and the task is the one this monitor would have made. */
static mjl_result check_task(const mjl_monitor *monitor, const mjl_schedule *schedule)
{
    const bool is_running = monitor->state == MJL_MONITOR_RUNNING;
    if (is_running != (monitor->task != MJL_TASK_ID_NONE)) return MJL_MALFORMED;
    if (!is_running) return MJL_OK;
    mjl_task task;
    if (mjl_schedule_status(schedule, monitor->task, &task) == MJL_TASK_NOT_PENDING)
        return MJL_SAVED_DANGLING;
    const bool is_ours = task.kind == monitor->kind && mjl_bytes_equal(task.args, args_of(monitor));
    return is_ours ? MJL_OK : MJL_SAVED_DANGLING;
}

/* A zeroed value is a stopped monitor that was never started. */
static bool is_blank(const mjl_monitor *monitor)
{
    const mjl_intervals *intervals = &monitor->intervals;
    return monitor->state == MJL_MONITOR_STOPPED && monitor->task == MJL_TASK_ID_NONE &&
           monitor->taken == 0 && monitor->missed == 0 && monitor->kind == 0 &&
           monitor->args_size == 0 && intervals->shape == MJL_INTERVALS_CONSTANT &&
           intervals->lateness == MJL_LATE_COALESCE && intervals->first == 0 &&
           intervals->cap == 0 && intervals->count_max == 0 && intervals->jitter_permille == 0 &&
           intervals->list_count == 0;
}

static mjl_result check(const mjl_monitor *monitor, const mjl_schedule *schedule)
{
    if (is_blank(monitor)) return MJL_OK;
    if (!mjl_intervals_are_good(&monitor->intervals)) return MJL_MALFORMED;
    if (!mjl_schedule_has_kind(schedule, monitor->kind)) return MJL_UNKNOWN_KIND;
    if (monitor->state == MJL_MONITOR_RUNNING && monitor->taken == 0) return MJL_MALFORMED;
    return check_task(monitor, schedule);
}

void mjl_monitor_unpack(mjl_monitor *monitor, const mjl_schedule *schedule, mjl_unpack *unpack)
{
    memset(monitor, 0, sizeof *monitor);
    mjl_unpack_array_of(unpack, MONITOR_FIELDS);
    monitor->state = (mjl_monitor_state)mjl_unpack_uint_to(unpack, MJL_MONITOR_PAUSED);
    unpack_intervals(&monitor->intervals, unpack);
    monitor->taken = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    monitor->task = mjl_unpack_uint(unpack);
    monitor->missed = mjl_unpack_uint(unpack);
    monitor->kind = (uint16_t)mjl_unpack_uint_to(unpack, UINT16_MAX);
    const mjl_bytes args = mjl_unpack_bin_to(unpack, MJL_MONITOR_ARGS_MAX);
    monitor->args_size = (uint8_t)args.size;
    if (args.size != 0) memcpy(monitor->args, args.data, args.size);
    if (unpack->result == MJL_OK) mjl_unpack_fail(unpack, check(monitor, schedule));
    if (unpack->result != MJL_OK) memset(monitor, 0, sizeof *monitor);
}

mjl_result mjl_monitor_save(const mjl_monitor *monitor, mjl_buffer *out)
{
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_monitor_pack(monitor, &pack);
    if (pack.result != MJL_OK) out->size = size_before;
    return pack.result;
}

mjl_result mjl_monitor_load(mjl_monitor *monitor, const mjl_schedule *schedule, mjl_bytes saved)
{
    mjl_monitor loaded;
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_monitor_unpack(&loaded, schedule, &unpack);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) *monitor = loaded;
    return result;
}

bool mjl_monitor_check(const mjl_monitor *monitor, const mjl_schedule *schedule)
{
    return check(monitor, schedule) == MJL_OK;
}
