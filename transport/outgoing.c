#include "outgoing.h"

#include <assert.h>

void mjl_outgoing_init(mjl_outgoing *outgoing)
{
    memset(outgoing, 0, sizeof *outgoing);
    outgoing->last = &outgoing->first;
}

static void take_packet(mjl_outgoing *outgoing, mjl_outgoing_packet **link)
{
    mjl_outgoing_packet *packet = *link;
    *link = packet->next;
    if (outgoing->last == &packet->next) outgoing->last = link;
    outgoing->count--;
    outgoing->bytes -= packet->size;
    free(packet);
}

void mjl_outgoing_clear(mjl_outgoing *outgoing)
{
    while (outgoing->first != NULL)
        take_packet(outgoing, &outgoing->first);
}

bool mjl_outgoing_has_room(const mjl_outgoing *outgoing)
{
    return outgoing->count < MJL_RUN_PACKETS_MAX &&
           outgoing->bytes + MJL_PACKET_SIZE_MAX <= MJL_OUTGOING_BYTES_MAX;
}

mjl_result mjl_outgoing_add(mjl_outgoing *outgoing, const mjl_packet *packet,
                            mjl_outgoing_packet **added)
{
    assert(mjl_outgoing_has_room(outgoing));
    mjl_outgoing_packet *made = malloc(sizeof *made + packet->bytes.size);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    memset(made, 0, sizeof *made);
    made->number = packet->number;
    made->size = packet->bytes.size;
    if (made->size != 0) memcpy(made->bytes, packet->bytes.data, made->size);
    *outgoing->last = made;
    outgoing->last = &made->next;
    outgoing->count++;
    outgoing->bytes += made->size;
    *added = made;
    return MJL_OK;
}

void mjl_outgoing_sent(mjl_outgoing *outgoing, mjl_slots slot, uint64_t number)
{
    for (mjl_outgoing_packet *packet = outgoing->first; packet != NULL; packet = packet->next)
        if (packet->number == number) packet->sent |= slot;
}

void mjl_outgoing_forget_handed(mjl_outgoing *outgoing, mjl_slots slot)
{
    for (mjl_outgoing_packet *packet = outgoing->first; packet != NULL; packet = packet->next)
        packet->handed = (packet->handed & ~slot) | (packet->sent & slot);
}

bool mjl_outgoing_take_finished(mjl_outgoing *outgoing, mjl_slots slots, uint64_t *number)
{
    const bool has_room = mjl_outgoing_has_room(outgoing);
    for (mjl_outgoing_packet **link = &outgoing->first; *link != NULL; link = &(*link)->next) {
        const mjl_outgoing_packet *packet = *link;
        const bool is_everywhere = (packet->sent & slots) == slots;
        const bool is_given_up = !has_room && packet->sent != 0;
        if (!is_everywhere && !is_given_up) continue;
        *number = packet->number;
        take_packet(outgoing, link);
        return true;
    }
    return false;
}
