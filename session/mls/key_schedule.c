#include "key_schedule.h"

#include <sodium.h>

#include "labels.h"
#include "mls_limits.h"

void mjl_mls_epoch_secrets_wipe(mjl_mls_epoch_secrets *secrets)
{
    sodium_memzero(secrets, sizeof *secrets);
}

/* KDF.Extract of two secrets of hash size. */
static void extract(const mjl_mls_suite *suite, const uint8_t *salt, const uint8_t *input,
                    uint8_t *out)
{
    const mjl_bytes part = mjl_bytes_of(input, suite->hash_size);
    suite->hkdf_extract(mjl_bytes_of(salt, suite->hash_size), (mjl_mls_parts){&part, 1}, out);
}

void mjl_mls_key_schedule_joiner(const mjl_mls_suite *suite, const uint8_t *init_secret,
                                 const uint8_t *commit_secret, mjl_bytes group_context,
                                 uint8_t *joiner_secret)
{
    uint8_t extracted[MJL_MLS_HASH_SIZE_MAX];
    extract(suite, init_secret, commit_secret, extracted);
    mjl_mls_expand_with_label(suite, extracted, "joiner", group_context, joiner_secret,
                              suite->hash_size);
    sodium_memzero(extracted, sizeof extracted);
}

void mjl_mls_key_schedule_member(const mjl_mls_suite *suite, const uint8_t *joiner_secret,
                                 const uint8_t *psk_secret, uint8_t *member_secret)
{
    extract(suite, joiner_secret, psk_secret, member_secret);
}

void mjl_mls_key_schedule_welcome_secret(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                         uint8_t *welcome_secret)
{
    mjl_mls_derive_secret(suite, member_secret, "welcome", welcome_secret);
}

void mjl_mls_key_schedule_welcome(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                  uint8_t *key, uint8_t *nonce)
{
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    const mjl_bytes nothing = mjl_bytes_of(NULL, 0);
    mjl_mls_key_schedule_welcome_secret(suite, member_secret, secret);
    mjl_mls_expand_with_label(suite, secret, "key", nothing, key, suite->aead_key_size);
    mjl_mls_expand_with_label(suite, secret, "nonce", nothing, nonce, suite->aead_nonce_size);
    sodium_memzero(secret, sizeof secret);
}

void mjl_mls_key_schedule_epoch(const mjl_mls_suite *suite, const uint8_t *member_secret,
                                mjl_bytes group_context, mjl_mls_epoch_secrets *secrets,
                                uint8_t *encryption_secret)
{
    uint8_t epoch_secret[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_expand_with_label(suite, member_secret, "epoch", group_context, epoch_secret,
                              suite->hash_size);
    mjl_mls_key_schedule_from_epoch_secret(suite, epoch_secret, secrets, encryption_secret);
    sodium_memzero(epoch_secret, sizeof epoch_secret);
}

void mjl_mls_key_schedule_from_epoch_secret(const mjl_mls_suite *suite, const uint8_t *epoch_secret,
                                            mjl_mls_epoch_secrets *secrets,
                                            uint8_t *encryption_secret)
{
    mjl_mls_derive_secret(suite, epoch_secret, "sender data", secrets->sender_data);
    mjl_mls_derive_secret(suite, epoch_secret, "encryption", encryption_secret);
    mjl_mls_derive_secret(suite, epoch_secret, "exporter", secrets->exporter);
    mjl_mls_derive_secret(suite, epoch_secret, "external", secrets->external);
    mjl_mls_derive_secret(suite, epoch_secret, "confirm", secrets->confirmation_key);
    mjl_mls_derive_secret(suite, epoch_secret, "membership", secrets->membership_key);
    mjl_mls_derive_secret(suite, epoch_secret, "resumption", secrets->resumption_psk);
    mjl_mls_derive_secret(suite, epoch_secret, "authentication", secrets->epoch_authenticator);
    mjl_mls_derive_secret(suite, epoch_secret, "init", secrets->init);
}

void mjl_mls_confirmation_tag(const mjl_mls_suite *suite, const uint8_t *confirmation_key,
                              mjl_bytes confirmed_transcript_hash, uint8_t *tag)
{
    mjl_mls_mac(suite, confirmation_key, confirmed_transcript_hash, tag);
}

mjl_result mjl_mls_exporter(const mjl_mls_suite *suite, const uint8_t *exporter_secret,
                            const char *label, mjl_bytes context, uint8_t *out, size_t size)
{
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX], hash[MJL_MLS_HASH_SIZE_MAX];
    if (size > 255 * suite->hash_size) return MJL_BAD_ARGUMENT;
    if (strlen(label) > MJL_MLS_LABEL_SIZE_MAX - strlen("MLS 1.0 ")) return MJL_BAD_ARGUMENT;
    mjl_mls_derive_secret(suite, exporter_secret, label, secret);
    mjl_mls_hash(suite, context, hash);
    mjl_mls_expand_with_label(suite, secret, "exported", mjl_bytes_of(hash, suite->hash_size), out,
                              size);
    sodium_memzero(secret, sizeof secret);
    return MJL_OK;
}

mjl_result mjl_mls_external_key_pair(const mjl_mls_suite *suite,
                                     const mjl_mls_epoch_secrets *secrets, uint8_t *private_key,
                                     uint8_t *public_key)
{
    const mjl_bytes ikm = mjl_bytes_of(secrets->external, suite->hash_size);
    return suite->kem_derive_key_pair(ikm, private_key, public_key);
}
