/*
 * Expectations: named future results that somebody waits for, each with a deadline and perhaps a
 * monitor that keeps trying meanwhile.
 *
 * A *name* (bytes the caller chose) is waited for, or settled. Each *expectation* is one waiter on
 * one name with a deadline of its own:
 *
 *     expect --> WAITING --deadline--> OVERDUE --settle--> gone, and its warning is retracted
 *                   |                     |
 *                   '------settle---------|--> gone
 *                   '------cancel---------'--> gone, never told
 *
 * On its deadline an expectation becomes overdue (a warning) and stays; it may still be met.
 * Warning and giving up are different things. Settling is first-wins; what was settled is
 * remembered until it is forgotten, so expecting it again answers at once and arms nothing.
 *
 * A set uses two kinds of the schedule, for itself alone: deadlines and tries. When the schedule
 * gives a task of either, hand it to `mjl_expectations_fired`, which says what it means.
 *
 * Ownership: the set owns everything; bytes that come out are borrowed until the next call that may
 * change the set. The schedule is an argument, always the same one.
 * Order: waiters come back in the order they began to wait. Names are ordered by size, then bytes.
 * Errors: a call that fails changed nothing.
 * Threads: one at a time.
 * Saved: wholly, as canonical bytes, or as one record per name through the journal; checked against
 * the schedule on load.
 */
#ifndef MAJLIS_EXPECT_H
#define MAJLIS_EXPECT_H

#include "majlis/monitor.h"

MJL_BEGIN_DECLS

enum {
    MJL_EXPECT_NAME_MAX = 40,       /* A 32-byte id and 8 bytes to say what of it. At least 1. */
    MJL_EXPECT_RESULT_MAX = 256,    /* What a name settled to; larger things are named by it. */
    MJL_EXPECTATIONS_MAX = 1 << 22, /* Live at once in one set; also of names. */
    MJL_EXPECT_PARTS_MAX = 1 << 12  /* Of one combination: one per member is the usual case. */
};

#define MJL_NO_DEADLINE ((int64_t)-1)

typedef struct mjl_expectations mjl_expectations;

typedef struct mjl_expect_kinds {
    uint16_t deadline; /* Both registered with the schedule, and used by this set only. */
    uint16_t try_again;
} mjl_expect_kinds;

typedef struct mjl_expect_request {
    mjl_bytes name;
    uint64_t waiter;                /* The caller's; comes back with every answer. */
    int64_t deadline;               /* Ticks from now, or MJL_NO_DEADLINE. */
    const mjl_intervals *intervals; /* Of a monitor that tries meanwhile; NULL for none. */
    uint64_t bundle; /* Expectations of one bundle can be cancelled together; 0 is none. */
} mjl_expect_request;

/* One waiter on one name. */
typedef struct mjl_expectation {
    uint64_t id;
    mjl_bytes name;
    uint64_t waiter;
    uint64_t bundle;
    bool is_overdue; /* A warning is out; when this is a settled one: retract it. */
    bool has_monitor;
    mjl_time deadline; /* When it is or was due; MJL_NO_DEADLINE for none. */
    mjl_bytes result;  /* Only of a settled one. */
} mjl_expectation;

typedef enum mjl_expect_state {
    MJL_EXPECT_UNKNOWN = 0, /* Nobody waits for the name, and nothing settled it. */
    MJL_EXPECT_WAITING,
    MJL_EXPECT_SETTLED
} mjl_expect_state;

MJL_MUST_USE MJL_API mjl_result mjl_expectations_new(mjl_expect_kinds kinds,
                                                     mjl_expectations **set);
MJL_API void mjl_expectations_free(mjl_expectations *set); /* NULL is fine; tasks stay. */

/* ---- Waiting ---- */

/*
 * Begins to wait. `*state` WAITING: armed, and `*id` names the expectation. SETTLED: it happened
 * already, `*result` is what came of it, nothing was armed and `*id` is 0. `result` and `id` may
 * be NULL.
 */
MJL_MUST_USE MJL_API mjl_result mjl_expect(mjl_expectations *set, mjl_schedule *schedule,
                                           const mjl_expect_request *request,
                                           mjl_expect_state *state, uint64_t *id,
                                           mjl_bytes *result);

/* Stops waiting, with its timers; the name and others who wait for it stay. `gone` (may be NULL)
 * shows what it was: if it was overdue, its warning has to be retracted. NOT_FOUND. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_cancel(mjl_expectations *set,
                                                        mjl_schedule *schedule, uint64_t id,
                                                        mjl_expectation *gone);
/* Cancels all expectations of a bundle: how many there were. The second time it is 0. */
MJL_API size_t mjl_expectations_cancel_bundle(mjl_expectations *set, mjl_schedule *schedule,
                                              uint64_t bundle);

/*
 * The name has come true. `*is_first` false: it had already, nothing changed, and the first result
 * stands. Those who waited, for this name and for combinations it completes, are then returned by
 * `mjl_expectations_next_settled`; until they all are, saving answers BUSY. `is_first` may be NULL.
 */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_settle(mjl_expectations *set,
                                                        mjl_schedule *schedule, mjl_bytes name,
                                                        mjl_bytes result, bool *is_first);
/* The next waiter whose name was settled. EMPTY when all were told. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_next_settled(mjl_expectations *set,
                                                              mjl_expectation *settled);

/* Forgets a name: its result, or all who wait for it (who are not told). WRONG_STATE: a combination
 * depends on it; forget that first. NOT_FOUND. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_forget(mjl_expectations *set,
                                                        mjl_schedule *schedule, mjl_bytes name);

/* ---- Combinations ---- */

typedef enum mjl_expect_rule {
    MJL_EXPECT_ALL_OF = 1, /* Settles, with an empty result, when every part is. */
    MJL_EXPECT_ANY_OF = 2  /* Settles with the result of the part that is settled first. */
} mjl_expect_rule;

/*
 * Makes `name` (new: else WRONG_STATE) settle by itself when its parts do; expect it like any
 * other. Parts may be settled already (then so may be the combination, at once), waited for, or
 * unknown yet. At least one part, each different, none the name itself (else BAD_ARGUMENT).
 */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_combine(mjl_expectations *set,
                                                         mjl_schedule *schedule,
                                                         mjl_expect_rule rule, mjl_bytes name,
                                                         const mjl_bytes *parts,
                                                         size_t parts_count);

/* ---- The schedule's tasks ---- */

typedef enum mjl_expect_event {
    MJL_EXPECT_OVERDUE = 1, /* Warn. It may still be met. */
    MJL_EXPECT_TRY = 2      /* Do again whatever may bring it about. */
} mjl_expect_event;

/* A task of one of the set's two kinds is running: what does it mean? NOT_FOUND: nothing any more.
 */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_fired(mjl_expectations *set,
                                                       mjl_schedule *schedule, const mjl_task *task,
                                                       mjl_expect_event *event,
                                                       mjl_expectation *expectation);

/* ---- Questions ---- */

MJL_API mjl_expect_state mjl_expectations_state(const mjl_expectations *set, mjl_bytes name,
                                                mjl_bytes *result /* May be NULL. */);
MJL_MUST_USE MJL_API mjl_result mjl_expectations_get(const mjl_expectations *set, uint64_t id,
                                                     mjl_expectation *expectation);
/* The first who waits for `name` as `waiter`. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_find(const mjl_expectations *set, mjl_bytes name,
                                                      uint64_t waiter,
                                                      mjl_expectation *expectation);
/* Of least id above `*id`, which it sets; start from 0. EMPTY at the end. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_list(const mjl_expectations *set, uint64_t *id,
                                                      mjl_expectation *expectation);
/* The monitor of an expectation, to pause, resume, reset or poke it; NULL if it has none. It counts
 * as changed. */
MJL_API mjl_monitor *mjl_expectations_monitor(mjl_expectations *set, uint64_t id);
MJL_API size_t mjl_expectations_count(const mjl_expectations *set);       /* Who wait. */
MJL_API size_t mjl_expectations_names_count(const mjl_expectations *set); /* Waited for, settled. */

/* ---- Saved whole ---- */

/* Appends the canonical bytes. BUSY while settled waiters have not been told. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_save(const mjl_expectations *set, mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_expectations_load(mjl_expect_kinds kinds,
                                                      const mjl_schedule *schedule, mjl_bytes saved,
                                                      mjl_expectations **set);

/* ---- Saved as records, one per name ---- */

typedef struct mjl_expect_change {
    mjl_bytes name;
    bool is_removed; /* Forget the record of that name; otherwise put its present one. */
} mjl_expect_change;

typedef struct mjl_expect_cursor {
    uint32_t next; /* Private. */
    bool is_begun;
} mjl_expect_cursor;

/* In the order of first change. The cursor starts zeroed. EMPTY at the end; BUSY as for saving. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_journal_next(const mjl_expectations *set,
                                                              mjl_expect_cursor *cursor,
                                                              mjl_expect_change *change);
MJL_API bool mjl_expectations_journal_is_empty(const mjl_expectations *set);
MJL_API void mjl_expectations_journal_clear(mjl_expectations *set);
/* Append the canonical record of a name, and of the header. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_record(const mjl_expectations *set, mjl_bytes name,
                                                        mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_expectations_header(const mjl_expectations *set,
                                                        mjl_buffer *out);

/* Back from records: the header first, then every name in any order, then finish, which checks the
 * whole against the schedule. A failure leaves a set that can only be freed. */
MJL_MUST_USE MJL_API mjl_result mjl_expectations_restore(mjl_expect_kinds kinds, mjl_bytes header,
                                                         mjl_expectations **set);
MJL_MUST_USE MJL_API mjl_result mjl_expectations_restore_name(mjl_expectations *set,
                                                              const mjl_schedule *schedule,
                                                              mjl_bytes record);
MJL_MUST_USE MJL_API mjl_result mjl_expectations_restore_finish(mjl_expectations *set,
                                                                const mjl_schedule *schedule,
                                                                size_t names_count);

/* Verifies every internal invariant, also against the schedule: false is a bug of ours. */
MJL_API bool mjl_expectations_check(const mjl_expectations *set, const mjl_schedule *schedule);

MJL_END_DECLS

#endif
