#include "profile_state.h"

#include "array.h"
#include "calls.h"
#include "identity.h"
#include "padding.h"
#include "persist.h"
#include "receive.h"
#include "record_kinds.h"
#include "recording.h"
#include "session_state.h"
#include "timers.h"

#include <assert.h>
#include <sodium.h>

enum { OUTBOX_ROOM_PER_INPUT = 64, EVENTS_ROOM_PER_INPUT = 256 };

mjl_result mjl_profile_fail(mjl_profile *profile, mjl_result why)
{
    if (profile->failure == MJL_OK) profile->failure = why;
    return why;
}

/* A host whose clock is out of its mind gets a profile that stands still, not one that fails. */
static mjl_time within_time(mjl_time now)
{
    if (now > MJL_TIME_MAX) return MJL_TIME_MAX;
    return now < MJL_TIME_MIN ? MJL_TIME_MIN : now;
}

/* Time does not go back. */
static void come_to(mjl_profile *profile, mjl_time now)
{
    const mjl_time within = within_time(now);
    if (within > profile->now) profile->now = within;
}

/* ---- Opening and closing ---- */

static mjl_result load_notes(mjl_profile *profile)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded_of_kind(profile->records, 0, MJL_RECORD_NOTE);
    while (mjl_records_next(profile->records, &cursor, &record)) {
        const mjl_result result = mjl_do_note_set(profile, record.place.key, record.value);
        if (result != MJL_OK) return result;
        profile->notes[profile->notes_count - 1].dirty = false;
    }
    profile->is_changed = false;
    return MJL_OK;
}

static mjl_result load_queues(mjl_profile *profile)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded_of_kind(profile->records, 0, MJL_RECORD_OUTBOX);
    while (mjl_records_next(profile->records, &cursor, &record)) {
        const mjl_result result = mjl_outbox_load(&profile->outbox, record.place.key, record.value);
        if (result != MJL_OK) return result;
    }
    cursor = mjl_records_loaded_of_kind(profile->records, 0, MJL_RECORD_EVENT);
    while (mjl_records_next(profile->records, &cursor, &record)) {
        const mjl_result result = mjl_events_load(&profile->events, record.place.key, record.value);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* By the records there are, in the order of their numbers. */
static mjl_result load_sessions(mjl_profile *profile)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded(profile->records);
    while (mjl_records_next(profile->records, &cursor, &record)) {
        const mjl_store_place place = record.place;
        if (place.session == 0 || place.kind != MJL_RECORD_SESSION) continue;
        if (place.key.size != 0) return MJL_STORE_DAMAGED;
        const mjl_result result = mjl_session_load(profile, place.session, record.value);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result load(mjl_profile *profile)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded_of_kind(profile->records, 0, MJL_RECORD_PROFILE);
    if (!mjl_records_next(profile->records, &cursor, &record)) return MJL_STORE_DAMAGED;
    mjl_result result = mjl_identity_load(profile, record.value);
    if (result == MJL_OK) result = load_notes(profile);
    if (result == MJL_OK) result = load_queues(profile);
    if (result == MJL_OK) result = load_sessions(profile);
    for (size_t i = 0; result == MJL_OK && i < profile->sessions_count; i++)
        result = mjl_transports_opened(profile->sessions[i]);
    /* Each record fits; whether they fit each other is asked before anything builds on it. */
    if (result == MJL_OK && mjl_profile_check(profile) != MJL_OK) result = MJL_STORE_DAMAGED;
    mjl_records_loaded_done(profile->records);
    return result;
}

/* What is written with every message lies together. Kinds with secrets that must not outlive their
 * use (ratchets, groups, a joiner's key), and what is written seldom, is sealed one by one. */
static void set_shelves(mjl_records *records)
{
    static const uint16_t lasting[] = {MJL_RECORD_PLACE, MJL_RECORD_HOLDING, MJL_RECORD_CONTENT,
                                       MJL_RECORD_PROOF, MJL_RECORD_TOKEN,   MJL_RECORD_AUTHOR};
    static const uint16_t passing[] = {
        MJL_RECORD_PROFILE, MJL_RECORD_OUTBOX,   MJL_RECORD_EVENT,
        MJL_RECORD_SESSION, MJL_RECORD_SCHEDULE, MJL_RECORD_TASK,
        MJL_RECORD_PACKET,  MJL_RECORD_ACKS,     MJL_RECORD_PRESENCE};
    /* Written again with nearly every step, or gone with the next one. */
    static const uint16_t held[] = {MJL_RECORD_PROFILE, MJL_RECORD_OUTBOX,   MJL_RECORD_EVENT,
                                    MJL_RECORD_SESSION, MJL_RECORD_SCHEDULE, MJL_RECORD_RATCHETS,
                                    MJL_RECORD_PRESENCE};
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
        mjl_records_set_shelf(records, lasting[i], MJL_SHELF_LASTING);
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        mjl_records_set_shelf(records, passing[i], MJL_SHELF_PASSING);
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
        mjl_records_hold_in_head(records, held[i]);
}

static mjl_result open_records(mjl_profile *profile, const mjl_profile_config *config,
                               mjl_random sealing)
{
    mjl_result result =
        mjl_records_open(config->store, config->store_key, sealing, &profile->records);
    if (result != MJL_OK) return result;
    if (config->recorder != NULL) mjl_recording_loaded(config->recorder, profile->records);
    set_shelves(profile->records);
    if (!mjl_records_is_new(profile->records)) return load(profile);
    result = mjl_identity_make(profile, config->user_id, config->display_name);
    profile->is_changed = true;
    return result;
}

mjl_result mjl_do_open(const mjl_profile_config *config, const mjl_random *sealing,
                       mjl_profile **profile)
{
    if (config == NULL || profile == NULL) return MJL_BAD_ARGUMENT;
    if (config->size < sizeof *config || config->store == NULL || config->store_key == NULL ||
        config->random.fill == NULL ||
        (config->padding != NULL && !mjl_padding_is_valid(config->padding))) {
        mjl_store_free(config->store);
        return MJL_BAD_ARGUMENT;
    }
    if (sodium_init() < 0) {
        mjl_store_free(config->store);
        return MJL_NO_RANDOM;
    }
    mjl_profile *made = calloc(1, sizeof *made);
    if (made == NULL) {
        mjl_store_free(config->store);
        return MJL_OUT_OF_MEMORY;
    }
    made->random = config->random;
    made->suites = config->suites;
    made->recorder = config->recorder;
    made->padding = config->padding == NULL ? mjl_padding_default() : *config->padding;
    made->now = within_time(config->now);
    made->next_session_number = 1;
    mjl_outbox_init(&made->outbox);
    mjl_events_init(&made->events);
    mjl_result result = open_records(
        made, config,
        mjl_draw_alike(&made->sealing, sealing == NULL ? config->random : *sealing, "store"));
    /* A new profile exists from its first step on; made at once, so that what is refused is refused
     * here. */
    if (result == MJL_OK && made->is_changed) result = mjl_do_step(made, config->now);
    if (result != MJL_OK) {
        mjl_do_close(made);
        return result;
    }
    come_to(made, config->now);
    *profile = made;
    return MJL_OK;
}

void mjl_do_close(mjl_profile *profile)
{
    if (profile == NULL) return;
    for (size_t i = 0; i < profile->sessions_count; i++)
        mjl_session_free(profile->sessions[i]);
    free(profile->sessions);
    for (size_t i = 0; i < profile->notes_count; i++) {
        mjl_buffer_clear(&profile->notes[i].name);
        mjl_buffer_clear(&profile->notes[i].value);
    }
    free(profile->notes);
    mjl_outbox_clear(&profile->outbox);
    mjl_events_clear(&profile->events);
    mjl_identity_clear(profile);
    mjl_records_free(profile->records);
    free(profile);
}

mjl_result mjl_profile_adopt_session(mjl_profile *profile, mjl_session *session)
{
    const mjl_result result =
        mjl_array_reserve(&profile->sessions, profile->sessions_count, &profile->sessions_room, 1,
                          sizeof *profile->sessions);
    if (result != MJL_OK) return result;
    profile->sessions[profile->sessions_count++] = session;
    return MJL_OK;
}

mjl_result mjl_profile_add_session(mjl_profile *profile, mjl_session **session)
{
    if (profile->sessions_count >= MJL_SESSIONS_MAX) return MJL_FULL;
    mjl_result result = mjl_session_new(profile, profile->next_session_number, session);
    if (result != MJL_OK) return result;
    result = mjl_profile_adopt_session(profile, *session);
    if (result != MJL_OK) {
        mjl_session_free(*session);
        return result;
    }
    profile->next_session_number++;
    return MJL_OK;
}

/* ---- Time ---- */

/* The session whose next task is the earliest; ties go to the lower number. NULL if none is due
 * before `now`. */
static mjl_session *earliest(const mjl_profile *profile, mjl_time now, mjl_time *due)
{
    mjl_session *first = NULL;
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_time its;
        if (!mjl_timers_next_due(profile->sessions[i], &its) || its > now) continue;
        if (first == NULL || its < *due) {
            first = profile->sessions[i];
            *due = its;
        }
    }
    return first;
}

/* They are no part of the saved schedules, since nothing of them is saved. */
static mjl_result look_at_transports(mjl_profile *profile)
{
    mjl_result result = MJL_OK;
    mjl_time due;
    for (size_t i = 0; result == MJL_OK && i < profile->sessions_count; i++) {
        mjl_session *const session = profile->sessions[i];
        assert(session != NULL); /* The list has no holes. */
        if (!mjl_transports_next_due(session, &due) || due > profile->now) continue;
        profile->is_changed = session->is_touched = true;
        result = mjl_transports_look(session);
    }
    return result;
}

/* Runs everything due before `now` in the order (due, session, serial), then brings every schedule
 * to `now`. */
static mjl_result run_due(mjl_profile *profile, mjl_time now)
{
    profile->outbox.in_timer = profile->events.in_timer = true;
    mjl_result result = MJL_OK;
    size_t budget = MJL_TASKS_PER_RUN_MAX;
    mjl_time due = 0;
    for (mjl_session *session; result == MJL_OK && (session = earliest(profile, now, &due));) {
        if (!mjl_outbox_has_room(&profile->outbox, OUTBOX_ROOM_PER_INPUT) ||
            !mjl_events_have_room(&profile->events, EVENTS_ROOM_PER_INPUT) || budget == 0) {
            result = MJL_BUDGET_SPENT; /* They stay due. */
            break;
        }
        profile->is_changed = session->is_touched = true;
        result = mjl_timers_run_next(session, due);
        budget--;
    }
    profile->outbox.in_timer = profile->events.in_timer = false;
    for (size_t i = 0; result == MJL_OK && i < profile->sessions_count; i++) {
        result = mjl_timers_arrive(profile->sessions[i], now);
    }
    mjl_result looked = look_at_transports(profile);
    return looked == MJL_OK ? result : looked;
}

mjl_result mjl_profile_begin(mjl_profile *profile, mjl_time now)
{
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    come_to(profile, now);
    if (!mjl_outbox_has_room(&profile->outbox, OUTBOX_ROOM_PER_INPUT) ||
        !mjl_events_have_room(&profile->events, EVENTS_ROOM_PER_INPUT)) {
        return MJL_FULL;
    }
    const mjl_result result = run_due(profile, profile->now);
    if (result == MJL_OK || result == MJL_BUDGET_SPENT) return MJL_OK;
    return mjl_profile_fail(profile, result);
}

mjl_result mjl_profile_end(mjl_profile *profile, mjl_result result)
{
    profile->is_changed = true;
    return result == MJL_OK ? MJL_OK : mjl_profile_fail(profile, result);
}

mjl_result mjl_profile_next_due(const mjl_profile *profile, mjl_time *due)
{
    if (profile == NULL || due == NULL) return MJL_BAD_ARGUMENT;
    mjl_time first = INT64_MAX;
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_time its;
        if (mjl_timers_next_due(profile->sessions[i], &its) && its < first) first = its;
        if (mjl_transports_next_due(profile->sessions[i], &its) && its < first) first = its;
    }
    if (first > MJL_TIME_MAX) return MJL_EMPTY; /* That time never comes. */
    *due = first;
    return MJL_OK;
}

/* ---- The step ---- */

static mjl_result save_notes(mjl_profile *profile)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < profile->notes_count; i++) {
        const mjl_note *note = &profile->notes[i];
        if (!note->dirty) continue;
        const mjl_bytes name = mjl_buffer_bytes(&note->name);
        result = note->value.size == 0
                     ? mjl_records_delete(profile->records, 0, MJL_RECORD_NOTE, name)
                     : mjl_records_put(profile->records, 0, MJL_RECORD_NOTE, name,
                                       mjl_buffer_bytes(&note->value));
    }
    return result;
}

static mjl_result save(mjl_profile *profile)
{
    mjl_buffer saved = {0};
    mjl_result result = mjl_identity_save(profile, &saved);
    if (result == MJL_OK) {
        result = mjl_records_put(profile->records, 0, MJL_RECORD_PROFILE, mjl_bytes_of(NULL, 0),
                                 mjl_buffer_bytes(&saved));
    }
    mjl_buffer_clear(&saved);
    for (size_t i = 0; result == MJL_OK && i < profile->sessions_count; i++) {
        result = mjl_session_save(profile->sessions[i], profile->records);
    }
    if (result == MJL_OK) result = save_notes(profile);
    if (result == MJL_OK) result = mjl_outbox_save(&profile->outbox, profile->records);
    if (result == MJL_OK) result = mjl_events_save(&profile->events, profile->records);
    return result;
}

/* Removed notes go, and make room for others. */
static void forget_notes(mjl_profile *profile)
{
    size_t kept = 0;
    for (size_t i = 0; i < profile->notes_count; i++) {
        mjl_note *note = &profile->notes[i];
        note->dirty = false;
        if (note->value.size == 0) {
            mjl_buffer_clear(&note->name);
            mjl_buffer_clear(&note->value);
            continue;
        }
        profile->notes[kept++] = *note;
    }
    profile->notes_count = kept;
}

static void mark_persisted(mjl_profile *profile)
{
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_session_persisted(profile->sessions[i]);
    }
    forget_notes(profile);
    mjl_outbox_persisted(&profile->outbox);
    mjl_events_persisted(&profile->events);
    profile->is_changed = false;
}

mjl_result mjl_do_step(mjl_profile *profile, mjl_time now)
{
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    come_to(profile, now);
    const mjl_result ran = run_due(profile, profile->now);
    if (ran != MJL_OK && ran != MJL_BUDGET_SPENT) return mjl_profile_fail(profile, ran);
    mjl_result result = save(profile);
    if (result == MJL_OK) result = mjl_records_persist(profile->records);
    if (result != MJL_OK) return mjl_profile_fail(profile, result);
    mark_persisted(profile);
    return ran;
}

mjl_result mjl_do_receive(mjl_profile *profile, mjl_time now, mjl_transport_id from,
                          mjl_bytes packet, mjl_verdict *verdict)
{
    (void)from; /* Packets are what they are, whoever brought them; kept for bridging. */
    mjl_result result = mjl_profile_begin(profile, now);
    if (result != MJL_OK) return result;
    memset(verdict, 0, sizeof *verdict);
    result = mjl_receive(profile, packet, verdict);
    return mjl_profile_end(profile, result);
}

/* ---- Output ---- */

mjl_result mjl_do_next_packet(mjl_profile *profile, mjl_packet *packet)
{
    if (profile == NULL || packet == NULL) return MJL_BAD_ARGUMENT;
    if (profile->failure != MJL_OK) return MJL_EMPTY;
    const mjl_result result = mjl_outbox_next(&profile->outbox, packet);
    return result == MJL_EMPTY && profile->is_changed ? MJL_UNPERSISTED : result;
}

mjl_result mjl_do_packet_sent(mjl_profile *profile, uint64_t number)
{
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    return mjl_outbox_sent(&profile->outbox, number);
}

/* A large body lies in its parts: the event is kept without it. */
static mjl_result fill_large_body(mjl_profile *profile, mjl_event *event)
{
    const mjl_session *session = mjl_profile_session_numbered(profile, event->session_number);
    if (session == NULL) return MJL_BUG;
    const uint32_t place = mjl_transcript_find_message(session->transcript, &event->message);
    if (place == MJL_NO_INDEX) return MJL_BUG;
    mjl_bytes media_type;
    return mjl_large_read(session, place, &media_type, &event->body);
}

mjl_result mjl_do_next_event(mjl_profile *profile, mjl_event *event)
{
    if (profile == NULL || event == NULL) return MJL_BAD_ARGUMENT;
    if (profile->failure != MJL_OK) return MJL_EMPTY;
    mjl_result result = mjl_events_next(&profile->events, event);
    if (result == MJL_OK && event->kind == MJL_EVENT_MESSAGE && event->parts_count > 0) {
        result = fill_large_body(profile, event);
        if (result != MJL_OK) mjl_events_put_back(&profile->events);
        return result;
    }
    return result == MJL_EMPTY && profile->is_changed ? MJL_UNPERSISTED : result;
}

mjl_result mjl_do_event_settled(mjl_profile *profile, uint64_t number)
{
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    return mjl_events_settle(&profile->events, number);
}

/* ---- Notes ---- */

static mjl_note *find_note(const mjl_profile *profile, mjl_bytes name)
{
    for (size_t i = 0; i < profile->notes_count; i++) {
        if (mjl_bytes_equal(mjl_buffer_bytes(&profile->notes[i].name), name)) {
            return &profile->notes[i];
        }
    }
    return NULL;
}

static mjl_result add_note(mjl_profile *profile, mjl_bytes name, mjl_note **note)
{
    if (profile->notes_count >= MJL_NOTES_MAX) return MJL_FULL;
    const mjl_result reserved = mjl_array_reserve(&profile->notes, profile->notes_count,
                                                  &profile->notes_room, 1, sizeof *profile->notes);
    if (reserved != MJL_OK) return reserved;
    mjl_note made = {0};
    const mjl_result result = mjl_buffer_append(&made.name, name);
    if (result != MJL_OK) return result;
    profile->notes[profile->notes_count] = made;
    *note = &profile->notes[profile->notes_count++];
    return MJL_OK;
}

mjl_result mjl_do_note_set(mjl_profile *profile, mjl_bytes name, mjl_bytes value)
{
    if (name.size == 0 || name.size > MJL_STORE_KEY_SIZE_MAX) return MJL_BAD_ARGUMENT;
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    if (value.size > MJL_NOTE_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_buffer copy = {0};
    mjl_result result = mjl_buffer_append(&copy, value);
    if (result != MJL_OK) return result;
    mjl_note *note = find_note(profile, name);
    if (note == NULL) result = add_note(profile, name, &note);
    if (result != MJL_OK) {
        mjl_buffer_clear(&copy);
        return result;
    }
    mjl_buffer_clear(&note->value);
    note->value = copy;
    note->dirty = true;
    profile->is_changed = true;
    return MJL_OK;
}

mjl_result mjl_profile_note_get(const mjl_profile *profile, mjl_bytes name, mjl_bytes *value)
{
    if (profile == NULL || value == NULL) return MJL_BAD_ARGUMENT;
    const mjl_note *note = find_note(profile, name);
    if (note == NULL || note->value.size == 0) return MJL_NOT_FOUND;
    *value = mjl_buffer_bytes(&note->value);
    return MJL_OK;
}

/* ---- Questions ---- */

mjl_member_id mjl_profile_member(const mjl_profile *profile)
{
    return profile->member;
}

mjl_bytes mjl_profile_display_name(const mjl_profile *profile)
{
    return mjl_buffer_bytes(&profile->display_name);
}

mjl_bytes mjl_profile_user_id(const mjl_profile *profile)
{
    return mjl_buffer_bytes(&profile->user_id);
}

mjl_time mjl_profile_now(const mjl_profile *profile)
{
    return profile->now;
}

mjl_session *mjl_profile_session(const mjl_profile *profile, size_t i)
{
    return i < profile->sessions_count ? profile->sessions[i] : NULL;
}

mjl_session *mjl_profile_session_numbered(const mjl_profile *profile, uint32_t number)
{
    for (size_t i = 0; i < profile->sessions_count; i++) {
        if (profile->sessions[i]->number == number) return profile->sessions[i];
    }
    return NULL;
}

mjl_result mjl_profile_state_hash(mjl_profile *profile, mjl_id *hash)
{
    if (profile == NULL || hash == NULL) return MJL_BAD_ARGUMENT;
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    if (profile->is_changed) return MJL_UNPERSISTED;
    return mjl_records_state_hash(profile->records, hash->bytes);
}
