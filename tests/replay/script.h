/*
 * A fixed script: four members on the loopback network, everything that an application can do, a
 * disk and a random source that fail, and each member recorded.
 *
 * The same on every machine, in the recorded bytes as well: its chance is a counter, and all of it
 * is here. It checks nothing but that calls answer what they should: it makes logs.
 */
#ifndef TESTS_REPLAY_SCRIPT_H
#define TESTS_REPLAY_SCRIPT_H

#include "majlis/record.h"
#include "majlis/store.h"

enum { SCRIPT_MEMBERS = 4 };

typedef struct script_logs {
    mjl_buffer logs[SCRIPT_MEMBERS];
} script_logs;

/* Ends the program with a line on standard error where something is not as it should be. */
void script_play(uint32_t hash_every, script_logs *logs);
void script_logs_clear(script_logs *logs);

/* A log in memory: the context of script_read, for mjl_replay. */
typedef struct script_reader {
    mjl_bytes log;
    size_t at;
} script_reader;

mjl_result script_read(void *context, uint8_t *out, size_t room, size_t *size);

#endif
