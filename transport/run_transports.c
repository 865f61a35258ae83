#include "run_state.h"

/* ---- What transports tell ---- */

static mjl_result on_received(void *context, mjl_bytes packet)
{
    mjl_slot *from = context;
    mjl_run *run = from->run;
    mjl_verdict verdict;
    if (run->is_stopped) return MJL_WRONG_STATE;
    run->counters.packets_in++;
    run->depth++;
    const mjl_result result =
        mjl_profile_receive(run->profile, mjl_run_now(run), from->id, packet, &verdict);
    if (run->config.on_packet_in != NULL)
        run->config.on_packet_in(run->config.context, from->id, packet, result,
                                 result == MJL_OK ? &verdict : NULL);
    if (result == MJL_OK || mjl_result_class(result) == MJL_CLASS_RETRY) {
        run->needs_step = true; /* FULL: a step, and the draining after it, make room. */
    } else {
        mjl_run_end(run, result);
    }
    run->depth--;
    return result;
}

static void on_sent(void *context, uint64_t number)
{
    mjl_slot *from = context;
    mjl_outgoing_sent(&from->run->outgoing, mjl_slot_bit(from), number);
    from->run->needs_drain = true;
}

static void on_ready(void *context)
{
    mjl_slot *from = context;
    from->is_full = false;
    from->run->needs_drain = true;
}

static void on_state(void *context, mjl_transport_state state, const char *reason)
{
    mjl_slot *from = context;
    mjl_run *run = from->run;
    if (state != MJL_TRANSPORT_UP) mjl_outgoing_forget_handed(&run->outgoing, mjl_slot_bit(from));
    from->is_full = false;
    run->needs_drain = run->needs_step = true;
    if (run->config.on_transport == NULL || run->is_stopped) return;
    run->depth++;
    run->config.on_transport(run->config.context, from->id, state, reason);
    run->depth--;
}

void mjl_run_tell_states(mjl_run *run, mjl_time now)
{
    for (uint32_t i = 0; i < run->slots_count; i++) {
        mjl_slot *slot = &run->slots[i];
        const mjl_transport_state state = slot->transport->state;
        if (slot->told_state == state) continue;
        if (mjl_profile_transport_state(run->profile, now, slot->id, state) == MJL_OK) {
            slot->told_state = state;
        }
    }
}

static void on_damaged(void *context, const char *what, mjl_result why)
{
    const mjl_slot *from = context;
    mjl_run *run = from->run;
    if (run->config.on_damaged == NULL || run->is_stopped) return;
    run->depth++;
    run->config.on_damaged(run->config.context, from->id, what, why);
    run->depth--;
}

static mjl_result on_note_set(void *context, mjl_bytes name, mjl_bytes value)
{
    mjl_slot *from = context;
    if (from->run->is_stopped) return MJL_WRONG_STATE;
    mjl_run_want_tidy_step(from->run);
    return mjl_profile_note_set(from->run->profile, name, value);
}

static mjl_result on_note_get(void *context, mjl_bytes name, mjl_bytes *value)
{
    mjl_slot *from = context;
    return mjl_profile_note_get(from->run->profile, name, value);
}

/* ---- Transports ---- */

static mjl_transport_sink sink_of(mjl_slot *of)
{
    const mjl_transport_sink sink = {of,       on_received, on_sent,     on_ready,
                                     on_state, on_note_set, on_note_get, on_damaged};
    return sink;
}

static mjl_slot *begin_slot(mjl_run *run)
{
    mjl_slot *made = &run->slots[run->slots_count];
    memset(made, 0, sizeof *made);
    made->run = run;
    made->id = run->slots_count + 1;
    return made;
}

static void finish_slot(mjl_slot *made, mjl_transport_id *id)
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
    mjl_slot *made = begin_slot(run);
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
    mjl_slot *made = begin_slot(run);
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
