/*
 * Packets on their way from the profile to several transports, each with who took it and who has
 * it.
 *
 *      profile ──add──> [ p1: handed 1,2 sent 1 ] [ p2: handed 1 ] ... ──finished──> packet_sent
 *
 * A packet is finished when every transport has it. Bounded: when there is no room, a packet that
 * at least one transport has may be finished early, so that one transport that is down for days
 * does not stop the others; who listens there gets it from the session's repetitions.
 *
 * Ownership: init/clear; copies the bytes.
 */
#ifndef MAJLIS_TRANSPORT_OUTGOING_H
#define MAJLIS_TRANSPORT_OUTGOING_H

#include "majlis/profile.h"
#include "majlis/run.h"

enum { MJL_OUTGOING_BYTES_MAX = 32 << 20 };

typedef uint32_t mjl_slots; /* A set of transports: bit i is the i-th. */

typedef struct mjl_outgoing_packet {
    struct mjl_outgoing_packet *next;
    uint64_t number;
    mjl_slots handed, sent;
    size_t size;
    uint8_t bytes[];
} mjl_outgoing_packet;

typedef struct mjl_outgoing {
    mjl_outgoing_packet *first, **last;
    size_t count;
    size_t bytes;
} mjl_outgoing;

void mjl_outgoing_init(mjl_outgoing *outgoing);
void mjl_outgoing_clear(mjl_outgoing *outgoing);

bool mjl_outgoing_has_room(const mjl_outgoing *outgoing);
MJL_MUST_USE mjl_result mjl_outgoing_add(mjl_outgoing *outgoing, const mjl_packet *packet,
                                         mjl_outgoing_packet **added);
/* An unknown number is a no-op. */
void mjl_outgoing_sent(mjl_outgoing *outgoing, mjl_slots slot, uint64_t number);
/* What was handed to that transport and is not known to be sent has to be handed again. */
void mjl_outgoing_forget_handed(mjl_outgoing *outgoing, mjl_slots slot);
/* The oldest packet that all of `slots` have, or, without room, the oldest if anyone has it; it
 * leaves the list. */
bool mjl_outgoing_take_finished(mjl_outgoing *outgoing, mjl_slots slots, uint64_t *number);

#endif
