/*
 * The runner's state, for the files run*.c only: run.c steps and turns, run_drain.c brings packets
 * and events out, run_transports.c opens transports and hears what they tell.
 */
#ifndef MAJLIS_TRANSPORT_RUN_STATE_H
#define MAJLIS_TRANSPORT_RUN_STATE_H

#include <ev.h>

#include "majlis/run.h"
#include "outgoing.h"
#include "room.h"

#define MJL_NEVER INT64_MAX

typedef struct mjl_slot {
    mjl_run *run;
    mjl_transport *transport;
    mjl_transport_id id;
    bool has_stepped;               /* Its notes (a writer's name) are durable: it may send. */
    bool is_full;                   /* Until it is ready. */
    mjl_transport_state told_state; /* As the profile knows it; GONE: not at all. */
} mjl_slot;

struct mjl_run {
    mjl_run_config config;
    struct ev_loop *loop;
    mjl_profile *profile;
    mjl_clock clock;
    mjl_clock_report clock_report; /* Of the start, until it is told. */
    ev_prepare turn;
    ev_timer timer;

    mjl_slot slots[MJL_RUN_TRANSPORTS_MAX];
    uint32_t slots_count;
    mjl_outgoing outgoing;

    /* Why a turn has something to do. */
    bool needs_step;
    bool needs_drain;
    bool is_timer_due;
    mjl_time stepped_at;
    mjl_time tidy_at, again_at; /* MJL_NEVER: not wanted. */

    unsigned depth; /* Inside a turn or a callback: no other turn begins. */
    bool is_stop_wanted;
    bool is_stopped;
    mjl_result why;
    mjl_run_counters counters;
};

/* run.c */
void mjl_run_end(mjl_run *run, mjl_result why);
/* What rides in the next step is not left waiting for long. */
void mjl_run_want_tidy_step(mjl_run *run);

/* run_transports.c */
/* What changed since the profile was told; a refusal is told anew in the next turn. */
void mjl_run_tell_states(mjl_run *run, mjl_time now);

/* run_drain.c */
void mjl_run_drain(mjl_run *run);
mjl_slots mjl_slot_bit(const mjl_slot *of);

#endif
