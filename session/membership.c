#include "membership.h"

#include "accept.h"
#include "branches.h"
#include "commit_header.h"
#include "epochs.h"
#include "freshness.h"
#include "intents.h"
#include "restoring.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

/* ---- The gate: may a commit be made now? ---- */

static bool removes(const mjl_commit_wish *wish, uint32_t leaf)
{
    for (size_t i = 0; i < wish->remove_count; i++) {
        if (wish->remove_leaves[i] == leaf) return true;
    }
    return false;
}

/* Does the wish remove everybody who is not known to have the last commit? */
static bool removes_all_who_lack(const mjl_session *session, const mjl_commit_wish *wish,
                                 uint32_t commit_place)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || removes(wish, leaf)) continue;
        if (mjl_acks_owes(session->acks, session->transcript, commit_place, author)) return false;
    }
    return true;
}

static mjl_time fa_intv(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    return mjl_policy_fa_intv(&session->policy, mjl_epoch_members_count(tip));
}

static bool gate_is_open(const mjl_session *session, const mjl_commit_wish *wish)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    if (tip->parent == MJL_NO_INDEX && tip->is_decided) return true;
    if (tip->is_decided) return true;
    if (session->profile->now >= tip->entered_at + fa_intv(session)) return true;
    const uint32_t place = mjl_transcript_find_place(session->transcript, &tip->branch);
    return place != MJL_NO_INDEX && removes_all_who_lack(session, wish, place);
}

static mjl_result plan_gate(mjl_session *session)
{
    if (session->membership.gate_task != 0) return MJL_OK;
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_time open_at = tip->entered_at + fa_intv(session);
    const mjl_time now = session->profile->now;
    const mjl_time wait = open_at > now ? open_at - now : session->policy.bc_lat_ms;
    return mjl_timers_set(session, wait, MJL_TIMER_GATE, 0, &session->membership.gate_task);
}

static mjl_result look_again_at(mjl_session *session, mjl_time when)
{
    if (session->membership.gate_task != 0) return MJL_OK;
    return mjl_timers_set(session, when - session->profile->now, MJL_TIMER_GATE, 0,
                          &session->membership.gate_task);
}

mjl_result mjl_membership_gate_due(mjl_session *session)
{
    session->membership.gate_task = 0;
    return mjl_session_settle(session);
}

/* ---- Carrying intents out ---- */

/* Intents that fit into one commit, and what they need. */
typedef struct plan {
    mjl_commit_wish wish;
    mjl_bytes adds[MJL_BASIS_MAX];
    uint32_t removes[MJL_BASIS_MAX];
    mjl_basis basis[MJL_BASIS_MAX];
    mjl_buffer contents[MJL_BASIS_MAX]; /* Of the basis' whole intents. */
    size_t chosen[MJL_BASIS_MAX];       /* Indices of the intents. */
    size_t chosen_count;
    bool has_removal;
} plan;

/* Whether the intent still applies on the tip; ends it otherwise. */
static mjl_result still_applies(mjl_session *session, mjl_intent_entry *intent, bool *applies)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t subject = mjl_transcript_find_author(session->transcript, &intent->subject);
    const bool is_there = subject != MJL_NO_INDEX && mjl_epoch_has_author(tip, subject);
    const bool needs_right = intent->kind != MJL_INTENT_REFRESH && !intent->has_basis;
    *applies = false;
    if (needs_right && !mjl_policy_may_decide(&session->policy, mjl_session_member_id(session))) {
        return mjl_intents_set(session, intent, MJL_INTENT_VOID, MJL_NOT_ALLOWED);
    }
    const bool adds = intent->kind == MJL_INTENT_ADD || intent->kind == MJL_INTENT_RESTORE;
    /* It goes first, and comes in again after that. */
    if (adds && is_there &&
        mjl_intents_find(&session->membership, MJL_INTENT_REMOVE, &intent->subject) != NULL) {
        return MJL_OK;
    }
    if ((adds && is_there) || (intent->kind == MJL_INTENT_REMOVE && !is_there)) {
        return mjl_intents_set(session, intent, MJL_INTENT_REPLACED, MJL_OK);
    }
    *applies = true;
    return MJL_OK;
}

/* The whole intent, as it stands in the commit's basis. */
static mjl_result encode_intent(mjl_session *session, const mjl_intent_entry *intent,
                                mjl_buffer *content)
{
    mjl_intent_body body = {.kind = (uint32_t)intent->kind};
    body.has_subject = intent->kind != MJL_INTENT_REFRESH;
    body.subject = intent->subject;
    body.has_reason = intent->has_basis;
    body.reason = intent->basis;
    if (intent->kind == MJL_INTENT_RESTORE) body.detail = mjl_id_bytes(&intent->replaces);
    mjl_buffer encoded = {0};
    mjl_message_id id;
    mjl_result result = mjl_intent_encode(&body, &encoded);
    if (result == MJL_OK) {
        result = mjl_send_make_content(session, MJL_TYPE_INTENT, mjl_buffer_bytes(&encoded),
                                       content, &id);
    }
    mjl_buffer_clear(&encoded);
    return result;
}

/* Whom the intent sends away, or MJL_NO_INDEX. */
static uint32_t leaf_to_remove(const mjl_session *session, const mjl_intent_entry *intent)
{
    if (intent->kind != MJL_INTENT_REMOVE && intent->kind != MJL_INTENT_RESTORE) {
        return MJL_NO_INDEX;
    }
    const mjl_member_id *whom =
        intent->kind == MJL_INTENT_REMOVE ? &intent->subject : &intent->replaces;
    const uint32_t author = mjl_transcript_find_author(session->transcript, whom);
    if (author == MJL_NO_INDEX) return MJL_NO_INDEX;
    return mjl_epoch_leaf_of(mjl_session_tip(session), author);
}

static mjl_result choose_intent(mjl_session *session, size_t index, plan *made)
{
    const mjl_intent_entry *intent = &session->membership.intents[index];
    const size_t n = made->chosen_count;
    const mjl_result result = encode_intent(session, intent, &made->contents[n]);
    if (result != MJL_OK) return result;
    made->basis[n] = (mjl_basis){.whole = mjl_buffer_bytes(&made->contents[n])};
    made->chosen[made->chosen_count++] = index;
    mjl_commit_wish *const wish = &made->wish;
    if (intent->key_package.size > 0) {
        made->adds[wish->add_count++] = mjl_buffer_bytes(&intent->key_package);
    }
    const uint32_t leaf = leaf_to_remove(session, intent);
    if (leaf == MJL_NO_INDEX) return MJL_OK; /* Nobody, or somebody who is gone already. */
    made->removes[wish->remove_count++] = leaf;
    made->has_removal = true;
    return MJL_OK;
}

/* Is the same wish in the plan already? A commit cannot add or remove anybody twice; this one waits
 * and is REPLACED by what the first one did. */
static bool is_planned(const mjl_session *session, const plan *made, const mjl_intent_entry *intent)
{
    const uint32_t leaf = leaf_to_remove(session, intent);
    const bool adds = intent->key_package.size > 0;
    for (size_t i = 0; i < made->chosen_count; i++) {
        const mjl_intent_entry *chosen = &session->membership.intents[made->chosen[i]];
        if (adds && chosen->key_package.size > 0 &&
            mjl_id_equal(&chosen->subject, &intent->subject)) {
            return true;
        }
        if (leaf != MJL_NO_INDEX && leaf_to_remove(session, chosen) == leaf) return true;
    }
    return false;
}

static mjl_result make_plan(mjl_session *session, plan *made)
{
    mjl_membership *const membership = &session->membership;
    /* At the depth cap only removals go on (membership.md, D). */
    const bool is_deep =
        mjl_branches_undecided_count(&session->branches) >= MJL_UNDECIDED_EPOCHS_MAX;
    for (size_t i = 0; i < membership->count && made->chosen_count < MJL_BASIS_MAX; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over || intent->state != MJL_INTENT_QUEUED) continue;
        if (is_planned(session, made, intent)) continue;
        bool applies;
        mjl_result result = still_applies(session, intent, &applies);
        if (result != MJL_OK) return result;
        if (!applies || (is_deep && intent->kind != MJL_INTENT_REMOVE)) continue;
        result = choose_intent(session, i, made);
        if (result != MJL_OK) return result;
    }
    made->wish.add_key_packages = made->adds;
    made->wish.remove_leaves = made->removes;
    made->wish.basis = made->basis;
    made->wish.basis_count = made->chosen_count;
    return MJL_OK;
}

/* A key package that MLS refuses takes its intent with it, and no other. */
static mjl_result void_bad_adds(mjl_session *session, const plan *made, mjl_result why)
{
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < made->chosen_count; i++) {
        mjl_intent_entry *intent = &session->membership.intents[made->chosen[i]];
        if (made->chosen_count > 1 && intent->key_package.size == 0) continue;
        result = mjl_intents_set(session, intent, MJL_INTENT_VOID, why);
    }
    return result;
}

static mjl_result carry_out(mjl_session *session, plan *made)
{
    uint32_t epoch;
    mjl_result result = mjl_send_commit(session, &made->wish, &epoch);
    if (result == MJL_PARENT_UNKNOWN || result == MJL_OWN_PLACE_NOT_FOLLOWED) return MJL_OK;
    if (result != MJL_OK && mjl_result_class(result) == MJL_CLASS_FIX_INPUT) {
        return void_bad_adds(session, made, result);
    }
    if (result != MJL_OK) return result;
    for (size_t i = 0; result == MJL_OK && i < made->chosen_count; i++) {
        mjl_intent_entry *intent = &session->membership.intents[made->chosen[i]];
        intent->commit = session->branches.epochs[epoch].branch;
        result = mjl_intents_set(session, intent, MJL_INTENT_COMMITTED, MJL_OK);
    }
    if (result == MJL_OK && session->branches.epochs[epoch].welcome_state == MJL_WELCOME_HELD) {
        result = mjl_timers_set(session, fa_intv(session), MJL_TIMER_WELCOME, epoch,
                                &session->branches.epochs[epoch].welcome_task);
    }
    return result;
}

mjl_result mjl_membership_pump(mjl_session *session)
{
    if (session->state != MJL_SESSION_LIVE || !mjl_session_may_send(session)) return MJL_OK;
    if (mjl_intents_queued_count(&session->membership) == 0) return MJL_OK;
    plan *made = calloc(1, sizeof *made);
    if (made == NULL) return MJL_OUT_OF_MEMORY;
    mjl_result result = make_plan(session, made);
    if (result == MJL_OK && made->chosen_count > 0) {
        result = gate_is_open(session, &made->wish) ? carry_out(session, made) : plan_gate(session);
    }
    for (size_t i = 0; i < MJL_BASIS_MAX; i++)
        mjl_buffer_clear(&made->contents[i]);
    free(made);
    return result;
}

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
    mjl_join_request *request = mjl_join_find_request(session, id);
    return result != MJL_OK || request == NULL ? result : mjl_join_drop_request(session, request);
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
        if (!mjl_membership_is_lost_removal(session, i)) continue;
        const mjl_epoch *parent = &session->branches.epochs[lost->parent];
        for (uint32_t leaf = 0; leaf < parent->leaf_count; leaf++) {
            const uint32_t author = parent->roster[leaf];
            if (author == MJL_NO_INDEX || mjl_epoch_has_author(lost, author)) continue;
            if (!mjl_epoch_has_author(tip, author)) continue;
            uint64_t task;
            const uint32_t own = mjl_epoch_leaf_of(tip, mjl_session_self(session));
            const mjl_time wait = fa_intv(session) * (1 + (mjl_time)mjl_branches_rank(tip, own));
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

/* Who is no member any more says nothing and changes nothing: what waited ends here. */
mjl_result mjl_membership_end_waiting(mjl_session *session)
{
    mjl_membership *const membership = &session->membership;
    mjl_result result = mjl_resend_fail_own(session, MJL_NOT_A_MEMBER);
    if (result == MJL_OK) result = mjl_send_fail_queued(session, MJL_NOT_A_MEMBER);
    for (size_t i = 0; result == MJL_OK && i < membership->count; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over) continue;
        result = mjl_intents_set(session, intent, MJL_INTENT_VOID, MJL_NOT_A_MEMBER);
    }
    return result;
}

static bool has_everyone_fin(const mjl_session *session, const mjl_message_id *fin)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, fin);
    return place != MJL_NO_INDEX && mjl_acks_is_full(session->acks, session->transcript, place);
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
        result = mjl_join_send_welcome(session, i);
    }
    return result;
}

static mjl_result become_removed(mjl_session *session)
{
    mjl_result result = hand_out_welcomes(session);
    if (result != MJL_OK) return result;
    if (session->state == MJL_SESSION_LEAVING) {
        const mjl_result why =
            has_everyone_fin(session, &session->fin) ? MJL_OK : MJL_NOT_CONFIRMED;
        result = mjl_session_set_state(session, MJL_SESSION_PARTED, why);
    } else if (session->state == MJL_SESSION_PARTED) {
        result = MJL_OK;
    } else {
        result = mjl_session_set_state(session, MJL_SESSION_REMOVED, MJL_OK);
    }
    return result == MJL_OK ? mjl_membership_end_waiting(session) : result;
}

static mjl_result follow_state(mjl_session *session, const mjl_epoch *now)
{
    if (now->removes_us) return become_removed(session);
    if (session->state == MJL_SESSION_REMOVED) {
        const mjl_result result = mjl_session_set_state(session, MJL_SESSION_LIVE, MJL_OK);
        return result == MJL_OK ? mjl_resend_take_back_failures(session) : result;
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
    return epoch->entered_at + MJL_COMMIT_GRACE_FA_INTERVALS * fa_intv(session);
}

/* Nothing can be said in an epoch whose commit waits for what it follows, not even a removal. Where
   that does not come, the only one who had it is gone, and we go on without; when it comes after
   all, the choice is what it would have been. */
static mjl_result look_at_stalled(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    const mjl_time now = session->profile->now;
    mjl_time next = MJL_NEVER;
    /* Who was removed is given nothing: what it lacks of the way there brings nobody back. */
    if (branches->tip != MJL_NO_INDEX && branches->epochs[branches->tip].removes_us) return MJL_OK;
    for (uint32_t i = 1; i < branches->count; i++) {
        const mjl_time until = waits_until(session, &branches->epochs[i]);
        branches->epochs[i].is_stalled = until <= now;
        if (until > now && until < next) next = until;
    }
    return next == MJL_NEVER ? MJL_OK : look_again_at(session, next);
}

mjl_result mjl_membership_choose(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    const mjl_result looked = look_at_stalled(session);
    if (looked != MJL_OK) return looked;
    const uint32_t before = branches->tip;
    const uint32_t chosen = mjl_branches_choose(branches);
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
    if (result == MJL_OK) result = mjl_join_look(session);
    if (result == MJL_OK) result = mjl_knocking_moved(session);
    if (result == MJL_OK) result = follow_intents(session);
    if (result == MJL_OK && !now->removes_us) result = repeat_lost_removals(session);
    if (result == MJL_OK && is_switch) result = mjl_send_again_on_tip(session);
    if (result == MJL_OK && mjl_session_may_send(session)) {
        result = mjl_presence_owes_statement(session);
    }
    return result == MJL_OK ? mjl_membership_plan_expiry(session) : result;
}

/* ---- Deciding, and the death of keys ---- */

/* Whose removal we applied owes no ack any more, also when the tip went to a line on which it is a
   member after all: it was heard on this line, or may stand on a rival. */
static bool was_each_reader_heard(const mjl_session *session, const mjl_epoch *epoch,
                                  uint32_t place)
{
    const mjl_epoch *parent = &session->branches.epochs[epoch->parent];
    for (uint32_t leaf = 0; leaf < parent->leaf_count; leaf++) {
        const uint32_t author = parent->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (author == epoch->committer || !mjl_epoch_has_author(mjl_session_tip(session), author))
            continue;
        if (mjl_acks_is_reader(session->acks, session->transcript, place, author)) continue;
        if (session->presence.entries[author].heard_epoch < epoch->number) return false;
    }
    return true;
}

static bool is_held_by_all(const mjl_session *session, const mjl_epoch *epoch)
{
    const uint32_t place = mjl_transcript_find_place(session->transcript, &epoch->branch);
    return place != MJL_NO_INDEX && mjl_acks_is_full(session->acks, session->transcript, place) &&
           was_each_reader_heard(session, epoch, place);
}

/* What waits on branches that lost for good will not be needed, nor what opens it: what was said
 * there is said again on the path. What was held there is owed no more. */
mjl_result mjl_membership_forget_lost(mjl_session *session)
{
    /* The first of all as well: of several roots (roots.h) it may be the one that lost. */
    for (uint32_t i = 0; i < session->branches.count; i++) {
        if (!mjl_branches_is_lost(&session->branches, i)) continue;
        if (session->branches.epochs[i].group != NULL)
            mjl_epoch_forget(&session->branches.epochs[i]);
        mjl_pending_drop_branch(session->pending, &session->branches.epochs[i].branch);
    }
    const mjl_result result = mjl_warnings_sweep_gaps(session);
    return result == MJL_OK ? mjl_resend_let_lost_go(session) : result;
}

/* When may the silence of who was removed on the way be taken for having no rival? Whoever is
   removed by this commit or a later one, before it had acked this one, may have committed as well,
   and its commit may win. */
static mjl_time silent_until(const mjl_session *session, uint32_t index)
{
    mjl_time until = 0;
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = branches->tip; i != MJL_NO_INDEX && i >= index;
         i = branches->epochs[i].parent) {
        const mjl_epoch *epoch = &branches->epochs[i];
        if (epoch->commit_class != MJL_CLASS_REMOVAL) continue;
        const mjl_time ends = epoch->entered_at + MJL_REMOVAL_GRACE_FA_INTERVALS * fa_intv(session);
        if (ends > until) until = ends;
    }
    return until;
}

static mjl_result decide_epoch(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    epoch->is_decided = epoch->record_dirty = true;
    mjl_epoch_forget_forks(&session->branches.epochs[epoch->parent]);
    mjl_membership *const membership = &session->membership;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < membership->count; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over || intent->state != MJL_INTENT_COMMITTED) continue;
        if (!mjl_id_equal(&intent->commit, &epoch->branch)) continue;
        result = mjl_intents_set(session, intent, MJL_INTENT_DONE, MJL_OK);
    }
    if (result == MJL_OK && epoch->welcome_state == MJL_WELCOME_HELD) {
        result = mjl_join_send_welcome(session, index);
    }
    if (result != MJL_OK) return result;
    mjl_unknown_drop(&session->unknown, epoch->number);
    return mjl_membership_forget_lost(session);
}

bool mjl_membership_was_lately(const mjl_session *session, mjl_time since)
{
    return session->profile->now - since < MJL_REMOVAL_GRACE_FA_INTERVALS * fa_intv(session);
}

/* Something came lately and waits. What it waits for may be of a later epoch than what that follows
   in turn, which is not named yet: a commit of its author's that lost, say. Gaps do not tell of it
   where its author is no member any more either. */
static bool has_come_lately(const mjl_session *session)
{
    const mjl_pending_entry *entry;
    for (size_t i = 0; (entry = mjl_pending_at(session->pending, i)) != NULL; i++) {
        if (entry->missing_count > 0 && mjl_membership_was_lately(session, entry->since))
            return true;
    }
    return false;
}

static bool lost_somebody_of(const mjl_branches *branches, uint32_t later, const mjl_epoch *epoch)
{
    const mjl_epoch *before = &branches->epochs[branches->epochs[later].parent];
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        const uint32_t author = epoch->roster[leaf];
        if (author != MJL_NO_INDEX && mjl_epoch_has_author(before, author) &&
            !mjl_epoch_has_author(&branches->epochs[later], author))
            return true;
    }
    return false;
}

/* Up to which epoch somebody may still take what is said in this one: the one after it, or the last
   one on our line that a member of it was removed by. Who has not entered that goes on taking the
   last words of who was removed, and follows them. */
static uint64_t last_to_hear(const mjl_session *session, uint32_t index)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *epoch = &branches->epochs[index];
    const uint32_t shared = mjl_branches_shared(branches, index);
    for (uint32_t i = branches->tip; shared != MJL_NO_INDEX && i > shared;
         i = branches->epochs[i].parent) {
        if (lost_somebody_of(branches, i, epoch) && branches->epochs[i].number > epoch->number)
            return branches->epochs[i].number;
    }
    return epoch->number + 1;
}

/* Everyone of its roster who is still a member was heard in a later epoch, and nothing of it is
 * missing. */
static bool may_forget(const mjl_session *session, uint32_t index)
{
    const mjl_epoch *epoch = &session->branches.epochs[index];
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint64_t least = last_to_hear(session, index);
    if (mjl_warnings_has_gap_in(session, epoch->number)) return false;
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        const uint32_t author = epoch->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (!mjl_epoch_has_author(tip, author)) continue;
        if (session->presence.entries[author].heard_epoch < least) return false;
    }
    return !has_come_lately(session);
}

static void forget_old_epochs(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t i = 0; i < branches->count; i++) {
        mjl_epoch *epoch = &branches->epochs[i];
        if (i == branches->tip || epoch->group == NULL || epoch->number >= tip->number) continue;
        /* Another root's line: it may yet be the one to live on. */
        if (branches->is_root_open && mjl_branches_shared(branches, i) == MJL_NO_INDEX) continue;
        if (epoch->has_fork_keys && mjl_branches_children_count(branches, i) > 0 &&
            mjl_branches_is_on_path(branches, i, branches->tip)) {
            continue; /* Undecided: a sibling of its chosen child may still have to be applied. */
        }
        /* What waits in it was opened already: it goes on waiting, and needs no key. */
        if (may_forget(session, i)) mjl_epoch_forget(epoch);
    }
}

mjl_result mjl_membership_decide(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    if (branches->tip == MJL_NO_INDEX || mjl_session_tip(session)->removes_us) return MJL_OK;
    /* From the root up: an epoch is decided after its ancestors. */
    for (uint32_t i = 1; i <= branches->tip; i++) {
        mjl_epoch *epoch = &branches->epochs[i];
        if (epoch->parent == MJL_NO_INDEX || epoch->is_decided) continue;
        if (!mjl_branches_is_on_path(branches, i, branches->tip)) continue;
        if (!branches->epochs[epoch->parent].is_decided) break;
        if (!is_held_by_all(session, epoch)) break;
        if (mjl_warnings_has_gap_in(session, epoch->number - 1)) break;
        const mjl_time until = silent_until(session, i);
        if (session->profile->now < until) return look_again_at(session, until);
        const mjl_result result = decide_epoch(session, i);
        if (result != MJL_OK) return result;
    }
    forget_old_epochs(session);
    return MJL_OK;
}

mjl_result mjl_membership_plan_expiry(mjl_session *session)
{
    if (session->expire_task != 0) return MJL_OK;
    return mjl_timers_set(session, (mjl_time)session->policy.secret_lifetime_ms, MJL_TIMER_EXPIRE,
                          0, &session->expire_task);
}

/* When did an epoch stop being the one to live in: when its first child was entered. */
static mjl_time left_at(const mjl_session *session, uint32_t epoch)
{
    for (uint32_t i = epoch + 1; i < session->branches.count; i++) {
        if (session->branches.epochs[i].parent == epoch) {
            return session->branches.epochs[i].entered_at;
        }
    }
    return session->branches.epochs[epoch].entered_at; /* A losing end. */
}

/* Keys die at secret_lifetime at the latest, whatever others do. */
mjl_result mjl_membership_expire_due(mjl_session *session)
{
    session->expire_task = 0;
    mjl_branches *const branches = &session->branches;
    const mjl_time lifetime = (mjl_time)session->policy.secret_lifetime_ms;
    mjl_time next = 0;
    for (uint32_t i = 0; i < branches->count; i++) {
        mjl_epoch *epoch = &branches->epochs[i];
        const bool is_left = session->state == MJL_SESSION_PARTED && i == branches->tip;
        if ((i == branches->tip && !is_left) || epoch->group == NULL) continue;
        const mjl_time dies = (is_left ? session->left_at : left_at(session, i)) + lifetime;
        if (dies <= session->profile->now)
            mjl_epoch_forget(epoch);
        else if (next == 0 || dies < next)
            next = dies;
    }
    const mjl_time roots_end = mjl_roots_end(session);
    if (roots_end != 0 && roots_end <= session->profile->now) {
        const mjl_result result = mjl_roots_close(session);
        if (result != MJL_OK) return result;
    } else if (roots_end != 0 && (next == 0 || roots_end < next)) {
        next = roots_end;
    }
    if (next == 0) return MJL_OK;
    return mjl_timers_set(session, next - session->profile->now, MJL_TIMER_EXPIRE, 0,
                          &session->expire_task);
}

/* ---- Removals that stick ---- */

bool mjl_membership_is_lost_removal(const mjl_session *session, uint32_t index)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *epoch = &branches->epochs[index];
    const mjl_epoch *tip = mjl_session_tip(session);
    return epoch->parent != MJL_NO_INDEX && epoch->commit_class == MJL_CLASS_REMOVAL &&
           !epoch->is_void && !mjl_branches_is_on_path(branches, index, branches->tip) &&
           epoch->committer != MJL_NO_INDEX && mjl_epoch_has_author(tip, epoch->committer) &&
           mjl_branches_is_on_path(branches, epoch->parent, branches->tip);
}

bool mjl_membership_holds_content(const mjl_session *session)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t i = 1; i < branches->count; i++) {
        if (!mjl_membership_is_lost_removal(session, i)) continue;
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

/* ---- Leaving ---- */

/* Who left reads no acks any more once it is removed: everyone has its FIN first, or its time is
   up. A FIN from before our time is not for us to wait for. */
static bool may_be_carried(const mjl_session *session, const mjl_message_id *fin)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, fin);
    if (place == MJL_NO_INDEX || has_everyone_fin(session, fin)) return true;
    const mjl_time said = mjl_transcript_place(session->transcript, place)->accepted_at;
    return session->profile->now - said >= mjl_policy_fin_timeout(&session->policy);
}

mjl_result mjl_membership_fin(mjl_session *session, uint32_t author, const mjl_message_id *fin)
{
    mjl_presence_entry *const entry = &session->presence.entries[author];
    entry->is_leaving = entry->dirty = true;
    entry->fin = *fin;
    if (author == mjl_session_self(session)) return MJL_OK;
    mjl_event event = {.kind = MJL_EVENT_MEMBER_LEAVING};
    event.member = *mjl_transcript_author_id(session->transcript, author);
    event.name = mjl_session_name_of(session, author);
    mjl_result result = mjl_session_emit(session, &event);
    if (result != MJL_OK) return result;
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t own = mjl_epoch_leaf_of(tip, mjl_session_self(session));
    /* One after the other, so that one commit is enough; the leaver lingers meanwhile. */
    const mjl_time wait = fa_intv(session) * (2 + (mjl_time)mjl_branches_rank(tip, own));
    uint64_t task;
    return mjl_timers_set(session, wait, MJL_TIMER_CARRY_FIN, author, &task);
}

mjl_result mjl_membership_carry_fin_due(mjl_session *session, uint32_t author)
{
    if (session->state != MJL_SESSION_LIVE || author >= session->presence.count) return MJL_OK;
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_member_id *id = mjl_transcript_author_id(session->transcript, author);
    if (tip->removes_us || !mjl_epoch_has_author(tip, author)) return MJL_OK;
    if (author == mjl_session_self(session)) return MJL_OK;
    if (mjl_intents_find(&session->membership, MJL_INTENT_REMOVE, id) != NULL) return MJL_OK;
    const mjl_presence_entry *entry = &session->presence.entries[author];
    if (!entry->is_leaving && !mjl_membership_holds_content(session)) return MJL_OK;
    if (entry->is_leaving && !may_be_carried(session, &entry->fin)) {
        uint64_t task;
        const mjl_time round = fa_intv(session) * (mjl_time)mjl_epoch_members_count(tip);
        return mjl_timers_set(session, round, MJL_TIMER_CARRY_FIN, author, &task);
    }
    mjl_result result = mjl_membership_want(session, MJL_INTENT_REMOVE, id, mjl_bytes_of(NULL, 0),
                                            entry->is_leaving ? &entry->fin : NULL, NULL);
    if (result == MJL_FULL) { /* Our user wants a lot: later. */
        uint64_t task;
        return mjl_timers_set(session, fa_intv(session), MJL_TIMER_CARRY_FIN, author, &task);
    }
    return result == MJL_OK ? mjl_session_settle(session) : result;
}

/* The FIN's deadline, or the end of the linger after everyone had it. */
mjl_result mjl_membership_leave_due(mjl_session *session)
{
    session->leave_task = 0;
    if (session->state != MJL_SESSION_LEAVING) return MJL_OK;
    const uint32_t place = mjl_transcript_find_message(session->transcript, &session->fin);
    const bool everyone =
        place != MJL_NO_INDEX && mjl_acks_is_full(session->acks, session->transcript, place);
    mjl_result result =
        mjl_session_set_state(session, MJL_SESSION_PARTED, everyone ? MJL_OK : MJL_NOT_CONFIRMED);
    if (result == MJL_OK) result = mjl_membership_end_waiting(session);
    return result == MJL_OK ? mjl_membership_plan_expiry(session) : result;
}
