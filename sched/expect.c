#include "majlis/expect.h"

#include <assert.h>

#include "expect_state.h"
#include "monitor_pack.h"

enum { ROOM_MIN = 8 };

/* ---- Outcomes ---- */

mjl_outcome *mjl_outcome_new(mjl_bytes bytes)
{
    mjl_outcome *outcome = (mjl_outcome *)malloc(sizeof *outcome + bytes.size);
    if (outcome == NULL) return NULL;
    outcome->holders = 1;
    outcome->size = (uint32_t)bytes.size;
    if (bytes.size != 0) memcpy(outcome->bytes, bytes.data, bytes.size);
    return outcome;
}

mjl_outcome *mjl_outcome_hold(mjl_outcome *outcome)
{
    if (outcome != NULL) outcome->holders++;
    return outcome;
}

void mjl_outcome_drop(mjl_outcome *outcome)
{
    if (outcome != NULL && --outcome->holders == 0) free(outcome);
}

/* ---- Keys ---- */

static void put_big_endian(uint8_t *out, uint64_t value)
{
    for (size_t i = 0; i < MJL_WAIT_KEY_SIZE; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

mjl_bytes mjl_wait_key(uint64_t id, uint8_t key[MJL_WAIT_KEY_SIZE])
{
    put_big_endian(key, id);
    return mjl_bytes_of(key, MJL_WAIT_KEY_SIZE);
}

static mjl_bytes bundle_key(uint64_t bundle, uint64_t id, uint8_t key[MJL_BUNDLE_KEY_SIZE])
{
    put_big_endian(key, bundle);
    put_big_endian(key + MJL_WAIT_KEY_SIZE, id);
    return mjl_bytes_of(key, MJL_BUNDLE_KEY_SIZE);
}

mjl_bytes mjl_wait_args(uint64_t id, uint8_t args[MJL_WAIT_ARGS_MAX])
{
    mjl_buffer fixed = {args, 0, MJL_WAIT_ARGS_MAX};
    mjl_pack pack = mjl_pack_to(&fixed);
    mjl_pack_uint(&pack, id);
    assert(pack.result == MJL_OK);
    return mjl_buffer_bytes(&fixed);
}

/* ---- The journal's chain ---- */

void mjl_names_changed(mjl_expectations *set, uint32_t index)
{
    mjl_name *name = &set->names[index];
    if (name->is_changed) return;
    name->is_changed = true;
    name->changed_prev = set->changed_last;
    name->changed_next = NONE;
    if (set->changed_last == NONE) {
        set->changed_first = index;
    } else {
        set->names[set->changed_last].changed_next = index;
    }
    set->changed_last = index;
}

static void leave_journal(mjl_expectations *set, uint32_t index)
{
    mjl_name *name = &set->names[index];
    if (!name->is_changed) return;
    name->is_changed = false;
    if (name->changed_prev == NONE) {
        set->changed_first = name->changed_next;
    } else {
        set->names[name->changed_prev].changed_next = name->changed_next;
    }
    if (name->changed_next == NONE) {
        set->changed_last = name->changed_prev;
    } else {
        set->names[name->changed_next].changed_prev = name->changed_prev;
    }
}

/* ---- Names ---- */

uint32_t mjl_names_find(const mjl_expectations *set, mjl_bytes name)
{
    return mjl_index_find(&set->by_name, name);
}

/* Room for one more element of an array that is doubled. */
static mjl_result grow(void **array, uint32_t used, uint32_t *room, size_t size)
{
    if (used < *room) return MJL_OK;
    if (used >= MJL_EXPECTATIONS_MAX) return MJL_FULL;
    const uint32_t more = *room == 0 ? ROOM_MIN : *room * 2;
    void *grown = realloc(*array, more * size);
    if (grown == NULL) return MJL_OUT_OF_MEMORY;
    *array = grown;
    *room = more;
    return MJL_OK;
}

static mjl_result reserve_name(mjl_expectations *set)
{
    if (set->names_idle != NONE) return MJL_OK;
    void *names = set->names;
    const mjl_result result = grow(&names, set->names_used, &set->names_room, sizeof *set->names);
    set->names = (mjl_name *)names;
    return result;
}

static uint32_t take_name(mjl_expectations *set)
{
    const uint32_t index = set->names_idle;
    if (index == NONE) return set->names_used++;
    set->names_idle = set->names[index].next;
    return index;
}

static void give_name(mjl_expectations *set, uint32_t index)
{
    set->names[index].state = MJL_EXPECT_UNKNOWN;
    set->names[index].next = set->names_idle;
    set->names_idle = index;
}

mjl_result mjl_names_find_or_add(mjl_expectations *set, mjl_bytes bytes, uint32_t *index)
{
    *index = mjl_names_find(set, bytes);
    if (*index != NONE) return MJL_OK;
    mjl_result result = reserve_name(set);
    if (result != MJL_OK) return result;
    const uint32_t made = set->names_idle == NONE ? set->names_used : set->names_idle;
    result = mjl_index_add(&set->by_name, bytes, made);
    if (result != MJL_OK) return result;
    *index = take_name(set);
    mjl_name *name = &set->names[*index];
    memset(name, 0, sizeof *name);
    name->size = (uint8_t)bytes.size;
    memcpy(name->bytes, bytes.data, bytes.size);
    name->state = MJL_EXPECT_WAITING;
    name->wait_first = NONE;
    name->wait_last = NONE;
    name->edge_first = NONE;
    mjl_names_changed(set, *index);
    return MJL_OK;
}

/* One that the store knows stays in the journal, as removed. */
void mjl_names_remove(mjl_expectations *set, uint32_t index)
{
    mjl_name *name = &set->names[index];
    assert(name->wait_first == NONE);
    assert(name->edge_first == NONE);
    mjl_index_remove(&set->by_name, mjl_name_bytes(name));
    mjl_outcome_drop(name->outcome);
    name->outcome = NULL;
    name->state = MJL_EXPECT_UNKNOWN;
    if (name->was_persisted) {
        mjl_names_changed(set, index);
    } else {
        leave_journal(set, index);
        give_name(set, index);
    }
}

void mjl_names_drop_if_idle(mjl_expectations *set, uint32_t index)
{
    const mjl_name *name = &set->names[index];
    if (name->state == MJL_EXPECT_WAITING && name->wait_first == NONE && name->rule == 0)
        mjl_names_remove(set, index);
}

/* ---- Waits ---- */

static mjl_result reserve_wait(mjl_expectations *set)
{
    if (set->waits_idle != NONE) return MJL_OK;
    void *waits = set->waits;
    const mjl_result result = grow(&waits, set->waits_used, &set->waits_room, sizeof *set->waits);
    set->waits = (mjl_wait *)waits;
    return result;
}

static mjl_result add_keys(mjl_expectations *set, uint64_t id, uint64_t bundle, uint32_t index)
{
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    mjl_result result = mjl_index_add(&set->by_id, mjl_wait_key(id, key), index);
    if (result != MJL_OK || bundle == 0) return result;
    result = mjl_index_add(&set->by_bundle, bundle_key(bundle, id, key), index);
    if (result != MJL_OK) mjl_index_remove(&set->by_id, mjl_wait_key(id, key));
    return result;
}

static void remove_keys(mjl_expectations *set, const mjl_wait *wait)
{
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    mjl_index_remove(&set->by_id, mjl_wait_key(wait->id, key));
    if (wait->bundle != 0)
        mjl_index_remove(&set->by_bundle, bundle_key(wait->bundle, wait->id, key));
}

static void append_to_name(mjl_expectations *set, uint32_t index)
{
    mjl_wait *wait = &set->waits[index];
    mjl_name *name = &set->names[wait->name];
    wait->prev = name->wait_last;
    wait->next = NONE;
    if (name->wait_last == NONE) {
        name->wait_first = index;
    } else {
        set->waits[name->wait_last].next = index;
    }
    name->wait_last = index;
}

mjl_result mjl_waits_add(mjl_expectations *set, uint32_t name, uint64_t id, uint64_t bundle,
                         uint32_t *index)
{
    if (id == UINT64_MAX) return MJL_FULL;
    mjl_result result = reserve_wait(set);
    if (result != MJL_OK) return result;
    *index = set->waits_idle == NONE ? set->waits_used : set->waits_idle;
    result = add_keys(set, id, bundle, *index);
    if (result != MJL_OK) return result;
    if (set->waits_idle == NONE) {
        set->waits_used++;
    } else {
        set->waits_idle = set->waits[*index].next;
    }
    mjl_wait *wait = &set->waits[*index];
    memset(wait, 0, sizeof *wait);
    wait->id = id;
    wait->bundle = bundle;
    wait->deadline = MJL_NO_DEADLINE;
    wait->name = name;
    wait->target = NONE;
    append_to_name(set, *index);
    return MJL_OK;
}

void mjl_waits_make_edge(mjl_expectations *set, uint32_t index, uint32_t target)
{
    mjl_wait *wait = &set->waits[index];
    mjl_name *combination = &set->names[target];
    wait->is_edge = true;
    wait->target = target;
    wait->edge_prev = NONE;
    wait->edge_next = combination->edge_first;
    if (combination->edge_first != NONE) set->waits[combination->edge_first].edge_prev = index;
    combination->edge_first = index;
    set->edges_count++;
}

static void leave_target(mjl_expectations *set, const mjl_wait *wait)
{
    if (!wait->is_edge) return;
    if (wait->edge_prev == NONE) {
        set->names[wait->target].edge_first = wait->edge_next;
    } else {
        set->waits[wait->edge_prev].edge_next = wait->edge_next;
    }
    if (wait->edge_next != NONE) set->waits[wait->edge_next].edge_prev = wait->edge_prev;
    set->edges_count--;
}

static void leave_name(mjl_expectations *set, const mjl_wait *wait)
{
    mjl_name *name = &set->names[wait->name];
    if (wait->prev == NONE) {
        name->wait_first = wait->next;
    } else {
        set->waits[wait->prev].next = wait->next;
    }
    if (wait->next == NONE) {
        name->wait_last = wait->prev;
    } else {
        set->waits[wait->next].prev = wait->prev;
    }
}

static void cancel_timers(mjl_schedule *schedule, mjl_wait *wait)
{
    if (wait->task != MJL_TASK_ID_NONE) mjl_schedule_cancel(schedule, wait->task);
    wait->task = MJL_TASK_ID_NONE;
    if (wait->monitor == NULL) return;
    mjl_monitor_stop(wait->monitor, schedule);
    free(wait->monitor);
    wait->monitor = NULL;
}

void mjl_waits_detach(mjl_expectations *set, mjl_schedule *schedule, uint32_t index)
{
    mjl_wait *wait = &set->waits[index];
    cancel_timers(schedule, wait);
    remove_keys(set, wait);
    leave_name(set, wait);
    leave_target(set, wait);
    mjl_names_changed(set, wait->name);
}

void mjl_waits_release(mjl_expectations *set, uint32_t index)
{
    mjl_outcome_drop(set->waits[index].outcome);
    set->waits[index].outcome = NULL;
    set->waits[index].next = set->waits_idle;
    set->waits_idle = index;
}

mjl_expectation mjl_waits_show(const mjl_wait *wait, mjl_bytes name)
{
    const mjl_expectation shown = {.id = wait->id,
                                   .name = name,
                                   .waiter = wait->waiter,
                                   .bundle = wait->bundle,
                                   .is_overdue = wait->is_overdue,
                                   .has_monitor = wait->monitor != NULL,
                                   .deadline = wait->deadline,
                                   .result = mjl_outcome_bytes(wait->outcome)};
    return shown;
}

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
        const uint32_t index = mjl_index_after(&set->by_bundle, bundle_key(bundle, 0, key), NULL);
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
