/*
 * A session: one conversation of one group, seen by one member.
 *
 * Time, Ownership, Errors, Threads: as `majlis/profile.h`. Whatever a call here answers is
 * provisional until the next `mjl_profile_step` returned MJL_OK.
 */
#ifndef MAJLIS_SESSION_H
#define MAJLIS_SESSION_H

#include "majlis/profile.h"

MJL_BEGIN_DECLS

/*
 *     join ──> JOINING ──> LIVE <── create          say   invite, exclude, refresh   leave
 *                           │  │          JOINING    no             no               gives up
 *                           │  └> LEAVING ──> PARTED LIVE       yes            yes              yes
 *                           ├> NEED_REJOIN           LEAVING    no             no no-op └> REMOVED
 * others     no             no               no any ──> STORE_FAILED (until reopened)
 */
typedef enum mjl_session_state {
    MJL_SESSION_JOINING = 1,
    MJL_SESSION_LIVE,
    MJL_SESSION_LEAVING,
    MJL_SESSION_NEED_REJOIN,
    MJL_SESSION_PARTED,
    MJL_SESSION_REMOVED,
    MJL_SESSION_STORE_FAILED
} mjl_session_state;

MJL_API const char *mjl_session_state_name(mjl_session_state state); /* "live" */

/*
 *     QUEUED ──> SENT ──> HELD_BY k of n ──> EVERYONE
 *        │         └──────────┴──> AT_RISK (who) ──> EVERYONE   (the warning retracts itself)
 *        └──> FAILED (why)            ORPHANED: all its places are on lost branches and its author
 * is gone
 */
/* FAILED ends also what had a place when we left or were removed and not everyone was known to have
   it: held_count of readers_count are. It is taken back if the removal loses. QUEUED comes back for
   a message that has a place when a reader cannot open it any more and the roster has grown. */
typedef enum mjl_message_state {
    MJL_MESSAGE_QUEUED = 1,
    MJL_MESSAGE_SENT,
    MJL_MESSAGE_HELD_BY,
    MJL_MESSAGE_EVERYONE,
    MJL_MESSAGE_AT_RISK,
    MJL_MESSAGE_FAILED,
    MJL_MESSAGE_ORPHANED
} mjl_message_state;

MJL_API const char *mjl_message_state_name(mjl_message_state state); /* "held by" */

/* ---- Making and entering rooms ---- */

typedef struct mjl_pace {
    uint32_t bc_lat_ms; /* In which a packet reaches nearly everyone. 0: the default, 5 s. */
    uint32_t m_intv_ms; /* Usual gap between messages. 0: the default, 16 s. */
} mjl_pace;

typedef struct mjl_create {
    size_t size;
    mjl_bytes room_name; /* UTF-8, 1..MJL_NAME_SIZE_MAX bytes. A label: two groups may share it. */
    mjl_bytes room_secret;       /* Empty: an open room, where anybody may ask to join. */
    mjl_pace pace;               /* Group policy from now on. */
    uint64_t secret_lifetime_ms; /* 0: the default, 7 days. */
} mjl_create;

MJL_MUST_USE MJL_API mjl_result mjl_session_create(mjl_profile *profile, mjl_time now,
                                                   const mjl_create *create, mjl_session **session);

typedef struct mjl_join {
    size_t size;
    mjl_bytes room_name;
    mjl_bytes room_secret;
    mjl_pace pace; /* How fast to repeat the request; the group's own policy counts once joined. */
} mjl_join;

/* Broadcasts a join request until a Welcome arrives or the session is left. A second call with the
   same room name answers the session that is already there. */
MJL_MUST_USE MJL_API mjl_result mjl_session_join(mjl_profile *profile, mjl_time now,
                                                 const mjl_join *join, mjl_session **session);

/* ---- Talking ---- */

typedef enum mjl_if_grown { /* When a message has to be placed again and the roster has new readers
                               by then: */
                            MJL_IF_GROWN_ASK = 0, /* it waits as QUEUED until mjl_session_agree; */
                            MJL_IF_GROWN_SEND     /* it goes to them as well. */
} mjl_if_grown;

typedef struct mjl_say {
    size_t size;
    uint8_t token[16]; /* Saying the same token twice, also across a crash, says it once. All zero:
                          none. */
    mjl_bytes media_type; /* Empty: text/plain. */
    mjl_bytes body; /* At most MJL_SAY_SIZE_MAX. Above MJL_BODY_SIZE_MAX it goes in parts: QUEUED,
                       events of PROGRESS, then as any other message. */
    bool has_reply_to;
    mjl_message_id reply_to;
    mjl_if_grown if_grown;
} mjl_say;

typedef enum mjl_said {
    MJL_SAID_ACCEPTED = 1, /* It has its place and leaves after the next step. */
    MJL_SAID_QUEUED        /* It waits (an EVENT says why when that ends). */
} mjl_said;

/* OK: said (`said` tells how; may be NULL); it will end EVERYONE, FAILED or ORPHANED, never
   silently. FULL, NOT_A_MEMBER, WRONG_STATE, TOO_LARGE: it was not said. */
MJL_MUST_USE MJL_API mjl_result mjl_session_say(mjl_session *session, mjl_time now,
                                                const mjl_say *say, mjl_message_id *message,
                                                mjl_said *said);
/* A message that waits because the roster grew may go to the new readers too. */
MJL_MUST_USE MJL_API mjl_result mjl_session_agree(mjl_session *session, mjl_time now,
                                                  const mjl_message_id *message);

/* ---- Membership: each answers an intent number that ends DONE, VOID (why) or REPLACED in an event
 * ---- */

typedef uint64_t mjl_intent;

MJL_MUST_USE MJL_API mjl_result mjl_session_invite(mjl_session *session, mjl_time now,
                                                   const mjl_member_id *requester,
                                                   mjl_intent *intent);
/* Forget a join request; the same key package is not shown again. */
MJL_MUST_USE MJL_API mjl_result mjl_session_refuse(mjl_session *session, mjl_time now,
                                                   const mjl_member_id *requester);
/* A member that lost its state asks to be taken back: its old leaf goes and its new key comes, in
   one commit. Whoever asks had the old key: ask them in another way whether it is they, and compare
   safety numbers afterwards. NOT_FOUND: no such request. mjl_session_refuse refuses it. */
MJL_MUST_USE MJL_API mjl_result mjl_session_restore(mjl_session *session, mjl_time now,
                                                    const mjl_member_id *requester,
                                                    mjl_intent *intent);
MJL_MUST_USE MJL_API mjl_result mjl_session_exclude(mjl_session *session, mjl_time now,
                                                    const mjl_member_id *member,
                                                    mjl_intent *intent);
MJL_MUST_USE MJL_API mjl_result mjl_session_refresh(mjl_session *session, mjl_time now,
                                                    mjl_intent *intent);
/* Says FIN, waits until everyone has it or MJL_LINGER_BC_LAT x BC_LAT passed, then PARTED. JOINING:
 * gives up at once. */
MJL_MUST_USE MJL_API mjl_result mjl_session_leave(mjl_session *session, mjl_time now);

/* Gives up what this member is here and asks to be taken back under a new key, as after the warning
   LEFT_BEHIND, or where a gap will not close: LIVE becomes NEED_REJOIN, and a new session of the
   same group begins when somebody lets it (mjl_session_restore). What was said and not everyone has
   ends as FAILED then. */
MJL_MUST_USE MJL_API mjl_result mjl_session_rejoin(mjl_session *session, mjl_time now);

/* Tells the others that this member goes, for so long (0: it does not know; at most
   MJL_AWAY_MS_MAX): what waits for it alone is no alarm. It is back when it is heard again. */
MJL_MUST_USE MJL_API mjl_result mjl_session_away(mjl_session *session, mjl_time now,
                                                 uint64_t for_ms);

/* ---- Queries ---- */

typedef struct mjl_session_info {
    uint32_t number;
    mjl_session_state state;
    mjl_member_id
        member;         /* Who we are here: the profile's member, or of a key of this session's. */
    mjl_bytes group_id; /* Empty while JOINING. */
    mjl_bytes room_name;
    uint64_t epoch;
    mjl_branch_id branch;
    mjl_pace pace;
    uint32_t fa_intv_ms;
    size_t members_count;
    size_t unacked_count;   /* Accepted places that not everyone is known to have. */
    size_t pending_count;   /* Places that wait for parents, packets for an epoch. */
    uint64_t epochs_behind; /* By the packets that came: a hint, which anybody can forge. */
    size_t undecided_count; /* Epochs whose commit is not known to be held by all. */
    bool unverified;        /* Not all of the roster was verified since joining. */
    uint64_t oldest_undecided_epoch;
    uint32_t measured_bc_lat_ms; /* In which packets really come, as far as it was measured: what is
                                    above the pace's, twice, delays this member's warnings. */
} mjl_session_info;

MJL_API void mjl_session_get_info(const mjl_session *session, mjl_session_info *info);

typedef struct mjl_member_info {
    mjl_member_id id;
    mjl_bytes display_name, user_id;
    uint32_t leaf;
    bool is_self;
    bool is_verified;
    bool is_leaving;             /* Said FIN. */
    bool is_away;                /* Said that it goes, and was not heard since. */
    bool is_fresh;               /* No warning that it is silent. */
    mjl_time last_heard;         /* Of the last packet it signed; 0: never. */
    size_t owes_acks_count;      /* Places that it is not known to have. */
    uint8_t safety[MJL_ID_SIZE]; /* For mjl_safety_number. */
} mjl_member_info;

/* By ascending leaf; NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_member(const mjl_session *session, size_t i,
                                                   mjl_member_info *info);

/* Thirty digits in groups of five, equal on both sides exactly when both see the same key. */
enum { MJL_SAFETY_NUMBER_SIZE = 36 };
MJL_API void mjl_safety_number(const mjl_member_id *member, char out[MJL_SAFETY_NUMBER_SIZE]);

/* A person compared the member's safety number with what that member sees (or takes it back). Kept
   with the next step, for this session, until the member has another key: is_verified of the
   member, and `unverified` of the session ends once it is true of all others. NOT_FOUND. */
typedef enum mjl_verified { MJL_UNVERIFIED = 0, MJL_VERIFIED } mjl_verified;
MJL_MUST_USE MJL_API mjl_result mjl_session_set_verified(mjl_session *session, mjl_time now,
                                                         const mjl_member_id *member,
                                                         mjl_verified verified);

typedef struct mjl_message_info {
    mjl_message_id id;
    mjl_place_id place;
    mjl_member_id author;
    mjl_message_state state;
    uint64_t epoch;
    uint64_t seq;
    uint32_t readers_count;    /* Who should have it, less the author and those removed since. */
    uint32_t held_count;       /* Of these, who is known to have it. */
    mjl_time held_at;          /* When the last of them was learnt; 0: there was none. */
    uint32_t users_count;      /* The users that these readers are devices of (mjl_message_user), */
    uint32_t users_held_count; /* of these, who has it on one device at least, */
    uint32_t users_full_count; /* and who on all of them. */
    uint32_t resends;          /* By this member. */
    mjl_time accepted_at;
    mjl_bytes body, media_type; /* Empty when the body was dropped. */
    bool is_own;
    uint32_t number; /* In order of delivery from 1; 0: it waits and has no place yet. */
} mjl_message_info;

/* In order of delivery; NOT_FOUND past the end. Only content messages. */
MJL_MUST_USE MJL_API mjl_result mjl_session_message(const mjl_session *session, size_t i,
                                                    mjl_message_info *info);
MJL_MUST_USE MJL_API mjl_result mjl_session_message_by_id(const mjl_session *session,
                                                          const mjl_message_id *id,
                                                          mjl_message_info *info);
/* A large message on its way: of ours while its parts go out, of others while they come. */
typedef struct mjl_transfer_info {
    mjl_id transfer; /* The `subject` of its events. */
    mjl_member_id author;
    mjl_message_id message; /* Of our own; else zeros: nobody knows it before it is whole. */
    uint32_t parts_count, parts_done, parts_everyone; /* As in the events. */
    bool is_own;
    bool asks; /* Waits for mjl_session_agree. */
} mjl_transfer_info;

/* Our own first, in the order in which they go out, then others'; NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_transfer(const mjl_session *session, size_t i,
                                                     mjl_transfer_info *info);

/* The i-th reader of a message and whether it is known to have it. NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_message_reader(const mjl_session *session,
                                                           const mjl_message_id *id, size_t i,
                                                           mjl_member_id *reader, bool *has_it);

/* A user: all members whose credentials bear one user id, its devices. Names and user ids are what
   members say of themselves and prove nothing; only a compared safety number does, and that is of
   one device. */
typedef struct mjl_message_user {
    mjl_bytes user_id, display_name; /* Its first device's; empty once no epoch kept here knows. */
    uint32_t devices_count;          /* Readers of the message, so less the one that said it. */
    uint32_t held_count;             /* Of these, how many are known to have it. */
    bool is_self;                    /* Other devices of our own user. */
} mjl_message_user;

/* The users among the readers of a message, all at once: by the order in which this member saw
   their first device. Fills `room` of them at most; `count` says how many there are. NOT_FOUND,
   OUT_OF_MEMORY. */
MJL_MUST_USE MJL_API mjl_result mjl_session_message_users(const mjl_session *session,
                                                          const mjl_message_id *id,
                                                          mjl_message_user *users, size_t room,
                                                          size_t *count);

typedef struct mjl_join_request_info {
    mjl_member_id requester;
    mjl_bytes display_name, user_id;
    mjl_time first_seen;
    bool is_restore;        /* Of a member that lost its state: mjl_session_restore. */
    mjl_member_id replaces; /* Of a restore: whose place it would take. */
} mjl_join_request_info;

MJL_MUST_USE MJL_API mjl_result mjl_session_join_request(const mjl_session *session, size_t i,
                                                         mjl_join_request_info *info);

typedef struct mjl_task_info {
    uint64_t id;
    mjl_time due;
    const char *kind; /* "resend", "heartbeat", ... */
} mjl_task_info;

/* Places of the transcript have two timers, "resend" and "everyone has it", whose ids begin here
   and stay the same while their times move. All others are the schedule's tasks. */
#define MJL_TASK_OF_PLACE (UINT64_C(1) << 52)

/* Pending timers by (due, id); NOT_FOUND past the end. */
MJL_MUST_USE MJL_API mjl_result mjl_session_task(const mjl_session *session, size_t i,
                                                 mjl_task_info *info);

/* Secret shared by the members of this epoch, for tests: equal exactly for those in the same epoch.
 */
MJL_MUST_USE MJL_API mjl_result mjl_session_epoch_authenticator(const mjl_session *session,
                                                                uint8_t out[32]);

MJL_END_DECLS

#endif
