/*
 * Members of MLS groups for tests: each has an identity, a key package to be invited by, and the
 * group and ratchets of its present epoch. All their randomness comes from one seed, which a
 * failing test prints.
 */
#ifndef MJL_TESTS_MLS_PEOPLE_H
#define MJL_TESTS_MLS_PEOPLE_H

#include "majlis/mls.h"

/* ---- Chance: repeatable ---- */

void dice_start(uint64_t seed); /* Also sodium_init. */
uint64_t dice_seed(void);
mjl_random dice_random(void);
uint32_t dice_below(uint32_t bound); /* 0 to bound - 1. */
/* After `count` more fills the source refuses; UINT64_MAX: never. */
void dice_refuse_after(uint64_t count);

/* ---- People ---- */

typedef struct person {
    char name[16];
    mjl_mls_identity identity;
    mjl_mls_capabilities capabilities; /* Of what it offers and creates from now on. */
    mjl_buffer key_package, key_package_secret;
    const mjl_mls_group *group; /* NULL outside. */
    mjl_mls_ratchets *ratchets;
} person;

void person_init(person *who, const char *name);
void person_init_in(person *who, const mjl_mls_suite *suite, const char *name);
void person_clear(person *who);
void person_leave(person *who); /* Drops group and ratchets. */
void person_offer(person *who); /* A fresh key package. */
void person_create(person *who, const char *group_id);

/* A commit by `author`, staged as a candidate. */
typedef struct change {
    const person *const *add;
    size_t add_count;
    const uint32_t *remove;
    size_t remove_count;
    bool refresh;
    bool public_message;
} change;

mjl_result person_commit(person *author, const change *wanted, mjl_mls_candidate *candidate);
/* Opens and stages a commit; consumes its key. */
mjl_result person_stage(person *receiver, mjl_bytes commit, mjl_mls_candidate *candidate);
/* Makes the candidate's epoch the person's own; leaves the candidate empty but for messages. */
void person_merge(person *who, mjl_mls_candidate *candidate);
mjl_result person_join(person *who, mjl_bytes welcome);
/* The same with a config, to which the own identity and key package are added. */
mjl_result person_join_with(person *who, mjl_bytes welcome, const mjl_mls_join_config *config);
/* Opens an application message into `out`. */
mjl_result person_read(person *who, mjl_bytes message, mjl_buffer *out);
void person_say(person *who, const char *text, mjl_buffer *message);
/* The saved group, for comparing values. */
void person_saved(const person *who, mjl_buffer *out);

#endif
