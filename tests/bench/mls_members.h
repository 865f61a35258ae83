/*
 * Members for MLS benchmarks: identities and key packages made once, groups of the first N of them.
 *
 * A *warm* group, in which every parent has a key, would take N/2 commits that everybody follows.
 * It is put together from the pieces of the library instead: each second member's path is set in
 * the tree with fresh keys, as its commit would, and the group begins an epoch there with secrets
 * that all its members know. The tree passes every check of a joiner.
 */
#ifndef TESTS_BENCH_MLS_MEMBERS_H
#define TESTS_BENCH_MLS_MEMBERS_H

#include "group.h"

/* Whatever the library refuses ends the program. */
void must(mjl_result result, const char *what);
extern const mjl_random chance;

typedef struct mls_member {
    mjl_mls_identity identity;
    char name[32];
    mjl_buffer key_package, secret;
} mls_member;

/* One member's side of a group. */
typedef struct mls_side {
    const mls_member *member;
    const mjl_mls_group *group;
    mjl_mls_ratchets *ratchets;
} mls_side;

mls_member *members_new(uint32_t count);
void members_free(mls_member *members, uint32_t count);

/* A group of the first member alone. */
mls_side side_create(const mls_member *first);
mls_side side_join(const mls_member *member, mjl_bytes welcome);
void side_clear(mls_side *side);

/* All that is known of a warm group. */
typedef struct warm_group {
    const mls_member *members;
    uint32_t count;
    mjl_mls_ratchet_tree tree;
    mjl_mls_context context; /* Borrows from `fresh`. */
    const mjl_mls_group *fresh;
    uint8_t (*leaf_keys)[MJL_MLS_KEM_PRIVATE_SIZE_MAX];   /* By leaf. */
    uint8_t (*parent_keys)[MJL_MLS_KEM_PRIVATE_SIZE_MAX]; /* By node index. */
} warm_group;

/* From a group just created of `count` members. */
void warm_group_make(const mls_member *members, uint32_t count, const mjl_mls_group *fresh,
                     warm_group *warm);
mls_side warm_group_side(const warm_group *warm, uint32_t leaf);
void warm_group_clear(warm_group *warm);

#endif
