#include "inputs.h"

#include "calls.h"
#include "recording.h"
#include "session_state.h"

typedef enum input_field {
    FIELD_SESSION = 1 << 0,
    FIELD_NOW = 1 << 1,
    FIELD_NUMBER = 1 << 2,
    FIELD_ID = 1 << 3,
    FIELD_NAME = 1 << 4,
    FIELD_BYTES = 1 << 5,
    FIELD_PACE = 1 << 6, /* Two values. */
    FIELD_TOKEN = 1 << 7,
    CALL_ON_SESSION = FIELD_SESSION | FIELD_NOW
} input_field;

/* What a call is made on. */
typedef struct input_target {
    mjl_profile *profile;
    mjl_session *session; /* NULL where the kind has none. */
} input_target;

/* ---- Making the calls ---- */

static mjl_result make_receive(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    const mjl_result result = mjl_do_receive(
        on.profile, input->now, (mjl_transport_id)input->number, input->bytes, &outcome->verdict);
    outcome->has_verdict = result == MJL_OK;
    return result;
}

static mjl_result make_step(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_step(on.profile, input->now);
}

static mjl_result make_packet_sent(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_packet_sent(on.profile, input->number);
}

static mjl_result make_event_settled(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_event_settled(on.profile, input->number);
}

static mjl_result make_note_set(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_note_set(on.profile, input->name, input->bytes);
}

static mjl_result make_create(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    mjl_create create = {.size = sizeof create, .room_name = input->name, .pace = input->pace};
    create.room_secret = input->bytes;
    create.secret_lifetime_ms = input->number;
    return mjl_do_create(on.profile, input->now, &create, &outcome->session);
}

static mjl_result make_join(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    mjl_join join = {.size = sizeof join, .room_name = input->name, .pace = input->pace};
    join.room_secret = input->bytes;
    return mjl_do_join(on.profile, input->now, &join, &outcome->session);
}

static mjl_result make_say(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    mjl_say say = {.size = sizeof say, .media_type = input->name, .body = input->bytes};
    memcpy(say.token, input->token, sizeof say.token);
    say.has_reply_to = input->id != NULL;
    if (say.has_reply_to) say.reply_to = *input->id;
    say.if_grown = (mjl_if_grown)input->number;
    mjl_said said = MJL_SAID_ACCEPTED;
    const mjl_result result = mjl_do_say(on.session, input->now, &say, &outcome->message, &said);
    if (result == MJL_OK) outcome->number = (uint64_t)said;
    return result;
}

static mjl_result make_agree(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_agree(on.session, input->now, input->id);
}

static mjl_result make_invite(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    return mjl_do_invite(on.session, input->now, input->id, &outcome->number);
}

static mjl_result make_refuse(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_refuse(on.session, input->now, input->id);
}

static mjl_result make_restore(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    return mjl_do_restore(on.session, input->now, input->id, &outcome->number);
}

static mjl_result make_rejoin(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_rejoin(on.session, input->now);
}

static mjl_result make_exclude(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    return mjl_do_exclude(on.session, input->now, input->id, &outcome->number);
}

static mjl_result make_refresh(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    return mjl_do_refresh(on.session, input->now, &outcome->number);
}

static mjl_result make_leave(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_leave(on.session, input->now);
}

static mjl_result make_away(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_away(on.session, input->now, input->number);
}

static mjl_result make_set_verified(input_target on, const mjl_input *input, mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_set_verified(on.session, input->now, input->id, (mjl_verified)input->number);
}

static mjl_result make_evidence_dismiss(input_target on, const mjl_input *input,
                                        mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_evidence_dismiss(on.session, input->now, input->number);
}

static mjl_result make_transport_state(input_target on, const mjl_input *input,
                                       mjl_outcome *outcome)
{
    (void)outcome;
    return mjl_do_transport_state(on.profile, input->now, (mjl_transport_id)input->number,
                                  (mjl_transport_state)(input->number >> 32));
}

/* ---- The table ---- */

typedef struct input_form {
    const char *name;
    const char *function; /* Whose call it is: tests/house/inputs.sh reads this column. */
    unsigned fields;
    mjl_result (*make)(input_target on, const mjl_input *input, mjl_outcome *outcome);
} input_form;

static const input_form forms[MJL_INPUT_COUNT] = {
    [MJL_INPUT_OPEN] = {"open", "mjl_profile_open", 0, NULL},
    [MJL_INPUT_CLOSE] = {"close", "mjl_profile_close", 0, NULL},
    [MJL_INPUT_RECEIVE] = {"receive", "mjl_profile_receive", FIELD_NOW | FIELD_NUMBER | FIELD_BYTES,
                           make_receive},
    [MJL_INPUT_STEP] = {"step", "mjl_profile_step", FIELD_NOW, make_step},
    [MJL_INPUT_PACKET_SENT] = {"packet sent", "mjl_profile_packet_sent", FIELD_NUMBER,
                               make_packet_sent},
    [MJL_INPUT_EVENT_SETTLED] = {"event settled", "mjl_profile_event_settled", FIELD_NUMBER,
                                 make_event_settled},
    [MJL_INPUT_NOTE_SET] = {"note set", "mjl_profile_note_set", FIELD_NAME | FIELD_BYTES,
                            make_note_set},
    [MJL_INPUT_CREATE] = {"create", "mjl_session_create",
                          FIELD_NOW | FIELD_NUMBER | FIELD_NAME | FIELD_BYTES | FIELD_PACE,
                          make_create},
    [MJL_INPUT_JOIN] = {"join", "mjl_session_join",
                        FIELD_NOW | FIELD_NAME | FIELD_BYTES | FIELD_PACE, make_join},
    [MJL_INPUT_SAY] = {"say", "mjl_session_say",
                       CALL_ON_SESSION | FIELD_NUMBER | FIELD_ID | FIELD_NAME | FIELD_BYTES |
                           FIELD_TOKEN,
                       make_say},
    [MJL_INPUT_AGREE] = {"agree", "mjl_session_agree", CALL_ON_SESSION | FIELD_ID, make_agree},
    [MJL_INPUT_INVITE] = {"invite", "mjl_session_invite", CALL_ON_SESSION | FIELD_ID, make_invite},
    [MJL_INPUT_REFUSE] = {"refuse", "mjl_session_refuse", CALL_ON_SESSION | FIELD_ID, make_refuse},
    [MJL_INPUT_EXCLUDE] = {"exclude", "mjl_session_exclude", CALL_ON_SESSION | FIELD_ID,
                           make_exclude},
    [MJL_INPUT_REFRESH] = {"refresh", "mjl_session_refresh", CALL_ON_SESSION, make_refresh},
    [MJL_INPUT_LEAVE] = {"leave", "mjl_session_leave", CALL_ON_SESSION, make_leave},
    [MJL_INPUT_AWAY] = {"away", "mjl_session_away", CALL_ON_SESSION | FIELD_NUMBER, make_away},
    [MJL_INPUT_SET_VERIFIED] = {"set verified", "mjl_session_set_verified",
                                CALL_ON_SESSION | FIELD_NUMBER | FIELD_ID, make_set_verified},
    [MJL_INPUT_RESTORE] = {"restore", "mjl_session_restore", CALL_ON_SESSION | FIELD_ID,
                           make_restore},
    [MJL_INPUT_REJOIN] = {"rejoin", "mjl_session_rejoin", CALL_ON_SESSION, make_rejoin},
    [MJL_INPUT_EVIDENCE_DISMISS] = {"evidence dismiss", "mjl_session_evidence_dismiss",
                                    CALL_ON_SESSION | FIELD_NUMBER, make_evidence_dismiss},
    [MJL_INPUT_TRANSPORT_STATE] = {"transport state", "mjl_profile_transport_state",
                                   FIELD_NOW | FIELD_NUMBER, make_transport_state}};

const char *mjl_input_name(mjl_input_kind kind)
{
    if (kind < MJL_INPUT_OPEN || kind >= MJL_INPUT_COUNT) return "?";
    return forms[kind].name;
}

/* What settles output, and time alone, changes nothing of a session. */
static bool does_touch_sessions(mjl_input_kind kind)
{
    return kind != MJL_INPUT_STEP && kind != MJL_INPUT_PACKET_SENT &&
           kind != MJL_INPUT_EVENT_SETTLED && kind != MJL_INPUT_NOTE_SET;
}

static void touch_sessions(mjl_profile *profile)
{
    for (size_t i = 0; i < profile->sessions_count; i++)
        profile->sessions[i]->is_touched = true;
}

mjl_result mjl_input_take(mjl_profile *profile, const mjl_input *input, mjl_outcome *outcome)
{
    const input_form *form = &forms[input->kind];
    memset(outcome, 0, sizeof *outcome);
    input_target on = {.profile = profile};
    if ((form->fields & FIELD_SESSION) != 0) {
        on.session = mjl_profile_session_numbered(profile, input->session);
        if (on.session == NULL) return outcome->result = MJL_NOT_FOUND;
    }
    if (profile->recorder != NULL) mjl_recording_input(profile->recorder, input);
    if (does_touch_sessions(input->kind)) touch_sessions(profile);
    outcome->result = form->make(on, input, outcome);
    if (profile->recorder != NULL) {
        mjl_recording_outcome(profile->recorder, profile, input, outcome);
    }
    return outcome->result;
}

/* ---- In the log ---- */

size_t mjl_input_fields_count(mjl_input_kind kind)
{
    size_t count = (forms[kind].fields & FIELD_PACE) != 0 ? 1 : 0;
    for (unsigned field = FIELD_SESSION; field <= FIELD_TOKEN; field <<= 1)
        count += (forms[kind].fields & field) != 0;
    return count;
}

static void pack_id(mjl_pack *pack, const mjl_id *id)
{
    if (id == NULL)
        mjl_pack_nil(pack);
    else
        mjl_pack_bin(pack, mjl_bytes_of(id->bytes, MJL_ID_SIZE));
}

void mjl_input_pack(const mjl_input *input, mjl_pack *pack)
{
    const unsigned fields = forms[input->kind].fields;
    if ((fields & FIELD_SESSION) != 0) mjl_pack_uint(pack, input->session);
    if ((fields & FIELD_NOW) != 0) mjl_pack_int(pack, input->now);
    if ((fields & FIELD_NUMBER) != 0) mjl_pack_uint(pack, input->number);
    if ((fields & FIELD_ID) != 0) pack_id(pack, input->id);
    if ((fields & FIELD_NAME) != 0) mjl_pack_bin(pack, input->name);
    if ((fields & FIELD_BYTES) != 0) mjl_pack_bin(pack, input->bytes);
    if ((fields & FIELD_PACE) != 0) {
        mjl_pack_uint(pack, input->pace.bc_lat_ms);
        mjl_pack_uint(pack, input->pace.m_intv_ms);
    }
    if ((fields & FIELD_TOKEN) != 0) {
        mjl_pack_bin(pack, mjl_bytes_of(input->token, MJL_TOKEN_SIZE));
    }
}

static void unpack_id(mjl_unpack *unpack, mjl_input *input)
{
    if (mjl_unpack_is_nil(unpack)) {
        mjl_unpack_nil(unpack);
        return;
    }
    mjl_unpack_fixed(unpack, input->id_read.bytes, MJL_ID_SIZE);
    input->id = &input->id_read;
}

void mjl_input_unpack(mjl_input *input, mjl_unpack *unpack)
{
    const unsigned fields = forms[input->kind].fields;
    if ((fields & FIELD_SESSION) != 0) {
        input->session = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    }
    if ((fields & FIELD_NOW) != 0) input->now = mjl_unpack_int(unpack);
    if ((fields & FIELD_NUMBER) != 0) input->number = mjl_unpack_uint(unpack);
    if ((fields & FIELD_ID) != 0) unpack_id(unpack, input);
    if ((fields & FIELD_NAME) != 0) input->name = mjl_unpack_bin(unpack);
    if ((fields & FIELD_BYTES) != 0) input->bytes = mjl_unpack_bin(unpack);
    if ((fields & FIELD_PACE) != 0) {
        input->pace.bc_lat_ms = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
        input->pace.m_intv_ms = (uint32_t)mjl_unpack_uint_to(unpack, UINT32_MAX);
    }
    if ((fields & FIELD_TOKEN) != 0) mjl_unpack_fixed(unpack, input->token, MJL_TOKEN_SIZE);
}

static uint32_t number_of(const mjl_session *session)
{
    return session == NULL ? 0 : session->number;
}

void mjl_outcome_pack(const mjl_outcome *outcome, mjl_pack *pack)
{
    enum { OUTCOME_FIELDS = 5, VERDICT_FIELDS = 4 };
    mjl_pack_array(pack, OUTCOME_FIELDS);
    mjl_pack_uint(pack, (uint64_t)outcome->result);
    mjl_pack_uint(pack, number_of(outcome->session));
    pack_id(pack, &outcome->message);
    mjl_pack_uint(pack, outcome->number);
    if (!outcome->has_verdict) {
        mjl_pack_nil(pack);
        return;
    }
    const mjl_verdict *verdict = &outcome->verdict;
    mjl_pack_array(pack, VERDICT_FIELDS);
    mjl_pack_uint(pack, (uint64_t)verdict->kind);
    mjl_pack_uint(pack, (uint64_t)verdict->why);
    mjl_pack_uint(pack, number_of(verdict->session));
    pack_id(pack, verdict->has_who ? &verdict->who : NULL);
}
