#include "retention.h"

#include "session_state.h"
#include "store/records.h"
#include "timers.h"

enum { SLACK_PARTS = 64 };

static mjl_time lifetime(const mjl_session *session)
{
    const mjl_time whole = (mjl_time)session->policy.secret_lifetime_ms;
    return whole - whole / SLACK_PARTS;
}

bool mjl_retention_is_over(const mjl_session *session, mjl_time accepted_at)
{
    return session->profile->now - accepted_at >= lifetime(session);
}

static mjl_result plan(mjl_session *session, mjl_time wait)
{
    if (session->retention_task != 0) return MJL_OK;
    return mjl_timers_set(session, wait, MJL_TIMER_RETENTION, 0, &session->retention_task);
}

mjl_result mjl_retention_kept(mjl_session *session)
{
    return plan(session, lifetime(session));
}

static mjl_result drop(mjl_session *session, uint32_t place)
{
    mjl_holding *const holding = &session->holdings.entries[place];
    mjl_holdings_resend_at(&session->holdings, place, MJL_NEVER);
    mjl_holding_drop_packet(holding);
    mjl_records_sweep(session->profile->records); /* Gone from the disk, not only from our list. */
    return mjl_holdings_touch(&session->holdings, place);
}

mjl_result mjl_retention_due(mjl_session *session)
{
    session->retention_task = 0;
    mjl_time oldest = INT64_MAX;
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        const mjl_holding *holding = &session->holdings.entries[i];
        if (holding->packet_size == 0) continue;
        if (!mjl_retention_is_over(session, holding->accepted_at)) {
            if (holding->accepted_at < oldest) oldest = holding->accepted_at;
            continue;
        }
        const mjl_result result = drop(session, i);
        if (result != MJL_OK) return result;
    }
    if (oldest == INT64_MAX) return MJL_OK;
    /* Those of one 64th go together, none later than its lifetime. */
    const mjl_time wait = oldest + lifetime(session) - session->profile->now;
    const mjl_time least = (mjl_time)session->policy.secret_lifetime_ms / SLACK_PARTS;
    return plan(session, wait > least ? wait : least);
}
