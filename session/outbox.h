/*
 * The queue of packets that wait for the transports: numbered, bounded, persisted before they are
 * handed out, kept until `packet_sent`.
 *
 * Order: as made. The bound is kept at the door, as in events.h: what was let in leaves whole.
 * Saved: what one step made as one record, or several, kind MJL_RECORD_OUTBOX, key = the number of
 * the first; written again while some of them wait, gone when all are sent.
 */
#ifndef MAJLIS_SESSION_OUTBOX_H
#define MAJLIS_SESSION_OUTBOX_H

#include "majlis/profile.h"
#include "records.h"

typedef struct mjl_outbox {
    struct mjl_outgoing *entries;
    size_t first, count, room;
    size_t handed;
    uint64_t next_number;
    uint64_t persisted_below;
    bool has_sent; /* Since the last persist: their records change with the next one. */
    bool in_timer;
} mjl_outbox;

void mjl_outbox_init(mjl_outbox *outbox);
void mjl_outbox_clear(mjl_outbox *outbox);

enum { MJL_OUTBOX_SPARE = 64 }; /* Packets: what whoever sends many leaves to other tasks. */
bool mjl_outbox_has_room(const mjl_outbox *outbox, size_t more);
/* Copies `packet` (its number is ignored) and its bytes. */
MJL_MUST_USE mjl_result mjl_outbox_push(mjl_outbox *outbox, const mjl_packet *packet);
mjl_result mjl_outbox_next(mjl_outbox *outbox, mjl_packet *packet);
/* Not sent yet, as far as the host said. */
bool mjl_outbox_is_waiting(const mjl_outbox *outbox, uint64_t number);
mjl_result mjl_outbox_sent(mjl_outbox *outbox, uint64_t number);

MJL_MUST_USE mjl_result mjl_outbox_save(mjl_outbox *outbox, mjl_records *records);
void mjl_outbox_persisted(mjl_outbox *outbox);
MJL_MUST_USE mjl_result mjl_outbox_load(mjl_outbox *outbox, mjl_bytes key, mjl_bytes value);

#endif
