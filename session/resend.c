#include "resend.h"

#include "acks_readers.h"
#include "payload.h"
#include "record_kinds.h"
#include "send.h"
#include "session_state.h"
#include "store/records.h"
#include "timers.h"

static size_t members_count(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    return tip == NULL ? 0 : mjl_epoch_members_count(tip);
}

static uint32_t first_of(const mjl_session *session, uint32_t place)
{
    return mjl_transcript_place(session->transcript, place)->first;
}

static bool is_full(const mjl_session *session, uint32_t place)
{
    return mjl_acks_is_full(session->acks, session->transcript, place);
}

/* Is the place itself still to be repeated? One of a lost branch only for its message's sake; one
   on the path also when everyone has the message by another place, since what follows it cannot be
   accepted without it. */
static bool is_needed(const mjl_session *session, uint32_t place)
{
    if (mjl_acks_place_is_full(session->acks, place)) return false;
    if (!is_full(session, place)) return true;
    const uint32_t epoch = mjl_transcript_place(session->transcript, place)->epoch;
    return !mjl_branches_is_lost(&session->branches, epoch);
}

/* ---- Who removed members are told, so that they learn ---- */

/* A removed member must be able to follow up to the commit that removed it. */
static bool has_removed_to_tell(const mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    return holding->tells_removed && holding->wire_count < MJL_RESENDS_TO_REMOVED_MAX;
}

mjl_result mjl_resend_drop_reader(mjl_session *session, uint32_t reader, uint32_t epochs,
                                  mjl_acks_changes *changes)
{
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->type != MJL_PLACE_COMMIT || holding->tells_removed) continue;
        if (!mjl_acks_owes(session->acks, session->transcript, i, reader)) continue;
        holding->tells_removed = true;
        holding->wire_count = 0;
        const mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return mjl_acks_drop_reader(session->acks, session->transcript, reader, epochs, changes);
}

bool mjl_resend_was_dropped(const mjl_session *session, uint32_t place, uint32_t reader)
{
    return mjl_epoch_has_author(mjl_session_tip(session), reader) &&
           mjl_acks_next_dropped(session->acks, session->transcript, place, reader) == reader;
}

/* A removal that is not decided may be undone, and one was: what such a reader did not get, and
   others stand on, would be nowhere. */
static bool may_be_asked_for(const mjl_session *session, uint32_t place)
{
    const mjl_branches *branches = &session->branches;
    const mjl_transcript *t = session->transcript;
    const uint32_t decided = mjl_branches_last_decided(branches, branches->tip);
    for (uint32_t reader = mjl_acks_next_dropped(session->acks, t, place, 0);
         reader != MJL_NO_INDEX;
         reader = mjl_acks_next_dropped(session->acks, t, place, reader + 1)) {
        if (mjl_epoch_has_author(&branches->epochs[branches->tip], reader) ||
            mjl_epoch_has_author(&branches->epochs[decided], reader))
            return true;
    }
    return false;
}

/* ---- Planning ---- */

/* In a crowd acks come no faster than this, so neither do repetitions. 0: it is none. */
static mjl_time crowd_pace(const mjl_session *session)
{
    return mjl_policy_statement_pace(&session->policy, members_count(session));
}

/* Who repeats first: the author, then the others in the order of their leaves behind its. Each
   sees what those before it repeat: a BC_LAT as measured for every two of them. In a crowd the
   many behind them come one by one. */
static mjl_time stagger(mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_time bc_lat = mjl_wanting_pace(session);
    const mjl_time jitter =
        (mjl_time)mjl_schedule_jitter(session->schedule, (uint64_t)(bc_lat / 2));
    if (holding->is_own) return jitter;
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t author = mjl_transcript_place(session->transcript, place)->author;
    const uint32_t own = mjl_epoch_leaf_of(tip, mjl_session_self(session));
    const uint32_t its = mjl_epoch_leaf_of(tip, author);
    if (own == MJL_NO_INDEX || tip->leaf_count == 0) return jitter + bc_lat;
    const uint32_t from = its == MJL_NO_INDEX ? 0 : its;
    const uint32_t rank = (own + tip->leaf_count - from) % tip->leaf_count;
    if (rank < MJL_RESEND_RANKS) return jitter + bc_lat / 2 * (mjl_time)rank;
    return jitter + bc_lat / 2 * MJL_RESEND_RANKS +
           (mjl_time)mjl_schedule_jitter(session->schedule, (uint64_t)crowd_pace(session));
}

static mjl_time most(mjl_time a, mjl_time b)
{
    return a > b ? a : b;
}

/* While those who miss it are heard now and then the bound is 8 BC_LAT (the
 * slower of the agreed and the measured one); for the silent it goes up
 * to an hour. */
static mjl_time wait_for(const mjl_session *session, const mjl_holding *holding)
{
    const uint32_t steps = MJL_BACKOFF_STEPS_MAX;
    const mjl_time measured = mjl_wanting_pace(session);
    const mjl_time slow = most(measured, session->policy.bc_lat_ms) << steps;
    if (holding->step <= 4 * steps) {
        return mjl_policy_resend_wait(&session->policy, members_count(session), holding->step,
                                      measured);
    }
    const uint32_t more = holding->step - 4 * steps;
    const mjl_time wait = more > 20 ? MJL_BACKOFF_MS_MAX : slow << more;
    return wait > MJL_BACKOFF_MS_MAX ? MJL_BACKOFF_MS_MAX : wait;
}

static mjl_result plan(mjl_session *session, uint32_t place)
{
    const mjl_time wait =
        wait_for(session, &session->holdings.entries[place]) + stagger(session, place);
    mjl_holdings_resend_at(&session->holdings, place, mjl_timers_at(session, wait));
    return mjl_holdings_touch(&session->holdings, place);
}

mjl_result mjl_resend_watch(mjl_session *session, uint32_t place)
{
    if (!is_needed(session, place) && !has_removed_to_tell(session, place)) return MJL_OK;
    mjl_result result = plan(session, place);
    if (result != MJL_OK || is_full(session, place)) return result;
    /* Whoever has the message has its parts: it alone is expected, and warned of. */
    if (session->holdings.entries[place].type == MJL_TYPE_PART) return MJL_OK;
    const mjl_time wait = mjl_policy_fa_intv(&session->policy, members_count(session)) +
                          mjl_warnings_patience(session);
    mjl_holdings_overdue_at(&session->holdings, place, mjl_timers_at(session, wait));
    return MJL_OK; /* It was touched. */
}

/* ---- What the application is told ---- */

mjl_message_state mjl_resend_message_state(const mjl_session *session, uint32_t place,
                                           uint32_t *held, uint32_t *readers)
{
    const mjl_transcript *transcript = session->transcript;
    *readers = mjl_acks_readers_count(session->acks, transcript, place);
    *held = *readers - mjl_acks_missing_count(session->acks, transcript, place);
    const mjl_holding *holding = &session->holdings.entries[place];
    if (holding->shown_state == MJL_MESSAGE_ORPHANED) return MJL_MESSAGE_ORPHANED;
    if (holding->shown_state == MJL_MESSAGE_FAILED) return MJL_MESSAGE_FAILED; /* For good. */
    if (*held == *readers) return MJL_MESSAGE_EVERYONE;
    if (holding->is_own &&
        mjl_send_is_queued(session, &mjl_transcript_place(transcript, place)->message)) {
        return MJL_MESSAGE_QUEUED; /* For the sake of who cannot open it any more. */
    }
    if (holding->warning != 0) return MJL_MESSAGE_AT_RISK;
    return *held == 0 ? MJL_MESSAGE_SENT : MJL_MESSAGE_HELD_BY;
}

static mjl_result tell_state(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    if (holding->delivered_number == 0) return MJL_OK;
    uint32_t held, readers;
    const mjl_message_state state = mjl_resend_message_state(session, place, &held, &readers);
    if (state == holding->shown_state && held == holding->shown_held &&
        readers == holding->shown_readers) {
        return MJL_OK;
    }
    const bool is_news = holding->is_own || state != holding->shown_state;
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE};
    event.message = mjl_transcript_place(session->transcript, place)->message;
    event.old_state = holding->shown_state;
    event.new_state = state;
    event.held_count = held;
    event.readers_count = readers;
    if (held > holding->shown_held) holding->held_at = session->profile->now;
    holding->shown_state = state;
    holding->shown_held = held;
    holding->shown_readers = readers;
    const mjl_result result = mjl_holdings_touch(&session->holdings, place);
    if (result != MJL_OK || !is_news) return result;
    return mjl_session_emit(session, &event);
}

static mjl_result collect_missing(const mjl_session *session, uint32_t place, mjl_buffer *missing)
{
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    for (uint32_t author = 0; author < count; author++) {
        if (!mjl_acks_owes(session->acks, session->transcript, place, author)) continue;
        const mjl_result result = mjl_buffer_append(
            missing, mjl_id_bytes(mjl_transcript_author_id(session->transcript, author)));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result warn(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    mjl_buffer missing = {0};
    mjl_result result = collect_missing(session, place, &missing);
    if (result == MJL_OK) {
        result = mjl_warnings_raise(session, MJL_WARNING_NOT_FULLY_ACKED, &where->message,
                                    mjl_buffer_bytes(&missing), &holding->warning);
    }
    mjl_buffer_clear(&missing);
    return result == MJL_OK ? mjl_holdings_touch(&session->holdings, place) : result;
}

mjl_result mjl_resend_load_done(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        const uint64_t number = session->holdings.entries[i].warning;
        if (number == 0) continue;
        mjl_buffer missing = {0};
        mjl_result result = collect_missing(session, i, &missing);
        if (result == MJL_OK) {
            result = mjl_warnings_restore_missing(&session->warnings, number, &missing);
        }
        mjl_buffer_clear(&missing);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- What happens to a watched place ---- */

/* Everyone has it: the packets of all its places are needed no more. */
static mjl_result let_go(mjl_session *session, uint32_t first)
{
    for (uint32_t i = first; i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (is_needed(session, i) || has_removed_to_tell(session, i)) continue;
        mjl_holdings_resend_at(&session->holdings, i, MJL_NEVER);
        if (!may_be_asked_for(session, i)) mjl_holding_drop_packet(holding);
        const mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* Everyone has it, or nobody waits for that any more: its deadline goes, and its warning with it.
 */
static mjl_result settle(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    if (holding->overdue_at == MJL_NEVER && holding->warning == 0) return MJL_OK;
    mjl_holdings_overdue_at(&session->holdings, place, MJL_NEVER);
    const mjl_result result =
        holding->warning == 0 ? MJL_OK : mjl_warnings_retract(session, &holding->warning);
    return result == MJL_OK ? mjl_holdings_touch(&session->holdings, place) : result;
}

mjl_result mjl_resend_ack_changed(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_result result = MJL_OK;
    if (is_full(session, place)) {
        for (uint32_t i = place; result == MJL_OK && i != MJL_NO_INDEX;
             i = mjl_transcript_place(session->transcript, i)->next_same) {
            result = settle(session, i);
        }
        if (result == MJL_OK) result = let_go(session, place);
        mjl_send_forget_queued(session, &mjl_transcript_place(session->transcript, place)->message);
    } else if (holding->warning != 0) {
        result = warn(session, place);
    }
    return result == MJL_OK ? tell_state(session, place) : result;
}

/* Our own message is owed until everyone has it, by whichever place; so is one that has a place on
 * the path. */
static bool may_let_go(const mjl_session *session, uint32_t place)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (mjl_acks_place_is_full(session->acks, place)) return false;
    if (!mjl_branches_is_lost(&session->branches, where->epoch)) return false;
    if (is_full(session, place) || where->first != place) return true;
    if (session->holdings.entries[place].type == MJL_PLACE_COMMIT) return true;
    if (session->holdings.entries[place].is_own) return false;
    /* Its author may be content with all places of it lost: it knows who has the message. */
    for (uint32_t i = where->next_same; i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        const uint32_t epoch = mjl_transcript_place(session->transcript, i)->epoch;
        if (!mjl_branches_is_lost(&session->branches, epoch)) return false;
    }
    return true;
}

static mjl_result orphan(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (holding->delivered_number == 0 || is_full(session, place)) return MJL_OK;
    if (mjl_epoch_has_author(mjl_session_tip(session), where->author)) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .message = where->message};
    event.old_state = holding->shown_state;
    event.new_state = holding->shown_state = MJL_MESSAGE_ORPHANED;
    return mjl_session_emit(session, &event);
}

/* The packet was kept for who might have come back, and everyone has the place. */
static mjl_result sweep(mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    if (holding->packet_size == 0 || holding->resend_at != MJL_NEVER) return MJL_OK;
    if (!is_full(session, place) || may_be_asked_for(session, place)) return MJL_OK;
    return let_go(session, first_of(session, place));
}

mjl_result mjl_resend_let_lost_go(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        mjl_result result = sweep(session, i);
        if (result != MJL_OK) return result;
        if (!may_let_go(session, i)) continue;
        result = orphan(session, i);
        if (result == MJL_OK) result = mjl_acks_let_go(session->acks, i);
        if (result == MJL_OK) result = settle(session, i);
        if (result == MJL_OK) result = let_go(session, first_of(session, i));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* Its time ran on meanwhile. */
mjl_result mjl_resend_count_again(mjl_session *session, uint32_t place)
{
    bool is_news;
    mjl_result result = mjl_acks_count_again(session->acks, session->transcript, place, &is_news);
    if (result != MJL_OK || !is_news) return result;
    const uint32_t first = first_of(session, place);
    const mjl_holding *holding = &session->holdings.entries[first];
    if (holding->type == MJL_TYPE_PART) return MJL_OK;
    const mjl_time left = holding->accepted_at +
                          mjl_policy_fa_intv(&session->policy, members_count(session)) +
                          mjl_warnings_patience(session) - session->profile->now;
    mjl_holdings_overdue_at(&session->holdings, first, mjl_timers_at(session, left > 0 ? left : 0));
    if (left < 0) return mjl_resend_due(session, first, MJL_DUE_DEADLINE);
    return mjl_holdings_touch(&session->holdings, first);
}

/* ---- The end of our time ---- */

mjl_result mjl_resend_fail_own(mjl_session *session, mjl_result why)
{
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (!holding->is_own || holding->delivered_number == 0) continue;
        if (holding->shown_state == MJL_MESSAGE_FAILED) continue;
        mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .why = why};
        event.message = mjl_transcript_place(session->transcript, i)->message;
        event.old_state = holding->shown_state;
        event.new_state = MJL_MESSAGE_FAILED;
        mjl_resend_message_state(session, i, &event.held_count, &event.readers_count);
        holding->shown_state = MJL_MESSAGE_FAILED;
        mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result == MJL_OK) result = mjl_session_emit(session, &event);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_resend_take_back_failures(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->shown_state != MJL_MESSAGE_FAILED) continue;
        holding->shown_state = MJL_MESSAGE_SENT; /* So that it is told what it is now. */
        mjl_event event = {.kind = MJL_EVENT_MESSAGE_STATE, .old_state = MJL_MESSAGE_FAILED};
        event.message = mjl_transcript_place(session->transcript, i)->message;
        event.new_state =
            mjl_resend_message_state(session, i, &event.held_count, &event.readers_count);
        holding->shown_state = event.new_state;
        mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result == MJL_OK) result = mjl_session_emit(session, &event);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_resend_seen_again(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    if (holding->packet_size == 0) return MJL_OK; /* Nobody here would repeat it. */
    const mjl_time since = session->profile->now - holding->accepted_at;
    if (holding->is_own && holding->wire_count == 0 &&
        since < mjl_policy_resend_wait(&session->policy, 0, 0, 0)) {
        /* Nobody repeats so early: a transport brought our own packet back. */
        mjl_latency_note(&session->wanting.latency, since);
    }
    holding->last_on_wire = session->profile->now;
    holding->wire_count++;
    return mjl_holdings_touch(&session->holdings, place);
}

mjl_result mjl_resend_end_warnings(mjl_session *session)
{
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->warning == 0) continue;
        mjl_result result = mjl_warnings_retract(session, &holding->warning);
        if (result == MJL_OK) result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* Its deadline passed and not everyone is known to have it. */
static mjl_result overdue(mjl_session *session, uint32_t place)
{
    if (!mjl_session_may_send(session)) return MJL_OK;
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (is_full(session, place) || where->first != place) return MJL_OK;
    mjl_result result = warn(session, place);
    if (result == MJL_OK) result = tell_state(session, place);
    return result;
}

/* Its turn came while we took no part. */
static bool has_missed_its_turn(const mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    return holding->resend_at == MJL_NEVER && holding->packet_size > 0 && !holding->is_superseded &&
           is_needed(session, place);
}

mjl_result mjl_resend_resume(mjl_session *session)
{
    if (session->acks == NULL) return MJL_OK;
    mjl_result result = MJL_OK;
    for (uint32_t i = mjl_acks_unacked_first(session->acks); result == MJL_OK && i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        const mjl_holding *holding = &session->holdings.entries[i];
        if (has_missed_its_turn(session, i)) result = plan(session, i);
        if (result != MJL_OK) return result;
        if (holding->warning == 0 && holding->is_overdue) result = overdue(session, i);
    }
    return result;
}

/* As it was sent first: not saved yet, or read into `read`. */
static mjl_result find_packet(mjl_session *session, uint32_t place, mjl_buffer *read,
                              mjl_bytes *packet)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    *packet = mjl_buffer_bytes(&holding->packet);
    if (holding->packet.size > 0) return MJL_OK;
    uint8_t key[8];
    mjl_key_of_number(place, key);
    const mjl_result result =
        mjl_records_get(session->profile->records, session->number, MJL_RECORD_PACKET,
                        mjl_bytes_of(key, sizeof key), read);
    *packet = mjl_buffer_bytes(read);
    return result == MJL_NOT_FOUND ? MJL_STORE_DAMAGED : result;
}

mjl_result mjl_resend_send(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    mjl_buffer read = {0};
    mjl_packet packet = {.resend = holding->resends + 1};
    mjl_result result = find_packet(session, place, &read, &packet.bytes);
    if (result == MJL_OK) result = mjl_holdings_touch(&session->holdings, place);
    if (result == MJL_OK) {
        holding->resends++;
        holding->wire_count++;
        holding->last_on_wire = session->profile->now;
        holding->outgoing = session->profile->outbox.next_number;
        packet.kind = holding->type == MJL_PLACE_COMMIT ? MJL_PACKET_COMMIT : MJL_PACKET_PLACE;
        packet.subject = where->message;
        packet.place = where->id;
        result = mjl_send_packet(session, &packet);
    }
    mjl_buffer_clear(&read);
    return result;
}

/* Does it start an epoch of our line that is not decided? */
static bool leads_to_the_tip(const mjl_session *session, uint32_t place)
{
    const mjl_branches *branches = &session->branches;
    const uint32_t epoch =
        mjl_branches_find(branches, &mjl_transcript_place(session->transcript, place)->id);
    return epoch != MJL_NO_INDEX && !branches->epochs[epoch].is_decided &&
           mjl_branches_is_on_path(branches, epoch, branches->tip);
}

/* The oldest place that anybody lacks, the oldest commit, and each one of our line that is not
   decided: whoever stands on a rival of one of them cannot read that we are there, nor we that they
   are, and which of the commits they have. */
static bool is_probe(const mjl_session *session, uint32_t place)
{
    const bool is_commit = session->holdings.entries[place].type == MJL_PLACE_COMMIT;
    if (is_commit && leads_to_the_tip(session, place)) return true;
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX && i < place;
         i = mjl_acks_unacked_next(session->acks, i)) {
        const mjl_holding *holding = &session->holdings.entries[i];
        if (is_commit && holding->type != MJL_PLACE_COMMIT) continue;
        if (holding->packet_size > 0 && !holding->is_superseded) return false;
    }
    return true;
}

/* Parts are too large to be sent to who may be away: it asks for them when it is back. */
static bool was_heard_since(const mjl_session *session, uint32_t reader, const mjl_holding *holding)
{
    return session->presence.entries[reader].last_heard > holding->accepted_at;
}

/* Would a repetition reach anybody who is there and does not ask for itself? */
static bool is_worth_it(const mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_epoch *of =
        &session->branches.epochs[mjl_transcript_place(session->transcript, place)->epoch];
    for (uint32_t leaf = 0; leaf < of->leaf_count; leaf++) {
        const uint32_t reader = of->roster[leaf];
        if (reader == MJL_NO_INDEX || !mjl_acks_place_owes(session->acks, place, reader)) continue;
        if (mjl_presence_is_silent(session, reader)) continue;
        if (holding->type == MJL_TYPE_PART && !was_heard_since(session, reader, holding)) continue;
        if (!mjl_answers_is_served(session, reader)) return true;
    }
    return is_probe(session, place);
}

/* How long after somebody else's repetition ours waits for its next turn. Among many some miss each
   repetition where much is lost: there it is only one in as long as one member waits, or the room
   would repeat the faster the larger it is. */
static mjl_time pause_after_another(const mjl_session *session, const mjl_holding *holding)
{
    const mjl_time pause = mjl_wanting_pace(session) + crowd_pace(session);
    if (members_count(session) <= MJL_RESEND_RANKS) return pause;
    return most(pause, wait_for(session, holding));
}

/* Among many whoever hears nobody at all is cut off, and so may each of the others be: all would
   repeat alone, as nobody sees what another one does. What somebody else made waits until anybody
   is heard, or until waits are as long as they get. */
static bool is_cut_off_with(const mjl_session *session, const mjl_holding *holding)
{
    if (holding->is_own || members_count(session) <= MJL_RESEND_RANKS) return false;
    if (wait_for(session, holding) >= MJL_BACKOFF_MS_MAX) return false;
    return !mjl_presence_was_anybody_heard(session,
                                           most(holding->accepted_at, holding->last_on_wire));
}

/* Whoever we can still read has not entered the epoch that we cannot: nor has it where it says
   something beside that way, or on it before that commit. */
static bool is_lacked_by_who_speaks(const mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const uint32_t epoch = mjl_branches_find(&session->branches,
                                             &mjl_transcript_place(session->transcript, place)->id);
    const mjl_time since = most(holding->accepted_at, holding->last_on_wire);
    for (uint32_t i = 0; i < session->presence.count; i++) {
        if (i == mjl_session_self(session) || session->presence.entries[i].last_heard <= since)
            continue;
        if (!mjl_presence_lives_on(session, i, epoch)) return true;
    }
    return false;
}

/* A commit of ours lost beside the one that removed us, and perhaps nobody else has it: those who
   compare the others without it may choose another one, and never see us gone. So may those who
   lack what led to our removal, where all who live behind it are gone. A few times, since we can
   read no ack any more. */
static bool is_last_word(const mjl_session *session, uint32_t place)
{
    const mjl_branches *branches = &session->branches;
    const mjl_holding *holding = &session->holdings.entries[place];
    if (session->state != MJL_SESSION_REMOVED || branches->tip == MJL_NO_INDEX) return false;
    if (holding->type != MJL_PLACE_COMMIT || holding->step >= MJL_RESENDS_OF_REMOVED_MAX)
        return false;
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    if (holding->is_own && where->epoch == mjl_session_tip(session)->parent) return true;
    return leads_to_the_tip(session, place) && is_lacked_by_who_speaks(session, place);
}

mjl_result mjl_resend_last_words(mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    if (session->state != MJL_SESSION_REMOVED) return MJL_OK;
    mjl_result result = MJL_OK;
    for (uint32_t i = branches->tip; result == MJL_OK && i != MJL_NO_INDEX;
         i = branches->epochs[i].parent) {
        if (branches->epochs[i].is_decided) break;
        const uint32_t place =
            mjl_transcript_find_place(session->transcript, &branches->epochs[i].branch);
        if (place == MJL_NO_INDEX) continue; /* It waits for what it follows, or is the first. */
        const mjl_holding *holding = &session->holdings.entries[place];
        if (holding->resend_at != MJL_NEVER || holding->packet_size == 0) continue;
        if (is_last_word(session, place)) result = plan(session, place);
    }
    return result;
}

static mjl_result turn(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_holdings_resend_at(&session->holdings, place, MJL_NEVER);
    mjl_result result = mjl_holdings_touch(&session->holdings, place);
    if (result != MJL_OK) return result;
    const bool needed = is_needed(session, place);
    if (!needed && !has_removed_to_tell(session, place))
        return let_go(session, first_of(session, place));
    const bool may_send = mjl_session_may_send(session) || is_last_word(session, place);
    if (!may_send || holding->packet_size == 0 || holding->is_superseded) return MJL_OK;
    /* Somebody else just did: one turn later. */
    const bool was_just_sent =
        holding->last_on_wire > holding->accepted_at &&
        session->profile->now - holding->last_on_wire < pause_after_another(session, holding);
    /* While no transport takes packets, one copy that waits is enough. */
    const bool is_waiting = mjl_outbox_is_waiting(&session->profile->outbox, holding->outgoing);
    const bool is_left = was_just_sent || is_waiting || is_cut_off_with(session, holding);
    if (!is_left && (!needed || is_worth_it(session, place))) {
        result = mjl_resend_send(session, place);
        if (result == MJL_OK && needed) result = mjl_presence_owes_question(session);
    }
    if (result != MJL_OK) return result;
    holding->step++;
    return plan(session, place);
}

mjl_result mjl_resend_due(mjl_session *session, uint32_t place, mjl_due_kind kind)
{
    if (kind == MJL_DUE_RESEND) return turn(session, place);
    mjl_holdings_deadline_passed(&session->holdings, place);
    const mjl_result result = mjl_holdings_touch(&session->holdings, place);
    return result == MJL_OK ? overdue(session, place) : result;
}
