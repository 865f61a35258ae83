/* Our schedule: each timer is a task with a kind and 32 bytes of arguments, held by its id. */
#include <stdlib.h>

#include "majlis/schedule.h"
#include "timers.h"
#include "timers_majlis.h"
#include "virtual_time.h"

enum { KIND = 7 };

static const mjl_task_kind kinds[] = {{KIND, "bench"}};
const mjl_task_kinds timers_majlis_kinds = {kinds, 1};

typedef struct majlis_timers {
    const timers_plan *plan;
    mjl_schedule *schedule;
    uint64_t *ids;   /* By number. */
    uint64_t *aimed; /* In the plan's order. */
    size_t fired;
} majlis_timers;

static void must(mjl_result result)
{
    if (result != MJL_OK) abort();
}

static void *make(const timers_plan *plan)
{
    majlis_timers *state = (majlis_timers *)calloc(1, sizeof *state);
    if (state == NULL) abort();
    state->plan = plan;
    state->ids = (uint64_t *)malloc(plan->count * sizeof *state->ids);
    state->aimed = (uint64_t *)malloc(plan->count * sizeof *state->aimed);
    if (state->ids == NULL || state->aimed == NULL) abort();
    memset(state->ids, 0xff, plan->count * sizeof *state->ids);
    must(mjl_schedule_new(timers_majlis_kinds, virtual_ms, 1, &state->schedule));
    return state;
}

mjl_schedule *timers_majlis_schedule(void *state)
{
    return ((majlis_timers *)state)->schedule;
}

/* The arguments name the timer, as real ones name a message. */
static void arm(majlis_timers *state, uint64_t number, uint32_t delay)
{
    uint64_t args[MJL_TASK_ARGS_INLINE / sizeof(uint64_t)] = {number, 1, 2, 3};
    must(mjl_schedule_after(state->schedule, delay, KIND, mjl_bytes_of(args, sizeof args),
                            &state->ids[number]));
}

static void insert_all(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        arm(state, i, state->plan->delays[i]);
}

static void aim(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        state->aimed[i] = state->ids[state->plan->order[i]];
}

static void cancel_all(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++) {
        if (!mjl_schedule_cancel(state->schedule, state->aimed[i])) abort();
    }
}

static void renew_all(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++) {
        uint64_t *id = &state->aimed[i];
        must(mjl_schedule_renew(state->schedule, *id, state->plan->renewals[i], id));
    }
}

static uint64_t number_of(const mjl_task *task)
{
    uint64_t number = 0;
    memcpy(&number, task->args.data, sizeof number);
    return number;
}

static void run_to(majlis_timers *state, mjl_time until)
{
    mjl_task task;
    while (mjl_schedule_take(state->schedule, until, &task) == MJL_OK) {
        if (task.kind == KIND && number_of(&task) < state->plan->count) state->fired++;
        mjl_schedule_done(state->schedule);
    }
}

static void jump(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    virtual_ms += state->plan->span_ms;
    run_to(state, virtual_ms);
}

static void tick(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    for (uint32_t i = 0; i < state->plan->span_ms; i++)
        run_to(state, ++virtual_ms);
}

static void fire_again(majlis_timers *state, const mjl_task *task)
{
    const size_t i = state->fired++ % state->plan->count;
    arm(state, number_of(task), state->plan->delays[i]);
    uint64_t *other = &state->ids[state->plan->order[i]];
    must(mjl_schedule_renew(state->schedule, *other, state->plan->renewals[i], other));
}

static void steady(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    while (state->fired < state->plan->count) {
        mjl_task task;
        must(mjl_schedule_next_due(state->schedule, &virtual_ms));
        while (mjl_schedule_take(state->schedule, virtual_ms, &task) == MJL_OK) {
            fire_again(state, &task);
            mjl_schedule_done(state->schedule);
        }
    }
}

static size_t fired(const void *context)
{
    return ((const majlis_timers *)context)->fired;
}

static void free_all(void *context)
{
    majlis_timers *state = (majlis_timers *)context;
    mjl_schedule_free(state->schedule);
    free(state->ids);
    free(state->aimed);
    free(state);
}

const timers timers_majlis = {"majlis", make, insert_all, aim,   cancel_all, renew_all,
                              jump,     tick, steady,     fired, free_all};
