/* majlis-sim: a world in a seed. README.md shows what it does. */
#include "shrink.h"
#include "summary.h"

#include <inttypes.h>
#include <time.h>

static const char usage[] =
    "majlis-sim [--seed S | --seeds A..B | --script FILE]\n"
    "  --members N         so many (else 2 to 8, as the seed likes)\n"
    "  --steps K           so many steps of users\n"
    "  --faults LIST       net,process,disk,state,clock,rng,insider,outsider,misuse,races,"
    "memory; all; none\n"
    "  --provider toy|real\n"
    "  --oracle NAME       only this promise is asked about: I4\n"
    "  --jobs J            processes at a time, for --seeds\n"
    "  --seconds T         what one seed may take (60)\n"
    "  --twice             every seed again, reopened after each step: the same end (I17)\n"
    "  --shrink            a failing script is made small and printed\n"
    "  --write             prints the script instead of running it\n"
    "  --trace FILE        what happens, as JSON lines (one seed or script)\n"
    "  --summary           a table of what was done and injected\n";

typedef struct command {
    sim_wishes wishes;
    const char *faults; /* As given, for the command that reproduces. */
    uint64_t first, last;
    const char *script, *trace, *only;
    uint32_t jobs, seconds;
    bool shrinks, summary, writes, twice;
    sim_summary sums;
    int status;
} command;

/* ---- The arguments ---- */

static bool read_value(command *of, const char *name, const char *value)
{
    char *end = NULL;
    if (strcmp(name, "--seed") == 0) {
        of->first = of->last = strtoull(value, &end, 10);
    } else if (strcmp(name, "--seeds") == 0) {
        of->first = strtoull(value, &end, 10);
        if (strncmp(end, "..", 2) != 0) return false;
        of->last = strtoull(end + 2, &end, 10);
    } else if (strcmp(name, "--members") == 0) {
        of->wishes.members = (uint32_t)strtoul(value, &end, 10);
        if (of->wishes.members < 1 || of->wishes.members > SIM_NODES_MAX) return false;
    } else if (strcmp(name, "--steps") == 0) {
        of->wishes.steps = (uint32_t)strtoul(value, &end, 10);
    } else if (strcmp(name, "--jobs") == 0) {
        of->jobs = (uint32_t)strtoul(value, &end, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        of->seconds = (uint32_t)strtoul(value, &end, 10);
    } else if (strcmp(name, "--faults") == 0) {
        of->faults = value;
        return sim_groups_read(value, &of->wishes.groups);
    } else if (strcmp(name, "--provider") == 0) {
        of->wishes.provider = strcmp(value, "real") == 0 ? SIM_REAL : SIM_TOY;
        return of->wishes.provider == SIM_REAL || strcmp(value, "toy") == 0;
    } else if (strcmp(name, "--script") == 0) {
        of->script = value;
        return true;
    } else if (strcmp(name, "--oracle") == 0) {
        of->only = value;
        return true;
    } else if (strcmp(name, "--trace") == 0) {
        of->trace = value;
        return true;
    }
    return end != NULL && end != value && *end == 0;
}

static bool read_arguments(command *of, int argc, char **argv)
{
    const struct {
        const char *name;
        bool *is_on;
    } switches[] = {{"--shrink", &of->shrinks},
                    {"--summary", &of->summary},
                    {"--write", &of->writes},
                    {"--twice", &of->twice}};
    for (int i = 1; i < argc; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof switches / sizeof switches[0]; k++) {
            if (strcmp(argv[i], switches[k].name) != 0) continue;
            *switches[k].is_on = is_known = true;
        }
        if (is_known) continue;
        if (i + 1 == argc || !read_value(of, argv[i], argv[i + 1])) return false;
        i++;
    }
    return of->first <= of->last;
}

/* ---- What is printed ---- */

static void print_command(const command *of, uint64_t seed)
{
    printf("  majlis-sim ");
    if (of->script != NULL)
        printf("--script %s", of->script);
    else
        printf("--seed %" PRIu64, seed);
    if (of->wishes.members != 0) printf(" --members %" PRIu32, of->wishes.members);
    if (of->wishes.steps != 0) printf(" --steps %" PRIu32, of->wishes.steps);
    if (of->only != NULL) printf(" --oracle %s", of->only);
    printf(" --faults %s --provider %s%s\n", of->faults,
           of->wishes.provider == SIM_TOY ? "toy" : "real", of->twice ? " --twice" : "");
}

static void print_outcome(const command *of, uint64_t seed, const sim_outcome *outcome)
{
    if (!outcome->is_broken) {
        printf("seed %" PRIu64 ": ", seed);
        for (size_t i = 0; i < 16; i++)
            printf("%02x", outcome->hash.bytes[i]);
        printf(" after %" PRIu64 " packets, calm in %" PRId64 " ms\n", outcome->counters.packets,
               outcome->counters.converged_ms);
        return;
    }
    printf("seed %" PRIu64 ": BROKEN: %s: ", seed, outcome->oracle);
    if (outcome->node != SIM_NONE) printf("node%" PRIu32 ": ", outcome->node);
    printf("%s (step #%" PRIu32 ")\n", outcome->text, outcome->step);
    print_command(of, seed);
    fflush(stdout);
}

/* ---- Doing it ---- */

/* I17: reopened after every step, it comes to the same states. */
static void run_again(const sim_script *script, const command *of, sim_outcome *outcome)
{
    sim_options options = {.is_quick = true, .steps_twice = true};
    sim_outcome straight, reopened;
    sim_trial(script, &options, of->seconds, &straight);
    options.reopens_each_step = true;
    sim_trial(script, &options, of->seconds, &reopened);
    if (straight.is_broken || reopened.is_broken) {
        *outcome = straight.is_broken ? straight : reopened;
    } else if (memcmp(&straight.hash, &reopened.hash, sizeof straight.hash) != 0) {
        outcome->is_broken = true;
        outcome->node = SIM_NONE;
        snprintf(outcome->oracle, sizeof outcome->oracle, "I17 determinism");
        snprintf(outcome->text, sizeof outcome->text, "reopened after each step it ends otherwise");
    }
}

static void run_one(command *of, uint64_t seed, sim_script *script)
{
    sim_options options = {.only = of->only};
    if (of->trace != NULL) {
        options.trace = fopen(of->trace, "w");
        if (options.trace == NULL) perror(of->trace);
        if (options.trace != NULL) setvbuf(options.trace, NULL, _IOLBF, 0);
    }
    sim_outcome outcome;
    sim_trial(script, &options, of->seconds, &outcome);
    if (of->twice && !outcome.is_broken) run_again(script, of, &outcome);
    if (options.trace != NULL) fclose(options.trace);
    sim_summary_add(&of->sums, &outcome);
    print_outcome(of, seed, &outcome);
    if (!outcome.is_broken) return;
    of->status = 1;
    if (!of->shrinks) return;
    const uint32_t runs = sim_shrink(script, &options, &outcome);
    printf("after %" PRIu32 " runs: %s: %s\n", runs, outcome.oracle, outcome.text);
    sim_script_write(script, stdout);
}

static void done(void *context, uint64_t seed, const sim_outcome *outcome)
{
    command *const of = context;
    sim_summary_add(&of->sums, outcome);
    if (!outcome->is_broken) return;
    of->status = 1;
    print_outcome(of, seed, outcome);
}

static void run_seeds(command *of)
{
    const sim_options options = {.only = of->only};
    const sim_series series = {.first = of->first,
                               .last = of->last,
                               .jobs = of->jobs,
                               .seconds = of->seconds,
                               .wishes = &of->wishes,
                               .options = &options,
                               .context = of,
                               .done = done};
    if (of->first < of->last && !of->twice && !of->shrinks && !of->writes) {
        sim_trial_series(&series);
        return;
    }
    for (uint64_t seed = of->first; seed <= of->last; seed++) {
        sim_script script = sim_generate(seed, &of->wishes);
        if (of->writes)
            sim_script_write(&script, stdout);
        else
            run_one(of, seed, &script);
        sim_script_clear(&script);
    }
}

static void run_script(command *of)
{
    FILE *const in = fopen(of->script, "r");
    sim_script script;
    if (in == NULL) perror(of->script);
    of->status = 2;
    if (in == NULL) return;
    if (sim_script_read(in, &script)) {
        of->status = 0;
        run_one(of, script.seed, &script);
        sim_script_clear(&script);
    }
    fclose(in);
}

int main(int argc, char **argv)
{
    command of = {.faults = "all", .first = 1, .last = 1, .jobs = 1};
    of.seconds = SIM_TRIAL_SECONDS_DEFAULT;
    sim_groups_read(of.faults, &of.wishes.groups);
    if (!read_arguments(&of, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    if (of.script != NULL)
        run_script(&of);
    else
        run_seeds(&of);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    if (of.summary) {
        const double seconds =
            (double)(ended.tv_sec - began.tv_sec) + (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
        sim_summary_write(&of.sums, seconds, stdout);
    }
    return of.status;
}
