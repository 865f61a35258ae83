/* Making and entering rooms: mjl_session_create, mjl_session_join. */
#include "calls.h"
#include "epochs.h"
#include "session_state.h"

static mjl_result check_pace(const mjl_pace *pace, mjl_pace *out)
{
    out->bc_lat_ms = pace->bc_lat_ms == 0 ? MJL_BC_LAT_MS_DEFAULT : pace->bc_lat_ms;
    out->m_intv_ms = pace->m_intv_ms == 0 ? MJL_M_INTV_MS_DEFAULT : pace->m_intv_ms;
    const bool fits =
        out->bc_lat_ms >= MJL_INTERVAL_MS_MIN && out->bc_lat_ms <= MJL_INTERVAL_MS_MAX &&
        out->m_intv_ms >= MJL_INTERVAL_MS_MIN && out->m_intv_ms <= MJL_INTERVAL_MS_MAX;
    return fits ? MJL_OK : MJL_BAD_ARGUMENT;
}

static mjl_result make_group(mjl_session *session, const mjl_policy *policy)
{
    /* Every member's leaf must list the policy extension: RFC 9420 §11.1, RequiredCapabilities. */
    static const uint8_t required[] = {2, MJL_EXTENSION_POLICY >> 8, MJL_EXTENSION_POLICY & 0xff, 0,
                                       0};
    enum { EXTENSION_REQUIRED_CAPABILITIES = 3 };
    mjl_buffer encoded = {0};
    mjl_result result = mjl_policy_encode(policy, &encoded);
    const mjl_mls_extension extensions[] = {
        {.type = EXTENSION_REQUIRED_CAPABILITIES, .data = {required, sizeof required}},
        {.type = MJL_EXTENSION_POLICY, .data = mjl_buffer_bytes(&encoded)}};
    mjl_mls_create_config config = {.identity = mjl_session_identity(session)};
    config.capabilities = mjl_join_capabilities();
    config.not_after = UINT64_MAX;
    config.group_id = mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE);
    config.context_extensions = extensions;
    config.context_extensions_count = 2;
    mjl_mls_candidate candidate = {0};
    if (result == MJL_OK) {
        mjl_drawing drawing;
        const mjl_random random = mjl_draw_for(&drawing, session->profile->random, "group");
        result = mjl_mls_group_create(&config, random, &candidate.group, &candidate.ratchets);
    }
    mjl_buffer_clear(&encoded);
    mjl_epoch_entry entry = {.candidate = &candidate, .parent = MJL_NO_INDEX};
    uint32_t epoch = 0;
    if (result == MJL_OK) {
        entry.branch = mjl_epochs_branch_of(candidate.group);
        entry.commit_class = MJL_CLASS_ADD;
        entry.is_own = true;
        result = mjl_epochs_read_policy(session, candidate.group);
    }
    if (result == MJL_OK) result = mjl_epochs_enter(session, &entry, &epoch);
    mjl_mls_candidate_clear(&candidate);
    if (result != MJL_OK) return result;
    session->branches.tip = epoch;
    session->branches.epochs[epoch].is_decided = true;
    session->branches.epochs[epoch].committer = mjl_session_self(session);
    return MJL_OK;
}

static mjl_result tell_created(mjl_session *session)
{
    const mjl_epoch *tip = mjl_session_tip(session);
    mjl_event event = {.kind = MJL_EVENT_EPOCH, .epoch = tip->number, .branch = tip->branch};
    event.member = *mjl_session_member_id(session);
    const mjl_result result = mjl_session_set_state(session, MJL_SESSION_LIVE, MJL_OK);
    return result == MJL_OK ? mjl_session_emit(session, &event) : result;
}

static mjl_result create(mjl_session *session, const mjl_create *config, const mjl_policy *policy)
{
    session->has_group = true;
    mjl_result result =
        mjl_draw(session->profile->random, "group id", session->group_id, MJL_GROUP_ID_SIZE);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_secret, config->room_secret);
    if (result == MJL_OK) result = make_group(session, policy);
    return result == MJL_OK ? tell_created(session) : result;
}

mjl_result mjl_do_create(mjl_profile *profile, mjl_time now, const mjl_create *config,
                         mjl_session **session)
{
    mjl_policy policy;
    mjl_pace pace;
    mjl_policy_init(&policy, config->room_name);
    if (check_pace(&config->pace, &pace) != MJL_OK) return MJL_BAD_ARGUMENT;
    policy.bc_lat_ms = pace.bc_lat_ms;
    policy.m_intv_ms = pace.m_intv_ms;
    if (config->secret_lifetime_ms != 0) policy.secret_lifetime_ms = config->secret_lifetime_ms;
    if (mjl_policy_check(&policy) != MJL_OK) return MJL_BAD_ARGUMENT;
    if (config->room_secret.size > MJL_ROOM_SECRET_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(profile, now);
    if (result == MJL_OK) result = mjl_profile_add_session(profile, session);
    if (result != MJL_OK) return result;
    return mjl_profile_end(profile, create(*session, config, &policy));
}

static mjl_session *find_room(const mjl_profile *profile, mjl_bytes name)
{
    for (size_t i = 0; i < profile->sessions_count; i++) {
        mjl_session *session = profile->sessions[i];
        const bool is_over =
            session->state == MJL_SESSION_PARTED || session->state == MJL_SESSION_REMOVED;
        if (!is_over && mjl_bytes_equal(mjl_buffer_bytes(&session->room_name), name)) {
            return session;
        }
    }
    return NULL;
}

static mjl_result join(mjl_session *session, const mjl_join *config, const mjl_pace *pace)
{
    session->join_pace = *pace;
    mjl_result result = mjl_buffer_append(&session->room_name, config->room_name);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_secret, config->room_secret);
    if (result == MJL_OK) result = mjl_session_set_state(session, MJL_SESSION_JOINING, MJL_OK);
    session->policy.room_name = mjl_buffer_bytes(&session->room_name);
    session->policy.bc_lat_ms = pace->bc_lat_ms;
    session->policy.m_intv_ms = pace->m_intv_ms;
    return result == MJL_OK ? mjl_join_begin(session) : result;
}

mjl_result mjl_do_join(mjl_profile *profile, mjl_time now, const mjl_join *config,
                       mjl_session **session)
{
    mjl_pace pace;
    mjl_policy policy;
    mjl_policy_init(&policy, config->room_name);
    if (check_pace(&config->pace, &pace) != MJL_OK || mjl_policy_check(&policy) != MJL_OK) {
        return MJL_BAD_ARGUMENT;
    }
    if (config->room_secret.size > MJL_ROOM_SECRET_SIZE_MAX) return MJL_TOO_LARGE;
    mjl_result result = mjl_profile_begin(profile, now);
    if (result != MJL_OK) return result;
    *session = find_room(profile, config->room_name);
    if (*session != NULL) return MJL_OK;
    result = mjl_profile_add_session(profile, session);
    if (result != MJL_OK) return result;
    return mjl_profile_end(profile, join(*session, config, &pace));
}
