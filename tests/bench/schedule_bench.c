/*
 * How long the schedule takes, next to the timers of libev and libuv, in the same run: CPU time per
 * timer, medians over repetitions in which the contenders take turns.
 *
 *     schedule_bench [--json] [--n COUNT,COUNT...] [--reps COUNT] [--span MS]
 *
 * Delays are uniform over the span (an hour), from a fixed seed. Every repetition starts from empty
 * structures; the peers' watchers are made before the clock starts, since their users own them.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timers.h"
#include "timers_majlis.h"
#include "virtual_time.h"

enum { SIZES_MAX = 8, REPS_MAX = 1001, CONTENDERS_MAX = 3, SPAN_MS_DEFAULT = 3600000 };

typedef enum op {
    OP_INSERT,
    OP_CANCEL,
    OP_RENEW,
    OP_EXPIRE_JUMP,
    OP_EXPIRE_TICKS,
    OP_STEADY,
    OP_SAVE,
    OP_LOAD,
    OPS_COUNT
} op;

static const char *const op_names[OPS_COUNT] = {"insert",       "cancel", "renew", "expire_jump",
                                                "expire_ticks", "steady", "save",  "load"};

static const timers *const contenders[] = {
    &timers_majlis,
    &timers_libev,
#ifdef BENCH_LIBUV
    &timers_libuv,
#endif
};
enum { CONTENDERS_COUNT = sizeof contenders / sizeof contenders[0] };

typedef struct options {
    bool is_json;
    size_t sizes[SIZES_MAX];
    size_t sizes_count;
    size_t reps; /* 0: by size. */
    uint32_t span_ms;
} options;

/* ---- The plan ---- */

static uint64_t chance(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

static uint32_t *allocate(size_t count)
{
    uint32_t *numbers = (uint32_t *)malloc(count * sizeof *numbers);
    if (numbers == NULL) abort();
    return numbers;
}

static timers_plan plan_of(size_t count, uint32_t span_ms, size_t rep)
{
    uint64_t state = 42 + 1000003 * (uint64_t)rep;
    uint32_t *delays = allocate(count);
    uint32_t *renewals = allocate(count);
    uint32_t *order = allocate(count);
    for (size_t i = 0; i < count; i++) {
        delays[i] = (uint32_t)(chance(&state) % span_ms);
        renewals[i] = (uint32_t)(chance(&state) % span_ms);
        const size_t at = chance(&state) % (i + 1);
        order[i] = order[at];
        order[at] = (uint32_t)i;
    }
    const timers_plan plan = {count, span_ms, delays, renewals, order};
    return plan;
}

static void free_plan(const timers_plan *plan)
{
    free((void *)plan->delays);
    free((void *)plan->renewals);
    free((void *)plan->order);
}

/* ---- Measuring ---- */

typedef struct samples {
    double ns[OPS_COUNT][CONTENDERS_MAX][REPS_MAX];
    double bytes_per_timer;
} samples;

static double timed(void (*run)(void *state), void *state, size_t count)
{
    const uint64_t begin = cpu_time_ns();
    run(state);
    return (double)(cpu_time_ns() - begin) / (double)count;
}

static void must_have_fired(const timers *contender, const void *state, size_t count)
{
    if (contender->fired(state) >= count) return;
    fprintf(stderr, "%s: only %zu of %zu timers fired\n", contender->name, contender->fired(state),
            count);
    exit(1);
}

static void measure_changes(const timers *contender, const timers_plan *plan, size_t rep,
                            size_t who, samples *out)
{
    void *state = contender->make(plan);
    out->ns[OP_INSERT][who][rep] = timed(contender->insert_all, state, plan->count);
    contender->aim(state);
    out->ns[OP_CANCEL][who][rep] = timed(contender->cancel_all, state, plan->count);
    contender->free(state);

    state = contender->make(plan);
    contender->insert_all(state);
    contender->aim(state);
    out->ns[OP_RENEW][who][rep] = timed(contender->renew_all, state, plan->count);
    contender->free(state);
}

static double measure_firing(const timers *contender, const timers_plan *plan,
                             void (*run)(void *state))
{
    void *state = contender->make(plan);
    contender->insert_all(state);
    const double ns = timed(run, state, plan->count);
    must_have_fired(contender, state, plan->count);
    contender->free(state);
    return ns;
}

static void measure_saving(const timers_plan *plan, size_t rep, samples *out)
{
    void *state = timers_majlis.make(plan);
    timers_majlis.insert_all(state);
    timers_majlis.aim(state);
    timers_majlis.renew_all(state); /* Ids are no longer in the order of slots. */
    mjl_schedule *schedule = timers_majlis_schedule(state);
    out->bytes_per_timer =
        (double)mjl_schedule_memory(schedule) / (double)plan->count - MJL_TASK_ARGS_INLINE;
    mjl_buffer saved = {0};
    const uint64_t begin = cpu_time_ns();
    if (mjl_schedule_save(schedule, &saved) != MJL_OK) abort();
    const uint64_t middle = cpu_time_ns();
    mjl_schedule *loaded = NULL;
    if (mjl_schedule_load(timers_majlis_kinds, mjl_buffer_bytes(&saved), &loaded) != MJL_OK)
        abort();
    const uint64_t end = cpu_time_ns();
    out->ns[OP_SAVE][0][rep] = (double)(middle - begin) / (double)plan->count;
    out->ns[OP_LOAD][0][rep] = (double)(end - middle) / (double)plan->count;
    mjl_schedule_free(loaded);
    free(saved.data);
    timers_majlis.free(state);
}

static void measure(const timers_plan *plan, size_t rep, samples *out)
{
    for (size_t who = 0; who < CONTENDERS_COUNT; who++) {
        const timers *contender = contenders[who];
        measure_changes(contender, plan, rep, who, out);
        out->ns[OP_EXPIRE_JUMP][who][rep] = measure_firing(contender, plan, contender->jump);
        out->ns[OP_EXPIRE_TICKS][who][rep] = measure_firing(contender, plan, contender->tick);
        out->ns[OP_STEADY][who][rep] = measure_firing(contender, plan, contender->steady);
    }
    measure_saving(plan, rep, out);
}

/* ---- Telling ---- */

static int compare_doubles(const void *a, const void *b)
{
    const double left = *(const double *)a;
    const double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

static bool has_peers(op which)
{
    return which != OP_SAVE && which != OP_LOAD;
}

static void tell_json(size_t n, op which, const double *ns)
{
    if (!has_peers(which)) {
        printf("{\"bench\":\"schedule\",\"op\":\"%s\",\"n\":%zu,\"ns\":%.1f,\"peer\":null,"
               "\"peer_ns\":null,\"ratio\":null}\n",
               op_names[which], n, ns[0]);
    }
    for (size_t who = 1; who < CONTENDERS_COUNT && has_peers(which); who++) {
        printf("{\"bench\":\"schedule\",\"op\":\"%s\",\"n\":%zu,\"ns\":%.1f,\"peer\":\"%s\","
               "\"peer_ns\":%.1f,\"ratio\":%.3f}\n",
               op_names[which], n, ns[0], contenders[who]->name, ns[who], ns[0] / ns[who]);
    }
}

static void tell_row(size_t n, op which, const double *ns)
{
    printf("%9zu  %-13s %8.1f", n, op_names[which], ns[0]);
    for (size_t who = 1; who < CONTENDERS_COUNT && has_peers(which); who++)
        printf("   %8.1f  %5.2fx", ns[who], ns[0] / ns[who]);
    printf("\n");
}

static void tell(const options *given, size_t n, size_t reps, samples *measured)
{
    for (op which = 0; which < OPS_COUNT; which++) {
        double ns[CONTENDERS_MAX] = {0};
        for (size_t who = 0; who < CONTENDERS_COUNT && (who == 0 || has_peers(which)); who++)
            ns[who] = median(measured->ns[which][who], reps);
        if (given->is_json) {
            tell_json(n, which, ns);
        } else {
            tell_row(n, which, ns);
        }
    }
    printf(given->is_json ? "{\"bench\":\"schedule_memory\",\"n\":%zu,\"bytes_per_timer\":%.1f}\n"
                          : "%9zu  bytes beyond arguments  %.1f\n\n",
           n, measured->bytes_per_timer);
    fflush(stdout);
}

/* ---- The program ---- */

static size_t reps_for(size_t n)
{
    if (n <= 10000) return 21;
    return n <= 200000 ? 9 : 5;
}

static void run_size(const options *given, size_t n)
{
    const size_t reps = given->reps != 0 ? given->reps : reps_for(n);
    samples *measured = (samples *)calloc(1, sizeof *measured);
    if (measured == NULL) abort();
    for (size_t rep = 0; rep < reps; rep++) {
        /* Another plan each time, or a branch predictor would learn it by heart. */
        const timers_plan plan = plan_of(n, given->span_ms, rep);
        measure(&plan, rep, measured);
        free_plan(&plan);
    }
    tell(given, n, reps, measured);
    free(measured);
}

static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
    char *end = NULL;
    *number = strtoull(text, &end, 10);
    return end != text && *end == '\0' && *number > 0 && *number <= max;
}

static bool read_sizes(char *text, options *given)
{
    given->sizes_count = 0;
    for (char *one = strtok(text, ","); one != NULL; one = strtok(NULL, ",")) {
        uint64_t size = 0;
        if (given->sizes_count == SIZES_MAX || !read_number(one, MJL_TASKS_MAX, &size))
            return false;
        given->sizes[given->sizes_count++] = (size_t)size;
    }
    return given->sizes_count != 0;
}

static bool read_option(const char *name, char *value, options *given)
{
    uint64_t number = 0;
    if (strcmp(name, "--n") == 0) return read_sizes(value, given);
    if (strcmp(name, "--reps") == 0) {
        const bool is_good = read_number(value, REPS_MAX, &number);
        given->reps = (size_t)number;
        return is_good;
    }
    if (strcmp(name, "--span") == 0) {
        const bool is_good = read_number(value, INT32_MAX, &number);
        given->span_ms = (uint32_t)number;
        return is_good;
    }
    return false;
}

int main(int count, char **arguments)
{
    options given = {false, {1000, 100000, 1000000}, 3, 0, SPAN_MS_DEFAULT};
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0) {
            given.is_json = true;
        } else if (i + 1 == count || !read_option(arguments[i], arguments[i + 1], &given)) {
            fprintf(stderr, "usage: schedule_bench [--json] [--n COUNT,COUNT...] [--reps COUNT] "
                            "[--span MS]\n");
            return 2;
        } else {
            i++;
        }
    }
    if (!given.is_json) {
        printf("CPU ns per timer, medians\n%9s  %-13s %8s", "n", "op", contenders[0]->name);
        for (size_t who = 1; who < CONTENDERS_COUNT; who++)
            printf("   %8s  ratio", contenders[who]->name);
        printf("\n");
    }
    for (size_t i = 0; i < given.sizes_count; i++)
        run_size(&given, given.sizes[i]);
    return 0;
}
