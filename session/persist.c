#include "persist.h"

#include "array.h"
#include "intents.h"
#include "pack.h"
#include "record_kinds.h"
#include "session_record.h"
#include "small_records.h"

typedef struct writer {
    mjl_records *records;
    uint32_t session;
    mjl_buffer value;
    mjl_result result; /* Sticky. */
} writer;

static void put(writer *out, uint16_t kind, mjl_bytes key)
{
    if (out->result != MJL_OK) return;
    out->result =
        mjl_records_put(out->records, out->session, kind, key, mjl_buffer_bytes(&out->value));
    out->value.size = 0;
}

static void put_number(writer *out, uint16_t kind, uint64_t number)
{
    uint8_t key[8];
    mjl_key_of_number(number, key);
    put(out, kind, mjl_bytes_of(key, sizeof key));
}

static void erase(writer *out, uint16_t kind, mjl_bytes key)
{
    if (out->result != MJL_OK) return;
    out->result = mjl_records_delete(out->records, out->session, kind, key);
}

static void erase_number(writer *out, uint16_t kind, uint64_t number)
{
    uint8_t key[8];
    mjl_key_of_number(number, key);
    erase(out, kind, mjl_bytes_of(key, sizeof key));
}

static void note(writer *out, mjl_result result)
{
    if (out->result == MJL_OK) out->result = result;
}

/* ---- Saving, room by room ---- */

static void save_graph(writer *out, const mjl_session *session)
{
    const mjl_transcript *transcript = session->transcript;
    for (uint32_t i = session->authors_saved; i < mjl_transcript_authors_count(transcript); i++) {
        note(out, mjl_transcript_save_author(transcript, i, &out->value));
        put_number(out, MJL_RECORD_AUTHOR, i);
    }
    for (uint32_t i = session->epochs_saved; i < mjl_transcript_epochs_count(transcript); i++) {
        note(out, mjl_transcript_save_epoch(transcript, i, &out->value));
        put_number(out, MJL_RECORD_GRAPH_EPOCH, i);
    }
    for (uint32_t i = session->places_saved; i < mjl_transcript_places_count(transcript); i++) {
        note(out, mjl_transcript_save_place(transcript, i, &out->value));
        put_number(out, MJL_RECORD_PLACE, i);
    }
}

static void save_acks(writer *out, mjl_session *session)
{
    const mjl_acks *acks = session->acks;
    if (acks == NULL) return;
    if (mjl_acks_head_is_dirty(acks)) {
        note(out, mjl_acks_save_head(acks, &out->value));
        put(out, MJL_RECORD_ACKS, mjl_bytes_of(NULL, 0));
    }
    for (uint32_t i = session->rosters_saved; i < mjl_acks_rosters_count(acks); i++) {
        note(out, mjl_acks_save_roster(acks, i, &out->value));
        put_number(out, MJL_RECORD_ROSTER, i);
    }
    /* Who owes a place stands in the record of its holding. */
    for (size_t i = 0; i < mjl_acks_dirty_count(acks); i++)
        note(out, mjl_holdings_touch(&session->holdings, mjl_acks_dirty(acks, i)));
}

static void save_ratchets(writer *out, const mjl_epoch *epoch, uint32_t i)
{
    if (epoch->ratchets == NULL) {
        for (uint32_t part = 0; part < epoch->ratchets_parts; part++)
            erase_number(out, MJL_RECORD_RATCHETS, mjl_ratchets_key(i, part));
        return;
    }
    uint32_t part;
    for (size_t k = 0; (part = mjl_mls_ratchets_changed(epoch->ratchets, k)) != UINT32_MAX; k++) {
        note(out, mjl_mls_ratchets_save_part(epoch->ratchets, part, &out->value));
        put_number(out, MJL_RECORD_RATCHETS, mjl_ratchets_key(i, part));
    }
}

static void save_epoch(writer *out, const mjl_epoch *epoch, uint32_t i)
{
    if (epoch->record_dirty) {
        note(out, mjl_save_epoch(epoch, &out->value));
        put_number(out, MJL_RECORD_EPOCH, i);
    }
    if (epoch->group_dirty && epoch->group == NULL) {
        erase_number(out, MJL_RECORD_GROUP, i);
    } else if (epoch->group_dirty) {
        note(out, mjl_mls_group_save(epoch->group, &out->value));
        put_number(out, MJL_RECORD_GROUP, i);
    }
    if (epoch->ratchets_dirty) save_ratchets(out, epoch, i);
    if (epoch->welcome_dirty && epoch->welcome.size == 0) {
        erase_number(out, MJL_RECORD_WELCOME, i);
    } else if (epoch->welcome_dirty) {
        note(out, mjl_buffer_append(&out->value, mjl_buffer_bytes(&epoch->welcome)));
        put_number(out, MJL_RECORD_WELCOME, i);
    }
}

static void save_bytes(writer *out, uint16_t kind, uint64_t number, const mjl_buffer *bytes)
{
    if (bytes->size == 0) {
        erase_number(out, kind, number);
        return;
    }
    note(out, mjl_buffer_append(&out->value, mjl_buffer_bytes(bytes)));
    put_number(out, kind, number);
}

static void save_holdings(writer *out, const mjl_session *session)
{
    const mjl_holdings *holdings = &session->holdings;
    mjl_buffer owed = {0};
    for (uint32_t i = 0; i < holdings->dirty_count; i++) {
        const uint32_t place = holdings->dirty[i];
        const mjl_holding *holding = &holdings->entries[place];
        owed.size = 0;
        note(out, mjl_acks_save_place(session->acks, place, &owed));
        note(out, mjl_save_holding(holding, mjl_buffer_bytes(&owed), &out->value));
        put_number(out, MJL_RECORD_HOLDING, place);
        if (holding->packet_dirty) save_bytes(out, MJL_RECORD_PACKET, place, &holding->packet);
        if (holding->content_dirty) save_bytes(out, MJL_RECORD_CONTENT, place, &holding->content);
    }
    mjl_buffer_clear(&owed);
}

static void save_schedule(writer *out, const mjl_session *session)
{
    mjl_journal_cursor cursor = {0};
    mjl_task_change change;
    mjl_result result;
    while ((result = mjl_schedule_journal_next(session->schedule, &cursor, &change)) == MJL_OK) {
        if (change.is_removed) {
            erase_number(out, MJL_RECORD_TASK, change.task.id);
            continue;
        }
        note(out, mjl_schedule_record(&change.task, &out->value));
        put_number(out, MJL_RECORD_TASK, change.task.id);
    }
    if (result != MJL_EMPTY) note(out, result);
    note(out, mjl_schedule_header(session->schedule, &out->value));
    put(out, MJL_RECORD_SCHEDULE, mjl_bytes_of(NULL, 0));
}

static void save_joining(writer *out, const mjl_joining *joining)
{
    if (joining->secret.size == 0) {
        erase(out, MJL_RECORD_JOINING_SECRET, mjl_bytes_of(NULL, 0));
        return;
    }
    note(out, mjl_buffer_append(&out->value, mjl_buffer_bytes(&joining->secret)));
    put(out, MJL_RECORD_JOINING_SECRET, mjl_bytes_of(NULL, 0));
}

static void save_pending(writer *out, const mjl_pending *pending)
{
    for (size_t i = 0; i < mjl_pending_dirty_count(pending); i++) {
        const mjl_pending_change change = mjl_pending_dirty(pending, i);
        if (change.is_removed) {
            erase_number(out, MJL_RECORD_PENDING, change.serial);
            continue;
        }
        note(out, mjl_pending_save(pending, change.serial, &out->value));
        put_number(out, MJL_RECORD_PENDING, change.serial);
    }
}

static void save_presence(writer *out, const mjl_presence *presence)
{
    for (uint32_t i = 0; i < presence->count; i++) {
        if (!presence->entries[i].dirty) continue;
        note(out, mjl_save_presence(&presence->entries[i], &out->value));
        put_number(out, MJL_RECORD_PRESENCE, i);
    }
}

static void save_intents(writer *out, const mjl_membership *membership)
{
    for (size_t i = 0; i < membership->count; i++) {
        const mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over) {
            erase_number(out, MJL_RECORD_INTENT, intent->number);
        } else if (intent->dirty) {
            note(out, mjl_save_intent(intent, &out->value));
            put_number(out, MJL_RECORD_INTENT, intent->number);
        }
    }
}

static void save_requests(writer *out, const mjl_join_requests *requests)
{
    for (size_t i = 0; i < requests->gone_count; i++) {
        erase(out, MJL_RECORD_REQUEST, mjl_id_bytes(&requests->gone[i]));
    }
    for (size_t i = 0; i < requests->count; i++) {
        if (!requests->entries[i].dirty) continue;
        note(out, mjl_save_request(&requests->entries[i], &out->value));
        put(out, MJL_RECORD_REQUEST, mjl_id_bytes(&requests->entries[i].reference));
    }
    for (uint64_t n = requests->used_persisted; n < requests->used_total; n++) {
        const uint64_t slot = n % MJL_JOIN_REFERENCES_MAX;
        note(out, mjl_buffer_append(&out->value, mjl_id_bytes(&requests->used[slot])));
        put_number(out, MJL_RECORD_USED_REFERENCE, slot);
    }
}

static void save_unknown(writer *out, const mjl_unknown *unknown)
{
    for (size_t i = 0; i < unknown->gone_count; i++) {
        erase_number(out, MJL_RECORD_UNKNOWN_EPOCH, unknown->gone[i]);
    }
    for (size_t i = 0; i < unknown->count; i++) {
        if (!unknown->entries[i].dirty) continue;
        note(out, mjl_save_unknown(&unknown->entries[i], &out->value));
        put_number(out, MJL_RECORD_UNKNOWN_EPOCH, unknown->entries[i].number);
    }
}

static void save_warnings(writer *out, const mjl_warnings *warnings)
{
    for (size_t i = 0; i < warnings->gone_count; i++) {
        erase_number(out, MJL_RECORD_WARNING, warnings->gone[i]);
    }
    for (size_t i = 0; i < warnings->count; i++) {
        if (!warnings->entries[i].dirty) continue;
        note(out, mjl_save_warning(&warnings->entries[i], &out->value));
        put_number(out, MJL_RECORD_WARNING, warnings->entries[i].number);
    }
    for (size_t i = 0; i < warnings->filled_count; i++) {
        erase(out, MJL_RECORD_GAP, mjl_id_bytes(&warnings->filled[i]));
    }
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        if (!warnings->gaps[i].dirty) continue;
        note(out, mjl_save_gap(&warnings->gaps[i], &out->value));
        put(out, MJL_RECORD_GAP, mjl_id_bytes(&warnings->gaps[i].place));
    }
}

static void save_answers(writer *out, const mjl_answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        if (!answers->entries[i].dirty) continue;
        note(out, mjl_save_answer(&answers->entries[i], &out->value));
        put_number(out, MJL_RECORD_ANSWER, answers->entries[i].author);
    }
}

static bool has_say(const mjl_session *session, uint64_t number)
{
    for (size_t i = 0; i < session->says_count; i++) {
        if (session->says[i].number == number) return true;
    }
    return false;
}

/* What was saved is noted when the transaction is durable, which must not fail any more. */
mjl_result mjl_session_reserve_saved(mjl_session *session)
{
    return mjl_array_reserve(&session->says_saved, 0, &session->says_saved_room,
                             session->says_count, sizeof *session->says_saved);
}

static void save_says(writer *out, mjl_session *session)
{
    for (size_t i = 0; i < session->says_saved_count; i++) {
        if (has_say(session, session->says_saved[i])) continue;
        erase_number(out, MJL_RECORD_QUEUED_SAY, session->says_saved[i]);
    }
    for (size_t i = 0; i < session->says_count; i++) {
        if (!session->says[i].dirty) continue;
        note(out, mjl_save_say(&session->says[i], &out->value));
        put_number(out, MJL_RECORD_QUEUED_SAY, session->says[i].number);
    }
    note(out, mjl_session_reserve_saved(session));
}

static void save_tokens(writer *out, const mjl_tokens *tokens)
{
    for (uint64_t n = tokens->persisted; n < tokens->total; n++) {
        const uint64_t slot = n % MJL_SAY_TOKENS_MAX;
        const mjl_token_entry *entry = &tokens->ring[slot];
        note(out, mjl_buffer_append(&out->value, mjl_bytes_of(entry->token, MJL_TOKEN_SIZE)));
        note(out, mjl_buffer_append(&out->value, mjl_id_bytes(&entry->message)));
        put_number(out, MJL_RECORD_TOKEN, slot);
    }
}

static void save_rooms(writer *out, mjl_session *session, mjl_records *records)
{
    note(out, mjl_session_record_encode(session, &out->value));
    put(out, MJL_RECORD_SESSION, mjl_bytes_of(NULL, 0));
    save_joining(out, &session->joining);
    note(out, mjl_roots_save(session, records));
    save_graph(out, session);
    save_acks(out, session);
    for (uint32_t i = 0; i < session->branches.count; i++)
        save_epoch(out, &session->branches.epochs[i], i);
    save_holdings(out, session);
    save_pending(out, session->pending);
    save_presence(out, &session->presence);
    save_intents(out, &session->membership);
    save_requests(out, &session->requests);
    save_unknown(out, &session->unknown);
    save_warnings(out, &session->warnings);
    note(out, mjl_evidence_save(session, records));
    save_answers(out, &session->answers);
    save_says(out, session);
    save_tokens(out, &session->tokens);
    note(out, mjl_large_save(&session->large, session->number, records));
}

mjl_result mjl_session_save(mjl_session *session, mjl_records *records)
{
    enum { VALUE_ROOM = 512 }; /* Of most records. */
    writer out = {.records = records, .session = session->number, .result = MJL_OK};
    note(&out, mjl_buffer_reserve(&out.value, VALUE_ROOM));
    if (session->is_touched) save_rooms(&out, session, records);
    save_schedule(&out, session); /* It has the clock. */
    mjl_buffer_clear(&out.value);
    return out.result;
}

/* ---- Persisted: nothing is dirty ---- */

static void forget_dirty_lists(mjl_session *session)
{
    for (size_t i = 0; i < session->requests.count; i++)
        session->requests.entries[i].dirty = false;
    for (size_t i = 0; i < session->unknown.count; i++)
        session->unknown.entries[i].dirty = false;
    for (size_t i = 0; i < session->warnings.count; i++)
        session->warnings.entries[i].dirty = false;
    for (size_t i = 0; i < session->warnings.gaps_count; i++) {
        session->warnings.gaps[i].dirty = false;
    }
    for (size_t i = 0; i < session->membership.count; i++) {
        session->membership.intents[i].dirty = false;
    }
    for (uint32_t i = 0; i < session->presence.count; i++) {
        session->presence.entries[i].dirty = false;
    }
    for (size_t i = 0; i < session->answers.count; i++)
        session->answers.entries[i].dirty = false;
    session->requests.gone_count = 0;
    session->unknown.gone_count = 0;
    session->warnings.gone_count = session->warnings.filled_count = 0;
    session->requests.used_persisted = session->requests.used_total;
    session->tokens.persisted = session->tokens.total;
}

void mjl_session_persisted(mjl_session *session)
{
    mjl_schedule_journal_clear(session->schedule);
    mjl_large_forget_body(session);
    if (!session->is_touched) return;
    session->is_touched = false;
    session->authors_saved = mjl_transcript_authors_count(session->transcript);
    session->epochs_saved = mjl_transcript_epochs_count(session->transcript);
    session->places_saved = mjl_transcript_places_count(session->transcript);
    if (session->acks != NULL) {
        session->rosters_saved = mjl_acks_rosters_count(session->acks);
        mjl_acks_dirty_clear(session->acks);
    }
    for (uint32_t i = 0; i < session->branches.count; i++) {
        mjl_epoch *epoch = &session->branches.epochs[i];
        if (epoch->ratchets_dirty && epoch->ratchets != NULL) {
            mjl_mls_ratchets_changes_clear(epoch->ratchets);
        }
        epoch->record_dirty = epoch->group_dirty = false;
        epoch->ratchets_dirty = epoch->welcome_dirty = false;
    }
    for (uint32_t i = 0; i < session->holdings.dirty_count; i++) {
        mjl_holding_saved(&session->holdings.entries[session->holdings.dirty[i]]);
    }
    session->holdings.dirty_count = 0;
    mjl_pending_dirty_clear(session->pending);
    forget_dirty_lists(session);
    mjl_evidence_persisted(session);
    mjl_intents_sweep(&session->membership);
    mjl_large_persisted(&session->large);
    session->roots.dirty = false;
    session->says_saved_count = session->says_count;
    for (size_t i = 0; i < session->says_count; i++) {
        session->says[i].dirty = false;
        session->says_saved[i] = session->says[i].number;
    }
}
