#include "majlis/expect.h"

#include <assert.h>

#include "expect_state.h"
#include "monitor_pack.h"

/* ---- Life ---- */

mjl_result mjl_expectations_new(mjl_expect_kinds kinds, mjl_expectations **set)
{
    assert(kinds.deadline != kinds.try_again);
    mjl_expectations *made = (mjl_expectations *)calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->kinds = kinds;
    made->next_id = 1;
    made->names_idle = NONE;
    made->waits_idle = NONE;
    made->told_first = NONE;
    made->told_last = NONE;
    made->told_shown = NONE;
    made->changed_first = NONE;
    made->changed_last = NONE;
    *set = made;
    return MJL_OK;
}

static void free_waits(mjl_expectations *set)
{
    for (uint32_t i = 0; i < set->names_used; i++) {
        if (set->names[i].state == MJL_EXPECT_UNKNOWN) continue;
        mjl_outcome_drop(set->names[i].outcome);
        for (uint32_t w = set->names[i].wait_first; w != NONE; w = set->waits[w].next)
            free(set->waits[w].monitor);
    }
    for (uint32_t w = set->told_first; w != NONE; w = set->waits[w].next)
        mjl_outcome_drop(set->waits[w].outcome);
    if (set->told_shown != NONE) mjl_outcome_drop(set->waits[set->told_shown].outcome);
}

void mjl_expectations_free(mjl_expectations *set)
{
    if (set == NULL) return;
    free_waits(set);
    mjl_index_clear(&set->by_name);
    mjl_index_clear(&set->by_id);
    mjl_index_clear(&set->by_bundle);
    free(set->names);
    free(set->waits);
    free(set);
}

/* ---- Waiting ---- */

static mjl_result start_deadline(mjl_expectations *set, mjl_schedule *schedule, int64_t delta,
                                 mjl_wait *wait)
{
    if (delta == MJL_NO_DEADLINE) return MJL_OK;
    uint8_t args[MJL_WAIT_ARGS_MAX];
    const mjl_result result = mjl_schedule_after(schedule, delta, set->kinds.deadline,
                                                 mjl_wait_args(wait->id, args), &wait->task);
    /* In range, or scheduling would have failed. */
    if (result == MJL_OK) wait->deadline = mjl_schedule_now(schedule) + delta;
    return result;
}

static mjl_result start_monitor(mjl_expectations *set, mjl_schedule *schedule,
                                const mjl_intervals *intervals, mjl_wait *wait)
{
    if (intervals == NULL) return MJL_OK;
    mjl_monitor *monitor = (mjl_monitor *)malloc(sizeof *monitor);
    if (monitor == NULL) return MJL_OUT_OF_MEMORY;
    uint8_t args[MJL_WAIT_ARGS_MAX];
    const mjl_result result = mjl_monitor_start(monitor, schedule, intervals, set->kinds.try_again,
                                                mjl_wait_args(wait->id, args));
    if (result != MJL_OK) {
        free(monitor);
        return result;
    }
    wait->monitor = monitor;
    return MJL_OK;
}

static bool is_request_good(const mjl_expect_request *request)
{
    if (!mjl_name_is_good(request->name)) return false;
    if (request->deadline < 0 && request->deadline != MJL_NO_DEADLINE) return false;
    return request->intervals == NULL || mjl_intervals_are_good(request->intervals);
}

/* The wait with all its timers, or nothing. */
static mjl_result arm(mjl_expectations *set, mjl_schedule *schedule,
                      const mjl_expect_request *request, uint32_t name, uint64_t *id)
{
    uint32_t index = NONE;
    mjl_result result = mjl_waits_add(set, name, set->next_id, request->bundle, &index);
    if (result != MJL_OK) return result;
    mjl_wait *wait = &set->waits[index];
    wait->waiter = request->waiter;
    result = start_deadline(set, schedule, request->deadline, wait);
    if (result == MJL_OK) result = start_monitor(set, schedule, request->intervals, wait);
    if (result != MJL_OK) {
        mjl_waits_detach(set, schedule, index);
        mjl_waits_release(set, index);
        return result;
    }
    *id = set->next_id++;
    mjl_names_changed(set, name);
    return MJL_OK;
}

mjl_result mjl_expect(mjl_expectations *set, mjl_schedule *schedule,
                      const mjl_expect_request *request, mjl_expect_state *state, uint64_t *id,
                      mjl_bytes *result)
{
    assert(!set->is_restoring);
    uint64_t armed = 0;
    uint32_t name = NONE;
    if (!is_request_good(request)) return MJL_BAD_ARGUMENT;
    mjl_result made = mjl_names_find_or_add(set, request->name, &name);
    if (made != MJL_OK) return made;
    *state = set->names[name].state;
    if (*state == MJL_EXPECT_WAITING) {
        made = arm(set, schedule, request, name, &armed);
        mjl_names_drop_if_idle(set, name);
        if (made != MJL_OK) return made;
    } else if (result != NULL) {
        *result = mjl_outcome_bytes(set->names[name].outcome);
    }
    if (id != NULL) *id = armed;
    return MJL_OK;
}

/* Whoever waits under that id; edges are not the caller's. */
static uint32_t find_wait(const mjl_expectations *set, uint64_t id)
{
    uint8_t key[MJL_WAIT_KEY_SIZE];
    const uint32_t index = mjl_index_find(&set->by_id, mjl_wait_key(id, key));
    return index == NONE || set->waits[index].is_edge ? NONE : index;
}

static void cancel_wait(mjl_expectations *set, mjl_schedule *schedule, uint32_t index)
{
    const uint32_t name = set->waits[index].name;
    mjl_waits_detach(set, schedule, index);
    mjl_waits_release(set, index);
    mjl_names_drop_if_idle(set, name);
}

mjl_result mjl_expectations_cancel(mjl_expectations *set, mjl_schedule *schedule, uint64_t id,
                                   mjl_expectation *gone)
{
    assert(!set->is_restoring);
    const uint32_t index = find_wait(set, id);
    if (index == NONE) return MJL_NOT_FOUND;
    const mjl_name *name = &set->names[set->waits[index].name];
    memcpy(set->shown_name, name->bytes, name->size);
    if (gone != NULL) {
        *gone = mjl_waits_show(&set->waits[index], mjl_bytes_of(set->shown_name, name->size));
    }
    cancel_wait(set, schedule, index);
    return MJL_OK;
}

size_t mjl_expectations_cancel_bundle(mjl_expectations *set, mjl_schedule *schedule,
                                      uint64_t bundle)
{
    assert(!set->is_restoring);
    size_t count = 0;
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    for (;;) {
        /* Ids begin with 1, so this is below all of the bundle. */
        const uint32_t index =
            mjl_index_after(&set->by_bundle, mjl_bundle_key(bundle, 0, key), NULL);
        if (index == NONE || set->waits[index].bundle != bundle) return count;
        cancel_wait(set, schedule, index);
        count++;
    }
}

/* ---- The schedule's tasks ---- */

static uint32_t find_by_args(const mjl_expectations *set, mjl_bytes args)
{
    mjl_unpack unpack = mjl_unpack_from(args);
    const uint64_t id = mjl_unpack_uint(&unpack);
    return mjl_unpack_end(&unpack) == MJL_OK ? find_wait(set, id) : NONE;
}

mjl_result mjl_expectations_fired(mjl_expectations *set, mjl_schedule *schedule,
                                  const mjl_task *task, mjl_expect_event *event,
                                  mjl_expectation *expectation)
{
    assert(!set->is_restoring);
    const uint32_t index = find_by_args(set, task->args);
    if (index == NONE) return MJL_NOT_FOUND;
    mjl_wait *wait = &set->waits[index];
    if (task->kind == set->kinds.deadline) {
        if (wait->task != task->id) return MJL_NOT_FOUND;
        wait->task = MJL_TASK_ID_NONE;
        wait->is_overdue = true;
        *event = MJL_EXPECT_OVERDUE;
    } else {
        if (task->kind != set->kinds.try_again || wait->monitor == NULL) return MJL_NOT_FOUND;
        const mjl_result result = mjl_monitor_fired(wait->monitor, schedule, task);
        mjl_names_changed(set, wait->name);
        if (result != MJL_OK) return result;
        *event = MJL_EXPECT_TRY;
    }
    mjl_names_changed(set, wait->name);
    *expectation = mjl_waits_show(wait, mjl_name_bytes(&set->names[wait->name]));
    return MJL_OK;
}

/* ---- Questions ---- */

mjl_expect_state mjl_expectations_state(const mjl_expectations *set, mjl_bytes name,
                                        mjl_bytes *result)
{
    const uint32_t index = mjl_names_find(set, name);
    if (index == NONE) return MJL_EXPECT_UNKNOWN;
    if (result != NULL) *result = mjl_outcome_bytes(set->names[index].outcome);
    return set->names[index].state;
}

static mjl_result show(const mjl_expectations *set, uint32_t index, mjl_expectation *expectation)
{
    const mjl_wait *wait = &set->waits[index];
    *expectation = mjl_waits_show(wait, mjl_name_bytes(&set->names[wait->name]));
    return MJL_OK;
}

mjl_result mjl_expectations_get(const mjl_expectations *set, uint64_t id,
                                mjl_expectation *expectation)
{
    const uint32_t index = find_wait(set, id);
    return index == NONE ? MJL_NOT_FOUND : show(set, index, expectation);
}

mjl_result mjl_expectations_find(const mjl_expectations *set, mjl_bytes name, uint64_t waiter,
                                 mjl_expectation *expectation)
{
    const uint32_t found = mjl_names_find(set, name);
    if (found == NONE) return MJL_NOT_FOUND;
    for (uint32_t i = set->names[found].wait_first; i != NONE; i = set->waits[i].next) {
        if (!set->waits[i].is_edge && set->waits[i].waiter == waiter)
            return show(set, i, expectation);
    }
    return MJL_NOT_FOUND;
}

mjl_result mjl_expectations_list(const mjl_expectations *set, uint64_t *id,
                                 mjl_expectation *expectation)
{
    uint8_t key[MJL_WAIT_KEY_SIZE];
    for (uint64_t below = *id;;) {
        const uint32_t index = mjl_index_after(&set->by_id, mjl_wait_key(below, key), NULL);
        if (index == NONE) return MJL_EMPTY;
        below = set->waits[index].id;
        if (set->waits[index].is_edge) continue;
        *id = below;
        return show(set, index, expectation);
    }
}

mjl_monitor *mjl_expectations_monitor(mjl_expectations *set, uint64_t id)
{
    const uint32_t index = find_wait(set, id);
    if (index == NONE || set->waits[index].monitor == NULL) return NULL;
    mjl_names_changed(set, set->waits[index].name);
    return set->waits[index].monitor;
}

size_t mjl_expectations_count(const mjl_expectations *set)
{
    return set->by_id.count - set->edges_count;
}

size_t mjl_expectations_names_count(const mjl_expectations *set)
{
    return set->by_name.count;
}
