/*
 * A profile: one member (device) with its store, identity and all its sessions (rooms). This is the
 * whole engine, as a pure function: inputs (packets, wishes, time) go in; `step` persists
 * everything in one transaction; packets and events come out, and only what was persisted comes
 * out.
 *
 *     receive / say / ... ──> [ state in memory ] ──step──> [ store ] ──> next_packet / next_event
 *
 * Time: `now` is an argument everywhere and never goes back (a smaller one is taken as the last
 * one), nor beyond MJL_TIME_MIN and MJL_TIME_MAX (one outside is taken as the bound). Each call
 * first runs what was due before `now`. Ownership: handles belong to the profile and die with it;
 * bytes handed out live until the next call on the same profile. Errors: `majlis/result.h`; a
 * refusal changes nothing. But where memory or randomness ends in the middle of an input
 * (OUT_OF_MEMORY, NO_RANDOM), the profile closes itself, as after STORE_FAILED: nothing since the
 * last step is persisted or leaves, every later call answers STORE_FAILED, every session is
 * MJL_SESSION_STORE_FAILED, and only close works. Opened again it goes on from its last step; what
 * was wished since then has to be wished again, packets others repeat. Threads: one at a time per
 * profile; no globals.
 */
#ifndef MAJLIS_PROFILE_H
#define MAJLIS_PROFILE_H

#include "majlis/bytes.h"
#include "majlis/store.h"
#include "majlis/suite.h"
#include "majlis/transport_state.h"

MJL_BEGIN_DECLS

enum { MJL_ID_SIZE = 32 };

/* SHA-256 with a label: what each names is said where it is used (session/README.md). */
typedef struct mjl_id {
    uint8_t bytes[MJL_ID_SIZE];
} mjl_id;

typedef mjl_id mjl_member_id;  /* H("member", leaf signature key). */
typedef mjl_id mjl_message_id; /* H("message", group, content). */
typedef mjl_id mjl_place_id;
typedef mjl_id mjl_branch_id; /* A commit's id, and of the epoch it starts. */

typedef struct mjl_profile mjl_profile;
typedef struct mjl_session mjl_session;

/* One rung of a padding ladder: what is sent of up to `up_to` bytes is filled with zeros to the
   next multiple of `step`. */
typedef struct mjl_padding_rung {
    uint32_t up_to; /* Ascending. Of the last rung it does not count: that one has no end. */
    uint32_t step;  /* 1..MJL_PADDING_STEP_MAX. 1: the size is hidden from nobody. */
} mjl_padding_rung;

enum { MJL_PADDING_RUNGS_MAX = 8, MJL_PADDING_STEP_MAX = 1 << 16 };

typedef struct mjl_padding {
    size_t rungs_count; /* At least 1. */
    mjl_padding_rung rungs[MJL_PADDING_RUNGS_MAX];
} mjl_padding;

typedef struct mjl_profile_config {
    size_t size;                  /* sizeof(mjl_profile_config) */
    mjl_store *store;             /* Taken: freed with the profile, also when opening fails. */
    const uint8_t *store_key;     /* 32 bytes; copied. */
    mjl_random random;            /* Never saved. */
    const mjl_padding *padding;   /* Of what this profile sends from now on; NULL: multiples of 64
                                     bytes up to 1 KiB, beyond it of 1 KiB. Copied, never saved. */
    const mjl_mls_suites *suites; /* An own 0x0003 in place of the one built in, of the same sizes,
                                     for simulators; NULL. Lives as long as the profile. */
    mjl_time now;
    /* For a new profile only; an existing one keeps its own, and opening it with others is no
     * error. */
    mjl_bytes user_id;             /* Empty: the display name. */
    mjl_bytes display_name;        /* UTF-8, 1..MJL_NAME_SIZE_MAX bytes. */
    struct mjl_recorder *recorder; /* Everything that goes in is recorded (majlis/record.h); NULL.
                                      Lent until the profile is closed. */
} mjl_profile_config;

/* Opens, or makes if the store is empty. STORE_* say what is wrong with the store. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_open(const mjl_profile_config *config,
                                                 mjl_profile **profile);
MJL_API void mjl_profile_close(mjl_profile *profile); /* Persists nothing. NULL is fine. */

/*
 * Verdict of one packet. The drawing: a packet is refused, already known, waiting, or applied.
 *
 *     packet ──> NOT_FOR_US                    (another group, a Welcome for another)
 *            ──> REJECTED (why, who) ── refused: nothing changed
 *            ──> TOO_OLD ── its keys are gone
 *            ──> OWN_ECHO, DUPLICATE ── known
 *            ──> BUFFERED ── waits for an epoch or for parents; not lost
 *            ──> LOSING ── a commit that another one beats; kept
 *            ──> INAPPLICABLE ── a well-signed commit that this member cannot apply
 *            ──> APPLIED
 */
typedef enum mjl_verdict_kind {
    MJL_VERDICT_APPLIED = 0,
    MJL_VERDICT_OWN_ECHO,
    MJL_VERDICT_DUPLICATE,
    MJL_VERDICT_BUFFERED,
    MJL_VERDICT_LOSING,
    MJL_VERDICT_INAPPLICABLE,
    MJL_VERDICT_REJECTED,
    MJL_VERDICT_TOO_OLD,
    MJL_VERDICT_NOT_FOR_US,
    MJL_VERDICT_COUNT
} mjl_verdict_kind;

typedef struct mjl_verdict {
    mjl_verdict_kind kind;
    mjl_result why;       /* Of REJECTED, INAPPLICABLE, BUFFERED; else MJL_OK. */
    mjl_session *session; /* NULL if none. */
    bool has_who;
    mjl_member_id who; /* The author, where a signature proves it. */
} mjl_verdict;

MJL_API const char *mjl_verdict_name(mjl_verdict_kind kind); /* "applied" */

/* One packet from a transport. The result is OK whatever the verdict; a refusal of the call itself
   (FULL, STORE_FAILED, OUT_OF_MEMORY, NO_RANDOM) has no verdict, and the packet may be handed in
   again. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_receive(mjl_profile *profile, mjl_time now,
                                                    mjl_transport_id from, mjl_bytes packet,
                                                    mjl_verdict *verdict);

enum { MJL_TRANSPORTS_KNOWN_MAX = 32 }; /* Of one profile at a time. */

/* What the host knows of a transport that carries this profile's packets. One that is not UP for
   longer than BC_LAT is warned of in every room (MJL_WARNING_TRANSPORT_DOWN) until it is UP, or
   GONE. Never saved: after opening nothing is known of any transport, and none is warned of. FULL:
   beyond MJL_TRANSPORTS_KNOWN_MAX. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_transport_state(mjl_profile *profile, mjl_time now,
                                                            mjl_transport_id id,
                                                            mjl_transport_state state);

/* Runs what is due before `now`, then persists everything since the last step in one transaction.
   BUDGET_SPENT: done and persisted, but more is due. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_step(mjl_profile *profile, mjl_time now);

/* The earliest instant at which step would run something. EMPTY if nothing is scheduled. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_next_due(const mjl_profile *profile, mjl_time *due);

/* ---- Packets out ---- */

typedef enum mjl_packet_kind {
    MJL_PACKET_PLACE = 1, /* A message of the transcript. */
    MJL_PACKET_STATEMENT, /* A frontier statement. */
    MJL_PACKET_COMMIT,
    MJL_PACKET_WELCOME,
    MJL_PACKET_JOIN_REQUEST,
    MJL_PACKET_KNOCK /* A member that was away asks for what it missed. */
} mjl_packet_kind;

typedef struct mjl_packet {
    uint64_t number; /* For packet_sent. Rises; never used twice. */
    mjl_bytes bytes; /* Until the next call on the profile. */
    mjl_packet_kind kind;
    uint32_t session_number;
    uint32_t resend;    /* 0: first sending; else the how-manieth repetition by this member. */
    mjl_id subject;     /* Message id of a PLACE, branch id of a COMMIT; else zeros. */
    mjl_place_id place; /* Of a PLACE or COMMIT. */
} mjl_packet;

/* The oldest persisted packet not yet handed out since open; then UNPERSISTED if inputs wait for a
 * step, else EMPTY. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_next_packet(mjl_profile *profile, mjl_packet *packet);
/* The transports have it: it leaves the outbox with the next step. Unknown numbers are a no-op
 * (NOT_FOUND). */
MJL_API mjl_result mjl_profile_packet_sent(mjl_profile *profile, uint64_t number);

/* ---- Events out: `majlis/event.h` ---- */

struct mjl_event;
MJL_MUST_USE MJL_API mjl_result mjl_profile_next_event(mjl_profile *profile,
                                                       struct mjl_event *event);
/* The application's cursor: this event and all before it are settled, from the next step on. */
MJL_API mjl_result mjl_profile_event_settled(mjl_profile *profile, uint64_t number);

/* ---- Notes: small values that a host persists with the profile's next step (a transport's read
 * cursor) ---- */

MJL_MUST_USE MJL_API mjl_result mjl_profile_note_set(mjl_profile *profile, mjl_bytes name,
                                                     mjl_bytes value); /* Empty value: removes. */
/* NOT_FOUND. Sees what was set since the last step. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_note_get(const mjl_profile *profile, mjl_bytes name,
                                                     mjl_bytes *value);

/* ---- Who this is ---- */

MJL_API mjl_member_id mjl_profile_member(const mjl_profile *profile);
MJL_API mjl_bytes mjl_profile_display_name(const mjl_profile *profile);
MJL_API mjl_bytes mjl_profile_user_id(const mjl_profile *profile);
MJL_API mjl_time mjl_profile_now(const mjl_profile *profile); /* The last `now`; saved. */
/* Wall time of the last persist, for the host's clock helper: equals now at the last step. */

/* Sessions in order of their numbers; NULL past the end. */
MJL_API mjl_session *mjl_profile_session(const mjl_profile *profile, size_t i);
MJL_API mjl_session *mjl_profile_session_numbered(const mjl_profile *profile, uint32_t number);

/* A hash over the whole saved state: equal states have equal hashes (tests, replay). */
MJL_MUST_USE MJL_API mjl_result mjl_profile_state_hash(mjl_profile *profile, mjl_id *hash);
/* Every internal promise that can be checked locally; MJL_BUG with a text on standard error in test
 * builds. */
MJL_MUST_USE MJL_API mjl_result mjl_profile_check(const mjl_profile *profile);

MJL_END_DECLS

#endif
