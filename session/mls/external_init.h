/*
 * The init secret that a newcomer brings along (RFC 9420 §8.3): encapsulated to the group's
 * external key, in place of the one of the epoch before.
 */
#ifndef MJL_MLS_EXTERNAL_INIT_H
#define MJL_MLS_EXTERNAL_INIT_H

#include "key_schedule.h"

/* The newcomer's side. `kem_output` has room for kem_public_size, `init_secret` for hash_size. */
MJL_MUST_USE mjl_result mjl_mls_external_init_send(const mjl_mls_suite *suite,
                                                   mjl_bytes external_pub, mjl_random random,
                                                   uint8_t *kem_output, uint8_t *init_secret);
/* The members' side. EXTERNAL_INIT_KEM. */
MJL_MUST_USE mjl_result mjl_mls_external_init_receive(const mjl_mls_suite *suite,
                                                      const mjl_mls_epoch_secrets *secrets,
                                                      mjl_bytes kem_output, uint8_t *init_secret);

#endif
