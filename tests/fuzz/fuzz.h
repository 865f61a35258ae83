/*
 * A fuzz target: a function over bytes, with its bounds. All targets are in one program, and the
 * environment names one of them, so that a target costs a row in a table and no linking.
 *
 *      bytes ──> LLVMFuzzerTestOneInput ──FUZZ_TARGET──> run ──> returns, or aborts: a finding
 *
 * A finding is whatever ends the program: a sanitizer's report, an assertion of the library, an
 * assertion of the target, too much memory for the size of the input, a leak.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <assert.h>

#include "majlis/bytes.h"

enum {
    /* What reading may allocate for each byte that it reads, and beside that: room for the fixed
       parts of what is read, of which frontiers are the largest. */
    FUZZ_ALLOCATED_PER_BYTE = 64,
    FUZZ_ALLOCATED_BESIDE = 64 << 10
};

typedef struct fuzz_target {
    const char *name;
    void (*run)(mjl_bytes input);
    size_t input_max;  /* Longer inputs say nothing new: they are not run. */
    bool is_unbounded; /* Whole members: memory does not follow the input. */
} fuzz_target;

typedef struct fuzz_family { /* The targets of one file. */
    const char *name;
    const fuzz_target *targets;
    size_t count;
} fuzz_family;

extern const fuzz_family fuzz_mls, fuzz_mls_saved, fuzz_payload, fuzz_session, fuzz_evidence,
    fuzz_sched, fuzz_transport, fuzz_store, fuzz_records, fuzz_program, fuzz_log, fuzz_members;

/* The i-th of all; NULL past the end. */
const fuzz_target *fuzz_target_at(size_t i);
/* NULL if there is none. */
const fuzz_target *fuzz_target_named(const char *name);
/* One input with its bounds on memory. */
void fuzz_run(const fuzz_target *target, mjl_bytes input);

/* What an input is for: one target, or a family, whose member its first byte names. */
typedef struct fuzz_subject {
    const fuzz_target *target; /* NULL: the family. */
    const fuzz_family *family;
} fuzz_subject;

const fuzz_family *fuzz_family_at(size_t i); /* NULL past the end. */
bool fuzz_subject_named(const char *name, fuzz_subject *out);
void fuzz_subject_run(const fuzz_subject *subject, mjl_bytes input);

/* What the fuzzers and AFL++ call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was written again is what was read; takes the buffer back. */
void fuzz_same(mjl_bytes input, mjl_buffer *written);

/* The result is one of those in majlis/result.h. */
void fuzz_defined(mjl_result result);

/* A script: bytes taken one after the other, zeros when they are used up. */
typedef struct fuzz_script {
    mjl_bytes left;
} fuzz_script;

uint8_t fuzz_take(fuzz_script *script);
uint64_t fuzz_take_number(fuzz_script *script, size_t size); /* Little-endian, size up to 8. */
mjl_bytes fuzz_take_bytes(fuzz_script *script, size_t size); /* At most what is left. */

/* Alters some bytes as the script says: sets, flips, cuts, inserts, deletes. */
void fuzz_alter(mjl_buffer *value, fuzz_script *script);

/* Randomness that follows from a number: the same in every run. */
typedef struct fuzz_chance {
    uint64_t seed, calls;
} fuzz_chance;
mjl_random fuzz_random(fuzz_chance *chance);

#endif
