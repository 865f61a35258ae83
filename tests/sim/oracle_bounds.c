/*
 * L5: whatever floods a member, what it keeps has its bound, in memory and on the disk. (That what
 * strangers send elicits nothing is I18's.)
 */
#include "oracles.h"
#include "world.h"

#include "session_state.h"

static const char name[] = "L5 bounds";

static void within(sim_world *world, uint32_t node, const char *what, size_t count, size_t most)
{
    if (count <= most) return;
    sim_broken(world, name, node, "it keeps %zu %s, %zu at most", count, what, most);
}

/* Records that a profile may have beside those of its places. */
static size_t records_most(const sim_world *world, uint32_t node)
{
    const size_t members = world->members_count;
    const size_t places = world->truth.views[node].order_count;
    return 1024 + 16 * places + 64 * members + (size_t)MJL_UNKNOWN_EPOCH_PACKETS_MAX +
           MJL_OUTBOX_MAX + MJL_EVENTS_MAX;
}

/* Packets are kept for others for as long as secrets live. */
static void check_ages(sim_world *world, uint32_t node, const mjl_session *session)
{
    const mjl_time most = (mjl_time)session->policy.secret_lifetime_ms;
    for (uint32_t i = 0; i < session->holdings.count; i++) {
        const mjl_holding *const holding = &session->holdings.entries[i];
        if (holding->packet_size == 0 || session->profile->now - holding->accepted_at <= most)
            continue;
        sim_broken(world, name, node, "it keeps the packet of a place for %lld ms, %lld at most",
                   (long long)(session->profile->now - holding->accepted_at), (long long)most);
        return;
    }
}

static void after_step(void *state, sim_world *world, uint32_t node)
{
    (void)state;
    const mjl_session *const session = sim_world_session(world, node);
    if (session == NULL) return;
    mjl_session_info info;
    mjl_session_get_info(session, &info);
    within(world, node, "packets of unknown epochs", session->unknown.count,
           MJL_UNKNOWN_EPOCH_PACKETS_MAX);
    within(world, node, "places that wait", info.pending_count,
           (size_t)MJL_PENDING_PER_AUTHOR_MAX * world->members_count);
    within(world, node, "queued messages", session->says_count, 2 * (size_t)MJL_QUEUED_SAYS_MAX);
    within(world, node, "requests", session->requests.count, MJL_REQUESTS_MAX);
    within(world, node, "gaps", session->warnings.gaps_count, MJL_GAPS_MAX);
    within(world, node, "packets that wait for transports", session->profile->outbox.count,
           MJL_OUTBOX_MAX);
    within(world, node, "events", session->profile->events.count, MJL_EVENTS_MAX);
    check_ages(world, node, session);
    within(world, node, "epochs", session->branches.count,
           (size_t)MJL_EPOCHS_MAX * MJL_SIBLINGS_MAX);
    within(world, node, "records", sim_disk_records(world->nodes[node].disk),
           records_most(world, node));
}

const sim_oracle sim_oracle_bounds = {.name = name, .after_step = after_step};
