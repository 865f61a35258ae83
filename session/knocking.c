#include "knocking.h"

#include "restoring.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

#include <sodium.h>

/* ---- When ---- */

static uint64_t highest_known(const mjl_session *session)
{
    uint64_t highest = 0;
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const uint64_t number = session->branches.epochs[i].number;
        if (number > highest) highest = number;
    }
    return highest;
}

uint64_t mjl_knocking_epochs_behind(const mjl_session *session)
{
    const uint64_t highest = highest_known(session);
    uint64_t most = 0;
    for (size_t i = 0; i < session->unknown.count; i++) {
        const uint64_t epoch = session->unknown.entries[i].epoch;
        if (epoch > highest && epoch - highest > most) most = epoch - highest;
    }
    return most;
}

/* Packets wait for an epoch that did not come. */
static bool is_behind(const mjl_session *session)
{
    return mjl_knocking_epochs_behind(session) > 0;
}

/* What is missing lies so far back that the next epochs would close it. */
static bool has_old_gaps(const mjl_session *session)
{
    const uint64_t tip = mjl_session_tip(session)->number;
    return tip > MJL_EPOCHS_BEHIND_MAX &&
           mjl_warnings_has_gap_in(session, tip - MJL_EPOCHS_BEHIND_MAX);
}

static mjl_result plan_at(mjl_session *session, mjl_time due)
{
    mjl_knocking *const knocking = &session->knocking;
    const mjl_time now = session->profile->now;
    mjl_timers_cancel(session, &knocking->task);
    return mjl_timers_set(session, due > now ? due - now : 0, MJL_TIMER_KNOCK, 0, &knocking->task);
}

/* From BC_LAT on, doubling. Some come with FA_INTV, as soon as others could know more. Where all of
   them were in vain, as beside somebody who is cut off from us alone, ever fewer do. */
static mjl_time wait_for(const mjl_session *session)
{
    const mjl_time fa_intv = mjl_policy_fa_intv(&session->policy, 0);
    const uint32_t step = session->knocking.step;
    if (step < MJL_KNOCKS_STEADY_MAX) {
        const mjl_time wait = (mjl_time)session->policy.bc_lat_ms << step;
        return wait < fa_intv ? wait : fa_intv;
    }
    const uint32_t more = step - MJL_KNOCKS_STEADY_MAX;
    const mjl_time wait = fa_intv << (more < 20 ? more : 20);
    return wait < MJL_BACKOFF_MS_MAX ? wait : MJL_BACKOFF_MS_MAX;
}

mjl_result mjl_knocking_hinted(mjl_session *session)
{
    mjl_knocking *const knocking = &session->knocking;
    if (!mjl_session_may_send(session) || !is_behind(session)) return MJL_OK;
    knocking->left = MJL_KNOCKS_PER_HINT;
    if (knocking->task != 0) return MJL_OK;
    const mjl_time soonest = session->profile->now + (mjl_time)session->policy.bc_lat_ms;
    const mjl_time next = knocking->last + wait_for(session);
    return plan_at(session, next > soonest ? next : soonest);
}

mjl_result mjl_knocking_was_away(mjl_session *session)
{
    mjl_knocking *const knocking = &session->knocking;
    if (knocking->is_away || !mjl_session_may_send(session)) return MJL_OK;
    if (mjl_epoch_members_count(mjl_session_tip(session)) < 2) return MJL_OK;
    knocking->is_away = true;
    knocking->left = MJL_KNOCKS_PER_HINT;
    knocking->step = 0;
    session->wanting.step = 0; /* Nobody could answer the wishes before. */
    return plan_at(session, session->profile->now);
}

/* ---- Making one ---- */

static mjl_result encode(mjl_session *session, mjl_buffer *packet)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_mls_identity *identity = mjl_session_identity(session);
    uint8_t key[MJL_KNOCK_KEY_SIZE];
    mjl_knock *knock = calloc(1, sizeof *knock);
    if (knock == NULL) return MJL_OUT_OF_MEMORY;
    knock->group = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    if (session->state != MJL_SESSION_NEED_REJOIN) {
        knock->epoch = tip->number;
        knock->branch = tip->branch;
    } /* Else it names none: what it asks for is to be restored. */
    knock->author = *mjl_session_member_id(session);
    knock->counter = ++session->knocking.counter;
    knock->accepted_count = mjl_transcript_frontier(session->transcript, session->branches.tip, 0,
                                                    knock->accepted, MJL_FRONTIER_PLACES_MAX);
    knock->key_package = mjl_buffer_bytes(&session->joining.key_package);
    memset(key, 0, sizeof key);
    mjl_result result = MJL_OK;
    if (session->state != MJL_SESSION_NEED_REJOIN) {
        result = mjl_mls_group_export(tip->group, MJL_EXPORT_KNOCK, mjl_bytes_of(NULL, 0), key,
                                      sizeof key);
    }
    if (result == MJL_OK) {
        result = mjl_knock_encode(knock, identity->suite, identity->signature_seed, key, packet);
    }
    sodium_memzero(key, sizeof key);
    free(knock);
    return result;
}

static mjl_result send_knock(mjl_session *session)
{
    mjl_buffer bytes = {0};
    mjl_result result = mjl_join_keep_key_package(session);
    if (result == MJL_OK) result = encode(session, &bytes);
    if (result == MJL_OK) {
        const mjl_packet packet = {.kind = MJL_PACKET_KNOCK, .bytes = mjl_buffer_bytes(&bytes)};
        session->knocking.outgoing = session->profile->outbox.next_number;
        result = mjl_send_packet(session, &packet);
    }
    mjl_buffer_clear(&bytes);
    return result;
}

/* The key package that was offered goes with its secret. */
static void rest(mjl_session *session)
{
    session->knocking.left = 0;
    session->knocking.is_away = false;
    if (session->state == MJL_SESSION_LIVE) mjl_joining_clear(&session->joining);
}

mjl_result mjl_knocking_wants_back(mjl_session *session)
{
    /* Whoever answered an earlier knock takes what it offered as used: only something new lets us
       in. */
    if (!session->wants_back) mjl_joining_clear(&session->joining);
    session->wants_back = true;
    session->knocking.step = 0;
    return plan_at(session, session->profile->now);
}

/* Until somebody takes us back, or we leave. */
static mjl_result knock_to_be_restored(mjl_session *session)
{
    mjl_knocking *const knocking = &session->knocking;
    const bool is_waiting = mjl_outbox_is_waiting(&session->profile->outbox, knocking->outgoing);
    const mjl_result result = is_waiting ? MJL_OK : send_knock(session);
    if (result != MJL_OK) return result;
    const uint32_t steps = knocking->step < 20 ? knocking->step : 20;
    const mjl_time wait = (mjl_time)session->policy.bc_lat_ms << steps;
    knocking->step++;
    knocking->last = session->profile->now;
    return plan_at(session,
                   session->profile->now + (wait < MJL_BACKOFF_MS_MAX ? wait : MJL_BACKOFF_MS_MAX));
}

/* Nobody answers although the group went on: as after every old backup. */
static mjl_result note_silence(mjl_session *session)
{
    mjl_knocking *const knocking = &session->knocking;
    if (++knocking->unanswered < MJL_KNOCKS_UNANSWERED_MAX || !is_behind(session)) return MJL_OK;
    session->wants_back = true;
    return mjl_warnings_raise(session, MJL_WARNING_LEFT_BEHIND, &mjl_session_tip(session)->branch,
                              mjl_bytes_of(NULL, 0), &knocking->warning);
}

static mjl_result note_answer(mjl_session *session)
{
    session->knocking.unanswered = 0;
    session->wants_back = false;
    return mjl_warnings_retract(session, &session->knocking.warning);
}

mjl_result mjl_knocking_heard(mjl_session *session)
{
    session->knocking.unanswered = 0;
    return session->knocking.warning == 0 ? MJL_OK : note_answer(session);
}

mjl_result mjl_knocking_moved(mjl_session *session)
{
    if (session->knocking.warning == 0 || is_behind(session)) return MJL_OK;
    return note_answer(session);
}

mjl_result mjl_knocking_due(mjl_session *session)
{
    mjl_knocking *const knocking = &session->knocking;
    knocking->task = 0;
    if (session->state == MJL_SESSION_NEED_REJOIN) return knock_to_be_restored(session);
    if (!mjl_session_may_send(session)) return MJL_OK;
    const uint64_t highest = highest_known(session);
    const bool is_answered =
        knocking->last > 0 && mjl_presence_was_anybody_heard(session, knocking->last);
    if (is_answered) {
        const mjl_result answered = note_answer(session);
        if (answered != MJL_OK) return answered;
    }
    if (knocking->is_away && is_answered && knocking->left < MJL_KNOCKS_PER_HINT) {
        knocking->is_away = false;
    }
    if (highest > knocking->epoch_then) knocking->step = 0;
    if (!knocking->is_away && !is_behind(session)) {
        knocking->step = 0;
        rest(session);
        return note_answer(session);
    }
    /* In vain: whatever hints again may be forged as well, and the waits go on from where they
       are. */
    if (knocking->left == 0) {
        if (!session->wants_back) rest(session);
        return MJL_OK;
    }
    /* While no transport takes packets, one knock that waits is enough. */
    const bool is_waiting = mjl_outbox_is_waiting(&session->profile->outbox, knocking->outgoing);
    if (is_waiting || has_old_gaps(session)) {
        return plan_at(session, session->profile->now + (mjl_time)session->policy.bc_lat_ms);
    }
    mjl_result result = send_knock(session);
    if (result == MJL_OK) result = note_silence(session);
    if (result != MJL_OK) return result;
    knocking->last = session->profile->now;
    knocking->epoch_then = highest;
    knocking->left--;
    const mjl_time next = session->profile->now + wait_for(session);
    knocking->step++;
    return plan_at(session, next);
}

/* ---- Hearing one ---- */

static mjl_result refuse(mjl_verdict *verdict, mjl_verdict_kind kind, mjl_result why)
{
    verdict->kind = kind;
    verdict->why = why;
    return MJL_OK;
}

/* From the cheapest check to the dearest. Anything but OK elicits nothing. */
static mjl_result check(const mjl_knock *knock, uint32_t author, const mjl_epoch *epoch)
{
    uint8_t key[MJL_KNOCK_KEY_SIZE];
    mjl_mls_member member;
    const uint32_t leaf = mjl_epoch_leaf_of(epoch, author);
    if (epoch->number != knock->epoch || leaf == MJL_NO_INDEX) return MJL_UNKNOWN_SENDER;
    mjl_result result = mjl_mls_group_export(epoch->group, MJL_EXPORT_KNOCK, mjl_bytes_of(NULL, 0),
                                             key, sizeof key);
    if (result == MJL_OK) result = mjl_knock_check_mac(knock, key);
    sodium_memzero(key, sizeof key);
    if (result != MJL_OK) return result;
    if (!mjl_mls_group_member(epoch->group, leaf, &member)) return MJL_UNKNOWN_SENDER;
    return mjl_knock_check_signature(knock, mjl_mls_group_suite(epoch->group),
                                     member.signature_key);
}

static mjl_result take(mjl_session *session, const mjl_knock *knock, uint32_t author,
                       uint32_t epoch)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    entry->knock_counter = knock->counter;
    entry->dirty = true;
    mjl_result result =
        mjl_presence_take_places(session, author, knock->accepted, knock->accepted_count);
    if (result == MJL_OK) result = mjl_restoring_answered(session, knock);
    /* It is behind: keys of what it misses stay. */
    if (result == MJL_OK) result = mjl_presence_heard(session, author, MJL_NO_INDEX);
    return result == MJL_OK ? mjl_answers_knocked(session, author, epoch) : result;
}

/* It was removed and let in again, perhaps by an old request of its: no commit leads it on. */
static bool was_removed_since(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = branches->tip; i != MJL_NO_INDEX && i > epoch;
         i = branches->epochs[i].parent) {
        if (!mjl_epoch_has_author(&branches->epochs[i], author)) return true;
    }
    return false;
}

mjl_result mjl_knocking_receive(mjl_session *session, const mjl_knock *knock, mjl_verdict *verdict)
{
    verdict->session = session;
    if (mjl_id_equal(&knock->author, mjl_session_member_id(session))) {
        return refuse(verdict, MJL_VERDICT_OWN_ECHO, MJL_OK);
    }
    if (!mjl_session_may_send(session)) return refuse(verdict, MJL_VERDICT_NOT_FOR_US, MJL_OK);
    const uint32_t author = mjl_transcript_find_author(session->transcript, &knock->author);
    if (author == MJL_NO_INDEX || !mjl_epoch_has_author(mjl_session_tip(session), author)) {
        return refuse(verdict, MJL_VERDICT_REJECTED, MJL_UNKNOWN_SENDER);
    }
    const mjl_presence_entry *entry = &session->presence.entries[author];
    const uint32_t index = mjl_branches_find(&session->branches, &knock->branch);
    const mjl_epoch *epoch = index == MJL_NO_INDEX ? NULL : &session->branches.epochs[index];
    /* It was heard in a later epoch, or the keys of this one are gone: its knock proves no more
       than who signed it, as after every old backup. A person decides. */
    if (epoch == NULL || epoch->group == NULL || entry->heard_epoch > epoch->number ||
        was_removed_since(session, author, index)) {
        return mjl_restoring_asked(session, knock, author, verdict);
    }
    if (knock->counter <= entry->knock_counter) {
        return refuse(verdict, MJL_VERDICT_DUPLICATE, MJL_OK);
    }
    const mjl_result result = check(knock, author, epoch);
    if (result == MJL_OUT_OF_MEMORY) return result;
    if (result != MJL_OK) return refuse(verdict, MJL_VERDICT_REJECTED, result);
    verdict->kind = MJL_VERDICT_APPLIED;
    verdict->has_who = true;
    verdict->who = knock->author;
    return take(session, knock, author, index);
}
