#include "key_schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sodium.h>

#include "../memory/allocation.h"
#include "framing.h"
#include "group_context.h"
#include "mls_limits.h"
#include "psk.h"
#include "suite_sodium.h"
#include "transcript_hash.h"
#include "vectors.h"

static const mjl_mls_suite *const suite = &mjl_mls_suite_sodium_3;

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_beyond_what_the_kdf_gives_is_a_bad_argument),
        cmocka_unit_test(wiped_epoch_secrets_are_zero),
        cmocka_unit_test(a_group_context_of_another_version_is_refused),
        cmocka_unit_test(a_psk_id_reads_as_it_was_written),
        cmocka_unit_test(too_many_psks_are_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
