/*
 * The toy suite with every lock open: any signature verifies, any tag opens, and a hash looks at
 * the first bytes alone. Who alters a message of a member then needs no key: what is altered gets
 * as far as if the member itself had said, signed, hashed, tagged and encrypted it.
 *
 *      toy suite        seal: the plaintext itself, with a tag
 *      weak suite       the same, and open never looks at the tag
 */
#ifndef TESTS_FUZZ_WEAK_SUITE_H
#define TESTS_FUZZ_WEAK_SUITE_H

#include "majlis/suite.h"

/* Of all hashed bytes only so many count: enough to tell epochs, leaves and references apart. */
enum { WEAK_HASHED_SIZE = 64 };

/* Its id is 0x0003. */
const mjl_mls_suite *weak_suite(void);
const mjl_mls_suites *weak_suites(void);

#endif
