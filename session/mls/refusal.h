/*
 * Naming the rule that was broken, where the part that noticed serves several rules: a suite says
 * that a signature does not verify, its caller knows whose.
 */
#ifndef MJL_MLS_REFUSAL_H
#define MJL_MLS_REFUSAL_H

#include "majlis/result.h"

/* `rule` in place of `broad`; any other result, OUT_OF_MEMORY among them, as it is. */
static inline mjl_result mjl_mls_refusal(mjl_result result, mjl_result broad, mjl_result rule)
{
    return result == broad ? rule : result;
}

#endif
