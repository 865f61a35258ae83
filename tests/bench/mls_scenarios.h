/* What is measured, in scenarios that report their own rows. */
#ifndef TESTS_BENCH_MLS_SCENARIOS_H
#define TESTS_BENCH_MLS_SCENARIOS_H

#include "mls_floor.h"
#include "mls_members.h"

void mls_measure_primitives(const mls_primitives *primitives);
/* Application messages of 32 B, 1 KiB, 16 KiB in a group of two, next to the peers. */
void mls_measure_messages(const mls_primitives *primitives, const mls_member *members);
/* Everything that depends on how many members there are. `members` holds count + 1. */
void mls_measure_groups(const mls_primitives *primitives, const mls_member *members,
                        uint32_t count);

#endif
