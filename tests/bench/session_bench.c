/*
 * What a conversation costs above its cryptography: CPU time of a message from `say` to the other
 * side's persisted delivery, bytes and packets until everyone knows that everyone has everything.
 *
 *     session_bench [--json] [--quick] [--only throughput|sqlite|traffic|acks|crowd]
 *                   [--inputs 1|10|100]
 *
 * CPU times are of this thread, medians over batches; everything in one run. Packets and bytes are
 * exact for a seed, medians over several.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acks_load.h"
#include "cpu_time.h"
#include "majlis/mls.h"
#include "mls_pair.h"
#include "room.h"

enum { BODY_SIZE = 32, BATCHES_MAX = 64, SEEDS_MAX = 16, PATH_ROOM = 400 };

typedef struct bench_options {
    bool is_json, is_quick;
    const char *only; /* NULL: everything. */
    uint32_t inputs;  /* Per persist; 0: 1, 10 and 100. */
} bench_options;

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static mjl_bytes body(void)
{
    static const uint8_t text[BODY_SIZE] = "The kettle sings, the cups wait.";
    return mjl_bytes_of(text, sizeof text);
}

/* One line of the table, or one JSON object. `fields`: without braces. */
static void report(const bench_options *options, const char *op, uint32_t n, const char *fields)
{
    if (options->is_json) {
        printf("{\"bench\":\"session\",\"op\":\"%s\",\"n\":%u,%s}\n", op, n, fields);
    } else {
        printf("%-18s %6u   ", op, n);
        for (const char *at = fields; *at != '\0'; at++)
            putchar(*at == '"' ? ' ' : *at);
        putchar('\n');
    }
    fflush(stdout);
}

/* ---- A message from end to end ---- */

/* `inputs` messages are said before each persist, and as many received before each persist. */
static double batch_us(bench_room *room, uint32_t inputs, uint32_t persists)
{
    const uint64_t begin = cpu_time_ns();
    for (uint32_t i = 0; i < persists; i++) {
        for (uint32_t k = 0; k < inputs; k++)
            room_say(room, 0, body());
        room_step(room, 0);
        room_deliver_in_one_step(room);
    }
    const double us = (double)(cpu_time_ns() - begin) / 1000.0;
    return us / ((double)inputs * persists);
}

static void measure_throughput(const bench_options *options, const char *folder)
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
                 inputs[k], median(ours, batches), 1e6 / median(ours, batches),
                 median(mls, batches), median(ratios, batches));
        report(options, op, 2, fields);
        room_free(room);
    }
    mls_pair_free(pair);
}

/* ---- Packets until everyone knows ---- */

typedef struct settled {
    double packets, bytes, statements, statement_bytes, place_bytes, resends, seconds;
} settled;

/* `says` messages by members in turn, a second apart; then until nothing is unacked. */
static settled settle_after(const room_config *config, uint32_t says)
{
    bench_room *const room = room_gather(config);
    const mjl_time begin = room_now(room);
    for (uint32_t i = 0; i < says; i++) {
        room_say(room, i % config->members_count, body());
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
    return median(values, count);
}

/* Answers the median of bytes, for the amplification. */
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
        says, loss, MEDIAN_OF(samples, seeds, packets), says + members - 1, bytes,
        MEDIAN_OF(samples, seeds, statements), MEDIAN_OF(samples, seeds, place_bytes),
        MEDIAN_OF(samples, seeds, statement_bytes), MEDIAN_OF(samples, seeds, resends),
        MEDIAN_OF(samples, seeds, seconds));
    if (bytes_without_loss > 0 && used > 0) {
        snprintf(fields + used, sizeof fields - (size_t)used, ",\"amplification\":%.2f",
                 bytes / bytes_without_loss);
    }
    report(options, op, members, fields);
    return bytes;
}

static void measure_traffic(const bench_options *options)
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

/* A thousand members with a toy suite: minutes, so only when asked for by name. */
static void measure_crowd(const bench_options *options)
{
    static const uint32_t sizes[] = {300, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        measure_settling(options, "full_ack", sizes[i], 1, 0, 0);
}

/* ---- Acks at scale ---- */

static void measure_acks(const bench_options *options)
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
        report(options, "accept_place", 1000, fields);
    }
}

static bool is_wanted(const bench_options *options, const char *part)
{
    return options->only == NULL || strcmp(options->only, part) == 0;
}

/* Where TMPDIR says, for the profiles in SQLite. */
static bool make_folder(char folder[PATH_ROOM])
{
    const char *const in = getenv("TMPDIR");
    const int size = snprintf(folder, PATH_ROOM, "%s/session_bench_XXXXXX",
                              in == NULL || in[0] == '\0' ? P_tmpdir : in);
    return size > 0 && size < PATH_ROOM && mkdtemp(folder) != NULL;
}

int main(int count, char **words)
{
    bench_options options = {.only = NULL};
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--json") == 0) {
            options.is_json = true;
        } else if (strcmp(words[i], "--quick") == 0) {
            options.is_quick = true;
        } else if (strcmp(words[i], "--only") == 0 && i + 1 < count) {
            options.only = words[++i];
        } else if (strcmp(words[i], "--inputs") == 0 && i + 1 < count) {
            options.inputs = (uint32_t)strtoul(words[++i], NULL, 10);
        } else {
            fprintf(stderr,
                    "usage: session_bench [--json] [--quick] [--only PART] [--inputs COUNT]\n");
            return 2;
        }
    }
    char folder[PATH_ROOM];
    if (!make_folder(folder)) return 1;
    if (is_wanted(&options, "throughput")) measure_throughput(&options, NULL);
    if (is_wanted(&options, "sqlite")) measure_throughput(&options, folder);
    if (is_wanted(&options, "traffic")) measure_traffic(&options);
    if (is_wanted(&options, "acks")) measure_acks(&options);
    if (options.only != NULL && is_wanted(&options, "crowd")) measure_crowd(&options);
    return room_remove_folder(folder) ? 0 : 1;
}
