#include "run_state.h"

#include <assert.h>

/* ---- Time ---- */

static void tell_clock(mjl_run *run, const mjl_clock_report *report)
{
    if (report->suspicion == MJL_CLOCK_STEADY || run->config.on_clock == NULL) return;
    run->depth++;
    run->config.on_clock(run->config.context, report);
    run->depth--;
}

mjl_time mjl_run_now(mjl_run *run)
{
    mjl_clock_reading reading;
    mjl_clock_report report;
    if (!mjl_clock_read(&reading)) return run->clock.now;
    const mjl_time now = mjl_clock_advance(&run->clock, reading, &report);
    tell_clock(run, &report);
    return now;
}

static mjl_time least(mjl_time a, mjl_time b)
{
    return a < b ? a : b;
}

static mjl_time next_due(const mjl_run *run)
{
    mjl_time due;
    if (run->again_at != MJL_NEVER) return run->again_at;
    if (mjl_profile_next_due(run->profile, &due) != MJL_OK) due = MJL_NEVER;
    return least(due, run->tidy_at);
}

/* What stayed due although a step was made (the host settles no events, say) is not tried at once
 * again: nothing may keep us spinning. */
static mjl_time wait_ms_of(const mjl_run *run, mjl_time now)
{
    const mjl_time due = next_due(run);
    if (run->needs_step) return 0; /* Other watchers get their turn, then we. */
    if (due <= run->stepped_at) return MJL_RUN_STUCK_MS;
    if (due <= now) return 0;
    return least(due - now, MJL_RUN_SLEEP_MS_MAX);
}

static void arm_timer(mjl_run *run, mjl_time wait_ms)
{
    ev_now_update(run->loop);
    ev_timer_stop(run->loop, &run->timer);
    ev_timer_set(&run->timer, (double)wait_ms / 1000.0, 0.0);
    ev_timer_start(run->loop, &run->timer);
}

void mjl_run_want_tidy_step(mjl_run *run)
{
    if (run->tidy_at == MJL_NEVER) run->tidy_at = run->clock.now + MJL_RUN_TIDY_MS;
    run->needs_drain = true; /* So that a turn follows, which arms the timer. */
}

/* ---- Ending ---- */

void mjl_run_end(mjl_run *run, mjl_result why)
{
    if (run->is_stopped) return;
    run->is_stopped = true;
    run->why = why;
    ev_prepare_stop(run->loop, &run->turn);
    ev_timer_stop(run->loop, &run->timer);
    run->depth++;
    if (run->config.on_stop != NULL) run->config.on_stop(run->config.context, why);
    run->depth--;
    ev_break(run->loop, EVBREAK_ALL);
}

/* ---- Step ---- */

static void stepped(mjl_run *run, mjl_time now)
{
    run->tidy_at = MJL_NEVER;
    run->again_at = MJL_NEVER;
    run->stepped_at = now;
    run->counters.steps++;
    for (uint32_t i = 0; i < run->slots_count; i++)
        run->slots[i].has_stepped = true;
    if (run->config.on_step != NULL) run->config.on_step(run->config.context, now);
}

static void make_step(mjl_run *run)
{
    const mjl_time now = mjl_run_now(run);
    run->needs_step = false;
    mjl_run_tell_states(run, now);
    const mjl_result result = mjl_profile_step(run->profile, now);
    if (result == MJL_OK || result == MJL_BUDGET_SPENT) {
        run->needs_step = result == MJL_BUDGET_SPENT;
        stepped(run, now);
    } else if (mjl_result_class(result) == MJL_CLASS_RETRY) {
        run->again_at = now + MJL_RUN_AGAIN_MS;
    } else {
        mjl_run_end(run, result);
    }
}

/* ---- A turn ---- */

static bool is_step_due(mjl_run *run)
{
    return run->is_timer_due && next_due(run) <= mjl_run_now(run);
}

static void make_turn(mjl_run *run)
{
    run->depth++;
    run->counters.turns++;
    if (is_step_due(run)) run->needs_step = true;
    run->is_timer_due = false;
    run->needs_drain = false;
    if (run->needs_step) make_step(run);
    mjl_run_drain(run);
    run->needs_drain = false; /* What draining itself wanted, the timer sees to. */
    if (!run->is_stopped) arm_timer(run, wait_ms_of(run, mjl_run_now(run)));
    run->depth--;
    if (run->is_stop_wanted) mjl_run_stop(run);
}

static void on_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    mjl_run *run = watcher->data;
    (void)loop;
    (void)events;
    tell_clock(run, &run->clock_report);
    run->clock_report.suspicion = MJL_CLOCK_STEADY;
    const bool is_wanted = run->needs_step || run->needs_drain || run->is_timer_due;
    if (is_wanted || run->is_stop_wanted) make_turn(run);
}

static void on_timer(struct ev_loop *loop, ev_timer *watcher, int events)
{
    mjl_run *run = watcher->data;
    (void)loop;
    (void)events;
    run->is_timer_due = true; /* The turn at the end of this round makes the step, for all. */
}

void mjl_run_wake(mjl_run *run)
{
    run->needs_step = true;
    /* The loop may be about to sleep. */
    if (run->depth == 0 && !run->is_stopped) arm_timer(run, 0);
}

mjl_result mjl_run_flush(mjl_run *run)
{
    run->needs_step = true;
    if (run->depth == 0 && !run->is_stopped) make_turn(run);
    return run->why;
}

/* ---- Beginning and ending ---- */

mjl_result mjl_run_new(const mjl_run_config *config, mjl_run **run)
{
    mjl_clock_reading reading;
    assert(config->profile != NULL);
    mjl_run *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    memcpy(&made->config, config, config->size < sizeof *config ? config->size : sizeof *config);
    made->loop = config->loop != NULL ? config->loop : ev_default_loop(0);
    made->profile = config->profile;
    made->tidy_at = MJL_NEVER;
    made->again_at = MJL_NEVER;
    made->stepped_at = INT64_MIN;
    made->needs_step = true;
    if (made->loop == NULL || !mjl_clock_read(&reading)) {
        free(made);
        return MJL_WRONG_STATE;
    }
    (void)mjl_clock_start(&made->clock, mjl_profile_now(made->profile), reading,
                          &made->clock_report);
    mjl_outgoing_init(&made->outgoing);
    ev_prepare_init(&made->turn, on_turn);
    ev_init(&made->timer, on_timer);
    made->turn.data = made->timer.data = made;
    ev_prepare_start(made->loop, &made->turn);
    *run = made;
    return MJL_OK;
}

mjl_result mjl_run_loop(mjl_run *run)
{
    if (!run->is_stopped) ev_run(run->loop, 0);
    return run->why;
}

void mjl_run_stop(mjl_run *run)
{
    if (run->is_stopped) return;
    run->is_stop_wanted = run->depth > 0;
    if (run->is_stop_wanted) return; /* At the end of this turn, or in the next. */
    run->depth++;
    make_step(run);
    mjl_run_drain(run);
    if (!run->is_stopped && run->tidy_at != MJL_NEVER) make_step(run);
    run->depth--;
    run->is_stop_wanted = false;
    mjl_run_end(run, MJL_OK);
}

void mjl_run_free(mjl_run *run)
{
    if (run == NULL) return;
    run->is_stopped = true;
    ev_prepare_stop(run->loop, &run->turn);
    ev_timer_stop(run->loop, &run->timer);
    for (uint32_t i = 0; i < run->slots_count; i++)
        mjl_transport_close(run->slots[i].transport);
    mjl_outgoing_clear(&run->outgoing);
    free(run);
}

void mjl_run_get_counters(const mjl_run *run, mjl_run_counters *counters)
{
    *counters = run->counters;
}
