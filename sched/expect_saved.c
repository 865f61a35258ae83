/*
 * A set of expectations as bytes.
 *
 *     set    = [1, next id, [name, ...]]         names ascending by size, then bytes
 *     header = [1, next id]
 *     name   = [name, state, rule, result or nil, [wait, ...]]     waits ascending by id
 *     wait   = [id, waiter, bundle, deadline or nil, overdue, task, monitor or nil]
 *            | [id, target]                       an edge: the combination `target` waits for this
 */
#include <assert.h>

#include "expect_state.h"
#include "majlis/expect.h"
#include "monitor_pack.h"
#include "schedule_state.h"

enum {
    FORMAT = 1,
    SET_FIELDS = 3,
    HEADER_FIELDS = 2,
    NAME_FIELDS = 5,
    WAIT_FIELDS = 7,
    EDGE_FIELDS = 2
};

/* ---- Writing ---- */

static void pack_wait(const mjl_expectations *set, const mjl_wait *wait, mjl_pack *pack)
{
    mjl_pack_array(pack, wait->is_edge ? EDGE_FIELDS : WAIT_FIELDS);
    mjl_pack_uint(pack, wait->id);
    if (wait->is_edge) {
        mjl_pack_bin(pack, mjl_name_bytes(&set->names[wait->target]));
        return;
    }
    mjl_pack_uint(pack, wait->waiter);
    mjl_pack_uint(pack, wait->bundle);
    if (wait->task == MJL_TASK_ID_NONE && !wait->is_overdue) {
        mjl_pack_nil(pack);
    } else {
        mjl_pack_int(pack, wait->deadline);
    }
    mjl_pack_bool(pack, wait->is_overdue);
    mjl_pack_uint(pack, wait->task);
    if (wait->monitor == NULL) {
        mjl_pack_nil(pack);
    } else {
        mjl_monitor_pack(wait->monitor, pack);
    }
}

static void pack_name(const mjl_expectations *set, const mjl_name *name, mjl_pack *pack)
{
    mjl_pack_array(pack, NAME_FIELDS);
    mjl_pack_bin(pack, mjl_name_bytes(name));
    mjl_pack_uint(pack, name->state);
    mjl_pack_uint(pack, name->rule);
    if (name->state == MJL_EXPECT_SETTLED) {
        mjl_pack_bin(pack, mjl_outcome_bytes(name->outcome));
    } else {
        mjl_pack_nil(pack);
    }
    size_t count = 0;
    for (uint32_t i = name->wait_first; i != NONE; i = set->waits[i].next)
        count++;
    mjl_pack_array(pack, count);
    for (uint32_t i = name->wait_first; i != NONE; i = set->waits[i].next)
        pack_wait(set, &set->waits[i], pack);
}

/* Nothing was written unless all was. */
static mjl_result finish(const mjl_pack *pack, size_t size_before)
{
    if (pack->result != MJL_OK) pack->out->size = size_before;
    return pack->result;
}

mjl_result mjl_expectations_save(const mjl_expectations *set, mjl_buffer *out)
{
    if (mjl_expectations_is_busy(set)) return MJL_BUSY;
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, SET_FIELDS);
    mjl_pack_uint(&pack, FORMAT);
    mjl_pack_uint(&pack, set->next_id);
    mjl_pack_array(&pack, set->by_name.count);
    mjl_bytes name = mjl_bytes_of(NULL, 0);
    uint32_t index = mjl_index_after(&set->by_name, name, &name);
    for (; index != NONE; index = mjl_index_after(&set->by_name, name, &name))
        pack_name(set, &set->names[index], &pack);
    return finish(&pack, size_before);
}

mjl_result mjl_expectations_record(const mjl_expectations *set, mjl_bytes name, mjl_buffer *out)
{
    const uint32_t index = mjl_names_find(set, name);
    if (index == NONE) return MJL_NOT_FOUND;
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    pack_name(set, &set->names[index], &pack);
    return finish(&pack, size_before);
}

mjl_result mjl_expectations_header(const mjl_expectations *set, mjl_buffer *out)
{
    if (mjl_expectations_is_busy(set)) return MJL_BUSY;
    const size_t size_before = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, HEADER_FIELDS);
    mjl_pack_uint(&pack, FORMAT);
    mjl_pack_uint(&pack, set->next_id);
    return finish(&pack, size_before);
}

/* ---- Reading ---- */

static void unpack_monitor(mjl_expectations *set, const mjl_schedule *schedule, mjl_wait *wait,
                           mjl_unpack *unpack)
{
    if (mjl_unpack_is_nil(unpack)) {
        mjl_unpack_nil(unpack);
        return;
    }
    if (unpack->result != MJL_OK) return;
    wait->monitor = (mjl_monitor *)malloc(sizeof *wait->monitor);
    if (wait->monitor == NULL) {
        mjl_unpack_fail(unpack, MJL_OUT_OF_MEMORY);
        return;
    }
    mjl_monitor_unpack(wait->monitor, schedule, unpack);
    if (unpack->result == MJL_OK) mjl_unpack_fail(unpack, mjl_wait_check_monitor(set, wait));
    set->restored_tasks += wait->monitor->task != MJL_TASK_ID_NONE;
}

static void unpack_wait_fields(mjl_expectations *set, const mjl_schedule *schedule, mjl_wait *wait,
                               mjl_unpack *unpack)
{
    wait->waiter = mjl_unpack_uint(unpack);
    const uint64_t bundle = mjl_unpack_uint(unpack);
    assert(unpack->result != MJL_OK || bundle == wait->bundle);
    const bool has_deadline = !mjl_unpack_is_nil(unpack);
    if (has_deadline) {
        wait->deadline = mjl_unpack_int(unpack);
    } else {
        mjl_unpack_nil(unpack);
    }
    wait->is_overdue = mjl_unpack_bool(unpack);
    wait->task = mjl_unpack_uint(unpack);
    if (unpack->result == MJL_OK)
        mjl_unpack_fail(unpack, mjl_wait_check_deadline(set, schedule, wait, has_deadline));
    set->restored_tasks += wait->task != MJL_TASK_ID_NONE;
    unpack_monitor(set, schedule, wait, unpack);
}

/* The combination is made if its own record has not come yet. */
static void unpack_edge(mjl_expectations *set, uint32_t index, mjl_unpack *unpack)
{
    const mjl_bytes bytes = mjl_unpack_bin_to(unpack, MJL_EXPECT_NAME_MAX);
    if (unpack->result == MJL_OK && !mjl_name_is_good(bytes)) unpack->result = MJL_MALFORMED;
    if (unpack->result != MJL_OK) return;
    uint32_t target = NONE;
    mjl_unpack_fail(unpack, mjl_names_find_or_add(set, bytes, &target));
    if (unpack->result == MJL_OK && target == set->waits[index].name)
        unpack->result = MJL_MALFORMED;
    if (unpack->result == MJL_OK) mjl_waits_make_edge(set, index, target);
}

/* The bundle stands behind the id and the waiter, but is needed first. */
static uint64_t peek_bundle(mjl_unpack unpack)
{
    mjl_unpack_uint(&unpack);
    return mjl_unpack_uint(&unpack);
}

static mjl_result check_id(const mjl_expectations *set, uint64_t id, uint64_t previous)
{
    uint8_t key[MJL_WAIT_KEY_SIZE];
    if (id == 0) return MJL_MALFORMED;
    if (id >= set->next_id) return MJL_SAVED_ID_TOO_HIGH;
    if (id < previous) return MJL_SAVED_ORDER;
    const bool is_new = mjl_index_find(&set->by_id, mjl_wait_key(id, key)) == NONE;
    return is_new ? MJL_OK : MJL_SAVED_DUPLICATE_ID;
}

static uint64_t unpack_wait(mjl_expectations *set, const mjl_schedule *schedule, uint32_t name,
                            uint64_t previous, mjl_unpack *unpack)
{
    const size_t fields = mjl_unpack_array(unpack);
    if (fields != WAIT_FIELDS && fields != EDGE_FIELDS) mjl_unpack_fail(unpack, MJL_MALFORMED);
    const uint64_t id = mjl_unpack_uint(unpack);
    const uint64_t bundle = fields == WAIT_FIELDS ? peek_bundle(*unpack) : 0;
    if (unpack->result == MJL_OK) mjl_unpack_fail(unpack, check_id(set, id, previous));
    uint32_t index = NONE;
    if (unpack->result == MJL_OK)
        mjl_unpack_fail(unpack, mjl_waits_add(set, name, id, bundle, &index));
    if (unpack->result != MJL_OK) return id;
    if (fields == EDGE_FIELDS) {
        unpack_edge(set, index, unpack);
    } else {
        unpack_wait_fields(set, schedule, &set->waits[index], unpack);
    }
    return id;
}

static void unpack_result(mjl_name *name, mjl_unpack *unpack)
{
    const mjl_bytes result = mjl_unpack_bin_to(unpack, MJL_EXPECT_RESULT_MAX);
    if (unpack->result != MJL_OK || result.size == 0) return;
    name->outcome = mjl_outcome_new(result);
    if (name->outcome == NULL) unpack->result = MJL_OUT_OF_MEMORY;
}

static void unpack_waits(mjl_expectations *set, const mjl_schedule *schedule, uint32_t name,
                         mjl_unpack *unpack)
{
    const size_t count = mjl_unpack_array(unpack);
    uint64_t previous = 0;
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++)
        previous = unpack_wait(set, schedule, name, previous, unpack);
}

static void unpack_name_fields(mjl_expectations *set, const mjl_schedule *schedule, uint32_t index,
                               mjl_unpack *unpack)
{
    mjl_name *name = &set->names[index];
    if (name->is_declared) mjl_unpack_fail(unpack, MJL_SAVED_DUPLICATE_ID);
    const uint64_t state = mjl_unpack_uint_to(unpack, MJL_EXPECT_SETTLED);
    if (state == MJL_EXPECT_UNKNOWN) mjl_unpack_fail(unpack, MJL_MALFORMED);
    const uint64_t rule = mjl_unpack_uint_to(unpack, MJL_EXPECT_ANY_OF);
    if (unpack->result != MJL_OK) return;
    name->is_declared = true;
    name->state = (mjl_expect_state)state;
    name->rule = (uint8_t)rule;
    const bool has_result = !mjl_unpack_is_nil(unpack);
    if (has_result) {
        unpack_result(name, unpack);
    } else {
        mjl_unpack_nil(unpack);
    }
    unpack_waits(set, schedule, index, unpack);
    /* Reading waits may have made names, and so have moved them. */
    if (unpack->result == MJL_OK)
        mjl_unpack_fail(unpack, mjl_expect_name_check(&set->names[index], has_result));
    set->restored_names++;
}

/* Returns the name, which lies in the record. */
static mjl_bytes unpack_name(mjl_expectations *set, const mjl_schedule *schedule,
                             mjl_unpack *unpack)
{
    mjl_unpack_array_of(unpack, NAME_FIELDS);
    const mjl_bytes bytes = mjl_unpack_bin_to(unpack, MJL_EXPECT_NAME_MAX);
    if (unpack->result == MJL_OK && !mjl_name_is_good(bytes)) unpack->result = MJL_MALFORMED;
    if (unpack->result != MJL_OK) return bytes;
    uint32_t index = NONE;
    mjl_unpack_fail(unpack, mjl_names_find_or_add(set, bytes, &index));
    if (unpack->result == MJL_OK) unpack_name_fields(set, schedule, index, unpack);
    return bytes;
}

static void unpack_header_fields(mjl_expectations *set, mjl_unpack *unpack)
{
    set->is_restoring = true;
    if (mjl_unpack_uint(unpack) != FORMAT) mjl_unpack_fail(unpack, MJL_UNKNOWN_VERSION);
    set->next_id = mjl_unpack_uint(unpack);
    if (set->next_id == 0) mjl_unpack_fail(unpack, MJL_MALFORMED);
}

/* Every name that an edge made has its record and is a combination; each combination that waits
 * has something to wait for. */
static bool are_combinations_whole(const mjl_expectations *set)
{
    for (uint32_t i = 0; i < set->names_used; i++) {
        const mjl_name *name = &set->names[i];
        const bool has_edges = name->edge_first != NONE;
        if (!name->is_declared || has_edges != (name->rule != 0)) return false;
    }
    return true;
}

mjl_result mjl_expectations_restore(mjl_expect_kinds kinds, mjl_bytes header,
                                    mjl_expectations **set)
{
    mjl_expectations *made = NULL;
    mjl_result result = mjl_expectations_new(kinds, &made);
    if (result != MJL_OK) return result;
    mjl_unpack unpack = mjl_unpack_from(header);
    mjl_unpack_array_of(&unpack, HEADER_FIELDS);
    unpack_header_fields(made, &unpack);
    result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) {
        *set = made;
    } else {
        mjl_expectations_free(made);
    }
    return result;
}

mjl_result mjl_expectations_restore_name(mjl_expectations *set, const mjl_schedule *schedule,
                                         mjl_bytes record)
{
    assert(set->is_restoring);
    mjl_unpack unpack = mjl_unpack_from(record);
    unpack_name(set, schedule, &unpack);
    return mjl_unpack_end(&unpack);
}

mjl_result mjl_expectations_restore_finish(mjl_expectations *set, const mjl_schedule *schedule,
                                           size_t names_count)
{
    assert(set->is_restoring);
    if (set->restored_names != names_count) return MJL_TRUNCATED;
    if (!are_combinations_whole(set)) return MJL_SAVED_DANGLING;
    /* Nor may the schedule hold tasks of ours that nobody waits for. */
    size_t tasks = mjl_schedule_count_kind(schedule, set->kinds.deadline);
    tasks += mjl_schedule_count_kind(schedule, set->kinds.try_again);
    if (tasks != set->restored_tasks) return MJL_SAVED_DANGLING;
    mjl_expectations_journal_clear(set); /* What was read is what was persisted. */
    set->is_restoring = false;
    return MJL_OK;
}

static void unpack_names(mjl_expectations *set, const mjl_schedule *schedule, mjl_unpack *unpack)
{
    const size_t count = mjl_unpack_array(unpack);
    mjl_bytes previous = mjl_bytes_of(NULL, 0);
    for (size_t i = 0; i < count && unpack->result == MJL_OK; i++) {
        const mjl_bytes name = unpack_name(set, schedule, unpack);
        const bool is_above = name.size != previous.size ? name.size > previous.size
                                                         : mjl_bytes_compare(name, previous) > 0;
        if (unpack->result == MJL_OK && !is_above) unpack->result = MJL_SAVED_ORDER;
        previous = name;
    }
    if (unpack->result == MJL_OK)
        mjl_unpack_fail(unpack, mjl_expectations_restore_finish(set, schedule, count));
}

mjl_result mjl_expectations_load(mjl_expect_kinds kinds, const mjl_schedule *schedule,
                                 mjl_bytes saved, mjl_expectations **set)
{
    mjl_expectations *made = NULL;
    mjl_result result = mjl_expectations_new(kinds, &made);
    if (result != MJL_OK) return result;
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack_array_of(&unpack, SET_FIELDS);
    unpack_header_fields(made, &unpack);
    unpack_names(made, schedule, &unpack);
    result = mjl_unpack_end(&unpack);
    if (result == MJL_OK) {
        *set = made;
    } else {
        mjl_expectations_free(made);
    }
    return result;
}
