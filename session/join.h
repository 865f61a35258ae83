/*
 * First contact (DESIGN section 10), both sides: the request that a newcomer repeats, and the
 * requests that members hold until their user accepts or refuses.
 *
 *      newcomer: JOINING ── KeyPackage, again with back-off ──> Welcome for its reference ──> LIVE
 *      member:   size, room, bound, MAC, reference not used, signature ──> JOIN_REQUEST ──> invite
 * or refuse
 *
 * Saved: the newcomer's key package in the session's record; one record per held request and per
 * used reference.
 */
#ifndef MAJLIS_SESSION_JOIN_H
#define MAJLIS_SESSION_JOIN_H

#include "majlis/mls.h"
#include "majlis/session.h"
#include "renewal.h"
#include "room.h"

typedef struct mjl_joining { /* The newcomer's side. */
    mjl_buffer key_package;  /* The MLSMessage that is broadcast. */
    mjl_buffer secret;       /* What joining needs; moved to the roots once joined. */
    mjl_id reference;        /* KeyPackageRef */
    mjl_renewal *renewal;    /* Its key, where it is that of a knock; NULL: the session's. */
    uint32_t repeats;
    uint64_t task; /* 0: none. */
} mjl_joining;

typedef struct mjl_join_request {
    uint64_t number; /* Order of arrival. */
    mjl_id reference;
    mjl_member_id requester;
    mjl_buffer key_package; /* The MLSMessage. */
    mjl_buffer user_id, display_name;
    mjl_time first_seen;
    bool is_restore;        /* A member under a new key (restoring.h). */
    mjl_member_id replaces; /* Of a restore: whose place it takes. */
    bool dirty;
} mjl_join_request;

/* A key package that somebody shows, and what it says. */
typedef struct mjl_join_offer {
    mjl_bytes packet; /* The MLSMessage. */
    mjl_mls_key_package_view view;
    mjl_room_join join;
    mjl_id reference;
    mjl_member_id requester;
    mjl_names names;
    const mjl_member_id *replaces; /* NULL: a newcomer. */
} mjl_join_offer;

typedef struct mjl_requests {
    mjl_join_request *entries; /* In order of arrival. */
    size_t count;
    mjl_id *used; /* References never shown again: a ring of MJL_JOIN_REFERENCES_MAX. */
    size_t used_count, used_room;
    uint64_t used_total; /* Ever; the ring's position and the records' keys. */
    uint64_t used_persisted;
    uint64_t next_number;
    uint64_t refused_count; /* Newcomers beyond the bound. */
    mjl_id *gone;           /* References whose records go with the next persist. */
    size_t gone_count, gone_room;
} mjl_requests;

void mjl_joining_clear(mjl_joining *joining); /* Wipes. */
void mjl_requests_clear(mjl_requests *requests);

/* A KeyPackage arrived: offered to every live session whose room it names. */
MJL_MUST_USE mjl_result mjl_join_receive_request(mjl_profile *profile, mjl_bytes packet,
                                                 mjl_verdict *verdict);
/* A Welcome arrived: joins the session whose key package it is for. */
MJL_MUST_USE mjl_result mjl_join_receive_welcome(mjl_profile *profile, mjl_bytes packet,
                                                 mjl_verdict *verdict);
mjl_join_request *mjl_join_find_request(const mjl_session *session, const mjl_member_id *requester);
/* Forgets it, with an event; its reference is never shown again. */
MJL_MUST_USE mjl_result mjl_join_drop_request(mjl_session *session, mjl_join_request *request);
/* Reads what `packet` says; form only. */
MJL_MUST_USE mjl_result mjl_join_read_offer(const mjl_profile *profile, mjl_join_offer *offer);
/* The cheap checks: room, MAC, used references, the bound. `has_room`: it takes another's place. */
MJL_MUST_USE mjl_result mjl_join_check_offer(mjl_session *session, const mjl_join_offer *offer,
                                             bool has_room);
/* The dear ones. */
MJL_MUST_USE mjl_result mjl_join_verify_offer(const mjl_session *session,
                                              const mjl_join_offer *offer);
/* Shows it to the application until it decides. */
MJL_MUST_USE mjl_result mjl_join_hold(mjl_session *session, const mjl_join_offer *offer);
/* No inviter takes it any more. */
bool mjl_join_has_expired(const mjl_profile *profile, const mjl_buffer *key_package);
/* That key package is never shown. */
MJL_MUST_USE mjl_result mjl_join_note_used(mjl_session *session, const mjl_id *reference);
/* All checks of a Welcome for a key package of the session, by its secret. */
MJL_MUST_USE mjl_result mjl_join_open_welcome(const mjl_session *session, const mjl_buffer *secret,
                                              mjl_bytes packet, const mjl_mls_identity *identity,
                                              mjl_mls_joined *joined);
/* The session lives in that group from now on. Takes the secret of the request. */
MJL_MUST_USE mjl_result mjl_join_enter(mjl_session *session, mjl_mls_joined *joined,
                                       mjl_joining *request, mjl_bytes welcome);
/* A member was heard: it may be a joiner whose Welcome is repeated. */
MJL_MUST_USE mjl_result mjl_join_heard(mjl_session *session, uint32_t author);
/* The tip moved, or we may send again, or not any more: who is waited for may be others. */
MJL_MUST_USE mjl_result mjl_join_look(mjl_session *session);
/* What every leaf of ours says it can do. */
mjl_mls_capabilities mjl_join_capabilities(void);
/* There is an own key package that an inviter would take: the one there is, or a new one. */
MJL_MUST_USE mjl_result mjl_join_keep_key_package(mjl_session *session);
/* Makes the request and broadcasts it for the first time. */
MJL_MUST_USE mjl_result mjl_join_begin(mjl_session *session);

/* A Welcome that was held goes out; again until every joiner was heard. */
MJL_MUST_USE mjl_result mjl_join_send_welcome(mjl_session *session, uint32_t epoch);
MJL_MUST_USE mjl_result mjl_join_welcome_due(mjl_session *session, uint32_t epoch);
MJL_MUST_USE mjl_result mjl_join_repeat_due(mjl_session *session);

#endif
