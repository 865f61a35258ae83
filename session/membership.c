#include "membership.h"

#include "branches.h"
#include "commit_header.h"
#include "intents.h"
#include "message_states.h"
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

mjl_time mjl_membership_fa_intv(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    return mjl_policy_fa_intv(&session->policy, mjl_epoch_members_count(tip));
}

static bool gate_is_open(const mjl_session *session, const mjl_commit_wish *wish)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    if (tip->parent == MJL_NO_INDEX && tip->is_decided) return true;
    if (tip->is_decided) return true;
    if (session->profile->now >= tip->entered_at + mjl_membership_fa_intv(session)) return true;
    const uint32_t place = mjl_transcript_find_place(session->transcript, &tip->branch);
    return place != MJL_NO_INDEX && removes_all_who_lack(session, wish, place);
}

static mjl_result plan_gate(mjl_session *session)
{
    if (session->membership.gate_task != 0) return MJL_OK;
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_time open_at = tip->entered_at + mjl_membership_fa_intv(session);
    const mjl_time now = session->profile->now;
    const mjl_time wait = open_at > now ? open_at - now : session->policy.bc_lat_ms;
    return mjl_timers_set(session, wait, MJL_TIMER_GATE, 0, &session->membership.gate_task);
}

mjl_result mjl_membership_look_again_at(mjl_session *session, mjl_time when)
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
        result = mjl_timers_set(session, mjl_membership_fa_intv(session), MJL_TIMER_WELCOME, epoch,
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

/* ---- The end ---- */

mjl_result mjl_membership_end_waiting(mjl_session *session)
{
    mjl_membership *const membership = &session->membership;
    mjl_result result = mjl_message_states_fail_own(session, MJL_NOT_A_MEMBER);
    if (result == MJL_OK) result = mjl_send_fail_queued(session, MJL_NOT_A_MEMBER);
    for (size_t i = 0; result == MJL_OK && i < membership->count; i++) {
        mjl_intent_entry *intent = &membership->intents[i];
        if (intent->is_over) continue;
        result = mjl_intents_set(session, intent, MJL_INTENT_VOID, MJL_NOT_A_MEMBER);
    }
    return result;
}
