/*
 * A small room for tests of acks, where each change is followed by a check of all that is held.
 *
 *      alice (0, ourselves), bob (1), carol (2) in epoch 1;  c1 is alice's commit in epoch 0
 */
#ifndef TESTS_SESSION_ACKS_ROOM_H
#define TESTS_SESSION_ACKS_ROOM_H

#include "acks_readers.h"
#include "graph.h"

/* What each test finds as room_begin makes it. Dora is an author, and no member yet. */
extern mjl_transcript *t;
extern mjl_acks *acks;
extern mjl_acks_changes changes; /* Of the last call. */
extern uint32_t alice, bob, carol, dora;

int room_begin(void **state);
int room_end(void **state);

uint32_t room_accept(graph_place place);
/* In epoch 1. */
uint32_t room_say(const char *name, const char *author, uint64_t seq, const char *parents);
void room_hear(uint32_t place, uint32_t reader);
/* Alice's commit after her a2, which adds somebody. */
void room_let_in(const char *name);
/* Alice's a2, which was said, on a branch that lost: again on the winner, where dora reads too. */
uint32_t room_place_again(void);
/* The second epoch, with a member whose number takes a byte more; a message that is first placed
   there, and one that has its first place before. */
void room_say_on_a_line_that_loses(uint32_t *first, uint32_t *again, uint32_t *late);

#endif
