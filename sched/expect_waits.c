/* What a set of expectations holds: names, who waits for them, outcomes, and what changed. */
#include <assert.h>

#include "array.h"
#include "expect_state.h"

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

mjl_bytes mjl_bundle_key(uint64_t bundle, uint64_t id, uint8_t key[MJL_BUNDLE_KEY_SIZE])
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

static mjl_result reserve_name(mjl_expectations *set)
{
    if (set->names_idle != NONE) return MJL_OK;
    if (set->names_used >= MJL_EXPECTATIONS_MAX) return MJL_FULL;
    return mjl_array_reserve(&set->names, set->names_used, &set->names_room, 1, sizeof *set->names);
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
    if (set->waits_used >= MJL_EXPECTATIONS_MAX) return MJL_FULL;
    return mjl_array_reserve(&set->waits, set->waits_used, &set->waits_room, 1, sizeof *set->waits);
}

static mjl_result add_keys(mjl_expectations *set, uint64_t id, uint64_t bundle, uint32_t index)
{
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    mjl_result result = mjl_index_add(&set->by_id, mjl_wait_key(id, key), index);
    if (result != MJL_OK || bundle == 0) return result;
    result = mjl_index_add(&set->by_bundle, mjl_bundle_key(bundle, id, key), index);
    if (result != MJL_OK) mjl_index_remove(&set->by_id, mjl_wait_key(id, key));
    return result;
}

static void remove_keys(mjl_expectations *set, const mjl_wait *wait)
{
    uint8_t key[MJL_BUNDLE_KEY_SIZE];
    mjl_index_remove(&set->by_id, mjl_wait_key(wait->id, key));
    if (wait->bundle != 0)
        mjl_index_remove(&set->by_bundle, mjl_bundle_key(wait->bundle, wait->id, key));
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
