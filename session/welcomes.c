#include "welcomes.h"

#include "membership.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

/* The joiners of an epoch: on its roster, not on its parent's. `silent`: only those not heard yet.
 */
static mjl_result collect_joiners(const mjl_session *session, const mjl_epoch *epoch,
                                  mjl_buffer *silent)
{
    const mjl_epoch *parent = &session->branches.epochs[epoch->parent];
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        const uint32_t author = epoch->roster[leaf];
        if (author == MJL_NO_INDEX || mjl_epoch_has_author(parent, author)) continue;
        if (session->presence.entries[author].heard_epoch >= epoch->number) continue;
        if (!mjl_epoch_has_author(mjl_session_tip(session), author)) continue;
        const mjl_result result = mjl_buffer_append(
            silent, mjl_id_bytes(mjl_transcript_author_id(session->transcript, author)));
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

static mjl_result put_welcome(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    mjl_packet packet = {.kind = MJL_PACKET_WELCOME, .resend = epoch->welcome_resends++};
    packet.subject = epoch->branch;
    packet.bytes = mjl_buffer_bytes(&epoch->welcome);
    epoch->record_dirty = true;
    return mjl_send_packet(session, &packet);
}

mjl_result mjl_welcomes_send(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    if (epoch->welcome_state != MJL_WELCOME_HELD) return MJL_OK;
    epoch->welcome_state = MJL_WELCOME_SENT;
    epoch->record_dirty = true;
    const mjl_result result = put_welcome(session, index);
    if (result != MJL_OK) return result;
    mjl_timers_cancel(session, &epoch->welcome_task);
    const mjl_time wait = mjl_policy_fa_intv(&session->policy, 0) + mjl_warnings_patience(session);
    return mjl_timers_set(session, wait, MJL_TIMER_WELCOME, index, &epoch->welcome_task);
}

static void finish_welcome(mjl_session *session, mjl_epoch *epoch)
{
    epoch->welcome_state = MJL_WELCOME_DONE;
    mjl_buffer_clear(&epoch->welcome);
    epoch->record_dirty = epoch->welcome_dirty = true;
    mjl_timers_cancel(session, &epoch->welcome_task);
}

/* Once a Welcome is overdue: while its epoch is on the path, whoever of its joiners is a member and
   was not heard is waited for, also when the Welcome is not repeated any more. */
static mjl_result look_at_joiners(mjl_session *session, uint32_t index, bool *is_anybody)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    mjl_buffer silent = {0};
    mjl_result result = MJL_OK;
    if (mjl_branches_is_on_path(&session->branches, index, session->branches.tip)) {
        result = collect_joiners(session, epoch, &silent);
    }
    *is_anybody = silent.size > 0;
    if (result == MJL_OK && epoch->is_welcome_overdue) {
        const bool is_true = *is_anybody && mjl_session_may_send(session);
        const uint64_t before = epoch->welcome_warning;
        result = is_true
                     ? mjl_warnings_raise(session, MJL_WARNING_JOIN_NOT_CONFIRMED, &epoch->branch,
                                          mjl_buffer_bytes(&silent), &epoch->welcome_warning)
                     : mjl_warnings_retract(session, &epoch->welcome_warning);
        epoch->record_dirty |= before != epoch->welcome_warning;
    }
    mjl_buffer_clear(&silent);
    return result;
}

/* A joiner that was not heard may be cut off for long, and live on a line that lost: lively while a
   person may wait for it, then up to hourly, for as long as its request is good. */
static mjl_time welcome_wait(const mjl_session *session, const mjl_epoch *epoch)
{
    const uint32_t resends = epoch->welcome_resends;
    const mjl_time wait =
        mjl_policy_resend_wait(&session->policy, 0, resends, session->policy.bc_lat_ms);
    if (resends <= MJL_JOIN_LIVELY_REPEATS) return wait;
    const uint32_t more = resends - MJL_JOIN_LIVELY_REPEATS;
    if (more > 20 || wait > MJL_BACKOFF_MS_MAX >> more) return MJL_BACKOFF_MS_MAX;
    return wait << more;
}

static mjl_result plan_welcome(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    return mjl_timers_set(session, welcome_wait(session, epoch), MJL_TIMER_WELCOME, index,
                          &epoch->welcome_task);
}

/* A line that is not chosen, and not lost while nobody decides, may stay so for long: it is looked
   at ever more rarely. */
static mjl_time unchosen_wait(const mjl_session *session, const mjl_epoch *epoch, mjl_time least)
{
    const mjl_time part = (session->profile->now - epoch->entered_at) / 4;
    if (part < least) return least;
    return part < MJL_BACKOFF_MS_MAX ? part : MJL_BACKOFF_MS_MAX;
}

/* Repeats for those not heard; warns that their joining is not confirmed. */
static mjl_result repeat_welcome(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    const bool is_chosen =
        mjl_branches_is_on_path(&session->branches, index, session->branches.tip);
    bool is_anybody;
    mjl_result result = look_at_joiners(session, index, &is_anybody);
    const bool is_over = is_chosen ? !is_anybody : mjl_branches_is_lost(&session->branches, index);
    if (result != MJL_OK) return result;
    if (is_over || epoch->welcome_resends > MJL_WELCOME_RESENDS_MAX) {
        finish_welcome(session, epoch);
        return MJL_OK;
    }
    if (!is_chosen) {
        const mjl_time wait = unchosen_wait(session, epoch, welcome_wait(session, epoch));
        return mjl_timers_set(session, wait, MJL_TIMER_WELCOME, index, &epoch->welcome_task);
    }
    result = put_welcome(session, index);
    return result == MJL_OK ? plan_welcome(session, index) : result;
}

/* Who was removed meanwhile goes on for a while: nobody else has the Welcome. */
static bool hands_out(const mjl_session *session, const mjl_epoch *epoch)
{
    return session->state == MJL_SESSION_REMOVED && epoch->welcome_state == MJL_WELCOME_SENT &&
           epoch->welcome_resends <= MJL_WELCOME_HANDED_OUT_MAX;
}

mjl_result mjl_welcomes_due(mjl_session *session, uint32_t index)
{
    if (index >= session->branches.count) return MJL_OK;
    mjl_epoch *const epoch = &session->branches.epochs[index];
    epoch->welcome_task = 0;
    epoch->record_dirty = true;
    epoch->is_welcome_overdue |= epoch->welcome_state == MJL_WELCOME_SENT;
    if (!mjl_session_may_send(session) && !hands_out(session, epoch)) return MJL_OK;
    const bool is_chosen =
        mjl_branches_is_on_path(&session->branches, index, session->branches.tip);
    if (epoch->welcome_state == MJL_WELCOME_SENT) return repeat_welcome(session, index);
    if (epoch->welcome_state != MJL_WELCOME_HELD) return MJL_OK;
    if (mjl_branches_is_lost(&session->branches, index)) {
        finish_welcome(session, epoch);
        return MJL_OK;
    }
    /* FA_INTV has passed: early, if no rival is known. Packets of an epoch that is not known may be
       a rival's. With one, when it is decided, but one silent member delays that for ever: after a
       while the choice is what it is, and who joined follows it (roots.h). */
    const mjl_time fa_intv = mjl_policy_fa_intv(&session->policy, 0);
    const bool has_rival =
        (mjl_branches_children_count(&session->branches, epoch->parent) > 1 ||
         session->unknown.count > 0) &&
        session->profile->now < epoch->entered_at + MJL_WELCOME_GRACE_FA_INTERVALS * fa_intv;
    if (is_chosen && !has_rival) return mjl_welcomes_send(session, index);
    const mjl_time wait = is_chosen ? fa_intv : unchosen_wait(session, epoch, fa_intv);
    return mjl_timers_set(session, wait, MJL_TIMER_WELCOME, index, &epoch->welcome_task);
}

/* While the line was not chosen its timer went ever further ahead; and it is gone where it went off
   while we took no part. */
static mjl_result bring_forward(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    const mjl_time wait = epoch->welcome_state == MJL_WELCOME_HELD ? mjl_membership_fa_intv(session)
                                                                   : welcome_wait(session, epoch);
    mjl_task task;
    if (mjl_schedule_status(session->schedule, epoch->welcome_task, &task) == MJL_TASK_PENDING &&
        task.due <= mjl_timers_at(session, wait))
        return MJL_OK;
    mjl_timers_cancel(session, &epoch->welcome_task);
    epoch->record_dirty = true;
    return mjl_timers_set(session, wait, MJL_TIMER_WELCOME, index, &epoch->welcome_task);
}

static mjl_result look_at_welcome(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    bool is_anybody;
    const bool is_chosen =
        mjl_branches_is_on_path(&session->branches, index, session->branches.tip);
    if (epoch->welcome_state == MJL_WELCOME_HELD && is_chosen && mjl_session_may_send(session))
        return bring_forward(session, index);
    if (epoch->welcome_state != MJL_WELCOME_SENT && !epoch->is_welcome_overdue) return MJL_OK;
    const mjl_result result = look_at_joiners(session, index, &is_anybody);
    if (result != MJL_OK || !is_chosen || epoch->welcome_state != MJL_WELCOME_SENT) return result;
    if (!is_anybody) finish_welcome(session, epoch);
    /* Before it is overdue the timer is that of the warning. */
    const bool is_running = epoch->welcome_task != 0 && !epoch->is_welcome_overdue;
    if (!is_anybody || is_running || !mjl_session_may_send(session)) return MJL_OK;
    return bring_forward(session, index);
}

mjl_result mjl_welcomes_look(mjl_session *session)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 1; result == MJL_OK && i < session->branches.count; i++)
        result = look_at_welcome(session, i);
    return result;
}

mjl_result mjl_welcomes_heard(mjl_session *session, uint32_t author)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 1; result == MJL_OK && i < session->branches.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[i];
        if (epoch->welcome_state != MJL_WELCOME_SENT && epoch->welcome_warning == 0) continue;
        if (!mjl_epoch_has_author(epoch, author)) continue;
        if (mjl_epoch_has_author(&session->branches.epochs[epoch->parent], author)) continue;
        result = look_at_welcome(session, i);
    }
    return result;
}
