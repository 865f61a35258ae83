/* Logs that are cut, damaged, changed or made up: said clearly, and never believed too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../memory/allocation.h"
#include "log.h"
#include "recording_entries.h"
#include "short_play.h"

static short_play play;
static test_log entries;

static int record(void **state)
{
    (void)state;
    short_play_all(&play);
    test_log_read(mjl_buffer_bytes(&play.log), &entries);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    short_play_clear(&play);
    return 0;
}

/* ---- Damage ---- */

static void a_log_may_end_anywhere(void **state)
{
    (void)state;
    const size_t first_input = entries.entries[1].end;
    for (size_t size = 0; size < play.log.size; size++) {
        mjl_replay_report report;
        const mjl_result result = test_replay(mjl_bytes_of(play.log.data, size), &report);
        assert_int_equal(result, size < first_input ? MJL_TRUNCATED : MJL_OK);
        assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
        if (result == MJL_OK) assert_int_equal(report.end, MJL_REPLAY_LOG_WAS_CUT);
    }
}

static void a_bit_that_flipped_anywhere_is_found(void **state)
{
    (void)state;
    for (size_t at = 0; at < play.log.size; at++) {
        mjl_replay_report report;
        play.log.data[at] ^= (uint8_t)(1 << at % 8);
        assert_int_equal(test_replay(mjl_buffer_bytes(&play.log), &report), MJL_MALFORMED);
        assert_true(report.at <= at);
        play.log.data[at] ^= (uint8_t)(1 << at % 8);
    }
}

static void bytes_behind_the_end_are_refused(void **state)
{
    (void)state;
    mjl_buffer log = {0};
    mjl_replay_report report;
    assert_int_equal(mjl_buffer_append(&log, mjl_buffer_bytes(&play.log)), MJL_OK);
    assert_int_equal(mjl_buffer_append(&log, mjl_bytes_text("x")), MJL_OK);
    assert_int_equal(test_replay(mjl_buffer_bytes(&log), &report), MJL_MALFORMED);
    mjl_buffer_clear(&log);
}

static mjl_result refuse_to_read(void *context, uint8_t *out, size_t room, size_t *size)
{
    (void)context, (void)out, (void)room, (void)size;
    return MJL_STORE_DAMAGED;
}

static void what_cannot_be_read_is_what_is_answered(void **state)
{
    (void)state;
    mjl_replay_report report;
    const mjl_replay_config config = {.size = sizeof config, .read = refuse_to_read};
    assert_int_equal(mjl_replay(&config, &report), MJL_STORE_DAMAGED);
    assert_int_equal(mjl_replay(&config, NULL), MJL_BAD_ARGUMENT);
}

/* ---- Other logs ---- */

/* The n-th entry of a kind; of inputs, of that kind of input. */
static size_t find(mjl_entry_kind kind, mjl_input_kind input, size_t n)
{
    for (size_t i = 0; i < entries.count; i++) {
        mjl_entry entry;
        assert_int_equal(mjl_entry_read(entries.entries[i].bytes, &entry), MJL_OK);
        if (entry.kind != kind || (kind == MJL_ENTRY_INPUT && entry.input.kind != input)) continue;
        if (n-- == 0) return i;
    }
    fail_msg("no such entry");
    return 0;
}

static mjl_result replay_entries(const test_log *log, mjl_replay_report *report)
{
    mjl_buffer bytes = {0};
    test_log_write(log, &bytes);
    const mjl_result result = test_replay(mjl_buffer_bytes(&bytes), report);
    mjl_buffer_clear(&bytes);
    return result;
}

/* The log with entry `i` replaced. */
static mjl_result replay_with(size_t i, const mjl_pack *pack, mjl_replay_report *report)
{
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    assert_int_equal(pack->result, MJL_OK);
    *log = entries;
    log->entries[i].bytes = mjl_buffer_bytes(pack->out);
    const mjl_result result = replay_entries(log, report);
    free(log);
    mjl_buffer_clear(pack->out);
    return result;
}

static mjl_result replay_without(size_t i, mjl_replay_report *report)
{
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    *log = entries;
    log->count--;
    memmove(&log->entries[i], &log->entries[i + 1], (log->count - i) * sizeof log->entries[0]);
    const mjl_result result = replay_entries(log, report);
    free(log);
    return result;
}

static bool has_kind(const mjl_replay_report *report, const char *name)
{
    for (size_t i = 0; i < report->kinds_count && i < MJL_REPLAY_KINDS_MAX; i++) {
        if (strcmp(report->kinds[i].name, name) == 0) return true;
    }
    return false;
}

static void another_state_is_shown_with_the_kinds_of_its_records(void **state)
{
    (void)state;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    const mjl_input other = {
        .kind = MJL_INPUT_NOTE_SET, .name = mjl_bytes_text("n"), .bytes = mjl_bytes_text("2")};
    mjl_entry_pack_input(&pack, &other);
    mjl_replay_report report;
    assert_int_equal(replay_with(find(MJL_ENTRY_INPUT, MJL_INPUT_NOTE_SET, 0), &pack, &report),
                     MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_STATE);
    assert_int_equal(report.inputs, 3); /* open, note set, step */
    assert_string_equal(report.input_name, "step");
    assert_int_equal(report.kinds_count, 1);
    assert_true(has_kind(&report, "note"));
    assert_int_equal(report.kinds[0].expected_count, 1);
    assert_memory_not_equal(&report.expected, &report.got, sizeof report.got);
}

static void another_draw_is_shown_by_what_it_makes(void **state)
{
    (void)state;
    const uint8_t zeros[32] = {0};
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    mjl_entry_pack_draw(&pack, MJL_OK, mjl_bytes_of(zeros, sizeof zeros));
    mjl_replay_report report;
    assert_int_equal(replay_with(find(MJL_ENTRY_DRAW, 0, 0), &pack, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_STATE);
    assert_int_equal(report.inputs, 1);
    assert_true(has_kind(&report, "profile"));
}

static void a_draw_too_many_or_too_few_is_shown(void **state)
{
    (void)state;
    mjl_replay_report report;
    assert_int_equal(replay_without(find(MJL_ENTRY_DRAW, 0, 0), &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_DRAWS);
    assert_int_equal(report.inputs, 1);
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    mjl_entry_pack_draw(&pack, MJL_OK, mjl_bytes_text("too short"));
    assert_int_equal(replay_with(find(MJL_ENTRY_DRAW, 0, 0), &pack, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_DRAWS);
    /* One more, in place of the outcome of a step that draws nothing. */
    mjl_pack more = mjl_pack_to(&buffer);
    const size_t step = find(MJL_ENTRY_INPUT, MJL_INPUT_NOTE_SET, 0);
    mjl_entry_pack_draw(&more, MJL_OK, mjl_bytes_text("more"));
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    *log = entries;
    memmove(&log->entries[step + 2], &log->entries[step + 1],
            (log->count - step - 1) * sizeof log->entries[0]);
    log->count++;
    log->entries[step + 1].bytes = mjl_buffer_bytes(&buffer);
    assert_int_equal(replay_entries(log, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_DRAWS);
    assert_int_equal(report.inputs, 2);
    free(log);
    mjl_buffer_clear(&buffer);
}

static void another_outcome_is_shown_with_both_results(void **state)
{
    (void)state;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    const mjl_outcome other = {.result = MJL_FULL};
    mjl_entry_pack_outcome(&pack, &other);
    mjl_replay_report report;
    assert_int_equal(replay_with(find(MJL_ENTRY_OUTCOME, 0, 1), &pack, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_OUTCOME);
    assert_int_equal(report.expected_result, MJL_FULL);
    assert_int_equal(report.got_result, MJL_OK);
    assert_string_equal(report.input_name, "note set");
}

static void other_packets_or_events_are_shown(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        const size_t at = find(MJL_ENTRY_OUTPUT, 0, 1);
        mjl_entry entry;
        mjl_buffer buffer = {0};
        mjl_pack pack = mjl_pack_to(&buffer);
        assert_int_equal(mjl_entry_read(entries.entries[at].bytes, &entry), MJL_OK);
        mjl_id *const hash = which == 0 ? &entry.output.packets_hash : &entry.output.events_hash;
        hash->bytes[0] ^= 1;
        mjl_entry_pack_output(&pack, &entry.output);
        mjl_replay_report report;
        assert_int_equal(replay_with(at, &pack, &report), MJL_OK);
        assert_int_equal(report.difference, which == 0 ? MJL_REPLAY_PACKETS : MJL_REPLAY_EVENTS);
        assert_memory_equal(&report.expected, hash, sizeof *hash);
    }
}

static void more_output_than_there_is_differs(void **state)
{
    (void)state;
    const size_t at = find(MJL_ENTRY_OUTPUT, 0, 0);
    mjl_entry entry;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    assert_int_equal(mjl_entry_read(entries.entries[at].bytes, &entry), MJL_OK);
    entry.output.packets = entry.output.events = UINT64_MAX;
    mjl_entry_pack_output(&pack, &entry.output);
    mjl_replay_report report;
    assert_int_equal(replay_with(at, &pack, &report), MJL_OK);
    assert_int_equal(report.difference,
                     MJL_REPLAY_EQUAL); /* All there is, and its hash is right. */
}

static void a_recorded_lack_of_memory_ends_the_replay(void **state)
{
    (void)state;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    const mjl_outcome other = {.result = MJL_OUT_OF_MEMORY};
    mjl_entry_pack_outcome(&pack, &other);
    mjl_replay_report report;
    assert_int_equal(replay_with(find(MJL_ENTRY_OUTCOME, 0, 1), &pack, &report), MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
    assert_int_equal(report.end, MJL_REPLAY_WAS_OUT_OF_MEMORY);
    assert_int_equal(report.inputs, 1);
}

/* ---- Logs that no recorder writes ---- */

static void entries_in_the_wrong_place_are_refused(void **state)
{
    (void)state;
    /* Each entry alone moved to the front, and each left out: no crash, and a result. */
    test_log *log = malloc(sizeof *log);
    assert_non_null(log);
    for (size_t i = 0; i < entries.count; i++) {
        mjl_replay_report report;
        (void)!replay_without(i, &report);
        *log = entries;
        memmove(&log->entries[1], &log->entries[0], i * sizeof log->entries[0]);
        log->entries[0] = entries.entries[i];
        const mjl_result result = replay_entries(log, &report);
        if (i > 0) assert_int_equal(result, MJL_MALFORMED);
    }
    free(log);
}

static void expect_refusal(const mjl_pack *pack, size_t i, mjl_result expected)
{
    mjl_replay_report report;
    assert_int_equal(replay_with(i, pack, &report), expected);
}

static void what_is_no_entry_is_refused(void **state)
{
    (void)state;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    mjl_pack_array(&pack, 1); /* An unknown kind. */
    mjl_pack_uint(&pack, 31);
    expect_refusal(&pack, 3, MJL_UNKNOWN_KIND);
    pack = mjl_pack_to(&buffer);
    mjl_pack_array(&pack, 1); /* A later input. */
    mjl_pack_uint(&pack, MJL_ENTRY_INPUT + MJL_INPUT_COUNT);
    expect_refusal(&pack, 3, MJL_UNKNOWN_KIND);
    pack = mjl_pack_to(&buffer);
    mjl_pack_array(&pack, 3); /* A header of another version. */
    mjl_pack_uint(&pack, MJL_ENTRY_HEADER);
    mjl_pack_uint(&pack, MJL_RECORDING_FORMAT + 1);
    mjl_pack_text(&pack, mjl_bytes_text("9.9.9"));
    expect_refusal(&pack, 0, MJL_UNKNOWN_VERSION);
    pack = mjl_pack_to(&buffer);
    mjl_pack_array(&pack, 2); /* A step with a field too many. */
    mjl_pack_uint(&pack, MJL_ENTRY_INPUT + MJL_INPUT_CLOSE);
    mjl_pack_uint(&pack, 1);
    expect_refusal(&pack, find(MJL_ENTRY_INPUT, MJL_INPUT_STEP, 0), MJL_MALFORMED);
    pack = mjl_pack_to(&buffer);
    mjl_entry_pack_disk(&pack, MJL_DISK_AS_LEFT, 0); /* By nobody. */
    expect_refusal(&pack, find(MJL_ENTRY_DISK, 0, 0), MJL_MALFORMED);
    pack = mjl_pack_to(&buffer);
    mjl_entry_pack_disk(&pack, MJL_DISK_NEW, 7);
    expect_refusal(&pack, find(MJL_ENTRY_DISK, 0, 0), MJL_MALFORMED);
    pack = mjl_pack_to(&buffer);
    const mjl_opening opening = {.now = 1};
    mjl_entry_pack_open(&pack, &opening); /* It is open. */
    expect_refusal(&pack, find(MJL_ENTRY_INPUT, MJL_INPUT_NOTE_SET, 0), MJL_OK);
}

static void a_call_on_a_session_that_is_not_there_differs(void **state)
{
    (void)state;
    mjl_buffer buffer = {0};
    mjl_pack pack = mjl_pack_to(&buffer);
    const mjl_input input = {.kind = MJL_INPUT_LEAVE, .session = 77, .now = 1};
    mjl_entry_pack_input(&pack, &input);
    mjl_replay_report report;
    assert_int_equal(replay_with(find(MJL_ENTRY_INPUT, MJL_INPUT_NOTE_SET, 0), &pack, &report),
                     MJL_OK);
    assert_int_equal(report.difference, MJL_REPLAY_OUTCOME);
    assert_int_equal(report.got_result, MJL_NOT_FOUND);
}

/* ---- Memory ---- */

static void a_replay_that_runs_out_of_memory_says_so_and_leaks_nothing(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        mjl_replay_report report;
        const size_t live = allocation_live();
        allocation_fail_once_after(n);
        const mjl_result result = test_replay(mjl_buffer_bytes(&play.log), &report);
        const bool failed = allocation_failed();
        assert_int_equal(allocation_live(), live);
        if (!failed) break;
        /* What the engine can do without, it does without. */
        if (result == MJL_OK)
            assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
        else
            assert_int_equal(result, MJL_OUT_OF_MEMORY);
    }
}

static void a_recording_that_runs_out_of_memory_leaks_nothing_and_can_be_replayed(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        short_play other;
        mjl_replay_report report;
        mjl_verdict verdict;
        short_play_init(&other);
        short_play_record(&other);
        allocation_fail_once_after(n);
        mjl_result result = short_play_open(&other);
        if (result == MJL_OK) {
            result = mjl_profile_receive(other.profile, 6000000, 1, mjl_bytes_text("x"), &verdict);
            if (result == MJL_OK) result = mjl_profile_step(other.profile, 6000000);
        }
        const bool failed = allocation_failed();
        if (other.profile != NULL) short_play_close(&other);
        short_play_stop(&other);
        const mjl_result replayed = test_replay(mjl_buffer_bytes(&other.log), &report);
        if (replayed != MJL_TRUNCATED) {
            assert_int_equal(replayed, MJL_OK);
            assert_int_equal(report.difference, MJL_REPLAY_EQUAL);
        }
        short_play_clear(&other);
        if (!failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_may_end_anywhere),
        cmocka_unit_test(a_bit_that_flipped_anywhere_is_found),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(what_cannot_be_read_is_what_is_answered),
        cmocka_unit_test(another_state_is_shown_with_the_kinds_of_its_records),
        cmocka_unit_test(another_draw_is_shown_by_what_it_makes),
        cmocka_unit_test(a_draw_too_many_or_too_few_is_shown),
        cmocka_unit_test(another_outcome_is_shown_with_both_results),
        cmocka_unit_test(other_packets_or_events_are_shown),
        cmocka_unit_test(more_output_than_there_is_differs),
        cmocka_unit_test(a_recorded_lack_of_memory_ends_the_replay),
        cmocka_unit_test(entries_in_the_wrong_place_are_refused),
        cmocka_unit_test(what_is_no_entry_is_refused),
        cmocka_unit_test(a_call_on_a_session_that_is_not_there_differs),
        cmocka_unit_test(a_replay_that_runs_out_of_memory_says_so_and_leaks_nothing),
        cmocka_unit_test(a_recording_that_runs_out_of_memory_leaks_nothing_and_can_be_replayed),
    };
    return cmocka_run_group_tests(tests, record, clear);
}
