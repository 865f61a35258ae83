/*
 * The runner ties one profile, its transports and the clock to a libev loop.
 *
 *      transports ──packets──> receive ┐                       ┌──> packets to every transport
 *      host: say ... then wake ────────┼──> one step per turn ─┤
 *      one timer at the least due ─────┘    of the loop        └──> events to on_event
 *
 * Everything that arrived in one turn of the loop shares one step (one transaction). Nothing leaves
 * before the step that persisted it. What was sent and settled rides in the next step, at the
 * latest a second later.
 *
 * Time: reads the clock (`majlis/clock.h`) and hands it to the profile; the host takes `now` from
 * mjl_run_now. Ownership: the profile and the loop are the host's and outlive the run; transports
 * opened here belong to the run. Errors: when a step fails for good (STORE_*) the run stops,
 * `on_stop` hears why, and the loop is broken. Threads: the loop's own. It is the host's side of
 * the engine, so it may call back; the engine itself never does.
 */
#ifndef MAJLIS_RUN_H
#define MAJLIS_RUN_H

#include "majlis/clock.h"
#include "majlis/event.h"
#include "majlis/profile.h"
#include "majlis/transport.h"

MJL_BEGIN_DECLS

enum {
    MJL_RUN_TRANSPORTS_MAX = 8,
    MJL_RUN_PACKETS_MAX = 1024, /* Held for transports that do not take them yet; the rest waits in
                                   the profile's outbox. */
    MJL_RUN_TIDY_MS = 1000,     /* What was only sent or settled is persisted after this. */
    MJL_RUN_SLEEP_MS_MAX = 60000, /* A clock that jumped is noticed after this. */
    MJL_RUN_STUCK_MS = 100,       /* Until what stayed due after a step is tried again. */
    MJL_RUN_AGAIN_MS = 1000       /* After a step that may succeed later (no memory). */
};

typedef struct mjl_run mjl_run;

typedef enum mjl_run_settling {
    MJL_RUN_SETTLES_EVENTS = 0, /* An event is settled when on_event returned. */
    MJL_HOST_SETTLES_EVENTS     /* The host calls mjl_profile_event_settled, then mjl_run_wake. */
} mjl_run_settling;

/* All callbacks may be NULL; they may call the profile and sessions (then mjl_run_wake), and
 * mjl_run_stop, but not mjl_run_free. */
typedef struct mjl_run_config {
    size_t size;          /* sizeof(mjl_run_config) */
    struct ev_loop *loop; /* NULL: the default loop. */
    mjl_profile *profile; /* Lent. */
    mjl_random random;    /* For the transports' names. */
    mjl_transport_pace pace;
    mjl_transport_watch watch;
    uint64_t retention_ms; /* Of files that a transport keeps. 0: 7 days. */
    mjl_run_settling settling;

    void *context;
    /* The event's bytes live until the host's next call on the profile. */
    void (*on_event)(void *context, const struct mjl_event *event);
    /* A persisted packet, just before the transports get it. */
    void (*on_packet_out)(void *context, const mjl_packet *packet);
    /* What a transport brought. `verdict` is NULL when the call itself was refused (`result`). The
     * verdict is provisional until the step of this turn. */
    void (*on_packet_in)(void *context, mjl_transport_id from, mjl_bytes packet, mjl_result result,
                         const mjl_verdict *verdict);
    /* What a transport brought and is no whole packet (mjl_transport_sink.damaged). */
    void (*on_damaged)(void *context, mjl_transport_id from, const char *what, mjl_result why);
    void (*on_transport)(void *context, mjl_transport_id id, mjl_transport_state state,
                         const char *reason);
    /* After each good step, before its packets and events. */
    void (*on_step)(void *context, mjl_time now);
    /* The machine's clock did something odd; it was reported, not corrected. */
    void (*on_clock)(void *context, const mjl_clock_report *report);
    /* Once: OK after mjl_run_stop, else why the run cannot go on. */
    void (*on_stop)(void *context, mjl_result why);
} mjl_run_config;

/* Watches start; the first step is made in the loop's first turn. */
MJL_MUST_USE MJL_API mjl_result mjl_run_new(const mjl_run_config *config, mjl_run **run);

/* Opens a transport and gives it the next number, from 1 on. FULL beyond MJL_RUN_TRANSPORTS_MAX;
 * else as mjl_transport_open, with its one line of text. */
MJL_MUST_USE MJL_API mjl_result mjl_run_open(mjl_run *run, const char *address,
                                             mjl_transport_id *id,
                                             char text[MJL_TRANSPORT_TEXT_SIZE]);
/* The same with a backend of the host's own. `made` takes the reports (mjl_transport_report_...);
 * it belongs to the run. */
MJL_MUST_USE MJL_API mjl_result mjl_run_adopt(mjl_run *run, const mjl_transport_backend *backend,
                                              const char *address, mjl_transport_id *id,
                                              mjl_transport **made);
/* NOT_FOUND past the last. */
MJL_MUST_USE MJL_API mjl_result mjl_run_transport(const mjl_run *run, mjl_transport_id id,
                                                  mjl_transport_info *info);

/* The instant for the host's own calls on the profile. */
MJL_API mjl_time mjl_run_now(mjl_run *run);
/* The host called the profile: a step follows at the end of this turn. */
MJL_API void mjl_run_wake(mjl_run *run);
/* The same at once: step, packets, events. From within a callback it is a wake. A failure is also
 * told by on_stop. */
MJL_API mjl_result mjl_run_flush(mjl_run *run);

/* Turns the host's loop until the run stops; answers why (OK: mjl_run_stop). */
MJL_API mjl_result mjl_run_loop(mjl_run *run);
/* A last step; what came out of it is handed to the transports that are up; watches end; the loop
 * is broken. */
MJL_API void mjl_run_stop(mjl_run *run);
MJL_API void mjl_run_free(mjl_run *run); /* Closes the transports; makes no step. NULL is fine. */

typedef struct mjl_run_counters {
    uint64_t steps, turns;
    uint64_t packets_in, packets_out;
    uint64_t events;
    uint64_t waiting_packets; /* Now: taken from the profile, not yet with every transport. */
} mjl_run_counters;

MJL_API void mjl_run_get_counters(const mjl_run *run, mjl_run_counters *counters);

MJL_END_DECLS

#endif
