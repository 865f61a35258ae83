/*
 * One commit with all that leads to it and follows from it: proposals of others, by reference; the
 * commit to all who are inside; the removed let go, the new ones brought in by the Welcome.
 */
#ifndef MJL_TESTS_INTEROP_STEP_H
#define MJL_TESTS_INTEROP_STEP_H

#include "conversation.h"

/* A wish with who is meant and who proposes it. */
typedef struct part {
    wish_kind kind;
    member *subject;  /* Whom to add or remove; of an Update the proposer. */
    member *proposer; /* NULL: by value. An Add may be the subject's own, from outside. */
    mjl_bytes bytes;  /* Of a PSK and of extensions; borrowed. */
} part;

typedef struct step {
    member *author;
    part parts[WISHES_MAX];
    size_t parts_count;
    bool path, open, tree_inside;
} step;

/* How many parts are of a kind. */
uint32_t step_count(const step *wanted, wish_kind kind);

void step_take(conversation *all, const step *wanted);

#endif
