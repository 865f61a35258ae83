/* Targets that run whole members, one in a file. */
#ifndef TESTS_FUZZ_MEMBERS_H
#define TESTS_FUZZ_MEMBERS_H

#include "fuzz.h"

void fuzz_steps(mjl_bytes input);        /* steps.c */
void fuzz_signed_again(mjl_bytes input); /* signed_again.c */
void fuzz_disk(mjl_bytes input);         /* disk.c */

#endif
