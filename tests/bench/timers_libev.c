/* libev's ev_timer: a watcher per timer, made beforehand; no arguments, no stale handles. */
#include <stdlib.h>

#include <ev.h>

#include "timers.h"
#include "virtual_time.h"

typedef struct libev_timers {
    const timers_plan *plan;
    struct ev_loop *loop;
    ev_timer *watchers;
    ev_timer **aimed; /* In the plan's order. */
    size_t fired;
} libev_timers;

static double seconds(uint32_t ms)
{
    return (double)ms * 1e-3;
}

static void count_firing(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)watcher;
    (void)events;
    ((libev_timers *)ev_userdata(loop))->fired++;
}

static void *make(const timers_plan *plan)
{
    libev_timers *state = (libev_timers *)calloc(1, sizeof *state);
    if (state == NULL) abort();
    state->plan = plan;
    state->watchers = (ev_timer *)malloc(plan->count * sizeof *state->watchers);
    state->aimed = (ev_timer **)malloc(plan->count * sizeof *state->aimed);
    state->loop = ev_loop_new(EVFLAG_AUTO);
    if (state->watchers == NULL || state->aimed == NULL || state->loop == NULL) abort();
    ev_set_userdata(state->loop, state);
    for (size_t i = 0; i < plan->count; i++)
        ev_timer_init(&state->watchers[i], count_firing, 0., 0.);
    return state;
}

static void arm(libev_timers *state, ev_timer *watcher, uint32_t delay)
{
    ev_timer_set(watcher, seconds(delay), 0.);
    ev_timer_start(state->loop, watcher);
}

static void insert_all(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        arm(state, &state->watchers[i], state->plan->delays[i]);
}

static void aim(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        state->aimed[i] = &state->watchers[state->plan->order[i]];
}

static void cancel_all(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        ev_timer_stop(state->loop, state->aimed[i]);
}

/* Ours are one-shot, and so stay these: stop, set, start, as libev's manual has it for them. A
 * timer made repeating could use ev_timer_again instead, which takes about two thirds of the time.
 */
static void renew(libev_timers *state, ev_timer *watcher, uint32_t delay)
{
    ev_timer_stop(state->loop, watcher);
    arm(state, watcher, delay);
}

static void renew_all(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        renew(state, state->aimed[i], state->plan->renewals[i]);
}

static void jump(void *context)
{
    libev_timers *state = (libev_timers *)context;
    virtual_ms += state->plan->span_ms;
    ev_run(state->loop, EVRUN_NOWAIT);
}

static void tick(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (uint32_t i = 0; i < state->plan->span_ms; i++) {
        virtual_ms++;
        ev_run(state->loop, EVRUN_NOWAIT);
    }
}

static void fire_again(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)events;
    libev_timers *state = (libev_timers *)ev_userdata(loop);
    const size_t i = state->fired++ % state->plan->count;
    ev_timer_stop(loop, watcher);
    arm(state, watcher, state->plan->delays[i]);
    renew(state, &state->watchers[state->plan->order[i]], state->plan->renewals[i]);
}

static void steady(void *context)
{
    libev_timers *state = (libev_timers *)context;
    for (size_t i = 0; i < state->plan->count; i++)
        ev_set_cb(&state->watchers[i], fire_again);
    virtual_waiting = true;
    while (state->fired < state->plan->count)
        ev_run(state->loop, EVRUN_ONCE);
    virtual_waiting = false;
}

static size_t fired(const void *context)
{
    return ((const libev_timers *)context)->fired;
}

static void free_all(void *context)
{
    libev_timers *state = (libev_timers *)context;
    ev_loop_destroy(state->loop);
    free(state->watchers);
    free(state->aimed);
    free(state);
}

const timers timers_libev = {"libev", make, insert_all, aim,   cancel_all, renew_all,
                             jump,    tick, steady,     fired, free_all};
