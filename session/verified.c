/* Whose safety number a person compared. */
#include "calls.h"
#include "session_state.h"

/* True when nobody in the room but us is left unchecked. */
static bool is_roster_verified(const mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    for (uint32_t leaf = 0; tip != NULL && leaf < tip->leaf_count; leaf++) {
        const uint32_t author = tip->roster[leaf];
        if (author == MJL_NO_INDEX || author == mjl_session_self(session)) continue;
        if (!session->presence.entries[author].is_verified) return false;
    }
    return tip != NULL;
}

mjl_result mjl_do_set_verified(mjl_session *session, mjl_time now, const mjl_member_id *member,
                               mjl_verified verified)
{
    if (member == NULL) return MJL_BAD_ARGUMENT;
    const mjl_result result = mjl_profile_begin(session->profile, now);
    if (result != MJL_OK) return result;
    const uint32_t author = mjl_transcript_find_author(session->transcript, member);
    if (author == MJL_NO_INDEX || author >= session->presence.count) return MJL_NOT_FOUND;
    if (author == mjl_session_self(session)) return MJL_BAD_ARGUMENT;
    session->presence.entries[author].is_verified = verified == MJL_VERIFIED;
    session->presence.entries[author].dirty = true;
    if (is_roster_verified(session)) session->is_unverified = false;
    return mjl_profile_end(session->profile, MJL_OK);
}
