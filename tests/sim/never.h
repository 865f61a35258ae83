/*
 * What a member never gets, and what follows that, which waits there for as long as it is kept:
 *
 *     maker, hurt for good ── gave it again, to one ──> no packet: nobody repeats it
 *                          └─ spoke where this one had let the keys go: it is refused
 *     maker, which lives twice ──> twice.h
 *     who has it, all gone ──> nobody repeats it
 *
 * Each is told by what happened (truth.h): an engine that loses what it should have is not excused.
 */
#ifndef SIM_NEVER_H
#define SIM_NEVER_H

#include "world.h"

typedef enum sim_never_kind {
    SIM_NEVER_BARRED = 1, /* By what a member does that is hurt for good. */
    SIM_NEVER_GONE = 2    /* With who left or was removed. */
} sim_never_kind;

/* Places of the node's time that it has not and never gets, for reasons of those kinds (bits), or
   that follow these. The caller clears the set. */
sim_set sim_never(const sim_world *world, uint32_t node, uint32_t front, unsigned kinds);
/* Does anybody who is not gone have it? */
bool sim_has_speaking_holder(const sim_world *world, uint32_t place, uint32_t front);

#endif
