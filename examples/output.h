/* Standard output, and the first thing that went wrong with it. */
#ifndef MAJLIS_EXAMPLES_OUTPUT_H
#define MAJLIS_EXAMPLES_OUTPUT_H

/* What was printed goes out now: another process may be waiting for it. */
void output_flush(void);

/* The errno of the first failure, 0 if there was none. */
int output_error(void);

#endif
