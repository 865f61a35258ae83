/*
 * What a profile holds. Seen by the rooms of the session layer only.
 *
 * A call that fails halfway through its changes (no memory, no randomness) makes the profile
 * *failed*: nothing of it was persisted, nothing leaves, and reopening continues from the last good
 * step.
 */
#ifndef MAJLIS_SESSION_PROFILE_STATE_H
#define MAJLIS_SESSION_PROFILE_STATE_H

#include "drawing.h"
#include "events.h"
#include "majlis/limits.h"
#include "majlis/mls.h"
#include "outbox.h"
#include "transports.h"

typedef struct mjl_note {
    mjl_buffer name, value; /* An empty value is removed with the next persist. */
    bool dirty;
} mjl_note;

struct mjl_profile {
    mjl_records *records;
    mjl_random random;            /* Drawn from by purpose alone: drawing.h. */
    mjl_drawing sealing;          /* What the records draw from. */
    const mjl_mls_suites *suites; /* NULL: those built in. */
    mjl_padding padding;          /* Of what is sent. */
    mjl_time now;
    mjl_mls_identity identity; /* Its identity bytes are `credential`. */
    mjl_buffer credential;     /* Canonical [1, user id, display name]. */
    mjl_buffer user_id, display_name;
    mjl_member_id member;
    mjl_session **sessions; /* Ascending numbers. */
    size_t sessions_count, sessions_room;
    uint32_t next_session_number;
    mjl_outbox outbox;
    mjl_events events;
    mjl_transports transports;
    mjl_note *notes;
    size_t notes_count, notes_room;
    struct mjl_recorder *recorder; /* NULL: nothing is recorded. */
    mjl_result failure;            /* Why it is failed; MJL_OK. */
    bool is_changed;               /* Inputs wait for a step. */
};

/* Notes the failure and answers it. */
mjl_result mjl_profile_fail(mjl_profile *profile, mjl_result why);
/* Before an input: answers the failure or FULL; moves time forward and runs what is due before
 * `now`. */
MJL_MUST_USE mjl_result mjl_profile_begin(mjl_profile *profile, mjl_time now);
/* After an input: a result that left things half done fails the profile. */
mjl_result mjl_profile_end(mjl_profile *profile, mjl_result result);
/* Into the list, behind the others; freed with the profile. */
MJL_MUST_USE mjl_result mjl_profile_adopt_session(mjl_profile *profile, mjl_session *session);
/* An empty session with the next number, in the list. */
MJL_MUST_USE mjl_result mjl_profile_add_session(mjl_profile *profile, mjl_session **session);

#endif
