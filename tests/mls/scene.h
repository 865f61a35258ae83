/*
 * Alice, Bob and Carol in a group, Dave outside with a key package: for tests of what happens
 * between members, in steps that fail the test unless they succeed.
 */
#ifndef MJL_TESTS_MLS_SCENE_H
#define MJL_TESTS_MLS_SCENE_H

#include "people.h"

typedef struct scene {
    person alice, bob, carol, dave;
} scene;
extern scene they;

/* What all of them can do, and the extensions of the group; NULL: nothing, none. */
typedef struct scene_config {
    const mjl_mls_capabilities *capabilities;
    const mjl_mls_extension *extensions;
    size_t extensions_count;
    void (*prepare)(person *who); /* Before it offers a key package; NULL: as it is. */
} scene_config;

void scene_meet(const scene_config *config);
void scene_part(void);
/* cmocka's fixtures, with nothing special. */
int scene_begin(void **state);
int scene_end(void **state);

/* A standalone proposal of a member; `message` may be NULL. Free what it answers. */
mjl_mls_opened *scene_propose(person *who, const mjl_mls_change *wanted, mjl_buffer *message);
/* Opens a message and consumes its key. Free what it answers. */
mjl_mls_opened *scene_open(person *who, mjl_bytes message, unsigned allowed);
/* A commit by `author`, who is not moved to it yet. */
mjl_result scene_try_commit(person *author, const mjl_mls_commit_config *config,
                            mjl_mls_candidate *candidate);
/* Opens and stages, moves nobody: what stage (or open) answers. */
mjl_result scene_try_stage(person *who, mjl_bytes commit, const mjl_mls_staging *staging);
/* Stages, and moves to the new epoch. */
void scene_follow(person *who, mjl_bytes commit, const mjl_mls_staging *staging);

/* One epoch, and each hears the other. */
void expect_together(person *a, person *b);
/* Nothing of the member's value or ratchets changed since. */
typedef struct scene_mark {
    mjl_buffer group, ratchets;
} scene_mark;
scene_mark scene_mark_of(const person *who);
void expect_unchanged(const person *who, scene_mark *mark); /* Also releases the mark. */

#endif
