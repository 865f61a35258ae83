/* A turn of a large message of ours: some more parts get their places, at last the one that names
 * them. */
#include "large.h"

#include "choosing.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

/* ---- Which parts stand in sight of everyone in the tip ---- */

/* The oldest epoch of the path since which nobody joined: who is in the tip can read what was
   placed from there on. */
static uint32_t readable_from(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    uint32_t oldest = branches->tip;
    for (size_t steps = 0; steps < MJL_EPOCHS_MAX; steps++) {
        const uint32_t parent = branches->epochs[oldest].parent;
        if (parent == MJL_NO_INDEX || mjl_send_has_grown(session, parent)) break;
        oldest = parent;
    }
    return oldest;
}

static bool is_readable(const mjl_session *session, const mjl_message_id *part, uint32_t oldest)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = mjl_transcript_find_message(session->transcript, part); i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        const uint32_t epoch = mjl_transcript_place(session->transcript, i)->epoch;
        if (mjl_branches_is_on_path(branches, epoch, branches->tip) &&
            mjl_branches_is_on_path(branches, oldest, epoch)) {
            return true;
        }
    }
    return false;
}

/* Moves `done` to the first part that has to be placed. */
static void find_next(const mjl_session *session, mjl_large_say *say)
{
    if (say->done_in != session->branches.tip) {
        say->done = 0;
        say->dirty = true;
    }
    say->done_in = session->branches.tip;
    const uint32_t oldest = readable_from(session);
    while (say->done < say->parts_count && is_readable(session, &say->parts[say->done], oldest)) {
        say->done++;
        say->dirty = true;
    }
}

/* ---- A turn ---- */

static bool is_not_now(mjl_result result)
{
    return result == MJL_PARENT_UNKNOWN || result == MJL_OWN_PLACE_NOT_FOLLOWED;
}

/* Places on lines that were left are not repeated any more. */
static mjl_result supersede(mjl_session *session, uint32_t first)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = first; i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        const uint32_t epoch = mjl_transcript_place(session->transcript, i)->epoch;
        if (mjl_branches_is_on_path(branches, epoch, branches->tip)) continue;
        session->holdings.entries[i].is_superseded = true;
        const mjl_result result = mjl_holdings_touch(&session->holdings, i);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

/* Own acks may end others that were followed: `says` moves. */
static mjl_result place(mjl_session *session, mjl_bytes content, mjl_message_id message,
                        uint32_t if_grown)
{
    uint32_t placed;
    const mjl_result result = mjl_send_place(session, content, if_grown, &placed);
    if (result != MJL_OK) return result;
    session->large.last_place = placed;
    session->large.dirty = true;
    return supersede(session, mjl_transcript_find_message(session->transcript, &message));
}

static mjl_result place_part(mjl_session *session)
{
    mjl_large_say *say = mjl_large_current(&session->large);
    const uint32_t i = say->done;
    const bool is_staged = say->staged != NULL && i >= say->staged_from;
    mjl_bytes content = {0};
    if (is_staged) {
        content = mjl_buffer_bytes(&say->staged[i]);
    } else {
        const uint32_t there = mjl_large_find_part(session, &say->parts[i]);
        if (there == MJL_NO_INDEX) return MJL_BUG; /* Our own contents are kept. */
        content = mjl_buffer_bytes(&session->holdings.entries[there].content);
    }
    const mjl_result result = place(session, content, say->parts[i], say->if_grown);
    if (result != MJL_OK || !is_staged) return result;
    say = mjl_large_current(&session->large);
    mjl_buffer_clear(&say->staged[i]);
    say->staged_from = i + 1;
    say->dirty = true;
    return MJL_OK;
}

/* The place that is the message; an ordinary one of ours from here on. What is left here follows
   who has its parts, and of the last few only. */
static mjl_result place_whole(mjl_session *session)
{
    mjl_large *const large = &session->large;
    mjl_large_say *say = mjl_large_current(large);
    const mjl_result result =
        place(session, mjl_buffer_bytes(&say->content), say->message, say->if_grown);
    if (result != MJL_OK) return result;
    say = mjl_large_current(large);
    say->is_placed = say->dirty = true;
    if (mjl_large_is_over(session, say))
        return mjl_large_drop(session, say); /* Nobody else is here. */
    if (mjl_large_count(large, true) <= MJL_LARGE_FOLLOWED_MAX) return MJL_OK;
    size_t oldest = 0;
    while (!large->says[oldest].is_placed)
        oldest++;
    return mjl_large_drop(session, &large->says[oldest]);
}

/* Who joined since may not be meant. */
static mjl_result ask_if_grown(mjl_session *session, mjl_large_say *say)
{
    if (say->if_grown != MJL_IF_GROWN_ASK) return MJL_OK;
    if (!mjl_send_has_grown(session, say->roster_epoch)) return MJL_OK;
    say->asks = say->dirty = true;
    return mjl_large_tell_state(session, &say->message, MJL_MESSAGE_QUEUED, MJL_MESSAGE_QUEUED,
                                MJL_NOT_ALLOWED);
}

/* Fast while everyone keeps up; else so slow that what a gap holds back stays within its bound. */
static mjl_result plan(mjl_session *session, bool is_fast)
{
    enum { FAST_DIVISOR = 16, SLOW_DIVISOR = 2 };
    mjl_time wait = (mjl_time)session->policy.bc_lat_ms / (is_fast ? FAST_DIVISOR : SLOW_DIVISOR);
    if (wait == 0) wait = 1;
    session->large.dirty = true;
    return mjl_timers_set(session, wait, MJL_TIMER_LARGE, 0, &session->large.task);
}

static bool last_is_waiting(const mjl_session *session)
{
    const uint32_t last = session->large.last_place;
    return last != MJL_NO_INDEX && mjl_outbox_is_waiting(&session->profile->outbox,
                                                         session->holdings.entries[last].outgoing);
}

/* Some parts, or the place that names them. `is_stuck`: nothing may be placed now. */
static mjl_result move(mjl_session *session, bool *is_stuck)
{
    mjl_result result = ask_if_grown(session, mjl_large_current(&session->large));
    *is_stuck = mjl_large_current(&session->large)->asks;
    for (int i = 0; result == MJL_OK && !*is_stuck && i < MJL_PARTS_PER_TURN; i++) {
        mjl_large_say *const say = mjl_large_current(&session->large);
        find_next(session, say);
        if (say->done < say->parts_count) {
            result = place_part(session);
            continue;
        }
        result = mjl_large_count_everyone(session, say);
        if (result == MJL_OK) result = place_whole(session);
        break;
    }
    if (is_not_now(result)) {
        *is_stuck = true;
        return MJL_OK;
    }
    return result;
}

mjl_result mjl_large_turn(mjl_session *session)
{
    mjl_large *const large = &session->large;
    if (large->task != 0) large->dirty = true;
    large->task = 0;
    mjl_large_say *say = mjl_large_current(large);
    if (say == NULL || say->asks || !mjl_session_may_send(session) ||
        mjl_choosing_holds_content(session)) {
        return MJL_OK; /* Whatever changes that settles the session. */
    }
    if (last_is_waiting(session)) return plan(session, false); /* The transports are busy. */
    const uint64_t number = say->number;
    bool is_stuck;
    mjl_result result = move(session, &is_stuck);
    if (result != MJL_OK) return result;
    say = mjl_large_current(large); /* The same one, the next one, or none. */
    if (say == NULL) return MJL_OK;
    if (say->number != number) return plan(session, true);
    find_next(session, say);
    result = mjl_large_count_everyone(session, say);
    if (result != MJL_OK || is_stuck) return result;
    return plan(session, say->done - say->everyone <= MJL_PARTS_AHEAD_MAX);
}

mjl_result mjl_large_flush(mjl_session *session)
{
    return session->large.task == 0 ? mjl_large_turn(session) : MJL_OK;
}
