#include "join.h"

#include "epochs.h"
#include "intents.h"
#include "restoring.h"
#include "room.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

#include <assert.h>

#include <sodium.h>

void mjl_joining_clear(mjl_joining *joining)
{
    mjl_buffer_clear(&joining->key_package);
    mjl_buffer_clear(&joining->secret);
    mjl_renewal_free(joining->renewal);
    /* The task stays scheduled until it is cancelled: a joiner goes on asking (roots.h). */
    *joining = (mjl_joining){.task = joining->task, .repeats = joining->repeats};
}

static void clear_request(mjl_join_request *request)
{
    mjl_buffer_clear(&request->key_package);
    mjl_buffer_clear(&request->user_id);
    mjl_buffer_clear(&request->display_name);
}

void mjl_requests_clear(mjl_requests *requests)
{
    for (size_t i = 0; i < requests->count; i++)
        clear_request(&requests->entries[i]);
    free(requests->entries);
    free(requests->used);
    free(requests->gone);
    memset(requests, 0, sizeof *requests);
}

static mjl_bytes id_bytes(const mjl_id *id)
{
    return mjl_bytes_of(id->bytes, MJL_ID_SIZE);
}

/* ---- The newcomer ---- */

static const uint16_t leaf_extensions[] = {MJL_EXTENSION_POLICY, MJL_EXTENSION_JOIN,
                                           MJL_EXTENSION_ROOT};

mjl_mls_capabilities mjl_join_capabilities(void)
{
    const mjl_mls_capabilities capabilities = {.extensions = leaf_extensions,
                                               .extensions_count = sizeof leaf_extensions /
                                                                   sizeof leaf_extensions[0]};
    return capabilities;
}

/* Whose key package it is. */
static const mjl_mls_identity *newcomer(const mjl_session *session)
{
    const mjl_renewal *renewal = session->joining.renewal;
    return renewal == NULL ? mjl_session_identity(session) : &renewal->identity;
}

/* The MAC covers the init key, which is made inside. */
static mjl_result write_join_extension(void *context, mjl_bytes init_key, mjl_buffer *out)
{
    const mjl_session *session = context;
    mjl_room_key key;
    mjl_room_key_derive(mjl_buffer_bytes(&session->room_secret), &key);
    const mjl_result result = mjl_room_join_encode(
        &key, mjl_buffer_bytes(&session->room_name),
        mjl_bytes_of(newcomer(session)->signature_key, MJL_MLS_SIGNATURE_KEY_SIZE), init_key, out);
    mjl_room_key_wipe(&key);
    return result;
}

static uint64_t seconds(mjl_time now)
{
    return now < 0 ? 0 : (uint64_t)now / 1000;
}

/* No inviter takes it any more. */
bool mjl_join_has_expired(const mjl_profile *profile, const mjl_buffer *key_package)
{
    mjl_mls_key_package_view view;
    return mjl_mls_key_package_read(mjl_buffer_bytes(key_package), profile->suites, &view) ==
               MJL_OK &&
           seconds(profile->now) > view.not_after;
}

static mjl_result make_key_package(mjl_session *session)
{
    mjl_joining *const joining = &session->joining;
    mjl_buffer_clear(&joining->key_package);
    mjl_buffer_clear(&joining->secret);
    mjl_mls_key_package_config config = {.identity = newcomer(session)};
    config.capabilities = mjl_join_capabilities();
    /* An hour of grace for an inviter whose clock is behind; only inviters look at it. */
    const uint64_t now = seconds(session->profile->now);
    config.not_before = now > 3600 ? now - 3600 : 0;
    config.not_after = now + MJL_KEY_PACKAGE_LIFETIME_S;
    config.extension_type = MJL_EXTENSION_JOIN;
    config.extension = write_join_extension;
    config.extension_context = session;
    mjl_drawing drawing;
    const mjl_random random = mjl_draw_for(&drawing, session->profile->random, "key package");
    mjl_result result =
        mjl_mls_key_package_new(&config, random, &joining->key_package, &joining->secret);
    if (result != MJL_OK) return result;
    mjl_mls_key_package_view view;
    result = mjl_mls_key_package_read(mjl_buffer_bytes(&joining->key_package),
                                      session->profile->suites, &view);
    if (result != MJL_OK) return result;
    memcpy(joining->reference.bytes, view.reference, MJL_ID_SIZE);
    return MJL_OK;
}

mjl_result mjl_join_keep_key_package(mjl_session *session)
{
    if (session->joining.key_package.size > 0 &&
        !mjl_join_has_expired(session->profile, &session->joining.key_package))
        return MJL_OK;
    mjl_result result = MJL_OK;
    if (session->joining.renewal == NULL) {
        result = mjl_renewal_new(session->profile, &session->joining.renewal);
    }
    return result == MJL_OK ? make_key_package(session) : result;
}

mjl_result mjl_join_begin(mjl_session *session)
{
    const mjl_result result = make_key_package(session);
    return result == MJL_OK ? mjl_join_repeat_due(session) : result;
}

static mjl_result broadcast(mjl_session *session)
{
    mjl_joining *const joining = &session->joining;
    mjl_packet packet = {.kind = MJL_PACKET_JOIN_REQUEST, .resend = joining->repeats};
    packet.subject = joining->reference;
    packet.bytes = mjl_buffer_bytes(&joining->key_package);
    return mjl_send_packet(session, &packet);
}

/* BC_LAT, doubling up to an hour; a member may come online any time, so it never ends by itself. */
mjl_result mjl_join_repeat_due(mjl_session *session)
{
    mjl_joining *const joining = &session->joining;
    joining->task = 0;
    if (session->state == MJL_SESSION_LIVE) return mjl_roots_ask_due(session);
    if (session->state != MJL_SESSION_JOINING) return MJL_OK;
    mjl_result result = mjl_join_has_expired(session->profile, &joining->key_package)
                            ? make_key_package(session)
                            : MJL_OK;
    if (result == MJL_OK) result = broadcast(session);
    if (result != MJL_OK) return result;
    const uint32_t steps = joining->repeats < 20 ? joining->repeats : 20;
    mjl_time wait = (mjl_time)session->join_pace.bc_lat_ms << steps;
    const mjl_time soon = (mjl_time)session->join_pace.bc_lat_ms << (MJL_BACKOFF_STEPS_MAX + 1);
    /* The first minutes stay lively: a person is waiting. */
    if (joining->repeats < MJL_JOIN_LIVELY_REPEATS && wait > soon) wait = soon;
    if (wait > MJL_BACKOFF_MS_MAX) wait = MJL_BACKOFF_MS_MAX;
    joining->repeats++;
    return mjl_timers_set(session, wait, MJL_TIMER_JOIN, 0, &joining->task);
}

/* ---- The member ---- */

mjl_join_request *mjl_join_find_request(const mjl_session *session, const mjl_member_id *requester)
{
    const mjl_requests *requests = &session->requests;
    for (size_t i = 0; i < requests->count; i++) {
        if (memcmp(&requests->entries[i].requester, requester, sizeof *requester) == 0) {
            return &requests->entries[i];
        }
    }
    return NULL;
}

static bool is_used(const mjl_requests *requests, const mjl_id *reference)
{
    for (size_t i = 0; i < requests->used_count; i++) {
        if (mjl_id_equal(&requests->used[i], reference)) return true;
    }
    return false;
}

static mjl_result note_used(mjl_requests *requests, const mjl_id *reference)
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

static mjl_result note_gone(mjl_requests *requests, const mjl_id *reference)
{
    if (requests->gone_count == requests->gone_room) {
        const size_t room = requests->gone_room == 0 ? 8 : requests->gone_room * 2;
        mjl_id *gone = realloc(requests->gone, room * sizeof *gone);
        if (gone == NULL) return MJL_OUT_OF_MEMORY;
        requests->gone = gone;
        requests->gone_room = room;
    }
    requests->gone[requests->gone_count++] = *reference;
    return MJL_OK;
}

mjl_result mjl_join_drop_request(mjl_session *session, mjl_join_request *request)
{
    mjl_requests *const requests = &session->requests;
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
    mjl_requests *const requests = &session->requests;
    for (size_t i = requests->count; i > 0; i--) {
        mjl_join_request *request = &requests->entries[i - 1];
        if (!mjl_join_has_expired(session->profile, &request->key_package)) continue;
        const mjl_result result = mjl_join_drop_request(session, request);
        if (result != MJL_OK) return result;
    }
    return MJL_OK;
}

mjl_result mjl_join_note_used(mjl_session *session, const mjl_id *reference)
{
    return is_used(&session->requests, reference) ? MJL_OK
                                                  : note_used(&session->requests, reference);
}

mjl_result mjl_join_read_offer(const mjl_profile *profile, mjl_join_offer *offer)
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

static size_t count_requests(const mjl_requests *requests, bool are_restores)
{
    size_t count = 0;
    for (size_t i = 0; i < requests->count; i++)
        count += requests->entries[i].is_restore == are_restores;
    return count;
}

/* The bound: whom nobody can let in any more must not keep others out; nor strangers members. */
static mjl_result make_room(mjl_session *session, bool is_restore)
{
    mjl_requests *const requests = &session->requests;
    const size_t most = is_restore ? MJL_RESTORE_REQUESTS_MAX : MJL_JOIN_REQUESTS_MAX;
    if (count_requests(requests, is_restore) < most) return MJL_OK;
    const mjl_result result = drop_expired_requests(session);
    if (result != MJL_OK) return result;
    if (count_requests(requests, is_restore) < most) return MJL_OK;
    requests->refused_count++;
    return MJL_TOO_MANY_REQUESTS;
}

mjl_result mjl_join_check_offer(mjl_session *session, const mjl_join_offer *offer, bool has_room)
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

mjl_result mjl_join_verify_offer(const mjl_session *session, const mjl_join_offer *offer)
{
    return mjl_mls_key_package_verify(offer->packet, session->profile->suites);
}

/* Cheap checks first; only then signatures. */
static mjl_result check_request(mjl_session *session, const mjl_join_offer *offer)
{
    const mjl_join_request *held = mjl_join_find_request(session, &offer->requester);
    if (held != NULL && mjl_id_equal(&held->reference, &offer->reference)) return MJL_DUPLICATE;
    const mjl_result result = mjl_join_check_offer(session, offer, held != NULL);
    return result == MJL_OK ? mjl_join_verify_offer(session, offer) : result;
}

/* Takes what the request owns, once it stands in the list: also when the event finds no memory. */
static mjl_result add_request(mjl_session *session, mjl_join_request *request)
{
    mjl_requests *const requests = &session->requests;
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

mjl_result mjl_join_hold(mjl_session *session, const mjl_join_offer *offer)
{
    mjl_join_request *const old = mjl_join_find_request(session, &offer->requester);
    mjl_result result = old == NULL ? MJL_OK : mjl_join_drop_request(session, old);
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

static bool is_fatal(mjl_result result)
{
    return result == MJL_OUT_OF_MEMORY || result == MJL_NO_RANDOM || result == MJL_FULL ||
           result == MJL_BUG;
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
    if (is_fatal(result)) return result;
    verdict->session = session;
    verdict->why = result == MJL_DUPLICATE ? MJL_OK : result;
    verdict->kind = result == MJL_DUPLICATE ? MJL_VERDICT_DUPLICATE : MJL_VERDICT_REJECTED;
    if (result != MJL_OK) return MJL_OK;
    verdict->kind = MJL_VERDICT_APPLIED;
    verdict->has_who = true;
    verdict->who = offer->requester;
    return mjl_join_hold(session, offer);
}

static mjl_verdict not_for_us(void)
{
    const mjl_verdict verdict = {.kind = MJL_VERDICT_NOT_FOR_US};
    return verdict;
}

mjl_result mjl_join_receive_request(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    *verdict = not_for_us();
    mjl_join_offer offer = {.packet = packet};
    mjl_result result = mjl_join_read_offer(profile, &offer);
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

/* ---- The Welcome: sending ---- */

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
            silent, id_bytes(mjl_transcript_author_id(session->transcript, author)));
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

mjl_result mjl_join_send_welcome(mjl_session *session, uint32_t index)
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

mjl_result mjl_join_welcome_due(mjl_session *session, uint32_t index)
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
    if (is_chosen && !has_rival) return mjl_join_send_welcome(session, index);
    return mjl_timers_set(session, fa_intv, MJL_TIMER_WELCOME, index, &epoch->welcome_task);
}

static mjl_result look_at_welcome(mjl_session *session, uint32_t index)
{
    mjl_epoch *const epoch = &session->branches.epochs[index];
    bool is_anybody;
    if (epoch->welcome_state != MJL_WELCOME_SENT && !epoch->is_welcome_overdue) return MJL_OK;
    const mjl_result result = look_at_joiners(session, index, &is_anybody);
    const bool is_chosen =
        mjl_branches_is_on_path(&session->branches, index, session->branches.tip);
    if (result != MJL_OK || !is_chosen || epoch->welcome_state != MJL_WELCOME_SENT) return result;
    if (!is_anybody) finish_welcome(session, epoch);
    if (!is_anybody || epoch->welcome_task != 0 || !mjl_session_may_send(session)) return MJL_OK;
    return plan_welcome(session, index);
}

mjl_result mjl_join_look(mjl_session *session)
{
    mjl_result result = MJL_OK;
    for (uint32_t i = 1; result == MJL_OK && i < session->branches.count; i++)
        result = look_at_welcome(session, i);
    return result;
}

mjl_result mjl_join_heard(mjl_session *session, uint32_t author)
{
    mjl_result result = mjl_restoring_forget(session, author);
    for (uint32_t i = 1; result == MJL_OK && i < session->branches.count; i++) {
        const mjl_epoch *epoch = &session->branches.epochs[i];
        if (epoch->welcome_state != MJL_WELCOME_SENT && epoch->welcome_warning == 0) continue;
        if (!mjl_epoch_has_author(epoch, author)) continue;
        if (mjl_epoch_has_author(&session->branches.epochs[epoch->parent], author)) continue;
        result = look_at_welcome(session, i);
    }
    return result;
}

/* ---- The Welcome: receiving ---- */

static bool is_joining_for(const mjl_session *session, mjl_bytes reference)
{
    return session->joining.key_package.size > 0 &&
           mjl_bytes_equal(id_bytes(&session->joining.reference), reference);
}

/* The session whose key package the Welcome is for. */
static mjl_session *find_welcomed(mjl_profile *profile, mjl_bytes packet,
                                  bool (*is_for)(const mjl_session *, mjl_bytes))
{
    mjl_bytes reference;
    for (size_t i = 0; mjl_mls_welcome_reference(packet, i, &reference) == MJL_OK; i++) {
        for (size_t j = 0; j < profile->sessions_count; j++) {
            mjl_session *session = profile->sessions[j];
            assert(session != NULL); /* The list has no holes. */
            if (is_for(session, reference)) return session;
        }
    }
    return NULL;
}

/* The room asked for, and the same secret: else an outsider could answer in its place. */
static mjl_result check_root(const mjl_session *session, const mjl_mls_joined *joined)
{
    mjl_bytes bytes;
    mjl_policy policy;
    mjl_result result = mjl_mls_group_extension(joined->group, MJL_EXTENSION_POLICY, &bytes);
    if (result == MJL_OK) result = mjl_policy_decode(bytes, &policy);
    if (result != MJL_OK) return result;
    if (!mjl_bytes_equal(policy.room_name, mjl_buffer_bytes(&session->room_name))) {
        return MJL_WRONG_GROUP;
    }
    if (mjl_mls_group_id(joined->group).size != MJL_GROUP_ID_SIZE) return MJL_BAD_GROUP_INFO;
    result = mjl_mls_extensions_find(mjl_buffer_bytes(&joined->group_info_extensions),
                                     MJL_EXTENSION_ROOT, &bytes);
    if (result != MJL_OK) return MJL_BAD_GROUP_INFO;
    mjl_room_root *root = calloc(1, sizeof *root);
    if (root == NULL) return MJL_OUT_OF_MEMORY;
    mjl_room_key key;
    mjl_room_key_derive(mjl_buffer_bytes(&session->room_secret), &key);
    result = mjl_room_root_decode(bytes, root);
    if (result == MJL_OK) {
        result = mjl_room_root_verify(&key, root, mjl_buffer_bytes(&session->room_name),
                                      mjl_mls_group_id(joined->group));
    }
    mjl_room_key_wipe(&key);
    free(root);
    return result;
}

static mjl_result enter_root(mjl_session *session, mjl_mls_joined *joined)
{
    memcpy(session->group_id, mjl_mls_group_id(joined->group).data, MJL_GROUP_ID_SIZE);
    session->has_group = true;
    session->is_unverified = session->is_unconfirmed = true;
    mjl_result result = mjl_epochs_read_policy(session, joined->group);
    uint32_t epoch;
    if (result == MJL_OK) result = mjl_roots_enter(session, joined, &epoch);
    if (result == MJL_OK) session->branches.tip = epoch;
    return result;
}

static mjl_result begin_living(mjl_session *session)
{
    mjl_timers_cancel(session, &session->joining.task);
    mjl_joining_clear(&session->joining);
    session->joining.repeats = 0;
    const mjl_epoch *tip = mjl_session_tip(session);
    mjl_event event = {.kind = MJL_EVENT_EPOCH, .epoch = tip->number, .branch = tip->branch};
    mjl_result result = mjl_session_set_state(session, MJL_SESSION_LIVE, MJL_OK);
    if (result == MJL_OK) result = mjl_session_emit(session, &event);
    if (result == MJL_OK) result = mjl_presence_speak_soon(session);
    if (result == MJL_OK) result = mjl_roots_plan_asking(session);
    return result;
}

mjl_result mjl_join_open_welcome(const mjl_session *session, const mjl_buffer *secret,
                                 mjl_bytes packet, const mjl_mls_identity *identity,
                                 mjl_mls_joined *joined)
{
    mjl_mls_join_config config = {.identity = identity};
    config.key_package_secret = mjl_buffer_bytes(secret);
    mjl_result result = mjl_mls_join(packet, &config, joined);
    if (result == MJL_OK) result = mjl_epochs_check_size(joined->group);
    return result == MJL_OK ? check_root(session, joined) : result;
}

mjl_result mjl_join_enter(mjl_session *session, mjl_mls_joined *joined, mjl_joining *request,
                          mjl_bytes welcome)
{
    const mjl_id packet_id = mjl_id_packet(welcome);
    mjl_result result = enter_root(session, joined);
    if (result == MJL_OK) result = mjl_roots_begin(session, request, &packet_id);
    return result == MJL_OK ? begin_living(session) : result;
}

mjl_result mjl_join_receive_welcome(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    *verdict = not_for_us();
    mjl_session *const rooted = find_welcomed(profile, packet, mjl_roots_is_for);
    if (rooted != NULL) return mjl_roots_welcomed(rooted, packet, verdict);
    mjl_session *const session = find_welcomed(profile, packet, is_joining_for);
    if (session == NULL) return MJL_OK;
    if (session->state != MJL_SESSION_JOINING) {
        return mjl_restoring_welcomed(session, packet, verdict);
    }
    verdict->session = session;
    mjl_mls_joined joined = {0};
    mjl_result result = mjl_join_open_welcome(session, &session->joining.secret, packet,
                                              mjl_session_identity(session), &joined);
    if (result != MJL_OK) {
        mjl_mls_joined_clear(&joined);
        if (is_fatal(result)) return result;
        verdict->kind = MJL_VERDICT_REJECTED;
        verdict->why = result;
        return MJL_OK;
    }
    verdict->kind = MJL_VERDICT_APPLIED;
    result = mjl_join_enter(session, &joined, &session->joining, packet);
    mjl_mls_joined_clear(&joined);
    return result;
}
