/*
 * Packets of epochs this member has not reached: bounded, oldest first out, looked at again when an
 * epoch begins. What falls out is repeated by somebody, since it is not acked.
 *
 * Saved: one record per packet, key = number.
 */
#ifndef MAJLIS_SESSION_UNKNOWN_H
#define MAJLIS_SESSION_UNKNOWN_H

#include "majlis/profile.h"

typedef struct mjl_unknown_packet {
    uint64_t number; /* Ascending. */
    uint64_t epoch;
    mjl_id packet_id;
    mjl_buffer packet;
    bool dirty;
} mjl_unknown_packet;

typedef struct mjl_unknown {
    mjl_unknown_packet *entries; /* MJL_UNKNOWN_EPOCH_PACKETS_MAX of room, by arrival. */
    size_t count;
    uint64_t next_number;
    uint64_t *gone; /* Numbers whose records go with the next persist. */
    size_t gone_count, gone_room;
} mjl_unknown;

void mjl_unknown_clear(mjl_unknown *unknown);
/* DUPLICATE if it is held already. */
MJL_MUST_USE mjl_result mjl_unknown_add(mjl_unknown *unknown, uint64_t epoch, const mjl_id *id,
                                        mjl_bytes packet);
/* Moves the oldest packet of an epoch up to `epoch_max` out; its buffer is the caller's. NOT_FOUND.
 */
mjl_result mjl_unknown_take(mjl_unknown *unknown, uint64_t epoch_max, mjl_buffer *packet);
/* Epochs up to `epoch` are decided: what waits for others of those numbers will never be opened. */
void mjl_unknown_drop(mjl_unknown *unknown, uint64_t epoch);
/* At load, in ascending order of numbers. */
MJL_MUST_USE mjl_result mjl_unknown_restore(mjl_unknown *unknown, uint64_t number, uint64_t epoch,
                                            const mjl_id *id, mjl_bytes packet);

#endif
