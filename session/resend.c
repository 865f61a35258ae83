#include "resend.h"

#include "acks_readers.h"
#include "message_states.h"
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

/* A dozen turns are at most 8 BC_LAT apart, of the slower one of agreed and measured; then the
   waits double, up to an hour: who is heard by then asks for what it misses. */
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
    if (result == MJL_OK && !is_full(session, place)) mjl_message_states_expect(session, place);
    return result;
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

mjl_result mjl_resend_ack_changed(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_result result = MJL_OK;
    if (is_full(session, place)) {
        for (uint32_t i = place; result == MJL_OK && i != MJL_NO_INDEX;
             i = mjl_transcript_place(session->transcript, i)->next_same) {
            result = mjl_message_states_settle(session, i);
        }
        if (result == MJL_OK) result = let_go(session, place);
        mjl_send_forget_queued(session, &mjl_transcript_place(session->transcript, place)->message);
    } else if (holding->warning != 0) {
        result = mjl_message_states_warn(session, place);
    }
    return result == MJL_OK ? mjl_message_states_tell(session, place) : result;
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
        result = mjl_message_states_orphan(session, i);
        if (result == MJL_OK) result = mjl_acks_let_go(session->acks, i);
        if (result == MJL_OK) result = mjl_message_states_settle(session, i);
        if (result == MJL_OK) result = let_go(session, first_of(session, i));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* ---- Turns ---- */

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
        if (holding->warning == 0 && holding->is_overdue)
            result = mjl_message_states_overdue(session, i);
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

/* Whoever we can still read, and was not heard to have the commit, has not entered the epoch that
   we cannot: nor has it where it says something beside that way, or on it before that commit. */
static bool is_lacked_by_who_speaks(const mjl_session *session, uint32_t place)
{
    const mjl_holding *holding = &session->holdings.entries[place];
    const uint32_t epoch = mjl_branches_find(&session->branches,
                                             &mjl_transcript_place(session->transcript, place)->id);
    const mjl_time since = most(holding->accepted_at, holding->last_on_wire);
    for (uint32_t i = 0; i < session->presence.count; i++) {
        if (i == mjl_session_self(session) || i == session->branches.epochs[epoch].committer)
            continue;
        if (session->presence.entries[i].last_heard <= since) continue;
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

/* Its turns as a member, of which there may have been many, do not count. */
mjl_result mjl_resend_begin_last_words(mjl_session *session)
{
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->type != MJL_PLACE_COMMIT || holding->step == 0) continue;
        holding->step = 0;
        const mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
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
        if (has_missed_its_turn(session, place) && is_last_word(session, place))
            result = plan(session, place);
    }
    return result;
}

mjl_result mjl_resend_due(mjl_session *session, uint32_t place)
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
