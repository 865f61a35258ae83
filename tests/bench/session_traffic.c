#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "room.h"
#include "session_scenarios.h"

enum { SEEDS_MAX = 16 };

typedef struct settled {
    double packets, bytes, statements, statement_bytes, place_bytes, resends, seconds;
} settled;

/* `says` messages by members in turn, a second apart; then until nothing is unacked. */
static settled settle_after(const room_config *config, uint32_t says)
{
    enum { IDLE_MS = 4 * 3600000 };
    bench_room *const room = room_gather(config);
    /* The heartbeats of a small room that was busy just now would be counted with the acks. */
    if (!config->is_toy) room_run(room, IDLE_MS);
    room_traffic_clear(room);
    const mjl_time begin = room_now(room);
    for (uint32_t i = 0; i < says; i++) {
        room_say(room, i % config->members_count, session_body());
        room_step(room, i % config->members_count);
        room_run(room, 1000);
    }
    room_settle(room);
    const room_traffic *of = room_traffic_of(room);
    const settled answer = {
        (double)of->packets,
        (double)of->bytes,
        (double)of->statements,
        of->statements == 0 ? 0 : (double)of->statement_bytes / (double)of->statements,
        of->places == 0 ? 0 : (double)of->place_bytes / (double)of->places,
        (double)of->resends,
        (double)(room_now(room) - begin) / 1000.0};
    room_free(room);
    return answer;
}

#define MEDIAN_OF(samples, count, field) (values_of(samples, count, offsetof(settled, field)))

static double values_of(const settled *samples, size_t count, size_t offset)
{
    double values[SEEDS_MAX];
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const uint8_t *)&samples[i] + offset, sizeof values[i]);
    return session_median(values, count);
}

/* Answers the median of bytes, for the amplification. The floor: each message, with a quiet second
   behind it, once, and a statement of everybody else. */
static double measure_settling(const bench_options *options, const char *op, uint32_t members,
                               uint32_t says, uint32_t loss, double bytes_without_loss)
{
    settled samples[SEEDS_MAX];
    const size_t seeds = options->is_quick || members > 10 ? 1 : 9;
    for (size_t i = 0; i < seeds; i++) {
        const room_config config = {.members_count = members,
                                    .loss_permille = loss,
                                    .seed = 100 + i,
                                    .is_toy = members > 10};
        samples[i] = settle_after(&config, says);
    }
    const double bytes = MEDIAN_OF(samples, seeds, bytes);
    char fields[384];
    int used = snprintf(
        fields, sizeof fields,
        "\"says\":%u,\"loss_permille\":%u,\"packets\":%.0f,\"floor_packets\":%u,\"bytes\":%.0f,"
        "\"statements\":%.0f,\"bytes_per_message\":%.0f,\"bytes_per_statement\":%.0f,"
        "\"resends\":%.0f,\"virtual_s\":%.1f",
        says, loss, MEDIAN_OF(samples, seeds, packets), says * members, bytes,
        MEDIAN_OF(samples, seeds, statements), MEDIAN_OF(samples, seeds, place_bytes),
        MEDIAN_OF(samples, seeds, statement_bytes), MEDIAN_OF(samples, seeds, resends),
        MEDIAN_OF(samples, seeds, seconds));
    if (bytes_without_loss > 0 && used > 0) {
        snprintf(fields + used, sizeof fields - (size_t)used, ",\"amplification\":%.2f",
                 bytes / bytes_without_loss);
    }
    session_report(options, op, members, fields);
    return bytes;
}

void session_traffic(const bench_options *options)
{
    static const uint32_t sizes[] = {3, 10, 100};
    const size_t sizes_count = options->is_quick ? 2 : sizeof sizes / sizeof sizes[0];
    for (size_t i = 0; i < sizes_count; i++)
        measure_settling(options, "full_ack", sizes[i], 1, 0, 0);
    static const uint32_t losses[] = {0, 10, 100, 300};
    for (size_t s = 0; s < 2; s++) {
        double without = 0;
        for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
            const double bytes =
                measure_settling(options, "loss", sizes[s], 30, losses[i], without);
            if (losses[i] == 0) without = bytes;
        }
    }
}

void session_crowd(const bench_options *options)
{
    enum { CROWD = 1000 };
    const uint32_t members = options->members == 0 ? CROWD : options->members;
    measure_settling(options, "full_ack", members, 1, 0, 0);
}
