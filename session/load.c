#include "persist.h"

#include "array.h"
#include "message_states.h"
#include "record_kinds.h"
#include "session_record.h"
#include "small_records.h"
#include "timers.h"

/*
 * Back from records, in the order in which rooms stand on each other. The records are authentic
 * (the store sealed them), so what does not fit is a bug or another version: STORE_DAMAGED, never a
 * guess.
 */

typedef struct reader {
    mjl_session *session;
    const mjl_records *records;
} reader;

typedef mjl_result (*load_one)(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value);

/* Every record of a kind in ascending order; `number` is the key as one, where it is one. */
static mjl_result each(const reader *in, uint16_t kind, load_one load, uint64_t *count)
{
    mjl_record record;
    mjl_records_cursor cursor = mjl_records_loaded_of_kind(in->records, in->session->number, kind);
    if (count != NULL) *count = 0;
    while (mjl_records_next(in->records, &cursor, &record)) {
        const mjl_bytes key = record.place.key;
        const uint64_t number = key.size == 8 ? mjl_number_of_key(key.data) : 0;
        const mjl_result result = load(in->session, number, key, record.value);
        if (result != MJL_OK) return result;
        if (count != NULL) (*count)++;
    }
    return MJL_OK;
}

/* ---- The graph ---- */

static mjl_result load_author(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    const mjl_result result = mjl_transcript_load_author(session->transcript, value);
    if (result != MJL_OK) return result;
    return mjl_presence_reserve(&session->presence, (uint32_t)number);
}

static mjl_result load_graph_epoch(mjl_session *session, uint64_t number, mjl_bytes key,
                                   mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_transcript_load_epoch(session->transcript, value);
}

static mjl_result load_place(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_transcript_load_place(session->transcript, value);
}

static mjl_result load_graph(const reader *in)
{
    mjl_session *const session = in->session;
    uint64_t authors;
    uint64_t epochs;
    uint64_t places;
    mjl_result result = each(in, MJL_RECORD_AUTHOR, load_author, &authors);
    if (result == MJL_OK) result = each(in, MJL_RECORD_GRAPH_EPOCH, load_graph_epoch, &epochs);
    if (result == MJL_OK) result = each(in, MJL_RECORD_PLACE, load_place, &places);
    if (result != MJL_OK) return result;
    const bool fits = authors == session->loading.authors && epochs == session->loading.epochs &&
                      places == session->loading.places;
    return fits ? mjl_transcript_load_done(session->transcript) : MJL_STORE_DAMAGED;
}

/* ---- Acks ---- */

static mjl_result load_acks_head(mjl_session *session, uint64_t number, mjl_bytes key,
                                 mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_acks_load_head(value, session->transcript, &session->acks);
}

static mjl_result load_acks_roster(mjl_session *session, uint64_t number, mjl_bytes key,
                                   mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_acks_load_roster(session->acks, session->transcript, value);
}

static mjl_result load_acks(const reader *in)
{
    mjl_result result = each(in, MJL_RECORD_ACKS, load_acks_head, NULL);
    if (result != MJL_OK || in->session->acks == NULL) return result;
    return each(in, MJL_RECORD_ROSTER, load_acks_roster, NULL);
}

/* ---- Branches ---- */

static mjl_result load_epoch(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    mjl_epoch epoch;
    mjl_result result = mjl_branches_reserve(&session->branches);
    if (result == MJL_OK) result = mjl_load_epoch(value, &epoch);
    if (result != MJL_OK) return result;
    const bool fits = number == session->branches.count &&
                      (epoch.parent == MJL_NO_INDEX || epoch.parent < number);
    result = fits
                 ? mjl_epoch_index_roster(&epoch, mjl_transcript_authors_count(session->transcript))
                 : MJL_STORE_DAMAGED;
    if (result != MJL_OK) {
        mjl_epoch_clear(&epoch);
        return result;
    }
    mjl_branches_add(&session->branches, &epoch);
    return MJL_OK;
}

static mjl_result load_group(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    if (number >= session->branches.count) return MJL_STORE_DAMAGED;
    return mjl_mls_group_load(value, session->profile->suites,
                              &session->branches.epochs[number].group);
}

static mjl_result load_ratchets(mjl_session *session, uint64_t number, mjl_bytes key,
                                mjl_bytes value)
{
    (void)key;
    const uint64_t at = number >> 32;
    const uint32_t part = (uint32_t)number;
    if (at >= session->branches.count) return MJL_STORE_DAMAGED;
    mjl_epoch *const epoch = &session->branches.epochs[at];
    if (part != MJL_MLS_RATCHETS_TRUNK) {
        return epoch->ratchets == NULL ? MJL_STORE_DAMAGED
                                       : mjl_mls_ratchets_load_leaf(epoch->ratchets, part, value);
    }
    if (epoch->group == NULL || epoch->ratchets != NULL) return MJL_STORE_DAMAGED;
    epoch->ratchets_parts = mjl_mls_group_leaf_count(epoch->group) + 1;
    return mjl_mls_ratchets_load_trunk(value, session->profile->suites, &epoch->ratchets);
}

static mjl_result check_ratchets(mjl_branches *branches)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < branches->count; i++) {
        mjl_mls_ratchets *const ratchets = branches->epochs[i].ratchets;
        if (ratchets != NULL) result = mjl_mls_ratchets_load_done(ratchets);
    }
    return result;
}

static mjl_result load_welcome(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)key;
    if (number >= session->branches.count) return MJL_STORE_DAMAGED;
    return mjl_buffer_append(&session->branches.epochs[number].welcome, value);
}

static mjl_result load_branches(const reader *in)
{
    mjl_result result = each(in, MJL_RECORD_EPOCH, load_epoch, NULL);
    if (result == MJL_OK) result = each(in, MJL_RECORD_GROUP, load_group, NULL);
    if (result == MJL_OK) result = each(in, MJL_RECORD_RATCHETS, load_ratchets, NULL);
    if (result == MJL_OK) result = check_ratchets(&in->session->branches);
    if (result == MJL_OK) result = each(in, MJL_RECORD_WELCOME, load_welcome, NULL);
    if (result != MJL_OK) return result;
    const mjl_branches *branches = &in->session->branches;
    const bool fits = branches->count == mjl_transcript_epochs_count(in->session->transcript) &&
                      (branches->tip == MJL_NO_INDEX || branches->tip < branches->count);
    return fits ? MJL_OK : MJL_STORE_DAMAGED;
}

/* ---- Holdings ---- */

static void load_due(mjl_session *session, uint32_t place, const mjl_holding *saved)
{
    mjl_holdings *const holdings = &session->holdings;
    mjl_holdings_resend_at(holdings, place, saved->resend_at);
    mjl_holdings_overdue_at(holdings, place, saved->overdue_at);
    if (saved->is_overdue) mjl_holdings_deadline_passed(holdings, place);
    mjl_holding *const holding = &holdings->entries[place];
    holding->was_resend_pending = saved->resend_at != MJL_NEVER;
    holding->was_deadline_pending = saved->overdue_at != MJL_NEVER && !saved->is_overdue;
}

static mjl_result load_holding(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)key;
    mjl_holding holding;
    mjl_bytes owed;
    mjl_result result = mjl_load_holding(value, &holding, &owed);
    if (result != MJL_OK) return result;
    if (number != session->holdings.count) return MJL_STORE_DAMAGED;
    if (session->acks == NULL || (holding.is_overdue && holding.overdue_at == MJL_NEVER)) {
        return MJL_STORE_DAMAGED;
    }
    mjl_holding added = holding;
    result = mjl_holdings_add(&session->holdings, &added);
    if (result != MJL_OK) return result;
    load_due(session, (uint32_t)number, &holding);
    if (owed.size > 0) {
        result = mjl_acks_load_place(session->acks, session->transcript, (uint32_t)number, owed);
        if (result != MJL_OK) return result;
    }
    /* Also when the packet itself was dropped: who repeats it is answered as before. */
    return mjl_seen_add(&session->seen, &holding.packet_id, (uint32_t)number, holding.is_own);
}

/* It stays where it is until it is sent again. */
static mjl_result load_packet(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    if (number >= session->holdings.count) return MJL_STORE_DAMAGED;
    session->holdings.entries[number].packet_size = (uint32_t)value.size;
    return MJL_OK;
}

static mjl_result load_content(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)key;
    if (number >= session->holdings.count) return MJL_STORE_DAMAGED;
    return mjl_buffer_append(&session->holdings.entries[number].content, value);
}

static mjl_result load_holdings(const reader *in)
{
    mjl_result result = each(in, MJL_RECORD_HOLDING, load_holding, NULL);
    if (result == MJL_OK) result = each(in, MJL_RECORD_PACKET, load_packet, NULL);
    if (result == MJL_OK) result = each(in, MJL_RECORD_CONTENT, load_content, NULL);
    if (result != MJL_OK) return result;
    if (in->session->holdings.count != in->session->loading.places) return MJL_STORE_DAMAGED;
    if (in->session->acks == NULL) return MJL_OK;
    return mjl_acks_load_done(in->session->acks, in->session->transcript);
}

/* ---- Time ---- */

static mjl_result load_schedule(mjl_session *session, uint64_t number, mjl_bytes key,
                                mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_schedule_restore(mjl_timer_kinds, value, &session->schedule);
}

static mjl_result load_task(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    if (number >= session->reopened_before_task) session->reopened_before_task = number + 1;
    return mjl_schedule_restore_task(session->schedule, value);
}

static mjl_result load_time(const reader *in)
{
    mjl_session *const session = in->session;
    mjl_result result = each(in, MJL_RECORD_SCHEDULE, load_schedule, NULL);
    if (result != MJL_OK) return result;
    if (session->schedule == NULL) return MJL_STORE_DAMAGED;
    result = each(in, MJL_RECORD_TASK, load_task, NULL);
    if (result != MJL_OK) return result;
    return mjl_schedule_restore_finish(session->schedule, (size_t)session->loading.tasks);
}

/* ---- The smaller rooms ---- */

static mjl_result load_joining_secret(mjl_session *session, uint64_t number, mjl_bytes key,
                                      mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_buffer_append(&session->joining.secret, value);
}

static mjl_result load_roots(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_roots_load(session, value);
}

static mjl_result load_pending(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_pending_load(session->pending, value);
}

static mjl_result load_presence(mjl_session *session, uint64_t number, mjl_bytes key,
                                mjl_bytes value)
{
    (void)key;
    if (number >= session->presence.count) return MJL_STORE_DAMAGED;
    mjl_presence_entry *const entry = &session->presence.entries[number];
    const mjl_result result = mjl_load_presence(value, entry);
    if (result == MJL_OK && entry->lives_in > session->branches.count) return MJL_STORE_DAMAGED;
    return result;
}

static mjl_result load_intent(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)number;
    (void)key;
    mjl_membership *const membership = &session->membership;
    if (membership->intents == NULL) {
        membership->intents = calloc(MJL_INTENTS_MAX, sizeof *membership->intents);
        if (membership->intents == NULL) return MJL_OUT_OF_MEMORY;
        membership->room = MJL_INTENTS_MAX;
    }
    if (membership->count >= MJL_INTENTS_MAX) return MJL_STORE_DAMAGED;
    return mjl_load_intent(value, &membership->intents[membership->count++]);
}

/* Records are in order of their references; the list is in order of arrival. */
static mjl_result load_request(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)number;
    (void)key;
    mjl_join_requests *const requests = &session->requests;
    mjl_join_request request;
    const mjl_result result = mjl_load_request(value, &request);
    if (result == MJL_OK && requests->entries == NULL) {
        requests->entries = calloc(MJL_REQUESTS_MAX, sizeof *requests->entries);
    }
    const bool fits = requests->entries != NULL && requests->count < MJL_REQUESTS_MAX;
    if (result != MJL_OK || !fits) {
        mjl_buffer_clear(&request.key_package);
        mjl_buffer_clear(&request.user_id);
        mjl_buffer_clear(&request.display_name);
        return result != MJL_OK ? result : MJL_STORE_DAMAGED;
    }
    size_t at = requests->count++;
    while (at > 0 && requests->entries[at - 1].number > request.number) {
        requests->entries[at] = requests->entries[at - 1];
        at--;
    }
    requests->entries[at] = request;
    return MJL_OK;
}

static mjl_result load_used(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    mjl_join_requests *const requests = &session->requests;
    if (number >= MJL_JOIN_REFERENCES_MAX || value.size != MJL_ID_SIZE) return MJL_STORE_DAMAGED;
    if (requests->used == NULL) {
        requests->used = calloc(MJL_JOIN_REFERENCES_MAX, sizeof *requests->used);
        if (requests->used == NULL) return MJL_OUT_OF_MEMORY;
    }
    memcpy(requests->used[number].bytes, value.data, MJL_ID_SIZE);
    if (number >= requests->used_count) requests->used_count = (size_t)number + 1;
    return MJL_OK;
}

static mjl_result load_unknown(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)key;
    mjl_unknown_packet packet;
    mjl_bytes bytes;
    const mjl_result result = mjl_load_unknown(value, &packet, &bytes);
    if (result != MJL_OK) return result;
    return mjl_unknown_restore(&session->unknown, number, packet.epoch, &packet.packet_id, bytes);
}

static mjl_result load_warning(mjl_session *session, uint64_t number, mjl_bytes key,
                               mjl_bytes value)
{
    (void)number;
    (void)key;
    mjl_warnings *const warnings = &session->warnings;
    mjl_warning warning;
    mjl_result result = mjl_load_warning(value, &warning);
    if (result == MJL_OK) result = mjl_warnings_restore(warnings, &warning);
    if (result != MJL_OK) mjl_buffer_clear(&warning.missing);
    return result;
}

static mjl_result load_gap(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)number;
    (void)key;
    mjl_missing gap;
    mjl_result result = mjl_load_gap(value, &gap);
    if (result == MJL_OK) result = mjl_warnings_restore_gap(&session->warnings, &gap);
    if (result != MJL_OK) mjl_buffer_clear(&gap.stated_by);
    return result;
}

static mjl_result load_evidence(mjl_session *session, uint64_t number, mjl_bytes key,
                                mjl_bytes value)
{
    (void)key;
    return mjl_evidence_load(session, number, value);
}

static mjl_result load_answer(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    mjl_answer answer;
    mjl_result result = mjl_load_answer(value, &answer);
    if (result != MJL_OK) return result;
    bool fits = answer.author == number && number < session->presence.count;
    for (uint32_t i = 0; fits && i < answer.count; i++)
        fits = answer.places[i] < session->holdings.count;
    result = fits ? mjl_answers_restore(&session->answers, &answer) : MJL_STORE_DAMAGED;
    if (result != MJL_OK) free(answer.places);
    return result;
}

static mjl_result load_say(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    (void)number; /* Stands in the record as well. */
    const mjl_result result = mjl_array_reserve(&session->says, session->says_count,
                                                &session->says_room, 1, sizeof *session->says);
    if (result != MJL_OK) return result;
    return mjl_load_say(value, &session->says[session->says_count++]);
}

static mjl_result load_token(mjl_session *session, uint64_t number, mjl_bytes key, mjl_bytes value)
{
    (void)key;
    mjl_tokens *const tokens = &session->tokens;
    if (value.size != MJL_TOKEN_SIZE + MJL_ID_SIZE || number >= MJL_SAY_TOKENS_MAX) {
        return MJL_STORE_DAMAGED;
    }
    mjl_token_entry entry;
    memcpy(entry.token, value.data, MJL_TOKEN_SIZE);
    memcpy(entry.message.bytes, value.data + MJL_TOKEN_SIZE, MJL_ID_SIZE);
    const uint64_t total = tokens->total; /* Of the session's record. */
    const mjl_result result = mjl_tokens_restore(tokens, number, &entry);
    tokens->total = total;
    return result;
}

static mjl_result load_large_head(mjl_session *session, uint64_t number, mjl_bytes key,
                                  mjl_bytes value)
{
    (void)number;
    (void)key;
    return mjl_large_load_head(&session->large, value);
}

static mjl_result load_large_say(mjl_session *session, uint64_t number, mjl_bytes key,
                                 mjl_bytes value)
{
    (void)key;
    return mjl_large_load_say(&session->large, number, value);
}

static mjl_result load_large_part(mjl_session *session, uint64_t number, mjl_bytes key,
                                  mjl_bytes value)
{
    (void)key;
    return mjl_large_load_part(&session->large, number, value);
}

static mjl_result load_small(const reader *in)
{
    static const struct {
        uint16_t kind;
        load_one load;
    } kinds[] = {{MJL_RECORD_PENDING, load_pending},
                 {MJL_RECORD_PRESENCE, load_presence},
                 {MJL_RECORD_INTENT, load_intent},
                 {MJL_RECORD_REQUEST, load_request},
                 {MJL_RECORD_USED_REFERENCE, load_used},
                 {MJL_RECORD_UNKNOWN_EPOCH, load_unknown},
                 {MJL_RECORD_WARNING, load_warning},
                 {MJL_RECORD_GAP, load_gap},
                 {MJL_RECORD_EVIDENCE, load_evidence},
                 {MJL_RECORD_QUEUED_SAY, load_say},
                 {MJL_RECORD_TOKEN, load_token},
                 {MJL_RECORD_ANSWER, load_answer},
                 {MJL_RECORD_LARGE, load_large_head},
                 {MJL_RECORD_LARGE_SAY, load_large_say},
                 {MJL_RECORD_LARGE_PART, load_large_part},
                 {MJL_RECORD_JOINING_SECRET, load_joining_secret},
                 {MJL_RECORD_ROOTS, load_roots}};
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
        result = each(in, kinds[i].kind, kinds[i].load, NULL);
    }
    return result;
}

mjl_result mjl_session_load(mjl_profile *profile, uint32_t number, mjl_bytes saved)
{
    mjl_session *session;
    mjl_result result = mjl_session_blank(profile, number, &session);
    if (result != MJL_OK) return result;
    result = mjl_profile_adopt_session(profile, session);
    if (result != MJL_OK) {
        mjl_session_free(session);
        return result;
    }
    const reader in = {session, profile->records};
    result = mjl_session_record_decode(session, saved);
    if (result == MJL_OK) result = load_graph(&in);
    if (result == MJL_OK) result = load_acks(&in);
    if (result == MJL_OK) result = load_branches(&in);
    if (result == MJL_OK) result = load_holdings(&in);
    if (result == MJL_OK) result = load_time(&in);
    if (result == MJL_OK) result = load_small(&in);
    if (result == MJL_OK) result = mjl_large_load_done(session);
    if (result == MJL_OK) result = mjl_message_states_load_done(session);
    if (result != MJL_OK) return result; /* The profile frees it. */
    session->requests.used_persisted = session->requests.used_total;
    session->tokens.persisted = session->tokens.total;
    result = mjl_session_reserve_saved(session);
    if (result != MJL_OK) return result;
    mjl_session_persisted(session);
    return MJL_OK;
}
