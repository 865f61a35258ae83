/*
 * Logs in memory, taken apart into entries and put together again: for reading what a recorder
 * wrote, and for writing what none would.
 */
#ifndef TESTS_REPLAY_LOG_H
#define TESTS_REPLAY_LOG_H

#include "majlis/record.h"

enum { TEST_ENTRIES_MAX = 4096 };

typedef struct test_entry {
    mjl_bytes bytes; /* In the log it was read from, or anywhere. */
    size_t end;      /* Of its frame, in the log. */
} test_entry;

typedef struct test_log {
    test_entry entries[TEST_ENTRIES_MAX];
    size_t count;
} test_log;

/* Fails the test if the log is damaged. */
void test_log_read(mjl_bytes log, test_log *out);
/* With new lengths and checks. */
void test_log_write(const test_log *log, mjl_buffer *out);

mjl_result test_replay(mjl_bytes log, mjl_replay_report *report);
mjl_result test_replay_reopening(mjl_bytes log, mjl_replay_report *report);

#endif
