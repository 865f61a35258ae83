/*
 * What an adversary took from a member, and which epochs that may open for it.
 *
 *     a member x, robbed at t: opens   the epochs it was in then, and those that follow ...
 *                                      ... until one that x did not come into, or that x's own
 *                                      commit, made after t, began: that one is closed again
 *
 * That is what a TreeKEM promises (RFC 9420 section 16.6): a commit replaces every key its author
 * had in the tree, a removal locks out, and what an honest member draws nobody knows. Members that
 * mean ill are robbed at every instant, so nothing heals them but their removal.
 */
#ifndef SIM_THEFT_H
#define SIM_THEFT_H

#include "spent.h"

typedef struct sim_theft {
    uint32_t node, identity;
    mjl_time at;   /* SIM_NEVER: again and again. */
    uint32_t root; /* The epoch it came in by, if nothing leads there any more; SIM_NONE. */
    sim_set spent; /* Message keys that it had used up. */
    bool is_end;   /* At the end of a run in which nothing stayed open: */
    uint32_t tip;  /* only what follows from this epoch is left. */
} sim_theft;

void sim_theft_clear(sim_theft *theft);
/* The epoch that the node came in by, once it has no use any more for the key package that it did
   so with; SIM_NONE: others may have let it in as well, on a rival branch, until everybody of that
   epoch spoke on its line. */
uint32_t sim_theft_root(const sim_world *world, uint32_t node);
/* Nobody was hurt for good, nobody is out again, and all are in one epoch: else an epoch may stay
   undecided, which then lasts its lifetime (DESIGN section 10). */
bool sim_theft_is_settled(const sim_world *world);
/* Takes all secrets on the node's disk, now. */
void sim_theft_take(sim_world *world, uint32_t node);
/* May what was taken open the epoch? */
bool sim_theft_opens(const sim_world *world, const sim_theft *theft, uint32_t branch);
/* May it open what this key sealed there? */
bool sim_theft_opens_message(const sim_world *world, const sim_theft *theft, uint32_t branch,
                             uint32_t key);

#endif
