#include "presence.h"

#include "accept.h"
#include "away.h"
#include "freshness.h"
#include "payload.h"
#include "restoring.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"
#include "welcomes.h"

void mjl_presence_clear(mjl_presence *presence)
{
    free(presence->entries);
    memset(presence, 0, sizeof *presence);
}

mjl_result mjl_presence_reserve(mjl_presence *presence, uint32_t author)
{
    if (author >= presence->room) {
        const uint32_t room = author + 8;
        mjl_presence_entry *entries = realloc(presence->entries, room * sizeof *entries);
        if (entries == NULL) return MJL_OUT_OF_MEMORY;
        memset(entries + presence->room, 0, (room - presence->room) * sizeof *entries);
        presence->entries = entries;
        presence->room = room;
    }
    if (author >= presence->count) presence->count = author + 1;
    return MJL_OK;
}

static size_t members_count(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    return tip == NULL ? 0 : mjl_epoch_members_count(tip);
}

/* ---- Who is silent ---- */

/* Since when it could have been heard: the first epoch that holds it, for who never was. */
static mjl_time heard_or_came(const mjl_session *session, uint32_t author)
{
    const mjl_time heard = session->presence.entries[author].last_heard;
    for (uint32_t i = 0; heard == 0 && i < session->branches.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[i];
        if (mjl_epoch_has_author(epoch, author)) return epoch->entered_at;
    }
    return heard;
}

bool mjl_presence_is_silent(const mjl_session *session, uint32_t author)
{
    if (mjl_away_is(session, author)) return true;
    const mjl_time period = mjl_policy_heartbeat(&session->policy, members_count(session));
    const mjl_time since = heard_or_came(session, author);
    return session->profile->now - since > period + period / 16;
}

bool mjl_presence_was_anybody_heard(const mjl_session *session, mjl_time since)
{
    const mjl_presence *presence = &session->presence;
    for (uint32_t i = 0; i < presence->count; i++) {
        if (presence->entries[i].last_heard > since) return true;
    }
    return false;
}

/* ---- When to speak ---- */

static mjl_result plan_statement(mjl_session *session, mjl_time delay)
{
    mjl_presence *const presence = &session->presence;
    if (presence->statement_task != 0) return MJL_OK;
    return mjl_timers_set(session, delay, MJL_TIMER_STATEMENT, 0, &presence->statement_task);
}

mjl_time mjl_presence_period(const mjl_session *session)
{
    const size_t members = members_count(session);
    const mjl_time most = mjl_policy_idle_max(&session->policy, members);
    mjl_time period = mjl_policy_heartbeat(&session->policy, members);
    for (uint32_t i = 0; i < session->presence.heartbeat_step && period < most; i++)
        period *= 2;
    return period < most ? period : most;
}

static mjl_result plan_heartbeat(mjl_session *session)
{
    mjl_presence *const presence = &session->presence;
    mjl_timers_cancel(session, &presence->heartbeat_task);
    return mjl_timers_set(session, mjl_presence_period(session), MJL_TIMER_HEARTBEAT, 0,
                          &presence->heartbeat_task);
}

/* A statement never puts the heartbeat off: whoever asks or is asked again and again would never
   find the room idle, and go on at the pace of a busy one. */
static mjl_result hasten_heartbeat(mjl_session *session)
{
    mjl_task task;
    const uint64_t id = session->presence.heartbeat_task;
    const mjl_time latest = session->profile->now + mjl_presence_period(session);
    const bool is_planned =
        id != 0 && mjl_schedule_status(session->schedule, id, &task) == MJL_TASK_PENDING;
    return is_planned && task.due <= latest ? MJL_OK : plan_heartbeat(session);
}

/* Somebody is active: the room is not idle. */
static mjl_result wake_up(mjl_session *session)
{
    if (session->presence.heartbeat_step == 0) return MJL_OK;
    session->presence.heartbeat_step = 0;
    return mjl_freshness_hurry(session);
}

mjl_result mjl_presence_owes_question(mjl_session *session)
{
    session->presence.has_unspoken = true;
    return plan_statement(session,
                          mjl_policy_statement_delay(&session->policy, members_count(session)));
}

mjl_result mjl_presence_owes_statement(mjl_session *session)
{
    const mjl_result result = wake_up(session);
    return result == MJL_OK ? mjl_presence_owes_question(session) : result;
}

mjl_result mjl_presence_speak_soon(mjl_session *session)
{
    const mjl_time usual = mjl_policy_statement_delay(&session->policy, members_count(session));
    const mjl_time bc_lat = session->policy.bc_lat_ms;
    session->presence.has_unspoken = true;
    session->presence.heartbeat_step = 0;
    return plan_statement(session, usual < bc_lat ? usual : bc_lat);
}

/* Named as waited for: at most one statement per BC_LAT. */
static mjl_result was_asked(mjl_session *session)
{
    mjl_presence *const presence = &session->presence;
    presence->was_asked = true;
    const mjl_time earliest = presence->last_statement + session->policy.bc_lat_ms;
    const mjl_time now = session->profile->now;
    return plan_statement(session, earliest > now ? earliest - now : 0);
}

/* Does it lack anything that was accepted here since then? */
static bool owes_since(const mjl_session *session, uint32_t author, mjl_time since)
{
    if (mjl_acks_owed_count(session->acks, author) == 0) return false;
    for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
         i = mjl_acks_unacked_next(session->acks, i)) {
        if (session->holdings.entries[i].accepted_at < since) continue;
        if (mjl_acks_owes(session->acks, session->transcript, i, author)) return true;
    }
    return false;
}

/* Who was silent and lacks what others have is told what there is; it asks for what it misses. One
   after the other, and whoever is first is enough: the others' statements wait for BC_LAT. What it
   was there for a heartbeat to be told of is not told again: of an ack that never comes, and in an
   idle room, where everybody is silent for long, all would speak whenever anybody does. */
static mjl_result welcome_back(mjl_session *session, uint32_t author, mjl_time heard_before)
{
    const mjl_time was_there = mjl_policy_heartbeat(&session->policy, members_count(session));
    if (!mjl_session_may_send(session) || session->acks == NULL) return MJL_OK;
    if (!mjl_epoch_has_author(mjl_session_tip(session), author)) return MJL_OK;
    return owes_since(session, author, heard_before - was_there) ? was_asked(session) : MJL_OK;
}

/* What is said on another line shows that its author was where that line left ours, and no more. */
static uint64_t number_on_our_line(const mjl_session *session, uint32_t epoch)
{
    const uint32_t shared = mjl_branches_shared(&session->branches, epoch);
    return shared == MJL_NO_INDEX ? 0 : session->branches.epochs[shared].number;
}

void mjl_presence_switched(mjl_session *session, uint32_t from)
{
    const uint64_t shared = number_on_our_line(session, from);
    for (uint32_t author = 0; author < session->presence.count; author++) {
        mjl_presence_entry *const entry = &session->presence.entries[author];
        if (entry->heard_epoch <= shared) continue;
        entry->heard_epoch = shared;
        entry->dirty = true;
    }
}

/* Is there one way from the epoch to the other, with no fork that it could have left it at? */
static bool leads_straight(const mjl_branches *branches, uint32_t from, uint32_t to)
{
    while (to != from) {
        to = branches->epochs[to].parent;
        if (to == MJL_NO_INDEX || mjl_branches_children_count(branches, to) > 1) return false;
    }
    return true;
}

/* Packets overtake each other: who was heard further on that line is there. */
static void note_where(mjl_session *session, uint32_t author, uint32_t epoch)
{
    const mjl_branches *const branches = &session->branches;
    mjl_presence_entry *const entry = &session->presence.entries[author];
    const bool was_heard = entry->lives_in > 0;
    const uint32_t before = was_heard ? entry->lives_in - 1 : MJL_NO_INDEX;
    if (was_heard && epoch != before && mjl_branches_is_on_path(branches, epoch, before)) return;
    if (!was_heard || !leads_straight(branches, before, epoch))
        entry->lives_since = session->profile->now;
    entry->lives_heard = session->profile->now;
    entry->lives_in = epoch + 1;
    entry->dirty = true;
}

bool mjl_presence_lives_on(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const uint32_t lives_in = session->presence.entries[author].lives_in;
    return lives_in > 0 && mjl_branches_is_on_path(&session->branches, epoch, lives_in - 1);
}

bool mjl_presence_lives_beside(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const uint32_t lives_in = session->presence.entries[author].lives_in;
    return lives_in > 0 && !mjl_presence_lives_on(session, author, epoch) &&
           !mjl_branches_is_on_path(&session->branches, lives_in - 1, epoch);
}

mjl_result mjl_presence_heard(mjl_session *session, uint32_t author, uint32_t epoch)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    const bool is_back = mjl_presence_is_silent(session, author);
    const mjl_time heard_before = entry->last_heard;
    const uint64_t number = number_on_our_line(session, epoch);
    entry->last_heard = session->profile->now;
    if (number > entry->heard_epoch) entry->heard_epoch = number;
    if (epoch != MJL_NO_INDEX) note_where(session, author, epoch);
    entry->dirty = true;
    mjl_result result = is_back ? welcome_back(session, author, heard_before) : MJL_OK;
    if (result == MJL_OK) result = mjl_freshness_heard(session, author);
    if (result == MJL_OK) result = mjl_away_heard(session, author);
    if (result == MJL_OK) result = mjl_knocking_heard(session);
    if (result == MJL_OK) result = mjl_resend_last_words(session);
    if (result == MJL_OK) result = mjl_restoring_forget(session, author);
    return result == MJL_OK ? mjl_welcomes_heard(session, author) : result;
}

mjl_result mjl_presence_ask_all(mjl_session *session)
{
    session->presence.asks_all = true;
    return mjl_presence_owes_statement(session);
}

mjl_result mjl_presence_spoke(mjl_session *session, bool is_statement)
{
    mjl_presence *const presence = &session->presence;
    mjl_presence_entry *const own = &presence->entries[mjl_session_self(session)];
    const uint64_t number = mjl_session_tip(session)->number;
    presence->has_unspoken = presence->was_asked = false;
    presence->last_spoke = session->profile->now;
    own->dirty |= own->heard_epoch < number;
    if (own->heard_epoch < number) own->heard_epoch = number;
    if (is_statement) presence->last_statement = session->profile->now;
    mjl_timers_cancel(session, &presence->statement_task);
    mjl_result result = is_statement ? MJL_OK : wake_up(session);
    if (result == MJL_OK) result = mjl_freshness_spoke(session, is_statement);
    if (result != MJL_OK) return result;
    return is_statement ? hasten_heartbeat(session) : plan_heartbeat(session);
}

mjl_result mjl_presence_statement_due(mjl_session *session)
{
    mjl_presence *const presence = &session->presence;
    presence->statement_task = 0;
    if (!mjl_session_may_send(session)) return MJL_OK;
    if (!presence->has_unspoken && !presence->was_asked) return MJL_OK;
    const mjl_time pace = mjl_policy_statement_pace(&session->policy, members_count(session));
    const mjl_time earliest = presence->last_statement + pace;
    if (pace > 0 && session->profile->now < earliest) {
        return plan_statement(session, earliest - session->profile->now);
    }
    return mjl_presence_say_statement(session);
}

/* Nobody's place came for so long. */
static bool is_idle_for(const mjl_session *session, mjl_time period)
{
    const mjl_holdings *holdings = &session->holdings;
    if (holdings->count == 0) return true;
    return session->profile->now >= holdings->entries[holdings->count - 1].accepted_at + period;
}

mjl_result mjl_presence_heartbeat_due(mjl_session *session)
{
    mjl_presence *const presence = &session->presence;
    presence->heartbeat_task = 0;
    if (!mjl_session_may_send(session)) return MJL_OK;
    const mjl_time period = mjl_presence_period(session);
    const bool has_spoken = session->profile->now < presence->last_spoke + period;
    /* Questions and answers alone do not keep a room awake; but whoever is missed is missed by the
       clock that ran when it fell silent. */
    if (!has_spoken || is_idle_for(session, 2 * period)) presence->heartbeat_step++;
    const mjl_result result = plan_heartbeat(session);
    /* What was said meanwhile showed as well that we are here. */
    if (result != MJL_OK || has_spoken) return result;
    return mjl_presence_say_statement(session);
}

/* ---- Making a statement ---- */

/* The ends of lines that the tip does not follow: their authors wait for acks as well. */
static void add_side_branches(const mjl_session *session, mjl_frontier *frontier)
{
    const mjl_branches *branches = &session->branches;
    const size_t most = MJL_FRONTIER_PLACES_MAX;
    for (uint32_t i = branches->count; i > 0 && branches->count - i < MJL_SIBLINGS_MAX; i--) {
        const uint32_t epoch = i - 1;
        if (mjl_branches_is_on_path(branches, epoch, branches->tip)) continue;
        if (mjl_branches_is_lost(branches, epoch)) continue;
        if (mjl_branches_children_count(branches, epoch) > 0) continue;
        mjl_place_ref ends[MJL_PARENTS_MAX];
        const size_t count =
            mjl_transcript_frontier(session->transcript, epoch, 0, ends, MJL_PARENTS_MAX);
        for (size_t j = 0; j < count && frontier->places_count < most; j++) {
            const uint32_t place = mjl_transcript_find_place(session->transcript, &ends[j].id);
            if (place == MJL_NO_INDEX) continue;
            const uint32_t of = mjl_transcript_place(session->transcript, place)->epoch;
            if (mjl_branches_is_on_path(branches, of, branches->tip)) continue;
            frontier->places[frontier->places_count++] = ends[j];
        }
    }
}

/* Ascending, each once. */
static void tidy_places(mjl_frontier *frontier)
{
    mjl_place_refs_sort(frontier->places, frontier->places_count);
    size_t kept = 0;
    for (size_t i = 0; i < frontier->places_count; i++) {
        if (kept > 0 &&
            mjl_place_ref_compare(&frontier->places[kept - 1], &frontier->places[i]) == 0) {
            continue;
        }
        frontier->places[kept++] = frontier->places[i];
    }
    frontier->places_count = kept;
}

/* Is the place overdue, and our last statement not of yesterday's question? Whoever is named
   answers, and may name us in its answer: an ack that never comes would be asked for at each BC_LAT
   for ever. So the longer it is overdue the longer is the pause, but for heartbeats, which always
   ask. */
static bool asks_for(const mjl_session *session, uint32_t place)
{
    enum { PAUSES = 8 };
    const mjl_holding *holding = &session->holdings.entries[place];
    if (session->presence.asks_all) return true;
    if (holding->warning == 0) return false;
    const mjl_time now = session->profile->now;
    const mjl_time pause = (now - holding->accepted_at) / PAUSES;
    const mjl_time most = mjl_presence_period(session) / 2;
    return now - session->presence.last_statement >= (pause < most ? pause : most);
}

/* Whose acks are overdue. Only those: naming everybody would make each statement elicit the next.
   But once, by who caught up: what it got others have had for long. */
static void add_waited(const mjl_session *session, mjl_frontier *frontier)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX) continue;
        if (frontier->waited_count == MJL_FRONTIER_MEMBERS_MAX) break;
        if (mjl_freshness_asks(session, author)) {
            frontier->waited[frontier->waited_count++] =
                *mjl_transcript_author_id(session->transcript, author);
            continue;
        }
        if (mjl_acks_owed_count(session->acks, author) == 0) continue;
        for (uint32_t i = mjl_acks_unacked_first(session->acks); i != MJL_NO_INDEX;
             i = mjl_acks_unacked_next(session->acks, i)) {
            if (!asks_for(session, i)) continue;
            if (!mjl_acks_owes(session->acks, session->transcript, i, author)) continue;
            frontier->waited[frontier->waited_count++] =
                *mjl_transcript_author_id(session->transcript, author);
            break;
        }
    }
    mjl_ids_sort(frontier->waited, frontier->waited_count);
}

static void add_echo(mjl_session *session, uint32_t author, mjl_frontier *frontier)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    if (!entry->owes_echo || frontier->heard_count == MJL_FRONTIER_MEMBERS_MAX) return;
    mjl_nonce_heard *echo = &frontier->heard[frontier->heard_count++];
    echo->member = *mjl_transcript_author_id(session->transcript, author);
    memcpy(echo->nonce, entry->nonce, sizeof echo->nonce);
    entry->owes_echo = entry->echo_first = false;
    entry->dirty = true;
}

/* Those who asked us first. Of more than fit each gets its turn: the next statement goes on where
   this one ends. */
static void add_echoes(mjl_session *session, mjl_frontier *frontier)
{
    const mjl_presence *presence = &session->presence;
    for (uint32_t author = 0; author < presence->count; author++)
        if (presence->entries[author].echo_first) add_echo(session, author, frontier);
    const uint64_t begin = presence->nonces.count * MJL_FRONTIER_MEMBERS_MAX;
    for (uint32_t i = 0; i < presence->count; i++)
        add_echo(session, (uint32_t)((begin + i) % presence->count), frontier);
    mjl_nonces_sort(frontier->heard, frontier->heard_count);
}

mjl_result mjl_presence_say_statement(mjl_session *session)
{
    mjl_presence *const presence = &session->presence;
    uint8_t nonce[MJL_STATEMENT_NONCE_SIZE];
    mjl_result result = mjl_draw(session->profile->random, "echo", nonce, sizeof nonce);
    if (result != MJL_OK) return result;
    mjl_frontier *frontier = calloc(1, sizeof *frontier);
    if (frontier == NULL) return MJL_OUT_OF_MEMORY;
    mjl_nonces_add(&presence->nonces, nonce, session->profile->now);
    frontier->counter = presence->nonces.count;
    memcpy(frontier->nonce, nonce, sizeof frontier->nonce);
    frontier->places_count = mjl_transcript_frontier(session->transcript, session->branches.tip, 0,
                                                     frontier->places, MJL_FRONTIER_PLACES_MAX);
    add_side_branches(session, frontier);
    tidy_places(frontier);
    add_waited(session, frontier);
    presence->asks_all = false;
    add_echoes(session, frontier);
    mjl_buffer body = {0};
    result = mjl_frontier_encode(frontier, &body);
    if (result == MJL_OK)
        result = mjl_send_statement(session, MJL_TYPE_FRONTIER, mjl_buffer_bytes(&body));
    mjl_buffer_clear(&body);
    free(frontier);
    return result;
}

/* ---- Taking one ---- */

/* Acks are the union of all statements; what the author has now is the newest one's word. */
static mjl_result take_places(mjl_session *session, uint32_t author, const mjl_place_ref *places,
                              size_t count, bool is_newest, bool *is_complete)
{
    const uint64_t root = session->branches.epochs[session->branches.root].number;
    mjl_acks_changes changes = {0};
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < count; i++) {
        const mjl_place_ref *ref = &places[i];
        const uint32_t place = mjl_transcript_find_place(session->transcript, &ref->id);
        if (place != MJL_NO_INDEX) {
            result = mjl_acks_heard(session->acks, session->transcript, place, author, &changes);
        } else if (ref->epoch >= root) {
            *is_complete = false;
            if (!is_newest || mjl_pending_has(session->pending, &ref->id)) continue;
            result = mjl_warnings_note_gap(session, ref, author, true);
        }
    }
    if (result == MJL_OK && is_newest)
        result = mjl_warnings_note_before(session, places, count, author);
    if (result == MJL_OK) return mjl_accept_changes(session, &changes);
    mjl_acks_changes_clear(&changes);
    return result;
}

mjl_result mjl_presence_take_places(mjl_session *session, uint32_t author,
                                    const mjl_place_ref *places, size_t count)
{
    bool is_complete = true;
    return take_places(session, author, places, count, true, &is_complete);
}

static void take_nonces(mjl_session *session, uint32_t author, const mjl_frontier *frontier)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    if (frontier->counter > entry->counter || !entry->has_nonce) {
        entry->counter = frontier->counter;
        memcpy(entry->nonce, frontier->nonce, sizeof entry->nonce);
        entry->has_nonce = entry->owes_echo = true;
    }
    for (size_t i = 0; i < frontier->heard_count; i++) {
        const mjl_nonce_heard *echo = &frontier->heard[i];
        if (!mjl_id_equal(&echo->member, mjl_session_member_id(session))) continue;
        mjl_time next;
        if (mjl_nonces_find(&session->presence.nonces, echo->nonce, &next))
            mjl_freshness_echoed(session, author, next);
    }
    entry->dirty = true;
}

static bool names_us(const mjl_session *session, const mjl_frontier *frontier)
{
    for (size_t i = 0; i < frontier->waited_count; i++) {
        if (mjl_id_equal(&frontier->waited[i], mjl_session_member_id(session))) return true;
    }
    return false;
}

mjl_result mjl_presence_take_statement(mjl_session *session, uint32_t author, uint32_t epoch,
                                       const mjl_frontier *frontier)
{
    bool is_complete = true;
    mjl_presence_entry *const entry = &session->presence.entries[author];
    const bool is_newest = !entry->has_nonce || frontier->counter > entry->counter;
    take_nonces(session, author, frontier);
    if (is_newest) mjl_warnings_begin_statement(session, author);
    mjl_result result = take_places(session, author, frontier->places, frontier->places_count,
                                    is_newest, &is_complete);
    if (result == MJL_OK && is_newest) result = mjl_warnings_end_statement(session);
    if (is_newest) note_where(session, author, epoch);
    const uint32_t lives_in = entry->lives_in;
    const mjl_time lives_since = entry->lives_since, lives_heard = entry->lives_heard;
    /* Heard in a later epoch only when nothing earlier is missing: keys of earlier ones may go
     * then. */
    if (result == MJL_OK) {
        result = mjl_presence_heard(session, author, is_complete ? epoch : MJL_NO_INDEX);
    }
    session->presence.entries[author].lives_in = lives_in; /* An older statement moves nobody. */
    session->presence.entries[author].lives_since = lives_since;
    session->presence.entries[author].lives_heard = lives_heard;
    const mjl_epoch *tip = mjl_session_tip(session);
    if (result == MJL_OK && names_us(session, frontier) && mjl_epoch_has_author(tip, author)) {
        session->presence.entries[author].echo_first = true;
        result = was_asked(session);
    }
    return result;
}
