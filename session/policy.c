#include "policy.h"

#include "lists.h"
#include "names.h"

enum { POLICY_FIELDS = 10, MS_PER_DAY = 86400000, LARGE_GROUP = 64, MS_PER_MEMBER_BEYOND = 500 };

void mjl_policy_init(mjl_policy *policy, mjl_bytes room_name)
{
    memset(policy, 0, sizeof *policy);
    policy->room_name = room_name;
    policy->bc_lat_ms = MJL_BC_LAT_MS_DEFAULT;
    policy->m_intv_ms = MJL_M_INTV_MS_DEFAULT;
    policy->secret_lifetime_ms = MJL_SECRET_LIFETIME_MS_DEFAULT;
    policy->preset = MJL_PRESET_FRIENDS;
    policy->liars_max = 1;
    policy->early_welcome = true;
}

/* ---- What a policy may say ---- */

static bool is_interval(uint32_t ms)
{
    return ms >= MJL_INTERVAL_MS_MIN && ms <= MJL_INTERVAL_MS_MAX;
}

static bool is_lifetime(uint64_t ms)
{
    return ms >= MJL_SECRET_LIFETIME_MS_MIN &&
           ms <= (uint64_t)MJL_SECRET_LIFETIME_DAYS_MAX * MS_PER_DAY;
}

mjl_result mjl_policy_check(const mjl_policy *policy)
{
    if (policy->deciders_count > MJL_DECIDERS_MAX) return MJL_TOO_LARGE;
    if (policy->voters_count > MJL_VOTERS_MAX) return MJL_TOO_LARGE;
    if (mjl_name_check(policy->room_name) != MJL_OK) return MJL_MALFORMED;
    if (!is_interval(policy->bc_lat_ms) || !is_interval(policy->m_intv_ms)) return MJL_MALFORMED;
    if (!is_lifetime(policy->secret_lifetime_ms)) return MJL_MALFORMED;
    if (policy->preset < MJL_PRESET_FRIENDS || policy->preset > MJL_PRESET_STRICT) {
        return MJL_MALFORMED;
    }
    if ((policy->deciders_count == 0) != (policy->preset == MJL_PRESET_FRIENDS)) {
        return MJL_MALFORMED;
    }
    return policy->liars_max <= MJL_VOTERS_MAX ? MJL_OK : MJL_MALFORMED;
}

/* ---- The extension ---- */

/* An empty list is written as nil: "all". */
static void pack_list_or_nil(mjl_pack *pack, const mjl_id *ids, size_t count)
{
    if (count == 0) {
        mjl_pack_nil(pack);
    } else {
        mjl_pack_ids(pack, ids, count);
    }
}

static size_t unpack_list_or_nil(mjl_unpack *unpack, mjl_id *ids, size_t max)
{
    if (mjl_unpack_is_nil(unpack)) {
        mjl_unpack_nil(unpack);
        return 0;
    }
    const size_t count = mjl_unpack_ids(unpack, ids, max);
    if (count == 0) mjl_unpack_fail(unpack, MJL_NOT_CANONICAL);
    return count;
}

mjl_result mjl_policy_encode(const mjl_policy *policy, mjl_buffer *out)
{
    if (mjl_policy_check(policy) != MJL_OK) return MJL_BAD_ARGUMENT;

    const size_t start = out->size;
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, POLICY_FIELDS);
    mjl_pack_uint(&pack, MJL_POLICY_FORMAT);
    mjl_pack_text(&pack, policy->room_name);
    mjl_pack_uint(&pack, policy->bc_lat_ms);
    mjl_pack_uint(&pack, policy->m_intv_ms);
    mjl_pack_uint(&pack, policy->secret_lifetime_ms);
    mjl_pack_uint(&pack, (uint64_t)policy->preset);
    pack_list_or_nil(&pack, policy->deciders, policy->deciders_count);
    mjl_pack_uint(&pack, policy->liars_max);
    pack_list_or_nil(&pack, policy->voters, policy->voters_count);
    mjl_pack_bool(&pack, policy->early_welcome);
    return mjl_pack_end(&pack, start);
}

mjl_result mjl_policy_decode(mjl_bytes bytes, mjl_policy *policy)
{
    mjl_unpack unpack = mjl_unpack_from(bytes);
    mjl_unpack_array_of(&unpack, POLICY_FIELDS);
    if (mjl_unpack_uint(&unpack) != MJL_POLICY_FORMAT) {
        mjl_unpack_fail(&unpack, MJL_UNKNOWN_VERSION);
    }
    policy->room_name = mjl_unpack_text(&unpack);
    policy->bc_lat_ms = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_INTERVAL_MS_MAX);
    policy->m_intv_ms = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_INTERVAL_MS_MAX);
    policy->secret_lifetime_ms = mjl_unpack_uint(&unpack);
    policy->preset = (mjl_preset)mjl_unpack_uint_to(&unpack, MJL_PRESET_STRICT);
    policy->deciders_count = unpack_list_or_nil(&unpack, policy->deciders, MJL_DECIDERS_MAX);
    policy->liars_max = (uint32_t)mjl_unpack_uint_to(&unpack, MJL_VOTERS_MAX);
    policy->voters_count = unpack_list_or_nil(&unpack, policy->voters, MJL_VOTERS_MAX);
    policy->early_welcome = mjl_unpack_bool(&unpack);
    const mjl_result result = mjl_unpack_end(&unpack);
    if (result != MJL_OK) return result;
    return mjl_policy_check(policy);
}

/* ---- Intervals ---- */

static mjl_time least(mjl_time a, mjl_time b)
{
    return a < b ? a : b;
}

static mjl_time most(mjl_time a, mjl_time b)
{
    return a > b ? a : b;
}

mjl_time mjl_policy_statement_pace(const mjl_policy *policy, size_t members_count)
{
    (void)policy;
    return members_count > LARGE_GROUP ? (mjl_time)members_count * MS_PER_MEMBER_BEYOND : 0;
}

mjl_time mjl_policy_fa_intv(const mjl_policy *policy, size_t members_count)
{
    return 2 * (mjl_time)policy->bc_lat_ms + policy->m_intv_ms +
           mjl_policy_statement_pace(policy, members_count);
}

mjl_time mjl_policy_statement_delay(const mjl_policy *policy, size_t members_count)
{
    enum { MS_PER_MEMBER = 200, DELAY_MS_MIN = 1000 };
    return least(most((mjl_time)members_count * MS_PER_MEMBER, DELAY_MS_MIN),
                 mjl_policy_fa_intv(policy, members_count) - policy->bc_lat_ms);
}

mjl_time mjl_policy_heartbeat(const mjl_policy *policy, size_t members_count)
{
    return MJL_HEARTBEAT_FA_INTERVALS * mjl_policy_fa_intv(policy, members_count);
}

mjl_time mjl_policy_idle_max(const mjl_policy *policy, size_t members_count)
{
    return most(MJL_BACKOFF_MS_MAX, mjl_policy_heartbeat(policy, members_count));
}

mjl_time mjl_policy_resend_wait(const mjl_policy *policy, size_t members_count, uint32_t attempt,
                                mjl_time measured)
{
    const mjl_time fa_intv = mjl_policy_fa_intv(policy, members_count);
    const mjl_time bc_lat = policy->bc_lat_ms;
    if (attempt == 0) {
        const mjl_time delay =
            most(mjl_policy_statement_delay(policy, members_count), fa_intv - 2 * bc_lat);
        if (measured >= bc_lat) return fa_intv + 2 * (measured - bc_lat);
        return least(fa_intv, delay + 2 * measured);
    }
    const uint32_t doublings =
        attempt - 1 < MJL_BACKOFF_STEPS_MAX ? attempt - 1 : MJL_BACKOFF_STEPS_MAX;
    /* A group whose BC_LAT is above an hour still waits that long. */
    return most(bc_lat, least(most(bc_lat, measured) << doublings, MJL_BACKOFF_MS_MAX)) +
           mjl_policy_statement_pace(policy, members_count);
}

mjl_time mjl_policy_fin_timeout(const mjl_policy *policy)
{
    return MJL_LINGER_BC_LAT * (mjl_time)policy->bc_lat_ms;
}

bool mjl_policy_may_decide(const mjl_policy *policy, const mjl_member_id *member)
{
    if (policy->preset == MJL_PRESET_FRIENDS) return true;
    for (size_t i = 0; i < policy->deciders_count; i++) {
        if (mjl_id_equal(&policy->deciders[i], member)) return true;
    }
    return false;
}
