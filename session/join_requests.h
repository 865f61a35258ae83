/*
 * Join requests of others: what a newcomer, or a member that comes back under a new key
 * (`restoring.h`), shows here, held until a user accepts or refuses it.
 *
 *      KeyPackage ──> offer: what it says ──> room, MAC, reference not used, bound ──> signature
 *                                                                                         │
 *      invite, refuse, or nobody can take it any more <── JOIN_REQUEST <── held ──────────┘
 *
 * Bounds: newcomers and members that come back have one each, and do not take the other's room. A
 * reference that was shown once is never shown again.
 *
 * Saved: one record per held request and per used reference.
 */
#ifndef MAJLIS_SESSION_JOIN_REQUESTS_H
#define MAJLIS_SESSION_JOIN_REQUESTS_H

#include "majlis/mls.h"
#include "majlis/session.h"
#include "room.h"

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

typedef struct mjl_join_requests {
    mjl_join_request *entries; /* In order of arrival. */
    size_t count;
    mjl_id *used; /* References never shown again: a ring of MJL_JOIN_REFERENCES_MAX. */
    size_t used_count;
    uint64_t used_total; /* Ever; the ring's position and the records' keys. */
    uint64_t used_persisted;
    uint64_t next_number;
    uint64_t refused_count; /* Newcomers beyond the bound. */
    mjl_id *gone;           /* References whose records go with the next persist. */
    size_t gone_count, gone_room;
} mjl_join_requests;

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

void mjl_join_requests_clear(mjl_join_requests *requests);
/* A KeyPackage arrived: offered to every live session whose room it names. */
MJL_MUST_USE mjl_result mjl_join_requests_receive(mjl_profile *profile, mjl_bytes packet,
                                                  mjl_verdict *verdict);
mjl_join_request *mjl_join_requests_find(const mjl_session *session,
                                         const mjl_member_id *requester);
/* Shows it to the application until it decides. */
MJL_MUST_USE mjl_result mjl_join_requests_hold(mjl_session *session, const mjl_join_offer *offer);
/* Forgets it, with an event; its reference is never shown again. */
MJL_MUST_USE mjl_result mjl_join_requests_drop(mjl_session *session, mjl_join_request *request);
/* That key package is never shown. */
MJL_MUST_USE mjl_result mjl_join_requests_note_used(mjl_session *session, const mjl_id *reference);

/* Reads what `packet` says; form only. */
MJL_MUST_USE mjl_result mjl_join_offer_read(const mjl_profile *profile, mjl_join_offer *offer);
/* The cheap checks: room, MAC, used references, the bound. `has_room`: it takes another's place. */
MJL_MUST_USE mjl_result mjl_join_offer_check(mjl_session *session, const mjl_join_offer *offer,
                                             bool has_room);
/* The dear ones. */
MJL_MUST_USE mjl_result mjl_join_offer_verify(const mjl_session *session,
                                              const mjl_join_offer *offer);

#endif
