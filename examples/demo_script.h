/*
 * What happens in the demo, scene by scene: each begins with commands, has its lines said, and is
 * over when something is true. Nothing waits for a fixed time where it can wait for a fact.
 */
#ifndef MAJLIS_EXAMPLES_DEMO_SCRIPT_H
#define MAJLIS_EXAMPLES_DEMO_SCRIPT_H

#include "demo.h"

/* Moves on as far as it can. False: a process could not be started (errno). */
bool demo_script_run(struct demo *demo);
bool demo_script_is_over(const struct demo *demo);
/* What the present scene waits for. */
const char *demo_script_awaits(const struct demo *demo);

#endif
