/*
 * Logs of recordings: one entry, read and written again; a file as it is; and entries that are put
 * into frames here, so that what is altered gets past their checks. Logs are run, too: a profile
 * does what they say.
 */
#include "fuzz.h"

#include "recording_entries.h"
#include "recording_frames.h"

/* ---- One entry ---- */

static void run_entry(mjl_bytes input)
{
    mjl_entry entry;
    mjl_buffer out = {0};
    if (mjl_entry_read(input, &entry) != MJL_OK) return;
    mjl_pack pack = mjl_pack_to(&out);
    if (entry.kind == MJL_ENTRY_INPUT && entry.input.kind == MJL_INPUT_OPEN)
        mjl_entry_pack_open(&pack, &entry.opening);
    else if (entry.kind == MJL_ENTRY_INPUT)
        mjl_entry_pack_input(&pack, &entry.input);
    else if (entry.kind == MJL_ENTRY_OUTPUT)
        mjl_entry_pack_output(&pack, &entry.output);
    else if (entry.kind == MJL_ENTRY_DRAW)
        mjl_entry_pack_draw(&pack, entry.result, entry.bytes);
    else if (entry.kind == MJL_ENTRY_RECORD)
        mjl_entry_pack_record(&pack, entry.place, entry.bytes);
    else if (entry.kind == MJL_ENTRY_FAULT)
        mjl_entry_pack_fault(&pack, &entry.fault);
    else if (entry.kind == MJL_ENTRY_DISK)
        mjl_entry_pack_disk(&pack, entry.disk, entry.records_count);
    else
        return;
    assert(pack.result == MJL_OK);
    fuzz_same(input, &out);
}

/* ---- Whole logs ---- */

typedef struct source {
    mjl_bytes log;
    size_t at;
} source;

static mjl_result read_log(void *context, uint8_t *out, size_t room, size_t *size)
{
    source *const from = context;
    const size_t left = from->log.size - from->at;
    *size = left < room ? left : room;
    if (*size > 0) memcpy(out, from->log.data + from->at, *size);
    from->at += *size;
    return MJL_OK;
}

static mjl_result replay(mjl_bytes log, mjl_replay_reopening reopening, mjl_replay_report *report)
{
    source from = {.log = log};
    const mjl_replay_config config = {
        .size = sizeof config, .context = &from, .read = read_log, .reopening = reopening};
    const mjl_result result = mjl_replay(&config, report);
    fuzz_defined(result);
    assert(result != MJL_BUG && report->at <= log.size && report->steps <= report->inputs);
    return result;
}

/* Run again it ends the same. */
static void run_log(mjl_bytes input)
{
    mjl_replay_report first, second;
    const mjl_result result = replay(input, MJL_REPLAY_STAYS_OPEN, &first);
    const mjl_result again = replay(input, MJL_REPLAY_STAYS_OPEN, &second);
    assert(again == result && first.difference == second.difference && first.at == second.at);
    assert(memcmp(&first.chain, &second.chain, sizeof first.chain) == 0);
    fuzz_defined(replay(input, MJL_REPLAY_REOPENS, &second));
}

static mjl_result add_frame(mjl_log_frame_chain *chain, mjl_bytes entry, mjl_buffer *log)
{
    static const uint8_t head[MJL_LOG_FRAME_HEAD_SIZE] = {0};
    mjl_buffer frame = {0};
    mjl_result result = mjl_buffer_append(&frame, mjl_bytes_of(head, sizeof head));
    if (result == MJL_OK) result = mjl_buffer_append(&frame, entry);
    if (result == MJL_OK) result = mjl_log_frame_close(chain, &frame);
    if (result == MJL_OK) result = mjl_buffer_append(log, mjl_buffer_bytes(&frame));
    mjl_buffer_clear(&frame);
    return result;
}

/* Each entry behind its size in two bytes. */
static void run_entries(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_log_frame_chain chain = {{0}};
    mjl_buffer log = {0};
    mjl_result result = mjl_buffer_append(&log, mjl_log_mark());
    while (result == MJL_OK && script.left.size > 0) {
        const size_t size = (size_t)fuzz_take_number(&script, 2);
        result = add_frame(&chain, fuzz_take_bytes(&script, size), &log);
    }
    assert(result == MJL_OK);
    run_log(mjl_buffer_bytes(&log));
    mjl_buffer_clear(&log);
}

static const fuzz_target targets[] = {
    {.name = "log_entry", .run = run_entry, .input_max = 4096},
    {.name = "log", .run = run_log, .input_max = 16384, .is_unbounded = true},
    {.name = "log_entries", .run = run_entries, .input_max = 16384, .is_unbounded = true}};

const fuzz_family fuzz_log = {"logs", targets, sizeof targets / sizeof targets[0]};
