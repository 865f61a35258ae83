/*
 * From one epoch's init secret to the next epoch's secrets (RFC 9420 §8).
 *
 *     init[n-1] + commit_secret -> joiner -> + psk_secret -> member -> welcome key, nonce
 *                                                              |
 *                                                              v
 *                                    epoch -> secrets kept, and the encryption secret
 *
 * All values are secrets of hash size; whoever holds one wipes it with sodium_memzero.
 */
#ifndef MJL_MLS_KEY_SCHEDULE_H
#define MJL_MLS_KEY_SCHEDULE_H

#include "suite.h"

/* What a group keeps of its epoch. The encryption secret is not here: it becomes the ratchets and
   is gone (§9.2). */
typedef struct mjl_mls_epoch_secrets {
    uint8_t sender_data[MJL_MLS_HASH_SIZE_MAX];
    uint8_t exporter[MJL_MLS_HASH_SIZE_MAX];
    uint8_t external[MJL_MLS_HASH_SIZE_MAX];
    uint8_t confirmation_key[MJL_MLS_HASH_SIZE_MAX];
    uint8_t membership_key[MJL_MLS_HASH_SIZE_MAX];
    uint8_t resumption_psk[MJL_MLS_HASH_SIZE_MAX];
    uint8_t epoch_authenticator[MJL_MLS_HASH_SIZE_MAX];
    uint8_t init[MJL_MLS_HASH_SIZE_MAX]; /* For the next epoch. */
} mjl_mls_epoch_secrets;

void mjl_mls_epoch_secrets_wipe(mjl_mls_epoch_secrets *secrets);

/* `joiner_secret` of epoch n. commit_secret: zeroes without a path. */
void mjl_mls_key_schedule_joiner(const mjl_mls_suite *suite, const uint8_t *init_secret,
                                 const uint8_t *commit_secret, mjl_bytes group_context,
                                 uint8_t *joiner_secret);
/* The value between joiner and epoch secret; psk_secret: zeroes without PSKs. */
void mjl_mls_key_schedule_member(const mjl_mls_suite *suite, const uint8_t *joiner_secret,
                                 const uint8_t *psk_secret, uint8_t *member_secret);
void mjl_mls_key_schedule_welcome_secret(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                         uint8_t *welcome_secret);
/* Key and nonce of a Welcome's encrypted GroupInfo (§12.4.3.1), suite->aead_*_size. */
void mjl_mls_key_schedule_welcome(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                  uint8_t *key, uint8_t *nonce);
void mjl_mls_key_schedule_epoch(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                mjl_bytes group_context, mjl_mls_epoch_secrets *secrets,
                                uint8_t *encryption_secret);
/* From a given epoch secret: a new group's is random (§11). */
void mjl_mls_key_schedule_from_epoch_secret(const mjl_mls_suite *suite, const uint8_t *epoch_secret,
                                            mjl_mls_epoch_secrets *secrets,
                                            uint8_t *encryption_secret);

/* §6.1, also for the GroupInfo. */
void mjl_mls_confirmation_tag(const mjl_mls_suite *suite, const uint8_t *confirmation_key,
                              mjl_bytes confirmed_transcript_hash, uint8_t *tag);
/* MLS-Exporter (§8.5). BAD_ARGUMENT when the label or size is beyond what the KDF takes. */
MJL_MUST_USE mjl_result mjl_mls_exporter(const mjl_mls_suite *suite, const uint8_t *exporter_secret,
                                         const char *label, mjl_bytes context, uint8_t *out,
                                         size_t size);
/* The group's own HPKE key pair (§8): KEM.DeriveKeyPair(external_secret). */
MJL_MUST_USE mjl_result mjl_mls_external_key_pair(const mjl_mls_suite *suite,
                                                  const mjl_mls_epoch_secrets *secrets,
                                                  uint8_t *private_key, uint8_t *public_key);

#endif
