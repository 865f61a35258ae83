#include "majlis/run.h"

#include <assert.h>
#include <ev.h>

#include "outgoing.h"
#include "room.h"

typedef struct slot {
    mjl_run *run;
    mjl_transport *transport;
    mjl_transport_id id;
    bool has_stepped; /* Its notes (a writer's name) are durable: it may send. */
    bool is_full;     /* Until it is ready. */
} slot;

struct mjl_run {
    mjl_run_config config;
    struct ev_loop *loop;
    mjl_profile *profile;
    mjl_clock clock;
    mjl_clock_report clock_report; /* Of the start, until it is told. */
    ev_prepare turn;
    ev_timer timer;

    slot slots[MJL_RUN_TRANSPORTS_MAX];
    uint32_t slots_count;
    mjl_outgoing outgoing;

    /* Why a turn has something to do. */
    bool needs_step;
    bool needs_drain;
    bool is_timer_due;
    mjl_time tidy_at, again_at; /* NEVER: not wanted. */

    bool is_turning;
    bool is_stop_wanted;
    bool is_stopped;
    mjl_result why;
    mjl_run_counters counters;
};

static const mjl_time NEVER = INT64_MAX;

/* ---- Time ---- */

static void tell_clock(mjl_run *run, const mjl_clock_report *report)
{
    if (report->suspicion != MJL_CLOCK_STEADY && run->config.on_clock != NULL)
        run->config.on_clock(run->config.context, report);
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
    if (mjl_profile_next_due(run->profile, &due) != MJL_OK) due = NEVER;
    return least(due, least(run->tidy_at, run->again_at));
}

/* A due that is already past after a step waits a millisecond: nothing may keep us spinning. */
static void arm_timer(mjl_run *run)
{
    const mjl_time now = mjl_run_now(run);
    const mjl_time due = next_due(run);
    mjl_time wait_ms = due == NEVER ? MJL_RUN_SLEEP_MS_MAX : due <= now ? 1 : due - now;
    if (run->needs_step) wait_ms = 0; /* A spent budget: other watchers get their turn, then we. */
    ev_now_update(run->loop);
    ev_timer_stop(run->loop, &run->timer);
    ev_timer_set(&run->timer, (double)least(wait_ms, MJL_RUN_SLEEP_MS_MAX) / 1000.0, 0.0);
    ev_timer_start(run->loop, &run->timer);
}

/* What rides in the next step is not left waiting for long. */
static void want_tidy_step(mjl_run *run)
{
    if (run->tidy_at == NEVER) run->tidy_at = run->clock.now + MJL_RUN_TIDY_MS;
    run->needs_drain = true; /* So that a turn follows, which arms the timer. */
}

/* ---- Ending ---- */

static void end_run(mjl_run *run, mjl_result why)
{
    if (run->is_stopped) return;
    run->is_stopped = true;
    run->why = why;
    ev_prepare_stop(run->loop, &run->turn);
    ev_timer_stop(run->loop, &run->timer);
    if (run->config.on_stop != NULL) run->config.on_stop(run->config.context, why);
    ev_break(run->loop, EVBREAK_ALL);
}

/* ---- Step ---- */

static void stepped(mjl_run *run, mjl_time now)
{
    run->tidy_at = NEVER;
    run->again_at = NEVER;
    run->counters.steps++;
    for (uint32_t i = 0; i < run->slots_count; i++)
        run->slots[i].has_stepped = true;
    if (run->config.on_step != NULL) run->config.on_step(run->config.context, now);
}

static void make_step(mjl_run *run)
{
    const mjl_time now = mjl_run_now(run);
    run->needs_step = false;
    const mjl_result result = mjl_profile_step(run->profile, now);
    if (result == MJL_OK || result == MJL_BUDGET_SPENT) {
        run->needs_step = result == MJL_BUDGET_SPENT;
        stepped(run, now);
    } else if (mjl_result_class(result) == MJL_CLASS_RETRY) {
        run->again_at = now + MJL_RUN_AGAIN_MS;
    } else {
        end_run(run, result);
    }
}

/* ---- Packets out ---- */

static mjl_slots slot_bit(const slot *of)
{
    return (mjl_slots)1 << (of->id - 1);
}

static mjl_slots all_slots(const mjl_run *run)
{
    return ((mjl_slots)1 << run->slots_count) - 1;
}

static bool is_up(const slot *of)
{
    return of->transport->state == MJL_TRANSPORT_UP && of->has_stepped && !of->is_full;
}

/* False: the transport does not go on now. */
static bool hand_packet(slot *to, mjl_outgoing_packet *packet)
{
    const mjl_slots bit = slot_bit(to);
    if ((packet->handed & bit) != 0) return true;
    packet->handed |= bit; /* Before: it may be confirmed from within the call. */
    const mjl_result result = mjl_transport_send(
        to->transport, mjl_bytes_of(packet->bytes, packet->size), packet->number);
    if (result == MJL_OK) return true;
    if (result == MJL_PACKET_TOO_LARGE || result == MJL_BAD_ARGUMENT) {
        packet->sent |= bit; /* It will never take it. */
        return true;
    }
    packet->handed &= ~bit;
    to->is_full = result == MJL_FULL;
    return false;
}

static void hand_packets(mjl_run *run)
{
    for (uint32_t i = 0; i < run->slots_count; i++) {
        slot *to = &run->slots[i];
        mjl_outgoing_packet *packet = run->outgoing.first;
        while (packet != NULL && is_up(to) && hand_packet(to, packet))
            packet = packet->next;
        mjl_transport_flush(to->transport);
    }
}

static bool settle_sent(mjl_run *run)
{
    uint64_t number;
    bool is_any = false;
    while (run->slots_count > 0 &&
           mjl_outgoing_take_finished(&run->outgoing, all_slots(run), &number)) {
        const mjl_result result = mjl_profile_packet_sent(run->profile, number);
        (void)result; /* NOT_FOUND: nobody waits for it any more. */
        is_any = true;
    }
    if (is_any) want_tidy_step(run);
    return is_any;
}

/* False: no more packets come out now. Without a transport they wait in the profile's outbox. */
static bool take_packet(mjl_run *run)
{
    mjl_packet packet;
    mjl_outgoing_packet *copy;
    if (run->is_stopped || run->slots_count == 0) return false;
    if (!mjl_outgoing_has_room(&run->outgoing)) return false;
    if (mjl_profile_next_packet(run->profile, &packet) != MJL_OK) return false;
    const mjl_result result = mjl_outgoing_add(&run->outgoing, &packet, &copy);
    if (result != MJL_OK) { /* It is not handed out again before the profile is reopened. */
        end_run(run, result);
        return false;
    }
    run->counters.packets_out++;
    packet.bytes = mjl_bytes_of(copy->bytes, copy->size);
    if (run->config.on_packet_out != NULL) run->config.on_packet_out(run->config.context, &packet);
    return true;
}

static void drain_packets(mjl_run *run)
{
    do {
        while (take_packet(run))
            continue;
        hand_packets(run);
    } while (settle_sent(run) && !run->is_stopped);
}

/* ---- Events out ---- */

static void drain_events(mjl_run *run)
{
    mjl_event event;
    while (!run->is_stopped && !run->is_stop_wanted &&
           mjl_profile_next_event(run->profile, &event) == MJL_OK) {
        const uint64_t number = event.number; /* The callback may end the event's life. */
        run->counters.events++;
        if (run->config.on_event == NULL) continue;
        run->config.on_event(run->config.context, &event);
        if (run->config.settling == MJL_HOST_SETTLES_EVENTS) continue;
        const mjl_result result = mjl_profile_event_settled(run->profile, number);
        (void)result;
        want_tidy_step(run);
    }
}

/* ---- A turn ---- */

static bool is_step_due(mjl_run *run)
{
    return run->is_timer_due && next_due(run) <= mjl_run_now(run);
}

static void drain(mjl_run *run)
{
    if (!run->is_stopped) drain_packets(run);
    drain_events(run);
    run->counters.waiting_packets = run->outgoing.count;
}

static void make_turn(mjl_run *run)
{
    run->is_turning = true;
    run->counters.turns++;
    if (is_step_due(run)) run->needs_step = true;
    run->is_timer_due = false;
    run->needs_drain = false;
    if (run->needs_step) make_step(run);
    drain(run);
    run->needs_drain = false; /* What draining itself wanted, the timer sees to. */
    if (!run->is_stopped) arm_timer(run);
    run->is_turning = false;
    if (run->is_stop_wanted) mjl_run_stop(run);
}

static void on_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    mjl_run *run = watcher->data;
    (void)loop;
    (void)events;
    tell_clock(run, &run->clock_report);
    run->clock_report.suspicion = MJL_CLOCK_STEADY;
    if (run->needs_step || run->needs_drain || run->is_timer_due) make_turn(run);
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
}

mjl_result mjl_run_flush(mjl_run *run)
{
    run->needs_step = true;
    if (!run->is_turning && !run->is_stopped) make_turn(run);
    return run->why;
}

/* ---- What transports tell ---- */

static mjl_result on_received(void *context, mjl_bytes packet)
{
    slot *from = context;
    mjl_run *run = from->run;
    mjl_verdict verdict;
    if (run->is_stopped) return MJL_WRONG_STATE;
    run->counters.packets_in++;
    const mjl_result result =
        mjl_profile_receive(run->profile, mjl_run_now(run), from->id, packet, &verdict);
    if (run->config.on_packet_in != NULL)
        run->config.on_packet_in(run->config.context, from->id, packet, result,
                                 result == MJL_OK ? &verdict : NULL);
    if (result == MJL_OK || mjl_result_class(result) == MJL_CLASS_RETRY) {
        run->needs_step = true; /* FULL: a step, and the draining after it, make room. */
    } else {
        end_run(run, result);
    }
    return result;
}

static void on_sent(void *context, uint64_t number)
{
    slot *from = context;
    mjl_outgoing_sent(&from->run->outgoing, slot_bit(from), number);
    from->run->needs_drain = true;
}

static void on_ready(void *context)
{
    slot *from = context;
    from->is_full = false;
    from->run->needs_drain = true;
}

static void on_state(void *context, mjl_transport_state state, const char *reason)
{
    slot *from = context;
    mjl_run *run = from->run;
    if (state != MJL_TRANSPORT_UP) mjl_outgoing_forget_handed(&run->outgoing, slot_bit(from));
    from->is_full = false;
    run->needs_drain = true;
    if (run->config.on_transport != NULL && !run->is_stopped)
        run->config.on_transport(run->config.context, from->id, state, reason);
}

static mjl_result on_note_set(void *context, mjl_bytes name, mjl_bytes value)
{
    slot *from = context;
    if (from->run->is_stopped) return MJL_WRONG_STATE;
    want_tidy_step(from->run);
    return mjl_profile_note_set(from->run->profile, name, value);
}

static mjl_result on_note_get(void *context, mjl_bytes name, mjl_bytes *value)
{
    slot *from = context;
    return mjl_profile_note_get(from->run->profile, name, value);
}

/* ---- Transports ---- */

static mjl_transport_sink sink_of(slot *of)
{
    const mjl_transport_sink sink = {of,       on_received, on_sent,    on_ready,
                                     on_state, on_note_set, on_note_get};
    return sink;
}

static slot *begin_slot(mjl_run *run)
{
    slot *made = &run->slots[run->slots_count];
    memset(made, 0, sizeof *made);
    made->run = run;
    made->id = run->slots_count + 1;
    return made;
}

static void finish_slot(slot *made, mjl_transport_id *id)
{
    mjl_run *run = made->run;
    run->slots_count++;
    run->needs_step = true; /* Its notes are made durable before it sends. */
    if (id != NULL) *id = made->id;
}

mjl_result mjl_run_open(mjl_run *run, const char *address, mjl_transport_id *id,
                        char text[MJL_TRANSPORT_TEXT_SIZE])
{
    if (text != NULL) text[0] = 0;
    if (run->slots_count == MJL_RUN_TRANSPORTS_MAX) {
        mjl_transport_say(text, "more than %d transports", MJL_RUN_TRANSPORTS_MAX);
        return MJL_FULL;
    }
    slot *made = begin_slot(run);
    const mjl_transport_config config = {.size = sizeof config,
                                         .loop = run->loop,
                                         .random = run->config.random,
                                         .sink = sink_of(made),
                                         .pace = run->config.pace,
                                         .watch = run->config.watch,
                                         .retention_ms = run->config.retention_ms};
    const mjl_result result = mjl_transport_open(&config, address, &made->transport, text);
    if (result == MJL_OK) finish_slot(made, id);
    return result;
}

mjl_result mjl_run_adopt(mjl_run *run, const mjl_transport_backend *backend, const char *address,
                         mjl_transport_id *id, mjl_transport **made_transport)
{
    if (run->slots_count == MJL_RUN_TRANSPORTS_MAX) {
        backend->close(backend->context);
        return MJL_FULL;
    }
    slot *made = begin_slot(run);
    const mjl_transport_sink sink = sink_of(made);
    const mjl_result result = mjl_transport_new(backend, &sink, address, &made->transport);
    if (result != MJL_OK) return result;
    finish_slot(made, id);
    *made_transport = made->transport;
    return MJL_OK;
}

mjl_result mjl_run_transport(const mjl_run *run, mjl_transport_id id, mjl_transport_info *info)
{
    if (id == 0 || id > run->slots_count) return MJL_NOT_FOUND;
    mjl_transport_get_info(run->slots[id - 1].transport, info);
    return MJL_OK;
}

/* ---- Beginning and ending ---- */

mjl_result mjl_run_new(const mjl_run_config *config, mjl_run **run)
{
    mjl_clock_reading reading;
    assert(config->profile != NULL);
    mjl_run *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->config = *config;
    made->loop = config->loop != NULL ? config->loop : ev_default_loop(0);
    made->profile = config->profile;
    made->tidy_at = NEVER;
    made->again_at = NEVER;
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
    run->is_stop_wanted = run->is_turning;
    if (run->is_turning) return; /* At the end of this turn. */
    run->is_turning = true;
    make_step(run);
    drain(run);
    if (!run->is_stopped && run->tidy_at != NEVER) make_step(run);
    run->is_turning = false;
    run->is_stop_wanted = false;
    end_run(run, MJL_OK);
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
