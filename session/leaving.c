#include "leaving.h"

#include "branches.h"
#include "choosing.h"
#include "deciding.h"
#include "intents.h"
#include "membership.h"
#include "session_state.h"
#include "timers.h"

bool mjl_leaving_has_everyone_fin(const mjl_session *session, const mjl_message_id *fin)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, fin);
    return place != MJL_NO_INDEX && mjl_acks_is_full(session->acks, session->transcript, place);
}

/* Who left reads no acks any more once it is removed: everyone has its FIN first, or its time is
   up. A FIN from before our time is not for us to wait for. */
static bool may_be_carried(const mjl_session *session, const mjl_message_id *fin)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, fin);
    if (place == MJL_NO_INDEX || mjl_leaving_has_everyone_fin(session, fin)) return true;
    const mjl_time said = mjl_transcript_place(session->transcript, place)->accepted_at;
    return session->profile->now - said >= mjl_policy_fin_timeout(&session->policy);
}

mjl_result mjl_leaving_fin(mjl_session *session, uint32_t author, const mjl_message_id *fin)
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
    const mjl_time wait =
        mjl_membership_fa_intv(session) * (2 + (mjl_time)mjl_branches_rank(tip, own));
    uint64_t task;
    return mjl_timers_set(session, wait, MJL_TIMER_CARRY_FIN, author, &task);
}

mjl_result mjl_leaving_carry_fin_due(mjl_session *session, uint32_t author)
{
    if (session->state != MJL_SESSION_LIVE || author >= session->presence.count) return MJL_OK;
    const mjl_epoch *tip = mjl_session_tip(session);
    const mjl_member_id *id = mjl_transcript_author_id(session->transcript, author);
    if (tip->removes_us || !mjl_epoch_has_author(tip, author)) return MJL_OK;
    if (author == mjl_session_self(session)) return MJL_OK;
    if (mjl_intents_find(&session->membership, MJL_INTENT_REMOVE, id) != NULL) return MJL_OK;
    const mjl_presence_entry *entry = &session->presence.entries[author];
    if (!entry->is_leaving && !mjl_choosing_holds_content(session)) return MJL_OK;
    if (entry->is_leaving && !may_be_carried(session, &entry->fin)) {
        uint64_t task;
        const mjl_time round =
            mjl_membership_fa_intv(session) * (mjl_time)mjl_epoch_members_count(tip);
        return mjl_timers_set(session, round, MJL_TIMER_CARRY_FIN, author, &task);
    }
    mjl_result result = mjl_membership_want(session, MJL_INTENT_REMOVE, id, mjl_bytes_of(NULL, 0),
                                            entry->is_leaving ? &entry->fin : NULL, NULL);
    if (result == MJL_FULL) { /* Our user wants a lot: later. */
        uint64_t task;
        return mjl_timers_set(session, mjl_membership_fa_intv(session), MJL_TIMER_CARRY_FIN, author,
                              &task);
    }
    return result == MJL_OK ? mjl_session_settle(session) : result;
}

/* The FIN's deadline, or the end of the linger after everyone had it. */
mjl_result mjl_leaving_due(mjl_session *session)
{
    session->leave_task = 0;
    if (session->state != MJL_SESSION_LEAVING) return MJL_OK;
    const bool everyone = mjl_leaving_has_everyone_fin(session, &session->fin);
    mjl_result result =
        mjl_session_set_state(session, MJL_SESSION_PARTED, everyone ? MJL_OK : MJL_NOT_CONFIRMED);
    if (result == MJL_OK) result = mjl_membership_end_waiting(session);
    return result == MJL_OK ? mjl_deciding_plan_expiry(session) : result;
}
