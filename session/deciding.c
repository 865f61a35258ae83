#include "deciding.h"

#include "branches.h"
#include "intents.h"
#include "lost_readers.h"
#include "membership.h"
#include "session_state.h"
#include "timers.h"
#include "welcomes.h"

/* From when on is it enough what that reader has said? Who has the commit and lives on a rival
   knows of that, and of whatever else made it choose so, what may not have come here: its ack
   decides nothing, before it is heard in the epoch or after it, with nothing missing. What somebody
   gone said may be missing for ever: after a while it is enough that it lives there. */
static mjl_time heard_from(const mjl_session *session, uint32_t index, uint32_t author)
{
    const mjl_epoch *epoch = &session->branches.epochs[index];
    if (author == epoch->committer)
        return mjl_presence_lives_beside(session, author, index) ? MJL_NEVER : 0;
    if (session->presence.entries[author].heard_epoch >= epoch->number) return 0;
    if (!mjl_presence_lives_on(session, author, index)) return MJL_NEVER;
    return epoch->entered_at + MJL_REMOVAL_GRACE_FA_INTERVALS * mjl_membership_fa_intv(session);
}

/* Whose removal we applied owes no ack any more, also when the tip went to a line on which it is a
   member after all: it was heard on this line, or may stand on a rival. */
static mjl_time all_heard_from(const mjl_session *session, uint32_t index)
{
    const mjl_epoch *parent = &session->branches.epochs[session->branches.epochs[index].parent];
    mjl_time from = 0;
    for (uint32_t leaf = 0; leaf < parent->leaf_count; leaf++) {
        const uint32_t author = parent->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (!mjl_epoch_has_author(mjl_session_tip(session), author)) continue;
        const mjl_time its = heard_from(session, index, author);
        if (its > from) from = its;
    }
    return from;
}

static bool is_held_by_all(const mjl_session *session, const mjl_epoch *epoch)
{
    const uint32_t place = mjl_transcript_find_place(session->transcript, &epoch->branch);
    return place != MJL_NO_INDEX && mjl_acks_is_full(session->acks, session->transcript, place);
}

/* What waits on branches that lost for good will not be needed, nor what opens it: what was said
 * there is said again on the path. What was held there is owed no more. */
mjl_result mjl_deciding_forget_lost(mjl_session *session)
{
    /* The first of all as well: of several roots (roots.h) it may be the one that lost. */
    for (uint32_t i = 0; i < session->branches.count; i++) {
        if (!mjl_branches_is_lost(&session->branches, i)) continue;
        if (session->branches.epochs[i].group != NULL)
            mjl_epoch_forget(&session->branches.epochs[i]);
        mjl_pending_drop_branch(session->pending, &session->branches.epochs[i].branch);
    }
    mjl_result result = mjl_warnings_sweep_gaps(session);
    if (result == MJL_OK) result = mjl_lost_readers_let_go(session);
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
        const mjl_time ends =
            epoch->entered_at + MJL_REMOVAL_GRACE_FA_INTERVALS * mjl_membership_fa_intv(session);
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
        result = mjl_welcomes_send(session, index);
    }
    if (result != MJL_OK) return result;
    mjl_unknown_drop(&session->unknown, epoch->number);
    return mjl_deciding_forget_lost(session);
}

bool mjl_deciding_was_lately(const mjl_session *session, mjl_time since)
{
    return session->profile->now - since <
           MJL_REMOVAL_GRACE_FA_INTERVALS * mjl_membership_fa_intv(session);
}

/* Something came lately and waits. What it waits for may be of a later epoch than what that follows
   in turn, which is not named yet: a commit of its author's that lost, say. Gaps do not tell of it
   where its author is no member any more either. */
static bool has_come_lately(const mjl_session *session)
{
    const mjl_pending_entry *entry = NULL;
    while ((entry = mjl_pending_next(session->pending, entry)) != NULL) {
        if (entry->missing_count > 0 && mjl_deciding_was_lately(session, entry->since)) return true;
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

mjl_result mjl_deciding_look(mjl_session *session)
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
        const mjl_time heard = all_heard_from(session, i);
        if (heard == MJL_NEVER) break;
        const mjl_time silent = silent_until(session, i);
        const mjl_time until = heard > silent ? heard : silent;
        if (session->profile->now < until) return mjl_membership_look_again_at(session, until);
        const mjl_result result = decide_epoch(session, i);
        if (result != MJL_OK) return result;
    }
    forget_old_epochs(session);
    return MJL_OK;
}

mjl_result mjl_deciding_plan_expiry(mjl_session *session)
{
    if (session->expire_task != 0) return MJL_OK;
    return mjl_timers_set(session, (mjl_time)session->policy.secret_lifetime_ms, MJL_TIMER_EXPIRE,
                          0, &session->expire_task);
}

/* When did an epoch stop being the one to live in: when its first child was entered. On a line that
   is not chosen nothing tells when we left it, if we ever lived there: a child may come long after
   that. What its keys open is said again where we live. */
static mjl_time left_at(const mjl_session *session, uint32_t epoch)
{
    const mjl_branches *const branches = &session->branches;
    const bool is_lived = mjl_branches_is_on_path(branches, epoch, branches->tip);
    for (uint32_t i = epoch + 1; is_lived && i < branches->count; i++) {
        if (branches->epochs[i].parent == epoch) return branches->epochs[i].entered_at;
    }
    return branches->epochs[epoch].entered_at;
}

/* Keys die at secret_lifetime at the latest, whatever others do. */
mjl_result mjl_deciding_expire_due(mjl_session *session)
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
