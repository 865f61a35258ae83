#include "lost_readers.h"

#include "accept.h"
#include "acks_readers.h"
#include "branches.h"
#include "session_state.h"

/* Of our line from the fork on; MJL_NO_INDEX: from its root on. */
static bool was_in_all_along(const mjl_branches *branches, uint32_t fork, uint32_t author)
{
    uint32_t i = mjl_branches_last_decided(branches, branches->tip);
    for (; i != MJL_NO_INDEX; i = branches->epochs[i].parent) {
        if (!mjl_epoch_has_author(&branches->epochs[i], author)) return false;
        if (i == fork) break;
    }
    return true;
}

static mjl_result let_go_in(mjl_session *session, uint32_t epoch, mjl_acks_changes *changes)
{
    const uint32_t fork = mjl_branches_shared(&session->branches, epoch);
    uint32_t reader = mjl_acks_next_in_roster(session->acks, epoch, 0);
    for (; reader != MJL_NO_INDEX;
         reader = mjl_acks_next_in_roster(session->acks, epoch, reader + 1)) {
        if (was_in_all_along(&session->branches, fork, reader)) continue;
        const mjl_result result =
            mjl_acks_unread(session->acks, session->transcript, epoch, reader, changes);
        if (result != MJL_OK) return result;
        if (session->rosters_saved > epoch) session->rosters_saved = epoch;
    }
    return MJL_OK;
}

mjl_result mjl_lost_readers_let_go(mjl_session *session)
{
    mjl_acks_changes changes = {0};
    mjl_result result = MJL_OK;
    for (uint32_t i = 0; result == MJL_OK && i < session->branches.count; i++) {
        if (mjl_branches_is_lost(&session->branches, i)) result = let_go_in(session, i, &changes);
    }
    if (result == MJL_OK) return mjl_accept_changes(session, &changes);
    mjl_acks_changes_clear(&changes);
    return result;
}
