/*
 * The list of live intents: adding, finding, ending them with an event. What to do with them is
 * membership.c's.
 */
#ifndef MAJLIS_SESSION_INTENTS_H
#define MAJLIS_SESSION_INTENTS_H

#include "membership.h"

/* Changes the state and tells the application. DONE, VOID and REPLACED end the intent. */
MJL_MUST_USE mjl_result mjl_intents_set(mjl_session *session, mjl_intent_entry *intent,
                                        mjl_intent_state state, mjl_result why);
/* Forgets those that ended and were persisted. */
void mjl_intents_sweep(mjl_membership *membership);
/* A live intent of that kind about that member, or NULL. */
mjl_intent_entry *mjl_intents_find(const mjl_membership *membership, mjl_intent_kind kind,
                                   const mjl_member_id *subject);
size_t mjl_intents_queued_count(const mjl_membership *membership);

#endif
