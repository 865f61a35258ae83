/*
 * A conversation of members of both kinds: what one of them does reaches all others, and after each
 * step all of them agree on epoch, size, epoch authenticator and a secret exported for the
 * occasion.
 */
#ifndef MJL_TESTS_INTEROP_CONVERSATION_H
#define MJL_TESTS_INTEROP_CONVERSATION_H

#include "member.h"

enum {
    PEOPLE_MAX = 12, /* Who may be in it. */
    INSIDE_MAX = 8,  /* At the same time. */
    TURNS_MAX = 2,   /* How many one commit adds or removes. */
    BURST_MAX = 4    /* Messages that arrive in any order. */
};

typedef struct conversation {
    member people[PEOPLE_MAX];
    uint64_t epoch;
} conversation;

/* How one commit goes. */
typedef struct step {
    member *author;
    member *add[TURNS_MAX];
    size_t add_count;
    member *remove[TURNS_MAX];
    size_t remove_count;
    bool path, open, tree_inside;
} step;

/* A new group of one, by a member of either kind. */
void conversation_start(conversation *all, uint16_t suite);
void conversation_clear(conversation *all);

uint32_t conversation_inside(const conversation *all);
/* Any who is (not) inside and is none of `but`; NULL if there is none. */
member *conversation_pick(conversation *all, bool inside, member *const *but, size_t but_count);

void conversation_commit(conversation *all, const step *wanted);
/* `count` messages of one author, read by each other member in an order of its own. */
void conversation_say(conversation *all, member *author, uint32_t count);
/* Ends the program unless all agree. */
void conversation_compare(conversation *all);

#endif
