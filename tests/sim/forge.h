/*
 * The crafted insider: what a member would send that holds its real keys and keeps no rule.
 *
 *     a copy of its disk ──opened──> session, keys
 *                                      │ a payload with something wrong in it, then
 *                                      └─ signed and sealed as it should be ──> the others
 *
 * It works with every cipher suite, since nothing is broken but the rules. What the others may
 * accept (two places of one number, a claim to have everything) becomes part of the truth, as the
 * doing of a member that means ill; all else must be refused, and whoever accepts it accepts "a
 * place that nobody made". (tests/fuzz does the same without keys, where every lock is open.)
 */
#ifndef SIM_FORGE_H
#define SIM_FORGE_H

#include "world.h"

typedef enum sim_forgery {
    /* Must be refused, and then changes nothing: what random scripts draw from. */
    SIM_FORGE_GENERATION = 0, /* The payload names another key than the one it is sealed with. */
    SIM_FORGE_AUTHOR,         /* It speaks for another member. */
    SIM_FORGE_SEQ_AHEAD,      /* A number is left out. */
    SIM_FORGE_NO_PARENTS,
    SIM_FORGE_OLD_PARENTS,    /* What its own last place stands on: that place is not followed. */
    SIM_FORGE_NESTED_PARENTS, /* A parent and that one's parent. */
    SIM_FORGE_PARENT_EPOCH,   /* A parent that is there, said to be of another epoch. */
    SIM_FORGE_TAG,            /* The tag of another branch. */
    SIM_FORGE_MALFORMED,      /* A payload that cannot be read. */
    SIM_FORGE_STATEMENT,      /* A frontier statement that cannot be read. */
    SIM_FORGERIES_REFUSED,
    /* Cannot be refused by all alike: it takes a key that the member uses again, or tells two
       stories. What honest members say on top of it does not reach all of them (README.md). */
    SIM_FORGE_PARENT_UNKNOWN = SIM_FORGERIES_REFUSED, /* A parent that nobody made. */
    SIM_FORGE_CLAIM,                                  /* A statement: it has everything there is. */
    SIM_FORGE_TWO_STORIES, /* Two places of one number, one to each half. */
    SIM_FORGE_REPEATED,    /* What it said before, at a place more. */
    SIM_FORGERIES_COUNT
} sim_forgery;

/* False: it is no member now, or has nothing to do it with. */
bool sim_forge(sim_world *world, const sim_step *step);

#endif
