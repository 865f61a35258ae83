/* What session_bench measures. */
#ifndef TESTS_BENCH_SESSION_SCENARIOS_H
#define TESTS_BENCH_SESSION_SCENARIOS_H

#include "session_report.h"

/* CPU time of a message from `say` to the other side's persisted delivery. `folder`: for profiles
   in SQLite files; NULL: memory. */
void session_throughput(const bench_options *options, const char *folder);
/* Packets and bytes until everyone knows that everyone has everything: by members and loss. */
void session_traffic(const bench_options *options);
/* The same for a thousand members with a toy suite: minutes. */
void session_crowd(const bench_options *options);
/* Accepting a place among a thousand members and thousands of unacked ones: transcript and acks. */
void session_acks(const bench_options *options);
/* The same through a whole profile. */
void session_accepting(const bench_options *options);
/* What it takes to get what was missed. */
void session_catch_up(const bench_options *options);

#endif
