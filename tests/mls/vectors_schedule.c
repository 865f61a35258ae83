/* Vectors of what an epoch is made of: key-schedule, psk_secret, transcript-hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "framing.h"
#include "group_context.h"
#include "key_schedule.h"
#include "psk.h"
#include "transcript_hash.h"
#include "vector_cases.h"

static const mjl_mls_suite *suite; /* Of the case. */

static bool same(vectors *file, const cJSON *one, const char *name, const uint8_t *found)
{
    const mjl_bytes expected = vectors_bytes(file, one, name);
    return vectors_same(name, expected, mjl_bytes_of(found, suite->hash_size));
}

/* ---- key-schedule.json ---- */

static bool context_passes(vectors *file, mjl_bytes group_id, uint64_t epoch, const cJSON *one)
{
    mjl_buffer encoded = {0};
    mjl_mls_context read;
    const mjl_mls_context context = {.suite = suite->id,
                                     .group_id = group_id,
                                     .epoch = epoch,
                                     .tree_hash = vectors_bytes(file, one, "tree_hash"),
                                     .confirmed_transcript_hash =
                                         vectors_bytes(file, one, "confirmed_transcript_hash")};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_context_write(&writer, &context);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    bool good = vectors_same("group_context", vectors_bytes(file, one, "group_context"),
                             mjl_buffer_bytes(&encoded));
    good = good && mjl_mls_context_parse(mjl_buffer_bytes(&encoded), &read) == MJL_OK &&
           read.epoch == epoch && mjl_bytes_equal(read.tree_hash, context.tree_hash);
    mjl_buffer_clear(&encoded);
    return good;
}

static bool secrets_pass(vectors *file, const cJSON *one, const mjl_mls_epoch_secrets *secrets)
{
    return same(file, one, "sender_data_secret", secrets->sender_data) &&
           same(file, one, "exporter_secret", secrets->exporter) &&
           same(file, one, "external_secret", secrets->external) &&
           same(file, one, "confirmation_key", secrets->confirmation_key) &&
           same(file, one, "membership_key", secrets->membership_key) &&
           same(file, one, "resumption_psk", secrets->resumption_psk) &&
           same(file, one, "epoch_authenticator", secrets->epoch_authenticator) &&
           same(file, one, "init_secret", secrets->init);
}

static bool exports_pass(vectors *file, const cJSON *one, const mjl_mls_epoch_secrets *secrets)
{
    uint8_t private_key[MJL_MLS_KEM_PRIVATE_SIZE_MAX], public_key[MJL_MLS_KEM_PUBLIC_SIZE_MAX];
    uint8_t out[255];
    const cJSON *exporter = vectors_object(one, "exporter");
    const size_t size = (size_t)vectors_number(exporter, "length");
    assert_int_equal(mjl_mls_external_key_pair(suite, secrets, private_key, public_key), MJL_OK);
    assert_int_equal(mjl_mls_exporter(suite, secrets->exporter, vectors_text(exporter, "label"),
                                      vectors_bytes(file, exporter, "context"), out, size),
                     MJL_OK);
    return vectors_same("external_pub", vectors_bytes(file, one, "external_pub"),
                        mjl_bytes_of(public_key, suite->kem_public_size)) &&
           vectors_same("exporter", vectors_bytes(file, exporter, "secret"),
                        mjl_bytes_of(out, size));
}

bool key_schedule_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    enum { SIZE = MJL_MLS_HASH_SIZE_MAX };
    uint8_t init[SIZE], joiner[SIZE], member[SIZE], welcome[SIZE], encryption[SIZE];
    uint64_t epoch = 0;
    bool good = true;
    const cJSON *step;
    memcpy(init, vectors_bytes(file, one, "initial_init_secret").data, suite->hash_size);
    cJSON_ArrayForEach(step, vectors_array(one, "epochs"))
    {
        mjl_mls_epoch_secrets secrets;
        const mjl_bytes context = vectors_bytes(file, step, "group_context");
        good = good && context_passes(file, vectors_bytes(file, one, "group_id"), epoch++, step);
        mjl_mls_key_schedule_joiner(suite, init, vectors_bytes(file, step, "commit_secret").data,
                                    context, joiner);
        mjl_mls_key_schedule_member(suite, joiner, vectors_bytes(file, step, "psk_secret").data,
                                    member);
        mjl_mls_key_schedule_welcome_secret(suite, member, welcome);
        mjl_mls_key_schedule_epoch(suite, member, context, &secrets, encryption);
        good = good && same(file, step, "joiner_secret", joiner) &&
               same(file, step, "welcome_secret", welcome) &&
               same(file, step, "encryption_secret", encryption) &&
               secrets_pass(file, step, &secrets) && exports_pass(file, step, &secrets);
        memcpy(init, secrets.init, suite->hash_size);
    }
    return good;
}

/* ---- psk_secret.json ---- */

enum { PSKS_MAX = 16 };

bool psk_secret_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    mjl_buffer ids[PSKS_MAX] = {{0}};
    mjl_mls_psk_input inputs[PSKS_MAX];
    uint8_t secret[MJL_MLS_HASH_SIZE_MAX];
    size_t count = 0;
    const cJSON *psk;
    cJSON_ArrayForEach(psk, vectors_array(one, "psks"))
    {
        assert_true(count < PSKS_MAX);
        const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_EXTERNAL,
                                   .id = vectors_bytes(file, psk, "psk_id"),
                                   .nonce = vectors_bytes(file, psk, "psk_nonce")};
        mjl_mls_writer writer = mjl_mls_writer_to(&ids[count]);
        mjl_mls_psk_id_write(&writer, &id);
        assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
        inputs[count].id = mjl_buffer_bytes(&ids[count]);
        inputs[count++].secret = vectors_bytes(file, psk, "psk");
    }
    const mjl_result result = mjl_mls_psk_secret(suite, inputs, count, secret);
    for (size_t i = 0; i < count; i++)
        mjl_buffer_clear(&ids[i]);
    return result == MJL_OK && same(file, one, "psk_secret", secret);
}

/* ---- transcript-hashes.json ---- */

bool transcript_hashes_passes(vectors *file, const cJSON *one)
{
    suite = vectors_suite(file);
    uint8_t confirmed[MJL_MLS_HASH_SIZE_MAX], interim[MJL_MLS_HASH_SIZE_MAX];
    uint8_t tag[MJL_MLS_HASH_SIZE_MAX];
    mjl_mls_authenticated_content commit = {0};
    const mjl_bytes encoded = vectors_bytes(file, one, "authenticated_content");
    assert_int_equal(
        mjl_mls_authenticated_content_parse(suite, encoded, mjl_bytes_of(NULL, 0), &commit),
        MJL_OK);
    mjl_buffer again = {0};
    mjl_mls_writer writer = mjl_mls_writer_to(&again);
    mjl_mls_authenticated_content_write(&writer, &commit);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);

    const mjl_bytes found_tag = mjl_bytes_of(commit.confirmation_tag, commit.confirmation_tag_size);
    mjl_mls_confirmed_hash(suite, vectors_bytes(file, one, "interim_transcript_hash_before"),
                           &commit, confirmed);
    mjl_mls_interim_hash(suite, mjl_bytes_of(confirmed, suite->hash_size), found_tag, interim);
    mjl_mls_confirmation_tag(suite, vectors_bytes(file, one, "confirmation_key").data,
                             mjl_bytes_of(confirmed, suite->hash_size), tag);
    const bool good = commit.content.content_type == MJL_MLS_COMMIT &&
                      vectors_same("encoded again", encoded, mjl_buffer_bytes(&again)) &&
                      same(file, one, "confirmed_transcript_hash_after", confirmed) &&
                      same(file, one, "interim_transcript_hash_after", interim) &&
                      mjl_mls_mac_equal(suite, tag, found_tag);
    mjl_buffer_clear(&again);
    mjl_mls_authenticated_content_clear(&commit);
    return good;
}
