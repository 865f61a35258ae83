/*
 * Values that mean nothing and must be ignored (RFC 9420 §13.5, RFC 8701): sent so that others do
 * not forget how to ignore. Never looked for in what is received.
 *
 * They are drawn from bytes that are random and public anyway, a fresh public key or a confirmation
 * tag: so they cost no randomness of their own, and the same randomness gives the same bytes.
 */
#ifndef MJL_MLS_GREASE_H
#define MJL_MLS_GREASE_H

#include "majlis/bytes.h"

typedef struct mjl_mls_grease { /* 0: none. */
    uint16_t suite, extension, proposal, credential;
} mjl_mls_grease;

mjl_mls_grease mjl_mls_grease_of(mjl_bytes random, bool is_wanted);

#endif
