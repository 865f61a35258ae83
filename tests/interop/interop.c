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
    printf(
        "  by us and by ts-mls: groups %u and %u, commits %u and %u, proposals %u and %u, messages "
        "%u and %u\n",
        done->created[0], done->created[1], done->commits[0], done->commits[1], done->proposals[0],
        done->proposals[1], done->messages[0], done->messages[1]);
    printf("  added %u, again %u, removed %u, updated %u, refreshed %u, PSKs %u, extensions %u\n",
           done->adds, done->re_adds, done->removals, done->updates, done->refreshes, done->psks,
           done->extensions);
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
