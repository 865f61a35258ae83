#include <stdio.h>

#include "cpu_time.h"
#include "mls_pair.h"
#include "room.h"
#include "session_scenarios.h"

enum { BATCHES_MAX = 64 };

/* `inputs` messages are said before each persist, and as many received before each persist. */
static double batch_us(bench_room *room, uint32_t inputs, uint32_t persists)
{
    const uint64_t begin = cpu_time_ns();
    for (uint32_t i = 0; i < persists; i++) {
        for (uint32_t k = 0; k < inputs; k++)
            room_say(room, 0, session_body());
        room_step(room, 0);
        room_deliver_in_one_step(room);
    }
    const double us = (double)(cpu_time_ns() - begin) / 1000.0;
    return us / ((double)inputs * persists);
}

void session_throughput(const bench_options *options, const char *folder)
{
    static const uint32_t inputs[] = {1, 10, 100};
    const char *const op = folder == NULL ? "say_to_delivery" : "say_to_delivery_sqlite";
    mls_pair *const pair = mls_pair_new();
    for (size_t k = 0; k < sizeof inputs / sizeof inputs[0]; k++) {
        if (options->inputs != 0 && options->inputs != inputs[k]) continue;
        const room_config config = {.members_count = 2, .seed = 1 + k, .sqlite_folder = folder};
        bench_room *const room = room_gather(&config);
        double ours[BATCHES_MAX], mls[BATCHES_MAX], ratios[BATCHES_MAX];
        const uint32_t batches = options->is_quick ? 5 : 21;
        const uint32_t persists = 100 / inputs[k];
        for (uint32_t i = 0; i < batches; i++) {
            ours[i] = batch_us(room, inputs[k], persists);
            room_settle(room); /* Acks and timers are not of this figure: see "full_ack". */
            const room_traffic *of = room_traffic_of(room);
            const size_t size = mls_pair_body_size(pair, of->place_bytes / of->places);
            mls[i] = mls_pair_us(pair, size, 100);
            ratios[i] = ours[i] / mls[i];
        }
        char fields[256];
        snprintf(fields, sizeof fields,
                 "\"inputs_per_persist\":%u,\"us\":%.1f,\"per_second\":%.0f,\"mls_us\":%.1f,"
                 "\"ratio\":%.2f",
                 inputs[k], session_median(ours, batches), 1e6 / session_median(ours, batches),
                 session_median(mls, batches), session_median(ratios, batches));
        session_report(options, op, 2, fields);
        room_free(room);
    }
    mls_pair_free(pair);
}
