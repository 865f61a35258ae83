#include "session_state.h"

#include "acks_readers.h"
#include "epochs.h"
#include "message_states.h"
#include "payload.h"
#include "users.h"

#include <stdio.h>

/* ---- Names of states: stable, for logs and --json ---- */

const char *mjl_session_state_name(mjl_session_state state)
{
    switch (state) {
    case MJL_SESSION_JOINING:
        return "joining";
    case MJL_SESSION_LIVE:
        return "live";
    case MJL_SESSION_LEAVING:
        return "leaving";
    case MJL_SESSION_NEED_REJOIN:
        return "need rejoin";
    case MJL_SESSION_PARTED:
        return "parted";
    case MJL_SESSION_REMOVED:
        return "removed";
    case MJL_SESSION_STORE_FAILED:
        return "store failed";
    }
    return "unknown";
}

const char *mjl_message_state_name(mjl_message_state state)
{
    switch (state) {
    case MJL_MESSAGE_QUEUED:
        return "queued";
    case MJL_MESSAGE_SENT:
        return "sent";
    case MJL_MESSAGE_HELD_BY:
        return "held by";
    case MJL_MESSAGE_EVERYONE:
        return "everyone";
    case MJL_MESSAGE_AT_RISK:
        return "at risk";
    case MJL_MESSAGE_FAILED:
        return "failed";
    case MJL_MESSAGE_ORPHANED:
        return "orphaned";
    }
    return "unknown";
}

const char *mjl_verdict_name(mjl_verdict_kind kind)
{
    static const char *const names[MJL_VERDICT_COUNT] = {"applied",  "own echo", "duplicate",
                                                         "buffered", "losing",   "inapplicable",
                                                         "rejected", "too old",  "not for us"};
    return (unsigned)kind < MJL_VERDICT_COUNT ? names[kind] : "unknown";
}

const char *mjl_event_kind_name(mjl_event_kind kind)
{
    switch (kind) {
    case MJL_EVENT_SESSION_STATE:
        return "session state";
    case MJL_EVENT_EPOCH:
        return "epoch";
    case MJL_EVENT_JOIN_REQUEST:
        return "join request";
    case MJL_EVENT_RESTORE_REQUEST:
        return "restore request";
    case MJL_EVENT_JOIN_REQUEST_GONE:
        return "join request gone";
    case MJL_EVENT_MEMBER_ADDED:
        return "member added";
    case MJL_EVENT_MEMBER_REMOVED:
        return "member removed";
    case MJL_EVENT_MEMBER_LEAVING:
        return "member leaving";
    case MJL_EVENT_MESSAGE:
        return "message";
    case MJL_EVENT_MESSAGE_STATE:
        return "message state";
    case MJL_EVENT_WARNING:
        return "warning";
    case MJL_EVENT_WARNING_CHANGED:
        return "warning changed";
    case MJL_EVENT_WARNING_RETRACTED:
        return "warning retracted";
    case MJL_EVENT_INTENT:
        return "intent";
    case MJL_EVENT_EQUIVOCATION:
        return "equivocation";
    case MJL_EVENT_TASK_LATE:
        return "task late";
    case MJL_EVENT_OPAQUE:
        return "opaque";
    case MJL_EVENT_PROGRESS:
        return "progress";
    case MJL_EVENT_MEMBER_AWAY:
        return "member away";
    case MJL_EVENT_PART_REFUSED:
        return "part refused";
    }
    return "unknown";
}

const char *mjl_warning_kind_name(mjl_warning_kind kind)
{
    switch (kind) {
    case MJL_WARNING_NOT_FULLY_ACKED:
        return "not fully acked";
    case MJL_WARNING_GAP:
        return "gap";
    case MJL_WARNING_JOIN_NOT_CONFIRMED:
        return "join not confirmed";
    case MJL_WARNING_NOT_FRESH:
        return "not fresh";
    case MJL_WARNING_TRANSPORT_DOWN:
        return "transport down";
    case MJL_WARNING_LEFT_BEHIND:
        return "left behind";
    case MJL_WARNING_INCOMPLETE:
        return "incomplete";
    }
    return "unknown";
}

const char *mjl_intent_state_name(mjl_intent_state state)
{
    switch (state) {
    case MJL_INTENT_QUEUED:
        return "queued";
    case MJL_INTENT_COMMITTED:
        return "committed";
    case MJL_INTENT_DONE:
        return "done";
    case MJL_INTENT_VOID:
        return "void";
    case MJL_INTENT_REPLACED:
        return "replaced";
    case MJL_INTENT_AGAIN:
        return "again";
    }
    return "unknown";
}

/* ---- The session ---- */

void mjl_session_get_info(const mjl_session *session, mjl_session_info *info)
{
    memset(info, 0, sizeof *info);
    info->number = session->number;
    info->state = session->profile->failure != MJL_OK ? MJL_SESSION_STORE_FAILED : session->state;
    info->member = *mjl_session_member_id(session);
    info->room_name = mjl_buffer_bytes(&session->room_name);
    if (session->has_group) info->group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    info->pace.bc_lat_ms = session->policy.bc_lat_ms;
    info->pace.m_intv_ms = session->policy.m_intv_ms;
    info->measured_bc_lat_ms = (uint32_t)mjl_wanting_pace(session);
    info->pending_count = mjl_pending_count(session->pending) + session->unknown.count;
    info->unverified = session->is_unverified;
    info->epochs_behind = mjl_knocking_epochs_behind(session);
    const mjl_epoch *tip = mjl_session_tip(session);
    if (tip == NULL) return;
    info->epoch = info->oldest_undecided_epoch = tip->number;
    info->branch = tip->branch;
    info->members_count = mjl_epoch_members_count(tip);
    info->fa_intv_ms = (uint32_t)mjl_policy_fa_intv(&session->policy, info->members_count);
    info->unacked_count = mjl_acks_unacked_count(session->acks);
    info->undecided_count = mjl_branches_undecided_count(&session->branches);
    for (uint32_t i = session->branches.tip; i != MJL_NO_INDEX;
         i = session->branches.epochs[i].parent) {
        if (!session->branches.epochs[i].is_decided) {
            info->oldest_undecided_epoch = session->branches.epochs[i].number;
        }
    }
}

mjl_result mjl_session_epoch_authenticator(const mjl_session *session, uint8_t out[32])
{
    const mjl_epoch *tip = mjl_session_tip(session);
    if (tip == NULL || tip->group == NULL) return MJL_NOT_A_MEMBER;
    const mjl_bytes bytes = mjl_mls_group_epoch_authenticator(tip->group);
    if (bytes.size != 32) return MJL_BUG;
    memcpy(out, bytes.data, 32);
    return MJL_OK;
}

/* ---- Members ---- */

/* The i-th leaf that is not blank. */
static uint32_t nth_leaf(const mjl_epoch *epoch, size_t i)
{
    for (uint32_t leaf = 0; leaf < epoch->leaf_count; leaf++) {
        if (epoch->roster[leaf] != MJL_NO_INDEX && i-- == 0) return leaf;
    }
    return MJL_NO_INDEX;
}

mjl_result mjl_session_member(const mjl_session *session, size_t i, mjl_member_info *info)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    const uint32_t leaf = tip == NULL ? MJL_NO_INDEX : nth_leaf(tip, i);
    if (leaf == MJL_NO_INDEX) return MJL_NOT_FOUND;
    const uint32_t author = tip->roster[leaf];
    const mjl_presence_entry *presence = &session->presence.entries[author];
    memset(info, 0, sizeof *info);
    info->id = *mjl_transcript_author_id(session->transcript, author);
    info->leaf = leaf;
    info->display_name = mjl_epochs_name(tip->group, leaf, &info->user_id);
    info->is_self = mjl_id_equal(&info->id, mjl_session_member_id(session));
    info->is_verified = presence->is_verified;
    info->is_leaving = presence->is_leaving;
    info->is_away = presence->away_since != 0;
    info->is_fresh = presence->fresh_warning == 0;
    info->last_heard = presence->last_heard;
    info->owes_acks_count = mjl_acks_owed_count(session->acks, author);
    memcpy(info->safety, info->id.bytes, MJL_ID_SIZE);
    return MJL_OK;
}

/* Six groups of five digits, each of 40 bits of the id: about 100 bits in all. */
void mjl_safety_number(const mjl_member_id *member, char out[MJL_SAFETY_NUMBER_SIZE])
{
    size_t at = 0;
    for (size_t group = 0; group < 6; group++) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 5; i++)
            bits = bits << 8 | member->bytes[group * 5 + i];
        const int written = snprintf(out + at, MJL_SAFETY_NUMBER_SIZE - at, "%s%05u",
                                     group == 0 ? "" : " ", (unsigned)(bits % 100000));
        at += (size_t)written;
    }
}

/* ---- Messages ---- */

static mjl_result fill_message(const mjl_session *session, uint32_t place, mjl_message_info *info)
{
    const mjl_place *where = mjl_transcript_place(session->transcript, place);
    const mjl_holding *holding = &session->holdings.entries[place];
    memset(info, 0, sizeof *info);
    info->id = where->message;
    info->place = where->id;
    info->author = *mjl_transcript_author_id(session->transcript, where->author);
    info->epoch = session->branches.epochs[where->epoch].number;
    info->seq = where->seq;
    info->accepted_at = holding->accepted_at;
    info->held_at = holding->held_at;
    info->is_own = holding->is_own;
    info->number = holding->delivered_number;
    info->state = mjl_message_states_of(session, place, &info->held_count, &info->readers_count);
    for (uint32_t i = place; i != MJL_NO_INDEX;
         i = mjl_transcript_place(session->transcript, i)->next_same) {
        info->resends += session->holdings.entries[i].resends;
    }
    mjl_users_counts counts;
    const mjl_result counted = mjl_users_count(session, place, &counts);
    info->users_count = counts.users;
    info->users_held_count = counts.held;
    info->users_full_count = counts.full;
    if (holding->type == MJL_TYPE_LARGE) {
        const mjl_result result = mjl_large_read(session, place, &info->media_type, &info->body);
        if (result == MJL_OK) return counted;
    }
    mjl_content content;
    mjl_said_body said;
    if (mjl_content_decode(mjl_buffer_bytes(&holding->content), &content) != MJL_OK) return counted;
    if (mjl_said_decode(content.body, &said) != MJL_OK) return counted;
    info->body = said.bytes;
    info->media_type = said.media_type;
    return counted;
}

mjl_result mjl_session_message(const mjl_session *session, size_t i, mjl_message_info *info)
{
    const mjl_holdings *holdings = &session->holdings;
    for (uint32_t place = 0; place < holdings->count; place++) {
        if (holdings->entries[place].delivered_number != i + 1) continue;
        return fill_message(session, place, info);
    }
    return MJL_NOT_FOUND;
}

mjl_result mjl_session_message_by_id(const mjl_session *session, const mjl_message_id *id,
                                     mjl_message_info *info)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, id);
    if (place != MJL_NO_INDEX && session->holdings.entries[place].delivered_number != 0) {
        return fill_message(session, place, info);
    }
    bool is_queued = mjl_large_is_said(session, id);
    for (size_t i = 0; i < session->says_count; i++)
        is_queued |= mjl_id_equal(&session->says[i].message, id);
    if (is_queued) {
        memset(info, 0, sizeof *info);
        info->id = *id;
        info->author = *mjl_session_member_id(session);
        info->state = MJL_MESSAGE_QUEUED;
        info->is_own = true;
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

static void fill_own_transfer(const mjl_session *session, const mjl_large_say *say,
                              mjl_transfer_info *info)
{
    info->author = *mjl_session_member_id(session);
    info->message = say->message;
    memcpy(info->transfer.bytes, say->of, sizeof say->of);
    info->parts_count = say->parts_count;
    info->parts_done = say->done;
    info->parts_everyone = say->everyone;
    info->is_own = true;
    info->asks = say->asks;
}

mjl_result mjl_session_transfer(const mjl_session *session, size_t i, mjl_transfer_info *info)
{
    const mjl_large *large = &session->large;
    memset(info, 0, sizeof *info);
    if (i < large->says_count) {
        fill_own_transfer(session, &large->says[i], info);
        return MJL_OK;
    }
    i -= large->says_count;
    if (i >= large->incoming_count) return MJL_NOT_FOUND;
    const mjl_incoming *incoming = &large->incoming[i];
    info->author = *mjl_transcript_author_id(session->transcript, incoming->author);
    memcpy(info->transfer.bytes, incoming->of, sizeof incoming->of);
    info->parts_count = incoming->parts_count;
    info->parts_done = incoming->done;
    return MJL_OK;
}

mjl_result mjl_session_message_reader(const mjl_session *session, const mjl_message_id *id,
                                      size_t i, mjl_member_id *reader, bool *has_it)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, id);
    if (place == MJL_NO_INDEX) return MJL_NOT_FOUND;
    const uint32_t count = mjl_transcript_authors_count(session->transcript);
    for (uint32_t author = 0; author < count; author++) {
        if (!mjl_acks_is_reader(session->acks, session->transcript, place, author)) continue;
        if (i-- > 0) continue;
        *reader = *mjl_transcript_author_id(session->transcript, author);
        *has_it = mjl_acks_has(session->acks, session->transcript, place, author);
        return MJL_OK;
    }
    return MJL_NOT_FOUND;
}

mjl_result mjl_session_message_users(const mjl_session *session, const mjl_message_id *id,
                                     mjl_message_user *users, size_t room, size_t *count)
{
    const uint32_t place = mjl_transcript_find_message(session->transcript, id);
    if (place == MJL_NO_INDEX) return MJL_NOT_FOUND;
    return mjl_users_list(session, place, users, room, count);
}

/* ---- Requests, warnings, timers ---- */

mjl_result mjl_session_join_request(const mjl_session *session, size_t i,
                                    mjl_join_request_info *info)
{
    if (i >= session->requests.count) return MJL_NOT_FOUND;
    const mjl_join_request *request = &session->requests.entries[i];
    info->requester = request->requester;
    info->display_name = mjl_buffer_bytes(&request->display_name);
    info->user_id = mjl_buffer_bytes(&request->user_id);
    info->first_seen = request->first_seen;
    info->is_restore = request->is_restore;
    info->replaces = request->replaces;
    return MJL_OK;
}

static int compare_tasks(const void *a, const void *b)
{
    const mjl_task_info *left = a;
    const mjl_task_info *right = b;
    if (left->due != right->due) return left->due < right->due ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

static size_t list_tasks(const mjl_schedule *schedule, uint64_t *ids, mjl_task_info *out)
{
    const size_t count = mjl_schedule_count(schedule);
    mjl_schedule_ids(schedule, ids);
    for (size_t i = 0; i < count; i++) {
        mjl_task task;
        mjl_schedule_status(schedule, ids[i], &task);
        out[i] = (mjl_task_info){task.id, task.due, mjl_schedule_kind_name(schedule, task.kind)};
    }
    return count;
}

static size_t list_times(const mjl_holdings *holdings, mjl_due *times, mjl_task_info *out)
{
    const size_t count = mjl_holdings_times(holdings, times);
    for (size_t i = 0; i < count; i++) {
        out[i].id = MJL_TASK_OF_PLACE + 2 * (uint64_t)times[i].place + times[i].kind;
        out[i].due = times[i].at;
        out[i].kind = mjl_timers_due_name(times[i].kind);
    }
    return count;
}

/* For showing: sorts anew each time. */
mjl_result mjl_session_task(const mjl_session *session, size_t i, mjl_task_info *info)
{
    const size_t tasks = mjl_schedule_count(session->schedule);
    const size_t times_max = 2 * (size_t)session->holdings.due_count;
    uint64_t *const ids = calloc(tasks + 1, sizeof *ids);
    mjl_due *const times = calloc(times_max + 1, sizeof *times);
    mjl_task_info *const all = calloc(tasks + times_max + 1, sizeof *all);
    mjl_result result = MJL_OUT_OF_MEMORY;
    if (ids != NULL && times != NULL && all != NULL) {
        size_t count = list_tasks(session->schedule, ids, all);
        count += list_times(&session->holdings, times, all + count);
        qsort(all, count, sizeof *all, compare_tasks);
        result = i < count ? MJL_OK : MJL_NOT_FOUND;
        if (i < count) *info = all[i];
    }
    free(ids);
    free(times);
    free(all);
    return result;
}

mjl_result mjl_session_warning(const mjl_session *session, size_t i, mjl_warning_info *info)
{
    const mjl_warning *warning = mjl_warnings_at(&session->warnings, i);
    if (warning == NULL) return MJL_NOT_FOUND;
    info->number = warning->number;
    info->kind = warning->kind;
    info->subject = warning->subject;
    info->missing = mjl_buffer_bytes(&warning->missing);
    info->severity = mjl_warnings_severity(session, warning);
    return MJL_OK;
}
