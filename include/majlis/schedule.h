/*
 * A schedule is a value that says what has to happen later: `now`, a set of pending tasks, the next
 * id, a generator for jitter, and the running task.
 *
 * A task is data: a `kind` from a table given at creation, and `args`, a few bytes that mean
 * something to whoever runs it. Never a function pointer: that is what makes a schedule savable.
 *
 * The host pulls. This is the whole loop:
 *
 *     mjl_task task;
 *     while ((result = mjl_schedule_take(schedule, now, &task)) == MJL_OK) {
 *         ...                             // may schedule, cancel and renew
 *         mjl_schedule_done(schedule);
 *     }
 *     // EMPTY: everything due before `now` has run, and the schedule's own now equals it.
 *
 * Order: by due tick, then in the order of scheduling. Ids ascend in that same order and are never
 * reused. A task runs at its own logical tick, however late the host is.
 *
 * Time: ticks are int64; the session's are Unix milliseconds. No clock is read.
 * Ownership: bytes that come out are borrowed until the next call that may change the schedule.
 * Errors: a call that fails changed nothing.
 * Threads: one at a time.
 * Saved: wholly, as canonical bytes (equal schedules give equal bytes), or as one record per task
 * through the journal. Nothing in it is secret.
 */
#ifndef MAJLIS_SCHEDULE_H
#define MAJLIS_SCHEDULE_H

#include "majlis/bytes.h"

MJL_BEGIN_DECLS

enum {
    MJL_TASK_ARGS_INLINE = 32,  /* Up to here arguments cost no allocation of their own. */
    MJL_TASK_ARGS_MAX = 1024,   /* An id and a few numbers; what is larger is state, not a task. */
    MJL_TASKS_MAX = 1 << 26,    /* Sixty times "a million is normal"; 4 GiB of tasks. */
    MJL_TASK_RECORD_MAX = 1100, /* An encoded task: its arguments and four numbers. */
    MJL_TASK_ID_NONE = 0        /* Never given out. */
};

/* A task at this tick could never run, since `until` is exclusive. Later ones are refused. */
#define MJL_DUE_MAX (INT64_MAX - 1)

typedef struct mjl_schedule mjl_schedule;

/* A stable number and its name. The table is constant for the life of the schedule, ascending by
 * number, without duplicates. */
typedef struct mjl_task_kind {
    uint16_t number;
    const char *name;
} mjl_task_kind;

typedef struct mjl_task_kinds {
    const mjl_task_kind *kinds;
    size_t count;
} mjl_task_kinds;

typedef struct mjl_task {
    uint64_t id;
    mjl_time due;   /* Its logical tick: the time the task should believe. */
    mjl_time until; /* What the host asked to run until; of a pending task, equal to `due`. */
    uint16_t kind;
    mjl_bytes args; /* Of a running task: good until it is done. */
} mjl_task;

typedef enum mjl_task_state {
    MJL_TASK_NOT_PENDING = 0, /* Has run, was cancelled, or never was. */
    MJL_TASK_PENDING,
    MJL_TASK_RUNNING
} mjl_task_state;

/* ---- Life ---- */

/* `seed` starts the generator for jitter; it protects nothing. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_new(mjl_task_kinds kinds, mjl_time now, uint64_t seed,
                                                 mjl_schedule **schedule);
MJL_API void mjl_schedule_free(mjl_schedule *schedule); /* NULL is fine. */

/* NULL if there is no such kind. */
MJL_API const char *mjl_schedule_kind_name(const mjl_schedule *schedule, uint16_t kind);

/* ---- Tasks ---- */

/*
 * Schedules a task `delta` ticks from now. 0 means the end of the current tick: never synchronous,
 * behind whatever is queued there already. BAD_ARGUMENT: delta is negative or ends beyond
 * MJL_DUE_MAX. UNKNOWN_KIND, TOO_LARGE, FULL (bound reached), OUT_OF_MEMORY.
 */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_after(mjl_schedule *schedule, int64_t delta,
                                                   uint16_t kind, mjl_bytes args, uint64_t *id);

/* Pending tasks only: true if it was pending and now never runs. Otherwise exactly nothing happens,
 * also for the running task. */
MJL_API bool mjl_schedule_cancel(mjl_schedule *schedule, uint64_t id);

/*
 * Pending tasks only: the same task `delta` from now, at the tail of its tick, under a new id.
 * NOT_FOUND: it is not pending, exactly nothing happened (so renewing the running task is none).
 * `id_new` may be NULL.
 */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_renew(mjl_schedule *schedule, uint64_t id,
                                                   int64_t delta, uint64_t *id_new);

/* Says what became of a task and, if it is pending or running, shows it. `task` may be NULL. */
MJL_API mjl_task_state mjl_schedule_status(const mjl_schedule *schedule, uint64_t id,
                                           mjl_task *task);

MJL_API size_t mjl_schedule_count(const mjl_schedule *schedule); /* Of pending tasks. */

/* The ids of all pending tasks, ascending; `ids` has room for mjl_schedule_count of them. For
 * showing and checking, not for running: it costs a sort. */
MJL_API void mjl_schedule_ids(const mjl_schedule *schedule, uint64_t *ids);

/* ---- Time ---- */

MJL_API mjl_time mjl_schedule_now(const mjl_schedule *schedule);

/* The earliest `until` with which `take` really has a task to give, so a host that sleeps until
 * then never spins: one tick after the least due. EMPTY: no task is pending. Tidies inside. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_next_due(mjl_schedule *schedule, mjl_time *next_due);

/*
 * Takes the first task due *before* `until` and makes it the running one: now is its tick, until
 * `mjl_schedule_done`. EMPTY: there is none, and now == until. TIME_WENT_BACK: until < now.
 * BUSY: a task is running. A host that stops taking early
 * loses nothing: the rest stays due.
 */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_take(mjl_schedule *schedule, mjl_time until,
                                                  mjl_task *task);
/* The running task has run, well or badly. No effect when none is. */
MJL_API void mjl_schedule_done(mjl_schedule *schedule);

typedef void (*mjl_task_body)(void *context, mjl_schedule *schedule, const mjl_task *task);

/*
 * The loop above for hosts that prefer a callback: runs what is due before `until`, at most
 * `budget` tasks. OK: now == until. BUDGET_SPENT: that many ran, more is due, and now is the tick
 * of the last one; call again.
 */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_run_to(mjl_schedule *schedule, mjl_time until,
                                                    size_t budget, mjl_task_body body,
                                                    void *context);

/* The next value of the saved generator, uniform in 0..max (both included). Not for secrets. */
MJL_API uint64_t mjl_schedule_jitter(mjl_schedule *schedule, uint64_t max);

/* ---- Saved whole ---- */

/* Appends the canonical bytes. BUSY from inside a task: no saved schedule is ever locked. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_save(const mjl_schedule *schedule, mjl_buffer *out);
/* Believes nothing: every code about encoded bytes and saved schedules may come back. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_load(mjl_task_kinds kinds, mjl_bytes saved,
                                                  mjl_schedule **schedule);

/* ---- Saved as records: what changed since the last persist ---- */

/*
 * A store keeps one record per task, keyed by id, and one header record. At each persist it writes
 * the header, walks the journal, and once that is durable clears it. A task that came and went in
 * between shows nothing. A new schedule has everything in its journal, a loaded one nothing.
 */
typedef struct mjl_task_change {
    bool is_removed; /* Forget the record of `task.id`; nothing else of `task` is set. */
    mjl_task task;
} mjl_task_change;

typedef struct mjl_journal_cursor {
    uint64_t next_id;
    uint32_t removed; /* Private. */
    bool is_begun;
} mjl_journal_cursor;

/* Walks removals in the order they happened, then new tasks by id. The cursor starts zeroed. EMPTY
 * at the end; BUSY from inside a task. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_journal_next(const mjl_schedule *schedule,
                                                          mjl_journal_cursor *cursor,
                                                          mjl_task_change *change);
MJL_API bool mjl_schedule_journal_is_empty(const mjl_schedule *schedule);
MJL_API void mjl_schedule_journal_clear(mjl_schedule *schedule);

/* Append the canonical record of a task, and of the header (now, next id, generator). */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_record(const mjl_task *task, mjl_buffer *out);
MJL_MUST_USE MJL_API mjl_result mjl_schedule_header(const mjl_schedule *schedule, mjl_buffer *out);

/*
 * Back from records: the header first, then every task in ascending order of id, then finish. Until
 * finish only add and free are allowed. All checks of `load` are made here too. A failure leaves a
 * schedule that can only be freed.
 */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_restore(mjl_task_kinds kinds, mjl_bytes header,
                                                     mjl_schedule **schedule);
MJL_MUST_USE MJL_API mjl_result mjl_schedule_restore_task(mjl_schedule *schedule, mjl_bytes record);
/* `tasks_count` is how many records the store believes there are: another number is TRUNCATED. */
MJL_MUST_USE MJL_API mjl_result mjl_schedule_restore_finish(mjl_schedule *schedule,
                                                            size_t tasks_count);

/* ---- For tests and benchmarks ---- */

/* Verifies every internal invariant: false is a bug of ours. O(tasks). */
MJL_API bool mjl_schedule_check(const mjl_schedule *schedule);
/* Bytes of memory held, for all that lives in this schedule. */
MJL_API size_t mjl_schedule_memory(const mjl_schedule *schedule);

MJL_END_DECLS

#endif
