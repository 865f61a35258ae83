/* libuv's uv_timer_t: a handle per timer, made beforehand. */
#include <stdlib.h>

#include <uv.h>

#include "timers.h"
#include "virtual_time.h"

typedef struct libuv_timers {
    const timers_plan *plan;
    uv_loop_t loop;
    uv_timer_t *handles;
    uv_timer_t **aimed; /* In the plan's order. */
    size_t fired;
} libuv_timers;

static void must(int result)
{
    if (result != 0) abort();
}

static void count_firing(uv_timer_t *handle)
{
    ((libuv_timers *)handle->data)->fired++;
}

static void *make(const timers_plan *plan)
{
    libuv_timers *state = (libuv_timers *)calloc(1, sizeof *state);
    if (state == NULL) abort();
    state->plan = plan;
    state->handles = (uv_timer_t *)malloc(plan->count * sizeof *state->handles);
    state->aimed = (uv_timer_t **)malloc(plan->count * sizeof *state->aimed);
    if (state->handles == NULL || state->aimed == NULL) abort();
    must(uv_loop_init(&state->loop));
    for (size_t i = 0; i < plan->count; i++) {
        must(uv_timer_init(&state->loop, &state->handles[i]));
        state->handles[i].data = state;
    }
    uv_update_time(&state->loop);
    return state;
}

static void insert_all(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        must(uv_timer_start(&state->handles[i], count_firing, state->plan->delays[i], 0));
}

static void aim(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        state->aimed[i] = &state->handles[state->plan->order[i]];
}

static void cancel_all(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        must(uv_timer_stop(state->aimed[i]));
}

static void renew_all(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        must(uv_timer_start(state->aimed[i], count_firing, state->plan->renewals[i], 0));
}

static void jump(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    virtual_ms += state->plan->span_ms;
    uv_run(&state->loop, UV_RUN_NOWAIT);
}

static void tick(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (uint32_t i = 0; i < state->plan->span_ms; i++) {
        virtual_ms++;
        uv_run(&state->loop, UV_RUN_NOWAIT);
    }
}

static void fire_again(uv_timer_t *handle)
{
    libuv_timers *state = (libuv_timers *)handle->data;
    const size_t i = state->fired++ % state->plan->count;
    must(uv_timer_start(handle, fire_again, state->plan->delays[i], 0));
    uv_timer_t *other = &state->handles[state->plan->order[i]];
    must(uv_timer_start(other, fire_again, state->plan->renewals[i], 0));
}

static void steady(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        state->handles[i].timer_cb = fire_again;
    virtual_waiting = true;
    while (state->fired < state->plan->count)
        uv_run(&state->loop, UV_RUN_ONCE);
    virtual_waiting = false;
}

static size_t fired(const void *context)
{
    return ((const libuv_timers *)context)->fired;
}

static void free_all(void *context)
{
    libuv_timers *state = (libuv_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        uv_close((uv_handle_t *)&state->handles[i], NULL);
    uv_run(&state->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&state->loop));
    free(state->handles);
    free(state->aimed);
    free(state);
}

const timers timers_libuv = {"libuv", make, insert_all, aim,   cancel_all, renew_all,
                             jump,    tick, steady,     fired, free_all};
