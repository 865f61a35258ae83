/* Running a log again (majlis/record.h). */
#include "calls.h"
#include "output_digest.h"
#include "profile_state.h"
#include "replay_disk.h"
#include "replay_group.h"
#include "state_digest.h"

#include "majlis/record.h"

#include <assert.h>
#include <sodium.h>

typedef struct replay {
    const mjl_replay_config *config;
    mjl_replay_report *report;
    mjl_group_reader reader;
    mjl_replay_group group; /* The input being taken. */
    mjl_replay_disk disk;
    mjl_profile *profile; /* NULL while it is closed. */
    mjl_buffer names;     /* User id and display name of the opening. */
    mjl_opening opening;
    size_t drawn;           /* Of the group's draws. */
    bool drew_otherwise;    /* Than was recorded. */
    bool is_opening_again;  /* Between two inputs: what is drawn then is of no account. */
    uint64_t packet, event; /* Numbers taken out last since the log's opening. */
} replay;

const char *mjl_replay_difference_name(mjl_replay_difference difference)
{
    static const char *const names[] = {"nothing", "random draws", "outcome",
                                        "state",   "packets",      "events"};
    return (size_t)difference < sizeof names / sizeof names[0] ? names[difference] : "?";
}

/* ---- Chance ---- */

static mjl_result draw(void *context, uint8_t *out, size_t size)
{
    replay *const run = context;
    if (run->is_opening_again) {
        const mjl_random random = mjl_replay_disk_sealing(&run->disk);
        return random.fill(random.context, out, size);
    }
    const mjl_replay_group *group = &run->group;
    if (run->drawn == group->draws_count) {
        run->drew_otherwise = true;
        return MJL_NO_RANDOM;
    }
    const mjl_replay_draw *next = &group->draws[run->drawn++];
    if (next->result != MJL_OK) return next->result;
    if (next->size != size) {
        run->drew_otherwise = true;
        return MJL_NO_RANDOM;
    }
    memcpy(out, group->drawn.data + next->at, size);
    return MJL_OK;
}

/* ---- Comparing ---- */

static void hash_bytes(mjl_bytes bytes, mjl_id *hash)
{
    crypto_generichash(hash->bytes, MJL_ID_SIZE, bytes.data, bytes.size, NULL, 0);
}

/* What was seen, in the order in which it was. */
static void extend_chain(replay *run, mjl_bytes seen)
{
    mjl_id *const chain = &run->report->chain;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, MJL_ID_SIZE);
    crypto_generichash_update(&state, chain->bytes, MJL_ID_SIZE);
    crypto_generichash_update(&state, seen.data, seen.size);
    crypto_generichash_final(&state, chain->bytes, MJL_ID_SIZE);
}

static void differ(replay *run, mjl_replay_difference difference)
{
    run->report->difference = difference;
}

static bool is_equal(const replay *run)
{
    return run->report->difference == MJL_REPLAY_EQUAL;
}

static mjl_result compare_outcome(replay *run, const mjl_outcome *outcome)
{
    mjl_buffer packed = {0};
    mjl_pack pack = mjl_pack_to(&packed);
    mjl_outcome_pack(outcome, &pack);
    const mjl_result result = pack.result;
    if (result == MJL_OK) {
        const mjl_bytes got = mjl_buffer_bytes(&packed);
        const mjl_bytes expected = mjl_buffer_bytes(&run->group.outcome);
        extend_chain(run, got);
        if (!mjl_bytes_equal(got, expected)) {
            differ(run, MJL_REPLAY_OUTCOME);
            run->report->expected_result = run->group.result;
            run->report->got_result = outcome->result;
            hash_bytes(expected, &run->report->expected);
            hash_bytes(got, &run->report->got);
        }
    }
    mjl_buffer_clear(&packed);
    return result;
}

static void note_kind(mjl_replay_report *report, const mjl_state_kind *expected,
                      const mjl_state_kind *got)
{
    const mjl_state_kind *any = expected != NULL ? expected : got;
    assert(any != NULL);
    if (report->kinds_count < MJL_REPLAY_KINDS_MAX) {
        mjl_replay_kind *const kind = &report->kinds[report->kinds_count];
        kind->session = any->session;
        kind->kind = any->kind;
        kind->name = mjl_state_kind_name(any->kind);
        kind->expected_count = expected == NULL ? 0 : expected->count;
        kind->got_count = got == NULL ? 0 : got->count;
    }
    report->kinds_count++;
}

/* NULL, the end of a list, comes last. */
static int compare_kinds(const mjl_state_kind *a, const mjl_state_kind *b)
{
    if (a == NULL || b == NULL) return a == NULL ? 1 : -1;
    if (a->session != b->session) return a->session < b->session ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

static bool is_same_kind(const mjl_state_kind *a, const mjl_state_kind *b)
{
    assert(a != NULL);
    assert(b != NULL);
    return a->count == b->count && memcmp(a->hash, b->hash, sizeof a->hash) == 0;
}

/* Walks both lists, which ascend. */
static void note_kinds(mjl_replay_report *report, const mjl_state_digest *expected,
                       const mjl_state_digest *got)
{
    size_t e = 0;
    size_t g = 0;
    while (e < expected->count || g < got->count) {
        const mjl_state_kind *a = e < expected->count ? &expected->kinds[e] : NULL;
        const mjl_state_kind *b = g < got->count ? &got->kinds[g] : NULL;
        const int order = compare_kinds(a, b);
        if (order < 0) {
            note_kind(report, a, NULL);
        } else if (order > 0) {
            note_kind(report, NULL, b);
        } else if (!is_same_kind(a, b)) {
            note_kind(report, a, b);
        }
        e += order <= 0;
        g += order >= 0;
    }
}

static mjl_result compare_state(replay *run)
{
    if (!run->group.has_state || run->profile == NULL) return MJL_OK;
    mjl_state_digest expected = {0};
    mjl_state_digest got;
    mjl_state_digest_init(&got);
    mjl_result result = mjl_state_digest_read(&expected, mjl_buffer_bytes(&run->group.state));
    if (result == MJL_OK) {
        result = mjl_records_each(run->profile->records, mjl_state_digest_add, &got);
    }
    if (result == MJL_OK) {
        mjl_state_digest_finish(&got);
        run->report->states++;
        extend_chain(run, mjl_bytes_of(got.hash.bytes, MJL_ID_SIZE));
        if (memcmp(&expected.hash, &got.hash, sizeof got.hash) != 0) {
            differ(run, MJL_REPLAY_STATE);
            run->report->expected = expected.hash;
            run->report->got = got.hash;
            note_kinds(run->report, &expected, &got);
        }
    }
    mjl_state_digest_clear(&expected);
    mjl_state_digest_clear(&got);
    return result;
}

/* ---- What comes out ---- */

/* As many as were taken out then. What comes again because the replay reopened is passed over. */
static mjl_result take_packets(replay *run, mjl_output_digest *digest)
{
    mjl_packet packet;
    while (digest->packets < run->group.output.packets) {
        const mjl_result result = mjl_do_next_packet(run->profile, &packet);
        if (result != MJL_OK) return result == MJL_UNPERSISTED ? MJL_EMPTY : result;
        if (packet.number <= run->packet) continue;
        run->packet = packet.number;
        if (mjl_output_digest_packet(digest, &packet) != MJL_OK) return MJL_OUT_OF_MEMORY;
    }
    return MJL_OK;
}

static mjl_result take_events(replay *run, mjl_output_digest *digest)
{
    mjl_event event;
    while (digest->events < run->group.output.events) {
        const mjl_result result = mjl_do_next_event(run->profile, &event);
        if (result != MJL_OK) return result == MJL_UNPERSISTED ? MJL_EMPTY : result;
        if (event.number <= run->event) continue;
        run->event = event.number;
        if (mjl_output_digest_event(digest, &event) != MJL_OK) return MJL_OUT_OF_MEMORY;
    }
    return MJL_OK;
}

static void compare_outputs(replay *run, mjl_replay_difference difference, const mjl_id *expected,
                            const mjl_id *got)
{
    extend_chain(run, mjl_bytes_of(got->bytes, MJL_ID_SIZE));
    if (!is_equal(run) || memcmp(expected, got, sizeof *got) == 0) return;
    differ(run, difference);
    run->report->expected = *expected;
    run->report->got = *got;
}

static mjl_result compare_output(replay *run)
{
    if (!run->group.has_output) return MJL_OK;
    if (run->profile == NULL) return MJL_MALFORMED;
    mjl_output_digest digest;
    mjl_output got;
    mjl_output_digest_init(&digest);
    mjl_result result = take_packets(run, &digest);
    if (result == MJL_OK || result == MJL_EMPTY) result = take_events(run, &digest);
    if (result != MJL_OK && result != MJL_EMPTY) return result;
    mjl_output_digest_finish(&digest, &got.packets_hash, &got.events_hash);
    const mjl_output *expected = &run->group.output;
    compare_outputs(run, MJL_REPLAY_PACKETS, &expected->packets_hash, &got.packets_hash);
    compare_outputs(run, MJL_REPLAY_EVENTS, &expected->events_hash, &got.events_hash);
    return MJL_OK;
}

/* ---- Taking inputs ---- */

static mjl_result keep_opening(replay *run, const mjl_opening *opening)
{
    run->names.size = 0;
    mjl_result result = mjl_buffer_append(&run->names, opening->user_id);
    if (result == MJL_OK) result = mjl_buffer_append(&run->names, opening->display_name);
    if (result != MJL_OK) return result;
    run->opening = *opening;
    run->opening.user_id = mjl_bytes_of(run->names.data, opening->user_id.size);
    run->opening.display_name = mjl_bytes_of(
        opening->user_id.size == 0 ? run->names.data : run->names.data + opening->user_id.size,
        opening->display_name.size);
    return MJL_OK;
}

static mjl_result open_profile(replay *run, mjl_time now)
{
    mjl_profile_config config = {.size = sizeof config, .now = now};
    config.store_key = mjl_replay_disk_key();
    config.random.context = run;
    config.random.fill = draw;
    config.suites = run->config->suites;
    if (run->opening.has_padding) config.padding = &run->opening.padding;
    config.user_id = run->opening.user_id;
    config.display_name = run->opening.display_name;
    const mjl_random sealing = mjl_replay_disk_sealing(&run->disk);
    const mjl_result result = mjl_replay_disk_open(&run->disk, &config.store);
    return result == MJL_OK ? mjl_do_open(&config, &sealing, &run->profile) : result;
}

/* A log is believed to be what a recorder wrote, and checked as far as the engine relies on it. */
static mjl_result take_open(replay *run, mjl_outcome *outcome)
{
    const mjl_opening *opening = &run->group.input.opening;
    if (run->profile != NULL) return MJL_MALFORMED;
    if (opening->has_suites && run->config->suites == NULL) return MJL_BAD_ARGUMENT;
    mjl_result result = keep_opening(run, opening);
    if (result != MJL_OK) return result;
    run->packet = run->event = 0;
    outcome->result = open_profile(run, opening->now);
    return MJL_OK;
}

static mjl_result take_input(replay *run, mjl_outcome *outcome)
{
    const mjl_input *input = &run->group.input.input;
    memset(outcome, 0, sizeof *outcome);
    if (input->kind == MJL_INPUT_OPEN) return take_open(run, outcome);
    if (run->profile == NULL) return MJL_MALFORMED;
    if (input->kind == MJL_INPUT_CLOSE) {
        const mjl_result result = compare_state(run);
        mjl_do_close(run->profile);
        run->profile = NULL;
        return result;
    }
    mjl_input_take(run->profile, input, outcome);
    return MJL_OK;
}

/* What the disk answered when it was opened is not the engine's doing, and a copy that was cut is
 * none: such an opening cannot be taken. */
static bool can_take(const replay *run)
{
    const mjl_replay_group *group = &run->group;
    if (group->input.input.kind != MJL_INPUT_OPEN) return true;
    return group->has_disk && group->records_left == 0;
}

static mjl_result reopen(replay *run)
{
    const mjl_time now = mjl_profile_now(run->profile);
    /* A host tells what it knows of its transports again when it opens. */
    const mjl_transports transports = run->profile->transports;
    mjl_do_close(run->profile);
    run->profile = NULL;
    run->is_opening_again = true;
    mjl_replay_disk_input(&run->disk, NULL);
    const mjl_result result = open_profile(run, now);
    run->is_opening_again = false;
    if (result == MJL_OK) run->profile->transports = transports;
    return result;
}

/* After a step everything is saved: nothing may be missed. But since when a transport is down is
   never saved; an opening takes back what it warned of. */
static bool is_reopened_here(const replay *run)
{
    return run->config->reopening == MJL_REPLAY_REOPENS && run->profile != NULL &&
           run->group.input.input.kind == MJL_INPUT_STEP &&
           run->profile->transports.troubled_count == 0 &&
           (run->group.result == MJL_OK || run->group.result == MJL_BUDGET_SPENT);
}

static mjl_result compare(replay *run, const mjl_outcome *outcome)
{
    const mjl_replay_group *group = &run->group;
    if (group->input.input.kind == MJL_INPUT_CLOSE) return MJL_OK;
    if (run->drew_otherwise || run->drawn < group->draws_count) {
        differ(run, MJL_REPLAY_DRAWS);
        return MJL_OK;
    }
    mjl_result result = compare_outcome(run, outcome);
    if (result == MJL_OK && is_equal(run)) result = compare_state(run);
    if (result == MJL_OK && is_equal(run) && is_reopened_here(run)) result = reopen(run);
    if (result == MJL_OK && is_equal(run)) result = compare_output(run);
    return result;
}

static mjl_result take_group(replay *run)
{
    mjl_replay_report *const report = run->report;
    const mjl_input_kind kind = run->group.input.input.kind;
    mjl_outcome outcome;
    mjl_result result = mjl_replay_disk_ready(&run->disk);
    if (result != MJL_OK) return result;
    report->inputs++;
    report->steps += kind == MJL_INPUT_STEP;
    report->input_name = mjl_input_name(kind);
    run->drawn = 0;
    run->drew_otherwise = false;
    mjl_replay_disk_input(&run->disk, &run->group);
    result = take_input(run, &outcome);
    if (result != MJL_OK) return result;
    /* The log may end within an input that never came back: then there is nothing to compare. */
    const bool is_unfinished = !run->group.has_outcome && kind != MJL_INPUT_CLOSE;
    if (is_unfinished) return run->reader.is_cut ? MJL_OK : MJL_MALFORMED;
    /* Ours: where the recorded profile ran out, the replay has ended before. */
    if (outcome.result == MJL_OUT_OF_MEMORY || run->disk.ran_out) return MJL_OUT_OF_MEMORY;
    return compare(run, &outcome);
}

static mjl_result run_all(replay *run)
{
    mjl_replay_report *const report = run->report;
    mjl_result result = mjl_group_reader_begin(&run->reader);
    while (result == MJL_OK && is_equal(run)) {
        run->disk.is_open = run->profile != NULL;
        result = mjl_group_read(&run->reader, &run->group);
        if (result != MJL_OK || run->group.input.kind != MJL_ENTRY_INPUT) break;
        if (run->group.has_outcome && run->group.result == MJL_OUT_OF_MEMORY) {
            report->end = MJL_REPLAY_WAS_OUT_OF_MEMORY;
            return MJL_OK;
        }
        if (can_take(run)) result = take_group(run);
    }
    if (run->reader.is_cut) report->end = MJL_REPLAY_LOG_WAS_CUT;
    return result;
}

mjl_result mjl_replay(const mjl_replay_config *config, mjl_replay_report *report)
{
    if (config == NULL || report == NULL || config->size < sizeof *config || config->read == NULL) {
        return MJL_BAD_ARGUMENT;
    }
    memset(report, 0, sizeof *report);
    report->input_name = "";
    replay run = {.config = config, .report = report};
    run.reader.frames.context = config->context;
    run.reader.frames.read = config->read;
    run.reader.context = &run.disk;
    run.reader.disk = mjl_replay_disk_begin;
    run.reader.record = mjl_replay_disk_record;
    const mjl_result result = run_all(&run);
    report->at = run.reader.frames.at;
    mjl_do_close(run.profile);
    mjl_replay_disk_clear(&run.disk);
    mjl_group_reader_clear(&run.reader);
    mjl_replay_group_clear(&run.group);
    mjl_buffer_clear(&run.names);
    return result;
}
