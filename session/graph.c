/* The transcript as user interfaces see it. */
#include "majlis/graph.h"

#include "acks_readers.h"
#include "session_state.h"

static mjl_place_kind kind_of(const mjl_session *session, uint32_t place)
{
    if (session->holdings.entries[place].type == MJL_PLACE_COMMIT) return MJL_PLACE_IS_CHANGE;
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    return session->holdings.entries[where->first].delivered_number != 0 ? MJL_PLACE_IS_MESSAGE
                                                                         : MJL_PLACE_IS_OTHER;
}

/* Place by place: a message on two branches is had when one of its places is. */
static void count_readers(const mjl_session *session, uint32_t place, mjl_place_info *info)
{
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    for (uint32_t author = 0; author < count; author++) {
        if (!mjl_acks_is_reader(session->acks, session->transcript, place, author)) continue;
        info->readers_count++;
        info->held_count += mjl_acks_has(session->acks, session->transcript, place, author);
    }
}

mjl_result mjl_session_place(const mjl_session *session, size_t i, mjl_place_info *info)
{
    if (i >= mjl_transcript_places_count(session->transcript)) return MJL_NOT_FOUND;
    const uint32_t place = (uint32_t)i;
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    const mjl_epoch *epoch = &session->branches.epochs[where->epoch];
    memset(info, 0, sizeof *info);
    info->kind = kind_of(session, place);
    info->id = where->id;
    info->message = where->message;
    info->author = *mjl_transcript_author_id(session->transcript, where->author);
    info->epoch = epoch->number;
    info->branch = epoch->branch;
    info->seq = where->seq;
    info->is_lost = mjl_branches_is_lost(&session->branches, where->epoch);
    info->is_own = session->holdings.entries[place].is_own;
    info->accepted_at = session->holdings.entries[place].accepted_at;
    info->parents_count = where->parents_count;
    info->opaque_parents_count = where->opaque_count;
    count_readers(session, place, info);
    return MJL_OK;
}

mjl_result mjl_session_place_parent(const mjl_session *session, size_t i, size_t k, size_t *parent)
{
    if (i >= mjl_transcript_places_count(session->transcript)) return MJL_NOT_FOUND;
    const mjl_place *where = mjl_transcript_place(session->transcript, (uint32_t)i);
    if (k >= where->parents_count) return MJL_NOT_FOUND;
    *parent = mjl_transcript_parents(session->transcript, (uint32_t)i)[k];
    return MJL_OK;
}

mjl_result mjl_session_find_place(const mjl_session *session, const mjl_place_id *id, size_t *i)
{
    if (id == NULL || i == NULL) return MJL_BAD_ARGUMENT;
    const uint32_t place = mjl_transcript_find_place(session->transcript, id);
    if (place == MJL_NO_INDEX) return MJL_NOT_FOUND;
    *i = place;
    return MJL_OK;
}
