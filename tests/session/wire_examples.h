/* The examples of the wire page: fixed inputs and what the code makes of them, by name. */
#ifndef TESTS_SESSION_WIRE_EXAMPLES_H
#define TESTS_SESSION_WIRE_EXAMPLES_H

#include "away.h"
#include "commit_header.h"
#include "damage.h"
#include "knock.h"
#include "policy.h"
#include "room.h"

enum { WIRE_EXAMPLES_COUNT = 38 };

typedef struct wire_example {
    const char *name;
    mjl_buffer bytes;
} wire_example;

/* Filled with one byte value: easy to find again in a dump. */
mjl_id wire_id(uint8_t byte);
extern const uint8_t wire_group_id[32], wire_header_key[32], wire_nonce[24], wire_tag[8];
extern const char wire_room_secret[];

/* Filled between make and clear. */
extern wire_example wire_examples[WIRE_EXAMPLES_COUNT];
void wire_examples_make(void);
void wire_examples_clear(void);
/* The same as cmocka's fixtures of a group. */
int wire_examples_set_up(void **state);
int wire_examples_tear_down(void **state);
/* The bytes of one; fails the test if there is none of that name. */
mjl_bytes wire_example_of(const char *name);

typedef struct wire_form { /* How an example is read and written again. */
    const char *name;
    test_recode recode;
} wire_form;

void wire_forms_round_trip(const wire_form *forms, size_t count);
/* Each damaged copy of each is refused, or is the one encoding of another value. */
void wire_forms_damage(const wire_form *forms, size_t count);

#endif
