/*
 * Every input of the engine as a value, in one table: the public functions (calls.c) fill an
 * mjl_input and take it, a replay reads one from a log and takes it. What a call forgets to put
 * into the value does not reach the engine at all, so a recording cannot miss it.
 *
 *     mjl_session_say ──> mjl_input ──take──> [ recorder, if any ] ──> table ──> mjl_do_say
 *     log ──decode──> mjl_input ──take──────────────────────────────────^
 *
 * A new call: a kind here, its row in inputs.c, a function in calls.c (tests/house/inputs.sh).
 * Numbers of kinds are those of the logs, stable for ever.
 */
#ifndef MAJLIS_SESSION_INPUTS_H
#define MAJLIS_SESSION_INPUTS_H

#include "pack.h"
#include "tokens.h"

#include "majlis/session.h"

typedef enum mjl_input_kind {
    MJL_INPUT_OPEN = 1, /* Has a form of its own: recording_entries.h. */
    MJL_INPUT_CLOSE,
    MJL_INPUT_RECEIVE,
    MJL_INPUT_STEP,
    MJL_INPUT_PACKET_SENT,
    MJL_INPUT_EVENT_SETTLED,
    MJL_INPUT_NOTE_SET,
    MJL_INPUT_CREATE,
    MJL_INPUT_JOIN,
    MJL_INPUT_SAY,
    MJL_INPUT_AGREE,
    MJL_INPUT_INVITE,
    MJL_INPUT_REFUSE,
    MJL_INPUT_EXCLUDE,
    MJL_INPUT_REFRESH,
    MJL_INPUT_LEAVE,
    MJL_INPUT_AWAY,
    MJL_INPUT_SET_VERIFIED,
    MJL_INPUT_EVIDENCE_DISMISS,
    MJL_INPUT_TRANSPORT_STATE,
    MJL_INPUT_RESTORE,
    MJL_INPUT_REJOIN,
    MJL_INPUT_COUNT
} mjl_input_kind;

/* The arguments of any call. Which of them a kind has says its row; the rest stay empty. */
typedef struct mjl_input {
    mjl_input_kind kind;
    uint32_t session; /* Its number; 0: a call on the profile. */
    mjl_time now;
    uint64_t number;  /* Transport, packet, event, evidence; a duration; an enum. Of a transport's
                         state that, times 2^32, and the transport. */
    const mjl_id *id; /* A member, a message; NULL: none. */
    mjl_bytes name;   /* Of a room, of a note; a media type. */
    mjl_bytes bytes;  /* A packet, a body, a secret, a value. */
    mjl_pace pace;
    uint8_t token[MJL_TOKEN_SIZE];
    mjl_id id_read; /* Where decoding puts the id. */
} mjl_input;

/* All that a call may answer. */
typedef struct mjl_outcome {
    mjl_result result;
    mjl_session *session;
    mjl_id message;
    uint64_t number; /* An intent; how it was said. */
    bool has_verdict;
    mjl_verdict verdict;
} mjl_outcome;

const char *mjl_input_name(mjl_input_kind kind); /* "say"; "?" for a kind that is none. */

/* Makes the call; recorded if the profile is. Answers outcome->result. */
mjl_result mjl_input_take(mjl_profile *profile, const mjl_input *input, mjl_outcome *outcome);

/* The fields of its kind, one after the other; not of OPEN. */
void mjl_input_pack(const mjl_input *input, mjl_pack *pack);
/* `input->kind` is given and valid. Bytes are borrowed. */
void mjl_input_unpack(mjl_input *input, mjl_unpack *unpack);
size_t mjl_input_fields_count(mjl_input_kind kind);

/* All of an outcome as one value, for comparing. */
void mjl_outcome_pack(const mjl_outcome *outcome, mjl_pack *pack);

#endif
