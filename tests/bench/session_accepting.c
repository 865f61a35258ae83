#include <stdio.h>

#include "acks_load.h"
#include "cpu_time.h"
#include "mls_pair.h"
#include "room.h"
#include "session_scenarios.h"
#include "toy_suite.h"

/* ---- Transcript and acks alone ---- */

void session_acks(const bench_options *options)
{
    static const uint32_t unacked[] = {0, 1000, 10000};
    for (size_t i = 0; i < sizeof unacked / sizeof unacked[0]; i++) {
        const acks_load_figures figures = acks_load_measure(1000, unacked[i]);
        char fields[256];
        snprintf(fields, sizeof fields,
                 "\"unacked\":%u,\"us\":%.2f,\"heard_all_us\":%.1f,\"bytes_per_unacked\":%.0f,"
                 "\"bytes_allowed\":%u",
                 unacked[i], figures.accept_us, figures.heard_us, figures.bytes_per_unacked,
                 1000 / 8 + 256);
        session_report(options, "accept_place", 1000, fields);
    }
}

/* ---- A whole profile ---- */

enum { SPEAKER = 0, LISTENER = 1, CROWD = 1000, UNACKED = 10000, SAMPLES = 501 };

typedef struct accepted {
    double us;
    double bytes_per_message; /* Of the listener's memory: its disk is not among it. */
    uint32_t unacked, place_size;
} accepted;

/* Nobody else is awake, and no time passes: nothing is acked, nothing is due. */
static double accept_next_us(bench_room *room)
{
    room_say(room, SPEAKER, session_body());
    room_step(room, SPEAKER);
    const uint64_t begin = cpu_time_ns();
    room_deliver_next_to(room, LISTENER);
    return (double)(cpu_time_ns() - begin) / 1000.0;
}

/* So many messages, and then some that are timed. */
static accepted accept_many(const room_config *config, uint32_t messages)
{
    bench_room *const room = room_gather(config);
    room_clear_bus(room);
    room_reopen(room, LISTENER); /* Room that gathering took and nothing needs any more is gone. */
    for (uint32_t i = 0; i < SAMPLES; i++)
        accept_next_us(room);
    const size_t empty = room_reopen(room, LISTENER);
    room_traffic_clear(room);
    for (uint32_t i = 0; i < messages; i++)
        accept_next_us(room);
    double samples[SAMPLES];
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = accept_next_us(room);
    mjl_session_info info;
    mjl_session_get_info(room_session(room, LISTENER), &info);
    const size_t full = room_reopen(room, LISTENER);
    const room_traffic *of = room_traffic_of(room);
    const accepted answer = {.us = session_median(samples, SAMPLES),
                             .bytes_per_message =
                                 ((double)full - (double)empty) / (messages + SAMPLES),
                             .unacked = (uint32_t)info.unacked_count,
                             .place_size = (uint32_t)(of->place_bytes / of->places)};
    room_free(room);
    return answer;
}

/* The receiver's MLS of the same messages, in a group as large and of the same suite. */
static double mls_open_us(uint32_t members, uint32_t message_size)
{
    enum { OPENED = 2000 };
    mls_pair *const pair = mls_pair_in_crowd(&toy_suites, members);
    const size_t size = mls_pair_body_size(pair, message_size);
    const double us = mls_pair_open_us(pair, size, OPENED);
    mls_pair_free(pair);
    return us;
}

void session_accepting(const bench_options *options)
{
    const uint32_t members = options->members == 0 ? CROWD : options->members;
    const uint32_t messages = options->messages == 0 ? UNACKED : options->messages;
    const room_config crowd = {
        .members_count = members, .ghosts_count = members - 2, .seed = 1, .is_toy = true};
    const room_config pair = {.members_count = 2, .seed = 1, .is_toy = true};
    const accepted unacked = accept_many(&crowd, messages);
    const accepted acked = accept_many(&pair, messages); /* Who hears it is the last to have it. */
    const double mls_us = mls_open_us(members, unacked.place_size);
    char fields[512];
    snprintf(fields, sizeof fields,
             "\"unacked\":%u,\"us\":%.1f,\"mls_us\":%.1f,\"beyond_us\":%.1f,"
             "\"us_allowed\":50,\"bytes_per_message\":%.0f,\"bytes_per_acked_message\":%.0f,"
             "\"bytes_per_unacked\":%.0f,\"bytes_allowed\":%u",
             unacked.unacked, unacked.us, mls_us, unacked.us - mls_us, unacked.bytes_per_message,
             acked.bytes_per_message, unacked.bytes_per_message - acked.bytes_per_message,
             members / 8 + 256);
    session_report(options, "accepting", members, fields);
}
