/* What a recorder writes runs again, and is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "log.h"
#include "recording_entries.h"
#include "script.h"
#include "short_play.h"
#include "state_digest.h"
#include "toy_suite.h"

static script_logs logs;
static mjl_replay_report straight[SCRIPT_MEMBERS];

static int play_script(void **state)
{
    (void)state;
    /* Every eighth: a state costs more than a step. */
    script_play(8, &logs);
    return 0;
}

static int clear_logs(void **state)
{
    (void)state;
    script_logs_clear(&logs);
    return 0;
}

/* ---- The script ---- */

static void the_script_takes_every_kind_of_input(void **state)
{
    (void)state;
    bool inputs[MJL_INPUT_COUNT] = {false}, disks[MJL_DISK_COPIED + 1] = {false};
    bool faults[MJL_FAULT_COUNT] = {false}, entries[MJL_ENTRY_INPUT + 1] = {false};
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++) {
        test_log_read(mjl_buffer_bytes(&logs.logs[i]), log);
        for (size_t e = 0; e < log->count; e++) {
            mjl_entry entry;
            assert_int_equal(mjl_entry_read(log->entries[e].bytes, &entry), MJL_OK);
            entries[entry.kind] = true;
            if (entry.kind == MJL_ENTRY_INPUT) inputs[entry.input.kind] = true;
            if (entry.kind == MJL_ENTRY_DISK) disks[entry.disk] = true;
            if (entry.kind == MJL_ENTRY_FAULT) faults[entry.fault.of] = true;
        }
    }
    free(log);
    for (size_t kind = MJL_INPUT_OPEN; kind < MJL_INPUT_COUNT; kind++) {
        if (!inputs[kind]) fail_msg("no %s", mjl_input_name((mjl_input_kind)kind));
    }
    for (size_t disk = 0; disk <= MJL_DISK_COPIED; disk++)
        assert_true(disks[disk]);
    for (size_t kind = MJL_ENTRY_HEADER; kind <= MJL_ENTRY_END; kind++)
        assert_true(entries[kind]);
    assert_true(faults[MJL_FAULT_SEALING]);
    assert_true(faults[1]); /* MJL_ASKED_APPLY: the full disk. */
}

static void a_recording_runs_again_to_the_same_states_and_outputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++) {
        mjl_replay_report *const report = &straight[i];
        assert_int_equal(test_replay(mjl_buffer_bytes(&logs.logs[i]), report), MJL_OK);
        assert_int_equal(report->difference, MJL_REPLAY_EQUAL);
        assert_int_equal(report->end, MJL_REPLAY_TO_THE_END);
        assert_true(report->steps > 20 && report->states >= report->steps / 12);
        assert_int_equal(report->at, logs.logs[i].size);
    }
}

static void a_profile_opened_again_after_each_step_goes_on_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++) {
        mjl_replay_report report;
        assert_int_equal(test_replay_reopening(mjl_buffer_bytes(&logs.logs[i]), &report), MJL_OK);
        if (report.difference != MJL_REPLAY_EQUAL) {
            fail_msg("log %zu, input %llu (%s): %s", i, (unsigned long long)report.inputs,
                     report.input_name, mjl_replay_difference_name(report.difference));
        }
        assert_memory_equal(&report.chain, &straight[i].chain, sizeof report.chain);
    }
}

/* ---- Recording ---- */

static void a_log_of_an_old_profile_begins_with_its_records(void **state)
{
    (void)state;
    short_play play;
    mjl_replay_report report;
    short_play_init(&play);
    assert_int_equal(short_play_open(&play), MJL_OK);
    short_play_talk(&play);
    short_play_close(&play);
    short_play_record(&play);
    assert_int_equal(short_play_open(&play), MJL_OK);
    assert_int_equal(mjl_profile_step(play.profile, 6000000), MJL_OK);
    short_play_close(&play);
    short_play_stop(&play);
    assert_int_equal(test_replay(mjl_buffer_bytes(&play.log), &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
    assert_int_equal(report.states, 3); /* After the opening, after the step, at the close. */
    short_play_clear(&play);
}

static void recording_changes_nothing(void **state)
{
    (void)state;
    short_play recorded;
    short_play plain;
    short_play_all(&recorded);
    short_play_init(&plain);
    assert_int_equal(short_play_open(&plain), MJL_OK);
    short_play_talk(&plain);
    assert_memory_equal(&plain.state, &recorded.state, sizeof plain.state);
    short_play_clear(&plain);
    short_play_clear(&recorded);
}

static void a_log_that_cannot_be_written_ends_and_the_profile_goes_on(void **state)
{
    (void)state;
    short_play whole;
    short_play_all(&whole);
    mjl_result failure = MJL_STORE_FULL;
    for (size_t writes = 2; failure == MJL_STORE_FULL; writes++) {
        short_play play;
        mjl_replay_report report;
        short_play_init(&play);
        play.writes_left = writes;
        short_play_record(&play);
        assert_int_equal(short_play_open(&play), MJL_OK);
        short_play_talk(&play);
        assert_memory_equal(&play.state, &whole.state, sizeof play.state);
        short_play_close(&play);
        failure = mjl_recorder_failure(play.recorder);
        short_play_stop(&play);
        const mjl_result result = test_replay(mjl_buffer_bytes(&play.log), &report);
        assert_int_equal(result, writes == 2 ? MJL_TRUNCATED : MJL_OK);
        assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
        if (failure != MJL_OK) assert_int_equal(report.end, MJL_REPLAY_LOG_WAS_CUT);
        short_play_clear(&play);
    }
    assert_int_equal(failure, MJL_OK);
    short_play_clear(&whole);
}

static void a_recorder_that_cannot_begin_says_so(void **state)
{
    (void)state;
    for (size_t writes = 0; writes < 2; writes++) {
        short_play play;
        short_play_init(&play);
        play.writes_left = writes;
        assert_int_equal(mjl_recorder_new(&play.recording, &play.recorder), MJL_STORE_FULL);
        short_play_clear(&play);
    }
    mjl_recorder *recorder;
    const mjl_recorder_config config = {.size = sizeof config};
    assert_int_equal(mjl_recorder_new(&config, &recorder), MJL_BAD_ARGUMENT);
}

static void a_recorder_records_one_profile_at_a_time(void **state)
{
    (void)state;
    short_play play;
    short_play second;
    short_play_init(&play);
    short_play_init(&second);
    short_play_record(&play);
    second.recorder = play.recorder;
    assert_int_equal(short_play_open(&play), MJL_OK);
    assert_int_equal(short_play_open(&second), MJL_WRONG_STATE);
    short_play_close(&play);
    assert_int_equal(short_play_open(&second), MJL_OK); /* It is free again. */
    second.recorder = NULL;
    short_play_clear(&second);
    short_play_clear(&play);
}

static void what_comes_from_suites_of_ones_own_is_replayed_with_them(void **state)
{
    (void)state;
    short_play play;
    mjl_replay_report report;
    short_play_init(&play);
    play.suites = &toy_suites;
    short_play_record(&play);
    assert_int_equal(short_play_open(&play), MJL_OK);
    short_play_talk(&play);
    short_play_close(&play);
    short_play_stop(&play);
    script_reader source = {.log = mjl_buffer_bytes(&play.log)};
    mjl_replay_config config = {.size = sizeof config, .context = &source, .read = script_read};
    assert_int_equal(mjl_replay(&config, &report), MJL_BAD_ARGUMENT);
    source.at = 0;
    config.suites = &toy_suites;
    assert_int_equal(mjl_replay(&config, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
    short_play_clear(&play);
}

static void a_packet_that_no_log_can_hold_ends_the_recording(void **state)
{
    (void)state;
    enum { TOO_LARGE = 18 << 20 };
    short_play play;
    mjl_verdict verdict;
    uint8_t *const packet = calloc(1, TOO_LARGE);
    assert_non_null(packet);
    short_play_init(&play);
    short_play_record(&play);
    assert_int_equal(short_play_open(&play), MJL_OK);
    assert_int_equal(
        mjl_profile_receive(play.profile, 6000000, 1, mjl_bytes_of(packet, TOO_LARGE), &verdict),
        MJL_OK);
    assert_int_equal(verdict.kind, MJL_VERDICT_REJECTED);
    assert_int_equal(mjl_recorder_failure(play.recorder), MJL_TOO_LARGE);
    assert_int_equal(mjl_profile_step(play.profile, 6000000), MJL_OK);
    free(packet);
    short_play_clear(&play);
}

static void every_kind_of_record_has_a_name(void **state)
{
    (void)state;
    /* Those that are in the states of the script: a kind without a name would be shown as none. */
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    for (size_t i = 0; i < SCRIPT_MEMBERS; i++) {
        test_log_read(mjl_buffer_bytes(&logs.logs[i]), log);
        for (size_t e = 0; e < log->count; e++) {
            mjl_entry entry;
            mjl_state_digest digest;
            assert_int_equal(mjl_entry_read(log->entries[e].bytes, &entry), MJL_OK);
            if (entry.kind != MJL_ENTRY_STATE) continue;
            assert_int_equal(mjl_state_digest_read(&digest, entry.bytes), MJL_OK);
            for (size_t k = 0; k < digest.count; k++) {
                if (mjl_state_kind_name(digest.kinds[k].kind)[0] == '\0') {
                    fail_msg("kind %u has no name", digest.kinds[k].kind);
                }
            }
            mjl_state_digest_clear(&digest);
        }
    }
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_script_takes_every_kind_of_input),
        cmocka_unit_test(a_recording_runs_again_to_the_same_states_and_outputs),
        cmocka_unit_test(a_profile_opened_again_after_each_step_goes_on_the_same),
        cmocka_unit_test(a_log_of_an_old_profile_begins_with_its_records),
        cmocka_unit_test(recording_changes_nothing),
        cmocka_unit_test(a_log_that_cannot_be_written_ends_and_the_profile_goes_on),
        cmocka_unit_test(a_recorder_that_cannot_begin_says_so),
        cmocka_unit_test(a_recorder_records_one_profile_at_a_time),
        cmocka_unit_test(what_comes_from_suites_of_ones_own_is_replayed_with_them),
        cmocka_unit_test(a_packet_that_no_log_can_hold_ends_the_recording),
        cmocka_unit_test(every_kind_of_record_has_a_name),
    };
    return cmocka_run_group_tests(tests, play_script, clear_logs);
}
