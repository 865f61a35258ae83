/*
 * What a set of expectations is made of. expect_waits.c holds it together; expect.c waits,
 * expect_settle.c ends waiting, the others save, journal and check.
 *
 *     names   [ sarb@7: WAITING ]---- waits: 12 -> 15 -> 19      by id, each with its timers
 *             [ all@7: ALL_OF   ]<--------------------'          19 is an edge: a part of all@7
 *             [ old@3: SETTLED, result ]
 *     told    9 -> 10                                            settled, not yet returned
 *
 * Names and waits lie in arrays and are known by their index; idle ones are chained.
 */
#ifndef SCHED_EXPECT_STATE_H
#define SCHED_EXPECT_STATE_H

#include "index.h"
#include "majlis/expect.h"
#include "pack.h"

/* No name, no wait; the end of a chain. */
#define NONE UINT32_MAX

/* A result, shared by its name and those who are yet to be told. */
typedef struct mjl_outcome {
    uint32_t holders;
    uint32_t size;
    uint8_t bytes[];
} mjl_outcome;

typedef struct mjl_wait {
    uint64_t id;
    uint64_t waiter;
    uint64_t bundle;
    mjl_time deadline;    /* MJL_NO_DEADLINE for none. */
    uint64_t task;        /* Pending until the deadline, then MJL_TASK_ID_NONE. */
    mjl_monitor *monitor; /* Owned; NULL for none. */
    uint32_t name;
    uint32_t prev; /* Of the same name, by id. */
    uint32_t next; /* Also: in the chain of the told, of idle ones. */
    bool is_overdue;
    /* An edge: the combination `target` waits for this name. */
    bool is_edge;
    uint32_t target;
    uint32_t edge_prev; /* Of the same target. */
    uint32_t edge_next;
    /* Of the told, whose name may be forgotten meanwhile. */
    mjl_outcome *outcome;
    uint8_t told_size;
    uint8_t told_name[MJL_EXPECT_NAME_MAX];
} mjl_wait;

typedef struct mjl_name {
    uint8_t size;
    uint8_t bytes[MJL_EXPECT_NAME_MAX];
    mjl_expect_state state; /* UNKNOWN: idle, or removed and kept for the journal. */
    uint8_t rule;           /* Of a combination that waits: mjl_expect_rule; else 0. */
    bool was_persisted;
    bool is_changed;  /* It is in the journal's chain. */
    bool is_declared; /* While restoring: it has had its record. */
    uint32_t wait_first;
    uint32_t wait_last;
    uint32_t edge_first;  /* Of a combination: what it still waits for. */
    mjl_outcome *outcome; /* Of a settled one; NULL is an empty result. */
    uint32_t changed_prev;
    uint32_t changed_next;
    uint32_t next; /* In the chain of idle ones, or of those being settled. */
} mjl_name;

struct mjl_expectations {
    mjl_expect_kinds kinds;
    uint64_t next_id;

    mjl_name *names;
    size_t names_room;
    uint32_t names_used;
    uint32_t names_idle;
    mjl_index by_name; /* Name to its index. */

    mjl_wait *waits;
    size_t waits_room;
    uint32_t waits_used;
    uint32_t waits_idle;
    mjl_index by_id;     /* Big-endian id, edges included, to the wait. */
    mjl_index by_bundle; /* Big-endian bundle and id. */
    uint32_t edges_count;

    uint32_t told_first;
    uint32_t told_last;
    uint32_t told_shown; /* Returned last; kept until the next is. */

    uint32_t changed_first;
    uint32_t changed_last;

    bool is_restoring;
    size_t restored_tasks; /* Tasks that the restored waits name. */
    size_t restored_names;
    uint8_t shown_name[MJL_EXPECT_NAME_MAX]; /* Of a cancelled one. */
};

enum { MJL_WAIT_KEY_SIZE = 8, MJL_BUNDLE_KEY_SIZE = 16, MJL_WAIT_ARGS_MAX = 9 };

static inline bool mjl_name_is_good(mjl_bytes name)
{
    return name.size >= 1 && name.size <= MJL_EXPECT_NAME_MAX;
}

static inline mjl_bytes mjl_name_bytes(const mjl_name *name)
{
    return mjl_bytes_of(name->bytes, name->size);
}

static inline mjl_bytes mjl_outcome_bytes(const mjl_outcome *outcome)
{
    return outcome == NULL ? mjl_bytes_of(NULL, 0) : mjl_bytes_of(outcome->bytes, outcome->size);
}

/* Somebody was settled and does not know yet: that would be lost. */
static inline bool mjl_expectations_is_busy(const mjl_expectations *set)
{
    return set->told_first != NONE;
}

/* ---- Made and released (expect_waits.c) ---- */

mjl_bytes mjl_wait_key(uint64_t id, uint8_t key[MJL_WAIT_KEY_SIZE]);
mjl_bytes mjl_bundle_key(uint64_t bundle, uint64_t id, uint8_t key[MJL_BUNDLE_KEY_SIZE]);
/* The arguments of a wait's tasks: its id, canonical. */
mjl_bytes mjl_wait_args(uint64_t id, uint8_t args[MJL_WAIT_ARGS_MAX]);

mjl_outcome *mjl_outcome_new(mjl_bytes bytes);
mjl_outcome *mjl_outcome_hold(mjl_outcome *outcome);
void mjl_outcome_drop(mjl_outcome *outcome);

uint32_t mjl_names_find(const mjl_expectations *set, mjl_bytes name);
/* Finds the name or makes it, WAITING for nobody yet. */
MJL_MUST_USE mjl_result mjl_names_find_or_add(mjl_expectations *set, mjl_bytes bytes,
                                              uint32_t *name);
/* The name goes if nobody waits for it, nothing settled it and it is no combination. */
void mjl_names_drop_if_idle(mjl_expectations *set, uint32_t index);
void mjl_names_remove(mjl_expectations *set, uint32_t index);
void mjl_names_changed(mjl_expectations *set, uint32_t index);

/* A wait at the end of its name's, known by its id and bundle. On failure there is none. */
MJL_MUST_USE mjl_result mjl_waits_add(mjl_expectations *set, uint32_t name, uint64_t id,
                                      uint64_t bundle, uint32_t *wait);
void mjl_waits_make_edge(mjl_expectations *set, uint32_t index, uint32_t target);
/* Out of its name's waits, of the indexes and of its target's edges; its timers are cancelled. */
void mjl_waits_detach(mjl_expectations *set, mjl_schedule *schedule, uint32_t index);
/* And its place becomes free. */
void mjl_waits_release(mjl_expectations *set, uint32_t index);

/* As the caller sees it; the name is borrowed from `name`. */
mjl_expectation mjl_waits_show(const mjl_wait *wait, mjl_bytes name);

/* ---- Checked (expect_check.c) ---- */

MJL_MUST_USE mjl_result mjl_wait_check_deadline(const mjl_expectations *set,
                                                const mjl_schedule *schedule, const mjl_wait *wait,
                                                bool has_deadline);
MJL_MUST_USE mjl_result mjl_wait_check_monitor(const mjl_expectations *set, const mjl_wait *wait);
MJL_MUST_USE mjl_result mjl_expect_name_check(const mjl_name *name, bool has_result);

#endif
