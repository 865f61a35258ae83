/* Lets a libev loop run for so long, of real time. */
#ifndef TESTS_TRANSPORT_LOOP_TURN_H
#define TESTS_TRANSPORT_LOOP_TURN_H

#include <ev.h>

static inline void loop_turned(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)watcher;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

/* Answers how often the loop woke up. */
static inline unsigned loop_turn(struct ev_loop *loop, int ms)
{
    ev_timer end;
    ev_now_update(loop);
    ev_timer_init(&end, loop_turned, ms / 1000.0, 0.0);
    ev_timer_start(loop, &end);
    const unsigned before = ev_iteration(loop);
    ev_run(loop, 0);
    ev_timer_stop(loop, &end);
    return ev_iteration(loop) - before;
}

#endif
