/*
 * A small group for tests: Alice made it, Bob and Carol are in it, Dave is not.
 */
#ifndef MJL_TESTS_MLS_TRIO_H
#define MJL_TESTS_MLS_TRIO_H

#include "people.h"

typedef struct trio_people {
    person alice, bob, carol, dave;
} trio_people;
extern trio_people trio;

/* cmocka's fixtures. */
int trio_meet(void **state);
int trio_part(void **state);

/* Whether the saved group is still as it was. */
bool trio_same_value(const person *who, mjl_bytes before);
/* Stages a commit and throws the outcome away; the group's value stays. */
mjl_result trio_stage(const person *who, const mjl_mls_opened *commit,
                      const mjl_mls_staging *staging);
/* Alice commits and throws the outcome away; her group and ratchets stay. */
mjl_result trio_commit(const mjl_mls_commit_config *config);

#endif
