/*
 * Epochs that no commit of a member starts: somebody commits itself in from outside, and the group
 * goes on in another one, after a ReInit or as a branch.
 */
#ifndef MJL_TESTS_INTEROP_PASSAGE_H
#define MJL_TESTS_INTEROP_PASSAGE_H

#include "conversation.h"

/* `who` comes in by the GroupInfo of `host`. Who is inside enters again: it has lost its state. */
void passage_enter(conversation *all, member *who, member *host, const shared_psk *psk);
/* `who` is outside and asks to be added; `host` tells it the epoch. The proposal reaches all. */
void passage_ask(conversation *all, member *who, member *host);

/* `author` ends the group by a ReInit, `creator` makes the next one with all. */
void passage_reinit(conversation *all, member *author, member *creator);
/* `creator` makes a group of itself and `others`; the conversation goes on there. */
void passage_branch(conversation *all, member *creator, member *const *others, size_t count);

#endif
