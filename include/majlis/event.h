/*
 * What a session tells its application, in the order in which it happened. At-least-once with
 * stable rising numbers: an event comes again after a restart until the application settled it
 * (`mjl_profile_event_settled`).
 *
 * Each event is data (old and new state, counts, who), never prose. Bytes live until the next call
 * on the profile.
 */
#ifndef MAJLIS_EVENT_H
#define MAJLIS_EVENT_H

#include "majlis/session.h"

MJL_BEGIN_DECLS

typedef enum mjl_event_kind {
    MJL_EVENT_SESSION_STATE = 1, /* old_state, new_state (mjl_session_state), why */
    MJL_EVENT_EPOCH,             /* epoch, branch; old_branch; member: the committer */
    MJL_EVENT_JOIN_REQUEST,      /* member, name; of a member: it was let in and never came */
    MJL_EVENT_JOIN_REQUEST_GONE, /* member: joined, refused or replaced */
    MJL_EVENT_MEMBER_ADDED,      /* member, name, epoch; by */
    MJL_EVENT_MEMBER_REMOVED,    /* member, name, epoch; by */
    MJL_EVENT_MEMBER_LEAVING,    /* member: said FIN */
    MJL_EVENT_MESSAGE,           /* message, place, member (author), epoch, seq, media_type, body,
                                    parents_differ, roster_differs; subject, parts_count: came
                                    in parts */
    MJL_EVENT_MESSAGE_STATE,     /* message, old_state, new_state (mjl_message_state), held_count,
                                    readers_count, why */
    MJL_EVENT_WARNING,           /* warning (number), warning_kind, subject, missing, new_state
                                    (mjl_severity): raised */
    MJL_EVENT_WARNING_CHANGED,   /* the same warning with other `missing` or severity */
    MJL_EVENT_WARNING_RETRACTED, /* warning (number), warning_kind, subject */
    MJL_EVENT_INTENT,            /* intent, intent_state, why */
    MJL_EVENT_EQUIVOCATION,      /* member; epoch; place, other_place; body: the evidence
                                    (majlis/evidence.h), empty where there is none, or some of
                                    this member in this epoch already */
    MJL_EVENT_TASK_LATE,         /* task_kind, due, ran: a timer that a restart found pending ran;
                                    number 0: told once, beside the state, nothing to settle */
    MJL_EVENT_OPAQUE,   /* member, message, content_type, body: a type this version does not know */
    MJL_EVENT_PROGRESS, /* subject (a transfer), member (author), parts_count, parts_done; of our
                           own also message, parts_everyone */
    MJL_EVENT_PART_REFUSED, /* member (author), message (the part's, or the whole's), place, subject
                               (the transfer), why. FULL: what it had begun was given up */
    MJL_EVENT_MEMBER_AWAY,  /* member, new_state: 1 said that it goes (due: until when; 0: it did
                               not say), 0 is heard again */
    MJL_EVENT_RESTORE_REQUEST /* member (a new key), name; by: the member whose place it would
                                 take; that one's key vouches for it (mjl_session_restore) */
} mjl_event_kind;

typedef enum mjl_warning_kind {
    MJL_WARNING_NOT_FULLY_ACKED =
        1,           /* subject: message id or branch id; missing: who is not known to have it */
    MJL_WARNING_GAP, /* subject: the missing place; missing: empty */
    MJL_WARNING_JOIN_NOT_CONFIRMED, /* subject: branch id; missing: the joiners not heard yet */
    MJL_WARNING_NOT_FRESH =
        4, /* subject: member id, not heard since a heartbeat's time; missing: empty */
    MJL_WARNING_TRANSPORT_DOWN,   /* subject: of mjl_warning_transport; missing: empty */
    MJL_WARNING_LEFT_BEHIND = 17, /* subject: our branch id then; the group went on, and nobody
                                     answers our knocks (mjl_session_rejoin); missing: empty */
    MJL_WARNING_INCOMPLETE = 16 /* subject: message id of a large message whose parts are not here;
                                   missing: its author, who owes them */
} mjl_warning_kind;

typedef enum mjl_severity {
    MJL_SEVERITY_NOTICE = 1, /* Only who declared its absence is waited for; of a transport: another
                                one is up. */
    MJL_SEVERITY_WARNING
} mjl_severity;

typedef enum mjl_intent_state {
    MJL_INTENT_QUEUED = 1, /* waits for the last commit */
    MJL_INTENT_COMMITTED,  /* its commit left; may still lose */
    MJL_INTENT_DONE,
    MJL_INTENT_VOID,     /* it no longer applies: why */
    MJL_INTENT_REPLACED, /* another one did the same */
    MJL_INTENT_AGAIN     /* its commit lost; it is carried out again */
} mjl_intent_state;

MJL_API const char *mjl_event_kind_name(mjl_event_kind kind);     /* "message" */
MJL_API const char *mjl_warning_kind_name(mjl_warning_kind kind); /* "not fully acked" */
MJL_API const char *mjl_intent_state_name(mjl_intent_state state);

typedef struct mjl_event {
    uint64_t number;
    mjl_event_kind kind;
    uint32_t session_number;
    mjl_time at;

    uint32_t old_state, new_state;
    mjl_result why;
    uint64_t epoch, seq;
    mjl_branch_id branch, old_branch;
    mjl_member_id member, by;
    mjl_bytes name; /* Display name: proves nothing. */
    mjl_message_id message;
    mjl_place_id place, other_place;
    mjl_bytes media_type, body;
    bool parents_differ; /* The author had not seen the line above, or something between. */
    bool roster_differs; /* Its readers are not the present roster. */
    uint32_t held_count, readers_count;
    uint64_t warning;
    mjl_warning_kind warning_kind;
    mjl_id subject;
    mjl_bytes missing; /* Member ids one after the other, MJL_ID_SIZE bytes each. */
    mjl_intent intent;
    mjl_intent_state intent_state;
    uint32_t content_type;
    const char *task_kind;
    mjl_time due, ran;
    /* Of PROGRESS, and of a MESSAGE that came in parts (else 0). A transfer is named by `subject`:
       16 random bytes of its author, then zeros. */
    uint32_t parts_count;
    uint32_t parts_done;     /* Said by us, or come from others. */
    uint32_t parts_everyone; /* Of our own: how many everyone is known to have. */
} mjl_event;

typedef struct mjl_warning_info {
    uint64_t number;
    mjl_warning_kind kind;
    mjl_id subject;
    mjl_bytes missing;     /* As in the event; until the next call on the profile. */
    mjl_severity severity; /* As it is now. */
} mjl_warning_info;

/* What was raised and not retracted, as it stands now; NOT_FOUND past the end. A warning that was
 * settled as an event is still here. */
MJL_MUST_USE MJL_API mjl_result mjl_session_warning(const mjl_session *session, size_t i,
                                                    mjl_warning_info *info);

/* The transport that a warning of kind TRANSPORT_DOWN is about. */
MJL_API mjl_transport_id mjl_warning_transport(const mjl_id *subject);

MJL_END_DECLS

#endif
