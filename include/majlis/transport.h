/*
 * A transport carries packets: whole byte strings of at most MJL_PACKET_SIZE_MAX, to whoever
 * listens at an address. It may lose, reorder, duplicate, delay, replay and leak them; what it
 * delivers is judged by the session, never trusted.
 *
 *     dir:PATH                      a folder: one file per send; works on synced folders and sticks
 *     udp:GROUP:PORT%INTERFACE      multicast, e.g. udp:239.77.74.76:4711%eth0
 *     udp:[GROUP]:PORT%INTERFACE    e.g. udp:[ff02::4d4a:4c]:4711%eth0
 *
 * Most hosts never call this: `majlis/run.h` opens transports and ties them to a profile.
 *
 * Time: the loop's. Ownership: `new`/`close`; bytes handed to a sink live until the call returns.
 * Errors: TRANSPORT_ADDRESS (not understood), TRANSPORT_MISSING (what it names is not there),
 * TRANSPORT_DOWN (is there, cannot be used), with one plain line of text. After opening, trouble is
 * a state with a reason, never an error: the transport tries again by itself. Threads: the loop's
 * own. Saved: a small note (a read cursor, a writer's name) through the sink.
 */
#ifndef MAJLIS_TRANSPORT_H
#define MAJLIS_TRANSPORT_H

#include "majlis/bytes.h"
#include "majlis/limits.h"
#include "majlis/transport_state.h"

MJL_BEGIN_DECLS

struct ev_loop;

typedef struct mjl_transport mjl_transport;

enum {
    MJL_TRANSPORT_TEXT_SIZE = 256, /* Of an error or a reason, its NUL included. */
    MJL_TRANSPORT_ADDRESS_SIZE_MAX = 4096
};

/* Going DOWN forgets every packet that was taken and not confirmed: whoever sends hands it in again
 * when the transport is UP. */
MJL_API const char *mjl_transport_state_name(mjl_transport_state state); /* "up" */

typedef struct mjl_transport_info {
    const char *address;       /* As it was opened. Lives as long as the transport. */
    size_t mtu;                /* Largest packet: fragmentation included. */
    size_t datagram_size_max;  /* What travels whole; larger packets are cut. 0: no such limit. */
    uint64_t bytes_per_second; /* The pace it keeps. 0: as fast as it goes. */
    bool keeps_history;        /* Who comes later still gets what was sent before. */
    bool is_ordered;           /* One sender's packets arrive in the order sent. */
    bool echoes_own;           /* Own packets come back (the verdict is OWN_ECHO). */
    bool is_unicast;
    mjl_transport_state state;
    const char *reason; /* One plain clause; "" while UP. */
} mjl_transport_info;

/*
 * Whom a transport talks to (the runner, or a test). Any callback but `received` may be NULL. None
 * of them may close the transport.
 */
typedef struct mjl_transport_sink {
    void *context;
    /* One whole packet. Anything but OK: it was not taken, and a transport that keeps history
     * offers it again a little later. */
    mjl_result (*received)(void *context, mjl_bytes packet);
    /* The bytes sent under this number are as durable as this transport makes them. */
    void (*sent)(void *context, uint64_t number);
    /* After FULL: it takes packets again. */
    void (*ready)(void *context);
    void (*state_changed)(void *context, mjl_transport_state state, const char *reason);
    /* Small values persisted by the profile's next step, together with the effects of what was
     * received before (`mjl_profile_note_set`, `mjl_profile_note_get`). Both NULL: nothing is
     * kept. */
    mjl_result (*note_set)(void *context, mjl_bytes name, mjl_bytes value);
    mjl_result (*note_get)(void *context, mjl_bytes name, mjl_bytes *value);
    /* What arrived is no whole packet: `what` names it (a file, a datagram), `why` says what is
     * wrong with it. Told once for each; anybody can cause many. */
    void (*damaged)(void *context, const char *what, mjl_result why);
} mjl_transport_sink;

typedef enum mjl_transport_pace {
    MJL_TRANSPORT_PACE_USUAL = 0,
    MJL_TRANSPORT_PACE_QUICK /* Looks every 250 ms where it would every second. */
} mjl_transport_pace;

typedef enum mjl_transport_watch {
    MJL_TRANSPORT_WATCH_BEST = 0, /* What the system offers, where it can be relied on. */
    MJL_TRANSPORT_WATCH_LOOKING   /* Only look at intervals. */
} mjl_transport_watch;

typedef struct mjl_transport_config {
    size_t size;          /* sizeof(mjl_transport_config) */
    struct ev_loop *loop; /* NULL: the default loop. */
    mjl_random random;    /* Names writers; nothing secret hangs on it. */
    mjl_transport_sink sink;
    mjl_transport_pace pace;
    mjl_transport_watch watch;
    uint64_t retention_ms;     /* Own files older than this are deleted. 0: 7 days. */
    uint64_t bytes_per_second; /* Pace of sending datagrams. 0: the default. */
} mjl_transport_config;

/* On anything but OK `text` holds one line: what, and why. It may be NULL. */
MJL_MUST_USE MJL_API mjl_result mjl_transport_open(const mjl_transport_config *config,
                                                   const char *address, mjl_transport **transport,
                                                   char text[MJL_TRANSPORT_TEXT_SIZE]);

/*
 * Takes one packet; the bytes are copied or already written when it returns. `number` comes back in
 * `sent`, at the earliest from within this call. FULL: `ready` tells when to try again.
 * TRANSPORT_DOWN: `state_changed` does. PACKET_TOO_LARGE: never.
 */
MJL_MUST_USE MJL_API mjl_result mjl_transport_send(mjl_transport *transport, mjl_bytes packet,
                                                   uint64_t number);
/* After a run of sends: what can be made durable for all of them at once is. Without it they are
 * confirmed a little later. */
MJL_API void mjl_transport_flush(mjl_transport *transport);

MJL_API void mjl_transport_get_info(const mjl_transport *transport, mjl_transport_info *info);
MJL_API void mjl_transport_close(mjl_transport *transport); /* NULL is fine. */

/* ---- A transport of one's own: fill the backend, and call the reports ---- */

typedef struct mjl_transport_backend {
    void *context;
    mjl_result (*send)(void *context, mjl_bytes packet, uint64_t number);
    void (*flush)(void *context);                              /* May be NULL. */
    void (*describe)(void *context, mjl_transport_info *info); /* Capabilities only. */
    void (*close)(void *context);                              /* Frees the context. */
} mjl_transport_backend;

/* Begins CONNECTING. The backend is closed with the transport, also when this fails. */
MJL_MUST_USE MJL_API mjl_result mjl_transport_new(const mjl_transport_backend *backend,
                                                  const mjl_transport_sink *sink,
                                                  const char *address, mjl_transport **transport);
MJL_MUST_USE MJL_API mjl_result mjl_transport_report_received(mjl_transport *transport,
                                                              mjl_bytes packet);
MJL_API void mjl_transport_report_damaged(mjl_transport *transport, const char *what,
                                          mjl_result why);
MJL_API void mjl_transport_report_sent(mjl_transport *transport, uint64_t number);
MJL_API void mjl_transport_report_ready(mjl_transport *transport);
MJL_API void mjl_transport_report_state(mjl_transport *transport, mjl_transport_state state,
                                        const char *reason);

MJL_END_DECLS

#endif
