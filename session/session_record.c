#include "session_record.h"

#include "lists.h"
#include "pack.h"

enum {
    SESSION_FORMAT = 9,
    SESSION_FIELDS = 62 + MJL_NONCES_FIELDS,
    FLAG_HAS_GROUP = 1,
    FLAG_UNVERIFIED = 2,
    FLAG_UNCONFIRMED = 4,
    FLAG_LINGERING = 8,
    FLAG_UNSPOKEN = 16,
    FLAG_ASKED = 32,
    FLAG_HAS_LATENCY = 64,
    FLAG_HAS_ASKED = 128,
    FLAG_TIMED = 256,
    FLAG_AWAY = 512,
    FLAG_ASKS_ALL = 1024,
    FLAG_WANTS_BACK = 2048,
    FLAGS_ALL = 4095
};

static uint64_t flags_of(const mjl_session *session)
{
    return (session->has_group ? FLAG_HAS_GROUP : 0u) |
           (session->is_unverified ? FLAG_UNVERIFIED : 0u) |
           (session->is_unconfirmed ? FLAG_UNCONFIRMED : 0u) |
           (session->is_lingering ? FLAG_LINGERING : 0u) |
           (session->presence.has_unspoken ? FLAG_UNSPOKEN : 0u) |
           (session->presence.was_asked ? FLAG_ASKED : 0u) |
           (session->wanting.latency.has_sample ? FLAG_HAS_LATENCY : 0u) |
           (session->wanting.has_asked ? FLAG_HAS_ASKED : 0u) |
           (session->wanting.is_timed ? FLAG_TIMED : 0u) |
           (session->knocking.is_away ? FLAG_AWAY : 0u) |
           (session->presence.asks_all ? FLAG_ASKS_ALL : 0u) |
           (session->wants_back ? FLAG_WANTS_BACK : 0u);
}

static void set_flags(mjl_session *session, uint64_t flags)
{
    session->has_group = (flags & FLAG_HAS_GROUP) != 0;
    session->is_unverified = (flags & FLAG_UNVERIFIED) != 0;
    session->is_unconfirmed = (flags & FLAG_UNCONFIRMED) != 0;
    session->is_lingering = (flags & FLAG_LINGERING) != 0;
    session->presence.has_unspoken = (flags & FLAG_UNSPOKEN) != 0;
    session->presence.was_asked = (flags & FLAG_ASKED) != 0;
    session->wanting.latency.has_sample = (flags & FLAG_HAS_LATENCY) != 0;
    session->wanting.has_asked = (flags & FLAG_HAS_ASKED) != 0;
    session->wanting.is_timed = (flags & FLAG_TIMED) != 0;
    session->knocking.is_away = (flags & FLAG_AWAY) != 0;
    session->presence.asks_all = (flags & FLAG_ASKS_ALL) != 0;
    session->wants_back = (flags & FLAG_WANTS_BACK) != 0;
}

static void encode_room(mjl_pack *pack, const mjl_session *session, mjl_bytes policy)
{
    mjl_pack_uint(pack, session->state);
    mjl_pack_uint(pack, flags_of(session));
    mjl_pack_bin(pack, mjl_buffer_bytes(&session->room_name));
    mjl_pack_bin(pack, mjl_buffer_bytes(&session->room_secret));
    mjl_pack_bin(pack, mjl_bytes_of(session->group_id, MJL_GROUP_ID_SIZE));
    mjl_pack_bin(pack, policy);
    mjl_pack_uint(pack, session->join_pace.bc_lat_ms);
    mjl_pack_uint(pack, session->join_pace.m_intv_ms);
    mjl_pack_int(pack, session->left_at);
    mjl_pack_id(pack, &session->fin);
    mjl_pack_uint(pack, session->leave_task);
    mjl_pack_uint(pack, session->gap_task);
    mjl_pack_uint(pack, session->expire_task);
    mjl_pack_uint(pack, session->retention_task);
    mjl_pack_uint(pack, session->branches.tip);
}

static void decode_room(mjl_unpack *u, mjl_session *session, mjl_bytes *name, mjl_bytes *secret,
                        mjl_bytes *policy)
{
    session->state = (mjl_session_state)mjl_unpack_uint_to(u, MJL_SESSION_REMOVED);
    set_flags(session, mjl_unpack_uint_to(u, FLAGS_ALL));
    *name = mjl_unpack_bin(u);
    *secret = mjl_unpack_bin(u);
    mjl_unpack_fixed(u, session->group_id, MJL_GROUP_ID_SIZE);
    *policy = mjl_unpack_bin(u);
    session->join_pace.bc_lat_ms = (uint32_t)mjl_unpack_uint_to(u, MJL_INTERVAL_MS_MAX);
    session->join_pace.m_intv_ms = (uint32_t)mjl_unpack_uint_to(u, MJL_INTERVAL_MS_MAX);
    session->left_at = mjl_unpack_int(u);
    session->fin = mjl_unpack_id(u);
    session->leave_task = mjl_unpack_uint(u);
    session->gap_task = mjl_unpack_uint(u);
    session->expire_task = mjl_unpack_uint(u);
    session->retention_task = mjl_unpack_uint(u);
    session->branches.tip = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
}

static void encode_presence(mjl_pack *pack, const mjl_presence *presence)
{
    mjl_nonces_pack(pack, &presence->nonces);
    mjl_pack_int(pack, presence->last_spoke);
    mjl_pack_int(pack, presence->last_statement);
    mjl_pack_uint(pack, presence->heartbeat_step);
    mjl_pack_uint(pack, presence->statement_task);
    mjl_pack_uint(pack, presence->heartbeat_task);
    mjl_pack_uint(pack, presence->fresh_task);
    mjl_pack_uint(pack, presence->away_task);
}

static void decode_presence(mjl_unpack *u, mjl_presence *presence)
{
    mjl_nonces_unpack(u, &presence->nonces);
    presence->last_spoke = mjl_unpack_int(u);
    presence->last_statement = mjl_unpack_int(u);
    presence->heartbeat_step = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    presence->statement_task = mjl_unpack_uint(u);
    presence->heartbeat_task = mjl_unpack_uint(u);
    presence->fresh_task = mjl_unpack_uint(u);
    presence->away_task = mjl_unpack_uint(u);
}

static void encode_wanting(mjl_pack *pack, const mjl_wanting *wanting)
{
    mjl_pack_int(pack, wanting->latency.smoothed_8);
    mjl_pack_int(pack, wanting->latency.variance_4);
    mjl_pack_uint(pack, wanting->task);
    mjl_pack_int(pack, wanting->due);
    mjl_pack_int(pack, wanting->base);
    mjl_pack_uint(pack, wanting->step);
    mjl_pack_uint(pack, wanting->accepted);
    mjl_pack_uint(pack, wanting->waiting);
    mjl_pack_uint(pack, wanting->began);
}

static void decode_wanting(mjl_unpack *u, mjl_wanting *wanting)
{
    wanting->latency.smoothed_8 = mjl_unpack_int(u);
    wanting->latency.variance_4 = mjl_unpack_int(u);
    wanting->task = mjl_unpack_uint(u);
    wanting->due = mjl_unpack_int(u);
    wanting->base = mjl_unpack_int(u);
    wanting->step = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    wanting->accepted = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    wanting->waiting = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    wanting->began = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
}

static void encode_knocking(mjl_pack *pack, const mjl_knocking *knocking)
{
    mjl_pack_uint(pack, knocking->task);
    mjl_pack_int(pack, knocking->last);
    mjl_pack_uint(pack, knocking->step);
    mjl_pack_uint(pack, knocking->left);
    mjl_pack_uint(pack, knocking->counter);
    mjl_pack_uint(pack, knocking->epoch_then);
    mjl_pack_uint(pack, knocking->outgoing);
    mjl_pack_uint(pack, knocking->unanswered);
    mjl_pack_uint(pack, knocking->warning);
}

static void decode_knocking(mjl_unpack *u, mjl_knocking *knocking)
{
    knocking->task = mjl_unpack_uint(u);
    knocking->last = mjl_unpack_int(u);
    knocking->step = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    knocking->left = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    knocking->counter = mjl_unpack_uint(u);
    knocking->epoch_then = mjl_unpack_uint(u);
    knocking->outgoing = mjl_unpack_uint(u);
    knocking->unanswered = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    knocking->warning = mjl_unpack_uint(u);
}

/* But for its secret, which is a record of its own. */
static void encode_joining(mjl_pack *pack, const mjl_joining *joining)
{
    mjl_pack_bin(pack, mjl_buffer_bytes(&joining->key_package));
    mjl_pack_id(pack, &joining->reference);
    mjl_pack_uint(pack, joining->repeats);
    mjl_pack_uint(pack, joining->task);
    mjl_renewal_pack(pack, joining->renewal);
}

static void decode_renewal(mjl_unpack *u, const mjl_profile *profile, mjl_renewal **renewal)
{
    const mjl_bytes seed = mjl_unpack_bin(u);
    if (u->result == MJL_OK) mjl_unpack_fail(u, mjl_renewal_restore(profile, seed, renewal));
}

static void decode_joining(mjl_unpack *u, const mjl_profile *profile, mjl_joining *joining)
{
    const mjl_bytes key_package = mjl_unpack_bin(u);
    joining->reference = mjl_unpack_id(u);
    joining->repeats = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    joining->task = mjl_unpack_uint(u);
    decode_renewal(u, profile, &joining->renewal);
    if (u->result != MJL_OK) return;
    mjl_unpack_fail(u, mjl_buffer_append(&joining->key_package, key_package));
}

static void encode_counters(mjl_pack *pack, const mjl_session *session)
{
    mjl_pack_uint(pack, session->membership.next_number);
    mjl_pack_uint(pack, session->membership.gate_task);
    mjl_pack_uint(pack, session->requests.used_total);
    mjl_pack_uint(pack, session->requests.refused_count);
    mjl_pack_uint(pack, session->requests.next_number);
    mjl_pack_uint(pack, session->warnings.next_gap);
    mjl_pack_uint(pack, session->unknown.next_number);
    mjl_pack_uint(pack, session->warnings.next_number);
    mjl_pack_uint(pack, session->says_next);
    mjl_pack_uint(pack, session->tokens.total);
    mjl_pack_uint(pack, session->holdings.delivered_count);
    /* How many of each room's records there are: a lost one is noticed. */
    mjl_pack_uint(pack, mjl_transcript_authors_count(session->transcript));
    mjl_pack_uint(pack, mjl_transcript_epochs_count(session->transcript));
    mjl_pack_uint(pack, mjl_transcript_places_count(session->transcript));
    mjl_pack_uint(pack, mjl_schedule_count(session->schedule));
}

static void decode_counters(mjl_unpack *u, mjl_session *session)
{
    session->membership.next_number = mjl_unpack_uint(u);
    session->membership.gate_task = mjl_unpack_uint(u);
    session->requests.used_total = mjl_unpack_uint(u);
    session->requests.refused_count = mjl_unpack_uint(u);
    session->requests.next_number = mjl_unpack_uint(u);
    session->warnings.next_gap = mjl_unpack_uint(u);
    session->unknown.next_number = mjl_unpack_uint(u);
    session->warnings.next_number = mjl_unpack_uint(u);
    session->says_next = mjl_unpack_uint(u);
    session->tokens.total = mjl_unpack_uint(u);
    session->holdings.delivered_count = (uint32_t)mjl_unpack_uint_to(u, UINT32_MAX);
    session->loading.authors = mjl_unpack_uint(u);
    session->loading.epochs = mjl_unpack_uint(u);
    session->loading.places = mjl_unpack_uint(u);
    session->loading.tasks = mjl_unpack_uint(u);
}

mjl_result mjl_session_record_encode(const mjl_session *session, mjl_buffer *out)
{
    mjl_buffer policy = {0};
    const mjl_result result = mjl_policy_encode(&session->policy, &policy);
    mjl_pack pack = mjl_pack_to(out);
    mjl_pack_array(&pack, SESSION_FIELDS);
    mjl_pack_uint(&pack, SESSION_FORMAT);
    encode_room(&pack, session, mjl_buffer_bytes(&policy));
    encode_presence(&pack, &session->presence);
    encode_wanting(&pack, &session->wanting);
    encode_knocking(&pack, &session->knocking);
    encode_joining(&pack, &session->joining);
    mjl_renewal_pack(&pack, session->renewal);
    encode_counters(&pack, session);
    mjl_buffer_clear(&policy);
    return result == MJL_OK ? pack.result : result;
}

static mjl_result restore_room(mjl_session *session, mjl_bytes name, mjl_bytes secret,
                               mjl_bytes policy)
{
    mjl_result result = mjl_policy_decode(policy, &session->policy);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_name, name);
    if (result == MJL_OK) result = mjl_buffer_append(&session->room_secret, secret);
    session->policy.room_name = mjl_buffer_bytes(&session->room_name);
    return result;
}

mjl_result mjl_session_record_decode(mjl_session *session, mjl_bytes saved)
{
    mjl_unpack unpack = mjl_unpack_from(saved);
    mjl_unpack *const u = &unpack;
    mjl_bytes name;
    mjl_bytes secret;
    mjl_bytes policy;
    const size_t fields = mjl_unpack_array(u);
    if (mjl_unpack_uint(u) != SESSION_FORMAT) mjl_unpack_fail(u, MJL_UNKNOWN_VERSION);
    if (fields != SESSION_FIELDS) mjl_unpack_fail(u, MJL_MALFORMED);
    decode_room(u, session, &name, &secret, &policy);
    decode_presence(u, &session->presence);
    decode_wanting(u, &session->wanting);
    decode_knocking(u, &session->knocking);
    decode_joining(u, session->profile, &session->joining);
    decode_renewal(u, session->profile, &session->renewal);
    decode_counters(u, session);
    const mjl_result result = mjl_unpack_end(u);
    return result == MJL_OK ? restore_room(session, name, secret, policy) : result;
}
