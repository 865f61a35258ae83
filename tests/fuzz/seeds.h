/* Writing a seed: FOLDER/TARGET/its hash. */
#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include "fuzz.h"

void seed_put(const char *target, mjl_bytes bytes);
/* Behind its size in two bytes, little-endian: as targets with several parts want it. */
void seed_part(mjl_buffer *to, mjl_bytes part);
void seed_append(mjl_buffer *to, mjl_bytes bytes);

void seeds_of_messages(void); /* seeds_messages.c: what members of the weak suite send */
void seeds_of_records(void);  /* seeds_records.c: what they keep */
void seeds_of_log(void);      /* seeds_log.c: a recording */
void seeds_of_values(void);   /* seeds_values.c: small examples by hand */

#endif
