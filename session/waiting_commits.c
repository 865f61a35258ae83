#include "waiting_commits.h"

#include "accept.h"
#include "send.h"
#include "session_state.h"

/* Was a member not heard in that epoch or a later one of our line? Or may those lack it whom it
   removes? A few times for them, who are never heard there. */
static bool is_lacked(const mjl_session *session, const mjl_epoch *epoch)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t leaf = 0; leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (session->presence.entries[author].heard_epoch < epoch->number) return true;
    }
    return session->wanting.step <= MJL_RESENDS_TO_REMOVED_MAX &&
           epoch->commit_class == MJL_CLASS_REMOVAL;
}

static mjl_result repeat(mjl_session *session, const mjl_pending_entry *entry)
{
    mjl_packet packet = {.kind = MJL_PACKET_COMMIT, .resend = session->wanting.step};
    packet.subject = packet.place = entry->place;
    const mjl_result result = mjl_accept_waiting_packet(entry->blob, &packet.bytes);
    return result == MJL_OK ? mjl_send_packet(session, &packet) : result;
}

mjl_result mjl_waiting_commits_repeat(mjl_session *session)
{
    const mjl_branches *const branches = &session->branches;
    const mjl_pending_entry *entry = NULL;
    mjl_result result = MJL_OK;
    while (result == MJL_OK && (entry = mjl_pending_next(session->pending, entry)) != NULL) {
        const uint32_t epoch = mjl_branches_find(branches, &entry->place);
        if (epoch == MJL_NO_INDEX || !mjl_branches_is_on_path(branches, epoch, branches->tip))
            continue;
        if (!mjl_outbox_has_room(&session->profile->outbox, MJL_OUTBOX_SPARE)) break;
        if (is_lacked(session, &branches->epochs[epoch])) result = repeat(session, entry);
    }
    return result;
}
