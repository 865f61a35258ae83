/*
 * Who cannot be where the others are, and will not be; both sides are warned of each other
 * (session/README.md, what is not promised). A member lives twice (it went back to an older state,
 * or was copied), and each half of the group heard another self of it:
 *
 *     P ── c     one self was there: whoever had the acks of all decided on it, and let the
 *      └── d     keys go that open d
 *                the other self, which knows nothing of c, made it
 *
 * or the others' commit is, or follows, one of two places of one number, or one that leaves out
 * what its author said before it went back, or what was sealed with a key that was used twice: who
 * has the other one never has that. Or nobody does, and commits that
 * remove each other's authors compete:
 *
 *     P ── c ── e    c removes somebody, who cannot read then that e removes who made d: it may
 *      └── d        choose d, which loses where e is known
 *
 * More votes would tell both (membership.md).
 */
#ifndef SIM_PARTED_H
#define SIM_PARTED_H

#include "world.h"

bool sim_is_parted(const sim_world *world, uint32_t node, uint32_t front);

#endif
