/*
 * The labelled forms of the suite's functions: what keeps uses of one key apart (RFC 9420 §5.1.2,
 * §5.1.3, §5.2, §8). Labels are given without "MLS 1.0 ".
 *
 * Secrets are of hash size unless a size is asked for. Nothing here keeps anything.
 */
#ifndef MJL_MLS_LABELS_H
#define MJL_MLS_LABELS_H

#include "hpke.h"

/* RefHash (§5.2). The label is whole here, "MLS 1.0 " included, as the RFC has it. */
void mjl_mls_ref_hash(const mjl_mls_suite *suite, const char *label, mjl_bytes value, uint8_t *out);

/* §8. `out` may be `secret` itself. */
void mjl_mls_expand_with_label(const mjl_mls_suite *suite, const uint8_t *secret, const char *label,
                               mjl_bytes context, uint8_t *out, size_t size);
void mjl_mls_derive_secret(const mjl_mls_suite *suite, const uint8_t *secret, const char *label,
                           uint8_t *out);
/* §9.1 */
void mjl_mls_derive_tree_secret(const mjl_mls_suite *suite, const uint8_t *secret,
                                const char *label, uint32_t generation, uint8_t *out, size_t size);

/* SignContent (§5.1.2) up to the content itself: label and the content's length header. For those
   who build the content behind it in one buffer (framing does). */
enum { MJL_MLS_SIGN_HEADER_SIZE_MAX = 4 + 255 + 4 };
size_t mjl_mls_sign_header(const char *label, size_t content_size,
                           uint8_t out[MJL_MLS_SIGN_HEADER_SIZE_MAX]);

/* `signature` has room for suite->signature_size_max. Allocates the SignContent for the call. */
MJL_MUST_USE mjl_result mjl_mls_sign_with_label(const mjl_mls_suite *suite, const uint8_t *seed,
                                                const char *label, mjl_bytes content,
                                                uint8_t *signature, size_t *signature_size);
/* BAD_SIGNATURE. */
MJL_MUST_USE mjl_result mjl_mls_verify_with_label(const mjl_mls_suite *suite, mjl_bytes key,
                                                  const char *label, mjl_bytes content,
                                                  mjl_bytes signature);

/* §5.1.3. `kem_output` has room for suite->kem_public_size; the ciphertext is appended. */
MJL_MUST_USE mjl_result mjl_mls_encrypt_with_label(const mjl_mls_suite *suite, mjl_bytes public_key,
                                                   const char *label, mjl_bytes context,
                                                   mjl_bytes plaintext, mjl_random random,
                                                   uint8_t *kem_output, mjl_buffer *ciphertext);
/* CANNOT_OPEN, BAD_KEY. The plaintext is appended. */
/* The part of it that all recipients share, for mjl_mls_hpke_seal_in without associated data. */
void mjl_mls_encrypt_context(const mjl_mls_suite *suite, const char *label, mjl_bytes context,
                             mjl_mls_hpke_context *prepared);
MJL_MUST_USE mjl_result mjl_mls_decrypt_with_label(const mjl_mls_suite *suite,
                                                   const uint8_t *private_key, const char *label,
                                                   mjl_bytes context, mjl_bytes kem_output,
                                                   mjl_bytes ciphertext, mjl_buffer *plaintext);
/* The same for who knows the public key as well. */
MJL_MUST_USE mjl_result mjl_mls_decrypt_with_key_pair(const mjl_mls_suite *suite,
                                                      mjl_mls_key_pair own, const char *label,
                                                      mjl_bytes context, mjl_bytes kem_output,
                                                      mjl_bytes ciphertext, mjl_buffer *plaintext);

#endif
