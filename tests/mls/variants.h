/*
 * Commits and Welcomes that are right but for one thing, and what must be said to each: a test has
 * a table of variants and hands it over.
 */
#ifndef MJL_TESTS_MLS_VARIANTS_H
#define MJL_TESTS_MLS_VARIANTS_H

#include "commit_draft.h"
#include "welcome_draft.h"

/* Alice commits what `fill` puts in; Bob and Erin say the same to it. */
typedef struct commit_variant {
    const char *name;
    void (*fill)(commit_draft *draft);
    mjl_result expected;
} commit_variant;
void commit_variants_expect(const commit_variant *variants, size_t count);

/* Adds a person by a fresh key package, for `fill`; `edit` may be NULL. */
void commit_add_person(commit_draft *draft, const person *who, package_edit *edit);
/* What Bob and Erin say when Alice adds Yves by an edited key package. */
mjl_result commit_told_to_add(package_edit *edit);

/* Zoe is told by a Welcome that `edit` changed. */
typedef struct welcome_variant {
    const char *name;
    void (*edit)(welcome_draft *draft);
    mjl_result expected;
} welcome_variant;
void welcome_variants_expect(const welcome_variant *variants, size_t count);
/* What she says to one; NULL: unchanged. */
mjl_result welcome_told(void (*edit)(welcome_draft *draft));

/* Appends bytes, for `edit`. */
void buffer_put(mjl_buffer *to, const void *bytes, size_t size);

#endif
