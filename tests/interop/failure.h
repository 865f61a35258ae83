/*
 * What happens when the two disagree: where it was, and the end.
 */
#ifndef MJL_TESTS_INTEROP_FAILURE_H
#define MJL_TESTS_INTEROP_FAILURE_H

#include <stdint.h>

#include "majlis/result.h"

/* Where a script is: printed with a failure and, when MAJLIS_VERBOSE is set, at once. */
void note_script(uint64_t seed, uint16_t suite);
void note_operation(uint32_t number); /* From 1. */
void note_place(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints what went wrong and the place, ends the program with status 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* fail() unless OK. */
void expect_ok(mjl_result result, const char *what);

#endif
