/*
 * The disk of a replay: in memory, begun as the log says, and failing where the recorded one did.
 *
 * Its sealing is of no account: the key is fixed and the nonces are counted. What is on it came out
 * of the log, where it lies in the clear.
 */
#ifndef MAJLIS_SESSION_REPLAY_DISK_H
#define MAJLIS_SESSION_REPLAY_DISK_H

#include "records.h"
#include "replay_group.h"

typedef struct mjl_replay_disk {
    mjl_memory_disk *disk;
    mjl_records *copying;           /* While records come in. */
    bool is_open;                   /* A profile is on it: nothing begins anew. */
    uint64_t sealed;                /* Draws for sealing so far. */
    const mjl_replay_group *faults; /* Those of the input being taken; NULL. */
    uint32_t asked[MJL_FAULT_COUNT];
    bool ran_out; /* It failed by itself: a disk in memory does so for want of memory alone. */
} mjl_replay_disk;

void mjl_replay_disk_clear(mjl_replay_disk *disk);

/* For mjl_group_reader: the context is the disk. */
MJL_MUST_USE mjl_result mjl_replay_disk_begin(void *context, mjl_disk_kind kind);
MJL_MUST_USE mjl_result mjl_replay_disk_record(void *context, mjl_store_place place,
                                               mjl_bytes value);
/* All records are there. */
MJL_MUST_USE mjl_result mjl_replay_disk_ready(mjl_replay_disk *disk);

/* From here on it fails as it did within this input; NULL: not at all. */
void mjl_replay_disk_input(mjl_replay_disk *disk, const mjl_replay_group *group);

const uint8_t *mjl_replay_disk_key(void);
mjl_random mjl_replay_disk_sealing(mjl_replay_disk *disk);
MJL_MUST_USE mjl_result mjl_replay_disk_open(mjl_replay_disk *disk, mjl_store **store);

#endif
