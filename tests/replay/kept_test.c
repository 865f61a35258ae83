/*
 * A log that is kept beside this test is run, and ends as it did when it was written. That no
 * version but the one that wrote a log runs it is no promise; so when the wire or the order of
 * draws changes, it is written anew:
 *
 *     MAJLIS_KEEP=1 BUILD/tests/replay/replay_kept_test        writes tests/replay/kept.log,
 * kept.hash
 *
 * It has no hashes of states, so that another format of records alone changes nothing here.
 */
#include "log.h"
#include "short_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

enum { HEX_SIZE = 2 * MJL_ID_SIZE };

static const char log_path[] = "tests/replay/kept.log";
static const char hash_path[] = "tests/replay/kept.hash";

static void read_all(const char *path, mjl_buffer *out)
{
    uint8_t some[1024];
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t size; (size = fread(some, 1, sizeof some, file)) > 0;)
        assert_int_equal(mjl_buffer_append(out, mjl_bytes_of(some, size)), MJL_OK);
    assert_int_equal(fclose(file), 0);
}

static void write_all(const char *path, mjl_bytes bytes)
{
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

static void replay(mjl_bytes log, char hex[HEX_SIZE + 1])
{
    mjl_replay_report report;
    assert_int_equal(test_replay(log, &report), MJL_OK);
    assert_string_equal(mjl_replay_difference_name(report.difference), "nothing");
    assert_int_equal(report.end, MJL_REPLAY_TO_THE_END);
    assert_true(report.inputs > 10);
    sodium_bin2hex(hex, HEX_SIZE + 1, report.chain.bytes, sizeof report.chain.bytes);
}

static void keep(void)
{
    short_play play;
    char hex[HEX_SIZE + 1];
    short_play_init(&play);
    play.recording.hash_every = 0;
    short_play_record(&play);
    assert_int_equal(short_play_open(&play), MJL_OK);
    short_play_talk(&play);
    short_play_close(&play);
    short_play_stop(&play);
    replay(mjl_buffer_bytes(&play.log), hex);
    write_all(log_path, mjl_buffer_bytes(&play.log));
    write_all(hash_path, mjl_bytes_of(hex, HEX_SIZE));
    short_play_clear(&play);
}

static void a_log_that_was_kept_ends_as_it_did(void **state)
{
    (void)state;
    mjl_buffer log = {0}, hash = {0};
    char hex[HEX_SIZE + 1];
    if (getenv("MAJLIS_KEEP") != NULL) keep();
    read_all(log_path, &log);
    read_all(hash_path, &hash);
    replay(mjl_buffer_bytes(&log), hex);
    assert_true(mjl_bytes_equal(mjl_buffer_bytes(&hash), mjl_bytes_of(hex, HEX_SIZE)));
    mjl_buffer_clear(&log);
    mjl_buffer_clear(&hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_log_that_was_kept_ends_as_it_did)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
