/* One clear line on standard error that says what went wrong and why: "majlis: WHAT: WHY". */
#ifndef MAJLIS_EXAMPLES_COMPLAINT_H
#define MAJLIS_EXAMPLES_COMPLAINT_H

enum {
    COMPLAINT_EXIT_FAILED = 1, /* The program was understood and could not do it. */
    COMPLAINT_EXIT_USAGE = 2   /* The command line was not understood. */
};

/* Prints the line; control characters in it are escaped, since parts of it may be a peer's. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
