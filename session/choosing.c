#include "choosing.h"

#include "accept.h"
#include "acks_readers.h"
#include "branches.h"
#include "deciding.h"
#include "epochs.h"
#include "freshness.h"
#include "intents.h"
#include "leaving.h"
#include "membership.h"
#include "message_states.h"
#include "restoring.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"
#include "warnings.h"
#include "welcomes.h"
#include "yielding.h"

/* ---- Moving the tip ---- */

static mjl_result tell_member(mjl_session *session, mjl_event_kind kind, uint32_t author,
                              const mjl_epoch *at, const mjl_epoch *named_in)
{
    mjl_event event = {.kind = kind, .epoch = at->number};
    event.member = *mjl_transcript_author_id(session->transcript, author);
    const uint32_t leaf = mjl_epoch_leaf_of(named_in, author);
    event.name = mjl_epochs_name(named_in->group, leaf, NULL);
    if (at->committer != MJL_NO_INDEX) {
        event.by = *mjl_transcript_author_id(session->transcript, at->committer);
    }
    return mjl_session_emit(session, &event);
}

/* Somebody else let it in anew: it must not go once more to come again. */
static mjl_result replace_way_made(mjl_session *session, const mjl_member_id *id)
{
    mjl_intent_entry *const goes = mjl_intents_find(&session->membership, MJL_INTENT_REMOVE, id);
    mjl_intent_entry *const comes = mjl_intents_find(&session->membership, MJL_INTENT_ADD, id);
    if (goes == NULL || comes == NULL || goes->state != MJL_INTENT_QUEUED ||
        comes->state != MJL_INTENT_QUEUED) {
        return MJL_OK;
    }
    const mjl_result result = mjl_intents_set(session, goes, MJL_INTENT_REPLACED, MJL_OK);
    return result == MJL_OK ? mjl_intents_set(session, comes, MJL_INTENT_REPLACED, MJL_OK) : result;
}

/* A member that came in may have been a join request here; and may have left before: its FIN was of
 * that time. */
static mjl_result welcome_member(mjl_session *session, uint32_t author)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    entry->is_leaving = false;
    entry->dirty = true;
    const mjl_member_id *id = mjl_transcript_author_id(session->transcript, author);
    const mjl_result result = replace_way_made(session, id);
    mjl_join_request *request = mjl_join_requests_find(session, id);
    return result != MJL_OK || request == NULL ? result : mjl_join_requests_drop(session, request);
}

/* Whom the epoch `i`, on the way from `old` to `now`, does not have any more. */
static mjl_result drop_passed_in(mjl_session *session, uint32_t i, const mjl_epoch *old,
                                 const mjl_epoch *now, mjl_acks_changes *changes)
{
    const mjl_epoch *at = &session->branches.epochs[i];
    const mjl_epoch *before = &session->branches.epochs[at->parent];
    mjl_result result = MJL_OK;
    for (uint32_t leaf = 0; result == MJL_OK && leaf < before->leaf_count; leaf++) {
        const uint32_t author = before->roster[leaf];
        if (author == MJL_NO_INDEX || mjl_epoch_has_author(at, author)) continue;
        if (!mjl_epoch_has_author(now, author)) {
            if (mjl_epoch_has_author(old, author)) continue; /* Both ends tell. */
            result = mjl_resend_drop_reader(session, author, i + 1, changes);
            continue;
        }
        result = mjl_acks_drop_reader(session->acks, session->transcript, author, i, changes);
        if (result == MJL_OK) result = welcome_member(session, author);
    }
    return result;
}

/* A tip that moves by several epochs at once passes removals that neither end shows: of readers
   that were added on the way, and of those that were added again. They owe nothing from before. */
static mjl_result drop_passed_readers(mjl_session *session, const mjl_epoch *old,
                                      const mjl_epoch *now, mjl_acks_changes *changes)
{
    const mjl_branches *branches = &session->branches;
    const uint32_t from = mjl_branches_find(branches, &old->branch);
    mjl_result result = MJL_OK;
    for (uint32_t i = branches->tip;
         result == MJL_OK && branches->epochs[i].parent != MJL_NO_INDEX &&
         !mjl_branches_is_on_path(branches, i, from);
         i = branches->epochs[i].parent) {
        result = drop_passed_in(session, i, old, now, changes);
    }
    return result;
}

/* All epochs from the one that both tips stand on have it: it was removed on the way that the
   choice left, and not let in anew. Of lines that two Welcomes led to, all that are seen of this
   one. */
static bool was_removed_in_vain(const mjl_session *session, const mjl_epoch *old, uint32_t author)
{
    const mjl_branches *branches = &session->branches;
    const uint32_t from = mjl_branches_find(branches, &old->branch);
    uint32_t epoch = branches->tip;
    while (epoch != MJL_NO_INDEX && mjl_epoch_has_author(&branches->epochs[epoch], author)) {
        if (mjl_branches_is_on_path(branches, epoch, from)) return true;
        epoch = branches->epochs[epoch].parent;
    }
    return epoch == MJL_NO_INDEX;
}

/* Does the way from the tip's line to that epoch remove it? Then it was let in anew, if it is
 * there.
 */
static bool is_removed_on_way(const mjl_branches *branches, uint32_t epoch, uint32_t author)
{
    while (!mjl_branches_is_on_path(branches, epoch, branches->tip)) {
        const uint32_t parent = branches->epochs[epoch].parent;
        if (parent == MJL_NO_INDEX) return false;
        if (mjl_epoch_has_author(&branches->epochs[parent], author) &&
            !mjl_epoch_has_author(&branches->epochs[epoch], author))
            return true;
        epoch = parent;
    }
    return false;
}

/* The tip may have gone back to an epoch that was entered before others: what stands in these a
   removed reader owes no more than what stands before them. */
static uint32_t end_of_removal(const mjl_branches *branches, uint32_t author)
{
    uint32_t end = branches->tip + 1;
    for (uint32_t i = end; i < branches->count; i++) {
        if (!mjl_epoch_has_author(&branches->epochs[i], author)) continue;
        if (!is_removed_on_way(branches, i, author)) end = i + 1;
    }
    return end;
}

/* Who is a member reads what is said now, whatever removed it on other lines. */
static void take_back_members(mjl_session *session, const mjl_epoch *now)
{
    for (uint32_t leaf = 0; leaf < now->leaf_count; leaf++) {
        const uint32_t author = now->roster[leaf];
        if (author == MJL_NO_INDEX) continue;
        if (mjl_acks_is_dropped_from(session->acks, author, session->branches.tip))
            mjl_acks_take_back(session->acks, author);
    }
}

static mjl_result tell_roster(mjl_session *session, const mjl_epoch *old, const mjl_epoch *now)
{
    mjl_result result = MJL_OK;
    for (uint32_t leaf = 0; result == MJL_OK && leaf < now->leaf_count; leaf++) {
        const uint32_t author = now->roster[leaf];
        if (author == MJL_NO_INDEX || mjl_epoch_has_author(old, author)) continue;
        result = tell_member(session, MJL_EVENT_MEMBER_ADDED, author, now, now);
        if (result == MJL_OK) result = welcome_member(session, author);
        if (was_removed_in_vain(session, old, author)) mjl_acks_take_back(session->acks, author);
    }
    mjl_acks_changes changes = {0};
    for (uint32_t leaf = 0; result == MJL_OK && leaf < old->leaf_count; leaf++) {
        const uint32_t author = old->roster[leaf];
        if (author == MJL_NO_INDEX || mjl_epoch_has_author(now, author)) continue;
        result = tell_member(session, MJL_EVENT_MEMBER_REMOVED, author, now, old);
        if (result == MJL_OK) {
            const uint32_t end = end_of_removal(&session->branches, author);
            result = mjl_resend_drop_reader(session, author, end, &changes);
        }
        if (result == MJL_OK) result = mjl_warnings_forget_gaps_of(session, author);
        if (result == MJL_OK) result = mjl_freshness_forget(session, author);
        if (result == MJL_OK) result = mjl_restoring_forget(session, author);
    }
    if (result == MJL_OK) result = drop_passed_readers(session, old, now, &changes);
    if (result == MJL_OK) take_back_members(session, now);
    if (result == MJL_OK) return mjl_accept_changes(session, &changes);
    mjl_acks_changes_clear(&changes);
    return result;
}

/* Own intents follow the choice: on the path they are carried out, off it they wait again. */
static mjl_result follow_intents(mjl_session *session)
{
    mjl_membership *const membership = &session->membership;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < membership->count; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over || intent->state != MJL_INTENT_COMMITTED) continue;
        const uint32_t epoch = mjl_branches_find(&session->branches, &intent->commit);
        if (mjl_branches_is_on_path(&session->branches, epoch, session->branches.tip)) continue;
        result = mjl_intents_set(session, intent, MJL_INTENT_AGAIN, MJL_OK);
    }
    return result;
}

/* Removal is sticky: who accepted one that lost repeats it when its author does not. */
static mjl_result repeat_lost_removals(mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t i = 1; i < session->branches.count; i++) {
        const mjl_epoch *lost = &session->branches.epochs[i];
        if (!mjl_choosing_is_lost_removal(session, i)) continue;
        const mjl_epoch *parent = &session->branches.epochs[lost->parent];
        for (uint32_t leaf = 0; leaf < parent->leaf_count; leaf++) {
            const uint32_t author = parent->roster[leaf];
            if (author == MJL_NO_INDEX || mjl_epoch_has_author(lost, author)) continue;
            if (!mjl_epoch_has_author(tip, author)) continue;
            uint64_t task;
            const uint32_t own = mjl_epoch_leaf_of(tip, mjl_session_self(session));
            const mjl_time wait =
                mjl_membership_fa_intv(session) * (1 + (mjl_time)mjl_branches_rank(tip, own));
            const mjl_result result =
                mjl_timers_set(session, wait, MJL_TIMER_CARRY_FIN, author, &task);
            if (result != MJL_OK) return result;
        }
    }
    return MJL_OK;
}

static mjl_result tell_epoch(mjl_session *session, const mjl_epoch *old, const mjl_epoch *now)
{
    mjl_event event = {.kind = MJL_EVENT_EPOCH, .epoch = now->number};
    event.branch = now->branch;
    event.old_branch = old->branch;
    if (now->committer != MJL_NO_INDEX) {
        event.member = *mjl_transcript_author_id(session->transcript, now->committer);
    }
    return mjl_session_emit(session, &event);
}

/* Nobody else has them, and we shall not see the choice decided: whom we let in on the path of our
   own removal would wait outside for ever. */
static mjl_result hand_out_welcomes(mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    mjl_result result = MJL_OK;
    for (uint32_t i = 1; result == MJL_OK && i < branches->count; i++) {
        if (branches->epochs[i].welcome_state != MJL_WELCOME_HELD) continue;
        if (!mjl_branches_is_on_path(branches, i, branches->tip)) continue;
        result = mjl_welcomes_send(session, i);
    }
    return result;
}

/* Who is no member any more says nothing and changes nothing: what waited ends here. */
static mjl_result become_removed(mjl_session *session)
{
    mjl_result result = hand_out_welcomes(session);
    if (result != MJL_OK) return result;
    if (session->state == MJL_SESSION_LEAVING) {
        const mjl_result why =
            mjl_leaving_has_everyone_fin(session, &session->fin) ? MJL_OK : MJL_NOT_CONFIRMED;
        result = mjl_session_set_state(session, MJL_SESSION_PARTED, why);
    } else if (session->state == MJL_SESSION_PARTED) {
        result = MJL_OK;
    } else {
        if (session->state != MJL_SESSION_REMOVED) result = mjl_resend_begin_last_words(session);
        if (result == MJL_OK) result = mjl_session_set_state(session, MJL_SESSION_REMOVED, MJL_OK);
    }
    return result == MJL_OK ? mjl_membership_end_waiting(session) : result;
}

static mjl_result follow_state(mjl_session *session, const mjl_epoch *now)
{
    if (now->removes_us) return become_removed(session);
    if (session->state == MJL_SESSION_REMOVED) {
        const mjl_result result = mjl_session_set_state(session, MJL_SESSION_LIVE, MJL_OK);
        return result == MJL_OK ? mjl_message_states_take_back_failures(session) : result;
    }
    return MJL_OK;
}

/* Until when the commit may wait for what it follows; MJL_NEVER: it does not, or removes us, and
   then nobody gives us anything; or there is nothing to go back to. */
static mjl_time waits_until(const mjl_session *session, const mjl_epoch *epoch)
{
    if (epoch->parent == MJL_NO_INDEX || epoch->is_decided || epoch->removes_us ||
        session->branches.epochs[epoch->parent].group == NULL ||
        !mjl_pending_has(session->pending, &epoch->branch))
        return MJL_NEVER;
    return epoch->entered_at + MJL_COMMIT_GRACE_FA_INTERVALS * mjl_membership_fa_intv(session);
}

/* Nothing can be said in an epoch whose commit waits for what it follows, not even a removal. Where
   that does not come, the only one who had it is gone, and we go on without; when it comes after
   all, the choice is what it would have been. */
static mjl_result look_at_stalled(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    const mjl_time now = session->profile->now;
    mjl_time next = MJL_NEVER;
    const bool is_out = branches->tip != MJL_NO_INDEX && branches->epochs[branches->tip].removes_us;
    for (uint32_t i = 1; i < branches->count; i++) {
        /* Who was removed is given nothing: what it lacks of the way there brings nobody back. But
           it was a member elsewhere, and what they repeat may come. */
        if (is_out && mjl_pending_has(session->pending, &branches->epochs[i].branch)) continue;
        const mjl_time until = waits_until(session, &branches->epochs[i]);
        branches->epochs[i].record_dirty |= branches->epochs[i].is_stalled != (until <= now);
        branches->epochs[i].is_stalled = until <= now;
        if (until > now && until < next) next = until;
    }
    return next == MJL_NEVER ? MJL_OK : mjl_membership_look_again_at(session, next);
}

uint32_t mjl_choosing_way_back(const mjl_session *session)
{
    const mjl_branches *const branches = &session->branches;
    if (session->state != MJL_SESSION_REMOVED) return MJL_NO_INDEX;
    for (uint32_t i = 1; i < branches->count; i++) {
        const mjl_epoch *const epoch = &branches->epochs[i];
        if (epoch->is_stalled && !epoch->is_void && epoch->group != NULL && !epoch->removes_us &&
            mjl_pending_has(session->pending, &epoch->branch))
            return i;
    }
    return MJL_NO_INDEX;
}

static bool brings_somebody(const mjl_epoch *old, const mjl_epoch *now)
{
    for (uint32_t leaf = 0; leaf < now->leaf_count; leaf++) {
        const uint32_t author = now->roster[leaf];
        if (author != MJL_NO_INDEX && !mjl_epoch_has_author(old, author)) return true;
    }
    return false;
}

mjl_result mjl_choosing_follow(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    const mjl_result looked = look_at_stalled(session);
    if (looked != MJL_OK) return looked;
    const uint32_t before = branches->tip, chosen = mjl_yielding_choose(session);
    if (chosen == before || chosen == MJL_NO_INDEX) return MJL_OK;
    const bool is_switch = !mjl_branches_is_on_path(branches, before, chosen);
    const mjl_epoch *old = &branches->epochs[before];
    const mjl_epoch *now = &branches->epochs[chosen];
    branches->tip = chosen;
    if (is_switch) mjl_presence_switched(session, before);
    mjl_result result = MJL_OK;
    if (now->group != NULL) result = mjl_epochs_read_policy(session, now->group);
    if (result == MJL_OK) result = tell_epoch(session, old, now);
    if (result == MJL_OK) result = tell_roster(session, old, now);
    if (result == MJL_OK) result = follow_state(session, now);
    if (result == MJL_OK) result = mjl_welcomes_look(session);
    if (result == MJL_OK) result = mjl_knocking_moved(session);
    if (result == MJL_OK) result = follow_intents(session);
    if (result == MJL_OK && !now->removes_us) result = repeat_lost_removals(session);
    if (result == MJL_OK && is_switch) result = mjl_send_again_on_tip(session);
    /* Of who was removed, there or on this line, something may wait here, and is a member's again.
     */
    if (result == MJL_OK && (is_switch || brings_somebody(old, now)))
        result = mjl_warnings_note_waited_for(session);
    if (result == MJL_OK && mjl_session_may_send(session)) {
        result = mjl_presence_owes_statement(session);
    }
    return result == MJL_OK ? mjl_deciding_plan_expiry(session) : result;
}

/* ---- Removals that stick ---- */

bool mjl_choosing_is_lost_removal(const mjl_session *session, uint32_t index)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *epoch = &branches->epochs[index];
    const mjl_epoch *tip = mjl_session_tip(session);
    return epoch->parent != MJL_NO_INDEX && epoch->commit_class == MJL_CLASS_REMOVAL &&
           !epoch->is_void && !mjl_branches_is_on_path(branches, index, branches->tip) &&
           epoch->committer != MJL_NO_INDEX && mjl_epoch_has_author(tip, epoch->committer) &&
           mjl_branches_is_on_path(branches, epoch->parent, branches->tip);
}

bool mjl_choosing_holds_content(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t i = 1; i < branches->count; i++) {
        if (!mjl_choosing_is_lost_removal(session, i)) continue;
        const mjl_epoch *lost = &branches->epochs[i];
        const mjl_epoch *parent = &branches->epochs[lost->parent];
        for (uint32_t leaf = 0; leaf < parent->leaf_count; leaf++) {
            const uint32_t author = parent->roster[leaf];
            if (author == MJL_NO_INDEX || mjl_epoch_has_author(lost, author)) continue;
            if (mjl_epoch_has_author(tip, author)) return true;
        }
    }
    return false;
}
