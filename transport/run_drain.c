#include "run_state.h"

/* ---- Packets out ---- */

mjl_slots mjl_slot_bit(const mjl_slot *of)
{
    return (mjl_slots)1 << (of->id - 1);
}

static mjl_slots all_slots(const mjl_run *run)
{
    return ((mjl_slots)1 << run->slots_count) - 1;
}

static bool is_up(const mjl_slot *of)
{
    return of->transport->state == MJL_TRANSPORT_UP && of->has_stepped && !of->is_full;
}

/* False: the transport does not go on now. */
static bool hand_packet(mjl_slot *to, mjl_outgoing_packet *packet)
{
    const mjl_slots bit = mjl_slot_bit(to);
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
        mjl_slot *to = &run->slots[i];
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
    if (is_any) mjl_run_want_tidy_step(run);
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
        mjl_run_end(run, result);
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
        mjl_run_want_tidy_step(run);
    }
}

void mjl_run_drain(mjl_run *run)
{
    if (!run->is_stopped) drain_packets(run);
    drain_events(run);
    run->counters.waiting_packets = run->outgoing.count;
}
