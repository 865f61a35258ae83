/* majlis-sim: a world in a seed. README.md shows what it does. */
#include "generate.h"
#include "run.h"

#include <inttypes.h>

int main(int argc, char **argv)
{
    sim_wishes wishes = {.groups = (1u << SIM_GROUP_COUNT) - 2};
    uint64_t first = 1, last = 1;
    FILE *trace = NULL;
    FILE *script_in = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) first = last = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--members") == 0) wishes.members = (uint32_t)atoi(argv[i + 1]);
        if (strcmp(argv[i], "--steps") == 0) wishes.steps = (uint32_t)atoi(argv[i + 1]);
        if (strcmp(argv[i], "--seeds") == 0) {
            char *end;
            first = strtoull(argv[i + 1], &end, 10);
            last = strtoull(end + 2, NULL, 10);
        }
        if (strcmp(argv[i], "--faults") == 0 && !sim_groups_read(argv[i + 1], &wishes.groups)) {
            return 2;
        }
        if (strcmp(argv[i], "--provider") == 0) {
            wishes.provider = strcmp(argv[i + 1], "real") == 0 ? SIM_REAL : SIM_TOY;
        }
        if (strcmp(argv[i], "--trace") == 0) trace = fopen(argv[i + 1], "w");
        if (strcmp(argv[i], "--script") == 0) script_in = fopen(argv[i + 1], "r");
    }
    int status = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        sim_script script;
        if (script_in != NULL) {
            if (!sim_script_read(script_in, &script)) return 2;
        } else {
            script = sim_generate(seed, &wishes);
        }
        const sim_options options = {.trace = trace};
        sim_outcome outcome;
        sim_run(&script, &options, &outcome);
        if (outcome.is_broken) {
            printf("seed %" PRIu64 " broken: %s node %d step %u: %s\n", seed, outcome.oracle,
                   (int)outcome.node, outcome.step, outcome.text);
            fflush(stdout);
            status = 1;
        }
        if (first == last) {
            if (outcome.is_broken) sim_script_write(&script, stdout);
            for (int b = 0; b < 8; b++)
                printf("%02x", outcome.hash.bytes[b]);
            printf(" packets %" PRIu64 " converged %" PRId64 " ms\n", outcome.counters.packets,
                   outcome.counters.converged_ms);
        }
        sim_script_clear(&script);
    }
    if (trace != NULL) fclose(trace);
    return status;
}
