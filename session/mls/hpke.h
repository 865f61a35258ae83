/*
 * Hybrid public key encryption (RFC 9180), base mode, single shot: all that MLS needs of it.
 *
 * `info` comes in pieces so that EncryptContext needs no buffer. A refusal leaves outputs as they
 * were: BAD_KEY for a public key or encapsulation that is no valid point, CANNOT_OPEN, TOO_LARGE.
 */
#ifndef MJL_MLS_HPKE_H
#define MJL_MLS_HPKE_H

#include "suite.h"

/* SealBase. `kem_output` has room for suite->kem_public_size; the ciphertext is appended. */
MJL_MUST_USE mjl_result mjl_mls_hpke_seal(const mjl_mls_suite *suite, mjl_bytes public_key,
                                          mjl_mls_parts info, mjl_bytes aad, mjl_bytes plaintext,
                                          mjl_random random, uint8_t *kem_output,
                                          mjl_buffer *ciphertext);
/* OpenBase. The plaintext is appended. */
MJL_MUST_USE mjl_result mjl_mls_hpke_open(const mjl_mls_suite *suite, mjl_bytes kem_output,
                                          const uint8_t *private_key, mjl_mls_parts info,
                                          mjl_bytes aad, mjl_bytes ciphertext,
                                          mjl_buffer *plaintext);

/* The part of the key schedule that is the same for all recipients of one `info`: computed once
   where many are sent to. Not secret. */
typedef struct mjl_mls_hpke_context {
    uint8_t bytes[1 + 2 * MJL_MLS_HASH_SIZE_MAX];
} mjl_mls_hpke_context;

void mjl_mls_hpke_prepare(const mjl_mls_suite *suite, mjl_mls_parts info,
                          mjl_mls_hpke_context *context);
MJL_MUST_USE mjl_result mjl_mls_hpke_seal_in(const mjl_mls_suite *suite, mjl_bytes public_key,
                                             const mjl_mls_hpke_context *context, mjl_bytes aad,
                                             mjl_bytes plaintext, mjl_random random,
                                             uint8_t *kem_output, mjl_buffer *ciphertext);

/* Both halves, so that the public one need not be computed. A pair that is none opens nothing. */
typedef struct mjl_mls_key_pair {
    const uint8_t *private_key, *public_key;
} mjl_mls_key_pair;

MJL_MUST_USE mjl_result mjl_mls_hpke_open_with(const mjl_mls_suite *suite, mjl_bytes kem_output,
                                               mjl_mls_key_pair own, mjl_mls_parts info,
                                               mjl_bytes aad, mjl_bytes ciphertext,
                                               mjl_buffer *plaintext);

/* SetupBaseS and SetupBaseR with Context.Export (RFC 9180 §5.3): external init (RFC 9420 §8.3). */
MJL_MUST_USE mjl_result mjl_mls_hpke_export_send(const mjl_mls_suite *suite, mjl_bytes public_key,
                                                 mjl_mls_parts info, mjl_bytes exporter_context,
                                                 mjl_random random, uint8_t *kem_output,
                                                 uint8_t *out, size_t size);
MJL_MUST_USE mjl_result mjl_mls_hpke_export_receive(const mjl_mls_suite *suite,
                                                    mjl_bytes kem_output,
                                                    const uint8_t *private_key, mjl_mls_parts info,
                                                    mjl_bytes exporter_context, uint8_t *out,
                                                    size_t size);

#endif
