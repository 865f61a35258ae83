/*
 * A random conversation: so many operations, each drawn by chance among those that the group allows
 * at that moment, and an agreement after each.
 */
#ifndef MJL_TESTS_INTEROP_SCRIPT_H
#define MJL_TESTS_INTEROP_SCRIPT_H

#include <stdint.h>

/* What was done, over all scripts. [0]: by us, [1]: by ts-mls. */
typedef struct tally {
    uint32_t created[2], commits[2], messages[2], proposals[2];
    uint32_t entered[2], entered_again[2], asked[2], reinits[2], branches[2];
    uint32_t open_commits, private_commits;
    uint32_t adds, re_adds, removals, updates, psks, resumptions, extensions, refreshes;
    uint32_t welcomes_with_tree, welcomes_without_tree;
} tally;

void script_run(uint16_t suite, uint32_t operations, tally *done);

#endif
