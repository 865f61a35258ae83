/*
 * What each action of a script does to a world. False: it did not apply (the node is down, it is
 * no member, ...), and is not counted.
 */
#ifndef SIM_ACTIONS_H
#define SIM_ACTIONS_H

#include "world.h"

/* Does the step now. */
void sim_action_do(sim_world *world, const sim_step *step);
/* Every pending join request that this node has not answered is invited. `step` may be NULL. */
bool sim_action_invite_all(sim_world *world, uint32_t node, const sim_step *step);
/* A request is shown: whom lines that lost alone had let in was not answered on this one. */
void sim_action_shown(sim_world *world, uint32_t node, const mjl_member_id *guest);

/* By group; `sim_action_do` chooses. */
bool sim_do_app(sim_world *world, const sim_step *step);
bool sim_do_net(sim_world *world, const sim_step *step);
bool sim_do_machine(sim_world *world,
                    const sim_step *step); /* process, disk, state, clock, rng, memory */
bool sim_do_hostile(sim_world *world, const sim_step *step); /* insider, outsider, misuse */

#endif
