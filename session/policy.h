/*
 * A group's policy: state of the group in one GroupContext extension, enforced alike by all, and
 * the intervals that follow from it.
 *
 *      majlis_policy = [format, room name, bc_lat_ms, m_intv_ms, secret_lifetime_ms,
 *                       preset, deciders | nil, f, voters | nil, early welcome]
 *
 * Errors: BAD_ARGUMENT for a policy that must not be written; MALFORMED, TOO_LARGE, UNKNOWN_VERSION
 * and the codes of `pack.h` for one that was read.
 */
#ifndef MAJLIS_SESSION_POLICY_H
#define MAJLIS_SESSION_POLICY_H

#include "ids.h"
#include "majlis/limits.h"

enum {
    MJL_POLICY_FORMAT = 1,
    /* Extension numbers, from RFC 9420's private range (§17.3). Every member's leaf lists the first
       as a capability. */
    MJL_EXTENSION_POLICY = 0xF4A1, /* GroupContext */
    MJL_EXTENSION_JOIN = 0xF4A2,   /* KeyPackage */
    MJL_EXTENSION_ROOT = 0xF4A3    /* GroupInfo */
};

typedef enum mjl_preset {                         /* wire */
                          MJL_PRESET_FRIENDS = 1, /* Everyone may do everything. */
                          MJL_PRESET_ROOM =
                              2, /* The deciders add, remove others and change the policy. */
                          MJL_PRESET_STRICT =
                              3 /* Likewise, and a new commit only on a final epoch. */
} mjl_preset;

typedef struct mjl_policy {
    mjl_bytes room_name; /* Borrowed. */
    uint32_t bc_lat_ms, m_intv_ms;
    uint64_t secret_lifetime_ms;
    mjl_preset preset;
    size_t deciders_count;                    /* 0 exactly for friends. */
    mjl_member_id deciders[MJL_DECIDERS_MAX]; /* Ascending. */
    uint32_t liars_max;                       /* f of membership.md. */
    size_t voters_count;                      /* 0: the whole roster votes. */
    mjl_member_id voters[MJL_VOTERS_MAX];     /* Ascending. */
    bool early_welcome;
} mjl_policy;

/* friends, default intervals, f = 1, early Welcomes. */
void mjl_policy_init(mjl_policy *policy, mjl_bytes room_name);
MJL_MUST_USE mjl_result mjl_policy_check(const mjl_policy *policy); /* MALFORMED, TOO_LARGE */
MJL_MUST_USE mjl_result mjl_policy_encode(const mjl_policy *policy, mjl_buffer *out);
/* Borrows the room name. */
MJL_MUST_USE mjl_result mjl_policy_decode(mjl_bytes bytes, mjl_policy *policy);

/* ---- Intervals, all in milliseconds (DESIGN section 9) ---- */

/* The full-ack interval: 2 BC_LAT + M_INTV, and half a second per member once there are more than
 * 64. */
mjl_time mjl_policy_fa_intv(const mjl_policy *policy, size_t members_count);
/* How long a statement waits so that one covers many places: a group value. */
mjl_time mjl_policy_statement_delay(const mjl_policy *policy, size_t members_count);
/* The least time between two statements of one member: 0 up to 64 members, then n/2 s. */
mjl_time mjl_policy_statement_pace(const mjl_policy *policy, size_t members_count);
/* The first heartbeat; its period doubles while idle up to mjl_policy_idle_max. */
mjl_time mjl_policy_heartbeat(const mjl_policy *policy, size_t members_count);
mjl_time mjl_policy_idle_max(const mjl_policy *policy, size_t members_count);
/* Wait before the `attempt`-th resend, by BC_LAT as `measured`. 0: what an ack takes, FA_INTV with
   2 measured in the place of 2 BC_LAT, but nobody acks earlier than the group's delay. Then the
   slower of BC_LAT and the measured one, since whoever answers waits for the group's intervals;
   doubling up to 2^MJL_BACKOFF_STEPS_MAX times that, never more than an hour; and in a crowd the
   pace of statements besides. */
mjl_time mjl_policy_resend_wait(const mjl_policy *policy, size_t members_count, uint32_t attempt,
                                mjl_time measured);
/* When a leaving member stops waiting for acks of its FIN. */
mjl_time mjl_policy_fin_timeout(const mjl_policy *policy);

/* Whether `member` may add, remove others, restore or change the policy. Refreshing oneself and
 * removing who said FIN need no right. */
bool mjl_policy_may_decide(const mjl_policy *policy, const mjl_member_id *member);

#endif
