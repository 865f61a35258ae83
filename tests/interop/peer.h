/*
 * The other implementation: a child process that is asked over a pipe. A question is one line of
 * JSON and some blobs, an answer some blobs; MLSMessages travel as they are.
 *
 *     frame = uint32 count | count x ( uint32 size | bytes )            (big-endian)
 *
 * The first field of a question is the JSON, of an answer "ok" or why not.
 * Errors: a peer that refuses, or is gone, ends the program with its words (failure.h).
 */
#ifndef MJL_TESTS_INTEROP_PEER_H
#define MJL_TESTS_INTEROP_PEER_H

#include "majlis/bytes.h"

enum { PEER_FIELDS_MAX = 16 };

typedef struct peer_answer {
    mjl_buffer room;
    mjl_bytes fields[PEER_FIELDS_MAX]; /* Without the first; borrowed from `room`. */
    size_t count;
} peer_answer;

void peer_start(const char *const *command); /* Ends with NULL, as for execvp. */
void peer_stop(void);                        /* Closes its input and waits for its end. */

/* Asks and waits. Blobs may be fewer than PEER_FIELDS_MAX. Clear the answer. */
void peer_ask(const char *json, const mjl_bytes *blobs, size_t count, peer_answer *answer);
void peer_answer_clear(peer_answer *answer);
/* The answer's field i as decimal number. */
uint64_t peer_answer_number(const peer_answer *answer, size_t i);

#endif
