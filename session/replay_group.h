/*
 * One input of a log with all that belongs to it, read before the input is taken: what it drew,
 * where the store failed, and what came of it.
 *
 * Errors: those of the log, once (majlis/record.h). Secrets: wiped with the group.
 */
#ifndef MAJLIS_SESSION_REPLAY_GROUP_H
#define MAJLIS_SESSION_REPLAY_GROUP_H

#include "recording_entries.h"
#include "recording_frames.h"

enum {
    MJL_GROUP_FAULTS_MAX = 16,
    MJL_GROUP_BYTES_MAX = 64 << 20, /* Drawn within one input, at most. */
};

typedef struct mjl_replay_draw {
    mjl_result result;
    size_t at, size; /* In `drawn`. */
} mjl_replay_draw;

typedef struct mjl_replay_group {
    mjl_buffer bytes; /* Of the input's entry, which `input` borrows from. */
    mjl_entry input;  /* kind 0: the log ended. */
    bool has_disk;
    mjl_disk_kind disk;
    uint64_t records_left; /* Of a copied disk: not read yet. */
    mjl_replay_draw *draws;
    size_t draws_count, draws_room;
    mjl_buffer drawn;
    mjl_fault faults[MJL_GROUP_FAULTS_MAX];
    size_t faults_count;
    bool has_outcome, has_state, has_output;
    mjl_result result; /* Of the outcome. */
    mjl_buffer outcome, state;
    mjl_output output;
} mjl_replay_group;

typedef struct mjl_group_reader {
    mjl_log_frame_reader frames;
    mjl_buffer ahead; /* The entry of the next input, already read. */
    bool has_ahead;
    bool is_over, is_cut; /* The log ended; before its last entry. */
    /* Takes the records of a copied disk, which may be many. */
    void *context;
    mjl_result (*disk)(void *context, mjl_disk_kind disk);
    mjl_result (*record)(void *context, mjl_store_place place, mjl_bytes value);
} mjl_group_reader;

/* Reads up to the first input. */
MJL_MUST_USE mjl_result mjl_group_reader_begin(mjl_group_reader *reader);
/* The next input; input.kind is 0 at the end. */
MJL_MUST_USE mjl_result mjl_group_read(mjl_group_reader *reader, mjl_replay_group *group);
void mjl_group_reader_clear(mjl_group_reader *reader);

void mjl_replay_group_clear(mjl_replay_group *group);

#endif
