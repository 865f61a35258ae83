/*
 * A sink that remembers all it is told, and notes as a profile keeps them: what was set is seen at
 * once, and survives a crash only after a step.
 */
#ifndef MAJLIS_TESTS_TRANSPORT_TEST_SINK_H
#define MAJLIS_TESTS_TRANSPORT_TEST_SINK_H

#include <ev.h>

#include "majlis/transport.h"
#include "test.h"

enum { TEST_NOTES_MAX = 64, TEST_PACKETS_MAX = 4096 };

typedef struct test_note {
    char name[80];
    mjl_buffer value;
} test_note;

typedef struct test_notes {
    test_note notes[TEST_NOTES_MAX];
    size_t count;
} test_notes;

typedef struct test_sink {
    mjl_buffer packets[TEST_PACKETS_MAX];
    size_t packets_count;
    uint64_t sent[TEST_PACKETS_MAX];
    size_t sent_count;
    size_t ready_count;
    mjl_transport_state state;
    char reason[MJL_TRANSPORT_TEXT_SIZE];
    size_t refusals; /* So many packets are answered FULL. */
    size_t damaged_count;
    mjl_result damaged_why; /* Of the last one. */
    test_notes now, persisted;
    uint64_t seed;
} test_sink;

test_sink *test_sink_new(uint64_t seed);
void test_sink_free(test_sink *sink);
void test_sink_step(test_sink *sink);
/* The transport is gone, and what was not persisted. Packets stay, for counting. */
void test_sink_crash(test_sink *sink);

/* A transport that tells this sink; fails the test if it does not open. */
mjl_transport_config test_config(test_sink *sink, struct ev_loop *loop);
mjl_transport *test_open(test_sink *sink, struct ev_loop *loop, const char *address);

/* How often that packet was received. */
size_t test_sink_received(const test_sink *sink, mjl_bytes packet);

/* Turns the loop until it holds, for at most so many milliseconds; answers whether it holds. */
bool test_turn_until(struct ev_loop *loop, bool (*holds)(void *), void *context, int ms);
void test_turn(struct ev_loop *loop, int ms);
/* Until that many packets were received, or a second passed. */
void test_turn_for_packets(struct ev_loop *loop, test_sink *sink, size_t count);
void test_turn_for_state(struct ev_loop *loop, test_sink *sink, mjl_transport_state state);

#endif
