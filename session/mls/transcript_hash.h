/*
 * The running hash over all commits (RFC 9420 §8.2), in its two halves: up to a commit's signature,
 * then over its confirmation tag.
 */
#ifndef MJL_MLS_TRANSCRIPT_HASH_H
#define MJL_MLS_TRANSCRIPT_HASH_H

#include "framing.h"

/* Of the epoch that `commit` starts. `interim_before` is empty before epoch 0's first. */
void mjl_mls_confirmed_hash(const mjl_mls_suite *suite, mjl_bytes interim_before,
                            const mjl_mls_authenticated_content *commit, uint8_t *confirmed);
/* `confirmed` is empty at epoch 0 (§11). */
void mjl_mls_interim_hash(const mjl_mls_suite *suite, mjl_bytes confirmed,
                          mjl_bytes confirmation_tag, uint8_t *interim);

#endif
