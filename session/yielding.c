#include "yielding.h"

#include "away.h"
#include "session_state.h"

/* The other child of the epoch's parent that the author was heard on. */
static uint32_t rival_of(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const mjl_branches *branches = &session->branches;
    const uint32_t lives_in = session->presence.entries[author].lives_in;
    uint32_t at = lives_in == 0 ? MJL_NO_INDEX : lives_in - 1;
    while (at != MJL_NO_INDEX && branches->epochs[at].parent != branches->epochs[epoch].parent)
        at = branches->epochs[at].parent;
    return at == epoch ? MJL_NO_INDEX : at;
}

/* It does not live there for want of the commit that leads here. */
static bool has_commit(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const mjl_epoch *epochs = session->branches.epochs;
    if (!mjl_epoch_has_author(&epochs[epochs[epoch].parent], author)) return false;
    const uint32_t place =
        mjl_transcript_find_place(session->transcript, &session->branches.epochs[epoch].branch);
    return place != MJL_NO_INDEX && !mjl_acks_place_owes(session->acks, place, author);
}

/* Since when the author lives beside the epoch, on one rival. */
static mjl_time beside_since(const mjl_session *session, uint32_t author, uint32_t epoch,
                             uint32_t rival)
{
    const mjl_epoch *epochs = session->branches.epochs;
    mjl_time since = session->presence.entries[author].lives_since;
    if (epochs[epoch].entered_at > since) since = epochs[epoch].entered_at;
    return epochs[rival].entered_at > since ? epochs[rival].entered_at : since;
}

/* Packets on their way when it went elsewhere tell nothing of where it lives now. */
static bool lives_there_still(const mjl_session *session, uint32_t author, uint32_t epoch,
                              uint32_t rival, uint32_t graces)
{
    if (rival == MJL_NO_INDEX || !has_commit(session, author, epoch)) return false;
    const mjl_epoch *fork = &session->branches.epochs[session->branches.epochs[epoch].parent];
    const mjl_time grace = MJL_YIELD_GRACE_FA_INTERVALS *
                           mjl_policy_fa_intv(&session->policy, mjl_epoch_members_count(fork));
    return session->presence.entries[author].lives_heard >=
           beside_since(session, author, epoch, rival) + grace * graces;
}

static bool can_live_on(const mjl_branches *branches, uint32_t line)
{
    const mjl_epoch *first = &branches->epochs[line];
    const mjl_epoch *end = &branches->epochs[mjl_branches_end_of(branches, line)];
    return !first->is_void && !first->is_stalled && !end->removes_us && end->group != NULL;
}

/* Not heard for longer than anybody says nothing, even where all is idle: whoever is only between
   two heartbeats would be there and not there by turns. */
static bool is_gone(const mjl_session *session, uint32_t author, uint32_t epoch)
{
    const mjl_epoch *fork = &session->branches.epochs[session->branches.epochs[epoch].parent];
    const mjl_time longest = mjl_policy_idle_max(&session->policy, mjl_epoch_members_count(fork));
    const mjl_time heard = session->presence.entries[author].last_heard;
    const mjl_time since = heard > fork->entered_at ? heard : fork->entered_at;
    return mjl_away_is(session, author) || session->profile->now - since > longest + longest / 16;
}

/* The one rival that all others of the epoch's line live on. Who sleeps elsewhere chooses when it
   is back; who lives there does so asleep, too. */
static uint32_t rival_of_all(const mjl_session *session, uint32_t epoch, uint32_t graces,
                             size_t *count)
{
    const mjl_branches *branches = &session->branches;
    const mjl_epoch *end = &branches->epochs[mjl_branches_end_of(branches, epoch)];
    uint32_t rival = MJL_NO_INDEX;
    *count = 0;
    for (uint32_t leaf = 0; leaf < end->leaf_count; leaf++) {
        const uint32_t author = end->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        const uint32_t its = rival_of(session, author, epoch);
        if (!lives_there_still(session, author, epoch, its, graces)) {
            if (is_gone(session, author, epoch)) continue;
            return MJL_NO_INDEX;
        }
        if (*count > 0 && its != rival) return MJL_NO_INDEX;
        rival = its;
        (*count)++;
    }
    return rival != MJL_NO_INDEX && can_live_on(branches, rival) ? rival : MJL_NO_INDEX;
}

/* The rival that all others of the epoch's line went on to live on; MJL_NO_INDEX: there is none, or
   we could not live there. Of two who are alone with each other the one on the worse child goes
   first, and the other one after a while if that one cannot. Who was removed has nobody to take
   along. */
static uint32_t rival_that_lives(const mjl_session *session, uint32_t epoch)
{
    const mjl_branches *branches = &session->branches;
    if (mjl_branches_children_count(branches, branches->epochs[epoch].parent) < 2)
        return MJL_NO_INDEX;
    size_t count;
    const uint32_t rival = rival_of_all(session, epoch, 1, &count);
    if (rival == MJL_NO_INDEX || count > 1 || mjl_branches_beats(branches, rival, epoch) ||
        branches->epochs[mjl_branches_end_of(branches, epoch)].removes_us)
        return rival;
    return rival_of_all(session, epoch, MJL_YIELD_GRACES_OF_THE_BETTER, &count);
}

/* Of the way to `chosen` the epoch that all others live beside, on one rival. */
static uint32_t find_left(const mjl_session *session, uint32_t chosen, uint32_t *rival)
{
    const mjl_branches *branches = &session->branches;
    for (uint32_t i = chosen; i != MJL_NO_INDEX; i = branches->epochs[i].parent) {
        if (branches->epochs[i].is_decided || branches->epochs[i].parent == MJL_NO_INDEX) break;
        *rival = rival_that_lives(session, i);
        if (*rival != MJL_NO_INDEX) return i;
    }
    return MJL_NO_INDEX;
}

static void leave_all_but(mjl_branches *branches, uint32_t rival, bool is_left)
{
    const uint32_t parent = branches->epochs[rival].parent;
    for (uint32_t i = parent + 1; i < branches->count; i++) {
        if (i != rival && branches->epochs[i].parent == parent)
            branches->epochs[i].is_left = is_left;
    }
}

uint32_t mjl_yielding_choose(mjl_session *session)
{
    mjl_branches *const branches = &session->branches;
    for (uint32_t i = 0; i < branches->count; i++)
        branches->epochs[i].is_left = false;
    uint32_t chosen = mjl_branches_choose(branches);
    for (uint32_t round = 0; round < branches->count; round++) {
        uint32_t rival;
        if (find_left(session, chosen, &rival) == MJL_NO_INDEX) break;
        leave_all_but(branches, rival, true);
        const uint32_t next = mjl_branches_choose(branches);
        if (!mjl_branches_is_on_path(branches, rival, next)) {
            leave_all_but(branches, rival, false); /* It is another line that wins without. */
            break;
        }
        chosen = next;
    }
    return chosen;
}
