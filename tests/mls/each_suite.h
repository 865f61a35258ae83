/* One check after the other in every cipher suite that is built in. */
#ifndef TESTS_MLS_EACH_SUITE_H
#define TESTS_MLS_EACH_SUITE_H

#include "suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SUITE_FIRST = 1, SUITE_LAST = 7, TEXT_SIZE = 40 };

/* The suite that runs now; those that are not built in are said once and passed over. */
static const mjl_mls_suite *suite;

typedef void check(void);

static inline void for_each_suite(check *one)
{
    for (uint16_t id = SUITE_FIRST; id <= SUITE_LAST; id++) {
        suite = mjl_mls_suite_find(NULL, id);
        if (suite != NULL) one();
    }
}

static inline bool is_nist(void)
{
    return suite->kem_public_size != suite->kem_private_size;
}

static inline bool has_aes(void)
{
    return suite->hpke_aead != 3;
}

static const mjl_bytes text = {(const uint8_t *)"what was said by one to the other members",
                               TEXT_SIZE};

#endif
