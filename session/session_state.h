/*
 * What a session holds: its rooms, side by side. Seen by the rooms of the session layer only;
 * session.c makes and frees it, persist.c saves and loads it, and each field is changed by the room
 * that it names alone.
 *
 *     receive ─┐                       ┌─> outbox (packets)        branches   who lives where
 *     send    ─┼─> transcript, acks ───┤                           membership what users want
 *     timers  ─┘    pending            └─> events                  presence   who was heard,
 * statements
 */
#ifndef MAJLIS_SESSION_SESSION_STATE_H
#define MAJLIS_SESSION_SESSION_STATE_H

#include "acks.h"
#include "answers.h"
#include "branches.h"
#include "evidence.h"
#include "join.h"
#include "join_requests.h"
#include "knocking.h"
#include "large.h"
#include "majlis/event.h"
#include "majlis/schedule.h"
#include "membership.h"
#include "pending.h"
#include "policy.h"
#include "presence.h"
#include "profile_state.h"
#include "resend.h"
#include "roots.h"
#include "seen.h"
#include "timers.h"
#include "tokens.h"
#include "transcript.h"
#include "unknown.h"
#include "wanting.h"
#include "warnings.h"

enum { MJL_GROUP_ID_SIZE = 32 };

/* A message that was said and has no place yet. */
typedef struct mjl_queued_say {
    uint64_t number; /* Ascending; the record's key. */
    mjl_message_id message;
    mjl_buffer content; /* Encoded: author, salt, type, body. */
    uint32_t if_grown;
    bool asks; /* Waits for mjl_session_agree: the roster grew. */
    bool dirty;
} mjl_queued_say;

struct mjl_session {
    mjl_profile *profile; /* The one owner; lent. */
    uint32_t number;
    mjl_session_state state;
    mjl_buffer room_name, room_secret;
    uint8_t group_id[MJL_GROUP_ID_SIZE];
    bool is_touched; /* Something but its clock may have changed since the last persist. */
    bool has_group;
    mjl_policy policy; /* Of the tip. */
    mjl_pace join_pace;
    mjl_renewal *renewal; /* NULL: the profile's. */
    bool wants_back;      /* It cannot go on as what it is: a Welcome for its knock is taken. */
    bool is_unverified;
    bool is_unconfirmed; /* Nobody but the inviter was heard since joining. */
    bool is_lingering;   /* Everyone has our FIN. */
    mjl_time left_at;    /* When FIN was said. */
    mjl_message_id fin;
    uint64_t leave_task, gap_task, expire_task, retention_task;

    mjl_schedule *schedule;
    uint64_t reopened_before_task; /* Tasks below were pending when the profile was opened. */
    mjl_branches branches;
    mjl_transcript *transcript;
    mjl_acks *acks;
    mjl_pending *pending;
    mjl_holdings holdings;
    mjl_presence presence;
    mjl_wanting wanting;
    mjl_knocking knocking;
    mjl_answers answers;
    mjl_membership membership;
    mjl_joining joining;
    mjl_roots roots;
    mjl_join_requests requests;
    mjl_unknown unknown;
    mjl_warnings warnings;
    uint64_t transport_warnings[MJL_TRANSPORTS_KNOWN_MAX]; /* By slot; 0: none. Never saved. */
    struct mjl_users *users;                               /* Counted anew where it is asked for. */
    mjl_evidences evidences;
    mjl_seen seen;
    mjl_tokens tokens;
    mjl_large large;
    mjl_queued_say *says;
    size_t says_count, says_room;
    uint64_t says_next;

    uint64_t *says_saved; /* Numbers of the queued says that have a record. */
    size_t says_saved_count, says_saved_room;
    uint32_t authors_saved, epochs_saved, places_saved,
        rosters_saved; /* How many have a record as they are (lost_readers.h: they change). */
    struct {           /* While loading: how many records there must be. */
        uint64_t authors, epochs, places, tasks;
    } loading;
};

/* session.c */
MJL_MUST_USE mjl_result mjl_session_new(mjl_profile *profile, uint32_t number,
                                        mjl_session **session);
/* The same without schedule and expectations: persist.c brings them back. */
MJL_MUST_USE mjl_result mjl_session_blank(mjl_profile *profile, uint32_t number,
                                          mjl_session **session);
void mjl_session_free(mjl_session *session); /* Wipes. NULL is fine. */
/* Numbers and dates the event and queues it. */
MJL_MUST_USE mjl_result mjl_session_emit(mjl_session *session, mjl_event *event);
MJL_MUST_USE mjl_result mjl_session_set_state(mjl_session *session, mjl_session_state state,
                                              mjl_result why);
/* After an input or a timer changed something: decide, choose, carry out intents, place what waits.
 */
MJL_MUST_USE mjl_result mjl_session_settle(mjl_session *session);
mjl_epoch *mjl_session_tip(const mjl_session *session); /* NULL before the first. */
/* Who we are in this session: the profile's key, or the one with which it was restored. */
const mjl_mls_identity *mjl_session_identity(const mjl_session *session);
const mjl_member_id *mjl_session_member_id(const mjl_session *session);
/* Own author index; MJL_NO_INDEX before the group is known. */
uint32_t mjl_session_self(const mjl_session *session);
/* Display name of a member in the tip, or in the latest epoch that knew it; borrowed. */
mjl_bytes mjl_session_name_of(const mjl_session *session, uint32_t author);
/* May this session send places and statements? */
bool mjl_session_may_send(const mjl_session *session);

#endif
