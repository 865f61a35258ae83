/*
 * Intents: what a user wants of the membership, carried out by commits.
 *
 *      QUEUED ──> COMMITTED ──> DONE            (its commit is decided)
 *        ^            │
 *        └── AGAIN ───┘ its commit lost         VOID (why), REPLACED: it no longer applies
 *
 * For now an intent waits until the last commit is held by all, or the new one removes whoever
 * lacks it, or FA_INTV has passed since the last commit. membership.md replaces this gate; nothing
 * outside this room knows it.
 *
 * Saved: one record per live intent.
 */
#ifndef MAJLIS_SESSION_MEMBERSHIP_H
#define MAJLIS_SESSION_MEMBERSHIP_H

#include "join_requests.h"
#include "majlis/event.h"

typedef enum mjl_intent_kind { /* Wire numbers: they stand in a commit's basis. */
                               MJL_INTENT_ADD = 1,
                               MJL_INTENT_REMOVE = 2,
                               MJL_INTENT_REFRESH = 3,
                               MJL_INTENT_RESTORE = 5
} mjl_intent_kind;

typedef struct mjl_intent_entry {
    mjl_intent number;
    mjl_intent_kind kind;
    mjl_intent_state state;
    mjl_member_id subject;  /* Of add, remove and restore: there the new one. */
    mjl_member_id replaces; /* Of restore: the old one. */
    mjl_buffer key_package; /* Of add and restore: the MLSMessage. */
    bool has_basis;
    mjl_message_id basis; /* Of remove: the FIN that it carries out. */
    mjl_branch_id commit; /* While COMMITTED. */
    bool dirty, is_over;
} mjl_intent_entry;

typedef struct mjl_membership {
    mjl_intent_entry *intents; /* Ascending numbers. */
    size_t count, room;
    mjl_intent next_number;
    uint64_t gate_task; /* Looks again when FA_INTV has passed; 0: none. */
} mjl_membership;

void mjl_membership_clear(mjl_membership *membership);
/* Queues an intent; `key_package` of an add is copied. */
MJL_MUST_USE mjl_result mjl_membership_want(mjl_session *session, mjl_intent_kind kind,
                                            const mjl_member_id *subject, mjl_bytes key_package,
                                            const mjl_message_id *basis, mjl_intent *number);
/* The same, of a member that comes back under a new key. */
MJL_MUST_USE mjl_result mjl_membership_want_restore(mjl_session *session,
                                                    const mjl_join_request *request,
                                                    mjl_intent *number);
/* Carries out what may be carried out now. Called after every change of the tip or of acks. */
MJL_MUST_USE mjl_result mjl_membership_pump(mjl_session *session);
/* Not a member any more: queued messages have FAILED, intents are VOID. */
MJL_MUST_USE mjl_result mjl_membership_end_waiting(mjl_session *session);

/* FA_INTV as the tip has it. */
mjl_time mjl_membership_fa_intv(const mjl_session *session);
/* Settles again then, at the latest. */
MJL_MUST_USE mjl_result mjl_membership_look_again_at(mjl_session *session, mjl_time when);
MJL_MUST_USE mjl_result mjl_membership_gate_due(mjl_session *session);

#endif
