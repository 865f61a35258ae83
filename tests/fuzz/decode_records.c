/*
 * The plaintexts of records, one kind each: what a session and a profile keep on a disk. The store
 * seals them, so these are hands that have the key, or our own earlier versions.
 */
#include "fuzz.h"

#include "acks.h"
#include "identity.h"
#include "profile_state.h"
#include "session_record.h"
#include "session_state.h"
#include "small_records.h"
#include "transcript.h"

static void same_saved(mjl_result saved, mjl_bytes input, mjl_buffer *out)
{
    assert(saved == MJL_OK);
    fuzz_same(input, out);
}

/* ---- The small ones ---- */

#define RECODE(name, type, load, save, release)                                                    \
    static void run_##name(mjl_bytes input)                                                        \
    {                                                                                              \
        type value;                                                                                \
        mjl_buffer out = {0};                                                                      \
        memset(&value, 0xa5, sizeof value);                                                        \
        if (load(input, &value) != MJL_OK) return;                                                 \
        same_saved(save(&value, &out), input, &out);                                               \
        release;                                                                                   \
    }

static void release_request(mjl_join_request *request)
{
    mjl_buffer_clear(&request->key_package);
    mjl_buffer_clear(&request->user_id);
    mjl_buffer_clear(&request->display_name);
}

RECODE(epoch, mjl_epoch, mjl_load_epoch, mjl_save_epoch, mjl_epoch_clear(&value))
RECODE(presence, mjl_presence_entry, mjl_load_presence, mjl_save_presence, (void)value)
RECODE(intent, mjl_intent_entry, mjl_load_intent, mjl_save_intent,
       mjl_buffer_clear(&value.key_package))
RECODE(request, mjl_join_request, mjl_load_request, mjl_save_request, release_request(&value))
RECODE(warning, mjl_warning, mjl_load_warning, mjl_save_warning, mjl_buffer_clear(&value.missing))
RECODE(gap, mjl_missing, mjl_load_gap, mjl_save_gap, mjl_buffer_clear(&value.stated_by))
RECODE(answer, mjl_answer, mjl_load_answer, mjl_save_answer, free(value.places))
RECODE(say, mjl_queued_say, mjl_load_say, mjl_save_say, mjl_buffer_clear(&value.content))

static void run_holding(mjl_bytes input)
{
    mjl_holding holding;
    mjl_bytes owed;
    mjl_buffer out = {0};
    memset(&holding, 0xa5, sizeof holding);
    if (mjl_load_holding(input, &holding, &owed) != MJL_OK) return;
    same_saved(mjl_save_holding(&holding, owed, &out), input, &out);
}

static void run_unknown(mjl_bytes input)
{
    mjl_unknown_packet packet;
    mjl_bytes bytes;
    mjl_buffer out = {0};
    if (mjl_load_unknown(input, &packet, &bytes) != MJL_OK) return;
    mjl_result result = mjl_buffer_append(&packet.packet, bytes);
    if (result == MJL_OK) result = mjl_save_unknown(&packet, &out);
    mjl_buffer_clear(&packet.packet);
    same_saved(result, input, &out);
}

/* ---- Those that need a profile around them ---- */

static mjl_profile *blank_profile(void)
{
    mjl_profile *const profile = calloc(1, sizeof *profile);
    assert(profile != NULL);
    mjl_outbox_init(&profile->outbox);
    mjl_events_init(&profile->events);
    return profile;
}

static void free_profile(mjl_profile *profile)
{
    mjl_identity_clear(profile);
    mjl_outbox_clear(&profile->outbox);
    mjl_events_clear(&profile->events);
    free(profile);
}

static void run_profile(mjl_bytes input)
{
    mjl_profile *const profile = blank_profile();
    mjl_buffer out = {0};
    if (mjl_identity_load(profile, input) == MJL_OK)
        same_saved(mjl_identity_save(profile, &out), input, &out);
    mjl_buffer_clear(&profile->credential);
    free_profile(profile);
}

static void run_session(mjl_bytes input)
{
    mjl_profile *const profile = blank_profile();
    mjl_session *session = NULL;
    mjl_buffer out = {0};
    const mjl_result result = mjl_session_blank(profile, 1, &session);
    assert(result == MJL_OK);
    if (mjl_session_record_decode(session, input) == MJL_OK) {
        /* Of these the record says how many there are, and writing counts what there is. */
        const size_t counted = session->loading.authors + session->loading.epochs +
                               session->loading.places + session->loading.tasks;
        if (counted == 0 && session->schedule != NULL)
            same_saved(mjl_session_record_encode(session, &out), input, &out);
    }
    mjl_session_free(session);
    free_profile(profile);
}

/* A queue's record, under the lowest of keys. */
static const uint8_t first_key[8] = {0, 0, 0, 0, 0, 0, 0, 1};
static const uint64_t NEXT_NUMBER = 1 << 20;

static void run_outbox(mjl_bytes input)
{
    mjl_profile *const profile = blank_profile();
    mjl_packet packet;
    profile->outbox.next_number = profile->outbox.persisted_below = NEXT_NUMBER;
    if (mjl_outbox_load(&profile->outbox, mjl_bytes_of(first_key, sizeof first_key), input) ==
        MJL_OK) {
        while (mjl_outbox_next(&profile->outbox, &packet) == MJL_OK)
            assert(packet.bytes.size <= input.size && packet.number < NEXT_NUMBER);
    }
    free_profile(profile);
}

static void run_event(mjl_bytes input)
{
    mjl_profile *const profile = blank_profile();
    mjl_event event;
    profile->events.next_number = profile->events.persisted_below = NEXT_NUMBER;
    if (mjl_events_load(&profile->events, mjl_bytes_of(first_key, sizeof first_key), input) ==
        MJL_OK) {
        while (mjl_events_next(&profile->events, &event) == MJL_OK) {
            assert(event.body.size <= input.size && event.number < NEXT_NUMBER);
            mjl_event_kind_name(event.kind);
        }
    }
    free_profile(profile);
}

/* ---- The graph: records of authors, epochs, places, each behind its kind and size ---- */

typedef mjl_result graph_load(mjl_transcript *transcript, mjl_bytes saved);
typedef mjl_result graph_save(const mjl_transcript *transcript, uint32_t index, mjl_buffer *out);

static void graph_same(const mjl_transcript *transcript, graph_save *save, uint32_t index,
                       mjl_bytes input)
{
    mjl_buffer out = {0};
    const mjl_result result = save(transcript, index, &out);
    same_saved(result, input, &out);
}

static mjl_result load_graph(mjl_transcript *transcript, fuzz_script *script)
{
    static graph_load *const loads[] = {mjl_transcript_load_author, mjl_transcript_load_epoch,
                                        mjl_transcript_load_place};
    static graph_save *const saves[] = {mjl_transcript_save_author, mjl_transcript_save_epoch,
                                        mjl_transcript_save_place};
    uint32_t counts[3] = {0};
    uint8_t kind = 0;
    mjl_result result = MJL_OK;
    while (result == MJL_OK && script->left.size > 0) {
        const uint8_t head = fuzz_take(script);
        if (head % 3 > kind) kind = head % 3; /* In order, as the store gives them. */
        const mjl_bytes record = fuzz_take_bytes(script, fuzz_take_number(script, 2));
        result = loads[kind](transcript, record);
        if (result == MJL_OK) graph_same(transcript, saves[kind], counts[kind]++, record);
    }
    return result == MJL_OK ? mjl_transcript_load_done(transcript) : result;
}

static void run_transcript(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_transcript *transcript = NULL;
    const mjl_result made = mjl_transcript_new(&transcript);
    assert(made == MJL_OK);
    const mjl_result result = load_graph(transcript, &script);
    fuzz_defined(result);
    if (result == MJL_OK) {
        assert(mjl_transcript_check_all(transcript));
        mjl_place_ref refs[MJL_PARENTS_MAX];
        size_t count;
        for (uint32_t i = 0; i < mjl_transcript_epochs_count(transcript); i++) {
            fuzz_defined(mjl_transcript_heads(transcript, i, 0, refs, &count));
            mjl_transcript_frontier(transcript, i, 0, refs, MJL_PARENTS_MAX);
        }
    }
    mjl_transcript_free(transcript);
}

enum { AUTHORS = 8 };

static const mjl_transcript *some_authors(void)
{
    static mjl_transcript *transcript = NULL;
    if (transcript != NULL) return transcript;
    mjl_result result = mjl_transcript_new(&transcript);
    for (uint8_t i = 0; result == MJL_OK && i < AUTHORS; i++) {
        const mjl_member_id id = {{i}};
        uint32_t author;
        result = mjl_transcript_author(transcript, &id, &author);
    }
    assert(result == MJL_OK);
    return transcript;
}

static void run_acks_head(mjl_bytes input)
{
    mjl_acks *acks = NULL;
    mjl_buffer out = {0};
    if (mjl_acks_load_head(input, some_authors(), &acks) != MJL_OK) return;
    same_saved(mjl_acks_save_head(acks, &out), input, &out);
    mjl_acks_free(acks);
}

static void run_pending(mjl_bytes input)
{
    fuzz_script script = {input};
    mjl_pending *pending = NULL;
    mjl_result result = mjl_pending_new(&pending);
    assert(result == MJL_OK);
    while (result == MJL_OK && script.left.size > 0) {
        const mjl_bytes record = fuzz_take_bytes(&script, fuzz_take_number(&script, 2));
        result = mjl_pending_load(pending, record);
        fuzz_defined(result);
        assert(mjl_pending_check(pending));
    }
    mjl_pending_free(pending);
}

enum { INPUT_MAX = 8192 };

static const fuzz_target targets[] = {
    {.name = "record_epoch", .run = run_epoch, .input_max = INPUT_MAX},
    {.name = "record_holding", .run = run_holding, .input_max = 512},
    {.name = "record_presence", .run = run_presence, .input_max = 512},
    {.name = "record_intent", .run = run_intent, .input_max = INPUT_MAX},
    {.name = "record_request", .run = run_request, .input_max = INPUT_MAX},
    {.name = "record_unknown", .run = run_unknown, .input_max = INPUT_MAX},
    {.name = "record_warning", .run = run_warning, .input_max = INPUT_MAX},
    {.name = "record_gap", .run = run_gap, .input_max = 512},
    {.name = "record_answer", .run = run_answer, .input_max = INPUT_MAX},
    {.name = "record_say", .run = run_say, .input_max = INPUT_MAX},
    {.name = "record_profile", .run = run_profile, .input_max = 1024},
    {.name = "record_session", .run = run_session, .input_max = 4096},
    {.name = "record_outbox", .run = run_outbox, .input_max = INPUT_MAX},
    {.name = "record_event", .run = run_event, .input_max = INPUT_MAX},
    {.name = "record_graph", .run = run_transcript, .input_max = INPUT_MAX},
    {.name = "record_acks", .run = run_acks_head, .input_max = 1024},
    {.name = "record_pending", .run = run_pending, .input_max = INPUT_MAX}};

const fuzz_family fuzz_records = {"records", targets, sizeof targets / sizeof targets[0]};
