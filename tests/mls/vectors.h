/*
 * The MLS working group's test vectors as mls_vectors reads them: JSON files of cases, with byte
 * strings in hex. Their meaning: test-vectors.md of the repository mls-implementations.
 *
 * They are looked for in the folder named by MAJLIS_MLS_VECTORS, else in ../shared/vectors/mls
 * (tests run in the repository's root). A missing file is said loudly and its test skipped.
 *
 *     vectors_run("tree-math.json", tree_math_passes);
 *
 * runs each case of a file, prints "tree-math: 10 run, 10 passed, 0 skipped", and fails the cmocka
 * test unless every case ran and passed. A case of a suite that is not built in is skipped, which
 * fails too where the build has all suites (MJL_MLS_WITH_OPENSSL).
 */
#ifndef MJL_TESTS_MLS_VECTORS_H
#define MJL_TESTS_MLS_VECTORS_H

#include <cjson/cJSON.h>

#include "majlis/bytes.h"
#include "majlis/suite.h"

typedef struct vectors vectors;

/* Whether a case passes. What it is given by `vectors_...` lives until the file's last case ended.
 */
typedef bool vectors_case(vectors *file, const cJSON *one);
void vectors_run(const char *file_name, vectors_case *passes);

/* The suite of the case that runs; the default one for a case that names none. */
const mjl_mls_suite *vectors_suite(const vectors *file);

/* Members of a JSON object. A missing or wrong one fails the test with its name. */
bool vectors_has(const cJSON *object, const char *name); /* Present and not null. */
mjl_bytes vectors_bytes(vectors *file, const cJSON *object, const char *name);
/* An element that is itself a hex string (arrays of them). */
mjl_bytes vectors_bytes_of(vectors *file, const cJSON *text);
/* A private HPKE key of the case's suite: some vectors leave out leading zeroes of a scalar. */
mjl_bytes vectors_private_key(vectors *file, const cJSON *object, const char *name);
uint64_t vectors_number(const cJSON *object, const char *name);
const char *vectors_text(const cJSON *object, const char *name);
const cJSON *vectors_array(const cJSON *object, const char *name);
const cJSON *vectors_object(const cJSON *object, const char *name);

/* Whether they are equal; prints both in hex under `what` if not. */
bool vectors_same(const char *what, mjl_bytes expected, mjl_bytes found);

/* A random source for tests: libsodium's. */
mjl_random vectors_random(void);

#endif
