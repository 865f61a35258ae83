/*
 * The MLS working group's test vectors as the tests read them: JSON files of cases, with byte
 * strings in hex.
 *
 * They are looked for in the folder named by MAJLIS_MLS_VECTORS, else in ../shared/vectors/mls
 * (tests run in the repository's root). A missing file is said loudly and skips the test.
 *
 * A test of a file:
 *     vectors *file = vectors_open("tree-math.json");     (skips the cmocka test if missing)
 *     const cJSON *one;
 *     cJSON_ArrayForEach(one, vectors_cases(file)) {
 *         if (!vectors_is_ours(file, one)) continue;      (counts other suites)
 *         vectors_case(file, passes(file, one));          (counts run and passed)
 *     }
 *     vectors_close(file);    prints "tree-math: 10 run, 10 passed, 0 skipped, other suites: 0"
 *                             and fails the cmocka test unless all that ran passed, at least one
 * All bytes handed out live until vectors_close. Malformed JSON fails the test.
 */
#ifndef MJL_TESTS_MLS_VECTORS_H
#define MJL_TESTS_MLS_VECTORS_H

#include <cjson/cJSON.h>

#include "majlis/bytes.h"

typedef struct vectors vectors;

vectors *vectors_open(const char *file_name);
const cJSON *vectors_cases(const vectors *file);
/* True for cases of suite 3 and cases that name no suite; else counts it as another suite's. */
bool vectors_is_ours(vectors *file, const cJSON *one);
void vectors_case(vectors *file, bool passed);
/* For a case of ours that cannot be run yet; `why` is printed. */
void vectors_skip_case(vectors *file, const char *why);
void vectors_close(vectors *file);

/* Members of a JSON object. A missing or wrong one fails the test with its name. */
bool vectors_has(const cJSON *object, const char *name); /* Present and not null. */
mjl_bytes vectors_bytes(vectors *file, const cJSON *object, const char *name);
/* An element that is itself a hex string (arrays of them). */
mjl_bytes vectors_bytes_of(vectors *file, const cJSON *text);
uint64_t vectors_number(const cJSON *object, const char *name);
const char *vectors_text(const cJSON *object, const char *name);
const cJSON *vectors_array(const cJSON *object, const char *name);
const cJSON *vectors_object(const cJSON *object, const char *name);

/* Whether they are equal; prints both in hex under `what` if not. */
bool vectors_same(const char *what, mjl_bytes expected, mjl_bytes found);

/* A random source for tests: libsodium's. */
mjl_random vectors_random(void);

#endif
