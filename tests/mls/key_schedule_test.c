#include "key_schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "allocation.h"
#include "framing.h"
#include "group_context.h"
#include "mls_limits.h"
#include "psk.h"
#include "suite_sodium.h"
#include "transcript_hash.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

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
    uint8_t private_key[32], public_key[32], out[255];
    const cJSON *exporter = vectors_object(one, "exporter");
    const size_t size = (size_t)vectors_number(exporter, "length");
    assert_int_equal(mjl_mls_external_key_pair(suite, secrets, private_key, public_key), MJL_OK);
    assert_int_equal(mjl_mls_exporter(suite, secrets->exporter, vectors_text(exporter, "label"),
                                      vectors_bytes(file, exporter, "context"), out, size),
                     MJL_OK);
    return same(file, one, "external_pub", public_key) &&
           vectors_same("exporter", vectors_bytes(file, exporter, "secret"),
                        mjl_bytes_of(out, size));
}

static bool schedule_passes(vectors *file, const cJSON *one)
{
    uint8_t init[32], joiner[32], member[32], welcome[32], encryption[32];
    uint64_t epoch = 0;
    bool good = true;
    const cJSON *step;
    memcpy(init, vectors_bytes(file, one, "initial_init_secret").data, 32);
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
        memcpy(init, secrets.init, 32);
    }
    return good;
}

static void epochs_follow_each_other_as_in_the_vectors(void **state)
{
    (void)state;
    vectors *file = vectors_open("key-schedule.json");
    const cJSON *one;
    cJSON_ArrayForEach(one, vectors_cases(file))
    {
        if (vectors_is_ours(file, one)) vectors_case(file, schedule_passes(file, one));
    }
    vectors_close(file);
}

static void an_export_beyond_what_the_kdf_gives_is_a_bad_argument(void **state)
{
    (void)state;
    static uint8_t out[255 * 32 + 1];
    const uint8_t secret[32] = {1};
    char label[300];
    memset(label, 'x', sizeof label);
    label[248] = '\0';
    assert_int_equal(mjl_mls_exporter(suite, secret, "label", mjl_bytes_text(""), out, 255 * 32),
                     MJL_OK);
    assert_int_equal(
        mjl_mls_exporter(suite, secret, "label", mjl_bytes_text(""), out, 255 * 32 + 1),
        MJL_BAD_ARGUMENT);
    assert_int_equal(mjl_mls_exporter(suite, secret, label, mjl_bytes_text(""), out, 32),
                     MJL_BAD_ARGUMENT);
    label[247] = '\0';
    assert_int_equal(mjl_mls_exporter(suite, secret, label, mjl_bytes_text(""), out, 32), MJL_OK);
}

static void wiped_epoch_secrets_are_zero(void **state)
{
    (void)state;
    mjl_mls_epoch_secrets secrets;
    memset(&secrets, 1, sizeof secrets);
    mjl_mls_epoch_secrets_wipe(&secrets);
    assert_true(sodium_is_zero((const uint8_t *)&secrets, sizeof secrets));
}

static void a_group_context_of_another_version_is_refused(void **state)
{
    (void)state;
    mjl_mls_context context;
    static const uint8_t other[] = {0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t good[] = {0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(mjl_mls_context_parse(mjl_bytes_of(other, 16), &context), MJL_UNKNOWN_VERSION);
    assert_int_equal(mjl_mls_context_parse(mjl_bytes_of(good, 16), &context), MJL_OK);
    assert_int_equal(mjl_mls_context_parse(mjl_bytes_of(good, 17), &context), MJL_TRAILING);
    assert_int_equal(mjl_mls_context_parse(mjl_bytes_of(good, 15), &context), MJL_TRUNCATED);
}

/* ---- psk_secret.json ---- */

enum { PSKS_MAX = 16 };

static bool psks_pass(vectors *file, const cJSON *one)
{
    mjl_buffer ids[PSKS_MAX] = {{0}};
    mjl_mls_psk_input inputs[PSKS_MAX];
    uint8_t secret[32];
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

static void psks_are_chained_as_in_the_vectors(void **state)
{
    (void)state;
    vectors *file = vectors_open("psk_secret.json");
    const cJSON *one;
    cJSON_ArrayForEach(one, vectors_cases(file))
    {
        if (vectors_is_ours(file, one)) vectors_case(file, psks_pass(file, one));
    }
    vectors_close(file);
}

static void a_psk_id_reads_as_it_was_written(void **state)
{
    (void)state;
    mjl_buffer encoded = {0};
    mjl_mls_psk_id read;
    const mjl_mls_psk_id id = {.type = MJL_MLS_PSK_RESUMPTION,
                               .usage = MJL_MLS_PSK_BRANCH,
                               .group_id = mjl_bytes_text("group"),
                               .epoch = 7,
                               .nonce = mjl_bytes_text("nonce")};
    mjl_mls_writer writer = mjl_mls_writer_to(&encoded);
    mjl_mls_psk_id_write(&writer, &id);
    assert_int_equal(mjl_mls_writer_end(&writer), MJL_OK);
    mjl_mls_reader reader = mjl_mls_reader_of(mjl_buffer_bytes(&encoded));
    mjl_mls_psk_id_read(&reader, &read);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_OK);
    assert_int_equal(read.usage, MJL_MLS_PSK_BRANCH);
    assert_int_equal(read.epoch, 7);
    assert_true(mjl_bytes_equal(read.group_id, id.group_id));
    assert_true(mjl_bytes_equal(read.nonce, id.nonce));
    assert_int_equal(read.encoded.size, encoded.size);
    assert_int_equal(read.encoded_without_nonce.size, encoded.size - 6);

    encoded.data[1] = 4; /* No such usage. */
    reader = mjl_mls_reader_of(mjl_buffer_bytes(&encoded));
    mjl_mls_psk_id_read(&reader, &read);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_UNKNOWN_KIND);
    encoded.data[0] = 3; /* No such type. */
    reader = mjl_mls_reader_of(mjl_buffer_bytes(&encoded));
    mjl_mls_psk_id_read(&reader, &read);
    assert_int_equal(mjl_mls_reader_end(&reader), MJL_UNKNOWN_KIND);
    mjl_buffer_clear(&encoded);
}

static void too_many_psks_are_too_large(void **state)
{
    (void)state;
    static mjl_mls_psk_input inputs[MJL_MLS_PSKS_COUNT_MAX + 1];
    uint8_t secret[32] = {42};
    assert_int_equal(mjl_mls_psk_secret(suite, inputs, MJL_MLS_PSKS_COUNT_MAX + 1, secret),
                     MJL_TOO_LARGE);
    assert_int_equal(secret[0], 42);
    allocation_fail_after(0);
    assert_int_equal(mjl_mls_psk_secret(suite, inputs, 1, secret), MJL_OUT_OF_MEMORY);
    assert_true(allocation_failed());
    assert_int_equal(mjl_mls_psk_secret(suite, NULL, 0, secret), MJL_OK);
    assert_true(sodium_is_zero(secret, 32));
}

/* ---- transcript-hashes.json ---- */

static bool transcript_passes(vectors *file, const cJSON *one)
{
    uint8_t confirmed[32], interim[32], tag[32];
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
    mjl_mls_interim_hash(suite, mjl_bytes_of(confirmed, 32), found_tag, interim);
    mjl_mls_confirmation_tag(suite, vectors_bytes(file, one, "confirmation_key").data,
                             mjl_bytes_of(confirmed, 32), tag);
    const bool good = commit.content.content_type == MJL_MLS_COMMIT &&
                      vectors_same("encoded again", encoded, mjl_buffer_bytes(&again)) &&
                      same(file, one, "confirmed_transcript_hash_after", confirmed) &&
                      same(file, one, "interim_transcript_hash_after", interim) &&
                      mjl_mls_mac_equal(suite, tag, found_tag);
    mjl_buffer_clear(&again);
    mjl_mls_authenticated_content_clear(&commit);
    return good;
}

static void a_commit_moves_the_transcript_as_in_the_vectors(void **state)
{
    (void)state;
    vectors *file = vectors_open("transcript-hashes.json");
    const cJSON *one;
    cJSON_ArrayForEach(one, vectors_cases(file))
    {
        if (vectors_is_ours(file, one)) vectors_case(file, transcript_passes(file, one));
    }
    vectors_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_follow_each_other_as_in_the_vectors),
        cmocka_unit_test(an_export_beyond_what_the_kdf_gives_is_a_bad_argument),
        cmocka_unit_test(wiped_epoch_secrets_are_zero),
        cmocka_unit_test(a_group_context_of_another_version_is_refused),
        cmocka_unit_test(psks_are_chained_as_in_the_vectors),
        cmocka_unit_test(a_psk_id_reads_as_it_was_written),
        cmocka_unit_test(too_many_psks_are_too_large),
        cmocka_unit_test(a_commit_moves_the_transcript_as_in_the_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
