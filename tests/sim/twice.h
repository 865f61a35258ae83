/*
 * What comes of members that live twice, having gone back to an older state or been copied: two
 * places of one number, two packets under one key, words that leave out what their author said.
 * Who has the one never takes the other (session/README.md, what is not promised).
 */
#ifndef SIM_TWICE_H
#define SIM_TWICE_H

#include "world.h"

bool sim_lives_twice(const sim_world *world, uint32_t identity);
/* Whoever began this line was on the other one as well, and did not know it here. */
bool sim_contradicts(const sim_world *world, uint32_t line, uint32_t other);
/* Another packet was sealed with the key of its. */
bool sim_is_doubled(const sim_truth *truth, uint32_t place);
/* The node has another one of that number, or one of an epoch before that its author's other self
   made and this one does not follow: the second to come is refused. */
bool sim_is_contradicted(const sim_world *world, uint32_t place, uint32_t node);
/* Does the node keep the keys with which another commit of that epoch opens? */
bool sim_has_fork_keys(const sim_world *world, uint32_t node, uint32_t fork);
/* A commit beside one that the node lives on, and let those keys go for: its author, which lives
   twice, had been there. */
bool sim_is_beside_what_was_decided(const sim_world *world, uint32_t place, uint32_t node);

#endif
