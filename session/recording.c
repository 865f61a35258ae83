#include "recording.h"

#include "calls.h"
#include "output_digest.h"
#include "profile_state.h"
#include "recording_entries.h"
#include "recording_frames.h"
#include "state_digest.h"
#include "watched_store.h"

#include <assert.h>

struct mjl_recorder {
    mjl_recorder_config config;
    mjl_result failure; /* Why it stopped. */
    bool is_lent;       /* To a profile that is open. */
    bool is_inside;     /* An input is being taken. */
    mjl_log_frame_chain chain;
    mjl_buffer frame;                /* The entry being written; wiped after. */
    mjl_random random;               /* The host's. */
    uint32_t asked[MJL_FAULT_COUNT]; /* Within this input. */
    mjl_output_digest output;        /* Since the last input. */
    uint64_t steps;
    bool has_left; /* What the last close left is known, and is `left`. */
    mjl_id left;
};

static bool is_recording(const mjl_recorder *recorder)
{
    return recorder->failure == MJL_OK;
}

/* The first reason stands. */
static void stop(mjl_recorder *recorder, mjl_result why)
{
    if (recorder->failure == MJL_OK) recorder->failure = why;
}

/* ---- Writing entries ---- */

static mjl_pack begin_entry(mjl_recorder *recorder)
{
    static const uint8_t head[MJL_LOG_FRAME_HEAD_SIZE] = {0};
    recorder->frame.size = 0;
    mjl_pack pack = mjl_pack_to(&recorder->frame);
    pack.result = mjl_buffer_append(&recorder->frame, mjl_bytes_of(head, sizeof head));
    return pack;
}

static void end_entry(mjl_recorder *recorder, const mjl_pack *pack)
{
    mjl_result result = pack->result;
    if (result == MJL_OK) result = mjl_log_frame_close(&recorder->chain, &recorder->frame);
    if (result == MJL_OK) {
        result =
            recorder->config.write(recorder->config.context, mjl_buffer_bytes(&recorder->frame));
    }
    mjl_bytes_wipe(recorder->frame.data, recorder->frame.size);
    recorder->frame.size = 0;
    if (result != MJL_OK) stop(recorder, result);
}

static void write_output(mjl_recorder *recorder)
{
    mjl_output_digest *const digest = &recorder->output;
    if (digest->packets == 0 && digest->events == 0) return;
    mjl_output output = {.packets = digest->packets, .events = digest->events};
    mjl_output_digest_finish(digest, &output.packets_hash, &output.events_hash);
    mjl_output_digest_init(digest);
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_output(&pack, &output);
    end_entry(recorder, &pack);
}

static void write_fault(mjl_recorder *recorder, uint32_t of, mjl_result result)
{
    const mjl_fault fault = {of, recorder->asked[of], result};
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_fault(&pack, &fault);
    end_entry(recorder, &pack);
}

/* ---- The recorder ---- */

mjl_result mjl_recorder_new(const mjl_recorder_config *config, mjl_recorder **recorder)
{
    if (config == NULL || recorder == NULL || config->size < sizeof *config ||
        config->write == NULL) {
        return MJL_BAD_ARGUMENT;
    }
    mjl_recorder *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    made->config = *config;
    mjl_output_digest_init(&made->output);
    made->failure = config->write(config->context, mjl_log_mark());
    if (is_recording(made)) {
        mjl_pack pack = begin_entry(made);
        mjl_entry_pack_header(&pack);
        end_entry(made, &pack);
    }
    const mjl_result result = made->failure;
    if (result == MJL_OK)
        *recorder = made;
    else
        mjl_recorder_free(made);
    return result;
}

void mjl_recorder_free(mjl_recorder *recorder)
{
    if (recorder == NULL) return;
    assert(!recorder->is_lent);
    if (is_recording(recorder)) {
        mjl_pack pack = begin_entry(recorder);
        mjl_entry_pack_end(&pack);
        end_entry(recorder, &pack);
    }
    mjl_buffer_clear(&recorder->frame);
    mjl_bytes_wipe(recorder, sizeof *recorder);
    free(recorder);
}

mjl_result mjl_recorder_failure(const mjl_recorder *recorder)
{
    return recorder->failure;
}

/* ---- Chance and the store ---- */

static mjl_result draw(void *context, uint8_t *out, size_t size)
{
    mjl_recorder *const recorder = context;
    const mjl_result result = recorder->random.fill(recorder->random.context, out, size);
    if (!is_recording(recorder)) return result;
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_draw(&pack, result, mjl_bytes_of(out, result == MJL_OK ? size : 0));
    end_entry(recorder, &pack);
    return result;
}

/* No state depends on what seals: only failures count. */
static mjl_result draw_for_sealing(void *context, uint8_t *out, size_t size)
{
    mjl_recorder *const recorder = context;
    const mjl_result result = recorder->random.fill(recorder->random.context, out, size);
    if (result != MJL_OK && is_recording(recorder)) {
        write_fault(recorder, MJL_FAULT_SEALING, result);
    }
    recorder->asked[MJL_FAULT_SEALING]++;
    return result;
}

/* An answer that the memory disk of a replay would not give. Where no input asked, the replay could
 * not know when to give it. */
static void after_asking(void *context, mjl_store_asked asked, mjl_result result)
{
    mjl_recorder *const recorder = context;
    if (result != MJL_OK && result != MJL_NOT_FOUND && is_recording(recorder)) {
        if (recorder->is_inside)
            write_fault(recorder, asked, result);
        else
            stop(recorder, result);
    }
    recorder->asked[asked]++;
}

/* ---- Opening ---- */

static void write_opening(mjl_recorder *recorder, const mjl_profile_config *config)
{
    mjl_opening opening = {.now = config->now, .has_suites = config->suites != NULL};
    opening.user_id = config->user_id;
    opening.display_name = config->display_name;
    opening.has_padding =
        config->padding != NULL && config->padding->rungs_count <= MJL_PADDING_RUNGS_MAX;
    if (opening.has_padding) opening.padding = *config->padding;
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_open(&pack, &opening);
    end_entry(recorder, &pack);
}

static void begin_input(mjl_recorder *recorder)
{
    assert(!recorder->is_inside); /* Inside the engine nobody calls the public functions. */
    recorder->is_inside = true;
    memset(recorder->asked, 0, sizeof recorder->asked);
    if (is_recording(recorder)) write_output(recorder);
}

mjl_result mjl_recording_open(const mjl_profile_config *config, mjl_profile **profile)
{
    mjl_recorder *const recorder = config->recorder;
    mjl_profile_config watched = *config;
    const mjl_store_watch watch = {.context = recorder, .after = after_asking};
    mjl_result result = recorder->is_lent ? MJL_WRONG_STATE : MJL_OK;
    if (result != MJL_OK) {
        mjl_store_free(config->store);
        return result;
    }
    result = mjl_watched_store_new(config->store, &watch, &watched.store);
    if (result != MJL_OK) return result;
    recorder->random = config->random;
    watched.random.context = recorder;
    watched.random.fill = draw;
    recorder->is_lent = true;
    begin_input(recorder);
    if (is_recording(recorder)) write_opening(recorder, config);
    const mjl_random sealing = {recorder, draw_for_sealing};
    mjl_outcome outcome = {.result = mjl_do_open(&watched, &sealing, profile)};
    const mjl_input input = {.kind = MJL_INPUT_OPEN};
    const bool is_open = outcome.result == MJL_OK;
    mjl_recording_outcome(recorder, is_open ? *profile : NULL, &input, &outcome);
    recorder->is_lent = is_open;
    return outcome.result;
}

static mjl_result digest_loaded(const mjl_records *records, mjl_state_digest *digest,
                                uint64_t *count)
{
    mjl_record record;
    mjl_result result = MJL_OK;
    mjl_state_digest_init(digest);
    mjl_records_cursor cursor = mjl_records_loaded(records);
    for (*count = 0; result == MJL_OK && mjl_records_next(records, &cursor, &record); ++*count)
        result = mjl_state_digest_add(digest, record.place, record.value);
    mjl_state_digest_finish(digest);
    return result;
}

static void write_records(mjl_recorder *recorder, const mjl_records *records)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded(records);
    while (is_recording(recorder) && mjl_records_next(records, &cursor, &record)) {
        mjl_pack pack = begin_entry(recorder);
        mjl_entry_pack_record(&pack, record.place, record.value);
        end_entry(recorder, &pack);
    }
}

void mjl_recording_loaded(mjl_recorder *recorder, const mjl_records *records)
{
    if (!is_recording(recorder)) return;
    mjl_disk_kind disk = MJL_DISK_NEW;
    uint64_t count = 0;
    if (!mjl_records_is_new(records)) {
        mjl_state_digest digest;
        const mjl_result result = digest_loaded(records, &digest, &count);
        if (result != MJL_OK) stop(recorder, result);
        const bool is_as_left =
            recorder->has_left && memcmp(&digest.hash, &recorder->left, sizeof digest.hash) == 0;
        disk = is_as_left ? MJL_DISK_AS_LEFT : MJL_DISK_COPIED;
        mjl_state_digest_clear(&digest);
    }
    recorder->has_left = false; /* Until the next close: what an open does to the disk counts. */
    if (!is_recording(recorder)) return;
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_disk(&pack, disk, disk == MJL_DISK_COPIED ? count : 0);
    end_entry(recorder, &pack);
    if (disk == MJL_DISK_COPIED) write_records(recorder, records);
}

/* ---- Inputs ---- */

void mjl_recording_input(mjl_recorder *recorder, const mjl_input *input)
{
    begin_input(recorder);
    if (!is_recording(recorder)) return;
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_input(&pack, input);
    end_entry(recorder, &pack);
}

static mjl_result digest_state(const mjl_profile *profile, mjl_state_digest *digest)
{
    mjl_state_digest_init(digest);
    const mjl_result result = mjl_records_each(profile->records, mjl_state_digest_add, digest);
    mjl_state_digest_finish(digest);
    return result;
}

static void write_digest(mjl_recorder *recorder, const mjl_state_digest *digest)
{
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_begin(&pack, MJL_ENTRY_STATE);
    mjl_state_digest_pack(digest, &pack);
    end_entry(recorder, &pack);
}

static void write_state(mjl_recorder *recorder, const mjl_profile *profile)
{
    mjl_state_digest digest;
    const mjl_result result = digest_state(profile, &digest);
    if (result == MJL_OK)
        write_digest(recorder, &digest);
    else
        stop(recorder, result);
    mjl_state_digest_clear(&digest);
}

static bool is_hashed_after(mjl_recorder *recorder, const mjl_input *input, mjl_result result)
{
    const uint32_t every = recorder->config.hash_every;
    if (result != MJL_OK && result != MJL_BUDGET_SPENT) return false;
    if (input->kind == MJL_INPUT_OPEN) return every != 0;
    if (input->kind != MJL_INPUT_STEP) return false;
    recorder->steps++;
    return every != 0 && recorder->steps % every == 0;
}

void mjl_recording_outcome(mjl_recorder *recorder, mjl_profile *profile, const mjl_input *input,
                           const mjl_outcome *outcome)
{
    recorder->is_inside = false;
    if (!is_recording(recorder)) return;
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_outcome(&pack, outcome);
    end_entry(recorder, &pack);
    if (!is_recording(recorder)) return;
    if (is_hashed_after(recorder, input, outcome->result) && profile != NULL) {
        write_state(recorder, profile);
    }
}

/* ---- What comes out ---- */

void mjl_recording_packet(mjl_recorder *recorder, const mjl_packet *packet)
{
    if (!is_recording(recorder)) return;
    const mjl_result result = mjl_output_digest_packet(&recorder->output, packet);
    if (result != MJL_OK) stop(recorder, result);
}

void mjl_recording_event(mjl_recorder *recorder, const mjl_event *event)
{
    if (!is_recording(recorder)) return;
    const mjl_result result = mjl_output_digest_event(&recorder->output, event);
    if (result != MJL_OK) stop(recorder, result);
}

/* ---- Closing ---- */

void mjl_recording_close(mjl_recorder *recorder, mjl_profile *profile)
{
    recorder->is_lent = false;
    recorder->has_left = false;
    if (!is_recording(recorder)) return;
    write_output(recorder);
    const mjl_input input = {.kind = MJL_INPUT_CLOSE};
    mjl_pack pack = begin_entry(recorder);
    mjl_entry_pack_input(&pack, &input);
    end_entry(recorder, &pack);
    mjl_state_digest digest;
    recorder->has_left = digest_state(profile, &digest) == MJL_OK;
    recorder->left = digest.hash;
    if (recorder->has_left && recorder->config.hash_every != 0 && is_recording(recorder)) {
        write_digest(recorder, &digest);
    }
    mjl_state_digest_clear(&digest);
}
