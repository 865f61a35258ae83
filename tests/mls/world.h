/*
 * A group for breaking rules in: five members whose leaves list all that the group asks for, so
 * that a leaf, a commit or a Welcome can be made that is right but for one thing.
 *
 *                   *              leaves: 0 blank, 1 Alice, 2 Bob, 3 Carol, 4 Dave, 5 Erin,
 *               /       \                  6 and 7 blank; Alice committed last
 *             *           _
 *           /   \       /   \      Yves and Zoe are outside, each with a key package.
 *         _      *     *     _
 *        / \    / \   / \   / \
 *       _   A  B   C D   E _   _
 */
#ifndef MJL_TESTS_MLS_WORLD_H
#define MJL_TESTS_MLS_WORLD_H

#include "leaf_draft.h"
#include "people.h"

enum {
    ALICE_LEAF = 1,
    BOB_LEAF = 2,
    CAROL_LEAF = 3,
    DAVE_LEAF = 4,
    ERIN_LEAF = 5,
    ZOE_LEAF = 0, /* Where an Add puts the first, */
    YVES_LEAF = 6 /* and the second newcomer. */
};

/* Which credential types the members know and use. */
typedef enum world_kind {
    ALL_KNOW_X509, /* And nobody has one. */
    DAVE_KNOWS_NO_X509,
    DAVE_HAS_X509
} world_kind;

typedef struct world {
    person alice, bob, carol, dave, erin, yves, zoe;
    person service; /* The group's one external sender. */
} world;
extern world us;
/* What members and joiners ask of leaves; NULL: no more than the RFC. */
extern const mjl_mls_leaf_policy *world_policy;

void world_begin(world_kind kind);
void world_end(void);
/* cmocka's fixtures: the first kind. */
int world_meet(void **state);
int world_part(void **state);

/* Whoever stands at a leaf. */
const person *world_at(uint32_t leaf);

/* "BAD_SIGNATURE", for what a failing test says: the layer under test does not link result.c. */
const char *result_name(mjl_result result);

/* What a refusal must leave alone: group and ratchets of a member, saved and hashed. */
typedef struct value_hash {
    uint8_t bytes[32];
} value_hash;
value_hash world_value_of(const person *who);

/* Opens and stages a commit; proposals that it refers to are opened before. The first refusal is
   the answer; the member's value is the same after it. */
mjl_result world_member_takes(const person *who, mjl_bytes proposal, mjl_bytes commit);
/* The same with senders from outside: MJL_MLS_ALLOW_... */
mjl_result world_member_takes_from(const person *who, unsigned allowed, mjl_bytes proposal,
                                   mjl_bytes commit);
/* Bob and Erin, one after the other, say so. */
void world_members_say(mjl_bytes proposal, mjl_bytes commit, mjl_result expected);
/* Zoe joins, with PSKs if any. */
mjl_result world_joiner_takes(mjl_bytes welcome);

#endif
