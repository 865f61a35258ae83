#include "join.h"

#include "epochs.h"
#include "restoring.h"
#include "room.h"
#include "send.h"
#include "session_state.h"
#include "timers.h"

#include <assert.h>

void mjl_joining_clear(mjl_joining *joining)
{
    mjl_buffer_clear(&joining->key_package);
    mjl_buffer_clear(&joining->secret);
    mjl_renewal_free(joining->renewal);
    /* The task stays scheduled until it is cancelled: a joiner goes on asking (roots.h). */
    *joining = (mjl_joining){.task = joining->task, .repeats = joining->repeats};
}

/* ---- The request ---- */

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

/* ---- The Welcome ---- */

static bool is_joining_for(const mjl_session *session, mjl_bytes reference)
{
    return session->joining.key_package.size > 0 &&
           mjl_bytes_equal(mjl_id_bytes(&session->joining.reference), reference);
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

bool mjl_join_is_fatal(mjl_result result)
{
    return result == MJL_OUT_OF_MEMORY || result == MJL_NO_RANDOM || result == MJL_FULL ||
           result == MJL_BUG;
}

mjl_result mjl_join_receive_welcome(mjl_profile *profile, mjl_bytes packet, mjl_verdict *verdict)
{
    *verdict = (mjl_verdict){.kind = MJL_VERDICT_NOT_FOR_US};
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
        if (mjl_join_is_fatal(result)) return result;
        verdict->kind = MJL_VERDICT_REJECTED;
        verdict->why = result;
        return MJL_OK;
    }
    verdict->kind = MJL_VERDICT_APPLIED;
    result = mjl_join_enter(session, &joined, &session->joining, packet);
    mjl_mls_joined_clear(&joined);
    return result;
}
