/*
 * A very short play: a profile alone, recorded, for tests that run a log a thousand times.
 *
 *     open  note set  step  drain  create  step  say  step  drain  settle  close
 */
#ifndef TESTS_REPLAY_SHORT_PLAY_H
#define TESTS_REPLAY_SHORT_PLAY_H

#include "majlis/record.h"
#include "majlis/session.h"
#include "majlis/store.h"

typedef struct short_play {
    mjl_recorder_config recording; /* write appends to `log` unless it is set otherwise. */
    mjl_recorder *recorder;
    mjl_memory_disk *disk;
    mjl_profile *profile;
    mjl_buffer log;
    const mjl_mls_suites *suites;
    uint64_t draws;
    size_t writes_left; /* SIZE_MAX: no end. */
    mjl_id state;       /* After the last step. */
} short_play;

void short_play_init(short_play *play);
void short_play_record(short_play *play); /* Makes the recorder. */
mjl_result short_play_open(short_play *play);
void short_play_talk(short_play *play);
void short_play_close(short_play *play);
/* Ends the recording; the log stays. */
void short_play_stop(short_play *play);
void short_play_clear(short_play *play);

/* All of it at once: `log` is then whole. */
void short_play_all(short_play *play);

#endif
