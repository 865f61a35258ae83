/*
 * A random conversation: so many operations, each drawn by chance among those that the group allows
 * at that moment, and an agreement after each.
 */
#ifndef MJL_TESTS_INTEROP_SCRIPT_H
#define MJL_TESTS_INTEROP_SCRIPT_H

#include <stdint.h>

/* What was done, over all scripts. */
typedef struct tally {
    uint32_t adds, re_adds, removals, refreshes, messages;
    uint32_t commits_by_us, commits_by_them, open_commits, private_commits;
    uint32_t welcomes_with_tree, welcomes_without_tree, created_by_us, created_by_them;
} tally;

void script_run(uint16_t suite, uint32_t operations, tally *done);

#endif
