/*
 * Majlis and ts-mls in the same groups, by random scripts: `tests/interop/run.sh` makes all ready
 * and starts it. interop SUITE SCRIPTS SEED PEER...     PEER is the command of the other
 * implementation Prints one line of what was done; exits with 1 where the two disagree.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "majlis/suite.h"

#include "chance.h"
#include "failure.h"
#include "peer.h"
#include "script.h"

enum { OPERATIONS = 30 };

static void print_tally(const tally *done)
{
    const struct {
        const char *what;
        const uint32_t *count;
    } both[] = {{"groups", done->created},      {"commits", done->commits},
                {"proposals", done->proposals}, {"messages", done->messages},
                {"entered", done->entered},     {"entered again", done->entered_again},
                {"asked", done->asked},         {"after a ReInit", done->reinits},
                {"branches", done->branches}};
    printf("  by us + by ts-mls:");
    for (size_t i = 0; i < sizeof both / sizeof *both; i++)
        printf("%s %s %" PRIu32 " + %" PRIu32, i == 0 ? "" : ",", both[i].what, both[i].count[0],
               both[i].count[1]);
    printf("\n  added %u, again %u, removed %u, updated %u, refreshed %u, PSKs %u, resumption %u, "
           "extensions %u\n",
           done->adds, done->re_adds, done->removals, done->updates, done->refreshes, done->psks,
           done->resumptions, done->extensions);
    printf("  PublicMessages %u, PrivateMessages %u; Welcomes with the tree %u, without %u\n",
           done->open_commits, done->private_commits, done->welcomes_with_tree,
           done->welcomes_without_tree);
}

int main(int count, char **arguments)
{
    if (count < 5) {
        fprintf(stderr, "usage: interop SUITE SCRIPTS SEED PEER...\n");
        return 2;
    }
    const uint16_t suite = (uint16_t)strtoul(arguments[1], NULL, 0);
    const uint32_t scripts = (uint32_t)strtoul(arguments[2], NULL, 10);
    const uint64_t seed = strtoull(arguments[3], NULL, 10);
    if (sodium_init() < 0) fail("libsodium does not start");
    if (mjl_mls_suite_find(NULL, suite) == NULL) {
        printf("suite %u: SKIPPED, this build of Majlis does not have it\n", suite);
        return 0;
    }
    peer_start((const char *const *)&arguments[4]);

    const time_t began = time(NULL);
    tally done = {0};
    for (uint32_t i = 0; i < scripts; i++) {
        note_script(seed + i, suite);
        chance_start(seed + i);
        script_run(suite, OPERATIONS, &done);
    }
    peer_stop();
    printf("suite %u: %" PRIu32 " scripts of %d operations from seed %" PRIu64
           ": all agree (%ld s)\n",
           suite, scripts, OPERATIONS, seed, (long)(time(NULL) - began));
    print_tally(&done);
    return 0;
}
