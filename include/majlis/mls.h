/*
 * Messaging Layer Security (RFC 9420) as functions over bytes and values: no clock, no timers, no
 * acks, no storage. Usable on its own; the session above uses nothing else of MLS.
 *
 * Shape: a *group* is one epoch as an immutable, reference-counted value (tree, context, secrets
 * other than message keys). The *ratchets* are the mutable part of that epoch: the secret tree's
 * unused message keys (RFC 9420 §9). A commit, own or received, is *staged* from its parent group
 * into a new group with new ratchets; nothing is pending, merging is using the new value. Sibling
 * epochs share tree nodes.
 *
 *     mls_wire ── mls_member ── mls_group ─┬─ mls_proposal ── mls_commit ── mls_join
 *     numbers     who            epochs,   └─ mls_saved
 *                                messages
 *
 * Time: none. Errors: a refusal changes nothing. Ownership: what is handed out through `**` belongs
 * to the caller. Threads: one thread at a time for a value and all values that share nodes with it.
 * Saved: groups, ratchets and key packages have a canonical saved form that holds secrets; the
 * caller seals it.
 */
#ifndef MAJLIS_MLS_H
#define MAJLIS_MLS_H

#include "majlis/mls_commit.h"
#include "majlis/mls_group.h"
#include "majlis/mls_join.h"
#include "majlis/mls_member.h"
#include "majlis/mls_proposal.h"
#include "majlis/mls_saved.h"
#include "majlis/mls_wire.h"

#endif
