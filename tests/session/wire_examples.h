/* The examples of the wire page: fixed inputs and what the code makes of them, by name. */
#ifndef TESTS_SESSION_WIRE_EXAMPLES_H
#define TESTS_SESSION_WIRE_EXAMPLES_H

#include "away.h"
#include "commit_header.h"
#include "knock.h"
#include "policy.h"
#include "room.h"

enum { WIRE_EXAMPLES_COUNT = 37 };

typedef struct wire_example {
    const char *name;
    mjl_buffer bytes;
} wire_example;

/* Filled with one byte value: easy to find again in a dump. */
mjl_id wire_id(uint8_t byte);
extern const uint8_t wire_group_id[32], wire_header_key[32], wire_nonce[24], wire_tag[8];
extern const char wire_room_secret[];

void wire_examples_make(wire_example examples[WIRE_EXAMPLES_COUNT]);
void wire_examples_clear(wire_example examples[WIRE_EXAMPLES_COUNT]);
/* The bytes of one; fails the test if there is none of that name. */
mjl_bytes wire_example_of(const wire_example *examples, const char *name);

#endif
