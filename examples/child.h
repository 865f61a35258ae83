/*
 * A child process whose standard input and output are ours: started, told, heard, ended, reaped.
 *
 * Every child is known by its process id and ends by it, on any exit of ours: the owner calls
 * child_end, and if we die without a chance to, the kernel kills it (PR_SET_PDEATHSIG).
 */
#ifndef MAJLIS_EXAMPLES_CHILD_H
#define MAJLIS_EXAMPLES_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
    bool was_started;
    pid_t id; /* 0: not running. */
    int input;
    int output; /* Does not block. */
    int status; /* As waitpid; once id is 0 again. */
    char *text; /* What was read and is not a whole line yet. */
    size_t text_size, text_room;
    size_t line_size; /* Of the line handed out last, with its end. */
};

/* Runs `arguments[0]` with standard error appended to the file `errors`. False: errno says why. */
bool child_start(struct child *child, char *const arguments[], const char *errors);

/* Writes the line and its end. A child that is gone does not hear it. */
void child_tell(struct child *child, const char *line);

/* The next whole line without its end, valid until the next call; NULL when there is none yet. */
const char *child_hear(struct child *child);

/* True once its output has ended and it was reaped. */
bool child_is_over(struct child *child);

/* Sends the signal and, if it is SIGKILL, waits for the end; what it wrote can still be heard. */
void child_signal(struct child *child, int signal);

/* Kills, reaps and releases everything. Safe to call twice. */
void child_end(struct child *child);

#endif
