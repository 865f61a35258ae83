/*
 * Every promise that the rooms of a session make each other, looked at from outside: for tests, and
 * for whoever doubts a saved state. Slow.
 */
#include "retention.h"
#include "session_state.h"

#ifndef NDEBUG
#include <stdio.h>
#endif

typedef struct checking {
    const mjl_session *session;
    bool is_sound;
} checking;

static void must(checking *check, bool holds, const char *promise)
{
    if (holds) return;
    check->is_sound = false;
#ifndef NDEBUG
    fprintf(stderr, "session %u: not true that %s\n", (unsigned)check->session->number, promise);
#else
    (void)promise;
#endif
}

/* ---- Tasks ---- */

static void task_is(checking *check, uint64_t id, mjl_timer kind, const char *promise)
{
    mjl_task task;
    if (id == 0) return;
    const bool is_there =
        mjl_schedule_status(check->session->schedule, id, &task) == MJL_TASK_PENDING;
    must(check, is_there && task.kind == (uint16_t)kind, promise);
}

static void check_tasks(checking *check)
{
    const mjl_session *session = check->session;
    task_is(check, session->leave_task, MJL_TIMER_LEAVE, "the leave task is scheduled");
    task_is(check, session->gap_task, MJL_TIMER_GAP, "the gap task is scheduled");
    task_is(check, session->retention_task, MJL_TIMER_RETENTION, "old packets are dropped");
    task_is(check, session->expire_task, MJL_TIMER_EXPIRE, "the expiry is scheduled");
    task_is(check, session->membership.gate_task, MJL_TIMER_GATE, "the gate task is scheduled");
    task_is(check, session->presence.statement_task, MJL_TIMER_STATEMENT,
            "the statement task is scheduled");
    task_is(check, session->presence.heartbeat_task, MJL_TIMER_HEARTBEAT,
            "the heartbeat is scheduled");
    task_is(check, session->presence.fresh_task, MJL_TIMER_FRESH, "freshness is looked at");
    task_is(check, session->presence.away_task, MJL_TIMER_AWAY, "an absence has an end");
    task_is(check, session->wanting.task, MJL_TIMER_WANT, "the want is scheduled");
    task_is(check, session->knocking.task, MJL_TIMER_KNOCK, "the knock is scheduled");
    for (size_t i = 0; i < session->answers.count; i++) {
        task_is(check, session->answers.entries[i].task, MJL_TIMER_ANSWER,
                "an answer is scheduled");
    }
    task_is(check, session->joining.task, MJL_TIMER_JOIN, "the join task is scheduled");
    task_is(check, session->large.task, MJL_TIMER_LARGE, "the next parts are scheduled");
    mjl_due due;
    must(check,
         !mjl_holdings_next_due(&session->holdings, &due) ||
             due.at >= mjl_schedule_now(session->schedule),
         "no place was due before now");
    for (uint32_t i = 0; i < session->branches.count; i++) {
        task_is(check, session->branches.epochs[i].welcome_task, MJL_TIMER_WELCOME,
                "the Welcome of an epoch is scheduled");
    }
    must(check, session->state != MJL_SESSION_JOINING || session->joining.task != 0,
         "who is joining asks again");
    must(check, session->state != MJL_SESSION_LEAVING || session->leave_task != 0,
         "who is leaving has an end in sight");
}

/* ---- Epochs ---- */

static bool epoch_fits_graph(const mjl_session *session, uint32_t i)
{
    const mjl_epoch *epoch = &session->branches.epochs[i];
    const mjl_graph_epoch *graph = mjl_transcript_epoch(session->transcript, i);
    return mjl_id_equal(&epoch->branch, &graph->branch) && epoch->number == graph->number &&
           epoch->parent == graph->parent;
}

static bool roster_is_known(const mjl_session *session, const mjl_epoch *epoch)
{
    const uint32_t authors = mjl_transcript_authors_count(session->transcript);
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        if (epoch->roster[leaf] != MJL_NO_INDEX && epoch->roster[leaf] >= authors) return false;
    }
    return epoch->leaf_count <= MJL_LEAVES_MAX &&
           (epoch->committer == MJL_NO_INDEX || epoch->committer < authors);
}

static void check_epochs(checking *check)
{
    const mjl_session *session = check->session;
    const mjl_branches *branches = &session->branches;
    must(check, branches->count == mjl_transcript_epochs_count(session->transcript),
         "branches and graph have the same epochs");
    must(check,
         session->acks == NULL ? branches->count == 0
                               : branches->count == mjl_acks_rosters_count(session->acks),
         "every epoch has its roster in the acks");
    if (!check->is_sound) return;
    for (uint32_t i = 0; i < branches->count; i++) {
        const mjl_epoch *epoch = &branches->epochs[i];
        must(check, epoch_fits_graph(session, i), "an epoch is the same in branches and graph");
        must(check, roster_is_known(session, epoch), "a roster holds known authors");
        must(check, (epoch->group == NULL) == (epoch->ratchets == NULL),
             "group and ratchets live and die together");
        must(check, !epoch->has_fork_keys || epoch->group != NULL, "fork keys have a group");
        must(check, !epoch->removes_us || epoch->group == NULL, "a removal of ours has no group");
        must(check,
             (epoch->welcome.size > 0) == (epoch->welcome_state == MJL_WELCOME_HELD ||
                                           epoch->welcome_state == MJL_WELCOME_SENT),
             "a Welcome is kept while it may leave");
    }
    const mjl_epoch *tip = mjl_session_tip(session);
    must(check, (tip == NULL) == (branches->count == 0),
         "the tip is there from the first epoch on");
    if (tip == NULL) return;
    must(check, tip->removes_us || tip->group != NULL || session->state == MJL_SESSION_PARTED,
         "the tip is never forgotten by its members");
    must(check, session->state != MJL_SESSION_LIVE || !tip->removes_us, "who lives is a member");
}

/* ---- Places ---- */

static bool is_listed(const mjl_holdings *holdings, uint32_t place)
{
    for (uint32_t i = 0; i < holdings->dirty_count; i++) {
        if (holdings->dirty[i] == place) return true;
    }
    return false;
}

static void check_holding(checking *check, uint32_t place)
{
    const mjl_session *session = check->session;
    const mjl_holding *holding = &session->holdings.entries[place];
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    must(check, holding->type == where->type, "a holding is of its place's type");
    must(check, holding->is_own == (where->author == mjl_session_self(session)),
         "own places are by us");
    must(check,
         (holding->content.size == 0) == (holding->type == MJL_PLACE_COMMIT) ||
             holding->type == MJL_TYPE_PART,
         "messages have content, but for parts that were refused, and commits none");
    const bool is_dirty = holding->record_dirty || holding->packet_dirty || holding->content_dirty;
    must(check, !is_dirty || is_listed(&session->holdings, place), "what changed is saved");
    /* Of a lost branch only for its message's sake, unless that was placed again. */
    const bool is_needless = mjl_acks_place_is_full(session->acks, place) ||
                             (mjl_branches_is_lost(&session->branches, where->epoch) &&
                              (where->next_same != MJL_NO_INDEX ||
                               mjl_acks_is_full(session->acks, session->transcript, where->first)));
    const mjl_id none = {{0}};
    const bool was_given_again = mjl_id_equal(&holding->packet_id, &none);
    must(check,
         holding->packet_size > 0 || is_needless || was_given_again ||
             mjl_retention_is_over(session, holding->accepted_at),
         "what somebody lacks is kept");
    must(check, holding->packet.size == 0 || holding->packet.size == holding->packet_size,
         "a packet that is not saved yet is whole");
    must(check, holding->packet_dirty == (holding->packet.size > 0) || holding->packet_size == 0,
         "a packet is in memory or on the disk");
}

static void check_places(checking *check)
{
    const mjl_session *session = check->session;
    const mjl_holdings *holdings = &session->holdings;
    uint32_t delivered = 0;
    uint32_t last = 0;
    must(check, holdings->count == mjl_transcript_places_count(session->transcript),
         "every place has its holding");
    must(check, session->acks == NULL || holdings->count == mjl_acks_places_count(session->acks),
         "every place is in the acks");
    must(check, session->presence.count == mjl_transcript_authors_count(session->transcript),
         "every author has a presence");
    if (!check->is_sound) return;
    for (uint32_t i = 0; i < holdings->count; i++) {
        check_holding(check, i);
        if (holdings->entries[i].delivered_number == 0) continue;
        delivered++;
        if (holdings->entries[i].type == MJL_TYPE_LARGE) continue; /* Perhaps when it was whole. */
        must(check, holdings->entries[i].delivered_number > last,
             "messages are delivered in order");
        last = holdings->entries[i].delivered_number;
    }
    must(check, delivered == holdings->delivered_count, "what was delivered is counted");
}

/* ---- Warnings ---- */

static size_t warnings_with(const mjl_session *session, uint64_t number, mjl_warning_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < session->warnings.count; i++) {
        const mjl_warning *warning = &session->warnings.entries[i];
        count += warning->number == number && warning->kind == kind;
    }
    return count;
}

/* Each number that a room holds is a warning, and each warning is held by a room: else nobody could
 * retract it. */
static void check_warnings(checking *check)
{
    const mjl_session *session = check->session;
    const mjl_warnings *warnings = &session->warnings;
    size_t held = 0;
    bool is_dated = true;
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        const uint64_t number = session->holdings.entries[i].warning;
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_NOT_FULLY_ACKED) == 1;
    }
    for (uint32_t i = 0; i < session->branches.count; i++) {
        const uint64_t number = session->branches.epochs[i].welcome_warning;
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_JOIN_NOT_CONFIRMED) == 1;
    }
    for (uint32_t i = 0; i < session->presence.count; i++) {
        const uint64_t number = session->presence.entries[i].fresh_warning;
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_NOT_FRESH) == 1;
    }
    for (size_t i = 0; i < session->large.incomplete_count; i++) {
        const uint64_t number = session->large.incomplete[i].warning;
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_INCOMPLETE) == 1;
    }
    if (session->knocking.warning != 0) {
        held++;
        is_dated &= warnings_with(session, session->knocking.warning, MJL_WARNING_LEFT_BEHIND) == 1;
    }
    bool is_watched = true;
    for (size_t i = 0; i < warnings->gaps_count; i++) {
        const uint64_t number = warnings->gaps[i].warning;
        is_watched &= number != 0 || session->gap_task != 0 || !mjl_session_may_send(session);
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_GAP) == 1;
    }
    for (size_t i = 0; i < MJL_TRANSPORTS_KNOWN_MAX; i++) {
        const uint64_t number = session->transport_warnings[i];
        if (number == 0) continue;
        held++;
        is_dated &= warnings_with(session, number, MJL_WARNING_TRANSPORT_DOWN) == 1;
    }
    must(check, is_dated && held == mjl_warnings_count(warnings), "each warning has one cause");
    must(check, is_watched, "a gap becomes a warning");
    must(check, warnings->gaps_count <= MJL_GAPS_MAX, "gaps are bounded");
}

/* ---- What waits ---- */

static void check_waiting(checking *check)
{
    const mjl_session *session = check->session;
    const mjl_membership *membership = &session->membership;
    for (size_t i = 0; i < membership->count; i++) {
        const uint64_t before = i == 0 ? 0 : membership->intents[i - 1].number;
        must(check,
             membership->intents[i].number > before &&
                 membership->intents[i].number <= membership->next_number,
             "intents are in order");
    }
    for (size_t i = 0; i < session->says_count; i++) {
        must(check,
             session->says[i].number < session->says_next &&
                 (i == 0 || session->says[i - 1].number < session->says[i].number),
             "queued messages are in order");
    }
    const bool is_over =
        session->state == MJL_SESSION_PARTED || session->state == MJL_SESSION_REMOVED;
    must(check, mjl_large_is_sound(session), "large messages are sound");
    must(check, !is_over || session->says_count == 0, "who is no member has nothing to say");
    must(check, membership->count <= MJL_INTENTS_MAX, "intents are bounded");
    must(check, session->requests.count <= MJL_REQUESTS_MAX, "join requests are bounded");
    must(check, session->unknown.count <= MJL_UNKNOWN_EPOCH_PACKETS_MAX,
         "packets of unknown epochs are bounded");
}

static bool is_sound(const mjl_session *session)
{
    checking check = {.session = session, .is_sound = true};
    must(&check, mjl_schedule_check(session->schedule), "the schedule is sound");
    must(&check, mjl_holdings_check(&session->holdings), "what is due of places is sound");
    must(&check, mjl_transcript_check_all(session->transcript), "the transcript is sound");
    must(&check, mjl_pending_check(session->pending), "what is pending is sound");
    must(&check, session->acks == NULL || mjl_acks_check(session->acks, session->transcript),
         "the acks are sound");
    check_tasks(&check);
    if (check.is_sound) check_epochs(&check);
    if (check.is_sound) check_places(&check);
    if (check.is_sound) check_warnings(&check);
    if (check.is_sound) check_waiting(&check);
    return check.is_sound;
}

mjl_result mjl_profile_check(const mjl_profile *profile)
{
    if (profile == NULL) return MJL_BAD_ARGUMENT;
    if (profile->failure != MJL_OK) return MJL_STORE_FAILED;
    for (size_t i = 0; i < profile->sessions_count; i++) {
        const mjl_session *session = profile->sessions[i];
        if (session->number >= profile->next_session_number || !is_sound(session)) return MJL_BUG;
    }
    return MJL_OK;
}
