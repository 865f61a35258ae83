#include "transports.h"

#include "calls.h"
#include "session_state.h"

/* ---- When is it down? ---- */

static bool takes_part(const mjl_session *session)
{
    return session->state == MJL_SESSION_JOINING || session->state == MJL_SESSION_LIVE ||
           session->state == MJL_SESSION_LEAVING || session->state == MJL_SESSION_NEED_REJOIN;
}

static bool is_troubled(const mjl_known_transport *transport)
{
    return transport->id != 0 && transport->state != MJL_TRANSPORT_UP;
}

static mjl_time deadline(const mjl_session *session, const mjl_known_transport *transport)
{
    return transport->since + session->policy.bc_lat_ms;
}

static bool is_down(const mjl_session *session, const mjl_known_transport *transport)
{
    return is_troubled(transport) && session->profile->now > deadline(session, transport);
}

mjl_severity mjl_transports_severity(const mjl_session *session)
{
    const mjl_transports *transports = &session->profile->transports;
    for (size_t i = 0; i < MJL_TRANSPORTS_KNOWN_MAX; i++) {
        const mjl_known_transport *transport = &transports->slots[i];
        if (transport->id != 0 && !is_down(session, transport)) return MJL_SEVERITY_NOTICE;
    }
    return MJL_SEVERITY_WARNING;
}

/* ---- The number of a transport as a subject ---- */

static mjl_id subject_of(mjl_transport_id id)
{
    mjl_id subject = {{0}};
    for (int i = 0; i < 4; i++)
        subject.bytes[i] = (uint8_t)(id >> (24 - 8 * i));
    return subject;
}

mjl_transport_id mjl_warning_transport(const mjl_id *subject)
{
    mjl_transport_id id = 0;
    for (int i = 0; i < 4; i++)
        id = id << 8 | subject->bytes[i];
    return id;
}

/* ---- Looking ---- */

static mjl_result look_at(mjl_session *session, size_t slot, bool *is_news)
{
    const mjl_known_transport *transport = &session->profile->transports.slots[slot];
    uint64_t *const warning = &session->transport_warnings[slot];
    const bool is_warned = takes_part(session) && is_down(session, transport);
    if (is_warned == (*warning != 0)) return MJL_OK;
    *is_news = true;
    if (!is_warned) return mjl_warnings_retract(session, warning);
    const mjl_id subject = subject_of(transport->id);
    return mjl_warnings_raise(session, MJL_WARNING_TRANSPORT_DOWN, &subject, mjl_bytes_of(NULL, 0),
                              warning);
}

mjl_result mjl_transports_look(mjl_session *session)
{
    bool is_news = false;
    mjl_result result = MJL_OK;
    for (size_t i = 0; result == MJL_OK && i < MJL_TRANSPORTS_KNOWN_MAX; i++)
        result = look_at(session, i, &is_news);
    /* What is up or down beside them decides how grave it is. */
    for (size_t i = 0; is_news && result == MJL_OK && i < MJL_TRANSPORTS_KNOWN_MAX; i++)
        result = mjl_warnings_tell_severity(session, session->transport_warnings[i]);
    return result;
}

mjl_result mjl_transports_opened(mjl_session *session)
{
    const mjl_warnings *warnings = &session->warnings;
    for (size_t i = warnings->count; i > 0; i--) {
        if (warnings->entries[i - 1].kind != MJL_WARNING_TRANSPORT_DOWN) continue;
        uint64_t number = warnings->entries[i - 1].number;
        const mjl_result result = mjl_warnings_retract(session, &number);
        if (result != MJL_OK) return result;
        session->profile->is_changed = true;
    }
    return MJL_OK;
}

bool mjl_transports_next_due(const mjl_session *session, mjl_time *due)
{
    const mjl_transports *transports = &session->profile->transports;
    bool has = false;
    if (transports->troubled_count == 0 || !takes_part(session)) return false;
    for (size_t i = 0; i < MJL_TRANSPORTS_KNOWN_MAX; i++) {
        if (!is_troubled(&transports->slots[i]) || session->transport_warnings[i] != 0) continue;
        const mjl_time its = deadline(session, &transports->slots[i]) + 1;
        if (!has || its < *due) *due = its;
        has = true;
    }
    return has;
}

/* ---- What the host says ---- */

static mjl_known_transport *find(mjl_transports *transports, mjl_transport_id id)
{
    for (size_t i = 0; i < MJL_TRANSPORTS_KNOWN_MAX; i++) {
        if (transports->slots[i].id == id) return &transports->slots[i];
    }
    return NULL;
}

static mjl_result take_word(mjl_profile *profile, mjl_transport_id id, mjl_transport_state state)
{
    mjl_transports *const transports = &profile->transports;
    mjl_known_transport *transport = find(transports, id);
    if (transport == NULL && state == MJL_TRANSPORT_GONE) return MJL_OK;
    if (transport == NULL) {
        transport = find(transports, 0);
        if (transport == NULL) return MJL_FULL;
        *transport = (mjl_known_transport){id, MJL_TRANSPORT_UP, 0};
    }
    const bool was_troubled = is_troubled(transport);
    transport->state = state;
    if (state == MJL_TRANSPORT_GONE) *transport = (mjl_known_transport){0, state, 0};
    const bool is_now = is_troubled(transport);
    if (is_now && !was_troubled) transport->since = profile->now;
    transports->troubled_count += (uint32_t)is_now - (uint32_t)was_troubled;
    return MJL_OK;
}

mjl_result mjl_do_transport_state(mjl_profile *profile, mjl_time now, mjl_transport_id id,
                                  mjl_transport_state state)
{
    mjl_result result = mjl_profile_begin(profile, now);
    if (result == MJL_OK) result = take_word(profile, id, state);
    if (result != MJL_OK) return result;
    const uint64_t events = profile->events.next_number;
    for (size_t i = 0; result == MJL_OK && i < profile->sessions_count; i++)
        result = mjl_transports_look(profile->sessions[i]);
    if (result == MJL_OK && profile->events.next_number == events) return MJL_OK;
    return mjl_profile_end(profile, result);
}
