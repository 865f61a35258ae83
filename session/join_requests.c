#include "join_requests.h"

#include "array.h"
#include "room.h"
#include "session_state.h"

static void clear_request(mjl_join_request *request)
{
    mjl_buffer_clear(&request->key_package);
    mjl_buffer_clear(&request->user_id);
    mjl_buffer_clear(&request->display_name);
}

void mjl_join_requests_clear(mjl_join_requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        clear_request(&requests->entries[i]);
    free(requests->entries);
    free(requests->used);
    free(requests->gone);
    memset(requests, 0, sizeof *requests);
}

mjl_join_request *mjl_join_requests_find(const mjl_session *session, const mjl_member_id *requester)
{
    const mjl_join_requests *requests = &session->requests;
    for (size_t i = 0; i < requests->count; i++) {
        if (memcmp(&requests->entries[i].requester, requester, sizeof *requester) == 0) {
            return &requests->entries[i];
        }
    }
    return NULL;
}

static bool is_used(const mjl_join_requests *requests, const mjl_id *reference)
{
    for (size_t i = 0; i < requests->used_count; i++) {
        if (mjl_id_equal(&requests->used[i], reference)) return true;
    }
    return false;
}

static mjl_result note_used(mjl_join_requests *requests, const mjl_id *reference)
{
    if (requests->used == NULL) {
        requests->used = calloc(MJL_JOIN_REFERENCES_MAX, sizeof *requests->used);
        if (requests->used == NULL) return MJL_OUT_OF_MEMORY;
    }
    requests->used[requests->used_total % MJL_JOIN_REFERENCES_MAX] = *reference;
    requests->used_total++;
    if (requests->used_count < MJL_JOIN_REFERENCES_MAX) requests->used_count++;
    return MJL_OK;
}

static mjl_result note_gone(mjl_join_requests *requests, const mjl_id *reference)
{
    const mjl_result result = mjl_array_reserve(&requests->gone, requests->gone_count,
                                                &requests->gone_room, 1, sizeof *requests->gone);
    if (result != MJL_OK) return result;
    requests->gone[requests->gone_count++] = *reference;
    return MJL_OK;
}

mjl_result mjl_join_requests_drop(mjl_session *session, mjl_join_request *request)
{
    mjl_join_requests *const requests = &session->requests;
    mjl_event event = {.kind = MJL_EVENT_JOIN_REQUEST_GONE, .member = request->requester};
    event.name = mjl_buffer_bytes(&request->display_name);
    mjl_result result = mjl_session_emit(session, &event);
    if (result == MJL_OK) result = note_used(requests, &request->reference);
    if (result == MJL_OK) result = note_gone(requests, &request->reference);
    if (result != MJL_OK) return result;
    clear_request(request);
    const size_t i = (size_t)(request - requests->entries);
    requests->count--;
    memmove(request, request + 1, (requests->count - i) * sizeof *request);
    return MJL_OK;
}

/* Requests whose key packages no inviter takes any more. */
static mjl_result drop_expired_requests(mjl_session *session)
{
    mjl_join_requests *const requests = &session->requests;
    for (size_t i = requests->count; i > 0; i--) {
        mjl_join_request *request = &requests->entries[i - 1];
        if (!mjl_join_has_expired(session->profile, &request->key_package)) continue;
        const mjl_result result = mjl_join_requests_drop(session, request);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_join_requests_note_used(mjl_session *session, const mjl_id *reference)
{
    return is_used(&session->requests, reference) ? MJL_OK
                                                  : note_used(&session->requests, reference);
}

mjl_result mjl_join_offer_read(const mjl_profile *profile, mjl_join_offer *offer)
{
    mjl_bytes extension;
    if (offer->packet.size > MJL_JOIN_REQUEST_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_mls_key_package_read(offer->packet, profile->suites, &offer->view);
    if (result == MJL_OK && offer->view.suite != MJL_MLS_SUITE_DEFAULT) result = MJL_WRONG_SUITE;
    if (result == MJL_OK) {
        result = mjl_mls_extensions_find(offer->view.extensions, MJL_EXTENSION_JOIN, &extension);
    }
    if (result == MJL_OK) result = mjl_room_join_decode(extension, &offer->join);
    if (result == MJL_OK) result = mjl_identity_decode(offer->view.identity, &offer->names);
    if (result != MJL_OK) return result;
    memcpy(offer->reference.bytes, offer->view.reference, MJL_ID_SIZE);
    offer->requester = mjl_id_member(offer->view.signature_key);
    return MJL_OK;
}

static size_t count_requests(const mjl_join_requests *requests, bool are_restores)
{
    size_t count = 0;
    for (size_t i = 0; i < requests->count; i++)
        count += requests->entries[i].is_restore == are_restores;
    return count;
}

/* The bound: whom nobody can let in any more must not keep others out; nor strangers members. */
static mjl_result make_room(mjl_session *session, bool is_restore)
{
    mjl_join_requests *const requests = &session->requests;
    const size_t most = is_restore ? MJL_RESTORE_REQUESTS_MAX : MJL_JOIN_REQUESTS_MAX;
    if (count_requests(requests, is_restore) < most) return MJL_OK;
    const mjl_result result = drop_expired_requests(session);
    if (result != MJL_OK) return result;
    if (count_requests(requests, is_restore) < most) return MJL_OK;
    requests->refused_count++;
    return MJL_TOO_MANY_REQUESTS;
}

mjl_result mjl_join_offer_check(mjl_session *session, const mjl_join_offer *offer, bool has_room)
{
    mjl_room_key key;
    if (!mjl_bytes_equal(mjl_buffer_bytes(&session->room_name), offer->join.room_name)) {
        return MJL_WRONG_GROUP;
    }
    mjl_room_key_derive(mjl_buffer_bytes(&session->room_secret), &key);
    const mjl_result verified =
        mjl_room_join_verify(&key, &offer->join, offer->view.signature_key, offer->view.init_key);
    mjl_room_key_wipe(&key);
    if (verified != MJL_OK) return verified;
    if (is_used(&session->requests, &offer->reference)) return MJL_DUPLICATE;
    return has_room ? MJL_OK : make_room(session, offer->replaces != NULL);
}

mjl_result mjl_join_offer_verify(const mjl_session *session, const mjl_join_offer *offer)
{
    return mjl_mls_key_package_verify(offer->packet, session->profile->suites);
}

/* Cheap checks first; only then signatures. */
static mjl_result check_request(mjl_session *session, const mjl_join_offer *offer)
{
    const mjl_join_request *held = mjl_join_requests_find(session, &offer->requester);
    if (held != NULL && mjl_id_equal(&held->reference, &offer->reference)) return MJL_DUPLICATE;
    const mjl_result result = mjl_join_offer_check(session, offer, held != NULL);
    return result == MJL_OK ? mjl_join_offer_verify(session, offer) : result;
}

/* Takes what the request owns, once it stands in the list: also when the event finds no memory. */
static mjl_result add_request(mjl_session *session, mjl_join_request *request)
{
    mjl_join_requests *const requests = &session->requests;
    if (requests->entries == NULL) {
        requests->entries = calloc(MJL_REQUESTS_MAX, sizeof *requests->entries);
        if (requests->entries == NULL) return MJL_OUT_OF_MEMORY;
    }
    request->dirty = true;
    request->number = requests->next_number++;
    mjl_join_request *const added = &requests->entries[requests->count++];
    *added = *request;
    memset(request, 0, sizeof *request);
    mjl_event event = {.kind = MJL_EVENT_JOIN_REQUEST, .member = added->requester};
    if (added->is_restore) {
        event.kind = MJL_EVENT_RESTORE_REQUEST;
        event.by = added->replaces;
    }
    event.name = mjl_buffer_bytes(&added->display_name);
    return mjl_session_emit(session, &event);
}

mjl_result mjl_join_requests_hold(mjl_session *session, const mjl_join_offer *offer)
{
    mjl_join_request *const old = mjl_join_requests_find(session, &offer->requester);
    mjl_result result = old == NULL ? MJL_OK : mjl_join_requests_drop(session, old);
    mjl_join_request request = {.reference = offer->reference, .requester = offer->requester};
    request.first_seen = session->profile->now;
    request.is_restore = offer->replaces != NULL;
    if (offer->replaces != NULL) request.replaces = *offer->replaces;
    if (result == MJL_OK) result = mjl_buffer_append(&request.key_package, offer->packet);
    if (result == MJL_OK) result = mjl_buffer_append(&request.user_id, offer->names.user_id);
    if (result == MJL_OK) {
        result = mjl_buffer_append(&request.display_name, offer->names.display_name);
    }
    if (result == MJL_OK) result = add_request(session, &request);
    if (result != MJL_OK) clear_request(&request);
    return result;
}

static bool is_member(const mjl_session *session, const mjl_member_id *id)
{
    const uint32_t author = mjl_transcript_find_author(session->transcript, id);
    return author != MJL_NO_INDEX && mjl_epoch_has_author(mjl_session_tip(session), author);
}

/* The epoch on our line that let it in; NULL: it was there before us. */
static const mjl_epoch *let_in_by(const mjl_session *session, uint32_t author)
{
    const mjl_epoch *epoch = mjl_session_tip(session);
    while (epoch->parent != MJL_NO_INDEX) {
        const mjl_epoch *parent = &session->branches.epochs[epoch->parent];
        if (!mjl_epoch_has_author(parent, author)) return epoch;
        epoch = parent;
    }
    return NULL;
}

/* A member that asks is an old packet; but for one that was let in and never came. Who did that may
   be gone, and its Welcome with it: then the request is shown again, once for that epoch. */
static bool has_not_come(const mjl_session *session, mjl_join_offer *offer)
{
    const uint32_t author = mjl_transcript_find_author(session->transcript, &offer->requester);
    const mjl_epoch *epoch = let_in_by(session, author);
    if (epoch == NULL || session->presence.entries[author].heard_epoch >= epoch->number) {
        return false;
    }
    const bool has_its_welcome =
        epoch->welcome_state == MJL_WELCOME_HELD || epoch->welcome_state == MJL_WELCOME_SENT;
    const mjl_time patience = MJL_JOIN_AGAIN_FA_INTERVALS * mjl_policy_fa_intv(&session->policy, 0);
    if (has_its_welcome || session->profile->now - epoch->entered_at < patience) return false;
    for (size_t i = 0; i < MJL_ID_SIZE; i++)
        offer->reference.bytes[i] ^= epoch->branch.bytes[i];
    return true;
}

static bool was_ever_on_our_line(const mjl_branches *branches, uint32_t author)
{
    for (uint32_t i = branches->tip; i != MJL_NO_INDEX; i = branches->epochs[i].parent) {
        if (mjl_epoch_has_author(&branches->epochs[i], author)) return true;
    }
    return false;
}

/* Whom lines that lost let in alone is outside again, and no removal says so: its request is as
   good as before, and shown again, once for the last of these epochs. */
static void renew_of_lost_lines(const mjl_session *session, mjl_join_offer *offer)
{
    const mjl_branches *const branches = &session->branches;
    const uint32_t author = mjl_transcript_find_author(session->transcript, &offer->requester);
    if (author == MJL_NO_INDEX || was_ever_on_our_line(branches, author)) return;
    for (uint32_t i = branches->count; i > 0; i--) {
        const mjl_epoch *const epoch = &branches->epochs[i - 1];
        if (epoch->parent == MJL_NO_INDEX || !mjl_epoch_has_author(epoch, author) ||
            mjl_epoch_has_author(&branches->epochs[epoch->parent], author))
            continue;
        for (size_t k = 0; k < MJL_ID_SIZE; k++)
            offer->reference.bytes[k] ^= epoch->branch.bytes[k];
        return;
    }
}

/* One live session of that room; the verdict is the best of all sessions'. */
static mjl_result offer_to(mjl_session *session, const mjl_join_offer *asked, mjl_verdict *verdict)
{
    mjl_join_offer copy = *asked;
    const mjl_join_offer *const offer = &copy;
    if (is_member(session, &offer->requester) && !has_not_come(session, &copy)) {
        verdict->kind = MJL_VERDICT_DUPLICATE;
        return MJL_OK;
    }
    renew_of_lost_lines(session, &copy);
    const mjl_result result = check_request(session, offer);
    if (mjl_join_is_fatal(result)) return result;
    verdict->session = session;
    verdict->why = result == MJL_DUPLICATE ? MJL_OK : result;
    verdict->kind = result == MJL_DUPLICATE ? MJL_VERDICT_DUPLICATE : MJL_VERDICT_REJECTED;
    if (result != MJL_OK) return MJL_OK;
    verdict->kind = MJL_VERDICT_APPLIED;
    verdict->has_who = true;
    verdict->who = offer->requester;
    return mjl_join_requests_hold(session, offer);
}

mjl_result mjl_join_requests_receive(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    *verdict = (mjl_verdict){.kind = MJL_VERDICT_NOT_FOR_US};
    mjl_join_offer offer = {.packet = packet};
    mjl_result result = mjl_join_offer_read(profile, &offer);
    if (result == MJL_NOT_FOUND) return MJL_OK; /* A key package of somebody else's protocol. */
    if (result != MJL_OK) {
        verdict->kind = MJL_VERDICT_REJECTED;
        verdict->why = result;
        return MJL_OK;
    }
    if (mjl_id_equal(&offer.requester, &profile->member)) {
        verdict->kind = MJL_VERDICT_OWN_ECHO;
        return MJL_OK;
    }
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_session *session = profile->sessions[i];
        if (session->state != MJL_SESSION_LIVE || mjl_session_tip(session)->removes_us) continue;
        const mjl_bytes room = mjl_buffer_bytes(&session->room_name);
        if (!mjl_bytes_equal(room, offer.join.room_name)) continue;
        result = offer_to(session, &offer, verdict);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}
