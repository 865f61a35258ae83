/* How waiting ends: names settle, combinations follow their parts, names are forgotten. */
#include <assert.h>

#include "expect_state.h"
#include "majlis/expect.h"

/* ---- Settling ---- */

/* Names that have an outcome and whose waits are still to be told. */
typedef struct work {
    uint32_t first;
    uint32_t last;
} work;

/* The name is settled from now on; what it sets off comes in its turn. */
static void settle_name(mjl_expectations *set, uint32_t index, mjl_outcome *outcome, work *queue)
{
    mjl_name *name = &set->names[index];
    name->state = MJL_EXPECT_SETTLED;
    name->outcome = outcome;
    name->rule = 0;
    name->next = NONE;
    mjl_names_changed(set, index);
    if (queue->first == NONE) {
        queue->first = index;
    } else {
        set->names[queue->last].next = index;
    }
    queue->last = index;
}

static void tell(mjl_expectations *set, uint32_t index, const mjl_name *name)
{
    mjl_wait *wait = &set->waits[index];
    wait->outcome = mjl_outcome_hold(name->outcome);
    wait->told_size = name->size;
    memcpy(wait->told_name, name->bytes, name->size);
    wait->next = NONE;
    if (set->told_first == NONE) {
        set->told_first = index;
    } else {
        set->waits[set->told_last].next = index;
    }
    set->told_last = index;
}

/* What a combination still waits for, it does not any more. */
static void drop_edges(mjl_expectations *set, mjl_schedule *schedule, uint32_t combination)
{
    while (set->names[combination].edge_first != NONE) {
        const uint32_t edge = set->names[combination].edge_first;
        const uint32_t part = set->waits[edge].name;
        mjl_waits_detach(set, schedule, edge);
        mjl_waits_release(set, edge);
        mjl_names_drop_if_idle(set, part);
    }
}

/* A part of `target` is settled, and its edge is gone. */
static void part_settled(mjl_expectations *set, mjl_schedule *schedule, uint32_t target,
                         mjl_outcome *outcome, work *queue)
{
    mjl_name *combination = &set->names[target];
    if (combination->state != MJL_EXPECT_WAITING) return;
    if (combination->rule == MJL_EXPECT_ANY_OF) {
        settle_name(set, target, mjl_outcome_hold(outcome), queue);
        drop_edges(set, schedule, target);
    } else if (combination->edge_first == NONE) {
        settle_name(set, target, NULL, queue);
    }
}

static void end_waits(mjl_expectations *set, mjl_schedule *schedule, uint32_t index, work *queue)
{
    const mjl_name *name = &set->names[index];
    while (name->wait_first != NONE) {
        const uint32_t wait = name->wait_first;
        const bool is_edge = set->waits[wait].is_edge;
        const uint32_t target = set->waits[wait].target;
        mjl_waits_detach(set, schedule, wait);
        if (is_edge) {
            mjl_waits_release(set, wait);
            part_settled(set, schedule, target, name->outcome, queue);
        } else {
            tell(set, wait, name);
        }
    }
}

/* Breadth first, so that the order is that of the parts; each name is settled once. */
static void settle_all(mjl_expectations *set, mjl_schedule *schedule, uint32_t index,
                       mjl_outcome *outcome)
{
    work queue = {NONE, NONE};
    settle_name(set, index, outcome, &queue);
    drop_edges(set, schedule, index);
    while (queue.first != NONE) {
        end_waits(set, schedule, queue.first, &queue);
        queue.first = set->names[queue.first].next;
    }
}

mjl_result mjl_expectations_settle(mjl_expectations *set, mjl_schedule *schedule, mjl_bytes name,
                                   mjl_bytes result, bool *is_first)
{
    assert(!set->is_restoring);
    if (!mjl_name_is_good(name)) return MJL_BAD_ARGUMENT;
    if (result.size > MJL_EXPECT_RESULT_MAX) return MJL_TOO_LARGE;
    uint32_t index = mjl_names_find(set, name);
    const bool is_settled = index != NONE && set->names[index].state == MJL_EXPECT_SETTLED;
    if (is_first != NULL) *is_first = !is_settled;
    if (is_settled) return MJL_OK;
    mjl_outcome *outcome = result.size == 0 ? NULL : mjl_outcome_new(result);
    if (result.size != 0 && outcome == NULL) return MJL_OUT_OF_MEMORY;
    const mjl_result found = mjl_names_find_or_add(set, name, &index);
    if (found != MJL_OK) {
        mjl_outcome_drop(outcome);
        return found;
    }
    settle_all(set, schedule, index, outcome);
    return MJL_OK;
}

mjl_result mjl_expectations_next_settled(mjl_expectations *set, mjl_expectation *settled)
{
    if (set->told_shown != NONE) mjl_waits_release(set, set->told_shown);
    set->told_shown = set->told_first;
    if (set->told_first == NONE) return MJL_EMPTY;
    const mjl_wait *wait = &set->waits[set->told_first];
    set->told_first = wait->next;
    if (set->told_first == NONE) set->told_last = NONE;
    *settled = mjl_waits_show(wait, mjl_bytes_of(wait->told_name, wait->told_size));
    return MJL_OK;
}

/* ---- Forgetting ---- */

static bool is_part(const mjl_expectations *set, const mjl_name *name)
{
    for (uint32_t i = name->wait_first; i != NONE; i = set->waits[i].next) {
        if (set->waits[i].is_edge) return true;
    }
    return false;
}

mjl_result mjl_expectations_forget(mjl_expectations *set, mjl_schedule *schedule, mjl_bytes name)
{
    assert(!set->is_restoring);
    const uint32_t index = mjl_names_find(set, name);
    if (index == NONE) return MJL_NOT_FOUND;
    if (is_part(set, &set->names[index])) return MJL_WRONG_STATE;
    while (set->names[index].wait_first != NONE) {
        const uint32_t wait = set->names[index].wait_first;
        mjl_waits_detach(set, schedule, wait);
        mjl_waits_release(set, wait);
    }
    drop_edges(set, schedule, index);
    mjl_names_remove(set, index);
    return MJL_OK;
}

/* ---- Combinations ---- */

static bool are_parts_good(mjl_bytes name, const mjl_bytes *parts, size_t parts_count)
{
    if (parts_count == 0 || parts_count > MJL_EXPECT_PARTS_MAX) return false;
    for (size_t i = 0; i < parts_count; i++) {
        if (!mjl_name_is_good(parts[i]) || mjl_bytes_equal(parts[i], name)) return false;
    }
    return true;
}

static bool is_part_settled(const mjl_expectations *set, mjl_bytes part)
{
    return mjl_expectations_state(set, part, NULL) == MJL_EXPECT_SETTLED;
}

/* An edge from the part to the combination; a part that occurs twice is a mistake. */
static mjl_result add_edge(mjl_expectations *set, mjl_bytes part, uint32_t combination)
{
    uint32_t index = NONE;
    mjl_result result = mjl_names_find_or_add(set, part, &index);
    if (result != MJL_OK) return result;
    const uint32_t last = set->names[index].wait_last;
    /* The combination is new, so an edge of it can only be the last wait. */
    if (last != NONE && set->waits[last].is_edge && set->waits[last].target == combination)
        return MJL_BAD_ARGUMENT;
    uint32_t wait = NONE;
    result = mjl_waits_add(set, index, set->next_id, 0, &wait);
    if (result != MJL_OK) {
        mjl_names_drop_if_idle(set, index);
        return result;
    }
    set->next_id++;
    mjl_waits_make_edge(set, wait, combination);
    mjl_names_changed(set, index);
    return MJL_OK;
}

static mjl_result add_edges(mjl_expectations *set, mjl_schedule *schedule, uint32_t combination,
                            const mjl_bytes *parts, size_t parts_count)
{
    const uint64_t next_id = set->next_id;
    for (size_t i = 0; i < parts_count; i++) {
        if (is_part_settled(set, parts[i])) continue;
        const mjl_result result = add_edge(set, parts[i], combination);
        if (result == MJL_OK) continue;
        drop_edges(set, schedule, combination);
        set->next_id = next_id;
        return result;
    }
    return MJL_OK;
}

/* Some parts may have been settled before. */
static void settle_if_complete(mjl_expectations *set, mjl_schedule *schedule, uint32_t combination,
                               const mjl_bytes *parts, size_t parts_count)
{
    if (set->names[combination].rule == MJL_EXPECT_ALL_OF) {
        if (set->names[combination].edge_first == NONE)
            settle_all(set, schedule, combination, NULL);
        return;
    }
    for (size_t i = 0; i < parts_count; i++) {
        if (!is_part_settled(set, parts[i])) continue;
        mjl_outcome *outcome = set->names[mjl_names_find(set, parts[i])].outcome;
        settle_all(set, schedule, combination, mjl_outcome_hold(outcome));
        return;
    }
}

mjl_result mjl_expectations_combine(mjl_expectations *set, mjl_schedule *schedule,
                                    mjl_expect_rule rule, mjl_bytes name, const mjl_bytes *parts,
                                    size_t parts_count)
{
    assert(!set->is_restoring);
    assert(rule == MJL_EXPECT_ALL_OF || rule == MJL_EXPECT_ANY_OF);
    if (!mjl_name_is_good(name) || !are_parts_good(name, parts, parts_count))
        return MJL_BAD_ARGUMENT;
    if (mjl_names_find(set, name) != NONE) return MJL_WRONG_STATE;
    uint32_t index = NONE;
    mjl_result result = mjl_names_find_or_add(set, name, &index);
    if (result != MJL_OK) return result;
    set->names[index].rule = (uint8_t)rule;
    result = add_edges(set, schedule, index, parts, parts_count);
    if (result != MJL_OK) {
        mjl_names_remove(set, index);
        return result;
    }
    settle_if_complete(set, schedule, index, parts, parts_count);
    return MJL_OK;
}
